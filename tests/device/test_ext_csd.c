/* SPDX-License-Identifier: MIT */
#include "device/disk/ext_csd.h"

#include "tests/lib/fake_card.h"

static struct diag diag;

static void expect_text(const char *text)
{
	if (!strstr(diag.text, text))
		fail_msg("\"%s\" does not contain \"%s\"", diag.text, text);
}

static void register_is_read(void **state)
{
	struct fake_card fake = good_card(0x48);
	uint8_t found[EXT_CSD_BYTES];

	(void)state;
	fake.ext_csd[511] = 0xa5;
	assert_int_equal(ext_csd_read(&fake.card, found, NULL, &diag), 0);
	assert_memory_equal(found, fake.ext_csd, EXT_CSD_BYTES);
	assert_int_equal(fake.reads, 1);
	assert_int_equal(fake.writes, 0);
}

static void status_bits_are_returned(void **state)
{
	struct fake_card fake = good_card(0);
	uint8_t found[EXT_CSD_BYTES];
	uint32_t status = 0;

	(void)state;
	fake.status = 0x900;
	assert_int_equal(ext_csd_read(&fake.card, found, &status, &diag), 0);
	assert_int_equal(status, 0x900);
}

static void errors_have_a_reason(void **state)
{
	static const struct {
		int error;
		const char *text;
	} errors[] = {
		{-EPERM, "no permission"},
		{-EINVAL, "it is not an MMC device"},
		{-ETIMEDOUT, "it does not respond"},
		{-EILSEQ, "damaged in transfer"},
		{-ENXIO, "it was removed"},
		{-ENOMEDIUM, "it was removed"},
		{-EIO, "Input/output error"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		struct fake_card fake = good_card(0);
		uint8_t found[EXT_CSD_BYTES];

		fake.read_error = errors[i].error;
		assert_int_equal(ext_csd_read(&fake.card, found, NULL, &diag), errors[i].error);
		expect_text("the card's EXT_CSD could not be read: ");
		expect_text(errors[i].text);
	}
}

/* The real command, without a card. */
static void no_card(void **state)
{
	uint8_t found[EXT_CSD_BYTES];
	_cleanup_close_ int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct emmc_card card = {.fd = null, .command = emmc_command};

	(void)state;
	assert_int_equal(ext_csd_read(&card, found, NULL, &diag), -ENOTTY);
	expect_text("it is not an MMC device");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(register_is_read),
		cmocka_unit_test(status_bits_are_returned),
		cmocka_unit_test(errors_have_a_reason),
		cmocka_unit_test(no_card),
	};

	return cmocka_run_group_tests_name("ext_csd", tests, NULL, NULL);
}
