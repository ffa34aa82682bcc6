/* SPDX-License-Identifier: MIT */
#include "core/archive/inspect.h"

#include "core/archive/copies.h"
#include "core/archive/sidecar.h"
#include "core/bootcheck/boot_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_BYTES KIB(256)
#define PROGRESS_MS  200
#define TICK_MS	     100

/* What the children find out, in memory that they share with the engine. */
struct findings {
	/* Numbers of the archives that they are at, or have failed at; their count: the copies. */
	uint32_t reading, hashing;
	uint64_t copied;	      /* bytes of the copies that were read */
	struct archive_list archives; /* the digests and the numbers of each */
	/* The digest to compare with that of the sidecar. */
	char compared[ARCHIVES_MAX][DIGEST_HEX_MAX];
	struct archive_warnings warnings;
};

/* One of the archives. */
struct input {
	struct source source;
	struct sidecar sidecar; /* its name is "" if there is none */
	int stream, file;	/* descriptors for the children, until these are started */
};

struct inspect {
	int reactor;
	const struct layout *layout; /* borrowed until the children run; or NULL */
	uint32_t count, opened;
	struct input inputs[ARCHIVES_MAX];
	struct manifest *manifest;
	struct child reader, hasher;
	int reader_keeps[ARCHIVES_MAX + 2], hasher_keeps[ARCHIVES_MAX + 1];
	struct watch tick; /* its descriptor is owned */
	unsigned turn;
	uint64_t started_ms;
	unsigned strip;
	struct findings *found;
	struct inspect_result result;
	void (*ended)(void *arg);
	void *arg;
};

/* Runs in the reader. */
static int report_bytes(void *arg, uint64_t bytes)
{
	child_report_send(*(const int *)arg, bytes, 0);
	return 0;
}

/* Reads to the end, so that a decompressor goes on to its own verdict: damaged data often looks like
 * a bad tar archive at first. */
static void drain(int fd)
{
	static char buffer[KIB(64)];
	ssize_t length;

	do
		length = read(fd, buffer, sizeof(buffer));
	while (length > 0 || (length < 0 && errno == EINTR));
}

static uint64_t inodes(const struct manifest_totals *totals)
{
	return totals->entries - totals->hardlinks;
}

/* Reads one archive, and stores what it adds to the totals. */
static int read_archive(struct inspect *inspect, uint32_t i, int report_fd, struct diag *diag)
{
	struct manifest *manifest = inspect->manifest;
	struct archive *archive = &inspect->found->archives.list[i];
	struct manifest_totals before = *manifest_totals(manifest);
	const struct manifest_totals *after;
	int stream = inspect->inputs[i].stream, r;

	inspect->found->reading = i;
	r = manifest_set_archive(manifest, i, archive->folder);
	if (r == 0)
		r = manifest_append(manifest, stream, report_bytes, &report_fd, diag);
	if (r == -EBADMSG)
		drain(stream);
	after = manifest_totals(manifest);
	archive->stream_bytes = after->stream_bytes - before.stream_bytes;
	archive->block_bytes = after->block_bytes - before.block_bytes;
	archive->entries = after->entries - before.entries;
	archive->inodes = inodes(after) - inodes(&before);
	return r;
}

static int read_manifest(void *arg, int report_fd)
{
	struct inspect *inspect = arg;
	struct diag diag = {0};
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < inspect->count; i++) {
		r = read_archive(inspect, i, report_fd, &diag);
		/* Its decompressor may wait for a reader until then. */
		close_fd(&inspect->inputs[i].stream);
	}
	if (r == 0 && inspect->layout && inspect->layout->copy_count > 0) {
		inspect->found->reading = inspect->count;
		r = copies_read(inspect->manifest, inspect->layout, &inspect->found->copied, &diag);
	}
	if (r == 0)
		r = manifest_complete(inspect->manifest, &diag);
	if (r == 0 && inspect->count > 0)
		archive_warnings_find(inspect->manifest, inspect->strip, &inspect->found->warnings);
	return r < 0 && *diag.text ? child_report_fail(report_fd, r, "%s", diag.text) : r;
}

/* Computes the digests of one archive. @before counts the bytes of those before it, and is raised. 0, or
 * -errno, with *ret_unread set if the file could not be read. */
static int hash_archive(
	struct inspect *inspect, uint32_t i, uint64_t *before, int report_fd, bool *ret_unread)
{
	_cleanup_free_ unsigned char *buffer = malloc(BUFFER_BYTES);
	enum digest_kind kind = inspect->inputs[i].sidecar.kind;
	struct findings *found = inspect->found;
	struct digest sha = {0}, other = {0};
	uint64_t done = 0, reported_ms = now_ms();
	ssize_t length = 0;
	int r = buffer ? digest_begin(&sha, DIGEST_SHA256) : -ENOMEM;

	if (r == 0 && kind != DIGEST_SHA256)
		r = digest_begin(&other, kind);
	while (r == 0 &&
		(length = pread(inspect->inputs[i].file, buffer, BUFFER_BYTES, (off_t)done)) != 0) {
		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0) {
			*ret_unread = true;
			r = -errno;
			break;
		}
		digest_add(&sha, buffer, (size_t)length);
		if (other.context)
			digest_add(&other, buffer, (size_t)length);
		done += (uint64_t)length;
		if (now_ms() - reported_ms >= PROGRESS_MS) {
			reported_ms = now_ms();
			child_report_send(report_fd, *before + done, 0);
		}
	}
	if (r == 0)
		r = digest_end(&sha, found->compared[i]);
	(void)STR_COPY(found->archives.list[i].sha256, found->compared[i]);
	if (r == 0 && other.context)
		r = digest_end(&other, found->compared[i]);
	digest_finish(&sha);
	digest_finish(&other);
	*before += done;
	return r;
}

/* Runs in the hasher. */
static int hash_archives(void *arg, int report_fd)
{
	struct inspect *inspect = arg;
	uint64_t done = 0;
	bool unread = false;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < inspect->count; i++) {
		inspect->found->hashing = i;
		r = hash_archive(inspect, i, &done, report_fd, &unread);
	}
	if (unread)
		return child_report_fail(report_fd, r, "read error: %s", strerror(-r));
	return r < 0 ? r
		     : write_full(report_fd, &(struct child_report){.done = done},
			       sizeof(struct child_report));
}

/* Writes why a work child failed. */
static void explain(const struct child *child, char *ret, size_t size)
{
	if (*child->last.text)
		str_format(ret, size, "%s", child->last.text);
	else if (child->last.error)
		str_format(
			ret, size, "%s failed: %s", child->spec.name, strerror(-child->last.error));
	else
		child_why(child, ret, size);
}

/* True if the reader died without reading the stream to its end. The decompressor then failed only
 * because its reader was gone. */
static bool reader_died(const struct inspect *inspect)
{
	return !child_ok(&inspect->reader) && inspect->reader.last.error != -EBADMSG;
}

#define NO_FAULT UINT32_MAX

/* Returns the number of the first archive that is bad, inspect->count for the copies, and writes why, the
 * most likely cause first; NO_FAULT if nothing is wrong. */
static uint32_t find_fault(struct inspect *inspect, char *ret, size_t size)
{
	const struct manifest_totals *totals = manifest_totals(inspect->manifest);
	const struct manifest_problem *first = &totals->problems[0];
	const struct archive *archives = inspect->result.archives.list;
	struct diag diag;

	for (uint32_t i = 0; i < inspect->count; i++)
		if (!source_unchanged(&inspect->inputs[i].source)) {
			str_format(ret, size, "the file changed while it was read");
			return i;
		}
	if (!child_ok(&inspect->hasher)) {
		explain(&inspect->hasher, ret, size);
		return inspect->found->hashing;
	}
	/* The decompressors of the archives after that only lost their reader. */
	for (uint32_t i = 0;
		!reader_died(inspect) && i < inspect->count && i <= inspect->found->reading; i++)
		if (!source_ok(&inspect->inputs[i].source, &diag)) {
			str_format(ret, size, "%s", diag.text);
			return i;
		}
	if (!child_ok(&inspect->reader)) {
		explain(&inspect->reader, ret, size);
		return inspect->found->reading;
	}
	for (uint32_t i = 0; i < inspect->count; i++)
		if (archives[i].sidecar == SIDECAR_WRONG) {
			str_format(ret, size,
				"the %s in %s does not match: the file is damaged or another version",
				digest_name(archives[i].sidecar_kind), archives[i].sidecar_name);
			return i;
		}
	if (totals->problem_count == 0)
		return NO_FAULT;
	str_format(ret, size, "%s: %s%s", *first->path ? first->path : "an entry", first->text,
		totals->problem_count > 1 ? ", and more problems" : "");
	return first->archive == MANIFEST_NO_ARCHIVE ? inspect->count : first->archive;
}

/* The warnings of the reader, and those of the files. */
static void collect_warnings(struct inspect *inspect)
{
	struct inspect_result *result = &inspect->result;

	result->warnings = inspect->found->warnings;
	for (uint32_t i = 0; i < inspect->count; i++) {
		const struct archive *archive = &result->archives.list[i];

		if (archive->sidecar == SIDECAR_OK && digest_is_weak(archive->sidecar_kind))
			archive_warnings_add(&result->warnings, "weak-digest",
				"%s in %s finds accidents, but no tampering",
				digest_name(archive->sidecar_kind), archive->sidecar_name);
		if (source_has_padding(&inspect->inputs[i].source))
			archive_warnings_add(&result->warnings, "padding",
				"%s%spadding or other data follows the %s data; it is ignored",
				inspect->count > 1 ? archive_name(archive) : "",
				inspect->count > 1 ? ": " : "",
				compression_name(archive->compression));
	}
}

static void drop_tick(struct inspect *inspect)
{
	int fd = inspect->tick.fd;

	reactor_remove(inspect->reactor, &inspect->tick);
	close_fd(&fd);
}

static bool any_runs(const struct inspect *inspect)
{
	bool runs = child_is_running(&inspect->reader) || child_is_running(&inspect->hasher);

	for (uint32_t i = 0; i < inspect->count; i++)
		runs = runs || child_is_running(&inspect->inputs[i].source.decompressor);
	return runs;
}

/* Takes over what the children have found. */
static void take_findings(struct inspect *inspect)
{
	const struct findings *found = inspect->found;

	for (uint32_t i = 0; i < inspect->count; i++) {
		struct archive *archive = &inspect->result.archives.list[i];
		const struct archive *from = &found->archives.list[i];
		const struct sidecar *sidecar = &inspect->inputs[i].sidecar;

		archive->stream_bytes = from->stream_bytes;
		archive->block_bytes = from->block_bytes;
		archive->entries = from->entries;
		archive->inodes = from->inodes;
		if (!child_ok(&inspect->hasher) && i >= found->hashing)
			continue;
		STR_COPY(archive->sha256, from->sha256);
		if (*sidecar->name)
			archive->sidecar = strcmp(sidecar->hex, found->compared[i]) == 0
						   ? SIDECAR_OK
						   : SIDECAR_WRONG;
	}
}

/* A child has ended. Sets the result when all have. */
static void on_exit_any(struct child *child)
{
	struct inspect *inspect = child->spec.owner;
	struct inspect_result *result = &inspect->result;
	char fault[sizeof(result->error)];
	uint32_t bad;
	int r;

	if (any_runs(inspect))
		return;
	take_findings(inspect);
	result->state = INSPECT_BAD;
	bad = find_fault(inspect, fault, sizeof(fault));
	if (bad == NO_FAULT) {
		r = manifest_refresh(inspect->manifest);
		bad = 0;
		if (r == 0) {
			result->state = INSPECT_OK;
			collect_warnings(inspect);
		} else {
			STR_FORMAT(fault, "the manifest cannot be stored: %s", strerror(-r));
		}
	}
	if (result->state == INSPECT_BAD)
		STR_FORMAT(result->error, "%s: %s",
			bad < inspect->count ? archive_name(&result->archives.list[bad])
					     : "files of the layout",
			fault);
	result->elapsed_ms = now_ms() - inspect->started_ms;
	drop_tick(inspect);
	if (inspect->ended)
		inspect->ended(inspect->arg);
}

/* Polls for the end of children, which a kernel without pidfd does not report. One child per tick,
 * because the end of the last one may free @inspect. */
static void on_tick(struct watch *watch, uint32_t events)
{
	struct inspect *inspect = container_of(watch, struct inspect, tick);
	unsigned turn = inspect->turn++ % (inspect->count + 2);

	(void)events;
	reactor_timer_clear(watch->fd);
	child_poll(turn == 0   ? &inspect->reader
		   : turn == 1 ? &inspect->hasher
			       : &inspect->inputs[turn - 2].source.decompressor);
}

/* Opens the archive again for the hasher, since each open file has its own read-ahead. Returns the
 * descriptor, or -ESTALE if the path now names another file. */
static int open_again(const struct source *source)
{
	int fd = open(source->path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == source->id.dev &&
		st.st_ino == source->id.ino)
		return fd;
	close_fd(&fd);
	return -ESTALE;
}

/* Starts all decompressors: one whose turn has not come waits in its pipe. */
static int start_reader(struct inspect *inspect, const struct child_spec *spec)
{
	struct child_spec reader = *spec;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < inspect->count; i++) {
		struct input *input = &inspect->inputs[i];

		r = source_stream(
			&input->source, inspect->reactor, on_exit_any, inspect, &input->stream);
		inspect->reader_keeps[i] = input->stream;
	}
	if (r < 0)
		return r;
	inspect->reader_keeps[inspect->count] = manifest_fd(inspect->manifest);
	inspect->reader_keeps[inspect->count + 1] = -1;
	reader.name = "tar reader";
	reader.work = read_manifest;
	reader.keep_fds = inspect->reader_keeps;
	return child_start(&inspect->reader, inspect->reactor, &reader);
}

static void close_inputs(struct inspect *inspect)
{
	for (uint32_t i = 0; i < inspect->opened; i++) {
		close_fd(&inspect->inputs[i].stream);
		close_fd(&inspect->inputs[i].file);
	}
}

static int start(struct inspect *inspect)
{
	const struct child_spec hasher = {
		.name = "digest",
		.work = hash_archives,
		.arg = inspect,
		.keep_fds = inspect->hasher_keeps,
		.in = -1,
		.out = -1,
		.on_exit = on_exit_any,
		.owner = inspect,
	};
	int r;

	for (uint32_t i = 0; i < inspect->count; i++)
		inspect->hasher_keeps[i] = inspect->inputs[i].file;
	inspect->hasher_keeps[inspect->count] = -1;
	r = child_start(&inspect->hasher, inspect->reactor, &hasher);
	if (r == 0)
		r = start_reader(inspect, &hasher);
	close_inputs(inspect);
	if (r < 0)
		return r;
	inspect->tick.ready = on_tick;
	inspect->tick.fd = reactor_timer(TICK_MS, 0);
	if (inspect->tick.fd < 0)
		return inspect->tick.fd;
	return reactor_add(inspect->reactor, &inspect->tick, EPOLLIN);
}

/* Opens the archive with that number, and finds its sidecar. 0, or -errno with a message in @diag. */
static int open_input(struct inspect *inspect, uint32_t i, const struct archive_options *options,
	struct diag *diag)
{
	struct archive *archive = &inspect->result.archives.list[i];
	struct input *input = &inspect->inputs[i];
	int r = source_open(&input->source, archive->path, options, diag);

	if (r < 0)
		return r;
	inspect->opened++;
	input->stream = -1;
	input->file = open_again(&input->source);
	if (input->file < 0)
		return diag_fail(diag, input->file, "%s cannot be read: %s", archive->path,
			strerror(-input->file));
	r = sidecar_find(input->source.path, &input->sidecar);
	if (r < 0)
		return diag_fail(diag, r, "the digest file %s next to %s %s; correct or remove it",
			input->sidecar.name, archive->path,
			r == -ENOTUNIQ ? "has two different digests for it"
				       : "cannot be read or has no digest for it");
	STR_COPY(archive->path, input->source.path);
	archive->id = input->source.id;
	archive->compression = input->source.compression;
	STR_COPY(archive->sidecar_name, input->sidecar.name);
	archive->sidecar_kind = input->sidecar.kind;
	return 0;
}

/* Makes the manifest and the memory for the findings. 0 or -errno. */
static int prepare(struct inspect *inspect)
{
	void *memory = mmap(NULL, sizeof(*inspect->found), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return -errno;
	inspect->found = memory;
	inspect->found->archives = inspect->result.archives;
	inspect->manifest = manifest_new();
	if (!inspect->manifest)
		return -errno;
	manifest_strip(inspect->manifest, inspect->strip);
	manifest_keep(inspect->manifest, boot_files_keep);
	return 0;
}

struct inspect *inspect_new(int reactor, const struct archive_list *archives,
	const struct layout *layout, const struct archive_options *options, struct diag *diag)
{
	struct inspect *inspect = calloc(1, sizeof(*inspect));
	int r = 0;

	if (!inspect) {
		(void)diag_fail(diag, -ENOMEM, "out of memory");
		return NULL;
	}
	inspect->reactor = reactor;
	inspect->tick.fd = -1;
	inspect->started_ms = now_ms();
	inspect->layout = layout;
	inspect->count = archives->count;
	inspect->strip = options ? options->strip : 0;
	inspect->result.archives = *archives;
	child_init(&inspect->reader);
	child_init(&inspect->hasher);
	for (uint32_t i = 0; r == 0 && i < inspect->count; i++)
		r = open_input(inspect, i, options, diag);
	if (r == 0 && layout)
		r = copies_measure(layout, &inspect->result.copy_bytes, diag);
	if (r < 0) {
		inspect_free(inspect);
		return NULL;
	}
	inspect->result.archive_total =
		archive_list_bytes(&inspect->result.archives) + inspect->result.copy_bytes;
	r = prepare(inspect);
	if (r == 0)
		r = start(inspect);
	if (r < 0) {
		(void)diag_fail(diag, r, "%s cannot be read: %s",
			inspect->count > 0 ? archives->list[0].path : layout->file, strerror(-r));
		inspect_free(inspect);
		return NULL;
	}
	inspect->layout = NULL;
	return inspect;
}

void inspect_free(struct inspect *inspect)
{
	if (!inspect)
		return;
	drop_tick(inspect);
	child_finish(&inspect->reader);
	child_finish(&inspect->hasher);
	close_inputs(inspect);
	for (uint32_t i = 0; i < inspect->opened; i++)
		source_close(&inspect->inputs[i].source);
	manifest_free(inspect->manifest);
	if (inspect->found)
		(void)munmap(inspect->found, sizeof(*inspect->found));
	free(inspect);
}

void inspect_result(struct inspect *inspect, struct inspect_result *ret)
{
	struct inspect_result *result = &inspect->result;
	uint64_t read_bytes = 0, hashed = inspect->hasher.last.done, done;

	result->totals = *manifest_totals(inspect->manifest);
	for (uint32_t i = 0; i < inspect->count; i++)
		read_bytes += source_position(&inspect->inputs[i].source);
	done = (read_bytes < hashed ? read_bytes : hashed) + inspect->found->copied;
	if (done > result->archive_total)
		done = result->archive_total;
	/* A program that fails may put back what it has read ahead. */
	if (done > result->archive_done)
		result->archive_done = done;
	if (result->state == INSPECT_RUNNING)
		result->elapsed_ms = now_ms() - inspect->started_ms;
	*ret = *result;
}

struct manifest *inspect_manifest(struct inspect *inspect)
{
	return inspect->manifest;
}

void inspect_on_end(struct inspect *inspect, void (*ended)(void *arg), void *arg)
{
	inspect->ended = ended;
	inspect->arg = arg;
}
