/* SPDX-License-Identifier: MIT */
#include "ui/cmd/cmd_attach.h"

#include "core/report/event.h"
#include "core/service/service.h"
#include "device/base/util.h"
#include "ui/app/app.h"
#include "ui/cmd/options.h"
#include "ui/lines/follow.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MS 3000 /* a running engine sends its state and starts to cancel within this time */

static int refuse(const char *sentence)
{
	fprintf(stderr, "boardstrap: %s\n", sentence);
	return EXIT_REFUSED;
}

/* Engines are found by the name of their target. A path, as --target takes, is turned into it; its
 * links are followed, because the engine has done that too. */
static void name_target(struct options *options)
{
	static char real[PATH_MAX];

	if (!options->name || !strchr(options->name, '/'))
		return;
	if (realpath(options->name, real))
		options->name = real;
	if (strrchr(options->name, '/')[1])
		options->name = strrchr(options->name, '/') + 1;
}

/* Returns 0, or the exit code after printing the error. */
static int parse(enum command command, int argc, char **argv, struct options *ret)
{
	struct diag diag;

	if (options_parse(command, argc, argv, ret, &diag) < 0)
		return refuse(diag.text);
	name_target(ret);
	return 0;
}

static int refuse_connect(enum command command, const char *name, int r)
{
	char text[200];

	if (r == -ENOENT && name)
		STR_FORMAT(text, "no install is running on %s", name);
	else if (r == -ENOENT)
		STR_COPY(text, "no install is running");
	else if (r == -E2BIG)
		STR_FORMAT(text,
			"several installs are running: name a target, as in `boardstrap %s mmcblk1`",
			command_name(command));
	else if (r == -EACCES || r == -EPERM)
		STR_FORMAT(text, "%s needs root", command_name(command));
	else
		STR_FORMAT(text, "cannot communicate with the engine: %s", strerror(-r));
	return refuse(text);
}

int cmd_attach(int argc, char **argv)
{
	_cleanup_close_ int fd = -1, reactor = -1;
	_cleanup_log_file_ struct log_file log = {0};
	struct options options;
	struct follow follow;
	struct diag diag;
	int r = parse(COMMAND_ATTACH, argc, argv, &options);

	if (r != 0)
		return r;
	if (options.log && log_file_open(&log, options.log, NULL, NULL, NULL, &diag) < 0)
		return refuse(diag.text);
	fd = service_connect(options.name);
	if (fd < 0)
		return refuse_connect(COMMAND_ATTACH, options.name, fd);
	if (!options.plain && !options.json && !options.quiet && follow_has_screen()) {
		r = app_follow(fd, options.log ? &log : NULL, APP_RESTART_PROGRAM);
		if (r >= 0) {
			(void)take_fd(&fd);
			return r;
		}
	}
	reactor = reactor_new();
	r = follow_init(&follow, reactor, follow_output(options.quiet), options.json);
	follow.watch = true;
	follow.log = options.log ? &log : NULL;
	if (r < 0) {
		(void)refuse(service_detached_text(0));
		r = EXIT_DETACHED;
	} else {
		r = follow_engine(&follow, fd);
	}
	follow_finish(&follow);
	return r;
}

/* Waits for a snapshot until @until_ms. Returns 0, -ETIMEDOUT, or -errno of service_receive. */
static int next_snapshot(int fd, uint64_t until_ms, struct snapshot *ret)
{
	for (;;) {
		struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
		uint64_t now = now_ms();
		int r;

		if (now >= until_ms)
			return -ETIMEDOUT;
		(void)poll(&poll_fd, 1, (int)(until_ms - now));
		r = service_receive(fd, ret);
		if (r != 0)
			return r < 0 ? r : 0;
	}
}

int cmd_status(int argc, char **argv)
{
	_cleanup_close_ int fd = -1;
	struct options options;
	struct snapshot snapshot;
	struct plain plain;
	int r = parse(COMMAND_STATUS, argc, argv, &options);

	if (r != 0)
		return r;
	fd = service_connect(options.name);
	if (fd < 0 && fd != -ENOENT)
		return refuse_connect(COMMAND_STATUS, options.name, fd);
	r = fd < 0 ? fd : next_snapshot(fd, now_ms() + ANSWER_MS, &snapshot);
	/* No install runs, or it has just ended. */
	if (r == -ENOENT || r == -EPIPE) {
		r = service_last(options.name, &snapshot);
		if (r == -ENOENT)
			return refuse(
				"no install is running, and none has ended since the last boot");
	}
	if (r < 0)
		return refuse_connect(COMMAND_STATUS, options.name, r);
	plain_init(&plain, stdout);
	if (options.json)
		event_status(stdout, &snapshot);
	else
		plain_status(&plain, &snapshot);
	return ferror(stdout) ? EXIT_FAILED : EXIT_OK;
}

int cmd_cancel(int argc, char **argv)
{
	_cleanup_close_ int fd = -1;
	struct options options;
	struct snapshot snapshot = {0};
	uint64_t until_ms = now_ms() + ANSWER_MS;
	int r = parse(COMMAND_CANCEL, argc, argv, &options);

	if (r != 0)
		return r;
	fd = service_connect(options.name);
	if (fd < 0)
		return refuse_connect(COMMAND_CANCEL, options.name, fd);
	r = service_send(fd, SERVICE_CANCEL);
	while (r == 0 && !snapshot_ended(&snapshot)) {
		r = next_snapshot(fd, until_ms, &snapshot);
		/* Stopping children and unmounting may take long; the engine limits it. */
		if (r == 0 && snapshot.state == INSTALL_CANCELLING)
			until_ms = now_ms() + 60000;
	}
	if (r == -ETIMEDOUT && snapshot.state == INSTALL_RUNNING)
		return refuse(
			"the install was not cancelled: another front end controls it. Cancel it "
			"there");
	if (r < 0)
		return refuse_connect(COMMAND_CANCEL, options.name, r);
	if (snapshot.state != INSTALL_CANCELLED)
		return refuse("the install ended before it could be cancelled");
	printf("%s\n", snapshot.err.text);
	return EXIT_OK;
}
