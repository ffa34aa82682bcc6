/* SPDX-License-Identifier: MIT */
#include "core/archive/inspect.h"

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

struct inspect {
	int reactor;
	struct source source;
	struct manifest *manifest;
	struct child reader, hasher;
	int stream, archive; /* descriptors for the children, until these are started */
	int reader_keeps[3], hasher_keeps[2];
	struct watch tick; /* its descriptor is owned */
	unsigned turn;
	uint64_t started_ms;
	unsigned strip;
	struct archive_warnings *warnings; /* shared with the reader, which fills them in */
	struct sidecar sidecar;		   /* its name is "" if there is none */
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

static int read_manifest(void *arg, int report_fd)
{
	struct inspect *inspect = arg;
	struct diag diag = {0};
	int r = manifest_read(inspect->manifest, inspect->stream, report_bytes, &report_fd, &diag);

	if (r == 0)
		archive_warnings_find(inspect->manifest, inspect->strip, inspect->warnings);
	if (r == -EBADMSG)
		drain(inspect->stream);
	return r < 0 && *diag.text ? child_report_fail(report_fd, r, "%s", diag.text) : r;
}

/* Runs in the hasher. On success the text of the last report is the SHA-256, a blank, and the digest
 * to compare with that of the sidecar. */
static int hash_archive(void *arg, int report_fd)
{
	struct inspect *inspect = arg;
	_cleanup_free_ unsigned char *buffer = malloc(BUFFER_BYTES);
	enum digest_kind kind = inspect->sidecar.kind;
	struct digest sha = {0}, other = {0};
	char sha_hex[DIGEST_HEX_MAX], other_hex[DIGEST_HEX_MAX] = "";
	uint64_t done = 0, reported_ms = now_ms();
	struct child_report report = {0};
	ssize_t length;
	int r;

	r = buffer ? digest_begin(&sha, DIGEST_SHA256) : -ENOMEM;
	if (r == 0 && kind != DIGEST_SHA256)
		r = digest_begin(&other, kind);
	if (r < 0)
		return r;
	while ((length = pread(inspect->archive, buffer, BUFFER_BYTES, (off_t)done)) != 0) {
		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0) {
			r = -errno;
			digest_finish(&sha);
			digest_finish(&other);
			return child_report_fail(report_fd, r, "read error: %s", strerror(-r));
		}
		digest_add(&sha, buffer, (size_t)length);
		if (other.context)
			digest_add(&other, buffer, (size_t)length);
		done += (uint64_t)length;
		if (now_ms() - reported_ms >= PROGRESS_MS) {
			reported_ms = now_ms();
			child_report_send(report_fd, done, 0);
		}
	}
	r = digest_end(&sha, sha_hex);
	if (r == 0 && other.context)
		r = digest_end(&other, other_hex);
	if (r < 0)
		return r;
	report.done = done;
	STR_FORMAT(report.text, "%s %s", sha_hex, *other_hex ? other_hex : sha_hex);
	return write_full(report_fd, &report, sizeof(report));
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

/* Writes why the archive is bad, the most likely cause first. False if nothing is wrong. */
static bool find_fault(struct inspect *inspect, char *ret, size_t size)
{
	const struct manifest_totals *totals = manifest_totals(inspect->manifest);
	const struct manifest_problem *first = &totals->problems[0];
	struct inspect_result *result = &inspect->result;
	struct diag diag;

	if (!source_unchanged(&inspect->source)) {
		str_format(ret, size, "the file changed while it was read");
		return true;
	}
	if (!child_ok(&inspect->hasher)) {
		explain(&inspect->hasher, ret, size);
		return true;
	}
	if (!reader_died(inspect) && !source_ok(&inspect->source, &diag)) {
		str_format(ret, size, "%s", diag.text);
		return true;
	}
	if (!child_ok(&inspect->reader)) {
		explain(&inspect->reader, ret, size);
		return true;
	}
	if (result->sidecar == SIDECAR_WRONG) {
		str_format(ret, size,
			"the %s in %s does not match: the file is damaged or another version",
			digest_name(result->sidecar_kind), result->sidecar_name);
		return true;
	}
	if (totals->problem_count > 0) {
		str_format(ret, size, "%s: %s%s", *first->path ? first->path : "an entry",
			first->text, totals->problem_count > 1 ? ", and more problems" : "");
		return true;
	}
	return false;
}

/* The warnings of the reader, and those of the file. */
static void collect_warnings(struct inspect *inspect)
{
	struct inspect_result *result = &inspect->result;

	result->warnings = *inspect->warnings;
	if (result->sidecar == SIDECAR_OK && digest_is_weak(result->sidecar_kind))
		archive_warnings_add(&result->warnings, "weak-digest",
			"%s in %s finds accidents, but no tampering",
			digest_name(result->sidecar_kind), result->sidecar_name);
	if (source_has_padding(&inspect->source))
		archive_warnings_add(&result->warnings, "padding",
			"padding or other data follows the %s data; it is ignored",
			compression_name(inspect->source.compression));
}

static void drop_tick(struct inspect *inspect)
{
	int fd = inspect->tick.fd;

	reactor_remove(inspect->reactor, &inspect->tick);
	close_fd(&fd);
}

/* A child has ended. Sets the result when all have. */
static void on_exit_any(struct child *child)
{
	struct inspect *inspect = child->spec.owner;
	struct inspect_result *result = &inspect->result;
	const char *base = strrchr(result->path, '/');
	char fault[sizeof(result->error)];
	int r;

	if (child_is_running(&inspect->reader) || child_is_running(&inspect->hasher) ||
		child_is_running(&inspect->source.decompressor))
		return;
	if (child_ok(&inspect->hasher)) {
		const char *digests = inspect->hasher.last.text;

		(void)str_format(
			result->sha256, sizeof(result->sha256), "%.*s", SHA256_HEX - 1, digests);
		if (*inspect->sidecar.name)
			result->sidecar = strcmp(inspect->sidecar.hex, digests + SHA256_HEX) == 0
						  ? SIDECAR_OK
						  : SIDECAR_WRONG;
	}
	result->state = INSPECT_BAD;
	if (!find_fault(inspect, fault, sizeof(fault))) {
		r = manifest_refresh(inspect->manifest);
		if (r == 0) {
			result->state = INSPECT_OK;
			collect_warnings(inspect);
		} else {
			STR_FORMAT(fault, "the manifest cannot be stored: %s", strerror(-r));
		}
	}
	if (result->state == INSPECT_BAD)
		STR_FORMAT(result->error, "%s: %s", base ? base + 1 : result->path, fault);
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
	struct child *const children[] = {
		&inspect->reader, &inspect->hasher, &inspect->source.decompressor};

	(void)events;
	reactor_timer_clear(watch->fd);
	child_poll(children[inspect->turn++ % ARRAY_SIZE(children)]);
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

static int start(struct inspect *inspect)
{
	const struct child_spec hasher = {
		.name = "digest",
		.work = hash_archive,
		.arg = inspect,
		.keep_fds = inspect->hasher_keeps,
		.in = -1,
		.out = -1,
		.on_exit = on_exit_any,
		.owner = inspect,
	};
	struct child_spec reader = hasher;
	int r;

	inspect->hasher_keeps[0] = inspect->archive;
	inspect->hasher_keeps[1] = -1;
	r = child_start(&inspect->hasher, inspect->reactor, &hasher);
	if (r == 0)
		r = source_stream(
			&inspect->source, inspect->reactor, on_exit_any, inspect, &inspect->stream);
	if (r < 0)
		return r;
	reader.name = "tar reader";
	reader.work = read_manifest;
	reader.keep_fds = inspect->reader_keeps;
	inspect->reader_keeps[0] = inspect->stream;
	inspect->reader_keeps[1] = manifest_fd(inspect->manifest);
	inspect->reader_keeps[2] = -1;
	r = child_start(&inspect->reader, inspect->reactor, &reader);
	close_fd(&inspect->stream);
	close_fd(&inspect->archive);
	if (r < 0)
		return r;
	inspect->tick.ready = on_tick;
	inspect->tick.fd = reactor_timer(TICK_MS, 0);
	if (inspect->tick.fd < 0)
		return inspect->tick.fd;
	return reactor_add(inspect->reactor, &inspect->tick, EPOLLIN);
}

struct inspect *inspect_new(
	int reactor, const char *path, const struct archive_options *options, struct diag *diag)
{
	struct inspect *inspect = calloc(1, sizeof(*inspect));
	struct inspect_result *result;
	int r;

	if (!inspect) {
		(void)diag_fail(diag, -ENOMEM, "out of memory");
		return NULL;
	}
	inspect->reactor = reactor;
	inspect->stream = inspect->archive = inspect->tick.fd = -1;
	inspect->started_ms = now_ms();
	child_init(&inspect->reader);
	child_init(&inspect->hasher);
	if (source_open(&inspect->source, path, options, diag) < 0) {
		free(inspect);
		return NULL;
	}
	result = &inspect->result;
	STR_COPY(result->path, inspect->source.path);
	result->id = inspect->source.id;
	result->compression = inspect->source.compression;
	result->archive_total = inspect->source.id.size_bytes;

	r = sidecar_find(result->path, &inspect->sidecar);
	STR_COPY(result->sidecar_name, inspect->sidecar.name);
	result->sidecar_kind = inspect->sidecar.kind;
	if (r < 0) {
		(void)diag_fail(diag, r, "the digest file %s next to %s %s; correct or remove it",
			inspect->sidecar.name, path,
			r == -ENOTUNIQ ? "has two different digests for it"
				       : "cannot be read or has no digest for it");
		inspect_free(inspect);
		return NULL;
	}
	inspect->warnings = mmap(NULL, sizeof(*inspect->warnings), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (inspect->warnings == MAP_FAILED) {
		inspect->warnings = NULL;
		(void)diag_fail(diag, -errno, "%s cannot be read: %s", path, strerror(errno));
		inspect_free(inspect);
		return NULL;
	}
	inspect->manifest = manifest_new();
	inspect->archive = open_again(&inspect->source);
	inspect->strip = options ? options->strip : 0;
	if (inspect->manifest) {
		manifest_strip(inspect->manifest, inspect->strip);
		manifest_keep(inspect->manifest, boot_files_keep);
	}
	r = !inspect->manifest ? -errno : inspect->archive < 0 ? -ESTALE : start(inspect);
	if (r < 0) {
		(void)diag_fail(diag, r, "%s cannot be read: %s", path, strerror(-r));
		inspect_free(inspect);
		return NULL;
	}
	return inspect;
}

void inspect_free(struct inspect *inspect)
{
	if (!inspect)
		return;
	drop_tick(inspect);
	child_finish(&inspect->reader);
	child_finish(&inspect->hasher);
	source_close(&inspect->source);
	close_fd(&inspect->stream);
	close_fd(&inspect->archive);
	manifest_free(inspect->manifest);
	if (inspect->warnings)
		(void)munmap(inspect->warnings, sizeof(*inspect->warnings));
	free(inspect);
}

void inspect_result(struct inspect *inspect, struct inspect_result *ret)
{
	struct inspect_result *result = &inspect->result;
	uint64_t read_bytes, hashed, done;

	result->totals = *manifest_totals(inspect->manifest);
	read_bytes = source_position(&inspect->source);
	hashed = inspect->hasher.last.done;
	done = read_bytes < hashed ? read_bytes : hashed;
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
