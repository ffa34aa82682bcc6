/* SPDX-License-Identifier: MIT */
#include "core/report/event.h"

#include "tests/lib/capture.h"

static void assert_out(const char *expected)
{
	assert_string_equal(capture_take(), expected);
}

static struct snapshot running(void)
{
	struct snapshot snapshot = {
		.step = STEP_EXTRACT,
		.progress =
			{
				.archive = {100, 400},
				.extracted = {200, 800},
				.medium = {90, 840},
				.percent = 21,
				.rate_bps = 37958451,
				.mean_bps = 37000000,
				.eta_s = 19,
			},
		.tar = {.pid = 4242, .confirmed = true, .signals = 13, .replies = 12},
		.elapsed_ms = 16250,
		.target_name = "mmcblk1",
		.target_path = "/dev/mmcblk1",
		.target_kind = DISK_EMMC,
		.target_model = "DG4008",
		.target_id = {.size_bytes = 7818182656,
			.serial = "0x3f2a9f31",
			.cid = "45010044473430303801"},
		.archive_name = "rootfs.tar.zst",
		.archive_sha256 = "6b1f",
	};

	return snapshot;
}

static const char progress_line[] =
	"{\"event\":\"progress\",\"step\":\"extract\",\"percent\":21,"
	"\"archive\":{\"done\":100,\"total\":400},\"extracted\":{\"done\":200,\"total\":800},"
	"\"medium\":{\"done\":90,\"expected\":840},\"of_step\":{\"done\":0,\"total\":null},"
	"\"rate_bps\":37958451,\"mean_bps\":37000000,\"eta_s\":19,"
	"\"tar\":{\"pid\":4242,\"confirmed\":true,\"signals\":13,\"replies\":12},"
	"\"stall\":null,\"target\":\"mmcblk1\",\"seconds\":16.250}\n";

static void progress(void **state)
{
	struct snapshot now = running();
	const char *line;

	(void)state;
	event_status(out, &now);
	assert_out(progress_line);
	/* Unknown values are null. */
	now.progress = (struct progress_view){.eta_s = -1};
	now.tar = (struct tar_counts){0};
	STR_COPY(now.stall, "no progress for 12 s");
	event_status(out, &now);
	line = capture_take();
	assert_non_null(strstr(line, "\"archive\":{\"done\":0,\"total\":null}"));
	assert_non_null(strstr(line, "\"eta_s\":null"));
	assert_non_null(strstr(line, "\"tar\":{\"pid\":null,\"confirmed\":false"));
	assert_non_null(strstr(line, "\"stall\":\"no progress for 12 s\""));
}

static void steps_are_written_once(void **state)
{
	struct snapshot before = {0}, now = {0};

	(void)state;
	now.steps[STEP_OPEN].state = STEP_ACTIVE;
	now.steps[STEP_OPEN].ms = 250;
	event_snapshot(out, &before, &now, false);
	assert_out(
		"{\"event\":\"step\",\"step\":\"scan\",\"state\":\"start\",\"seconds\":0.000}\n");

	/* Only the time has changed: no event. */
	before = now;
	now.steps[STEP_OPEN].ms = 1500;
	event_snapshot(out, &before, &now, false);
	assert_out("");

	/* check and lock have begun and ended in between. */
	before = now;
	now.steps[STEP_OPEN].state = STEP_DONE;
	now.steps[STEP_CHECK] = (struct snapshot_step){STEP_DONE, 3};
	now.steps[STEP_LOCK] = (struct snapshot_step){STEP_FAILED, 4};
	now.steps[STEP_VERIFY] = (struct snapshot_step){STEP_SKIPPED, 0};
	event_snapshot(out, &before, &now, false);
	assert_out(
		"{\"event\":\"step\",\"step\":\"scan\",\"state\":\"done\",\"seconds\":1.500}\n"
		"{\"event\":\"step\",\"step\":\"check\",\"state\":\"start\",\"seconds\":0.000}\n"
		"{\"event\":\"step\",\"step\":\"check\",\"state\":\"done\",\"seconds\":0.003}\n"
		"{\"event\":\"step\",\"step\":\"lock\",\"state\":\"start\",\"seconds\":0.000}\n"
		"{\"event\":\"step\",\"step\":\"lock\",\"state\":\"failed\",\"seconds\":0.004}\n"
		"{\"event\":\"step\",\"step\":\"verify\",\"state\":\"skipped\",\"seconds\":0.000}\n");
	event_snapshot(out, &now, &now, false);
	assert_out("");
}

static void messages_are_written_once(void **state)
{
	struct snapshot before = {0}, now = {0};

	(void)state;
	now.message_count = 2;
	now.messages[SNAPSHOT_MESSAGES - 2] =
		(struct snapshot_message){.number = 1, .text = "tar: \"odd\""};
	now.messages[SNAPSHOT_MESSAGES - 1] = (struct snapshot_message){.number = 2, .text = "two"};
	event_snapshot(out, &before, &now, false);
	assert_out("{\"event\":\"message\",\"number\":1,\"text\":\"tar: \\\"odd\\\"\"}\n"
		   "{\"event\":\"message\",\"number\":2,\"text\":\"two\"}\n");
	before = now;
	now.message_count = 3;
	now.messages[SNAPSHOT_MESSAGES - 3] = now.messages[SNAPSHOT_MESSAGES - 2];
	now.messages[SNAPSHOT_MESSAGES - 2] = now.messages[SNAPSHOT_MESSAGES - 1];
	now.messages[SNAPSHOT_MESSAGES - 1] =
		(struct snapshot_message){.number = 3, .text = "three"};
	event_snapshot(out, &before, &now, false);
	assert_out("{\"event\":\"message\",\"number\":3,\"text\":\"three\"}\n");
}

static void the_result_comes_last_and_once(void **state)
{
	struct snapshot before = running(), now = running();
	const char *rest;

	(void)state;
	now.state = INSTALL_PASSED;
	now.step = STEP_COUNT;
	now.steps[STEP_COMMIT].state = STEP_DONE;
	now.progress.percent = 100;
	now.elapsed_ms = 37041;
	now.verify.entries = 19318;
	now.verify.bytes = 762000000;
	now.further_count = 1;
	now.further[0] = (struct snapshot_archive){"data", "data.tar", "7c"};
	event_snapshot(out, &before, &now, true);
	rest = capture_take();
	assert_non_null(strstr(rest, "\"step\":\"end\",\"percent\":100"));
	rest = strstr(rest, "{\"event\":\"result\"");
	assert_non_null(rest);
	assert_string_equal(rest,
		"{\"event\":\"result\",\"result\":\"pass\",\"code\":0,\"step\":null,"
		"\"message\":\"installed and verified\",\"next\":null,\"seconds\":37.041,"
		"\"verify\":{\"entries\":19318,\"bytes\":762000000,\"mismatches\":0,"
		"\"first\":null},"
		"\"target\":{\"name\":\"mmcblk1\",\"path\":\"/dev/mmcblk1\",\"kind\":\"emmc\","
		"\"size\":7818182656,\"model\":\"DG4008\",\"serial\":\"0x3f2a9f31\","
		"\"cid\":\"45010044473430303801\"},"
		"\"archive\":{\"name\":\"rootfs.tar.zst\",\"sha256\":\"6b1f\"},"
		"\"archives\":[{\"partition\":null,\"name\":\"rootfs.tar.zst\",\"sha256\":\"6b1f\"},"
		"{\"partition\":\"data\",\"name\":\"data.tar\",\"sha256\":\"7c\"}],"
		"\"boot_findings\":[]}\n");
	before = now;
	event_snapshot(out, &before, &now, false);
	assert_out("");
}

static void every_end_has_a_result(void **state)
{
	static const struct {
		enum install_state state;
		int code;
		const char *start;
	} cases[] = {
		{INSTALL_PASSED, EXIT_OK, "pass\",\"code\":0,\"step\":null"},
		{INSTALL_PASSED, EXIT_NOT_VERIFIED,
			"pass\",\"code\":7,\"step\":null,\"message\":\"installed, not verified\""},
		{INSTALL_FAILED, EXIT_FAILED, "fail\",\"code\":1,\"step\":\"mkfs\""},
		{INSTALL_FAILED, EXIT_VERIFY, "fail\",\"code\":4,\"step\":\"mkfs\""},
		{INSTALL_FAILED, EXIT_REFUSED, "refused\",\"code\":2,\"step\":\"mkfs\""},
		{INSTALL_FAILED, EXIT_LOCKED, "refused\",\"code\":5,\"step\":\"mkfs\""},
		{INSTALL_CANCELLED, EXIT_CANCELLED,
			"cancelled\",\"code\":3,\"step\":\"mkfs\",\"message\":\"why\""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct snapshot now = running();

		now.state = cases[i].state;
		now.exit_code = cases[i].code;
		now.err = (struct err){cases[i].code, "mkfs", "why", "do"};
		event_status(out, &now);
		assert_non_null(strstr(capture_take(), cases[i].start));
	}
}

static void refusals(void **state)
{
	static const struct err no_root = {EXIT_REFUSED, "check", "no root", "use sudo"},
				cancelled = {EXIT_CANCELLED, "scan", "cancelled", ""};

	(void)state;
	event_refused(out, &no_root);
	assert_out("{\"event\":\"result\",\"result\":\"refused\",\"code\":2,\"step\":\"check\","
		   "\"message\":\"no root\",\"next\":\"use sudo\",\"seconds\":0.000,\"verify\":{"
		   "\"entries\":0,\"bytes\":0,\"mismatches\":0,\"first\":null},\"target\":null,"
		   "\"archive\":null,\"archives\":[],\"boot_findings\":[]}\n");
	event_refused(out, &cancelled);
	assert_out("{\"event\":\"result\",\"result\":\"cancelled\",\"code\":3,\"step\":\"scan\","
		   "\"message\":\"cancelled\",\"next\":null,\"seconds\":0.000,\"verify\":{"
		   "\"entries\":0,\"bytes\":0,\"mismatches\":0,\"first\":null},\"target\":null,"
		   "\"archive\":null,\"archives\":[],\"boot_findings\":[]}\n");
}

static void progress_differences(void **state)
{
	struct snapshot a = running(), b = running();

	(void)state;
	assert_false(event_progress_differs(&a, &b));
	b.elapsed_ms += 250; /* time alone is no progress */
	b.progress.eta_s--;
	assert_false(event_progress_differs(&a, &b));
	b.progress.medium.done++;
	assert_true(event_progress_differs(&a, &b));
	b = a;
	STR_COPY(b.stall, "no progress for 5 s");
	assert_true(event_progress_differs(&a, &b));
}

static void plans(void **state)
{
	struct plan *plan = calloc(1, sizeof(*plan));
	struct plan_verdict verdict = {0};
	const char *line;

	(void)state;
	assert_non_null(plan);
	STR_COPY(plan->target.name, "mmcblk1");
	STR_COPY(plan->target.path, "/dev/mmcblk1");
	plan->target.kind = DISK_SD;
	plan->target.id.size_bytes = GIB(4);
	plan->archives.count = 1;
	STR_COPY(plan->archives.list[0].path, "/media/usb/rootfs.tar.xz");
	plan->archives.list[0].id.size_bytes = 1000;
	plan->archives.list[0].compression = COMPRESSION_XZ;
	plan->archives.list[0].sidecar = SIDECAR_OK;
	STR_COPY(plan->archives.list[0].sha256, "6b1f");
	plan->archives.list[0].stream_bytes = 10240;
	plan->archives.list[0].entries = 7;
	plan->archives.count = 2;
	plan->archives.list[1] = (struct archive){.path = "/b/data.tar",
		.partition = "data",
		.folder = "srv/data",
		.id.size_bytes = 20480,
		.stream_bytes = 20480,
		.entries = 2};
	archive_warnings_add(&plan->warnings, "whiteouts", "a %s", "layer");
	STR_COPY(plan->identities.files[0], "etc/fstab");
	STR_COPY(plan->boot.description.system, "Debian 12");
	boot_findings_report(&plan->boot.findings, BOOT_WARNING, "root-initrd", "a %s", "warning");
	STR_COPY(plan->layout.name, "single-gpt");
	plan->layout.table = TABLE_GPT;
	STR_COPY(plan->layout.disk_uuid, "D");
	plan->layout.count = 1;
	plan->layout.partitions[0] = (struct layout_partition){.name = "rootfs",
		.start = 8192,
		.sectors = 16384,
		.fs = FS_EXT4,
		.label = "rootfs",
		.mount = "/",
		.partuuid = "P",
		.fs_uuid = "F"};
	plan->layout.copy_count = 2; /* one of another partition */
	plan->layout.copies[0] = (struct layout_copy){.name = "a/b", .file = "/l/c"};
	plan->layout.copies[1] = (struct layout_copy){.partition = 1, .name = "d", .file = "/l/d"};
	plan->layout.blob_count = 2;
	plan->layout.blobs[0] = (struct layout_blob){.name = "spl",
		.file = "/b/spl",
		.target = BLOB_BOOT1,
		.offset_bytes = 512,
		.size_bytes = 9};
	plan->layout.blobs[1] = (struct layout_blob){
		.name = "env", .file = "/b/env", .target = BLOB_PARTITION, .partition = "rootfs"};
	plan->target.content.loader_count = 1;
	plan->target.content.loaders[0] =
		(struct disk_loader){.kind = LOADER_ROCKCHIP, .offset_bytes = KIB(32)};
	STR_COPY(plan->tar_program, "/bin/tar");
	plan->tar = TAR_GNU;
	STR_COPY(plan->tar_version, "tar (GNU tar) 1.34");
	plan->verify = true;
	verdict.count = 1;
	STR_COPY(verdict.problems[0].code, "too-small");
	STR_COPY(verdict.problems[0].text, "It is too small.");
	event_plan(out, plan, &verdict);
	assert_out(
		"{\"event\":\"plan\",\"only\":null,\"target\":{\"name\":\"mmcblk1\","
		"\"path\":\"/dev/mmcblk1\",\"kind\":\"sd\",\"size\":4294967296,\"model\":\"\","
		"\"serial\":\"\",\"cid\":\"\"},"
		"\"archive\":{\"name\":\"rootfs.tar.xz\",\"compression\":\"xz\","
		"\"sha256\":\"6b1f\",\"sidecar\":\"ok\",\"archive_bytes\":1000,"
		"\"extracted_bytes\":10240,\"entries\":7,"
		"\"warnings\":[{\"code\":\"whiteouts\",\"text\":\"a layer\"}]},"
		"\"archives\":[{\"partition\":null,\"mount\":\"/\",\"name\":\"rootfs.tar.xz\","
		"\"compression\":\"xz\",\"sha256\":\"6b1f\",\"sidecar\":\"ok\",\"archive_bytes\":1000,"
		"\"extracted_bytes\":10240,\"entries\":7},"
		"{\"partition\":\"data\",\"mount\":\"/srv/data\",\"name\":\"data.tar\","
		"\"compression\":\"none\",\"sha256\":\"\",\"sidecar\":\"none\","
		"\"archive_bytes\":20480,\"extracted_bytes\":20480,\"entries\":2}],"
		"\"boot\":{\"system\":\"Debian 12\",\"machine\":null,\"kernel\":null,\"loaders\":null,"
		"\"findings\":[{\"severity\":\"warning\",\"code\":\"root-initrd\",\"text\":\"a warning\"}]},"
		"\"layout\":{\"name\":\"single-gpt\",\"table\":\"gpt\",\"disk_id\":\"D\",\"partitions\":["
		"{\"number\":1,\"name\":\"rootfs\",\"start\":4194304,\"size\":8388608,"
		"\"fs\":\"ext4\",\"label\":\"rootfs\",\"mount\":\"/\",\"partuuid\":\"P\","
		"\"fs_uuid\":\"F\",\"ids_from\":\"etc/fstab\","
		"\"files\":[{\"name\":\"a/b\",\"file\":\"/l/c\"}]}],"
		"\"blobs\":[{\"name\":\"spl\",\"file\":\"/b/spl\",\"target\":\"boot1\","
		"\"offset\":512,\"size\":9,\"written\":true},{\"name\":\"env\",\"file\":\"/b/env\","
		"\"target\":\"partition:rootfs\",\"offset\":0,\"size\":0,\"written\":true}]},"
		"\"boot_loaders\":[{\"place\":\"user\",\"kind\":\"rockchip\",\"offset\":32768,"
		"\"version\":\"\",\"fate\":\"erased\"}],\"boot_loader_warning\":null,\"partitions_warning\":null,"
		"\"tar\":{\"program\":\"/bin/tar\",\"flavour\":\"GNU tar\","
		"\"version\":\"tar (GNU tar) 1.34\"},\"verify\":true,"
		"\"problems\":[{\"code\":\"too-small\",\"text\":\"It is too small.\"}],"
		"\"ok\":false}\n");

	/* The boot loader alone: no archive, no tar, and no partition. */
	plan->scope = SCOPE_BOOT;
	plan->archives.count = 0;
	plan->target.content.state = CONTENT_TABLE;
	event_plan(out, plan, &verdict);
	line = capture_take();
	assert_non_null(strstr(line, "\"event\":\"plan\",\"only\":\"boot\""));
	assert_non_null(strstr(line, "\"archive\":null,\"archives\":[]"));
	assert_non_null(strstr(line, "\"tar\":null"));
	assert_non_null(strstr(line, "\"partitions\":[]"));
	assert_non_null(strstr(line, "\"size\":9,\"written\":true"));
	assert_non_null(strstr(line, "\"size\":0,\"written\":false"));
	assert_non_null(strstr(line, "\"fate\":\"stays\""));
	assert_non_null(strstr(line, "\"partitions_warning\":\"The partitions of mmcblk1 are not"));
	free(plan);
}

static void the_boot_loader_alone_passes(void **state)
{
	struct snapshot now = running();

	(void)state;
	now.state = INSTALL_PASSED;
	now.scope = SCOPE_BOOT;
	now.archive_name[0] = '\0';
	event_status(out, &now);
	assert_non_null(strstr(capture_take(),
		"\"message\":\"the boot loader was written and verified; partitions were not touched\""));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, capture_open, capture_close)
	const struct CMUnitTest tests[] = {
		TEST(progress),
		TEST(steps_are_written_once),
		TEST(messages_are_written_once),
		TEST(the_result_comes_last_and_once),
		TEST(every_end_has_a_result),
		TEST(refusals),
		TEST(progress_differences),
		TEST(plans),
		TEST(the_boot_loader_alone_passes),
	};

	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
