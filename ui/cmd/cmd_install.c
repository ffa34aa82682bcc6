/* SPDX-License-Identifier: MIT */
#include "ui/cmd/cmd_install.h"

#include "core/disks/judge.h"
#include "core/process/reactor.h"
#include "core/report/event.h"
#include "core/service/service.h"
#include "device/base/human.h"
#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "device/disk/disk_scan.h"
#include "device/disk/probe.h"
#include "device/layout/layout_file.h"
#include "ui/app/app.h"
#include "ui/cmd/options.h"
#include "ui/lines/follow.h"
#include "ui/lines/scan_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct job {
	struct options options;
	struct layout layout;
	int root, reactor;
	struct disk target;
	struct follow follow;
	struct scan_lines scan;
	struct plan plan;
	struct plan_verdict verdict;
};

static void print_error(const char *sentence)
{
	fprintf(stderr, "boardstrap: %s\n", sentence);
}

/* Reports why nothing is written, and returns the exit code. */
static int refuse(struct job *job, const char *step, const char *sentence)
{
	print_error(sentence);
	if (job->options.json)
		event_refused(stdout, EXIT_REFUSED, step, sentence);
	return EXIT_REFUSED;
}

static int cancelled(struct job *job, const char *step)
{
	static const char sentence[] = "cancelled: nothing was written";

	print_error(sentence);
	if (job->options.json)
		event_refused(stdout, EXIT_CANCELLED, step, sentence);
	return EXIT_CANCELLED;
}

/* ---- the request ---- */

static int find_layout(struct job *job)
{
	const char *name = job->options.layout ? job->options.layout : layout_builtin(0)->name;
	struct diag diag;
	char folder[256];

	layout_folder(folder);
	if (layout_resolve(name, folder, &job->layout, &diag) < 0)
		return refuse(job, "check", diag.text);
	return 0;
}

static int find_tar(struct job *job)
{
	const char *asked = job->options.tar;
	char found[256], text[400];

	if (!asked || child_find_program(asked, found, sizeof(found)) == 0)
		return 0;
	STR_FORMAT(text, "--tar %s: not an executable program", asked);
	return refuse(job, "check", text);
}

/* Checks options and programs before any device is opened. Returns 0 or the exit code. */
static int check_request(struct job *job)
{
	const struct options *options = &job->options;
	int r;

	if (!options->target || !options->archive)
		return refuse(job, "check",
			!options->target
				? "install needs --target DEV|IMAGE (`boardstrap list` shows "
				  "the devices)"
				: "install needs --archive FILE");
	r = find_layout(job);
	if (r == 0)
		r = find_tar(job);
	if (r == 0 && geteuid() != 0)
		r = refuse(job, "check",
			"install needs root to write to a device: use sudo or a root shell");
	return r;
}

/* ---- the target ---- */

/* Refuses a bad target before the scan, which may take minutes. A dry run reports all problems
 * together, after the scan. */
static int judge_target(struct job *job)
{
	struct inuse_file files[PLAN_FILES_MAX];
	const struct judge_job asked = {
		.allow = job->options.allow,
		.files = files,
		.file_count = plan_files(job->options.archive, &job->layout, files),
	};
	char text[400], first[400] = "";

	judge_disk(job->root, &asked, &job->target);
	if (job->options.dry_run || job->target.reason_count == 0)
		return 0;
	for (uint32_t i = 0; i < job->target.reason_count && i < DISK_REASONS_MAX; i++) {
		const struct reason *reason = &job->target.reasons[i];

		STR_FORMAT(text, "%s is refused: %s. %s", job->target.name, reason->text,
			reason_advice(reason->code));
		print_error(text);
		if (i == 0)
			STR_COPY(first, text);
	}
	if (job->options.json)
		event_refused(stdout, EXIT_REFUSED, "check", first);
	return EXIT_REFUSED;
}

/* Probes the content and whether another process holds the target. This process may block on a bad
 * card; the engine does not probe again. */
static void probe_target(struct job *job)
{
	struct disk_content *content = &job->target.content;

	if (job->target.kind == DISK_IMAGE)
		return;
	probe_content(job->target.path, content);
	/* The engine waits for the lock, and has an exit code for a concurrent install. */
	if (content->hold == HOLD_LOCKED)
		content->hold = HOLD_NONE;
}

static int pick_target(struct job *job)
{
	char text[400];
	int r;

	job->root = sysroot_open("/");
	if (job->root < 0)
		return refuse(job, "check", strerror(-job->root));
	r = disk_scan_target(job->root, job->options.target, &job->target);
	if (r < 0) {
		STR_FORMAT(text, "the target %s cannot be used: %s", job->options.target,
			judge_target_error(r));
		return refuse(job, "check", text);
	}
	probe_target(job);
	return judge_target(job);
}

/* ---- the archive ---- */

static int read_archive(struct job *job)
{
	const struct manifest_totals *totals = &job->scan.archive.totals;
	struct diag diag;
	char text[400];
	int r = scan_lines_run(
		&job->scan, job->options.archive, &job->target, job->layout.name, &diag);

	if (r == 0)
		return 0;
	if (r == -ECANCELED)
		return cancelled(job, "scan");
	/* The first problem is in @diag; print the others. */
	for (uint32_t i = 1; i < totals->problem_count && i < MANIFEST_PROBLEMS_MAX; i++) {
		const struct manifest_problem *problem = &totals->problems[i];

		STR_FORMAT(
			text, "%s%s%s", problem->path, problem->path[0] ? ": " : "", problem->text);
		print_error(text);
	}
	return refuse(job, "scan", diag.text);
}

/* ---- the plan, and the question ---- */

static int make_plan(struct job *job)
{
	struct plan_request request = {
		.target = &job->target,
		.archive = &job->scan.archive,
		.manifest = inspect_manifest(job->scan.inspect),
		.layout = &job->layout,
		.tar_program = job->options.tar,
		.expect_id = job->options.expect_id,
		.allow = job->options.allow,
		.verify = !job->options.no_verify,
	};
	const struct plan_verdict *verdict = &job->verdict;
	struct plan_facts facts;

	plan_make(&job->plan, &request);
	plan_look(&facts, &job->plan, job->root);
	plan_check(&job->plan, &facts, &job->verdict);
	if (job->options.json)
		event_plan(stdout, &job->plan, verdict);
	else
		plain_plan(&job->follow.plain, &job->plan);
	if (verdict->count == 0)
		return 0;
	for (uint32_t i = 0; i < verdict->count && i < PLAN_PROBLEMS_MAX; i++)
		print_error(verdict->problems[i].text);
	if (job->options.json)
		event_refused(stdout, EXIT_REFUSED, "check", verdict->problems[0].text);
	return EXIT_REFUSED;
}

struct answer {
	struct watch input;
	char line[128];
	ssize_t length; /* -1: error, 0: end of file */
	bool done;
};

static void on_input(struct watch *watch, uint32_t events)
{
	struct answer *answer = container_of(watch, struct answer, input);

	(void)events;
	if (!answer->done)
		answer->length = read(watch->fd, answer->line, sizeof(answer->line) - 1);
	answer->done = true;
}

/* Reads a line from the terminal. Returns false on end of file, error or signal. */
static bool read_line(struct job *job, struct answer *ret)
{
	int r;

	*ret = (struct answer){.input = {.fd = STDIN_FILENO, .ready = on_input}};
	r = reactor_add(job->reactor, &ret->input, EPOLLIN);
	while (r >= 0 && !ret->done && job->follow.wish == FOLLOW_ON)
		r = reactor_dispatch(job->reactor, -1);
	reactor_remove(job->reactor, &ret->input);
	ret->line[strcspn(ret->line, "\r\n")] = '\0';
	return ret->length > 0 && job->follow.wish == FOLLOW_ON;
}

static int ask(struct job *job)
{
	const struct disk *target = &job->plan.target;
	struct answer answer;
	char word[32];

	if (job->follow.wish != FOLLOW_ON) /* a signal came right after the scan */
		return cancelled(job, "check");
	if (job->options.yes)
		return 0;
	if (job->options.json)
		return refuse(job, "check", "--json does not ask: use --yes to confirm writing");
	if (!isatty(STDIN_FILENO))
		return refuse(job, "check",
			"there is no terminal to ask on: use --yes to confirm writing");
	fprintf(stderr, "Everything on %s will be erased.\n", target->name);
	if (disk_confirm_word(target, word))
		fprintf(stderr, "Type the last four digits of its serial to begin: ");
	else
		fprintf(stderr, "Type its name, %s (%s), to begin: ", word,
			human_size(target->size_bytes).s);
	if (!read_line(job, &answer)) {
		fputc('\n', stderr);
		return cancelled(job, "check");
	}
	if (strcasecmp(answer.line, word) != 0)
		return refuse(job, "check", "the word does not match; nothing was written");
	return 0;
}

/* ---- the engine ---- */

static int run_engine(struct job *job)
{
	_cleanup_close_ int fd = -1;
	char text[200];
	int r;

	(void)fflush(stdout);
	r = service_start(&job->plan, inspect_manifest(job->scan.inspect), &fd);
	if (r < 0) {
		STR_FORMAT(text, "the engine could not be started: %s", strerror(-r));
		return refuse(job, "lock", text);
	}
	if (job->options.json || job->options.plain || !follow_has_screen())
		return follow_engine(&job->follow, fd);

	follow_finish(&job->follow);
	r = app_follow(fd);
	if (r >= 0) {
		(void)take_fd(&fd);
		return r;
	}
	/* The terminal cannot show screens. */
	r = follow_init(&job->follow, job->reactor, stdout, false);
	return r < 0 ? EXIT_DETACHED : follow_engine(&job->follow, fd);
}

static int run(struct job *job)
{
	int r = check_request(job);

	if (r == 0)
		r = pick_target(job);
	if (r != 0)
		return r;
	job->reactor = reactor_new();
	r = follow_init(&job->follow, job->reactor, stdout, job->options.json);
	if (r < 0)
		return refuse(job, "scan", strerror(-r));
	scan_lines_init(&job->scan, &job->follow);
	r = read_archive(job);
	if (r == 0)
		r = make_plan(job);
	if (r != 0 || job->options.dry_run)
		return r;
	r = ask(job);
	return r == 0 ? run_engine(job) : r;
}

int cmd_install(int argc, char **argv)
{
	struct job *job = calloc(1, sizeof(*job));
	struct diag diag;
	int r;

	if (!job)
		return EXIT_REFUSED;
	job->root = job->reactor = job->follow.signals.fd = -1;
	if (options_parse(COMMAND_INSTALL, argc, argv, &job->options, &diag) == 0) {
		r = run(job);
	} else {
		/* Parsing stopped: find --json, so that a program gets its result event. */
		for (int i = 1; i < argc; i++)
			job->options.json = job->options.json || strcmp(argv[i], "--json") == 0;
		r = refuse(job, "check", diag.text);
	}
	scan_lines_finish(&job->scan);
	follow_finish(&job->follow);
	close_fd(&job->reactor);
	close_fd(&job->root);
	free(job);
	return r;
}
