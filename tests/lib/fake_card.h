/* SPDX-License-Identifier: MIT */
/* fake_card - an eMMC that accepts commands, driven by data. */
#ifndef TESTS_FAKE_CARD_H
#define TESTS_FAKE_CARD_H

#include "device/disk/ext_csd.h"
#include "tests/lib/device_fixture.h"

#include <linux/mmc/ioctl.h>

struct fake_card {
	struct emmc_card card;
	uint8_t ext_csd[EXT_CSD_BYTES];
	/* behaviour */
	int read_error, write_error;
	unsigned reads_before_error;
	bool ignores_writes;
	uint32_t status, status_after_write; /* in its responses */
	uint8_t sets[2];		     /* OR and AND masks that it applies to a value */
	/* commands received */
	unsigned reads, writes;
	uint32_t written; /* argument of the last SWITCH */
};

/* The driver must receive exactly these constants of the protocol, which are spelled out here. */
static inline int fake_command(const struct emmc_card *card, struct mmc_ioc_cmd *command)
{
	struct fake_card *fake =
		container_of((struct emmc_card *)(uintptr_t)card, struct fake_card, card);

	assert_int_equal(command->is_acmd, 0);
	switch (command->opcode) {
	case 8:
		assert_int_equal(command->write_flag, 0);
		assert_int_equal(command->arg, 0);
		assert_int_equal(command->flags, 0xb5); /* R1, SPI's R1, ADTC */
		assert_int_equal(command->blksz, 512);
		assert_int_equal(command->blocks, 1);
		if (fake->read_error && fake->reads >= fake->reads_before_error)
			return fake->read_error;
		fake->reads++;
		memcpy((void *)(uintptr_t)command->data_ptr, fake->ext_csd, EXT_CSD_BYTES);
		command->response[0] = fake->writes ? fake->status_after_write : fake->status;
		return 0;
	case 6:
		assert_int_equal(command->write_flag, 1);
		assert_int_equal(command->flags, 0x49d); /* R1B, SPI's R1B, AC */
		assert_int_equal(command->blksz * command->blocks, 0);
		assert_int_equal(command->arg >> 24, 3); /* write byte */
		assert_int_equal(command->arg & 0xff, 1);
		fake->writes++;
		fake->written = command->arg;
		command->response[0] = fake->status;
		if (fake->write_error)
			return fake->write_error;
		if (!fake->ignores_writes)
			fake->ext_csd[command->arg >> 16 & 0xff] =
				(uint8_t)(((command->arg >> 8 & 0xff) | fake->sets[0]) &
					  fake->sets[1]);
		return 0;
	}
	fail_msg("the card was sent command %u", command->opcode);
	return -EINVAL;
}

/* A card of eMMC 5.1 with boot areas of 4 MiB. */
static inline struct fake_card good_card(uint8_t partition_config)
{
	struct fake_card fake = {.card = {.fd = -1, .command = fake_command}, .sets = {0, 0xff}};

	fake.ext_csd[179] = partition_config;
	fake.ext_csd[192] = 8;
	fake.ext_csd[226] = 32;
	return fake;
}

#endif
