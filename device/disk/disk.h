/* SPDX-License-Identifier: MIT */
/* disk - the facts about one whole disk, as a flat value (no pointers) that can be copied, sent
 * through a pipe or a socket, and compared. Filled by disk_scan (sysfs), probe (libblkid) and
 * rules. */
#ifndef DEVICE_DISK_DISK_H
#define DEVICE_DISK_DISK_H

#include "device/base/util.h"
#include "device/disk/loader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECTOR_BYTES 512u /* unit of sysfs and of every start and size here, for any disk */

enum disk_kind {
	DISK_EMMC,  /* mmc device of type MMC with boot areas or of eMMC 4.41 or later */
	DISK_SD,    /* mmc device of type SD, or an older MMC card */
	DISK_USB,   /* SCSI disk behind USB, including card readers */
	DISK_FIXED, /* NVMe, SATA, virtio: "disk" on the command line */
	DISK_LOOP,
	DISK_IMAGE, /* a regular file, used through a loop device */
	DISK_OTHER, /* everything else: never offered */
	DISK_KIND_COUNT
};

/*
 * Why a disk is refused, in the order of display: the most serious reason first. rules.c evaluates
 * the reasons in this order too.
 *
 * To add one, also change: reasons (disk.c), rules (rules.c; those about users go before
 * REASON_BUSY), for a use of the disk whatever adds the fact (inuse_add_fact), for another fact
 * struct rules_facts (rules.h); README (Targets), the manual page; uses[] and is_to_be_offered in
 * tests/lib/machine_generator.h, test_rules.c, a machine in tests/sysroots, and the list in
 * tests/tools/mutants/device.sh.
 */
enum reason_code {
	REASON_SYSTEM,	   /* the running system is on it */
	REASON_ROOT_NAMED, /* the kernel command line names it, and the system runs from memory */
	REASON_SOURCE,	   /* holds the archive or another file of this job */
	REASON_MOUNTED,	   /* one of its filesystems is mounted */
	REASON_SWAP,	   /* holds a swap partition or file */
	REASON_HOLDER,	   /* used by dm, md, bcache or another member of a filesystem */
	REASON_LOOP,	   /* has a loop device on top, or is a loop device on top of a disk */
	REASON_BUSY,	   /* held exclusively or locked, by an unknown user */
	REASON_READ_ONLY,  /* write protected */
	REASON_NO_MEDIUM,  /* an empty slot or reader */
	REASON_TOO_SMALL,  /* smaller than the layout needs */
	REASON_WORN,	   /* the eMMC reports the end of its life */
	REASON_KIND,	   /* a kind that is not allowed (--allow) */
	REASON_UNKNOWN,	   /* a critical fact could not be determined: fail closed */
	REASON_COUNT
};

struct reason {
	enum reason_code code;
	char text[128]; /* a phrase for the operator: "the running system (/)" */
};

#define DISK_REASONS_MAX 8

enum content_state {
	CONTENT_PENDING, /* not probed yet */
	CONTENT_BLANK,
	CONTENT_TABLE,	    /* a partition table */
	CONTENT_FILESYSTEM, /* a filesystem, RAID member, swap, ... on the whole disk */
	CONTENT_AMBIVALENT, /* several contradictory signatures */
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

/* Result of trying to open the disk exclusively. It is the only sign of a filesystem that was
 * unmounted lazily or is mounted in a namespace that is not visible. */
enum disk_hold {
	HOLD_NONE,	/* not held, or not tried */
	HOLD_EXCLUSIVE, /* O_EXCL fails: the disk or one of its partitions is in use */
	HOLD_LOCKED,	/* flock(LOCK_EX) is held: an installer or partitioner is running */
};

/* A boot loader, or other data outside the partitions. */
struct disk_loader {
	enum loader_kind kind;
	uint64_t offset_bytes;		  /* on the disk, or in the boot area */
	char version[LOADER_VERSION_MAX]; /* "U-Boot SPL 2024.01", or "" */
};
#define DISK_LOADERS_MAX 4

/* The area that an eMMC presents to a boot ROM (BOOT_PARTITION_ENABLE). */
enum disk_boot_enable {
	BOOT_ENABLE_UNKNOWN, /* not read, or a reserved value; for other disks, too */
	BOOT_ENABLE_NONE,
	BOOT_ENABLE_BOOT0,
	BOOT_ENABLE_BOOT1,
	BOOT_ENABLE_USER,
};

/* The content of a disk: the result of one probe. */
struct disk_content {
	enum content_state state;
	enum disk_hold hold;
	/* Some content could not be read, or a name was cut or sanitised. A search that finds
	 * nothing is then not conclusive. */
	bool partial;
	char type[32];		  /* "gpt", "dos", or the filesystem's type */
	char label[40], uuid[40]; /* of a filesystem on the whole disk */
	uint32_t partition_count; /* may be larger than DISK_PARTITIONS_MAX */
	struct disk_partition partitions[DISK_PARTITIONS_MAX];
	/* What a boot ROM or another loader starts, wherever it is, and other data outside the
	 * partitions: see loader_scan.h. In the order of their offsets. */
	uint32_t loader_count;
	struct disk_loader loaders[DISK_LOADERS_MAX];
	/* Of boot0 and boot1: LOADER_UNREAD if there is no such area. */
	struct disk_loader boot[2];
	enum disk_boot_enable boot_enable;
};

/* The fields that identify a disk: they must be equal in two scans for the disk to be the same. */
struct disk_identity {
	uint32_t major, minor;
	uint64_t size_bytes;
	uint64_t diskseq;	     /* 0 if the kernel (before 5.15) has none */
	char cid[33];		     /* 32 hex digits, or "" */
	char serial[40];	     /* "0x..." for a card; NVMe or USB serial; or "" */
	uint64_t file_dev, file_ino; /* of an image file; else 0 */
	char devpath[160];	     /* sysfs path of the device, with its port; or of an image */
};

struct disk_boot_area {
	char name[32]; /* "mmcblk0boot0", or "" if it does not exist */
	uint64_t size_bytes;
};

/* JESD84-B51, EXT_CSD 268 and 269 (DEVICE_LIFE_TIME_EST): n is up to n * 10 %; and 267
 * (PRE_EOL_INFO). Larger values are reserved. */
#define LIFE_TIME_EXCEEDED 11
#define PRE_EOL_WARNING	   2
#define PRE_EOL_URGENT	   3

struct disk {
	char name[32];	/* kernel name, or the file name of an image */
	char path[256]; /* "/dev/mmcblk0", or the image's absolute path */
	enum disk_kind kind;
	uint64_t size_bytes;
	char vendor[32], model[48]; /* from the CID or the device; sanitised */
	struct disk_identity id;
	int emmc_revision;	      /* EXT_CSD revision, 0 if unknown */
	int life_time_a, life_time_b; /* used, up to LIFE_TIME_EXCEEDED; 0 n/a */
	int pre_eol;		      /* 0 n/a, 1 normal, PRE_EOL_WARNING, PRE_EOL_URGENT */
	bool read_only, removable;
	uint32_t sector_bytes; /* logical: the smallest read or write */
	uint32_t erase_bytes;  /* preferred erase size, 0 if unknown */
	struct disk_boot_area boot[2];
	struct disk_content content;
	uint32_t reason_count; /* 0: can be used as a target */
	struct reason reasons[DISK_REASONS_MAX];
	char warning[96]; /* a phrase to show that does not refuse the disk, or "" */
};

/* "emmc", "sd", "usb", "disk", "loop", "image", "other": for --allow and --json. */
const char *disk_kind_name(enum disk_kind kind);
/* "eMMC", "SD", ...: for people. */
const char *disk_kind_label(enum disk_kind kind);
/* Bus of a DISK_FIXED: "nvme", "sata", "scsi", "ufs", "virtio", "xen". NULL if unknown, and for
 * other kinds. */
const char *disk_bus(const struct disk *disk);
/* The bus for people ("NVMe"), or disk_kind_label if disk_bus is NULL. */
const char *disk_label(const struct disk *disk);
/* The kind with the name @name, or DISK_KIND_COUNT. */
enum disk_kind disk_kind_parse(const char *name);

/* Bits for the other words of --allow, above the bits of enum disk_kind: "worn", "root-named",
 * "foreign-attributes" (attributes in the archive that Linux cannot store are left out) and
 * "unbootable" (a board that would not start). */
#define ALLOW_WORN		 (1u << DISK_KIND_COUNT)
#define ALLOW_ROOT_NAMED	 (1u << (DISK_KIND_COUNT + 1))
#define ALLOW_FOREIGN_ATTRIBUTES (1u << (DISK_KIND_COUNT + 2))
#define ALLOW_UNBOOTABLE	 (1u << (DISK_KIND_COUNT + 3))

/* Parses a comma-separated list for --allow ("sd,usb,worn") into bits 1 << enum disk_kind,
 * and ALLOW_... 0, or -EINVAL with the unknown word in @ret_bad. */
_must_check_ int disk_allow_parse(const char *names, unsigned *ret_allow, char ret_bad[32]);

/* "system", "source", ...: code of a reason in --json. */
const char *reason_name(enum reason_code code);
/* "Unmount it first": what the operator can do about it, without its full stop. `install` and
 * plan_check print it after the phrase, and so does the Target screen. */
const char *reason_advice(enum reason_code code);

/* Adds a reason with a formatted phrase. Does nothing if there are DISK_REASONS_MAX already. */
void disk_refuse(struct disk *disk, enum reason_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* True if both describe the same unchanged device in the same slot. Else @ret_what, if not NULL,
 * is set to the name of the first field that differs ("CID", "size", ...). */
bool disk_identity_equal(
	const struct disk_identity *a, const struct disk_identity *b, const char **ret_what);

/* The word the operator types to confirm: the last four digits of the card's serial (lower-case
 * hex, from the CID's product serial number), or the kernel name if there is no CID; for an image
 * its name, or "image" if that is hard to type. Returns true if @ret is the serial. */
bool disk_confirm_word(const struct disk *disk, char ret[32]);

/* Kernel name of partition @number of the disk @disk: "mmcblk0p1", "sda1". */
#define DISK_PARTITION_NAME_MAX 48
void disk_partition_name(const char *disk, unsigned number, char ret[DISK_PARTITION_NAME_MAX]);

/* Short identity for lists and titles: "..9f31" (serial of the card, else of the disk), "usb 1-1"
 * (the port), or "". */
void disk_identity_short(const struct disk *disk, char ret[32]);

/* "5.1": release of the eMMC standard for the disk's EXT_CSD revision (JESD84), or "". */
const char *disk_emmc_version(const struct disk *disk);
/* The higher of the two life time estimates; 0 if not reported. */
int disk_life_time(const struct disk *disk);
/* "0-10 % used, reserve normal", by disk_life_time; "n/a" if not reported. */
void disk_health_phrase(const struct disk *disk, char *ret, size_t size);
/* "boot0 4 MiB, boot1 4 MiB", or "none". */
void disk_boot_phrase(const struct disk *disk, char *ret, size_t size);

/* "none", "boot0", "boot1", "user"; NULL if it is unknown. */
const char *disk_boot_enable_name(enum disk_boot_enable enable);
/* "Rockchip boot loader (U-Boot SPL 2024.01)", without its place. */
void disk_loader_phrase(const struct disk_loader *loader, char *ret, size_t size);
/* "Rockchip boot loader at 32 KiB, FIT image at 8 MiB": data outside the partitions; or "". */
void disk_loaders_phrase(const struct disk_content *content, char *ret, size_t size);
/* "boot0 i.MX boot loader, boot1 empty, boot0 starts first": what the boot areas hold; "" if they were
 * not read. */
void disk_boot_content_phrase(const struct disk_content *content, char *ret, size_t size);

/* True if the disk may contain a filesystem that @content does not show. @ret is set to the
 * cause: "unread", "partly read", "has crypto_LUKS". The content of a container (encrypted, or a
 * member of a volume) is visible only once it is opened. Types are those of libblkid (blkid -k). */
bool disk_content_has_gap(const struct disk_content *content, char ret[48]);

/* A phrase for the content: "blank", "2 partitions, ext4 \"rootfs\"", "not answering". */
void disk_content_phrase(const struct disk_content *content, char *ret, size_t size);
/* The same as a sentence about what a write will destroy: "It is blank.", "It holds 2 partitions,
 * ext4 "rootfs".", "It does not answer, so its content is not known." */
void disk_content_sentence(const struct disk_content *content, char *ret, size_t size);

#endif
