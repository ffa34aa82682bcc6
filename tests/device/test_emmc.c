/* SPDX-License-Identifier: MIT */
#include "device/target/emmc.h"

#include "tests/lib/fake_card.h"
#include "tests/lib/sandbox.h"

#include <signal.h>

#define SWITCH_ERROR 0x80u /* bit 7 of the status */

static struct diag diag;

static void expect_text(const char *text)
{
	if (!strstr(diag.text, text))
		fail_msg("\"%s\" does not contain \"%s\"", diag.text, text);
}

/* ---- PARTITION_CONFIG ---- */

static void every_setting(void **state)
{
	static const struct {
		uint8_t before;
		enum emmc_boot enable;
		enum emmc_ack ack;
		uint8_t after;
	} settings[] = {
		/* The values that mmc-utils writes for "bootpart enable 1 1" and "7 1". */
		{0x00, EMMC_BOOT_BOOT0, EMMC_ACK_ON, 0x48},
		{0x00, EMMC_BOOT_USER, EMMC_ACK_ON, 0x78},
		{0x00, EMMC_BOOT_BOOT1, EMMC_ACK_ON, 0x50},
		{0x00, EMMC_BOOT_NONE, EMMC_ACK_ON, 0x40},
		{0x00, EMMC_BOOT_BOOT0, EMMC_ACK_OFF, 0x08},
		{0x48, EMMC_BOOT_BOOT1, EMMC_ACK_OFF, 0x10},
		{0x78, EMMC_BOOT_NONE, EMMC_ACK_OFF, 0x00},
		/* The acknowledge does not change. */
		{0x00, EMMC_BOOT_BOOT0, EMMC_ACK_KEEP, 0x08},
		{0x40, EMMC_BOOT_BOOT0, EMMC_ACK_KEEP, 0x48},
		{0x78, EMMC_BOOT_BOOT1, EMMC_ACK_KEEP, 0x50},
		{0x38, EMMC_BOOT_NONE, EMMC_ACK_KEEP, 0x00},
		/* The enabled area does not change. */
		{0x08, EMMC_BOOT_KEEP, EMMC_ACK_ON, 0x48},
		{0x78, EMMC_BOOT_KEEP, EMMC_ACK_OFF, 0x38},
		/* Stale access bits are cleared. */
		{0x49, EMMC_BOOT_BOOT0, EMMC_ACK_KEEP, 0x48},
		{0x02, EMMC_BOOT_BOOT1, EMMC_ACK_ON, 0x50},
		{0x07, EMMC_BOOT_KEEP, EMMC_ACK_ON, 0x40},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		struct fake_card fake = good_card(settings[i].before), as_it_was = fake;
		int r = emmc_set_boot(&fake.card, settings[i].enable, settings[i].ack, &diag);

		if (r < 0)
			fail_msg("%zu: %s", i, diag.text);
		if (fake.ext_csd[179] != settings[i].after)
			fail_msg("%zu: 0x%02x", i, fake.ext_csd[179]);
		assert_int_equal(fake.writes, 1);
		assert_int_equal(fake.reads, 2); /* the second one to compare */
		assert_int_equal(fake.written, 0x03b30001 | settings[i].after << 8);
		/* Nothing else has changed. */
		as_it_was.ext_csd[179] = settings[i].after;
		assert_memory_equal(fake.ext_csd, as_it_was.ext_csd, EXT_CSD_BYTES);
	}
}

static void equal_value_is_not_written(void **state)
{
	struct fake_card fake = good_card(0x48);

	(void)state;
	assert_int_equal(emmc_set_boot(&fake.card, EMMC_BOOT_KEEP, EMMC_ACK_KEEP, &diag), 0);
	assert_int_equal(fake.reads, 0);
	/* A locked card that has the value already is not an error. */
	fake.ext_csd[178] = 0x11;
	assert_int_equal(emmc_set_boot(&fake.card, EMMC_BOOT_BOOT0, EMMC_ACK_ON, &diag), 0);
	assert_int_equal(emmc_set_boot(&fake.card, EMMC_BOOT_BOOT0, EMMC_ACK_KEEP, &diag), 0);
	assert_int_equal(emmc_write_byte(&fake.card, 179, 0x48, &diag), 0);
	assert_int_equal(fake.writes, 0);
}

static int enable_boot0(struct fake_card *fake)
{
	diag.text[0] = '\0';
	return emmc_set_boot(&fake->card, EMMC_BOOT_BOOT0, EMMC_ACK_ON, &diag);
}

static void locked_card_is_not_written(void **state)
{
	struct fake_card fake = good_card(0);

	(void)state;
	fake.ext_csd[178] = 0x01;
	assert_int_equal(enable_boot0(&fake), -EROFS);
	expect_text("the card's boot configuration is locked until the next power cycle");
	fake.ext_csd[178] = 0x11;
	assert_int_equal(enable_boot0(&fake), -EROFS);
	expect_text("locked permanently");
	fake.ext_csd[178] = 0x10;
	assert_int_equal(emmc_write_byte(&fake.card, 177, 1, &diag), -EROFS);
	assert_int_equal(fake.writes, 0);
}

static void card_without_boot_areas(void **state)
{
	struct fake_card fake = good_card(0);

	(void)state;
	fake.ext_csd[226] = 0;
	assert_int_equal(enable_boot0(&fake), -EOPNOTSUPP);
	expect_text("the card has no boot areas");
	assert_int_equal(
		emmc_set_boot(&fake.card, EMMC_BOOT_BOOT1, EMMC_ACK_KEEP, &diag), -EOPNOTSUPP);
	assert_int_equal(fake.writes, 0);
	assert_int_equal(emmc_set_boot(&fake.card, EMMC_BOOT_USER, EMMC_ACK_KEEP, &diag), 0);
	assert_int_equal(fake.ext_csd[179], 0x38);
}

static void card_that_ignores_a_write(void **state)
{
	struct fake_card fake = good_card(0x38);

	(void)state;
	fake.ignores_writes = true;
	assert_int_equal(enable_boot0(&fake), -EILSEQ);
	expect_text("the card returned 0x38 for EXT_CSD byte 179, which was set to 0x48");
}

/* Every bit is compared, including the access bits. */
static void card_that_sets_something_else(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 8; bit++) {
		struct fake_card fake = good_card(0);

		if (0x48 >> bit & 1)
			fake.sets[1] = (uint8_t) ~(1u << bit);
		else
			fake.sets[0] = (uint8_t)(1u << bit);
		assert_int_equal(enable_boot0(&fake), -EILSEQ);
	}
}

/* The status bit may be in the response to the SWITCH or to the next command. */
static void card_that_refuses(void **state)
{
	struct fake_card fake = good_card(0);

	(void)state;
	fake.ignores_writes = true;
	fake.status_after_write = SWITCH_ERROR;
	assert_int_equal(enable_boot0(&fake), -EREMOTEIO);
	expect_text("the card refused to set EXT_CSD byte 179 to 0x48");
	fake = good_card(0);
	fake.ignores_writes = true;
	fake.status = SWITCH_ERROR;
	assert_int_equal(enable_boot0(&fake), -EREMOTEIO);

	/* The value read back decides: the status bit may be left over from another program's
	 * command. */
	fake = good_card(0);
	fake.status = fake.status_after_write = SWITCH_ERROR;
	assert_int_equal(enable_boot0(&fake), 0);
	assert_int_equal(fake.ext_csd[179], 0x48);
}

static void command_errors_are_reported(void **state)
{
	static const struct {
		int error;
		const char *text;
	} errors[] = {
		{-EPERM, "CAP_SYS_RAWIO"},
		{-ETIMEDOUT, "it does not respond"},
		{-EILSEQ, "damaged in transfer"},
		{-ENOTTY, "it is not an MMC device"},
		{-ENODEV, "it was removed"},
		{-EIO, "Input/output error"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		struct fake_card fake = good_card(0);

		fake.read_error = errors[i].error;
		assert_int_equal(enable_boot0(&fake), errors[i].error);
		expect_text("the card's EXT_CSD could not be read: ");
		expect_text(errors[i].text);
		assert_int_equal(fake.writes, 0);

		/* A write that cannot be read back is an error. */
		fake.reads_before_error = 1;
		assert_int_equal(enable_boot0(&fake), errors[i].error);
		expect_text("could not be read: ");
		assert_int_equal(fake.writes, 1);

		fake = good_card(0);
		fake.write_error = errors[i].error;
		assert_int_equal(enable_boot0(&fake), errors[i].error);
		expect_text("the card's EXT_CSD could not be written: ");
		expect_text(errors[i].text);
	}
}

/* ---- the writable bytes ---- */

static void only_two_bytes_may_be_written(void **state)
{
	(void)state;
	for (unsigned index = 0; index < 1024; index++) {
		struct fake_card fake = good_card(0);

		if (index == 177 || index == 179) {
			assert_int_equal(emmc_write_byte(&fake.card, index, 0x0a, &diag), 0);
			assert_int_equal(fake.ext_csd[index], 0x0a);
			assert_int_equal(fake.written, 0x03000a01 | index << 16);
			continue;
		}
		diag.text[0] = '\0';
		assert_int_equal(emmc_write_byte(&fake.card, index, 0x0a, &diag), -EPERM);
		expect_text("must not be written");
		assert_int_equal(fake.writes, 0);
		/* Not even the current value is written. */
		assert_int_equal(emmc_write_byte(&fake.card, index, 0, &diag), -EPERM);
	}
}

/* ---- write protection ---- */

#define BOOT0 "sys/block/mmcblk0boot0/"

static struct settings_journal journal;

/* The recorded machine with write-protected boot areas, and a journal. */
static int machine_setup(void **state)
{
	struct sandbox *box;
	char path[PATH_MAX];

	if (sandbox_setup(state) < 0)
		return -1;
	box = *state;
	sandbox_unpack(box, "tests/sysroots/qemu-emmc-sd-usb.sysroot.tgz");
	return settings_open(&journal, box->root, sandbox_path(box, "run/settings", path));
}

#define machine_test(function)                                                                     \
	cmocka_unit_test_setup_teardown(function, machine_setup, sandbox_teardown)

static void is(const struct sandbox *box, const char *path, const char *expected)
{
	char found[64];

	assert_int_equal(sysroot_read(box->root, found, sizeof(found), "%s", path), 0);
	assert_string_equal(found, expected);
}

static void lifted_and_restored(void **state)
{
	struct sandbox *box = *state;

	is(box, BOOT0 "force_ro", "1");
	assert_int_equal(emmc_unlock_boot_area(&journal, "mmcblk0boot0", &diag), 0);
	assert_int_equal(emmc_unlock_boot_area(&journal, "mmcblk0boot1", &diag), 0);
	is(box, BOOT0 "force_ro", "0");
	is(box, "sys/block/mmcblk0boot1/force_ro", "0");
	assert_int_equal(settings_restore(&journal), 0);
	is(box, BOOT0 "force_ro", "1");
	is(box, "sys/block/mmcblk0boot1/force_ro", "1");
}

/* The administrator had cleared it before, so it stays cleared. */
static void lifted_before_stays_lifted(void **state)
{
	struct sandbox *box = *state;

	sandbox_file(box, BOOT0 "force_ro", "0\n");
	assert_int_equal(emmc_unlock_boot_area(&journal, "mmcblk0boot0", &diag), 0);
	assert_int_equal(settings_restore(&journal), 0);
	is(box, BOOT0 "force_ro", "0");
}

/* A killed engine restores nothing; the next start does. */
static void crash_leaves_it_for_the_next_start(void **state)
{
	struct sandbox *box = *state;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (emmc_unlock_boot_area(&journal, "mmcblk0boot0", &diag) == 0)
			(void)raise(SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	is(box, BOOT0 "force_ro", "0");
	/* The value to restore is the original one, not the one that the dead process set. */
	assert_int_equal(emmc_unlock_boot_area(&journal, "mmcblk0boot0", &diag), 0);
	assert_int_equal(settings_restore_stale(&journal), 0);
	is(box, BOOT0 "force_ro", "0");
	assert_int_equal(settings_restore(&journal), 0);
	is(box, BOOT0 "force_ro", "1");
	is(box, "run/settings", "");
}

static void locked_area_is_left_alone(void **state)
{
	static const struct {
		const char *value, *text;
	} locks[] = {
		{"1\n", "mmcblk0boot0 is locked until the next power cycle"},
		{"2\n", "mmcblk0boot0 is permanently write-protected"},
		{"3\n", "mmcblk0boot0 is locked by the card"},
	};
	struct sandbox *box = *state;

	for (size_t i = 0; i < ARRAY_SIZE(locks); i++) {
		sandbox_file(box, BOOT0 "ro_lock_until_next_power_on", locks[i].value);
		assert_int_equal(emmc_unlock_boot_area(&journal, "mmcblk0boot0", &diag), -EROFS);
		expect_text(locks[i].text);
		is(box, BOOT0 "force_ro", "1");
	}
	sandbox_file(box, BOOT0 "ro_lock_until_next_power_on", "what\n");
	assert_int_equal(emmc_unlock_boot_area(&journal, "mmcblk0boot0", &diag), -EINVAL);
	expect_text("the lock of mmcblk0boot0 could not be read");
	is(box, BOOT0 "force_ro", "1");

	sandbox_file(box, BOOT0 "ro_lock_until_next_power_on", "0\n");
	assert_int_equal(emmc_unlock_boot_area(&journal, "mmcblk0boot0", &diag), 0);
	assert_int_equal(settings_restore(&journal), 0);
}

static void area_without_the_setting(void **state)
{
	(void)state;
	assert_int_equal(emmc_unlock_boot_area(&journal, "mmcblk1boot0", &diag), -ENOENT);
	expect_text("the write protection of mmcblk1boot0 could not be removed: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_setting),
		cmocka_unit_test(equal_value_is_not_written),
		cmocka_unit_test(locked_card_is_not_written),
		cmocka_unit_test(card_without_boot_areas),
		cmocka_unit_test(card_that_ignores_a_write),
		cmocka_unit_test(card_that_sets_something_else),
		cmocka_unit_test(card_that_refuses),
		cmocka_unit_test(command_errors_are_reported),
		cmocka_unit_test(only_two_bytes_may_be_written),
		machine_test(lifted_and_restored),
		machine_test(lifted_before_stays_lifted),
		machine_test(crash_leaves_it_for_the_next_start),
		machine_test(locked_area_is_left_alone),
		machine_test(area_without_the_setting),
	};

	return cmocka_run_group_tests_name("emmc", tests, NULL, NULL);
}
