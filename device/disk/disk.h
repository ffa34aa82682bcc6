/* SPDX-License-Identifier: MIT */
/*
 * disk - what is known of one whole disk, as a flat value (no pointers) that may be copied, sent
 * through a pipe or a socket, and compared. Filled by scan (sysfs), probe (libblkid) and rules.
 */
#ifndef DEVICE_DISK_DISK_H
#define DEVICE_DISK_DISK_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECTOR_BYTES 512u /* the unit of sysfs and of every start and size here, on any disk */

enum disk_kind {
	DISK_EMMC,  /* mmc device of type MMC with boot areas, or of eMMC 4.41 and later */
	DISK_SD,    /* mmc device of type SD, or an older MMC card */
	DISK_USB,   /* SCSI disk behind USB, card readers among them */
	DISK_FIXED, /* NVMe, SATA, virtio: "disk" on the command line */
	DISK_LOOP,
	DISK_IMAGE, /* a regular file, used through a loop device */
	DISK_OTHER, /* everything else: never offered */
	DISK_KIND_COUNT
};

/* Why a disk is refused; the order is the order of display, the gravest first. */
enum reason_code {
	REASON_SYSTEM,	  /* the running system lives on it */
	REASON_SOURCE,	  /* holds the archive or another file of this job */
	REASON_MOUNTED,	  /* a filesystem of it is mounted */
	REASON_SWAP,	  /* holds a swap partition or file */
	REASON_HOLDER,	  /* dm, md, bcache or a second member of a filesystem uses it */
	REASON_LOOP,	  /* a loop device lies over it, or it is one that lies over a disk */
	REASON_BUSY,	  /* held exclusively or locked, and nothing explains it */
	REASON_READ_ONLY, /* write protected */
	REASON_NO_MEDIUM, /* an empty slot or reader */
	REASON_TOO_SMALL, /* smaller than what is to be installed */
	REASON_WORN,	  /* the eMMC says it is at the end of its life */
	REASON_KIND,	  /* a kind that was not allowed (--allow) */
	REASON_UNKNOWN,	  /* something critical could not be resolved: fail closed */
	REASON_COUNT
};

struct reason {
	enum reason_code code;
	char text[128]; /* a phrase for the operator: "the running system (/)" */
};

#define DISK_REASONS_MAX 8

enum content_state {
	CONTENT_PENDING, /* the probe has not answered yet */
	CONTENT_BLANK,
	CONTENT_TABLE,	    /* a partition table */
	CONTENT_FILESYSTEM, /* a filesystem, RAID member, swap, ... on the whole disk */
	CONTENT_AMBIVALENT, /* several signatures that contradict each other */
	CONTENT_DENIED,	    /* no permission to read it */
	CONTENT_UNREADABLE, /* I/O error */
	CONTENT_SILENT,	    /* the device did not answer before the deadline */
};

struct disk_partition {
	uint32_t number;
	uint64_t start, sectors; /* in SECTOR_BYTES */
	char name[40];		 /* GPT name, or "" */
	char type[40];		 /* GPT type GUID, or "0x83" */
	char uuid[40];		 /* PARTUUID */
	char fs_type[32], fs_label[40], fs_uuid[40];
};

#define DISK_PARTITIONS_MAX 16

/* What the kernel says to one who would take the disk for himself: a filesystem that was unmounted
 * lazily or in a namespace out of sight has no other sign (device.md 3.2). */
enum disk_hold {
	HOLD_NONE,	/* nobody, or not asked */
	HOLD_EXCLUSIVE, /* O_EXCL is refused: it, or a partition of it, is in use */
	HOLD_LOCKED,	/* flock(LOCK_EX): another installer or partitioner is at work */
};

/* What is on the disk: the answer of one probe. */
struct disk_content {
	enum content_state state;
	enum disk_hold hold;
	/* Something of it could not be read, or not kept as it is: a name that was cut, or made safe
	 * to show. What is looked for may be there all the same. */
	bool partial;
	char type[32];		  /* "gpt", "dos", or the filesystem's type */
	char label[40], uuid[40]; /* of a filesystem on the whole disk */
	uint32_t partition_count; /* may exceed what partitions[] holds */
	struct disk_partition partitions[DISK_PARTITIONS_MAX];
};

/* What must be equal for two looks at a disk to be the same disk (device.md 3.4). */
struct disk_identity {
	uint32_t major, minor;
	uint64_t size_bytes;
	uint64_t diskseq;	     /* 0 where the kernel (< 5.15) has none */
	char cid[33];		     /* 32 hex digits, or "" */
	char serial[40];	     /* "0x..." of the card, NVMe or USB serial, or "" */
	uint64_t file_dev, file_ino; /* of an image: the file itself, whatever its path; else 0 */
	char devpath
		[160]; /* sysfs path of the device: the port it is plugged in; an image: its path */
};

struct disk_boot_area {
	char name[32]; /* "mmcblk0boot0", or "" where there is none */
	uint64_t size_bytes;
};

struct disk {
	char name[32];	/* kernel name, or the file name of an image */
	char path[256]; /* "/dev/mmcblk0", or the image's absolute path */
	enum disk_kind kind;
	uint64_t size_bytes;
	char vendor[32], model[48]; /* as decoded from the CID or told by the device; sanitised */
	struct disk_identity id;
	int emmc_revision;	      /* EXT_CSD revision, 0 where unknown */
	int life_time_a, life_time_b; /* 0 n/a, 1..10 tenths used, 11 exceeded */
	int pre_eol;		      /* 0 n/a, 1 normal, 2 warning, 3 urgent */
	bool read_only, removable;
	uint32_t erase_bytes; /* preferred erase size, 0 where unknown */
	struct disk_boot_area boot[2];
	struct disk_content content;
	uint32_t reason_count; /* 0: may be installed to */
	struct reason reasons[DISK_REASONS_MAX];
	char warning[96]; /* what does not refuse it but should be known, a phrase, or "" */
};

/* "emmc", "sd", "usb", "disk", "loop", "image", "other": the words of --allow and --json. */
const char *disk_kind_name(enum disk_kind kind);
/* "eMMC", "SD", ...: for people. */
const char *disk_kind_label(enum disk_kind kind);
/* What a DISK_FIXED hangs on: "nvme", "sata", "scsi", "ufs", "virtio", "xen"; NULL where that cannot be
 * told, and of other kinds. */
const char *disk_bus(const struct disk *disk);
/* The same for people, "NVMe" and so on; of other kinds, and where it is NULL, the kind's label. */
const char *disk_label(const struct disk *disk);
/* The kind whose name is @name, or DISK_KIND_COUNT. */
enum disk_kind disk_kind_parse(const char *name);

/* What --allow may name besides kinds: a bit above those of enum disk_kind. */
#define ALLOW_WORN (1u << DISK_KIND_COUNT)

/* A list with commas between, of kinds that can be allowed ("sd,usb"), as a bit 1 << enum disk_kind
 * for each, and "worn", as ALLOW_WORN. 0, or -EINVAL with the word that is neither in @ret_bad. */
_must_check_ int disk_allow_parse(const char *names, unsigned *ret_allow, char ret_bad[32]);

/* "system", "source", ...: the code of a reason in --json. */
const char *reason_name(enum reason_code code);

/* Adds a reason with a formatted phrase; nothing where there are DISK_REASONS_MAX already. */
void disk_refuse(struct disk *disk, enum reason_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* True where both describe the same device in the same slot, unchanged. @ret_what, if not NULL,
 * gets the name of the first field that differs ("CID", "size", ...). */
bool disk_identity_equal(
	const struct disk_identity *a, const struct disk_identity *b, const char **ret_what);

/*
 * The word the operator types to confirm: the last four digits of the card's serial (lower-case
 * hex, of the CID's product serial number), and the kernel name where there is no CID; of an image its
 * name, or "image" where that cannot be typed. @ret has room for 32 bytes. Returns true where it is the
 * serial.
 */
bool disk_confirm_word(const struct disk *disk, char ret[32]);

/* The kernel's name of a partition of the disk with the kernel name @disk: "mmcblk0p1", "sda1". */
#define DISK_PARTITION_NAME_MAX 48
void disk_partition_name(const char *disk, unsigned number, char ret[DISK_PARTITION_NAME_MAX]);

/* Short identity for lists and titles: "..9f31" (of the card's serial, else of the disk's),
 * "usb 1-1" (the port), or "". @ret has room for 32 bytes. */
void disk_identity_short(const struct disk *disk, char ret[32]);

/* "5.1": the release of the eMMC standard that its EXT_CSD revision belongs to (JESD84), or "". */
const char *disk_emmc_version(const struct disk *disk);
/* "0-10 % used, reserve normal": the worse of its two kinds of cells; "n/a" where it does not tell. */
void disk_health_phrase(const struct disk *disk, char *ret, size_t size);
/* "boot0 4 MiB, boot1 4 MiB", or "none". */
void disk_boot_phrase(const struct disk *disk, char *ret, size_t size);

/*
 * True where there may be a filesystem on the disk that its content does not tell, with why in a few
 * words: "unread", "read in part", "has crypto_LUKS": what is inside of a container, an encrypted one or
 * a member of a volume, shows only when somebody has opened it. Its types are libblkid's (blkid -k).
 */
bool disk_content_has_gap(const struct disk_content *content, char ret[48]);

/* One phrase on what is on the disk: "blank", "2 partitions, ext4 \"rootfs\"", "not answering". */
void disk_content_phrase(const struct disk_content *content, char *ret, size_t size);

#endif
