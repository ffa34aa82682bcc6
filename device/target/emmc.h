/* SPDX-License-Identifier: MIT */
/*
 * emmc - the two boot areas of an eMMC: making them writable, and telling the card which of them
 * a boot ROM is given. The order of a job: unlock, open (target_open_boot), write (blob.h), close,
 * settings_restore, and only then emmc_set_boot: an old kernel writes its own idea of PARTITION_CONFIG
 * back when it changes over to another area.
 */
#ifndef DEVICE_TARGET_EMMC_H
#define DEVICE_TARGET_EMMC_H

#include "device/base/settings.h"
#include "device/base/util.h"
#include "device/layout/layout.h"

#define EXT_CSD_BYTES 512

/* The bytes of EXT_CSD that may be written. JEDEC JESD84-B51, 7.4, names and numbers. */
enum {
	EXT_CSD_BOOT_BUS_CONDITIONS = 177, /* how the card speaks while it boots */
	EXT_CSD_PARTITION_CONFIG = 179,	   /* kernel: EXT_CSD_PART_CONFIG */
};

struct mmc_ioc_cmd;

/* A card that commands can be sent to: a real one is
 * {.fd = whole disk, .command = emmc_command}; tests have one of their own making. */
struct emmc_card {
	int fd; /* never of a boot area: the kernel would select that before each command */
	int (*command)(const struct emmc_card *card, struct mmc_ioc_cmd *command);
};

/* MMC_IOC_CMD on card->fd. 0 or -errno. */
_must_check_ int emmc_command(const struct emmc_card *card, struct mmc_ioc_cmd *command);

/*
 * Lifts the write protection that the kernel gives boot area @name ("mmcblk0boot0"), journalled:
 * settings_restore, or the next start, puts it back. 0, or -errno with a sentence in @diag: -EROFS where
 * the card itself locks it, until the power is cut or for good; then nothing was changed.
 */
_must_check_ int emmc_unlock_boot_area(
	struct settings_journal *journal, const char *name, struct diag *diag);

/* Reads the card's EXT_CSD register. 0, or -errno with a phrase in @diag. */
_must_check_ int emmc_read_ext_csd(
	const struct emmc_card *card, uint8_t ret[EXT_CSD_BYTES], struct diag *diag);

/*
 * Sets one byte of EXT_CSD and reads it back; a byte that has the value already is not written.
 * Only those named above: most others can be written once in a card's life. 0, or -errno with a
 * phrase in @diag that begins with "the card": -EPERM another byte, or no right to send commands;
 * -EROFS its boot configuration is locked; -EREMOTEIO it refused; -EILSEQ it has another value
 * afterwards; -ETIMEDOUT, -EIO, ... what sending the command said.
 */
_must_check_ int emmc_write_byte(
	const struct emmc_card *card, unsigned index, uint8_t value, struct diag *diag);

/* Sets PARTITION_CONFIG: what the boot ROM is given, and whether the card announces it (the
 * acknowledge, which some boot ROMs wait for), each kept where it says
 * so. Returns as emmc_write_byte; -EOPNOTSUPP where an area is asked for that the card has not. */
_must_check_ int emmc_set_boot(
	const struct emmc_card *card, enum emmc_boot enable, enum emmc_ack ack, struct diag *diag);

#endif
