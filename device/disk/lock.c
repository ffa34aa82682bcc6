/* SPDX-License-Identifier: MIT */
#include "device/disk/lock.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

struct search {
	int root;
	int pid;
	struct stat file;
	struct lock_owner owner;
	bool found;
};

static int is_open(void *arg, const char *name)
{
	const struct search *search = arg;
	char path[64];
	struct stat st;

	return STR_FORMAT(path, "proc/%d/fd/%s", search->pid, name) &&
	       fstatat(search->root, path, &st, 0) == 0 && st.st_dev == search->file.st_dev &&
	       st.st_ino == search->file.st_ino;
}

/* The table has the device of the filesystem, which stat(2) hides on btrfs and overlayfs: there the
 * open files of the process decide. */
static bool holds(struct search *search, int pid, uint32_t major, uint32_t minor)
{
	if (makedev(major, minor) == search->file.st_dev)
		return true;
	search->pid = pid;
	return sysroot_each(search->root, is_open, search, "proc/%d/fd", pid) > 0;
}

/* Field 22 of proc/PID/stat: ticks since the machine started. The name before it may have blanks. */
static int64_t started(int root, int pid)
{
	struct timespec boot, now;
	unsigned long long ticks;
	double age;
	char text[512];
	const char *rest;

	if (sysroot_read(root, text, sizeof(text), "proc/%d/stat", pid) < 0)
		return 0;
	rest = strrchr(text, ')');
	if (!rest || sscanf(rest + 1,
			     " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
			     "%*d %*d %llu",
			     &ticks) != 1)
		return 0;
	(void)clock_gettime(CLOCK_BOOTTIME, &boot);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	age = (double)boot.tv_sec + (double)boot.tv_nsec / 1e9 -
	      (double)ticks / (double)sysconf(_SC_CLK_TCK);
	return (int64_t)((double)now.tv_sec + (double)now.tv_nsec / 1e9 - age);
}

static void describe(int root, struct lock_owner *owner)
{
	if (sysroot_read(root, owner->name, sizeof(owner->name), "proc/%d/comm", owner->pid) < 0)
		owner->name[0] = '\0';
	str_sanitise(owner->name);
	owner->since_s = started(root, owner->pid);
}

/* "3: FLOCK  ADVISORY  WRITE 812 00:06:345 0 EOF"; a waiting process has "->" before its kind. */
static void read_line(struct search *search, const char *line)
{
	unsigned major, minor;
	uint64_t inode;
	char mode[8];
	int pid;

	if (sscanf(line, "%*u: FLOCK ADVISORY %7s %d %x:%x:%" SCNu64, mode, &pid, &major, &minor,
		    &inode) != 5 ||
		inode != search->file.st_ino || pid <= 0 || !holds(search, pid, major, minor))
		return;
	if (search->found && !search->owner.shared)
		return;
	search->owner.pid = pid;
	search->owner.shared = strcmp(mode, "READ") == 0;
	search->found = true;
}

void lock_find(int root, int fd, struct lock_owner *ret)
{
	struct search search = {.root = root};
	_cleanup_free_ char *text = NULL;
	char *rest, *line;

	if (fstat(fd, &search.file) == 0 && sysroot_read_all(root, &text, NULL, "proc/locks") == 0)
		for (rest = text; (line = strsep(&rest, "\n"));)
			read_line(&search, line);
	if (search.found)
		describe(root, &search.owner);
	/* The kernel knows of owners that proc hides. */
	search.owner.shared = flock(fd, LOCK_SH | LOCK_NB) == 0;
	if (search.owner.shared)
		(void)flock(fd, LOCK_UN);
	*ret = search.owner;
}

void lock_text(const struct lock_owner *owner, char ret[LOCK_TEXT_MAX])
{
	char since[32] = "", step[32] = "";
	time_t start = (time_t)owner->since_s;
	struct tm local;

	if (owner->pid == 0) {
		(void)str_format(ret, LOCK_TEXT_MAX, "a process that cannot be seen from here");
		return;
	}
	if (start > 0 && localtime_r(&start, &local))
		(void)strftime(since, sizeof(since), ", since %H:%M:%S", &local);
	if (owner->step[0])
		STR_FORMAT(step, ", now at %s", owner->step);
	(void)str_format(ret, LOCK_TEXT_MAX, "%s (process %d%s%s)",
		owner->step[0]	 ? "another install"
		: owner->name[0] ? owner->name
				 : "a process that has ended, with a child that has not",
		owner->pid, since, step);
}

void lock_sentence(const char *target, const struct lock_owner *owner, char *ret, size_t size)
{
	char who[LOCK_TEXT_MAX];

	lock_text(owner, who);
	(void)str_format(ret, size, "%s is locked by %s. Wait until it ends%s, or end it%s", target,
		who, owner->step[0] ? " (boardstrap attach shows it)" : "",
		owner->step[0] ? " with boardstrap cancel" : "");
}
