/* SPDX-License-Identifier: MIT */
#include "core/install/snapshot.h"

#include "device/base/util.h"

#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

static const struct disk card = {
	.name = "mmcblk1", .path = "/dev/mmcblk1", .model = "SD32G", .kind = DISK_SD};

static void init_sets_names_only(void **state)
{
	struct snapshot snapshot;

	(void)state;
	memset(&snapshot, 0xff, sizeof(snapshot));
	snapshot_init(&snapshot, SCOPE_ALL, &card, "/srv/images/root\nfs.tar.gz", "single-gpt");
	assert_string_equal(snapshot.target_name, "mmcblk1");
	assert_string_equal(snapshot.target_path, "/dev/mmcblk1");
	assert_string_equal(snapshot.target_model, "SD32G");
	assert_int_equal(snapshot.target_kind, DISK_SD);
	assert_string_equal(snapshot.archive_name, "root?fs.tar.gz");
	assert_string_equal(snapshot.layout_name, "single-gpt");
	assert_int_equal(snapshot.state, INSTALL_RUNNING);
	assert_int_equal(snapshot.step, STEP_OPEN);
	assert_int_equal(snapshot.message_count, 0);
	assert_false(snapshot_ended(&snapshot));
	snapshot_init(&snapshot, SCOPE_ALL, &card, "rootfs.tar", "");
	assert_string_equal(snapshot.archive_name, "rootfs.tar");
}

/* A viewer of another version is refused. */
static void other_versions_are_refused(void **state)
{
	struct snapshot snapshot;

	(void)state;
	snapshot_init(&snapshot, SCOPE_ALL, &card, "rootfs.tar", "");
	assert_true(snapshot_is_ours(&snapshot, sizeof(snapshot)));
	assert_false(snapshot_is_ours(&snapshot, sizeof(snapshot) - 1));
	snapshot.version++;
	assert_false(snapshot_is_ours(&snapshot, sizeof(snapshot)));
	snapshot.version--;
	snapshot.size++;
	assert_false(snapshot_is_ours(&snapshot, sizeof(snapshot)));
	snapshot.size--;
	snapshot.magic++;
	assert_false(snapshot_is_ours(&snapshot, sizeof(snapshot)));
}

static void keeps_the_last_messages(void **state)
{
	struct snapshot snapshot;
	char text[400];

	(void)state;
	snapshot_init(&snapshot, SCOPE_ALL, &card, "rootfs.tar", "");
	snapshot.steps[STEP_MKFS].state = STEP_ACTIVE;
	snapshot_message(&snapshot, "first\x1b[2J");
	assert_int_equal(snapshot.messages[SNAPSHOT_MESSAGES - 1].step, STEP_MKFS);
	assert_int_equal(snapshot.messages[SNAPSHOT_MESSAGES - 2].number, 0);
	assert_int_equal(snapshot.messages[SNAPSHOT_MESSAGES - 1].number, 1);
	assert_string_equal(snapshot.messages[SNAPSHOT_MESSAGES - 1].text, "first?[2J");
	for (unsigned i = 2; i <= SNAPSHOT_MESSAGES + 3; i++) {
		STR_FORMAT(text, "message %u", i);
		snapshot_message(&snapshot, text);
	}
	assert_int_equal(snapshot.message_count, SNAPSHOT_MESSAGES + 3);
	for (unsigned i = 0; i < SNAPSHOT_MESSAGES; i++) {
		STR_FORMAT(text, "message %u", i + 4);
		assert_int_equal(snapshot.messages[i].number, i + 4);
		assert_string_equal(snapshot.messages[i].text, text);
	}
	/* A character cut in two is removed. */
	memset(text, 'x', sizeof(text));
	memcpy(text + 158, "\xc3\xa4", 3);
	snapshot_message(&snapshot, text);
	assert_int_equal(snapshot.messages[SNAPSHOT_MESSAGES - 1].text[158], '?');
}

static void the_subject_is_what_is_installed(void **state)
{
	struct snapshot snapshot;

	(void)state;
	snapshot_init(&snapshot, SCOPE_ALL, &card, "/srv/rootfs.tar", "single-gpt");
	assert_string_equal(snapshot_subject(&snapshot), "rootfs.tar");
	snapshot_init(&snapshot, SCOPE_BOOT, &card, "", "imx8mp");
	assert_int_equal(snapshot.scope, SCOPE_BOOT);
	assert_string_equal(snapshot.archive_name, "");
	assert_string_equal(snapshot_subject(&snapshot), "boot loader");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(init_sets_names_only),
		cmocka_unit_test(other_versions_are_refused),
		cmocka_unit_test(keeps_the_last_messages),
		cmocka_unit_test(the_subject_is_what_is_installed),
	};

	return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
