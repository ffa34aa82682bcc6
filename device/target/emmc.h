/* SPDX-License-Identifier: MIT */
/*
 * emmc - unlocks the two boot areas of an eMMC and sets which of them the card presents to a boot
 * ROM. The order of a job: emmc_unlock_boot_area, target_open_boot, blob_write, target_close_boot,
 * settings_restore, and then emmc_set_boot. Old kernels write their cached PARTITION_CONFIG back
 * when they switch areas, which would undo an earlier emmc_set_boot.
 */
#ifndef DEVICE_TARGET_EMMC_H
#define DEVICE_TARGET_EMMC_H

#include "device/base/settings.h"
#include "device/base/util.h"
#include "device/disk/ext_csd.h"
#include "device/layout/layout.h"

/*
 * Clears the kernel's write protection (force_ro) of boot area @name ("mmcblk0boot0"). The change
 * is journalled: settings_restore, or the next start, reverts it. Returns 0, or -errno with the
 * reason in @diag; -EROFS if the card itself locks the area, until the next power cycle or
 * permanently; nothing was changed then.
 */
_must_check_ int emmc_unlock_boot_area(
	struct settings_journal *journal, const char *name, struct diag *diag);

/*
 * Sets one byte of EXT_CSD and reads it back, unless it has the value already. Only
 * EXT_CSD_BOOT_BUS_CONDITIONS and EXT_CSD_PARTITION_CONFIG are allowed, since many others can be written only once in the life of a card.
 *
 * Returns 0, or -errno with a phrase in @diag that begins with "the card". -EPERM: another byte, or
 * no permission to send commands; -EROFS: the boot configuration is locked; -EREMOTEIO: the card
 * refused; -EILSEQ: it reads back another value; otherwise the error of the command (-ETIMEDOUT,
 * -EIO, ...).
 */
_must_check_ int emmc_write_byte(
	const struct emmc_card *card, unsigned index, uint8_t value, struct diag *diag);

/* Sets PARTITION_CONFIG: the area that the card presents to a boot ROM, and the boot acknowledge
 * that some boot ROMs wait for. KEEP leaves a field as it is. Returns as emmc_write_byte, and
 * -EOPNOTSUPP if @enable is a boot area and the card has none. */
_must_check_ int emmc_set_boot(
	const struct emmc_card *card, enum emmc_boot enable, enum emmc_ack ack, struct diag *diag);

#endif
