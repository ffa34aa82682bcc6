/* SPDX-License-Identifier: MIT */
#include "ui/cmd/cmd_install.h"

#include "core/disks/judge.h"
#include "core/plan/plan_verdict.h"
#include "core/plan/trial.h"
#include "core/process/reactor.h"
#include "core/report/event.h"
#include "core/service/service.h"
#include "device/base/human.h"
#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "device/disk/disk_scan.h"
#include "device/disk/probe.h"
#include "device/layout/layout_file.h"
#include "device/target/target.h"
#include "ui/app/app.h"
#include "ui/cmd/options.h"
#include "ui/lines/follow.h"
#include "ui/lines/scan_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One call of the command: what it was asked for, and what it has found so far. */
struct run {
	struct options options;
	struct layout layout;
	struct archive_list archives; /* empty without an archive */
	int root, reactor;
	struct disk target;
	struct follow follow;
	struct log_file log;
	struct scan_lines scan;
	struct plan plan;
	struct plan_verdict verdict;
	struct plan_verdict early; /* of a dry run: problems found before the plan was checked */
	const char *early_step;	   /* of the first of them */
};

static void print_error(struct run *run, const char *sentence)
{
	fprintf(stderr, "boardstrap: %s\n", sentence);
	if (run->log.out)
		log_file_row(&run->log, sentence);
}

/* Reports why nothing is written, and returns @code. */
static int stop(struct run *run, int code, const char *step, const char *sentence)
{
	struct err why = {0};

	err_set(&why, code, step, "%s", sentence);
	print_error(run, sentence);
	if (run->options.json)
		event_refused(stdout, &why);
	return code;
}

/* Refuses; but a dry run goes on and reports all problems at its end. Returns 0 then. */
static int problem(struct run *run, const char *code, const char *step, const char *sentence)
{
	if (!run->options.dry_run)
		return stop(run, EXIT_REFUSED, step, sentence);
	if (!run->early_step)
		run->early_step = step;
	plan_problem_add(&run->early, code, "%s", sentence);
	return 0;
}

static int refuse(struct run *run, const char *step, const char *sentence)
{
	return stop(run, EXIT_REFUSED, step, sentence);
}

static int cancelled(struct run *run, const char *step)
{
	return stop(run, EXIT_CANCELLED, step, "cancelled: nothing was written");
}

/* ---- the request ---- */

/* Finds the layout with its archives. Returns 0, or -errno with a message in @diag and an empty layout. */
static int find_layout(struct run *run, struct diag *diag)
{
	const char *name = run->options.layout ? run->options.layout : layout_builtin(0)->name;
	char folder[256];
	int r;

	layout_folder(folder);
	r = layout_resolve(name, folder, &run->options.blobs, &run->layout, diag);
	if (r == 0)
		r = layout_check_files(&run->layout, scope_makes_table(run->options.scope), diag);
	if (r == 0)
		r = layout_take_archives(
			&run->layout, &run->options.archives, run->options.archive, diag);
	if (r < 0)
		run->layout = (struct layout){0};
	else if (!run->options.archive && run->options.scope == SCOPE_ALL)
		run->options.archive =
			layout_archive_of(&run->layout, layout_partition_of(&run->layout, ""));
	if (run->options.archive)
		archive_list_make(&run->archives, run->options.archive, &run->layout);
	return r;
}

/* plan_check, which a dry run always reaches, reports a missing tar too, and missing rights. */
static int find_tar(struct run *run)
{
	const char *asked = run->options.tar;
	char found[256], text[400];

	if (run->options.dry_run || !asked || child_find_program(asked, found, sizeof(found)) == 0)
		return 0;
	STR_FORMAT(text, "--tar %s: not an executable program", asked);
	return refuse(run, "check", text);
}

/* The log must not be the layout file either, not even one with a mistake. */
static int open_log(struct run *run, bool has_layout)
{
	const struct options *options = &run->options;
	struct layout layout = run->layout;
	struct diag diag;

	if (!has_layout && options->layout)
		(void)STR_COPY(layout.file, options->layout);
	if (!options->log || log_file_open(&run->log, options->log, options->archive,
				     options->target, &layout, &diag) == 0)
		return 0;
	return problem(run, "log", "check", diag.text);
}

/* Checks options and programs before any device is opened. Returns 0 or the exit code. */
static int check_request(struct run *run)
{
	const struct options *options = &run->options;
	bool may_name = options->layout || options->archives.count > 0;
	struct diag diag;
	int found, r;

	if (options->scope == SCOPE_BOOT && (!options->target || !options->layout))
		return refuse(run, "check",
			"install --only boot needs --target DEV|IMAGE and --layout NAME|FILE (`boardstrap "
			"list` shows the devices)");
	if (options->scope == SCOPE_ALL && (!options->target || (!options->archive && !may_name)))
		return refuse(run, "check",
			options->archive || may_name
				? "install needs --target DEV|IMAGE (`boardstrap list` "
				  "shows the devices)"
			: options->target ? "install needs --archive FILE"
					  : "install needs --target DEV|IMAGE and --archive FILE "
					    "(`boardstrap list` shows the devices)");
	if (options->quiet && !options->yes && !options->dry_run)
		return refuse(run, "check", "--quiet does not ask: use --yes to confirm writing");
	found = find_layout(run, &diag);
	if (found == 0 && options->scope == SCOPE_ALL && !options->archive) {
		run->options.scope = scope_of_layout(&run->layout);
		if (scope_has_archive(options->scope))
			return refuse(run, "check", "install needs --archive FILE for this layout");
		if (options_check_scope(options, &diag) < 0)
			return refuse(run, "check", diag.text);
	}
	if (found == 0 && options->blobs.images && !run->layout.images[0])
		return refuse(run, "check",
			"--images is for a genimage.cfg: leave it out, or name one with --layout FILE");
	r = open_log(run, found == 0);
	if (r == 0 && found < 0)
		r = problem(run, "layout-file", "check", diag.text);
	if (r == 0)
		r = find_tar(run);
	if (r == 0 && !options->dry_run && geteuid() != 0)
		r = refuse(run, "check",
			"install needs root to write to a device: use sudo or a root shell");
	return r;
}

/* ---- the target ---- */

/* The mounts and holders of a target that another install writes to would be the wrong reason to
 * refuse it. */
static int check_lock(struct run *run)
{
	struct lock_owner owner;
	char text[400];

	if (run->options.dry_run || !target_locked_by(run->root, &run->target, &owner))
		return 0;
	service_describe_owner(&owner);
	lock_sentence(run->target.name, &owner, text, sizeof(text));
	return stop(run, EXIT_LOCKED, "check", text);
}

/* Refuses a bad target before the scan, which may take minutes. A dry run reports all problems
 * together, after the scan. */
static int judge_target(struct run *run)
{
	struct inuse_file files[PLAN_FILES_MAX];
	const struct judge_job asked = {
		.allow = run->options.allow,
		.files = files,
		.file_count = plan_files(&run->archives, &run->layout, files),
	};
	struct err first = {0};

	judge_disk(run->root, &asked, &run->target);
	if (run->options.dry_run || run->target.reason_count == 0)
		return 0;
	for (uint32_t i = 0; i < run->target.reason_count && i < DISK_REASONS_MAX; i++) {
		const struct reason *reason = &run->target.reasons[i];
		struct err why = {0};
		char sentence[sizeof(why.text) + sizeof(why.next) + 4];

		err_set(&why, EXIT_REFUSED, "check", "%s is refused: %s", run->target.name,
			reason->text);
		STR_COPY(why.next, reason_advice(reason->code));
		err_sentence(&why, sentence, sizeof(sentence));
		print_error(run, sentence);
		if (i == 0)
			first = why;
	}
	if (run->options.json)
		event_refused(stdout, &first);
	return EXIT_REFUSED;
}

/* Probes the content and whether another process holds the target. This process may block on a bad
 * card; the engine does not probe again. */
static void probe_target(struct run *run)
{
	struct disk_content *content = &run->target.content;

	probe_content(run->target.path, content);
	/* plan_check has its own words for a lock. */
	if (content->hold == HOLD_LOCKED)
		content->hold = HOLD_NONE;
}

static int pick_target(struct run *run)
{
	char text[400];
	int r;

	run->root = sysroot_open("/");
	if (run->root < 0)
		return refuse(run, "check", strerror(-run->root));
	r = disk_scan_target(run->root, run->options.target, &run->target);
	if (r < 0) {
		run->target = (struct disk){0};
		STR_FORMAT(text, "the target %s cannot be used: %s", run->options.target,
			judge_target_error(r));
		return problem(run, "target", "check", text);
	}
	r = check_lock(run);
	if (r != 0)
		return r;
	probe_target(run);
	return judge_target(run);
}

/* ---- the archive ---- */

static int read_archive(struct run *run)
{
	const struct manifest_totals *totals = &run->scan.archive.totals;
	struct diag diag;
	char text[400];
	int r = scan_lines_run(&run->scan, &run->archives, &run->layout, &run->options.reading,
		&run->target, &diag);

	if (r == 0)
		return 0;
	if (r == -ECANCELED)
		return cancelled(run, "scan");
	if (run->options.dry_run)
		(void)problem(run, "archive", "scan", diag.text);
	/* The first problem is in @diag; print the others. */
	for (uint32_t i = 1; i < totals->problem_count && i < MANIFEST_PROBLEMS_MAX; i++) {
		const struct manifest_problem *entry = &totals->problems[i];

		STR_FORMAT(text, "%s%s%s", entry->path, entry->path[0] ? ": " : "", entry->text);
		if (run->options.dry_run)
			(void)problem(run, "archive", "scan", text);
		else
			print_error(run, text);
	}
	return run->options.dry_run ? 0 : refuse(run, "scan", diag.text);
}

/* ---- the plan, and the question ---- */

static bool was_signalled(void *arg)
{
	struct run *run = arg;

	return reactor_dispatch(run->reactor, 0) < 0 || run->follow.wish != FOLLOW_ON;
}

/* Like the engine before it writes. A plan with other problems may have nothing to try. Returns 0, or
 * the exit code after a signal. */
static int try_filesystems(struct run *run)
{
	struct trial trial;
	char text[240];
	int r;

	if (run->verdict.count > 0 || run->plan.scope == SCOPE_BOOT)
		return 0;
	r = trial_run_apart(&trial, &run->plan, was_signalled, run);
	if (r == -ECANCELED)
		return cancelled(run, "check");
	if (r < 0)
		(void)STR_COPY(trial.untried, "there is no process for it");
	else
		trial_check(&run->plan, &trial, &run->verdict);
	if (!trial.untried[0])
		return 0;
	STR_FORMAT(text, "Not every filesystem was tried: %s", trial.untried);
	print_error(run, text);
	if (run->options.json)
		event_message(stdout, 1, text);
	return 0;
}

static void begin_plan(struct run *run)
{
	const struct plan_request request = {
		.scope = run->options.scope,
		.target = &run->target,
		.archive = run->options.archive,
		.archive_options = run->options.reading,
		.layout = &run->layout,
		.tar_program = run->options.tar,
		.expect_id = run->options.expect_id,
		.allow = run->options.allow,
		.verify = !run->options.no_verify,
	};

	plan_begin(&run->plan, &request);
}

/* Puts the problems that a dry run found earlier before those of the check. */
static void add_early(struct run *run)
{
	struct plan_verdict all = run->early;

	for (uint32_t i = 0; i < run->verdict.count && i < PLAN_PROBLEMS_MAX; i++)
		plan_problem_add(
			&all, run->verdict.problems[i].code, "%s", run->verdict.problems[i].text);
	run->verdict = all;
}

static int complete_plan(struct run *run)
{
	const struct plan_verdict *verdict = &run->verdict;
	bool is_read = run->scan.archive.state == INSPECT_OK;
	struct plan_facts facts;
	struct err why = {0};
	int code = 0;

	plan_complete(&run->plan, is_read ? &run->scan.archive : NULL,
		is_read ? inspect_manifest(run->scan.inspect) : NULL);
	plan_look(&facts, &run->plan, run->root);
	service_describe_owner(&facts.owner);
	plan_check(&run->plan, &facts, &run->verdict);
	add_early(run);
	if (run->options.dry_run)
		code = try_filesystems(run);
	if (code != 0)
		return code;
	if (run->options.json)
		event_plan(stdout, &run->plan, verdict);
	else if (run->plan.complete)
		plain_plan(&run->follow.plain, &run->plan);
	if (run->log.out && run->plan.complete)
		log_file_plan(&run->log, &run->plan);
	if (verdict->count == 0)
		return 0;
	for (uint32_t i = 0; i < verdict->count && i < PLAN_PROBLEMS_MAX; i++)
		print_error(run, verdict->problems[i].text);
	code = facts.locked ? EXIT_LOCKED : EXIT_REFUSED;
	err_set(&why, code, run->early_step ? run->early_step : "check", "%s",
		verdict->problems[0].text);
	if (run->options.json)
		event_refused(stdout, &why);
	return code;
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
static bool read_line(struct run *run, struct answer *ret)
{
	int r;

	*ret = (struct answer){.input = {.fd = STDIN_FILENO, .ready = on_input}};
	r = reactor_add(run->reactor, &ret->input, EPOLLIN);
	while (r >= 0 && !ret->done && run->follow.wish == FOLLOW_ON)
		r = reactor_dispatch(run->reactor, -1);
	reactor_remove(run->reactor, &ret->input);
	ret->line[strcspn(ret->line, "\r\n")] = '\0';
	return ret->length > 0 && run->follow.wish == FOLLOW_ON;
}

static int ask(struct run *run)
{
	const struct scope_words *words = scope_words(run->plan.scope);
	const struct disk *target = &run->plan.target;
	struct answer answer;
	char word[32];

	if (run->follow.wish != FOLLOW_ON) /* a signal came right after the scan */
		return cancelled(run, "check");
	if (run->options.json)
		return refuse(run, "check", "--json does not ask: use --yes to confirm writing");
	if (!isatty(STDIN_FILENO))
		return refuse(run, "check",
			"there is no terminal to ask on: use --yes to confirm writing");
	fprintf(stderr, "%s%s%s.\n", words->loss[0], target->name, words->loss[1]);
	if (disk_confirm_word(target, word))
		fprintf(stderr, "Type the last four digits of its serial to begin: ");
	else
		fprintf(stderr, "Type its name, %s (%s), to begin: ", word,
			human_size(target->size_bytes).s);
	if (!read_line(run, &answer)) {
		fputc('\n', stderr);
		return cancelled(run, "check");
	}
	if (strcasecmp(answer.line, word) != 0)
		return refuse(run, "check", "the word does not match; nothing was written");
	return 0;
}

/* ---- the engine ---- */

/* Initialises run->follow. Returns 0 or -errno. */
static int follow_lines(struct run *run)
{
	int r = follow_init(
		&run->follow, run->reactor, follow_output(run->options.quiet), run->options.json);

	run->follow.log = run->log.out ? &run->log : NULL;
	return r;
}

/* Shows the engine in lines, with the plan if the front end has not shown it. */
static int follow_in_lines(struct run *run, int fd)
{
	run->follow.plan = !run->plan.complete;
	return follow_engine(&run->follow, fd);
}

static int run_engine(struct run *run)
{
	_cleanup_close_ int fd = -1;
	char text[200];
	int r;

	(void)fflush(stdout);
	r = service_start(
		&run->plan, run->scan.inspect ? inspect_manifest(run->scan.inspect) : NULL, &fd);
	if (r < 0) {
		STR_FORMAT(text, "the engine could not be started: %s", strerror(-r));
		return refuse(run, "lock", text);
	}
	if (run->options.json || run->options.plain || run->options.quiet || !follow_has_screen())
		return follow_in_lines(run, fd);

	follow_finish(&run->follow);
	r = app_follow(fd, run->log.out ? &run->log : NULL, APP_RESTART_PROGRAM);
	if (r >= 0) {
		(void)take_fd(&fd);
		return r;
	}
	/* The terminal cannot show screens. */
	r = follow_lines(run);
	if (r < 0) {
		print_error(run, service_detached_text(0));
		return EXIT_DETACHED;
	}
	return follow_in_lines(run, fd);
}

static int run_install(struct run *run)
{
	int r = check_request(run);

	if (r == 0)
		r = pick_target(run);
	if (r != 0)
		return r;
	run->reactor = reactor_new();
	r = follow_lines(run);
	if (r < 0)
		return refuse(run, "scan", strerror(-r));
	begin_plan(run);
	/* If no question is left, a lost terminal must not end the install, not even its scan. */
	if (run->options.yes && !run->options.dry_run)
		return run_engine(run);
	scan_lines_init(&run->scan, &run->follow);
	if (run->archives.count > 0 || run->options.scope == SCOPE_FILES)
		r = read_archive(run);
	if (r == 0)
		r = complete_plan(run);
	if (r == 0 && !run->options.dry_run)
		r = ask(run);
	return r != 0 || run->options.dry_run ? r : run_engine(run);
}

int cmd_install(int argc, char **argv)
{
	struct run *run = calloc(1, sizeof(*run));
	struct diag diag;
	int r;

	if (!run)
		return EXIT_REFUSED;
	run->root = run->reactor = run->follow.signals.fd = -1;
	if (options_parse(COMMAND_INSTALL, argc, argv, &run->options, &diag) == 0) {
		r = run_install(run);
	} else {
		/* Parsing stopped: find --json, so that a program gets its result event. */
		for (int i = 1; i < argc; i++)
			run->options.json = run->options.json || strcmp(argv[i], "--json") == 0;
		r = refuse(run, "check", diag.text);
	}
	scan_lines_finish(&run->scan);
	follow_finish(&run->follow);
	log_file_close(&run->log);
	close_fd(&run->reactor);
	close_fd(&run->root);
	free(run);
	return r;
}
