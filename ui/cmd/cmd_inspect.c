/* SPDX-License-Identifier: MIT */
#include "ui/cmd/cmd_inspect.h"

#include "core/archive/inspect.h"
#include "core/bootcheck/bootcheck.h"
#include "core/bootcheck/identities.h"
#include "core/install/err.h"
#include "core/process/reactor.h"
#include "core/report/event.h"
#include "core/report/json.h"
#include "device/base/human.h"
#include "device/base/util.h"
#include "device/layout/layout_file.h"
#include "ui/cmd/options.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TICK_MS 200

static int refuse(const char *sentence)
{
	fprintf(stderr, "boardstrap: %s.\n", sentence);
	return EXIT_REFUSED;
}

/* ---- for programs ---- */

static void write_problem(struct json *json, const char *code, const char *path, const char *text)
{
	json_begin_object(json, NULL);
	json_string(json, "code", code);
	json_string(json, "path", path);
	json_string(json, "text", text);
	json_end_object(json);
}

static bool is_sidecar_wrong(const struct archive_list *archives)
{
	for (uint32_t i = 0; i < archives->count; i++)
		if (archives->list[i].sidecar == SIDECAR_WRONG)
			return true;
	return false;
}

static void write_problems(struct json *json, const struct inspect_result *result)
{
	const struct manifest_totals *totals = &result->totals;

	json_begin_array(json, "problems");
	for (size_t i = 0; i < totals->problem_count && i < MANIFEST_PROBLEMS_MAX; i++)
		write_problem(json, totals->problems[i].code, totals->problems[i].path,
			totals->problems[i].text);
	/* Problems that are not in the totals: the file, the decompressor, the digest file. */
	if (is_sidecar_wrong(&result->archives))
		write_problem(json, "sidecar", "", result->error);
	else if (result->state == INSPECT_BAD && totals->problem_count == 0)
		write_problem(json, "file", "", result->error);
	json_end_array(json);
}

static void print_json(const struct inspect_result *result, const struct boot_report *boot)
{
	static const char *const sidecars[] = {
		[SIDECAR_NONE] = "none", [SIDECAR_OK] = "ok", [SIDECAR_WRONG] = "wrong"};
	const struct archive *archive = &result->archives.list[0];
	const struct manifest_totals *totals = &result->totals;
	struct json json;

	json_init(&json, stdout);
	json_begin_object(&json, NULL);
	json_string(&json, "format", "tar");
	json_string(&json, "compression", compression_name(archive->compression));
	json_string(&json, "sha256", *archive->sha256 ? archive->sha256 : NULL);
	json_string(&json, "sidecar", sidecars[archive->sidecar]);
	json_u64(&json, "archive_bytes", archive_list_bytes(&result->archives));
	json_u64(&json, "extracted_bytes", totals->stream_bytes);
	json_u64(&json, "entries", totals->entries);
	json_u64(&json, "files", totals->files);
	json_u64(&json, "dirs", totals->dirs);
	json_u64(&json, "links", totals->symlinks + totals->hardlinks);
	json_u64(&json, "devices", totals->devices);
	json_u64(&json, "xattrs", totals->xattrs);
	write_problems(&json, result);
	event_warnings(&json, &result->warnings);
	event_boot(&json, boot);
	json_bool(&json, "ok", result->state == INSPECT_OK);
	json_end_object(&json);
	json_end_line(&json);
}

/* For a file that is not an archive: there are no totals, only the reason. */
static void print_json_refusal(const char *why)
{
	struct json json;

	json_init(&json, stdout);
	json_begin_object(&json, NULL);
	json_null(&json, "format");
	json_begin_array(&json, "problems");
	write_problem(&json, "file", "", why);
	json_end_array(&json);
	json_bool(&json, "ok", false);
	json_end_object(&json);
	json_end_line(&json);
}

/* ---- for people ---- */

static void print_count(uint64_t count, const char *what)
{
	if (count > 0)
		printf(", %s %s", human_count(count).s, what);
}

static void print_boot(const struct boot_report *boot)
{
	char line[BOOT_DESCRIPTION_MAX];

	boot_describe(&boot->description, line);
	if (line[0])
		printf("System    %s\n", line);
	for (uint32_t i = 0; i < boot->findings.count; i++)
		printf("%-9s %s\n", boot_severity_title(boot->findings.list[i].severity),
			boot->findings.list[i].text);
}

static void print_sound(const struct inspect_result *result, const struct boot_report *boot)
{
	const struct archive *archive = &result->archives.list[0];
	const struct manifest_totals *totals = &result->totals;

	printf("Sound     tar, compression %s, ", compression_name(archive->compression));
	printf("%s -> ", human_size(archive_list_bytes(&result->archives)).s);
	printf("%s\n", human_size(totals->stream_bytes).s);
	printf("Entries   %s: ", human_count(totals->entries).s);
	printf("%s files, ", human_count(totals->files).s);
	printf("%s directories", human_count(totals->dirs).s);
	print_count(totals->symlinks, "symbolic links");
	print_count(totals->hardlinks, "hard links");
	print_count(totals->devices, "device nodes");
	printf("\nSpace     %s", human_size(totals->block_bytes).s);
	print_count(totals->sparse, "sparse");
	print_count(totals->xattrs, "with extended attributes");
	print_count(totals->acls, "with access control lists");
	printf("\nsha256    %s\n", archive->sha256);
	if (archive->sidecar == SIDECAR_OK)
		printf("          matches %s\n", archive->sidecar_name);
	for (uint32_t i = 1; i < result->archives.count; i++)
		printf("          %s  %s\n", archive[i].sha256, archive_name(&archive[i]));
	for (uint32_t i = 0; i < result->warnings.count; i++)
		printf("Warning   %s\n", result->warnings.list[i].text);
	print_boot(boot);
}

static void print_bad(const struct inspect_result *result)
{
	const struct manifest_totals *totals = &result->totals;

	for (size_t i = 0; i < totals->problem_count && i < MANIFEST_PROBLEMS_MAX; i++)
		printf("Problem   %s%s%s\n", totals->problems[i].path,
			*totals->problems[i].path ? ": " : "", totals->problems[i].text);
	if (totals->problem_count > MANIFEST_PROBLEMS_MAX)
		printf("          and %s more\n",
			human_count(totals->problem_count - MANIFEST_PROBLEMS_MAX).s);
	if (*result->archives.list[0].sha256)
		printf("sha256    %s\n", result->archives.list[0].sha256);
}

static void print_progress(const struct inspect_result *result)
{
	unsigned percent = result->archive_total
				   ? (unsigned)(100 * result->archive_done / result->archive_total)
				   : 0;

	fprintf(stderr, "\rreading  %3u %%  %s, ", percent,
		human_done_of(result->archive_done, result->archive_total, " / ").s);
	fprintf(stderr, "%s entries ", human_count(result->totals.entries).s);
}

/* ---- running ---- */

static void on_end(void *arg)
{
	*(bool *)arg = true;
}

static int run(struct inspect *inspect, int reactor, struct inspect_result *ret)
{
	bool ended = false, is_terminal = isatty(STDERR_FILENO);
	uint64_t shown_ms = 0;
	int r = 0;

	inspect_on_end(inspect, on_end, &ended);
	while (!ended && r >= 0) {
		r = reactor_dispatch(reactor, TICK_MS);
		if (!is_terminal || ended || now_ms() - shown_ms < TICK_MS)
			continue;
		shown_ms = now_ms();
		inspect_result(inspect, ret);
		print_progress(ret);
	}
	if (shown_ms)
		fprintf(stderr, "\r%*s\r", 60, "");
	inspect_result(inspect, ret);
	return r < 0 ? r : 0;
}

/* A disk of any size does for the check of what boots. */
#define DISK_BYTES GIB(64)

/* Places the layout that was asked for. Files of its blobs may be missing: what the archive starts does
 * not depend on them. 0, or -errno with a message in @diag. */
static int find_layout(const char *name, struct layout *ret, struct diag *diag)
{
	struct layout layout;
	uint64_t bytes;
	char folder[256];
	int r;

	layout_folder(folder);
	r = layout_resolve(name, folder, NULL, &layout, diag);
	if (r < 0)
		return r;
	bytes = layout_min_bytes(&layout);
	return layout_place(&layout, bytes > DISK_BYTES ? bytes : DISK_BYTES, 0, ret, diag);
}

/* Checks whether the archive boots: by itself, or with the layout that was asked for. */
static void check_boot(
	const struct manifest *manifest, struct layout *layout, struct boot_report *ret)
{
	struct identity_sources sources;

	if (layout->count > 0) {
		identities_take(manifest, layout, &sources);
		layout_assign_ids(layout, layout_random);
	}
	bootcheck(manifest, layout->count > 0 ? layout : NULL, ret);
}

static int inspect_archive(const struct options *options, int reactor)
{
	struct inspect_result result;
	struct boot_report boot = {0};
	struct layout layout = {0};
	struct archive_list archives;
	struct inspect *inspect;
	struct diag diag;
	int r;

	if (options->layout && find_layout(options->layout, &layout, &diag) < 0)
		return refuse(diag.text);
	/* Whether it boots depends on all archives and files of the layout. */
	archive_list_make(&archives, options->archive, options->layout ? &layout : NULL);
	inspect = inspect_new(
		reactor, &archives, options->layout ? &layout : NULL, &options->reading, &diag);
	if (!inspect) {
		str_sanitise(diag.text);
		if (options->json)
			print_json_refusal(diag.text);
		return refuse(diag.text);
	}
	r = run(inspect, reactor, &result);
	if (result.state == INSPECT_OK)
		check_boot(inspect_manifest(inspect), &layout, &boot);
	inspect_free(inspect);
	if (r < 0) {
		fprintf(stderr, "boardstrap: cannot wait for events: %s.\n", strerror(-r));
		return EXIT_REFUSED;
	}
	if (options->json)
		print_json(&result, &boot);
	else if (result.state == INSPECT_OK)
		print_sound(&result, &boot);
	else
		print_bad(&result);
	if (result.state == INSPECT_OK)
		return EXIT_OK;
	str_sanitise(result.error);
	return refuse(result.error);
}

int cmd_inspect(int argc, char **argv)
{
	_cleanup_close_ int reactor = -1;
	struct options options;
	struct diag diag;
	int r;

	if (options_parse(COMMAND_INSPECT, argc, argv, &options, &diag) < 0)
		return refuse(diag.text);
	if (!options.archive)
		return refuse(
			"inspect needs an archive, as in `boardstrap inspect rootfs.tar.zst`");
	if (strcmp(options.archive, "-") == 0)
		return refuse("the archive must be a file, not a pipe");
	reactor = reactor_new();
	if (reactor < 0)
		return refuse(strerror(-reactor));
	r = inspect_archive(&options, reactor);
	/* A script acts on the output: a lost part must not look like success. */
	if (fflush(stdout) != 0 || ferror(stdout))
		return refuse("the output could not be written");
	return r;
}
