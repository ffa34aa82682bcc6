/* SPDX-License-Identifier: MIT */
/*
 * boot_areas - works on the boot areas of an emulated eMMC with the functions of device/, in the order
 * of an install; boot-areas.sh runs it in the emulated machine. It refuses to run anywhere else.
 *
 *   boot_areas install DISK FILE0 FILE1 OFFSET1   writes FILE0 to boot0 and FILE1 to boot1 from OFFSET1
 *                                                 on, reads them back, enables boot0 with acknowledge
 *   boot_areas enable DISK none|boot0|boot1|user  keeps the acknowledge
 *   boot_areas set DISK BYTE VALUE                sets a byte of EXT_CSD
 *   boot_areas lift DISK                          lifts the write protection of boot0; kills itself
 *   boot_areas start                              restores the settings, like every start
 *
 * Prints one line: "done" or the error. Exit 0 or 1.
 */
#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "device/disk/disk_scan.h"
#include "device/target/blob.h"
#include "device/target/emmc.h"
#include "device/target/target.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define JOB	"/run/boot-areas"
#define JOURNAL JOB "/settings"

struct job {
	struct target target;
	struct settings_journal journal;
	struct diag diag;
};

static int write_area(struct job *job, unsigned index, const char *path, const char *offset)
{
	_cleanup_close_ int src = open(path, O_RDONLY | O_CLOEXEC);
	struct blob blob = {.src = src};
	struct stat st;
	int r;

	if (src < 0 || fstat(src, &st) < 0)
		return diag_fail(&job->diag, -errno, "%s: %s", path, strerror(errno));
	blob.size_bytes = (uint64_t)st.st_size;
	r = str_to_u64(offset, 10, &blob.offset_bytes);
	if (r == 0)
		r = emmc_unlock_boot_area(
			&job->journal, job->target.disk.boot[index].name, &job->diag);
	if (r == 0)
		r = target_open_boot(&job->target, index, &job->diag);
	blob.dst = job->target.boot_fds[index];
	return r < 0 ? r : blob_write(&blob, &job->diag);
}

static struct emmc_card card_of(const struct job *job)
{
	return (struct emmc_card){.fd = job->target.excl_fd, .command = emmc_command};
}

static int do_install(struct job *job, char **args)
{
	struct emmc_card card = card_of(job);
	int r;

	r = write_area(job, 0, args[0], "0");
	if (r == 0)
		r = write_area(job, 1, args[1], args[2]);
	target_close_boot(&job->target);
	if (settings_restore(&job->journal) < 0)
		return diag_fail(&job->diag, -EIO, "force_ro was not restored");
	if (r < 0)
		return r;
	return emmc_set_boot(&card, EMMC_BOOT_BOOT0, EMMC_ACK_ON, &job->diag);
}

static int do_enable(struct job *job, char **args)
{
	static const char *const names[] = {
		[EMMC_BOOT_NONE] = "none",
		[EMMC_BOOT_BOOT0] = "boot0",
		[EMMC_BOOT_BOOT1] = "boot1",
		[EMMC_BOOT_USER] = "user",
	};
	struct emmc_card card = card_of(job);

	for (unsigned i = EMMC_BOOT_NONE; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], args[0]) == 0)
			return emmc_set_boot(&card, i, EMMC_ACK_KEEP, &job->diag);
	return diag_fail(&job->diag, -EINVAL, "no area is called %s", args[0]);
}

static int do_set(struct job *job, char **args)
{
	struct emmc_card card = card_of(job);
	uint64_t index = 0, value = 0;

	if (str_to_u64(args[0], 0, &index) < 0 || str_to_u64(args[1], 0, &value) < 0)
		return diag_fail(&job->diag, -EINVAL, "these are no numbers");
	return emmc_write_byte(&card, (unsigned)index, (uint8_t)value, &job->diag);
}

static int do_lift(struct job *job, char **args)
{
	int r = emmc_unlock_boot_area(&job->journal, job->target.disk.boot[0].name, &job->diag);

	(void)args;
	return r < 0 ? r : raise(SIGKILL);
}

static const struct verb {
	const char *name;
	int arguments; /* after the disk */
	int (*run)(struct job *job, char **args);
} verbs[] = {
	{"install", 3, do_install},
	{"enable", 1, do_enable},
	{"set", 2, do_set},
	{"lift", 0, do_lift},
};

static int run(struct job *job, int root, const struct verb *verb, char **args)
{
	struct disk disk;
	int r;

	r = disk_scan_target(root, args[0], &disk);
	if (r < 0 || disk.kind != DISK_EMMC)
		return diag_fail(&job->diag, -EINVAL, "%s is no eMMC", args[0]);
	r = target_open(&job->target, root, &disk, JOB, &job->diag);
	if (r == 0 && target_try_lock(&job->target) < 0)
		r = diag_fail(&job->diag, -EWOULDBLOCK, "%s is locked", args[0]);
	if (r == 0)
		r = target_take_exclusive(&job->target, &job->diag);
	if (r == 0)
		r = verb->run(job, args + 1);
	target_close(&job->target, false);
	return r;
}

/* boot-areas.sh adds vm.boot-areas to the kernel's command line. */
static bool is_emulated_machine(int root)
{
	char line[4096];

	return sysroot_read(root, line, sizeof(line), "proc/cmdline") == 0 &&
	       strstr(line, "vm.boot-areas");
}

int main(int argc, char **argv)
{
	_cleanup_close_ int root = sysroot_open("/");
	const struct verb *verb = verbs;
	struct job job = {0};
	int r;

	target_init(&job.target);
	if (!is_emulated_machine(root)) {
		(void)fprintf(stderr, "boot_areas: this is not the emulated machine\n");
		return EXIT_FAILURE;
	}
	(void)mkdir(JOB, 0700);
	r = settings_open(&job.journal, root, JOURNAL);
	if (r == 0)
		r = settings_restore_stale(&job.journal);
	while (verb < verbs + ARRAY_SIZE(verbs) && argc > 1 && strcmp(verb->name, argv[1]) != 0)
		verb++;
	if (r < 0)
		(void)diag_fail(&job.diag, r, "the settings' journal: %s", strerror(-r));
	else if (verb < verbs + ARRAY_SIZE(verbs) && argc == verb->arguments + 3)
		r = run(&job, root, verb, argv + 2);
	else if (argc != 2 || strcmp(argv[1], "start") != 0)
		r = diag_fail(&job.diag, -EINVAL, "bad usage");
	(void)printf("%s\n", r < 0 ? job.diag.text : "done");
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
