/* SPDX-License-Identifier: MIT */
/* screen_model - a fictitious machine, archive and install for the tests of screens. */
#ifndef TESTS_SCREEN_MODEL_H
#define TESTS_SCREEN_MODEL_H

#include "device/base/util.h"
#include "device/usage/rules.h"
#include "ui/screens/screen_frame.h"
#include "ui/screens/screen_keys.h"

#include <stdlib.h>
#include <string.h>

#define EMMC_SERIAL "0x3f2a9f31"

static inline struct disk make_disk(
	const char *name, enum disk_kind kind, uint64_t size, const char *model)
{
	struct disk disk = {.kind = kind, .size_bytes = size};

	STR_COPY(disk.name, name);
	STR_FORMAT(disk.path, "/dev/%s", name);
	STR_COPY(disk.model, model);
	STR_FORMAT(disk.id.devpath, "/devices/%s", name);
	disk.id.size_bytes = size;
	disk.content.state = CONTENT_BLANK;
	return disk;
}

static inline struct disk make_emmc(void)
{
	struct disk disk = make_disk("mmcblk1", DISK_EMMC, 7818182656, "DG4008");

	STR_COPY(disk.vendor, "SanDisk");
	STR_COPY(disk.id.serial, EMMC_SERIAL);
	STR_COPY(disk.id.cid, "450100444734303038013f2a9f31a600");
	disk.emmc_revision = 8;
	disk.life_time_a = disk.life_time_b = 1;
	disk.pre_eol = 1;
	STR_COPY(disk.boot[0].name, "mmcblk1boot0");
	STR_COPY(disk.boot[1].name, "mmcblk1boot1");
	disk.boot[0].size_bytes = disk.boot[1].size_bytes = MIB(4);
	return disk;
}

/* The screens that are not overlays, in their order. */
static const struct screen *const all_screens[] = {&screen_target, &screen_kinds, &screen_archive,
	&screen_layout, &screen_blob, &screen_review, &screen_install, &screen_result};

static inline void set_table(struct disk *disk, uint32_t count, const char *fs, const char *label)
{
	disk->content.state = CONTENT_TABLE;
	STR_COPY(disk->content.type, "gpt");
	disk->content.partition_count = count;
	for (uint32_t i = 0; i < count; i++)
		disk->content.partitions[i].number = i + 1;
	STR_COPY(disk->content.partitions[count - 1].fs_type, fs);
	STR_COPY(disk->content.partitions[count - 1].fs_label, label);
}

/* Gives an eMMC the warning of the rules that it is worn: 80 to 90 %. */
static inline void wear(struct disk *disk)
{
	const struct inuse none = {0};

	disk->life_time_a = 9;
	rules_judge(disk, &(struct rules_facts){.inuse = &none});
}

static inline void set_disks(struct model *m)
{
	struct disk *disks = calloc(4, sizeof(*disks));

	disks[0] = make_disk("mmcblk0", DISK_SD, 31914983424, "SC32G");
	STR_COPY(disks[0].id.serial, "0x1234abcd");
	STR_COPY(disks[0].id.cid, "035344534333324780"
				  "1234abcd"
				  "0123456");
	set_table(&disks[0], 2, "ext4", "system");
	disk_refuse(&disks[0], REASON_SYSTEM, "the running system (/)");
	disks[1] = make_emmc();
	disks[2] = make_disk("sda", DISK_USB, 16008609792, "Ultra");
	STR_COPY(disks[2].id.devpath, "/devices/pci0000:00/usb1/1-1/1-1:1.0/host0/sda");
	disk_refuse(&disks[2], REASON_SOURCE, "holds the archive");
	disk_refuse(&disks[2], REASON_MOUNTED, "mounted on /media/stick");
	disks[3] = make_disk("loop0", DISK_LOOP, MIB(64), "");
	disk_refuse(&disks[3], REASON_KIND, "loop devices are not allowed");
	model_set_disks(m, disks, 4);
	free(disks);
}

static inline void set_scan(struct model *m, enum inspect_state state)
{
	struct inspect_result *scan = &m->scan;

	m->has_scan = true;
	*scan = (struct inspect_result){.state = state, .archive_total = MIB(204)};
	scan->archives.count = 1;
	scan->archives.list[0].id.size_bytes = scan->archive_total;
	scan->archives.list[0].entries = 19318;
	scan->archives.list[0].stream_bytes = MIB(752);
	STR_COPY(scan->archives.list[0].path, "/media/stick/images/rootfs.tar.zst");
	scan->archive_done = state == INSPECT_RUNNING ? MIB(84) : scan->archive_total;
	scan->totals.entries = 19318;
	scan->totals.content_bytes = MIB(740);
	scan->totals.stream_bytes = MIB(752);
	scan->archives.list[0].sidecar = SIDECAR_OK;
	if (state == INSPECT_OK)
		STR_COPY(scan->archives.list[0].sha256,
			"6b1f03a1d0c7e45fd8a3f5c1e2b09a7744d0b1c5e6f7a8b9c0d1e2f3a4b5c6c2");
	if (state == INSPECT_BAD)
		STR_COPY(scan->error,
			"the archive ends in the middle of usr/lib/libc.so: it was cut");
}

static inline void set_layouts(struct model *m)
{
	m->layout_count = 0;
	for (size_t i = 0; i < MODEL_LAYOUTS_MAX && layout_builtin(i); i++)
		m->layouts[m->layout_count++].spec = *layout_builtin(i);
	m->target = make_emmc();
	model_place_layouts(m);
}

static inline void set_browse(struct model *m)
{
	static const struct browse_entry entries[] = {
		{BROWSE_MEDIUM, "/media/stick", "/media/stick", "sda, USB, Ultra", 0, 0},
		{BROWSE_UP, "../", "/media/stick", "", 0, 0},
		{BROWSE_FOLDER, "old", "/media/stick/images/old", "", 0, 0},
		{BROWSE_ARCHIVE, "rootfs-2025-11-30.tar.xz",
			"/media/stick/images/rootfs-2025-11-30.tar.xz", "", 187654321, 1764500000},
		{BROWSE_ARCHIVE, "rootfs.tar.zst", "/media/stick/images/rootfs.tar.zst", "",
			213909504, 1767312000},
		{BROWSE_OTHER, "README.txt", "/media/stick/images/README.txt", "", 512, 1767312000},
		{BROWSE_OTHER, "rootfs.tar.zst.sha256", "/media/stick/images/rootfs.tar.zst.sha256",
			"", 81, 1767312000},
	};

	STR_COPY(m->browse.dir, "/media/stick/images");
	m->browse.entries = malloc(sizeof(entries));
	memcpy(m->browse.entries, entries, sizeof(entries));
	m->browse.count = ARRAY_SIZE(entries);
	m->browse.cursor = 4;
}

static inline void add_message(struct snapshot *s, uint64_t number, const char *text)
{
	struct snapshot_message *at = &s->messages[s->message_count++ % SNAPSHOT_MESSAGES];

	at->number = number;
	at->step = s->step < STEP_EXTRACT ? s->step : STEP_EXTRACT;
	STR_COPY(at->text, text);
}

static inline struct snapshot make_snapshot(enum step_id step)
{
	static const uint64_t ms[STEP_COUNT] = {
		2100, 300, 100, 1200, 100, 1400, 12100, 4000, 9000, 500};
	struct snapshot s = {
		.magic = SNAPSHOT_MAGIC,
		.version = SNAPSHOT_VERSION,
		.size = sizeof(s),
		.step = step,
		.elapsed_ms = 16400,
		.target_kind = DISK_EMMC,
		.entries = 19318,
		.written = step > STEP_LOCK,
		.commands = true,
		.tar = {.pid = 77, .confirmed = true, .signals = 12, .replies = 12},
		.progress = {.archive = {MIB(129), MIB(204)},
			.extracted = {MIB(453), MIB(740)},
			.medium = {MIB(457), MIB(796)},
			.percent = 48,
			.rate_bps = 37958451,
			.mean_bps = 37539020,
			.eta_s = 19},
	};

	for (int i = 0; i < STEP_COUNT; i++) {
		s.steps[i].state = i < (int)step    ? STEP_DONE
				   : i == (int)step ? STEP_ACTIVE
						    : STEP_TODO;
		s.steps[i].ms = i <= (int)step ? ms[i] : 0;
	}
	STR_COPY(s.tar_name, "GNU tar");
	STR_COPY(s.target_name, "mmcblk1");
	STR_COPY(s.target_path, "/dev/mmcblk1");
	STR_COPY(s.target_model, "DG4008");
	STR_COPY(s.target_short, "..9f31");
	STR_COPY(s.archive_name, "rootfs.tar.zst");
	STR_COPY(s.archive_sha256,
		"6b1f03a1d0c7e45fd8a3f5c1e2b09a7744d0b1c5e6f7a8b9c0d1e2f3a4b5c6c2");
	STR_COPY(s.layout_name, "single-gpt");
	add_message(&s, 1, "GNU tar 1.34 answers by SIGUSR1");
	add_message(&s, 2,
		"tar: usr/share/x: time stamp 2026-01-02 03:04:05 is 12345.6 s in the future");
	return s;
}

static inline struct snapshot make_passed(void)
{
	struct snapshot s = make_snapshot(STEP_COUNT);

	s.state = INSTALL_PASSED;
	s.elapsed_ms = 37000;
	s.progress.percent = 100;
	s.progress.archive.done = s.progress.archive.total;
	s.progress.extracted.done = s.progress.extracted.total;
	s.progress.medium.done = s.progress.medium.total;
	s.verify.entries = 19318;
	s.verify.bytes = MIB(740);
	return s;
}

static inline struct snapshot make_failed(enum step_id step, int code, const char *text)
{
	struct snapshot s = make_snapshot(step);

	s.state = INSTALL_FAILED;
	s.steps[step].state = STEP_FAILED;
	err_set(&s.err, code, step_name(step), "%s", text);
	s.exit_code = code;
	return s;
}

static inline struct model *make_model(void)
{
	struct model *m = calloc(1, sizeof(*m));

	m->now_ms = 1000000;
	m->settled = true;
	STR_COPY(m->board, "QEMU PC");
	m->screen = &screen_target;
	set_disks(m);
	m->disk_changed_ms = 0;
	set_layouts(m);
	return m;
}

/* An install in the step "extract". */
static inline struct model *make_install(void)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct model *m = make_model();

	m->screen = &screen_install;
	m->snap.commands = true;
	model_set_snapshot(m, &s);
	return m;
}

static inline void free_model(struct model *m)
{
	browse_finish(&m->browse);
	free(m);
}

#endif
