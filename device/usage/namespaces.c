/* SPDX-License-Identifier: MIT */
#include "device/usage/namespaces.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct walk {
	int root;
	int (*each)(void *arg, const char *table, const char *who);
	void *arg;
	char (*seen)[32]; /* owned; "mnt:[4026531841]" */
	size_t count;
};

/* Returns 1 if the mount namespace of process @pid is new (now recorded), 0 if seen or unreadable,
 * or -ENOMEM. */
static int is_new(struct walk *walk, const char *pid)
{
	char name[32], (*seen)[32];

	if (sysroot_link(walk->root, name, sizeof(name), "proc/%s/ns/mnt", pid) < 0)
		return false;
	for (size_t i = 0; i < walk->count; i++)
		if (strcmp(walk->seen[i], name) == 0)
			return false;
	seen = reallocarray(walk->seen, walk->count + 1, sizeof(*seen));
	if (!seen)
		return -ENOMEM;
	walk->seen = seen;
	memcpy(seen[walk->count++], name, sizeof(name));
	return true;
}

static int visit(void *arg, const char *pid)
{
	struct walk *walk = arg;
	char table[64], comm[32], who[64];
	int r;

	if (pid[strspn(pid, "0123456789")] != '\0')
		return 0;
	r = is_new(walk, pid);
	if (r <= 0)
		return r;
	if (sysroot_read(walk->root, comm, sizeof(comm), "proc/%s/comm", pid) < 0)
		(void)STR_COPY(comm, "?");
	(void)STR_FORMAT(who, "%s, process %s", comm, pid);
	str_sanitise(who);
	(void)STR_FORMAT(table, "proc/%s/mountinfo", pid);
	return walk->each(walk->arg, table, who);
}

int namespaces_each_other(
	int root, int (*each)(void *arg, const char *table, const char *who), void *arg)
{
	struct walk walk = {.root = root, .each = each, .arg = arg};
	int r = is_new(&walk, "1");

	if (r >= 0)
		r = is_new(&walk, "self");
	if (r >= 0)
		r = sysroot_each(root, visit, &walk, "proc");
	free(walk.seen);
	return r;
}
