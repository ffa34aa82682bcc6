/* SPDX-License-Identifier: MIT */
#include "device/usage/namespaces.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "tests/lib/sandbox.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>

static char seen[1024];

static int note(void *arg, const char *table, const char *who)
{
	(void)str_format(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s %s\n", table, who);
	return *(int *)arg;
}

static void add_process(
	struct sandbox *box, const char *pid, const char *namespace, const char *comm)
{
	char path[64];

	(void)STR_FORMAT(path, "proc/%s/ns/mnt", pid);
	sandbox_link(box, path, namespace);
	if (!comm)
		return;
	(void)STR_FORMAT(path, "proc/%s/comm", pid);
	sandbox_file(box, path, comm);
}

static void each_namespace_is_seen_once(void **state)
{
	struct sandbox *box = *state;
	int stop = 0;

	add_process(box, "1", "mnt:[1]", "init\n");
	add_process(box, "self", "mnt:[2]", "boardstrap\n");
	add_process(box, "20", "mnt:[1]", "cron\n");
	add_process(box, "30", "mnt:[2]", "boardstrap\n");
	add_process(box, "100", "mnt:[3]", "dock\033erd\n");
	add_process(box, "101", "mnt:[3]", "sh\n");
	add_process(box, "102", "mnt:[4]", NULL);
	sandbox_file(box, "proc/103/comm", "a kernel thread of others\n");
	sandbox_file(box, "proc/sys/ns/mnt", "");
	seen[0] = '\0';
	assert_int_equal(namespaces_each_other(box->root, note, &stop), 0);
	assert_string_equal(seen, "proc/100/mountinfo dock?erd, process 100\n"
				  "proc/102/mountinfo ?, process 102\n");
	/* The callback may stop. */
	seen[0] = '\0';
	stop = -ENOMEM;
	assert_int_equal(namespaces_each_other(box->root, note, &stop), -ENOMEM);
	assert_string_equal(seen, "proc/100/mountinfo dock?erd, process 100\n");
}

static void without_proc_there_is_none(void **state)
{
	struct sandbox *box = *state;
	int stop = 0;

	assert_int_equal(namespaces_each_other(box->root, note, &stop), -ENOENT);
}

/* A child in a namespace of its own. */
static void real_namespaces_are_found(void **state)
{
	int root = sysroot_open("/"), ready[2], stop = 0;
	char wanted[64], byte;
	pid_t pid;

	(void)state;
	assert_true(root >= 0);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		byte = unshare(CLONE_NEWNS) == 0;
		(void)write_full(ready[1], &byte, 1);
		(void)pause();
		_exit(0);
	}
	assert_int_equal(read_full(ready[0], &byte, 1), 0);
	seen[0] = '\0';
	if (byte)
		assert_int_equal(namespaces_each_other(root, note, &stop), 0);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	(void)close(ready[0]);
	(void)close(ready[1]);
	(void)close(root);
	if (!byte) {
		print_message("[ SKIP ] %s: no new namespace: not root\n", __func__);
		skip();
	}
	(void)STR_FORMAT(wanted, "proc/%d/mountinfo ", (int)pid);
	assert_non_null(strstr(seen, wanted));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandbox_test(each_namespace_is_seen_once),
		sandbox_test(without_proc_there_is_none),
		cmocka_unit_test(real_namespaces_are_found),
	};

	return cmocka_run_group_tests_name("namespaces", tests, NULL, NULL);
}
