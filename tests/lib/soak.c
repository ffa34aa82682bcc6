/* SPDX-License-Identifier: MIT */
/*
 * soak - starts thousands of real tars under load, signals each as early as the protocol allows,
 * and counts those that die, which must be none. For comparison, it counts how many die if SIGUSR1
 * is sent right after the start.
 *
 *   soak [--without-net] [N [SECONDS]]
 *
 * Runs each tar of this machine N times (default 300), for at most SECONDS (default 3600). With
 * --without-net, SIGUSR1 has its default action when tar starts, so that only the confirmation
 * protects it. Exit status: 0; 1 if a tar died, failed, or was confirmed but did not answer; 2 for
 * bad usage.
 */
#include "core/tar/tar.h"

#include "tests/lib/tar_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAIVE_MAX 1000
#define LOADS	  2
#define SILENT_MS 3	/* time to watch a tar that is never confirmed */
#define STUCK_MS  60000 /* only a bug takes this long */

static const struct {
	const char *program;
	enum tar_flavour flavour;
	bool confirms;
} tars[] = {
	{"tar", TAR_GNU, true},
	{"bsdtar", TAR_BSD, true},
	{"busybox", TAR_BUSYBOX, false},
	{"toybox", TAR_TOYBOX, false},
};

struct result {
	unsigned runs, confirmed, dead, failed; /* dead: by a signal */
	uint64_t signals, replies;
	unsigned naive_runs, naive_dead;
	uint64_t ms;
};

static int reactor, root;
static char dir[] = "/tmp/soakXXXXXX";
static unsigned char archive[USTAR_BYTES];
static bool without_net;
static pid_t loads[LOADS];

static void load_begin(void)
{
	pid_t parent = getpid();

	for (size_t i = 0; i < LOADS; i++) {
		loads[i] = fork();
		if (loads[i] != 0)
			continue;
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == parent)
			for (volatile unsigned spin = 0; spin < 1000000; spin++)
				;
		_exit(0);
	}
}

static void load_end(void)
{
	for (size_t i = 0; i < LOADS; i++) {
		if (loads[i] <= 0)
			continue;
		(void)kill(loads[i], SIGKILL);
		(void)waitpid(loads[i], NULL, 0);
	}
}

static int start(struct tar *tar, size_t kind, bool no_net, int *ret_in)
{
	struct tar_spec spec = {.program = tars[kind].program,
		.flavour = tars[kind].flavour,
		.dir = dir,
		.no_safety_net = no_net};
	int fds[2], r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	spec.archive = fds[0];
	r = tar_start(tar, reactor, root, &spec);
	(void)close(fds[0]);
	*ret_in = fds[1];
	return r;
}

/* Feeds the rest of its input and waits for its end. */
static void end(struct tar *tar, int *in, size_t given)
{
	if (given < sizeof(archive))
		(void)write_full(*in, archive + given, sizeof(archive) - given);
	close_fd(in);
	while (child_is_running(&tar->child)) {
		(void)reactor_dispatch(reactor, 1);
		child_poll(&tar->child);
	}
}

/* Follows the protocol; the input stays open until the first answer. False if tar cannot start. */
static bool ask(size_t kind, struct result *result)
{
	uint64_t begin = now_ms();
	struct tar tar;
	size_t given = 0;
	bool answered = false, ended = false;
	int in;

	if (start(&tar, kind, without_net, &in) < 0)
		return false;
	for (;;) {
		uint64_t now = now_ms();

		(void)reactor_dispatch(reactor, 1);
		tar_tick(&tar, now);
		answered = tar.counts.replies > 0;
		ended = !child_is_running(&tar.child);
		if (answered || ended || now - begin > STUCK_MS)
			break;
		if (!tars[kind].confirms && tar.child.state == CHILD_RUNNING &&
			now - begin >= SILENT_MS)
			break;
		/* bsdtar answers only while content arrives */
		if (tar.counts.signals > 0 && given < sizeof(archive) / 2) {
			(void)write_full(in, archive + given, USTAR_PIECE);
			given += USTAR_PIECE;
		}
	}
	end(&tar, &in, given);
	result->runs++;
	result->confirmed += tar.counts.confirmed;
	result->signals += tar.counts.signals;
	result->replies += tar.counts.replies;
	result->dead += WIFSIGNALED(tar.child.status);
	result->failed += !child_ok(&tar.child) || answered != tars[kind].confirms ||
			  tar.counts.confirmed != answered;
	tar_finish(&tar);
	return true;
}

/* The usual way: start tar and send the signal. */
static void naive(size_t kind, struct result *result)
{
	struct tar tar;
	int in;

	if (start(&tar, kind, true, &in) < 0)
		return;
	while (tar.child.state == CHILD_STARTING)
		(void)reactor_dispatch(reactor, -1); /* exec has happened, as after Popen */
	(void)child_signal_one(&tar.child, SIGUSR1);
	end(&tar, &in, 0);
	result->naive_runs++;
	result->naive_dead += WIFSIGNALED(tar.child.status);
	tar_finish(&tar);
}

static bool soak(size_t kind, unsigned n, unsigned seconds, struct result *result)
{
	uint64_t begin = now_ms();

	while (result->runs < n && now_ms() - begin < (uint64_t)seconds * 1000)
		if (!ask(kind, result))
			return false;
	result->ms = now_ms() - begin;
	for (unsigned i = 0; i < n && i < NAIVE_MAX; i++)
		naive(kind, result);
	return true;
}

static int run(unsigned n, unsigned seconds)
{
	int status = EXIT_SUCCESS;

	printf("%-12s %7s %9s %8s %8s %5s %7s %8s %17s\n", "tar", "runs", "confirmed", "signals",
		"replies", "dead", "failed", "seconds", "naive: dead / of");
	for (size_t i = 0; i < ARRAY_SIZE(tars); i++) {
		const char *name = tar_flavour_name(tars[i].flavour);
		struct result result = {0};
		enum tar_flavour flavour;
		char version[128];

		if (tar_identify(tars[i].program, &flavour, version, sizeof(version)) < 0 ||
			flavour != tars[i].flavour) {
			printf("%-12s not on this machine\n", name);
			continue;
		}
		if (!soak(i, n, seconds, &result))
			return EXIT_FAILURE;
		printf("%-12s %7u %9u %8llu %8llu %5u %7u %8.1f %9u / %5u\n", name, result.runs,
			result.confirmed, (unsigned long long)result.signals,
			(unsigned long long)result.replies, result.dead, result.failed,
			(double)result.ms / 1000, result.naive_dead, result.naive_runs);
		(void)fflush(stdout);
		if (result.runs < n) {
			printf("%-12s stopped after %u of %u runs, for lack of time\n", name,
				result.runs, n);
			status = EXIT_FAILURE;
		}
		if (result.dead || result.failed || (!tars[i].confirms && result.signals))
			status = EXIT_FAILURE;
	}
	return status;
}

int main(int argc, char **argv)
{
	uint64_t n = 300, seconds = 3600; /* per tar */
	int arg = 1, status;

	if (arg < argc && strcmp(argv[arg], "--without-net") == 0) {
		without_net = true;
		arg++;
	}
	if ((arg < argc && str_to_u64(argv[arg], 10, &n) < 0) ||
		(arg + 1 < argc && str_to_u64(argv[arg + 1], 10, &seconds) < 0) || arg + 2 < argc) {
		fprintf(stderr, "usage: soak [--without-net] [N [SECONDS]]\n");
		return 2;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	ustar_make(archive);
	reactor = reactor_new();
	root = open("/", O_PATH | O_CLOEXEC);
	if (reactor < 0 || root < 0 || !mkdtemp(dir)) {
		perror("soak");
		return 2;
	}
	load_begin();
	status = run((unsigned)n, (unsigned)seconds);
	load_end();
	if (chdir(dir) == 0)
		(void)unlink("f");
	(void)rmdir(dir);
	return status;
}
