/* SPDX-License-Identifier: MIT */
#include "device/disk/cid.h"

#include "device/base/util.h"
#include "tests/lib/sandbox.h"

#include <errno.h>

/* The expected values are the kernel's own decoding of the same registers: device/name and
 * device/serial of the recorded machine. */
static const struct {
	const char *hex;
	enum cid_standard standard;
	struct cid want;
	const char *maker;
} cards[] = {
	{"aa015851454d55212101deadbeef2900", CID_MMC, {0xaa, "QEMU!!", 0xdeadbeef}, NULL},
	{"aa585951454d552101deadbeef006200", CID_SD, {0xaa, "QEMU!", 0xdeadbeef}, NULL},
	{"450100444734303038013f2a9f3101aa", CID_MMC, {0x45, "DG4008", 0x3f2a9f31}, "SanDisk"},
	{"1501004247414e445A0041b2c3d4a7ff", CID_MMC, {0x15, "BGANDZ", 0x41b2c3d4}, "Samsung"},
	{"035344534333324780DEADC07A011501", CID_SD, {0x03, "SC32G", 0xdeadc07a}, "SanDisk"},
	/* A name with blanks, NULs and an escape sequence. */
	{"13014e1b4d20202020010000000a0000", CID_MMC, {0x13, "?M", 0x0000000a}, "Micron"},
	{"00000000000000000000000000000000", CID_SD, {0x00, "", 0}, NULL},
};

static void cards_are_decoded(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cards); i++) {
		const char *maker;
		struct cid cid;

		assert_int_equal(cid_decode(cards[i].hex, cards[i].standard, &cid), 0);
		assert_int_equal(cid.maker, cards[i].want.maker);
		assert_string_equal(cid.name, cards[i].want.name);
		assert_int_equal(cid.serial, cards[i].want.serial);
		maker = cid_maker_name(cards[i].standard, cid.maker);
		if (cards[i].maker)
			assert_string_equal(maker, cards[i].maker);
		else
			assert_null(maker);
	}
}

static void anything_else_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"4",
		"450100444734303038013f2a9f3101a",   /* one digit too few */
		"450100444734303038013f2a9f3101aa0", /* one digit too many */
		"450100444734303038013f2a9f3101ag",
		"0x0100444734303038013f2a9f3101aa",
		"45 100444734303038013f2a9f3101aa",
		"-50100444734303038013f2a9f3101aa",
	};
	struct cid cid = {.maker = 7};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(cid_decode(wrong[i], CID_MMC, &cid), -EINVAL);
		assert_int_equal(cid.maker, 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cards_are_decoded),
		cmocka_unit_test(anything_else_is_refused),
	};

	return cmocka_run_group_tests_name("cid", tests, NULL, NULL);
}
