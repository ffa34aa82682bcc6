/* SPDX-License-Identifier: MIT */
/*
 * screen_states - every screen in every important state, by name, with the texts that must be
 * visible at any size. For the golden pictures and the test of all sizes.
 */
#ifndef TESTS_SCREEN_STATES_H
#define TESTS_SCREEN_STATES_H

#include "tests/lib/screen_model.h"
#include "ui/screens/path_entry.h"

static void press(struct model *m, enum symbol symbol)
{
	(void)screen_key(m, (struct key){symbol, 0});
}

static void type(struct model *m, const char *text)
{
	for (; *text; text++)
		(void)screen_key(m, (struct key){SYMBOL_TEXT, (unsigned char)*text});
}

/* --- target --- */

static struct model *target_refused(void)
{
	struct model *m = make_model();

	type(m, "a");
	press(m, SYMBOL_END);
	press(m, SYMBOL_ENTER);
	return m;
}

static struct model *target_none(void)
{
	struct model *m = make_model();

	model_set_disks(m, NULL, 0);
	return m;
}

static struct model *target_search(void)
{
	struct model *m = make_model();

	type(m, "/ul");
	return m;
}

static struct model *target_not_found(void)
{
	struct model *m = make_model();

	type(m, "/toshiba");
	return m;
}

/* A probe that got no answer, one that still runs, and one that failed; a worn eMMC. */
static struct model *target_silent(void)
{
	struct model *m = make_model();
	struct disk disks[3] = {make_emmc(), make_disk("mmcblk2", DISK_EMMC, GIB(16), "AJTD4R"),
		make_disk("sdb", DISK_USB, GIB(64), "")};

	disks[0].content.state = CONTENT_SILENT;
	wear(&disks[0]);
	disks[1].content.state = CONTENT_PENDING;
	disks[2].content.state = CONTENT_UNREADABLE;
	model_set_disks(m, disks, ARRAY_SIZE(disks));
	m->disk_changed_ms = 0;
	return m;
}

/* What a board's eMMC has outside its partitions. */
static void give_loaders(struct disk *disk)
{
	struct disk_content *content = &disk->content;

	content->loader_count = 2;
	content->loaders[0] = (struct disk_loader){LOADER_ROCKCHIP, KIB(32), "U-Boot SPL 2024.01"};
	content->loaders[1] = (struct disk_loader){LOADER_FIT, MIB(8), ""};
	content->boot[0].kind = LOADER_DATA;
	content->boot[1].kind = LOADER_EMPTY;
	content->boot_enable = BOOT_ENABLE_BOOT0;
}

static struct model *target_loaders(void)
{
	struct model *m = make_model();
	struct disk disk = make_emmc();

	set_table(&disk, 2, "ext4", "rootfs");
	give_loaders(&disk);
	model_set_disks(m, &disk, 1);
	m->disk_changed_ms = 0;
	return m;
}

static struct model *target_changed(void)
{
	struct model *m = make_model();
	struct disk disk = make_emmc();

	STR_COPY(disk.id.cid, "150100424a544434520e12345678a700");
	model_set_disks(m, &disk, 1);
	press(m, SYMBOL_ENTER);
	return m;
}

/* More disks than fit, with long names and models. */
static struct model *target_many(void)
{
	struct model *m = make_model();
	struct disk *disks = calloc(MODEL_DISKS_MAX, sizeof(*disks));

	for (int i = 0; i < MODEL_DISKS_MAX; i++) {
		char name[32];

		STR_FORMAT(name, i % 3 ? "nvme%dn1" : "mmcblk%d", i);
		disks[i] = make_disk(name, i % 3 ? DISK_FIXED : DISK_EMMC, GIB(1) << (i % 11),
			i % 3 ? "Samsung SSD 990 PRO with Heatsink 4TB" : "DG4008");
		STR_COPY(disks[i].id.devpath, i % 3 ? "/devices/pci0/nvme/nvme0" : "/devices/mmc");
		if (i % 3 == 1)
			disk_refuse(&disks[i], REASON_KIND,
				"NVMe disks are not allowed; --allow disk would allow them");
	}
	model_set_disks(m, disks, MODEL_DISKS_MAX);
	m->disk_cursor = 26;
	m->disk_changed_ms = 0;
	free(disks);
	return m;
}

static struct model *target_quit(void)
{
	struct model *m = make_model();

	press(m, SYMBOL_INTERRUPT);
	return m;
}

static struct model *kinds(void)
{
	struct model *m = make_model();

	m->screen = &screen_kinds;
	m->allow = 1u << DISK_SD;
	set_browse(m);
	return m;
}

/* The question about an eMMC that root= names. */
static struct model *kinds_asked(void)
{
	struct model *m = kinds();
	struct disk disk = make_emmc();

	disk_refuse(&disk, REASON_ROOT_NAMED, "named by root= (root=/dev/mmcblk1p2)");
	model_set_disks(m, &disk, 1);
	type(m, "7");
	press(m, SYMBOL_ENTER);
	return m;
}

/* The cursor is in the middle of the path. */
static struct model *kinds_image(void)
{
	struct model *m = kinds();

	type(m, "5");
	press(m, SYMBOL_ENTER);
	type(m, "boards.img");
	for (int i = 0; i < 4; i++)
		press(m, SYMBOL_LEFT);
	return m;
}

/* --- archive --- */

static struct model *archive(void)
{
	struct model *m = make_model();

	m->screen = &screen_archive;
	set_browse(m);
	return m;
}

static struct model *archive_empty(void)
{
	struct model *m = make_model();

	m->screen = &screen_archive;
	STR_COPY(m->browse.dir, "/");
	return m;
}

static struct model *archive_scanned(void)
{
	struct model *m = archive();

	set_scan(m, INSPECT_BAD);
	return m;
}

static struct model *archive_other(void)
{
	struct model *m = archive();

	press(m, SYMBOL_END);
	press(m, SYMBOL_ENTER);
	return m;
}

static struct model *archive_unreadable(void)
{
	struct model *m = archive();

	m->browse.cursor = 2;
	model_say(m, true, "%s cannot be opened: %s. Choose another folder.",
		m->browse.entries[2].path, "Permission denied");
	return m;
}

static struct model *archive_search(void)
{
	struct model *m = archive();

	type(m, "/ROOT");
	press(m, SYMBOL_DOWN);
	return m;
}

static struct model *archive_path(void)
{
	struct model *m = archive();

	type(m, "pr");
	return m;
}

static struct model *archive_path_wrong(void)
{
	struct model *m = archive();

	type(m, "prootsf");
	model_say(m, true,
		"/media/stick/images/rootsf cannot be opened: No such file or directory. "
		"Choose another file.");
	return m;
}

static struct model *archive_names(void)
{
	struct model *m = archive_path();

	m->names.count = 40;
	for (size_t i = 0; i < m->names.count; i++)
		STR_FORMAT(m->names.names[i], "rootfs-%zu.tar.zst", i + 1);
	return m;
}

/* Names that are long, wide, with a newline, and not UTF-8. */
static struct model *archive_odd(void)
{
	static const char *const names[] = {("rootfs-imx8mm-production-image-for-the-second-board-"
					     "2026-01-02T03-04-05-release-candidate-7.tar.zst"),
		"\xe6\xa0\xb9\xe6\x96\x87\xe4\xbb\xb6.tar", "new\nline.tar",
		"gr\xc3\xb6\xc3\x9f\x65.tar.xz", "\xff\xfe.tar"};
	struct model *m = archive();

	m->browse.count = 2;
	m->browse.entries =
		realloc(m->browse.entries, (2 + ARRAY_SIZE(names)) * sizeof(*m->browse.entries));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct browse_entry *entry = &m->browse.entries[m->browse.count++];

		*entry = (struct browse_entry){.kind = BROWSE_ARCHIVE,
			.size_bytes = (i + 1) * 123456789,
			.mtime = 1767312000};
		STR_COPY(entry->name, names[i]);
	}
	m->browse.cursor = 2;
	return m;
}

/* --- layout --- */

static struct model *layout(void)
{
	struct model *m = archive();

	m->screen = &screen_layout;
	set_scan(m, INSPECT_RUNNING);
	m->layout_cursor = 2;
	return m;
}

static struct model *layout_too_small(void)
{
	struct model *m = make_model();

	m->screen = &screen_layout;
	set_scan(m, INSPECT_BAD);
	m->target = make_disk("tiny.img", DISK_IMAGE, MIB(128), "");
	model_place_layouts(m);
	m->layout_cursor = 2;
	press(m, SYMBOL_ENTER);
	return m;
}

static struct model *layout_parts(void)
{
	struct model *m = layout();
	struct layout *placed = &m->layouts[m->layout_cursor].placed;

	set_scan(m, INSPECT_OK);
	m->scan.archives.list[0].sidecar = SIDECAR_WRONG;
	for (; placed->count < 6; placed->count++)
		placed->partitions[placed->count] = placed->partitions[1];
	return m;
}

/* Adds a layout beside the archive: u-boot and an environment, whose partition comes first. */
static struct model_layout *add_board(struct model *m, const char *name)
{
	struct model_layout *board = &m->layouts[m->layout_count++];

	*board = (struct model_layout){.spec = *layout_builtin(0)};
	STR_COPY(board->spec.name, name);
	STR_FORMAT(board->spec.file, "/media/stick/images/%s.conf", name);
	STR_FORMAT(board->spec.summary, "%s, 1 partition", board->spec.file);
	board->spec.blob_count = 2;
	board->spec.blobs[0] = (struct layout_blob){.name = "u-boot",
		.file = "/media/stick/images/flash.bin",
		.offset_bytes = KIB(32),
		.size_bytes = 1572864,
		.max_bytes = KIB(3072)};
	board->spec.blobs[1] = (struct layout_blob){.name = "spl",
		.file = "/media/stick/images/spl.bin",
		.target = BLOB_BOOT0,
		.size_bytes = KIB(98)};
	model_place_layouts(m);
	m->layout_cursor = m->layout_count - 1;
	return board;
}

static void lose_file(struct model *m, struct layout_blob *blob)
{
	blob->missing = 2; /* ENOENT */
	blob->size_bytes = 0;
	model_place_layouts(m);
}

static struct model *layout_blobs(void)
{
	struct model *m = layout();

	set_scan(m, INSPECT_OK);
	(void)add_board(m, "imx8mp");
	return m;
}

static struct model *layout_missing(void)
{
	struct model *m = layout_blobs();

	lose_file(m, &m->layouts[m->layout_cursor].spec.blobs[0]);
	return m;
}

/* Every blob is missing, one has no file in the layout, and names are long. */
static struct model *layout_missing_all(void)
{
	struct model *m = layout_missing();
	struct layout *spec = &m->layouts[m->layout_cursor].spec;

	spec->blobs[1].file[0] = '\0';
	STR_COPY(spec->name, "board-of-a-long-name-revision-7");
	lose_file(m, &spec->blobs[1]);
	for (; spec->blob_count < LAYOUT_BLOBS_MAX; spec->blob_count++) {
		struct layout_blob *blob = &spec->blobs[spec->blob_count];

		*blob = spec->blobs[1];
		STR_FORMAT(blob->name, "the-firmware-of-processor-%zu", spec->blob_count);
		blob->offset_bytes = MIB(spec->blob_count) / 4;
	}
	model_place_layouts(m);
	return m;
}

/* More partitions than any bar has columns for. */
static struct model *layout_missing_many(void)
{
	struct model *m = layout_missing();
	struct layout *placed = &m->layouts[m->layout_cursor].placed;

	for (; placed->count < LAYOUT_PARTITIONS_MAX; placed->count++)
		placed->partitions[placed->count] = placed->partitions[0];
	return m;
}

static struct model *layout_unreadable(void)
{
	struct model *m = layout_blobs();
	struct model_layout *board = &m->layouts[m->layout_cursor];

	*board = (struct model_layout){.unreadable = true};
	STR_COPY(board->spec.name, "imx8mp.conf");
	STR_COPY(board->spec.file, "/media/stick/images/imx8mp.conf");
	STR_COPY(board->why, "line 12: size = \"64KB\": must be a size in bytes, or with a suffix: "
			     "s (512 bytes), K, M or G");
	press(m, SYMBOL_ENTER);
	return m;
}

static struct model *layout_path(void)
{
	struct model *m = layout_blobs();

	set_browse(m);
	type(m, "pim");
	return m;
}

static struct model *layout_path_wrong(void)
{
	struct model *m = layout_path();

	model_say(m, true,
		"/media/stick/images/im: cannot be read: No such file or directory. Type another "
		"path.");
	return m;
}

static struct model *blob(void)
{
	static const struct browse_entry entries[] = {
		{BROWSE_MEDIUM, "/media/stick", "/media/stick", "sda, USB, Ultra", 0, 0},
		{BROWSE_UP, "../", "/media/stick", "", 0, 0},
		{BROWSE_FOLDER, "old", "/media/stick/images/old", "", 0, 0},
		{BROWSE_FILE, "flash-evk.bin", "/media/stick/images/flash-evk.bin", "", 1572864,
			1767312000},
		{BROWSE_FILE, "imx8mp.conf", "/media/stick/images/imx8mp.conf", "", 512,
			1767312000},
		{BROWSE_FILE, "rootfs.tar.zst", "/media/stick/images/rootfs.tar.zst", "", 213909504,
			1767312000},
	};
	struct model *m = layout_missing();

	m->screen = &screen_blob;
	memcpy(m->browse.entries, entries, sizeof(entries));
	m->browse.count = ARRAY_SIZE(entries);
	m->browse.cursor = 3;
	m->browse.any_file = true;
	return m;
}

static struct model *blob_wrong(void)
{
	struct model *m = blob();

	m->browse.cursor = 5;
	model_say(m, true,
		"blob u-boot is larger than its max: 204 MiB instead of 3 MiB. Choose another file.");
	return m;
}

static struct model *blob_path(void)
{
	struct model *m = blob();

	type(m, "pfl");
	return m;
}

/* --- review --- */

static struct model *review(void)
{
	struct model *m = make_model();

	m->screen = &screen_review;
	set_table(&m->target, 2, "ext4", "rootfs");
	set_scan(m, INSPECT_OK);
	m->planned = m->plan.complete = true;
	m->plan.verify = true;
	m->last_ms = 36000;
	m->last_bps = 37748736;
	return m;
}

static struct model *review_typed(void)
{
	struct model *m = review();

	type(m, "9f");
	return m;
}

static struct model *review_wrong(void)
{
	struct model *m = review();

	type(m, "9f32");
	press(m, SYMBOL_ENTER);
	return m;
}

static struct model *review_name(void)
{
	struct model *m = review();

	m->target = make_disk("emmc.img", DISK_IMAGE, GIB(1), "");
	STR_COPY(m->target.path, "/home/op/emmc.img");
	m->layout_cursor = 2;
	model_place_layouts(m);
	m->last_bps = 0;
	m->scan.archives.list[0].sidecar = SIDECAR_NONE;
	type(m, "l");
	press(m, SYMBOL_ENTER);
	return m;
}

/* Archives for single partitions. */
static struct model *review_archives(void)
{
	static const struct archive further[] = {
		{.path = "/media/stick/images/data.tar.zst", .partition = "data", .folder = "data"},
		{.path = "/media/stick/images/boot.tar", .partition = "BOOT", .folder = "boot"}};
	struct model *m = review_typed();
	struct archive_list *archives = &m->scan.archives;

	for (size_t i = 0; i < ARRAY_SIZE(further); i++) {
		archives->list[archives->count] = further[i];
		archives->list[archives->count++].id.size_bytes = MIB(12 << i);
	}
	return m;
}

/* Everything that a layout can have, and a warning about the device. */
static struct model *review_boot(void)
{
	static const struct layout_blob blobs[] = {
		{.name = "idbloader",
			.target = BLOB_DISK,
			.offset_bytes = KIB(32),
			.size_bytes = KIB(243)},
		{.name = "u-boot", .target = BLOB_BOOT0, .size_bytes = 1572864},
		{.name = "environment",
			.target = BLOB_PARTITION,
			.partition = "env",
			.size_bytes = KIB(16)},
	};
	struct model *m = review_typed();
	struct layout *placed = &m->layouts[m->layout_cursor].placed;

	wear(&m->target);
	for (; placed->count < 6; placed->count++)
		placed->partitions[placed->count] = placed->partitions[0];
	memcpy(placed->blobs, blobs, sizeof(blobs));
	placed->blob_count = ARRAY_SIZE(blobs);
	placed->emmc.boot = EMMC_BOOT_BOOT0;
	return m;
}

/* The loader is lost, but the boot area may start the board. */
static struct model *review_loaders(void)
{
	struct model *m = review();

	give_loaders(&m->target);
	m->target.content.boot_enable = BOOT_ENABLE_UNKNOWN;
	m->plan.has_firmware = false;
	return m;
}

static struct model *review_warnings(void)
{
	struct model *m = review();

	archive_warnings_add(&m->scan.warnings, "one-folder",
		"everything is below one folder, rootfs; use --strip 1 to leave that out");
	archive_warnings_add(&m->scan.warnings, "root-mode",
		"the root folder has mode 0700: only root can use the files below it; pack it with "
		"mode 0755");
	return m;
}

static const struct boot_finding boot_warning = {.severity = BOOT_WARNING,
	.code = "kernel-missing",
	.text = "/extlinux/extlinux.conf names the kernel /Image, which is not in the archive"};

static struct model *review_system(void)
{
	struct model *m = review();

	STR_COPY(m->plan.boot.description.system, "Debian 12");
	STR_COPY(m->plan.boot.description.machine, "arm64");
	STR_COPY(m->plan.boot.description.kernel, "6.1.0-50-arm64");
	STR_COPY(m->plan.boot.description.loaders, "extlinux");
	boot_findings_add(&m->plan.boot.findings, &boot_warning);
	STR_COPY(m->plan.identities.files[0], "boot/extlinux/extlinux.conf, etc/fstab");
	return m;
}

static struct model *review_waits(void)
{
	struct model *m = review();

	m->planned = false;
	set_scan(m, INSPECT_RUNNING);
	return m;
}

/* As in the app: a verdict without a plan. */
static struct model *review_bad(void)
{
	struct model *m = review_waits();

	set_scan(m, INSPECT_BAD);
	m->planned = m->plan.complete = true;
	m->plan = (struct plan){0};
	m->last_bps = 0;
	m->verdict.count = 1;
	STR_FORMAT(m->verdict.problems[0].text,
		"The archive is bad: %s. Choose another, or replace it and press r.",
		m->scan.error);
	return m;
}

static struct model *review_refused(void)
{
	struct model *m = review();

	m->verdict.count = 2;
	STR_COPY(m->verdict.problems[0].text,
		"mmcblk1 is not the device that was chosen: its CID differs. Go back and choose it "
		"again.");
	STR_COPY(m->verdict.problems[1].text,
		"mkfs.vfat is missing, and the layout boot-root needs it for /boot: install the "
		"package dosfstools.");
	return m;
}

/* --- install and result --- */

static struct model *installing(struct snapshot s, const struct screen *screen)
{
	struct model *m = make_model();

	m->screen = screen;
	m->snap.commands = true;
	model_set_snapshot(m, &s);
	return m;
}

static struct model *install(void)
{
	return installing(make_snapshot(STEP_EXTRACT), &screen_install);
}

static struct model *install_first(void)
{
	struct model *m = make_model();

	m->screen = &screen_install;
	return m;
}

static struct model *install_verify(void)
{
	struct snapshot s = make_snapshot(STEP_VERIFY);

	s.progress.archive.done = s.progress.archive.total;
	s.progress.extracted.done = s.progress.extracted.total;
	s.progress.medium.done = s.progress.medium.total;
	s.progress.step = (struct gauge){MIB(301), MIB(740)};
	s.progress.percent = 82;
	s.progress.eta_s = 6;
	s.elapsed_ms = 31000;
	return installing(s, &screen_install);
}

static struct model *install_stall(void)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);

	s.progress.rate_bps = 0;
	s.progress.eta_s = -1;
	s.tar.confirmed = false;
	s.progress.extracted.total = 0;
	STR_COPY(s.stall, "no progress for 12 s: the device is not answering (2 writes in flight)");
	return installing(s, &screen_install);
}

static struct model *install_cancel(void)
{
	struct model *m = install();

	type(m, "c");
	return m;
}

static struct model *install_cancelling(void)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);

	s.state = INSTALL_CANCELLING;
	return installing(s, &screen_install);
}

static struct model *install_watched(void)
{
	struct snapshot s = make_snapshot(STEP_MKFS);
	struct model *m;

	s.commands = false;
	m = installing(s, &screen_install);
	type(m, "c");
	return m;
}

static struct model *result_pass(void)
{
	return installing(make_passed(), &screen_result);
}

static struct model *result_warned(void)
{
	struct model *m = result_pass();

	boot_findings_add(&m->snap.boot, &boot_warning);
	return m;
}

static struct model *result_restart(void)
{
	struct model *m = result_pass();

	m->may_restart = true;
	return m;
}

static struct model *result_restart_asked(void)
{
	struct model *m = result_restart();

	type(m, "r");
	return m;
}

static struct model *result_not_verified(void)
{
	struct snapshot s = make_passed();

	s.exit_code = EXIT_NOT_VERIFIED;
	s.verify.entries = 0;
	s.steps[STEP_VERIFY].state = STEP_SKIPPED;
	return installing(s, &screen_result);
}

static struct model *result_verify(void)
{
	struct snapshot s = make_failed(STEP_VERIFY, EXIT_VERIFY,
		"what the device returns is not what was written: 3 of 19318 entries differ");

	s.verify.entries = 19318;
	s.verify.mismatches = 3;
	STR_COPY(s.verify.first, "usr/lib/x86_64-linux-gnu/libc.so.6: content differs");
	return installing(s, &screen_result);
}

static struct model *result_fail(void)
{
	return installing(
		make_failed(STEP_FLUSH, EXIT_FAILED, "mmcblk1 was removed while it was written to"),
		&screen_result);
}

static struct model *result_refused(void)
{
	return installing(make_failed(STEP_LOCK, EXIT_LOCKED, "another install holds mmcblk1"),
		&screen_result);
}

static struct model *result_cancelled(void)
{
	struct snapshot s = make_failed(
		STEP_EXTRACT, EXIT_CANCELLED, "cancelled while the files were extracted");

	s.state = INSTALL_CANCELLED;
	return installing(s, &screen_result);
}

/* --- the boot loader alone --- */

static struct model *boot_only_layout(void)
{
	struct model *m = layout();

	m->scope = SCOPE_BOOT;
	m->has_scan = false;
	return m;
}

/* The loaders of the target: one is replaced, and the boot area stays. */
static struct model *boot_only_review(void)
{
	struct model *m = review();
	struct layout *placed = &m->layouts[m->layout_cursor].placed;

	m->scope = SCOPE_BOOT;
	m->has_scan = false;
	m->scan = (struct inspect_result){0};
	m->last_bps = 0;
	give_loaders(&m->target);
	placed->blob_count = 2;
	placed->blobs[0] = (struct layout_blob){.name = "u-boot",
		.target = BLOB_DISK,
		.offset_bytes = KIB(32),
		.size_bytes = MIB(1)};
	placed->blobs[1] = (struct layout_blob){
		.name = "environment", .target = BLOB_PARTITION, .partition = "env"};
	m->plan.scope = SCOPE_BOOT;
	m->plan.target = m->target;
	m->plan.layout = *placed;
	return m;
}

/* A layout whose content are images: no archive is named. */
static struct model *images_review(void)
{
	struct model *m = boot_only_review();
	struct layout *placed = &m->layouts[m->layout_cursor].placed;

	m->scope = m->plan.scope = SCOPE_IMAGES;
	placed->blobs[1] = (struct layout_blob){.name = "rootfs",
		.target = BLOB_PARTITION,
		.partition = "rootfs",
		.size_bytes = MIB(700)};
	m->plan.layout = *placed;
	return m;
}

/* A layout that brings all its files. */
static void give_copies(struct layout *layout)
{
	static const char *const names[] = {
		"zImage", "extlinux/extlinux.conf", "board.dtb", "overlays"};

	STR_COPY(layout->partitions[0].mount, "/boot");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		STR_COPY(layout->copies[i].name, names[i]);
	layout->copy_count = ARRAY_SIZE(names);
}

static struct model *files_layout(void)
{
	struct model *m = boot_only_layout();

	m->scope = SCOPE_FILES;
	give_copies(&m->layouts[m->layout_cursor].placed);
	return m;
}

static struct model *files_review(void)
{
	struct model *m = images_review();

	m->scope = m->plan.scope = SCOPE_FILES;
	m->plan.verify = m->has_scan = true;
	m->scan.state = INSPECT_OK;
	m->scan.totals = (struct manifest_totals){.entries = 27, .content_bytes = MIB(9)};
	give_copies(&m->layouts[m->layout_cursor].placed);
	m->plan.layout = m->layouts[m->layout_cursor].placed;
	return m;
}

static struct model *files_install(void)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);

	s.scope = SCOPE_FILES;
	s.archive_name[0] = s.archive_sha256[0] = '\0';
	s.progress.archive = (struct gauge){0};
	s.tar = (struct tar_counts){0};
	return installing(s, &screen_install);
}

static struct model *boot_only_refused(void)
{
	struct model *m = boot_only_review();

	m->verdict.count = 1;
	STR_COPY(m->verdict.problems[0].text,
		"Blob u-boot (4 MiB at 32 KiB) would overwrite partition 1 (rootfs) of "
		"/dev/mmcblk1, which begins at 4 MiB. Choose a smaller file or the layout that the "
		"device was installed with.");
	return m;
}

static struct snapshot boot_only_snapshot(enum step_id step)
{
	struct snapshot s = make_snapshot(step);

	s.scope = SCOPE_BOOT;
	s.archive_name[0] = s.archive_sha256[0] = '\0';
	for (unsigned i = 0; i < STEP_COUNT; i++)
		if (!step_is_of(SCOPE_BOOT, i))
			s.steps[i] = (struct snapshot_step){STEP_TODO, 0};
	s.progress = (struct progress_view){.step = {MIB(1), MIB(3)}, .percent = 34, .eta_s = -1};
	s.progress.rate_bps = MIB(2);
	s.tar = (struct tar_counts){0};
	s.elapsed_ms = 2000;
	s.message_count = 0;
	memset(s.messages, 0, sizeof(s.messages));
	return s;
}

static struct model *boot_only_install(void)
{
	return installing(boot_only_snapshot(STEP_COMMIT), &screen_install);
}

static struct model *boot_only_cancel(void)
{
	struct model *m = boot_only_install();

	type(m, "c");
	return m;
}

static struct model *boot_only_pass(void)
{
	struct snapshot s = boot_only_snapshot(STEP_COUNT);

	s.state = INSTALL_PASSED;
	s.progress.percent = 100;
	return installing(s, &screen_result);
}

static struct model *images_pass(void)
{
	struct model *m = boot_only_pass();

	m->scope = m->snap.scope = SCOPE_IMAGES;
	return m;
}

static struct model *boot_only_fail(void)
{
	struct snapshot s = boot_only_snapshot(STEP_COMMIT);

	s.state = INSTALL_FAILED;
	s.steps[STEP_COMMIT].state = STEP_FAILED;
	s.exit_code = EXIT_FAILED;
	err_set(&s.err, EXIT_FAILED, "commit",
		"/srv/u-boot.bin could not be written to mmcblk1: the device could not be written at "
		"byte 65536: Input/output error");
	STR_COPY(s.err.next, "Install the boot loader again before the board starts from it");
	return installing(s, &screen_result);
}

/* --- over others --- */

static struct model *help_over(struct model *m)
{
	press(m, SYMBOL_HELP);
	return m;
}

static struct model *help_target(void)
{
	return help_over(make_model());
}

static struct model *help_archive(void)
{
	return help_over(archive());
}

static struct model *help_layout(void)
{
	return help_over(layout());
}

static struct model *help_blob(void)
{
	return help_over(blob());
}

static struct model *help_missing(void)
{
	return help_over(layout_missing());
}

static struct model *help_review(void)
{
	return help_over(review());
}

static struct model *help_install(void)
{
	return help_over(install());
}

static struct model *help_result(void)
{
	return help_over(result_pass());
}

static struct model *log_over(struct model *m)
{
	type(m, "l");
	return m;
}

static struct model *log_short(void)
{
	return log_over(install());
}

static struct model *log_empty(void)
{
	struct model *m = install();

	m->log_count = 0;
	return log_over(m);
}

static struct model *log_long(void)
{
	struct model *m = install();

	for (int i = 0; i < 90; i++)
		STR_FORMAT(m->log[m->log_count++ % MODEL_LOG_MAX],
			i % 7 ? "tar: usr/share/doc/package-%d: skipped"
			      : "tar: usr/share/doc/package-%d: time stamp 2026-01-02 03:04:05 is "
				"12345.6 s in the future",
			i);
	return log_over(m);
}

static struct model *log_scrolled(void)
{
	struct model *m = log_long();

	m->log_scroll = 40;
	return m;
}

static struct model *log_search(void)
{
	struct model *m = log_long();

	type(m, "/Package-8");
	press(m, SYMBOL_UP);
	press(m, SYMBOL_UP);
	return m;
}

static struct model *log_not_found(void)
{
	struct model *m = log_long();

	type(m, "/mmc");
	return m;
}

/* A whole install: plan, steps, messages, result. */
static struct model *log_whole(void)
{
	struct model *m = make_model();
	struct snapshot s = make_passed();
	struct plan plan = {.verify = true,
		.archives = {.count = 1, .list = {{.path = "/media/stick/images/rootfs.tar.zst"}}}};

	m->screen = &screen_result;
	plan.target = make_emmc();
	STR_COPY(plan.tar_program, "/usr/bin/tar");
	plan.tar = TAR_GNU;
	plan.totals = m->scan.totals;
	plan.layout = m->layouts[0].placed;
	model_log_plan(m, &plan);
	model_set_snapshot(m, &s);
	return log_over(m);
}

static struct model *log_save(void)
{
	struct model *m = log_whole();

	path_entry_begin(m, ENTRY_SAVE, "/root/boardstrap-mmcblk1-20261130-063228.log");
	return m;
}

static struct model *log_exists(void)
{
	struct model *m = log_save();

	model_answer(m, true,
		"/root/boardstrap-mmcblk1-20261130-063228.log cannot be written: it exists already. "
		"Type another path.");
	return m;
}

static struct model *log_saved(void)
{
	struct model *m = log_whole();

	model_answer(m, false, "The log is saved in /root/boardstrap-mmcblk1-20261130-063228.log.");
	return m;
}

static struct model *help_kinds(void)
{
	return help_over(kinds());
}

static struct model *help_log(void)
{
	return help_over(log_long());
}

#define NEEDS_MAX 6

static const struct state {
	const char *name;
	struct model *(*make)(void);
	const char *needs[NEEDS_MAX]; /* texts visible from 40x10 on; runs of blanks count as one */
} states[] = {
	{"target", make_model, {"mmcblk1", "eMMC", "7.3 GiB", "..9f31", "refused"}},
	{"target-refused", target_refused,
		{"sda is refused: holds the archive; mounted on /media/stick. Copy that "
		 "file to another device first.",
			"> sda"}},
	{"target-none", target_none,
		{"No device found. Plug one in: it appears by itself.", "k kinds"}},
	{"target-search", target_search, {"Search: ul", "1 of 1", "> sda"}},
	{"target-not-found", target_not_found, {"Search: toshiba", "not found", "> mmcblk1"}},
	{"target-silent", target_silent,
		{"mmcblk1", "mmcblk2", "sdb", "not answering", "worn: 80 to 90 %"}},
	{"target-loaders", target_loaders, {"2 partitions, ext4"}},
	{"target-changed", target_changed,
		{"The list has just changed. Check it, then press Enter."}},
	{"target-many", target_many, {"> nvme16n1", "32 GiB"}},
	{"target-quit", target_quit,
		{"Quit boardstrap? Nothing has been written.", "y yes, quit", "n no, stay"}},
	{"kinds", kinds, {"> [x] sd", "[ ] disk", "started from a card.", "Enter refuse"}},
	{"kinds-asked", kinds_asked,
		{"> [ ] root-named",
			"mmcblk1 is named by root= on the kernel command line: an "
			"install erases the system on it. Allow it?",
			"y yes, allow"}},
	{"kinds-image", kinds_image, {"Image: ", "boards.img", "> [ ] image"}},
	{"archive", archive, {"> rootfs.tar.zst", "204 MiB", "/media/stick/images"}},
	{"archive-empty", archive_empty, {"This folder is empty."}},
	{"archive-scanned", archive_scanned, {"BAD: the archive"}},
	{"archive-other", archive_other,
		{"rootfs.tar.zst.sha256 is not a tar archive (plain, gz, xz, zst, bz2, lz4 or lz).",
			"Choose another file."}},
	{"archive-unreadable", archive_unreadable,
		{"/media/stick/images/old cannot be opened: Permission denied.",
			"Choose another folder."}},
	{"archive-search", archive_search, {"Search: ROOT", "of 3"}},
	{"archive-path", archive_path, {"Path: ", "images/r"}},
	{"archive-path-wrong", archive_path_wrong,
		{"cannot be opened: No such file or directory.", "images/rootsf"}},
	{"archive-names", archive_names, {"40 names match", "rootfs-1.tar.zst", "/r"}},
	{"archive-odd", archive_odd, {"rootfs-imx8mm", ".tar.zst"}},
	{"layout", layout, {"> boot-root", "scan rootfs", "41 %"}},
	{"layout-too-small", layout_too_small,
		{"boot-root cannot be used: layout boot-root needs", "the disk has 128 MiB"}},
	{"layout-parts", layout_parts, {"> boot-root", "sha256 WRONG"}},
	{"layout-blobs", layout_blobs,
		{"> imx8mp", "u-boot 1.5 MiB", "rootfs ext4 7.3 GiB", "Enter next", "p path"}},
	{"layout-missing", layout_missing, {"> imx8mp", "u-boot: file missing", "Enter", "file"}},
	{"layout-missing-all", layout_missing_all, {"> board-of-", "u-boot: file missing"}},
	{"layout-missing-many", layout_missing_many,
		{"> imx8mp", "u-boot: file missing", "128 partitions"}},
	{"layout-unreadable", layout_unreadable,
		{"> imx8mp.conf",
			"imx8mp.conf cannot be used: line 12: size = \"64KB\": must be a"}},
	{"layout-path", layout_path, {"Layout: ", "images/im", "> imx8mp"}},
	{"layout-path-wrong", layout_path_wrong,
		{"cannot be read: No such file or directory.", "images/im"}},
	{"blob", blob, {"Choose u-boot for imx8mp", "> flash-evk.bin", "1.5 MiB"}},
	{"blob-wrong", blob_wrong,
		{"blob u-boot is larger than its max: 204 MiB instead of 3 MiB.",
			"> rootfs.tar.zst"}},
	{"blob-path", blob_path, {"File: ", "images/fl", "Choose u-boot"}},
	{"review", review,
		{"mmcblk1", "7.3 GiB", "..9f31", "2 partitions, ext4 \"rootfs\"", "rootfs.tar.zst",
			"four digits of its serial"}},
	{"review-typed", review_typed, {"[9f__]", "four digits of its serial"}},
	{"review-wrong", review_wrong,
		{"\"9f32\" is wrong. Nothing was written.", "[____]", "rase", "mmcblk1"}},
	{"review-name", review_name,
		{"emmc.img", "1 GiB", "blank", "rootfs.tar.zst", "Type its name",
			"\"l\" is wrong. Nothing was written."}},
	{"review-archives", review_archives, {"mmcblk1", "7.3 GiB", "[9f__]"}},
	{"review-boot", review_boot,
		{"mmcblk1", "7.3 GiB", "2 partitions, ext4 \"rootfs\"", "[9f__]", "single-gpt",
			"worn: 80 to 90 % of"}},
	{"review-loaders", review_loaders,
		{"mmcblk1", "7.3 GiB", "2 partitions", "four digits of its serial"}},
	{"review-warnings", review_warnings,
		{"mmcblk1", "7.3 GiB", "everything is below one folder",
			"four digits of its serial"}},
	{"review-system", review_system, {"/extlinux/extlinux.conf"}},
	{"review-waits", review_waits, {"mmcblk1", "2 partitions", "scan", "41 %"}},
	{"review-bad", review_bad,
		{"Cannot install:", "The archive is bad: the archive ends in the middle of",
			"replace it and press r."}},
	{"review-refused", review_refused,
		{"Cannot install:", "mmcblk1 is not the device that was chosen: its CID differs."}},
	{"install", install, {"archive", "63 %", "files", "61 %", "48 %", "[ >> ] extract"}},
	{"install-first", install_first, {"Waiting for the engine"}},
	{"install-verify", install_verify, {"82 %", "[ >> ] verify", "about 0:06 left"}},
	{"install-stall", install_stall,
		{"no progress for 12 s: the device is not answering (2 writes in flight)"}},
	{"install-cancel", install_cancel, {"Cancel? The device will not boot.", "y yes", "n no"}},
	{"install-cancelling", install_cancelling, {"Cancelling"}},
	{"install-watched", install_watched,
		{"Another terminal controls this install; this one is read-only."}},
	{"result-pass", result_pass,
		{"mmcblk1, eMMC ..9f31", "19,318 entries verified, 0 wrong", "740 MiB in 0:37",
			"Take out the installer's medium"}},
	{"result-warned", result_warned, {"19,318 entries verified"}},
	{"result-restart", result_restart, {"r restart", "Take out the installer's medium"}},
	{"result-restart-asked", result_restart_asked,
		{"Restart this machine?", "y yes, restart", "n no"}},
	{"result-not-verified", result_not_verified, {"mmcblk1", "NOT verified"}},
	{"result-verify", result_verify,
		{"what the device returns is not what was written", "will not boot",
			"Do not use this device."}},
	{"result-fail", result_fail,
		{"mmcblk1 was removed while it was written to", "will not boot",
			"check the device and its connection, and try again."}},
	{"result-refused", result_refused,
		{"another install holds mmcblk1", "Nothing was written",
			"boardstrap status shows it."}},
	{"result-cancelled", result_cancelled,
		{"cancelled while the files were extracted", "will not boot", "Install again"}},
	{"boot-only-layout", boot_only_layout, {"> boot-root", "Layout"}},
	{"boot-only-review", boot_only_review,
		{"boot loader", "mmcblk1", "7.3 GiB", "2 partitions", "four digits of its serial"}},
	{"boot-only-refused", boot_only_refused,
		{"Cannot install:", "would overwrite partition 1 (rootfs) of /dev/mmcblk1"}},
	{"boot-only-install", boot_only_install,
		{"boot loader -> mmcblk1", "34 %", "[ >> ] commit"}},
	{"boot-only-cancel", boot_only_cancel,
		{"Cancel? The boot loader may be incomplete.", "y yes"}},
	{"boot-only-pass", boot_only_pass, {"mmcblk1, eMMC ..9f31", "boot loader verified"}},
	{"images-review", images_review,
		{"single-gpt", "mmcblk1", "7.3 GiB", "2 partitions", "four digits of its serial"}},
	{"files-layout", files_layout, {"> boot-root"}},
	{"files-review", files_review,
		{"files of the layout", "9 MiB", "four digits of its serial"}},
	{"files-install", files_install, {"files -> mmcblk1"}},
	{"images-pass", images_pass, {"mmcblk1, eMMC ..9f31", "images verified"}},
	{"boot-only-fail", boot_only_fail,
		{"could not be written to mmcblk1", "boot loader may be incomplete.",
			"Install the boot loader again before the board starts from it."}},
	{"help-target", help_target, {"Help: Target", "Enter", "choose this device"}},
	{"help-archive", help_archive, {"Help: Archive", "open the folder"}},
	{"help-layout", help_layout, {"Help: Layout", "choose this layout"}},
	{"help-missing", help_missing, {"Help: Layout", "the file that this layout lacks"}},
	{"help-blob", help_blob, {"Help: Blob", "choose the file"}},
	{"help-review", help_review, {"Help: Review", "erase the device and install"}},
	{"help-install", help_install,
		{"Help: Install", "leave; boardstrap attach shows it again"}},
	{"help-result", help_result, {"Help: Result", "go back to the first screen"}},
	{"help-kinds", help_kinds, {"Help: Kinds", "refuse these devices again"}},
	{"help-log", help_log, {"Help: Log", "Up/Down", "one row"}},
	{"log", log_short, {"of 8", "[ OK ] mkfs"}},
	{"log-whole", log_whole, {"PASS mmcblk1, eMMC ..9f31: 19,318 entries", "[ OK ] commit"}},
	{"log-save", log_save, {"Save as: ", "063228.log", "Enter save"}},
	{"log-exists", log_exists, {"it exists already.", "Save as: "}},
	{"log-saved", log_saved, {"The log is saved in", "s save"}},
	{"log-empty", log_empty, {"No messages yet."}},
	{"log-long", log_long, {"to 98 of 98", "package-89: skipped"}},
	{"log-scrolled", log_scrolled, {"of 98", "package-"}},
	{"log-search", log_search, {"Search: Package-8", "9 of 11", "package-87"}},
	{"log-not-found", log_not_found, {"Search: mmc", "not found"}},
};

/* Draws a state on a new grid, to be freed by the caller. */
static inline void draw_state(
	struct model *m, struct grid *grid, int rows, int cols, const struct glyphs *glyphs)
{
	if (grid_init(grid, rows, cols, glyphs) < 0)
		abort();
	m->grid = grid;
	screen_draw(m, grid);
}

#endif
