/* SPDX-License-Identifier: MIT */
/* ext_csd - sends commands to a card, and reads the EXT_CSD register of an eMMC: which area the card
 * presents to a boot ROM. */
#ifndef DEVICE_DISK_EXT_CSD_H
#define DEVICE_DISK_EXT_CSD_H

#include "device/base/diag.h"
#include "device/base/util.h"

#include <stdint.h>

#define EXT_CSD_BYTES 512

/* Bytes of the register. Names and numbers: JEDEC JESD84-B51, 7.4. */
enum {
	EXT_CSD_BOOT_BUS_CONDITIONS = 177, /* bus width and timing during boot */
	EXT_CSD_BOOT_CONFIG_PROT = 178,	   /* locks the one before and the one after it */
	EXT_CSD_PARTITION_CONFIG = 179,	   /* kernel: EXT_CSD_PART_CONFIG */
	EXT_CSD_BOOT_SIZE_MULT = 226,	   /* kernel: EXT_CSD_BOOT_MULT; 0: no boot areas */
};

/* PARTITION_CONFIG: bit 6 BOOT_ACK, bits 5..3 BOOT_PARTITION_ENABLE, bits 2..0 PARTITION_ACCESS.
 * The kernel uses PARTITION_ACCESS itself; it is 0 during a command through the whole disk (kernel:
 * EXT_CSD_PART_CONFIG_ACC_MASK, mmc_blk_part_switch). */
#define EXT_CSD_BOOT_ACK	  (1u << 6)
#define EXT_CSD_BOOT_ENABLE_SHIFT 3
#define EXT_CSD_BOOT_ENABLE_MASK  (7u << EXT_CSD_BOOT_ENABLE_SHIFT)
enum {
	EXT_CSD_ENABLE_NONE = 0,
	EXT_CSD_ENABLE_BOOT0,
	EXT_CSD_ENABLE_BOOT1,
	EXT_CSD_ENABLE_USER = 7
};

/* Flags of the responses (kernel: include/linux/mmc/mmc.h and core.h, which are not part of the
 * UAPI). */
#define MMC_RSP_PRESENT	 (1 << 0)
#define MMC_RSP_CRC	 (1 << 2)
#define MMC_RSP_BUSY	 (1 << 3)
#define MMC_RSP_OPCODE	 (1 << 4)
#define MMC_CMD_AC	 (0 << 5)
#define MMC_CMD_ADTC	 (1 << 5)
#define MMC_RSP_SPI_S1	 (1 << 7)
#define MMC_RSP_SPI_BUSY (1 << 10)
#define MMC_R1		 (MMC_RSP_SPI_S1 | MMC_RSP_PRESENT | MMC_RSP_CRC | MMC_RSP_OPCODE)
#define MMC_R1B		 (MMC_R1 | MMC_RSP_SPI_BUSY | MMC_RSP_BUSY)

struct mmc_ioc_cmd;

/* A card that accepts commands: {.fd = whole disk, .command = emmc_command} for a real one. Tests
 * replace the command. */
struct emmc_card {
	int fd; /* never of a boot area: the kernel would switch to that area first */
	int (*command)(const struct emmc_card *card, struct mmc_ioc_cmd *command);
};

/* Sends @command with MMC_IOC_CMD on card->fd. Returns 0 or -errno. */
_must_check_ int emmc_command(const struct emmc_card *card, struct mmc_ioc_cmd *command);
/* Sends it through card->command. Returns 0, or -errno with a phrase in @diag: the EXT_CSD could not
 * be @what ("read"), and why. */
_must_check_ int ext_csd_run(const struct emmc_card *card, struct mmc_ioc_cmd *command,
	const char *what, struct diag *diag);

/* Reads the register of the card. @ret_status, unless NULL, gets the status bits of the response.
 * Returns 0, or -errno with a phrase in @diag. */
_must_check_ int ext_csd_read(const struct emmc_card *card, uint8_t ret[EXT_CSD_BYTES],
	uint32_t *ret_status, struct diag *diag);

#endif
