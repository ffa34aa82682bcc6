/* SPDX-License-Identifier: MIT */
#include "ui/lines/follow.h"

#include "core/report/event.h"
#include "core/service/service.h"
#include "device/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define RETRY_MS    100 /* retry a stopped line; POLLOUT is set before a whole line fits */
#define LEAVE_MS    200 /* limit for sending the rest after a signal */
#define PROGRESS_MS 225 /* at most 4 Hz, the rate of the engine, less its jitter */

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

FILE *follow_output(bool quiet)
{
	static FILE *nowhere;

	if (quiet && !nowhere)
		nowhere = fopen("/dev/null", "we");
	return quiet && nowhere ? nowhere : stdout;
}

static void on_signal(struct watch *watch, uint32_t events)
{
	struct follow *follow = container_of(watch, struct follow, signals);
	struct signalfd_siginfo info;

	(void)events;
	while (read(watch->fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		follow->hurries = true;
		if (follow->wish != FOLLOW_DETACH)
			follow->wish = info.ssi_signo == SIGHUP ? FOLLOW_DETACH : FOLLOW_CANCEL;
	}
}

int follow_init(struct follow *follow, int reactor, FILE *out, bool json)
{
	_cleanup_close_ int fd = -1;
	sigset_t set;
	int r;

	*follow = (struct follow){.json = json, .reactor = reactor, .out = out};
	follow->signals = (struct watch){.fd = -1, .ready = on_signal};
	plain_init(&follow->plain, out);
	if (reactor < 0)
		return reactor;
	/* ferror() reports a reader that closed its end. */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return -errno;
	signal_set(&set);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	follow->signals.fd = fd;
	r = reactor_add(reactor, &follow->signals, EPOLLIN);
	follow->signals.fd = r < 0 ? -1 : take_fd(&fd);
	return r;
}

void follow_finish(struct follow *follow)
{
	int fd = follow->signals.fd;
	sigset_t set;

	/* Already finished; screens shown since then keep the signals blocked. */
	if (fd < 0)
		return;
	/* Drop a late signal: it would kill the process and replace the exit code. */
	on_signal(&follow->signals, 0);
	reactor_remove(follow->reactor, &follow->signals);
	close_fd(&fd);
	signal_set(&set);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* ---- the line ---- */

/* Sends lines through a queue that never blocks on a stopped terminal. For a pipe or after an
 * error, there is no queue and lines are written directly. */
static void queue_begin(struct follow *follow)
{
	int fd = fileno(follow->out);

	(void)fflush(follow->out);
	if (fd < 0 || !isatty(fd) || term_output_init(&follow->term_output, fd) < 0)
		return;
	fd = fcntl(follow->term_output.queue, F_DUPFD_CLOEXEC, 3);
	follow->queue = fd < 0 ? NULL : fdopen(fd, "a");
	if (follow->queue)
		return;
	close_fd(&fd);
	term_output_finish(&follow->term_output);
}

/* Returns 0 if the queue is empty, 1 if not, -EIO if the line is gone. */
static int queue_send(struct follow *follow)
{
	if (!follow->queue)
		return 0;
	(void)fflush(follow->queue);
	return term_output_send(&follow->term_output);
}

/* Sends the whole queue, however long the line is stopped; after a signal, at most LEAVE_MS. */
static void queue_end(struct follow *follow)
{
	if (!follow->queue)
		return;
	while (queue_send(follow) > 0 && !follow->hurries)
		(void)reactor_dispatch(follow->reactor, RETRY_MS);
	if (follow->hurries)
		(void)term_output_drain(&follow->term_output, LEAVE_MS);
	(void)fclose(follow->queue);
	follow->queue = NULL;
	term_output_finish(&follow->term_output);
}

static FILE *output(const struct follow *follow)
{
	return follow->queue ? follow->queue : follow->out;
}

/* Standard error. If it is a terminal, it is the same line: use the queue to keep the order. */
static FILE *errors(const struct follow *follow)
{
	return follow->queue && isatty(STDERR_FILENO) ? follow->queue : stderr;
}

void follow_show(struct follow *follow, const struct snapshot *now)
{
	struct snapshot next = *now;
	uint64_t ms = now_ms();
	bool progress;

	/* A stopped line: a later snapshot includes the steps that end until then. */
	if (queue_send(follow) > 0 && !snapshot_ended(now))
		return;
	for (unsigned i = 0; i < STEP_COUNT; i++)
		if (follow->shown.steps[i].state > STEP_ACTIVE)
			next.steps[i] = follow->shown.steps[i];
	if (follow->json) {
		progress = event_progress_differs(&follow->reported, &next) &&
			   (snapshot_ended(&next) || ms - follow->reported_ms >= PROGRESS_MS);
		event_snapshot(output(follow), &follow->shown, &next, progress);
		if (progress) {
			follow->reported = next;
			follow->reported_ms = ms;
		}
	} else {
		follow->plain.out = output(follow);
		plain_snapshot(&follow->plain, &follow->shown, &next);
		follow->plain.out = follow->out;
	}
	follow->shown = next;
}

/* Shows the plan that the engine has completed. Its first problem is in the error of the result. */
static void show_plan(struct follow *follow, const struct snapshot *now)
{
	_cleanup_free_ struct plan_report *report = malloc(sizeof(*report));
	const struct plan_verdict *verdict;

	if (!follow->plan || !now->planned)
		return;
	if (!report || service_plan(now, report) < 0)
		return;
	follow->plan = false;
	verdict = &report->verdict;
	if (follow->json) {
		event_plan(output(follow), &report->plan, verdict);
	} else {
		follow->plain.out = output(follow);
		plain_plan(&follow->plain, &report->plan);
		follow->plain.out = follow->out;
	}
	for (uint32_t i = 1; i < verdict->count && i < PLAN_PROBLEMS_MAX; i++)
		plain_wrap(errors(follow), "boardstrap: ", verdict->problems[i].text);
}

/* The plan comes first, also for a viewer that came late. */
static void write_log(struct log_file *log, const struct snapshot *now)
{
	_cleanup_free_ struct plan_report *report = malloc(sizeof(*report));

	if (now->planned && !log->planned && report && service_plan(now, report) == 0)
		log_file_report(log, report);
	log_file_snapshot(log, now);
}

/* Starts a new line, after the ^C that the terminal echoed. */
static void print_detached(const struct follow *follow)
{
	if (isatty(STDERR_FILENO))
		fputc('\n', errors(follow));
	plain_wrap(errors(follow), "boardstrap: ", service_detached_text(0));
}

/* ---- the engine ---- */

static void on_service(struct watch *watch, uint32_t events)
{
	struct follow *follow = container_of(watch, struct follow, service);
	struct snapshot now;
	char text[600], sentence[602];
	int r;

	(void)events;
	if (follow->code >= 0)
		return;
	r = service_receive(watch->fd, &now);
	if (r == 0)
		return;
	if (r == -EPROTO) {
		plain_wrap(errors(follow), "boardstrap: ", service_detached_text(r));
		follow->code = EXIT_DETACHED;
		return;
	}
	if (r < 0) /* gone: read its result from the run state, or report its death */
		service_result(&follow->shown, &now);
	if (follow->log)
		write_log(follow->log, &now);
	/* The plan comes after the scan, and before the result. */
	if (!snapshot_ended(&now))
		follow_show(follow, &now);
	show_plan(follow, &now);
	if (!snapshot_ended(&now))
		return;
	follow_show(follow, &now);
	if (now.state != INSTALL_PASSED) {
		err_sentence(&now.err, text, sizeof(text));
		STR_FORMAT(sentence, "%s.", text);
		plain_wrap(errors(follow), "boardstrap: ", sentence);
	}
	follow->code = now.exit_code;
}

/* Watched only for errors and hang-up: the reader is gone. */
static void on_line(struct watch *watch, uint32_t events)
{
	(void)events;
	container_of(watch, struct follow, line)->lost = true;
}

/* Acts on the signals so far. Returns true if the follower must detach. */
static bool obey(struct follow *follow)
{
	enum follow_wish wish = follow->wish;

	follow->wish = FOLLOW_ON;
	if (wish == FOLLOW_CANCEL && !follow->watch)
		(void)service_send(follow->service.fd, SERVICE_CANCEL);
	else if (wish == FOLLOW_CANCEL && follow->code < 0)
		print_detached(follow);
	return wish == FOLLOW_DETACH || (wish == FOLLOW_CANCEL && follow->watch);
}

static void follow_on(struct follow *follow)
{
	int wait_ms = queue_send(follow) > 0 ? RETRY_MS : -1;
	int r = reactor_dispatch(follow->reactor, wait_ms);
	bool leaves = obey(follow);

	/* Once the result is known, its exit code counts, even if it could not be printed. */
	if (follow->code < 0 &&
		(r < 0 || leaves || follow->lost || queue_send(follow) < 0 || ferror(follow->out)))
		follow->code = EXIT_DETACHED;
}

int follow_engine(struct follow *follow, int service_fd)
{
	queue_begin(follow);
	follow->code = -1;
	follow->service = (struct watch){.fd = service_fd, .ready = on_service};
	follow->line = (struct watch){.fd = fileno(follow->out), .ready = on_line};
	if (reactor_add(follow->reactor, &follow->service, EPOLLIN) < 0)
		follow->code = EXIT_DETACHED;
	/* epoll refuses a regular file, which cannot hang up. */
	if (reactor_add(follow->reactor, &follow->line, 0) < 0)
		follow->line.fd = -1;
	while (follow->code < 0)
		follow_on(follow);
	reactor_remove(follow->reactor, &follow->service);
	reactor_remove(follow->reactor, &follow->line);
	queue_end(follow);
	return follow->code;
}
