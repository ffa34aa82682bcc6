/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/uboot_image.h"

#include "tests/lib/sandbox.h"

#include "device/base/util.h"

/* What `mkimage -A arm -T script -C none -d FILE` makes of the 8 bytes "echo hi\n" at 1700000000. */
static const uint8_t image[] = {0x27, 0x05, 0x19, 0x56, 0x57, 0xc3, 0x2b, 0x4f, 0x65, 0x53, 0xf1,
	0x00, 0, 0, 0, 16,					    /* time, size */
	0, 0, 0, 0, 0, 0, 0, 0, 0xd9, 0x34, 0x01, 0x62, 5, 2, 6, 0, /* CRC, types */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,		    /* name */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,		    /* name */
	0, 0, 0, 8, 0, 0, 0, 0, 'e', 'c', 'h', 'o', ' ', 'h', 'i', '\n'};

static uint8_t bytes[sizeof(image)];
static const char *text;
static size_t size;

static enum uboot_script_state open_bytes(void)
{
	return uboot_script_open(bytes, sizeof(bytes), &text, &size);
}

static int make(void **state)
{
	(void)state;
	memcpy(bytes, image, sizeof(image));
	return 0;
}

static void finds_the_script(void **state)
{
	(void)state;
	assert_int_equal(open_bytes(), UBOOT_SCRIPT_OK);
	assert_int_equal(size, 8);
	assert_memory_equal(text, "echo hi\n", 8);
}

static void knows_checksums(void **state)
{
	(void)state;
	bytes[8] ^= 1; /* the time */
	assert_int_equal(open_bytes(), UBOOT_SCRIPT_BAD_HEADER_CRC);
	bytes[8] ^= 1;
	bytes[sizeof(bytes) - 1] = '!';
	assert_int_equal(open_bytes(), UBOOT_SCRIPT_BAD_DATA_CRC);
	assert_int_equal(size, 8);
	assert_memory_equal(text, "echo hi!", 8);
}

static void knows_other_files(void **state)
{
	(void)state;
	assert_int_equal(uboot_script_open(bytes, 63, &text, &size), UBOOT_SCRIPT_TRUNCATED);
	assert_int_equal(size, 0);
	assert_int_equal(
		uboot_script_open(bytes, sizeof(bytes) - 1, &text, &size), UBOOT_SCRIPT_TRUNCATED);
	assert_int_equal(size, 7);
	assert_int_equal(uboot_script_open(bytes, 64, &text, &size), UBOOT_SCRIPT_TRUNCATED);
	bytes[30] = 2; /* a kernel */
	assert_int_equal(open_bytes(), UBOOT_SCRIPT_WRONG_TYPE);
	assert_int_equal(size, 0);
	assert_int_equal(
		uboot_script_open("\xd0\x0d\xfe\xed....", 8, &text, &size), UBOOT_SCRIPT_FIT);
	assert_int_equal(size, 0);
	assert_int_equal(uboot_script_open("booti\n", 6, &text, &size), UBOOT_SCRIPT_NO_HEADER);
	assert_int_equal(size, 6);
	assert_string_equal(text, "booti\n");
	assert_int_equal(uboot_script_open(NULL, 0, &text, &size), UBOOT_SCRIPT_NO_HEADER);
	assert_int_equal(size, 0);
	assert_non_null(text);
}

/* Its first size is 0. */
static void knows_an_empty_script(void **state)
{
	static const uint8_t crc[] = {0xdd, 0xa0, 0xa9, 0x8c, 0xec, 0xbb, 0x4b, 0x55};

	(void)state;
	memset(bytes + 64, 0, 16);
	memcpy(bytes + 4, crc, 4);
	memcpy(bytes + 24, crc + 4, 4);
	assert_int_equal(open_bytes(), UBOOT_SCRIPT_EMPTY);
	assert_int_equal(size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(finds_the_script, make),
		cmocka_unit_test_setup(knows_checksums, make),
		cmocka_unit_test_setup(knows_other_files, make),
		cmocka_unit_test_setup(knows_an_empty_script, make),
	};

	return cmocka_run_group_tests_name("uboot_image", tests, NULL, NULL);
}
