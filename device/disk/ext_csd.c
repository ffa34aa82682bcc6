/* SPDX-License-Identifier: MIT */
#include "device/disk/ext_csd.h"

#include <errno.h>
#include <linux/mmc/ioctl.h>
#include <string.h>
#include <sys/ioctl.h>

/* A command of the card (JESD84-B51, Detailed command description): response R1, and a block of
 * data. */
#define MMC_SEND_EXT_CSD 8

int emmc_command(const struct emmc_card *card, struct mmc_ioc_cmd *command)
{
	return ioctl(card->fd, MMC_IOC_CMD, command) < 0 ? -errno : 0;
}

int ext_csd_run(const struct emmc_card *card, struct mmc_ioc_cmd *command, const char *what,
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

int ext_csd_read(const struct emmc_card *card, uint8_t ret[EXT_CSD_BYTES], uint32_t *ret_status,
	struct diag *diag)
{
	struct mmc_ioc_cmd command = {
		.opcode = MMC_SEND_EXT_CSD,
		.flags = MMC_R1 | MMC_CMD_ADTC,
		.blksz = EXT_CSD_BYTES,
		.blocks = 1,
	};
	int r;

	mmc_ioc_cmd_set_data(command, ret);
	r = ext_csd_run(card, &command, "read", diag);
	if (r == 0 && ret_status)
		*ret_status = command.response[0];
	return r;
}
