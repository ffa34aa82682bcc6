/* SPDX-License-Identifier: MIT */
#include "device/target/emmc.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"

#include <errno.h>
#include <linux/mmc/ioctl.h>
#include <string.h>
#include <sys/ioctl.h>

/* Commands of the card (JESD84-B51, Detailed command description) and the flags of their responses
 * (kernel: include/linux/mmc/mmc.h and core.h, which are not part of the UAPI). */
#define MMC_SWITCH	 6 /* response R1b: busy until done */
#define MMC_SEND_EXT_CSD 8 /* response R1, and a block of data */

#define MMC_RSP_PRESENT	 (1 << 0)
#define MMC_RSP_CRC	 (1 << 2)
#define MMC_RSP_BUSY	 (1 << 3)
#define MMC_RSP_OPCODE	 (1 << 4)
#define MMC_CMD_AC	 (0 << 5)
#define MMC_CMD_ADTC	 (1 << 5)
#define MMC_RSP_SPI_S1	 (1 << 7)
#define MMC_RSP_SPI_BUSY (1 << 10)

#define R1  (MMC_RSP_SPI_S1 | MMC_RSP_PRESENT | MMC_RSP_CRC | MMC_RSP_OPCODE)
#define R1B (R1 | MMC_RSP_SPI_BUSY | MMC_RSP_BUSY)

/* Status bit of a response (JESD84-B51, Device status register): the previous SWITCH failed. */
#define R1_SWITCH_ERROR (1u << 7)

/* Argument of SWITCH: bits 25..24 access mode, 23..16 byte, 15..8 value, 2..0 command set. */
#define SWITCH_WRITE_BYTE 3u
#define COMMAND_SET	  1u /* kernel: EXT_CSD_CMD_SET_NORMAL */

/* Bytes of EXT_CSD that are only read. */
#define BOOT_CONFIG_PROT      178 /* locks both writable bytes */
#define BOOT_CONFIG_PROT_PWR  (1u << 0)
#define BOOT_CONFIG_PROT_PERM (1u << 4)
#define BOOT_SIZE_MULT	      226 /* kernel: EXT_CSD_BOOT_MULT; 0: no boot areas */

/* PARTITION_CONFIG: bit 6 BOOT_ACK, bits 5..3 BOOT_PARTITION_ENABLE, bits 2..0 PARTITION_ACCESS.
 * The kernel uses PARTITION_ACCESS itself; it is 0 during a command through the whole disk (kernel:
 * EXT_CSD_PART_CONFIG_ACC_MASK, mmc_blk_part_switch). */
#define BOOT_ACK	  (1u << 6)
#define BOOT_ENABLE_SHIFT 3
#define BOOT_ENABLE_MASK  (7u << BOOT_ENABLE_SHIFT)

static const uint8_t enable_bits[] = {
	[EMMC_BOOT_NONE] = 0 << BOOT_ENABLE_SHIFT,
	[EMMC_BOOT_BOOT0] = 1 << BOOT_ENABLE_SHIFT,
	[EMMC_BOOT_BOOT1] = 2 << BOOT_ENABLE_SHIFT,
	[EMMC_BOOT_USER] = 7 << BOOT_ENABLE_SHIFT,
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

int emmc_command(const struct emmc_card *card, struct mmc_ioc_cmd *command)
{
	return ioctl(card->fd, MMC_IOC_CMD, command) < 0 ? -errno : 0;
}

static int run(const struct emmc_card *card, struct mmc_ioc_cmd *command, const char *what,
	struct diag *diag)
{
	static const struct {
		int error;
		const char *text;
	} texts[] = {
		{EPERM, "no permission to send it commands (CAP_SYS_RAWIO)"},
		{ENOTTY, "it is not an MMC device"},
		{EINVAL, "it is not an MMC device"},
		{ETIMEDOUT, "it does not respond (signal or clock problem, or a loose card)"},
		{EILSEQ, "data was damaged in transfer (signal or clock problem)"},
		{ENODEV, "it was removed"},
		{ENXIO, "it was removed"},
		{ENOMEDIUM, "it was removed"},
	};
	int r = card->command(card, command);
	const char *text = strerror(-r);

	if (r == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (texts[i].error == -r)
			text = texts[i].text;
	return diag_fail(diag, r, "the card's EXT_CSD could not be %s: %s", what, text);
}

/* As emmc_read_ext_csd. @ret_status, unless NULL, gets the status bits of the response. */
static int read_ext_csd(const struct emmc_card *card, uint8_t ret[EXT_CSD_BYTES],
	uint32_t *ret_status, struct diag *diag)
{
	struct mmc_ioc_cmd command = {
		.opcode = MMC_SEND_EXT_CSD,
		.flags = R1 | MMC_CMD_ADTC,
		.blksz = EXT_CSD_BYTES,
		.blocks = 1,
	};
	int r;

	mmc_ioc_cmd_set_data(command, ret);
	r = run(card, &command, "read", diag);
	if (r == 0 && ret_status)
		*ret_status = command.response[0];
	return r;
}

int emmc_read_ext_csd(const struct emmc_card *card, uint8_t ret[EXT_CSD_BYTES], struct diag *diag)
{
	return read_ext_csd(card, ret, NULL, diag);
}

static int write_byte(const struct emmc_card *card, unsigned index, uint8_t value,
	uint32_t *ret_status, struct diag *diag)
{
	struct mmc_ioc_cmd command = {
		.write_flag = 1,
		.opcode = MMC_SWITCH,
		.arg = SWITCH_WRITE_BYTE << 24 | index << 16 | (uint32_t)value << 8 | COMMAND_SET,
		.flags = R1B | MMC_CMD_AC,
	};
	int r = run(card, &command, "written", diag);

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
	if (now[BOOT_CONFIG_PROT] & (BOOT_CONFIG_PROT_PWR | BOOT_CONFIG_PROT_PERM))
		return diag_fail(diag, -EROFS, "the card's boot configuration is locked %s",
			now[BOOT_CONFIG_PROT] & BOOT_CONFIG_PROT_PERM
				? "permanently"
				: "until the next power cycle");
	r = write_byte(card, index, value, &during, diag);
	if (r == 0)
		r = read_ext_csd(card, then, &after, diag);
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
	int r = emmc_read_ext_csd(card, now, diag);

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
	r = emmc_read_ext_csd(card, now, diag);
	if (r < 0)
		return r;
	if ((enable == EMMC_BOOT_BOOT0 || enable == EMMC_BOOT_BOOT1) && now[BOOT_SIZE_MULT] == 0)
		return diag_fail(diag, -EOPNOTSUPP, "the card has no boot areas");
	value = now[EXT_CSD_PARTITION_CONFIG] & (BOOT_ACK | BOOT_ENABLE_MASK);
	if (enable != EMMC_BOOT_KEEP)
		value = (value & ~BOOT_ENABLE_MASK) | enable_bits[enable];
	if (ack != EMMC_ACK_KEEP)
		value = ack == EMMC_ACK_ON ? value | BOOT_ACK : value & ~BOOT_ACK;
	return set_byte(card, now, EXT_CSD_PARTITION_CONFIG, (uint8_t)value, diag);
}
