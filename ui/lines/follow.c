/* SPDX-License-Identifier: MIT */
#include "ui/lines/follow.h"

#include "core/report/event.h"
#include "core/service/service.h"
#include "device/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define RETRY_MS    100 /* whether a stopped line takes more; POLLOUT comes too early for a line end */
#define LEAVE_MS    200 /* for what is left, once a signal has come */
#define PROGRESS_MS 225 /* events at most 4 Hz: that is the engine's pace, and it jitters */

static void signal_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

bool follow_has_screen(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

int follow_init(struct follow *follow, FILE *out, bool json)
{
	sigset_t set;

	*follow = (struct follow){.json = json, .out = out, .signals = -1};
	plain_init(&follow->plain, out);
	/* A reader that goes away is told by the stream's error. */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return -errno;
	signal_set(&set);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	follow->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return follow->signals < 0 ? -errno : 0;
}

void follow_finish(struct follow *follow)
{
	sigset_t set;

	/* Over, perhaps before screens were shown, which keep them blocked to the end. */
	if (follow->signals < 0)
		return;
	/* One that came too late would kill us now, in place of the exit code. */
	while (follow_signal(follow) != FOLLOW_ON)
		;
	close_fd(&follow->signals);
	signal_set(&set);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

enum follow_wish follow_signal(struct follow *follow)
{
	struct signalfd_siginfo info;
	enum follow_wish wish = FOLLOW_ON;

	while (read(follow->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			return FOLLOW_DETACH;
		wish = FOLLOW_CANCEL;
	}
	return wish;
}

/* ---- the line ---- */

/* Lines go into a queue from now on, and from there as the terminal takes them. Where that cannot be
 * had, they are written as before. */
static void queue_begin(struct follow *follow)
{
	int fd = fileno(follow->out);

	(void)fflush(follow->out);
	if (fd < 0 || !isatty(fd) || term_output_init(&follow->pump, fd) < 0)
		return;
	fd = fcntl(follow->pump.queue, F_DUPFD_CLOEXEC, 3);
	follow->queue = fd < 0 ? NULL : fdopen(fd, "a");
	if (follow->queue)
		return;
	close_fd(&fd);
	term_output_finish(&follow->pump);
}

/* 0 nothing is left, 1 something is; -EIO the line is gone. */
static int queue_send(struct follow *follow)
{
	if (!follow->queue)
		return 0;
	(void)fflush(follow->queue);
	return term_output_send(&follow->pump);
}

/* All of it, however long the line is stopped; but a signal ends that soon. */
static void queue_end(struct follow *follow)
{
	struct pollfd signals = {.fd = follow->signals, .events = POLLIN};

	if (!follow->queue)
		return;
	while (queue_send(follow) > 0 && !follow->hurries) {
		(void)poll(&signals, 1, RETRY_MS);
		follow->hurries = follow_signal(follow) != FOLLOW_ON;
	}
	if (follow->hurries)
		(void)term_output_drain(&follow->pump, LEAVE_MS);
	(void)fclose(follow->queue);
	follow->queue = NULL;
	term_output_finish(&follow->pump);
}

static FILE *output(const struct follow *follow)
{
	return follow->queue ? follow->queue : follow->out;
}

/* Standard error; on a terminal it is the same line. */
static FILE *errors(const struct follow *follow)
{
	return follow->queue && isatty(STDERR_FILENO) ? follow->queue : stderr;
}

void follow_show(struct follow *follow, const struct snapshot *now)
{
	struct snapshot next = *now;
	uint64_t ms = now_ms();
	bool progress;

	/* What has ended until the line takes more is told then. */
	if (queue_send(follow) > 0 && !snapshot_ended(now))
		return;
	for (unsigned i = 0; i < STEP_COUNT; i++)
		if (follow->shown.steps[i].state > STEP_ACTIVE)
			next.steps[i] = follow->shown.steps[i];
	if (follow->json) {
		progress = event_progress_differs(&follow->told, &next) &&
			   (snapshot_ended(&next) || ms - follow->told_ms >= PROGRESS_MS);
		event_snapshot(output(follow), &follow->shown, &next, progress);
		if (progress) {
			follow->told = next;
			follow->told_ms = ms;
		}
	} else {
		follow->plain.out = output(follow);
		plain_snapshot(&follow->plain, &follow->shown, &next);
		follow->plain.out = follow->out;
	}
	follow->shown = next;
}

/* On a line of its own, not behind the ^C that the terminal has echoed. */
static void say_detached(const struct follow *follow)
{
	if (isatty(STDERR_FILENO))
		fputc('\n', errors(follow));
	plain_wrap(
		errors(follow), "boardstrap: ", "the install goes on; boardstrap attach shows it");
}

/* The engine's socket has something. Returns an exit code, or -1 where it goes on. */
static int receive(struct follow *follow, int service_fd)
{
	struct snapshot now;
	char text[600], sentence[602];
	int r = service_receive(service_fd, &now);

	if (r == 0)
		return -1;
	if (r == -EPROTO) {
		plain_wrap(errors(follow),
			"boardstrap: ", "the install is run by another version of boardstrap");
		return EXIT_DETACHED;
	}
	if (r < 0) /* it has gone: were we too slow for its last word, or has it left none? */
		service_result(&follow->shown, &now);
	follow_show(follow, &now);
	if (!snapshot_ended(&now))
		return -1;
	if (now.state != INSTALL_PASSED) {
		err_sentence(&now.err, text, sizeof(text));
		STR_FORMAT(sentence, "%s.", text);
		plain_wrap(errors(follow), "boardstrap: ", sentence);
	}
	return now.exit_code;
}

static int follow_on(struct follow *follow, int service_fd)
{
	int code = -1;

	while (code < 0) {
		struct pollfd fds[] = {
			{.fd = service_fd, .events = POLLIN},
			{.fd = follow->signals, .events = POLLIN},
			{.fd = fileno(follow->out),
				.events = 0}, /* are told anyway: nobody reads */
		};

		if (poll(fds, ARRAY_SIZE(fds), queue_send(follow) > 0 ? RETRY_MS : -1) < 0 &&
			errno != EINTR)
			return EXIT_DETACHED;
		if (fds[1].revents) {
			enum follow_wish wish = follow_signal(follow);

			follow->hurries = follow->hurries || wish != FOLLOW_ON;
			if (wish == FOLLOW_DETACH)
				return EXIT_DETACHED;
			if (wish == FOLLOW_CANCEL && follow->watch) {
				say_detached(follow);
				return EXIT_DETACHED;
			}
			if (wish == FOLLOW_CANCEL)
				(void)service_send(service_fd, SERVICE_CANCEL);
		}
		if (fds[0].revents)
			code = receive(follow, service_fd);
		/* The result counts, even if it was not read. */
		if (code < 0 && (queue_send(follow) < 0 || ferror(follow->out) ||
					(fds[2].revents & (POLLERR | POLLHUP))))
			return EXIT_DETACHED;
	}
	return code;
}

int follow_engine(struct follow *follow, int service_fd)
{
	int code;

	queue_begin(follow);
	code = follow_on(follow, service_fd);
	queue_end(follow);
	return code;
}
