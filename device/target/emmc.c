/* SPDX-License-Identifier: MIT */
#include "device/target/emmc.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"

#include <errno.h>
#include <linux/mmc/ioctl.h>
#include <string.h>

/* A command of the card (JESD84-B51, Detailed command description): response R1b, busy until done. */
#define MMC_SWITCH 6

/* Status bit of a response (JESD84-B51, Device status register): the previous SWITCH failed. */
#define R1_SWITCH_ERROR (1u << 7)

/* Argument of SWITCH: bits 25..24 access mode, 23..16 byte, 15..8 value, 2..0 command set. */
#define SWITCH_WRITE_BYTE 3u
#define COMMAND_SET	  1u /* kernel: EXT_CSD_CMD_SET_NORMAL */

/* Bits of EXT_CSD_BOOT_CONFIG_PROT. */
#define BOOT_CONFIG_PROT_PWR  (1u << 0)
#define BOOT_CONFIG_PROT_PERM (1u << 4)

static const uint8_t enable_bits[] = {
	[EMMC_BOOT_NONE] = EXT_CSD_ENABLE_NONE << EXT_CSD_BOOT_ENABLE_SHIFT,
	[EMMC_BOOT_BOOT0] = EXT_CSD_ENABLE_BOOT0 << EXT_CSD_BOOT_ENABLE_SHIFT,
	[EMMC_BOOT_BOOT1] = EXT_CSD_ENABLE_BOOT1 << EXT_CSD_BOOT_ENABLE_SHIFT,
	[EMMC_BOOT_USER] = EXT_CSD_ENABLE_USER << EXT_CSD_BOOT_ENABLE_SHIFT,
};

static const bool may_be_written[EXT_CSD_BYTES] = {
	[EXT_CSD_BOOT_BUS_CONDITIONS] = true,
	[EXT_CSD_PARTITION_CONFIG] = true,
};

int emmc_unlock_boot_area(struct settings_journal *journal, const char *name, struct diag *diag)
{
	/* Values of ro_lock_until_next_power_on (kernel: power_ro_lock_show in
	 * drivers/mmc/core/block.c). */
	static const char *const locks[] = {
		[1] = "is locked until the next power cycle: turn the board off and on, and keep "
		      "its boot loader from locking it",
		[2] = "is permanently write-protected by the card: use another card",
	};
	uint64_t lock = 0;
	char path[96];
	int r;

	r = sysroot_read_u64(
		journal->root, &lock, "sys/block/%s/ro_lock_until_next_power_on", name);
	if (r < 0 && r != -ENOENT) /* -ENOENT: a card without the lock */
		return diag_fail(
			diag, r, "the lock of %s could not be read: %s", name, strerror(-r));
	if (lock > 0)
		return diag_fail(diag, -EROFS, "%s %s", name,
			lock < ARRAY_SIZE(locks) ? locks[lock] : "is locked by the card");

	(void)STR_FORMAT(path, "sys/block/%s/force_ro", name);
	r = settings_set(journal, path, "0");
	return r < 0 ? diag_fail(diag, r, "the write protection of %s could not be removed: %s",
			       name, strerror(-r))
		     : 0;
}

static int write_byte(const struct emmc_card *card, unsigned index, uint8_t value,
	uint32_t *ret_status, struct diag *diag)
{
	struct mmc_ioc_cmd command = {
		.write_flag = 1,
		.opcode = MMC_SWITCH,
		.arg = SWITCH_WRITE_BYTE << 24 | index << 16 | (uint32_t)value << 8 | COMMAND_SET,
		.flags = MMC_R1B | MMC_CMD_AC,
	};
	int r = ext_csd_run(card, &command, "written", diag);

	*ret_status = command.response[0];
	return r;
}

/* Sets one byte and reads it back. @now is the register before. */
static int set_byte(const struct emmc_card *card, const uint8_t now[EXT_CSD_BYTES], unsigned index,
	uint8_t value, struct diag *diag)
{
	uint32_t during, after;
	uint8_t then[EXT_CSD_BYTES];
	int r;

	if (index >= EXT_CSD_BYTES || !may_be_written[index])
		return diag_fail(
			diag, -EPERM, "the card's EXT_CSD byte %u must not be written", index);
	if (now[index] == value)
		return 0;
	if (now[EXT_CSD_BOOT_CONFIG_PROT] & (BOOT_CONFIG_PROT_PWR | BOOT_CONFIG_PROT_PERM))
		return diag_fail(diag, -EROFS, "the card's boot configuration is locked %s",
			now[EXT_CSD_BOOT_CONFIG_PROT] & BOOT_CONFIG_PROT_PERM
				? "permanently"
				: "until the next power cycle");
	r = write_byte(card, index, value, &during, diag);
	if (r == 0)
		r = ext_csd_read(card, then, &after, diag);
	if (r < 0 || then[index] == value)
		return r;
	/* The value read back decides: the kernel reads the status too, which clears it. */
	if ((during | after) & R1_SWITCH_ERROR)
		return diag_fail(diag, -EREMOTEIO,
			"the card refused to set EXT_CSD byte %u to 0x%02x", index, value);
	return diag_fail(diag, -EILSEQ,
		"the card returned 0x%02x for EXT_CSD byte %u, which was set to 0x%02x",
		then[index], index, value);
}

int emmc_write_byte(const struct emmc_card *card, unsigned index, uint8_t value, struct diag *diag)
{
	uint8_t now[EXT_CSD_BYTES];
	int r = ext_csd_read(card, now, NULL, diag);

	return r < 0 ? r : set_byte(card, now, index, value, diag);
}

int emmc_set_boot(
	const struct emmc_card *card, enum emmc_boot enable, enum emmc_ack ack, struct diag *diag)
{
	uint8_t now[EXT_CSD_BYTES];
	unsigned value;
	int r;

	if (enable == EMMC_BOOT_KEEP && ack == EMMC_ACK_KEEP)
		return 0;
	r = ext_csd_read(card, now, NULL, diag);
	if (r < 0)
		return r;
	if ((enable == EMMC_BOOT_BOOT0 || enable == EMMC_BOOT_BOOT1) &&
		now[EXT_CSD_BOOT_SIZE_MULT] == 0)
		return diag_fail(diag, -EOPNOTSUPP, "the card has no boot areas");
	value = now[EXT_CSD_PARTITION_CONFIG] & (EXT_CSD_BOOT_ACK | EXT_CSD_BOOT_ENABLE_MASK);
	if (enable != EMMC_BOOT_KEEP)
		value = (value & ~EXT_CSD_BOOT_ENABLE_MASK) | enable_bits[enable];
	if (ack != EMMC_ACK_KEEP)
		value = ack == EMMC_ACK_ON ? value | EXT_CSD_BOOT_ACK : value & ~EXT_CSD_BOOT_ACK;
	return set_byte(card, now, EXT_CSD_PARTITION_CONFIG, (uint8_t)value, diag);
}
