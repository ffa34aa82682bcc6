/* SPDX-License-Identifier: MIT */
/*
 * fuzz_machine - shared by the fuzzers of sysfs and proc: a directory in memory that represents a
 * machine, the verdicts on all its disks, and the invariants that hold for any content.
 */
#ifndef TESTS_FUZZ_FUZZ_MACHINE_H
#define TESTS_FUZZ_FUZZ_MACHINE_H

#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "device/disk/disk_scan.h"
#include "device/usage/inuse_load.h"
#include "device/usage/rules.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A function that not every fuzzer uses. */
#define MACHINE_CALL static inline __attribute__((unused))

static char machine_dir[64];
static int machine_root = -1;

MACHINE_CALL int machine_remove_entry(
	const char *path, const struct stat *st, int flag, struct FTW *where)
{
	(void)st;
	(void)flag;
	return where->level == 0 ? 0 : remove(path);
}

/* Empties the directory. Targets of links remain. */
MACHINE_CALL void machine_clear(void)
{
	(void)nftw(machine_dir, machine_remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

MACHINE_CALL void machine_remove(void)
{
	machine_clear();
	(void)rmdir(machine_dir);
}

MACHINE_CALL void machine_open(void)
{
	if (machine_root >= 0)
		return;
	(void)STR_COPY(machine_dir,
		access("/dev/shm", W_OK) == 0 ? "/dev/shm/fuzz-XXXXXX" : "/tmp/fuzz-XXXXXX");
	if (!mkdtemp(machine_dir) || atexit(machine_remove) != 0)
		abort();
	machine_root = sysroot_open(machine_dir);
	assert(machine_root >= 0);
}

/* Opens the folder of @path, creating it if missing, and returns the last component in @ret_name.
 * Follows no links of the input, so that nothing is written outside. Returns a descriptor or -1. */
MACHINE_CALL int machine_parent(char *path, const char **ret_name)
{
	int dir = dup(machine_root);
	char *name = strsep(&path, "/");

	while (dir >= 0 && path) {
		int next = -1;

		if (*name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
			(void)mkdirat(dir, name, 0700);
			next = openat(dir, name, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		}
		close_fd(&dir);
		dir = next;
		name = strsep(&path, "/");
	}
	if (dir >= 0 && (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0))
		close_fd(&dir);
	*ret_name = name;
	return dir;
}

MACHINE_CALL void machine_file(const char *path, const void *data, size_t size)
{
	_cleanup_free_ char *copy = strdup(path);
	_cleanup_close_ int dir = -1, fd = -1;
	const char *name;

	dir = copy ? machine_parent(copy, &name) : -1;
	if (dir >= 0)
		fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		assert(write_full(fd, data, size) == 0);
}

MACHINE_CALL void machine_link(const char *path, const char *target)
{
	_cleanup_free_ char *copy = strdup(path);
	_cleanup_close_ int dir = -1;
	const char *name;

	dir = copy ? machine_parent(copy, &name) : -1;
	if (dir >= 0)
		(void)!symlinkat(target, dir, name);
}

/* Builds a machine from lines "path=value", a file with that value and a newline, and
 * "path>target", a link. */
MACHINE_CALL void machine_build(char *text)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		char *at = line + strcspn(line, "=>"), kind = *at;

		if (!kind)
			continue;
		*at++ = '\0';
		if (kind == '>') {
			machine_link(line, at);
		} else {
			size_t length = strlen(at);

			/* Each line ends in a NUL by now; the file gets a newline instead. */
			at[length] = '\n';
			machine_file(line, at, length + 1);
			at[length] = '\0';
		}
	}
}

MACHINE_CALL void machine_check_text(const char *text, size_t room)
{
	_cleanup_free_ char *clean = strdup(text);

	assert(strlen(text) < room && clean);
	str_sanitise(clean);
	assert(strcmp(clean, text) == 0);
}
#define CHECK_TEXT(text) machine_check_text((text), sizeof(text))

MACHINE_CALL void machine_check_disk(const struct disk *disk)
{
	char text[160], word[32];

	CHECK_TEXT(disk->vendor);
	CHECK_TEXT(disk->model);
	CHECK_TEXT(disk->id.cid);
	CHECK_TEXT(disk->id.serial);
	assert(disk->name[0] && disk->kind < DISK_KIND_COUNT);
	assert(disk->reason_count <= DISK_REASONS_MAX);
	for (uint32_t i = 0; i < disk->reason_count; i++) {
		assert(disk->reasons[i].code < REASON_COUNT && disk->reasons[i].text[0]);
		CHECK_TEXT(disk->reasons[i].text);
	}
	assert(disk->size_bytes > 0 || disk->reason_count > 0);
	assert(!disk->read_only || disk->reason_count > 0);
	disk_identity_short(disk, word);
	(void)disk_confirm_word(disk, word);
	assert(word[0]);
	disk_content_phrase(&disk->content, text, sizeof(text));
}

/* Loads the facts of what is in use on the machine. */
MACHINE_CALL void machine_use(struct inuse *ret)
{
	*ret = (struct inuse){0};
	if (inuse_load(machine_root, ret) < 0)
		return;
	for (size_t i = 0; i < ret->count; i++) {
		CHECK_TEXT(ret->facts[i].text);
		assert(ret->facts[i].code < REASON_COUNT);
		/* A fact is about a disk or about a file. */
		assert((ret->facts[i].disk[0] != '\0') == (ret->facts[i].file_ino == 0));
	}
}

/* Lists and judges the disks of the machine as boardstrap does. */
MACHINE_CALL void machine_judge(void)
{
	struct rules_facts facts = {.allow = 1u << DISK_SD | 1u << DISK_USB | 1u << DISK_FIXED};
	struct disk_list list = {0};
	struct inuse inuse;

	machine_use(&inuse);
	facts.inuse = &inuse;
	if (disk_scan(machine_root, &list) == 0)
		for (size_t i = 0; i < list.count; i++) {
			rules_judge(&list.disks[i], &facts);
			machine_check_disk(&list.disks[i]);
		}
	disk_list_finish(&list);
	inuse_finish(&inuse);
}

/* The input as a string, up to the first NUL. The caller frees it. */
MACHINE_CALL char *machine_string(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);

	if (!text)
		abort();
	return text;
}

/* A typical machine: a card, a stick with two partitions, a btrfs on two devices, a device mapping,
 * a loop device. */
static const char machine_usual[] =
	"sys/block/mmcblk0>../devices/mmc0/block/mmcblk0\n"
	"sys/devices/mmc0/block/mmcblk0/dev=179:0\n"
	"sys/devices/mmc0/block/mmcblk0/size=8192\n"
	"sys/devices/mmc0/block/mmcblk0/device/type=MMC\n"
	"sys/devices/mmc0/block/mmcblk0/mmcblk0p1/dev=179:1\n"
	"sys/devices/mmc0/block/mmcblk0/mmcblk0p1/partition=1\n"
	"sys/dev/block/179:0>../../devices/mmc0/block/mmcblk0\n"
	"sys/dev/block/179:1>../../devices/mmc0/block/mmcblk0/mmcblk0p1\n"
	"sys/class/block/mmcblk0>../../devices/mmc0/block/mmcblk0\n"
	"sys/class/block/mmcblk0p1>../../devices/mmc0/block/mmcblk0/mmcblk0p1\n"
	"sys/block/sda>../devices/usb1/block/sda\n"
	"sys/devices/usb1/block/sda/dev=8:0\n"
	"sys/devices/usb1/block/sda/size=9999\n"
	"sys/devices/usb1/block/sda/device/vendor=Any\n"
	"sys/devices/usb1/block/sda/sda1/dev=8:1\n"
	"sys/devices/usb1/block/sda/sda1/partition=1\n"
	"sys/devices/usb1/block/sda/sda1/holders/dm-0>x\n"
	"sys/dev/block/8:0>../../devices/usb1/block/sda\n"
	"sys/dev/block/8:1>../../devices/usb1/block/sda/sda1\n"
	"sys/class/block/sda>../../devices/usb1/block/sda\n"
	"sys/class/block/sda1>../../devices/usb1/block/sda/sda1\n"
	"sys/block/dm-0>../devices/virtual/block/dm-0\n"
	"sys/devices/virtual/block/dm-0/dev=253:0\n"
	"sys/devices/virtual/block/dm-0/size=512\n"
	"sys/devices/virtual/block/dm-0/dm/name=vg-root\n"
	"sys/devices/virtual/block/dm-0/slaves/sda1>../../../../usb1/block/sda/sda1\n"
	"sys/dev/block/253:0>../../devices/virtual/block/dm-0\n"
	"sys/class/block/dm-0>../../devices/virtual/block/dm-0\n"
	"sys/block/loop0>../devices/virtual/block/loop0\n"
	"sys/devices/virtual/block/loop0/dev=7:0\n"
	"sys/devices/virtual/block/loop0/size=100\n"
	"sys/devices/virtual/block/loop0/loop/backing_file=/mnt/root.sqfs\n"
	"sys/dev/block/7:0>../../devices/virtual/block/loop0\n"
	"sys/class/block/loop0>../../devices/virtual/block/loop0\n"
	"sys/fs/btrfs/b5c0/devices/mmcblk0p1>../../../../devices/mmc0/block/mmcblk0/mmcblk0p1\n"
	"sys/fs/btrfs/b5c0/devices/sda1>../../../../devices/usb1/block/sda/sda1\n"
	"proc/self/mountinfo=1 1 253:0 / / rw - ext4 /dev/mapper/vg-root rw\n"
	"proc/cmdline=root=/dev/mapper/vg-root\n";

MACHINE_CALL void machine_build_usual(void)
{
	char text[sizeof(machine_usual)];

	machine_open();
	(void)STR_COPY(text, machine_usual);
	machine_build(text);
}

#endif
