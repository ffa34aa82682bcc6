/* SPDX-License-Identifier: MIT */
#include "core/install/extract.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define LET_GO_MS   30000 /* a healthy decompressor exits sooner after its last output */
#define TAR_MUTE_MS 10000 /* a tar silent for this long never answers: a wrapper, for example */

void extract_init(struct extract *extract)
{
	*extract = (struct extract){.reactor = -1, .stream.fd = -1, .source.fd = -1};
	child_init(&extract->source.decompressor);
	tar_init(&extract->tar);
}

int extract_open(struct extract *extract, const char *path, const struct archive_options *options,
	struct diag *diag)
{
	return source_open(&extract->source, path, options, diag);
}

/* A decompressor that still writes then dies of SIGPIPE. */
static void close_stream(struct extract *extract)
{
	int fd = extract->stream.fd;

	reactor_remove(extract->reactor, &extract->stream);
	extract->stream.fd = -1;
	close_fd(&fd);
}

static void end(struct extract *extract, const char *why)
{
	extract->running = false;
	extract->spec.on_end(extract->spec.owner, why);
}

static void __attribute__((format(printf, 2, 3)))
fail(struct extract *extract, const char *format, ...)
{
	char why[300];
	va_list args;

	if (!extract->running)
		return;
	va_start(args, format);
	(void)str_vformat(why, sizeof(why), format, args);
	va_end(args);
	end(extract, why);
}

static void end_if_complete(struct extract *extract)
{
	if (!extract->running || !extract->tar_done || extract->stream.fd >= 0 ||
		child_is_running(&extract->source.decompressor))
		return;
	if (!source_unchanged(&extract->source)) {
		fail(extract, "%s was changed or removed while it was extracted",
			extract->spec.archive);
		return;
	}
	extract->archive_bytes = extract->source.id.size_bytes;
	extract->extracted_bytes = extract->spec.stream_bytes;
	extract->tar_answers = true;
	end(extract, NULL);
}

/* Reads the padding after the end of the archive, which tar leaves in the pipe. Unread, it would
 * kill the decompressor with SIGPIPE and make its exit status worthless. */
static void drain(struct watch *watch, uint32_t events)
{
	struct extract *extract = container_of(watch, struct extract, stream);
	char buf[65536];
	ssize_t n = read(watch->fd, buf, sizeof(buf));

	(void)events;
	if (n > 0)
		extract->moved_ms = 0;
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	close_stream(extract);
	end_if_complete(extract);
}

static void decompressor_ended(struct child *child)
{
	struct extract *extract = child->spec.owner;
	struct diag diag;

	if (source_ok(&extract->source, &diag))
		end_if_complete(extract);
	else
		fail(extract, "%s could not be decompressed: %s", extract->spec.archive, diag.text);
}

static void tar_ended(struct tar *tar)
{
	struct extract *extract = tar->owner;
	char why[300];

	if (!extract->running)
		return;
	if (!child_ok(&tar->child)) {
		tar_why(tar, why, sizeof(why));
		fail(extract, "tar could not extract to %s: %s", extract->spec.target, why);
		return;
	}
	extract->tar_done = true;
	extract->moved_ms = 0; /* the decompressor has its time to exit from now on */
	if (extract->source.compression == COMPRESSION_NONE) {
		close_stream(extract);
		end_if_complete(extract);
		return;
	}
	(void)fcntl(extract->stream.fd, F_SETFL, O_NONBLOCK);
	if (reactor_add(extract->reactor, &extract->stream, EPOLLIN) < 0)
		fail(extract, "The archive could not be read to its end");
}

static void tar_message(struct tar *tar, const char *text)
{
	struct extract *extract = tar->owner;

	extract->spec.on_message(extract->spec.owner, text);
	/* tar would read the rest of the archive and fail on every file. */
	if (tar->no_space)
		fail(extract, "%s is full: %s", extract->spec.target, text);
}

int extract_start(struct extract *extract, int reactor, int proc_root,
	const struct extract_spec *spec, struct diag *diag)
{
	struct tar_spec tar = {
		.program = spec->tar_program,
		.flavour = spec->flavour,
		.needs = spec->needs,
		.strip = spec->strip,
		.dir = spec->dir,
		.on_message = tar_message,
		.on_exit = tar_ended,
		.owner = extract,
	};
	int r;

	extract->spec = *spec;
	extract->reactor = reactor;
	extract->stream.ready = drain;
	extract->start_ms = now_ms();
	r = source_stream(
		&extract->source, reactor, decompressor_ended, extract, &extract->stream.fd);
	if (r < 0)
		return diag_fail(diag, r, "%s could not be read: %s", spec->archive, strerror(-r));
	tar.archive = extract->stream.fd;
	r = tar_start(&extract->tar, reactor, proc_root, &tar);
	if (r < 0)
		return diag_fail(
			diag, r, "%s could not be started: %s", spec->tar_program, strerror(-r));
	extract->spec.dir = NULL; /* the tar has its own copy */
	extract->running = true;
	return 0;
}

static void measure(struct extract *extract, uint64_t now)
{
	uint64_t read_bytes = source_position(&extract->source);
	const struct tar_counts *counts = &extract->tar.counts;

	if (extract->moved_ms == 0 || read_bytes != extract->archive_bytes ||
		counts->bytes != extract->extracted_bytes)
		extract->moved_ms = now;
	extract->archive_bytes = read_bytes;
	extract->extracted_bytes = counts->bytes;
	/* Until tar has had time for its first answer, do not derive the count from the archive:
	 * data that the decompressor has read ahead is not extracted yet. */
	extract->tar_answers =
		counts->replies > 0 ||
		(tar_answers(extract->spec.flavour) && now - extract->start_ms < TAR_MUTE_MS);
}

/* A decompressor that has output the whole archive and then hangs would block the install for ever,
 * since tar waits for the end of the stream. */
static void let_go(struct extract *extract, uint64_t now)
{
	struct source *source = &extract->source;
	bool whole = extract->tar_done || extract->tar.counts.bytes >= extract->spec.stream_bytes;
	char text[200];

	if (!whole || source->let_go || !child_is_running(&source->decompressor) ||
		now - extract->moved_ms < LET_GO_MS)
		return;
	STR_FORMAT(text, "%s has output all of %s but does not exit; stopping it",
		source->program->name, basename(extract->spec.archive));
	extract->spec.on_message(extract->spec.owner, text);
	source_let_go(source);
}

void extract_tick(struct extract *extract, uint64_t now)
{
	child_poll(&extract->source.decompressor);
	if (!extract->running) {
		child_poll(&extract->tar.child);
		return;
	}
	tar_tick(&extract->tar, now);
	if (!extract->running)
		return;
	measure(extract, now);
	let_go(extract, now);
}

void extract_stop(struct extract *extract, int signal)
{
	extract->running = false;
	close_stream(extract);
	if (child_is_running(&extract->tar.child))
		child_kill(&extract->tar.child, signal);
	if (child_is_running(&extract->source.decompressor))
		child_kill(&extract->source.decompressor, signal);
}

bool extract_has_children(const struct extract *extract)
{
	return extract->running || child_is_running(&extract->tar.child) ||
	       child_is_running(&extract->source.decompressor);
}

void extract_finish(struct extract *extract)
{
	extract->running = false;
	close_stream(extract);
	tar_finish(&extract->tar);
	source_close(&extract->source);
}
