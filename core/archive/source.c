/* SPDX-License-Identifier: MIT */
#include "core/archive/source.h"

#include "device/base/human.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#define SKIPS_MAX 1024 /* skippable frames before the first frame with data */

/* ---- opening ---- */

static int find_program(struct source *source, struct diag *diag)
{
	const struct decompressor *program;
	char path[256];

	if (source->compression == COMPRESSION_NONE)
		return 0;
	for (size_t i = 0; (program = compression_program(source->compression, i)) != NULL; i++)
		if (child_find_program(program->name, path, sizeof(path)) == 0) {
			source->program = program;
			return 0;
		}
	return diag_fail(diag, -ENOPKG,
		"%s is compressed with %s, which is not installed; install package %s",
		source->path, compression_name(source->compression),
		compression_package(source->compression));
}

/* Reads the beginning into @head, from the first frame that is not skippable. Returns its length
 * with its offset in @ret_at, or -errno. */
static ssize_t read_head(int fd, unsigned char head[COMPRESSION_HEAD_BYTES], uint64_t *ret_at)
{
	uint64_t at = 0, skip;

	for (unsigned i = 0;; i++) {
		ssize_t length = pread(fd, head, COMPRESSION_HEAD_BYTES, (off_t)at);

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return -errno;
		*ret_at = at;
		skip = compression_skip(head, (size_t)length);
		if (skip == 0 || i >= SKIPS_MAX)
			return length;
		at += skip;
	}
}

static int refuse_memory(const struct source *source, uint64_t needed, struct diag *diag)
{
	const char *advice = compression_memory_advice(source->compression);

	return diag_fail(diag, -ENOMEM,
		"%s needs %s of memory to be decompressed, and %s are allowed (usually a quarter of "
		"the machine's memory); pack it again with %s, or allow more with --memory %lluM",
		source->path, human_size(needed).s, human_size(source->memory_bytes).s,
		advice ? advice : "gzip", (unsigned long long)((needed + MIB(1) - 1) / MIB(1)));
}

/* Recognises the format by the beginning. 0, or -errno with a message in @diag. */
static int identify_content(struct source *source, struct diag *diag)
{
	static const struct compression_stranger unknown = {"not a tar archive", NULL};
	unsigned char head[COMPRESSION_HEAD_BYTES];
	const struct compression_stranger *what = NULL;
	uint64_t at = 0, needed;
	ssize_t length = read_head(source->fd, head, &at);
	int r;

	if (length < 0)
		return diag_fail(diag, (int)length, "%s cannot be read: %s", source->path,
			strerror((int)-length));
	r = compression_sniff(head, (size_t)length, &source->compression, &what);
	if (r == 0 && at > 0 && source->compression == COMPRESSION_NONE)
		r = -EINVAL;
	if (!what)
		what = &unknown;
	if (r < 0)
		return diag_fail(diag, r, "%s is %s; %s", source->path, what->what,
			what->advice ? what->advice
				     : "boardstrap installs tar archives (plain, gz, xz, zst, "
				       "bz2, lz4, lz)");
	needed = compression_memory(source->compression, head, (size_t)length);
	if (needed <= source->memory_bytes)
		return 0;
	return refuse_memory(source, needed, diag);
}

/* A quarter of the machine's memory. */
static uint64_t usual_memory(void)
{
	struct sysinfo info;

	return sysinfo(&info) == 0 ? (uint64_t)info.totalram * info.mem_unit / 4 : MIB(64);
}

int source_open(struct source *source, const char *path, const struct archive_options *options,
	struct diag *diag)
{
	_cleanup_free_ char *absolute = NULL;
	_cleanup_close_ int fd = -1;
	struct source opened = {.fd = -1};
	struct stat st;
	int r;

	/* O_NONBLOCK: do not block on a FIFO; it has no effect on a regular file. */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !(absolute = realpath(path, NULL)))
		return diag_fail(diag, -errno, "%s cannot be opened: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return diag_fail(diag, -EISDIR, "%s is a directory, not an archive", path);
	if (!S_ISREG(st.st_mode))
		return diag_fail(diag, -EINVAL, "%s is not a regular file", path);
	if (st.st_size == 0)
		return diag_fail(diag, -EINVAL, "%s is empty", path);
	if (!STR_COPY(opened.path, absolute))
		return diag_fail(diag, -ENAMETOOLONG, "the path of %s is too long", path);
	opened.fd = fd;
	opened.id = file_id_of(&st);
	opened.memory_bytes =
		options && options->memory_bytes ? options->memory_bytes : usual_memory();
	r = identify_content(&opened, diag);
	if (r == 0)
		r = find_program(&opened, diag);
	if (r < 0)
		return r;
	(void)take_fd(&fd);
	*source = opened;
	child_init(&source->decompressor);
	return 0;
}

void source_close(struct source *source)
{
	child_finish(&source->decompressor);
	close_fd(&source->fd);
}

/* ---- streaming ---- */

/* Keeps the first line, which has the reason; the others may be advice. */
static void on_line(struct child *child, char *line)
{
	struct source *source = container_of(child, struct source, decompressor);

	if (*source->said)
		return;
	STR_COPY(source->said, line);
	str_sanitise(source->said);
}

static void make_argv(struct source *source)
{
	const struct decompressor *program = source->program;
	uint64_t limit = source->memory_bytes < COMPRESSION_MEMORY_MAX ? source->memory_bytes
								       : COMPRESSION_MEMORY_MAX;
	size_t n = 0;

	source->argv[n++] = program->name;
	for (size_t i = 0; i < COMPRESSION_ARGS_MAX && program->args[i]; i++)
		source->argv[n++] = program->args[i];
	/* A later frame may need more than the first; xz uses fewer threads where the limit is low. */
	if (program->memory_option) {
		STR_FORMAT(source->memory_arg, "%s%llu", program->memory_option,
			(unsigned long long)limit);
		source->argv[n++] = source->memory_arg;
	}
	source->argv[n] = NULL;
}

int source_stream(struct source *source, int reactor, void (*on_exit)(struct child *child),
	void *owner, int *ret_fd)
{
	/* xz on all cores from version 5.4 on; other programs ignore the variable. */
	static const char *const env[] = {"XZ_DEFAULTS=-T0", NULL};
	int ends[2], r;

	if (child_is_running(&source->decompressor))
		return -EBUSY;
	if (lseek(source->fd, 0, SEEK_SET) < 0)
		return -errno;
	if (source->compression == COMPRESSION_NONE) {
		*ret_fd = fcntl(source->fd, F_DUPFD_CLOEXEC, 0);
		return *ret_fd < 0 ? -errno : 0;
	}
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	/* Fewer context switches. Fails above /proc/sys/fs/pipe-max-size; the default stays. */
	(void)fcntl(ends[1], F_SETPIPE_SZ, (int)MIB(1));
	child_finish(&source->decompressor);
	source->said[0] = '\0';
	source->let_go = false;
	make_argv(source);
	r = child_start(&source->decompressor, reactor,
		&(struct child_spec){
			.name = source->program->name,
			.program = source->program->name,
			.argv = source->argv,
			.env = env,
			.in = source->fd,
			.out = ends[1],
			.on_line = on_line,
			.on_exit = on_exit,
			.owner = owner,
		});
	close_fd(&ends[1]);
	if (r < 0) {
		close_fd(&ends[0]);
		return r;
	}
	*ret_fd = ends[0];
	return 0;
}

void source_let_go(struct source *source)
{
	source->let_go = child_is_running(&source->decompressor);
	child_kill(&source->decompressor, SIGKILL);
}

/* True if source_let_go killed it, and no other cause ended it. */
static bool was_let_go(const struct source *source)
{
	const struct child *child = &source->decompressor;

	return source->let_go && child->state == CHILD_ENDED && WIFSIGNALED(child->status) &&
	       WTERMSIG(child->status) == SIGKILL;
}

static enum compression_fault fault_of(const struct source *source)
{
	const struct child *child = &source->decompressor;
	bool exited =
		child->state == CHILD_ENDED && child->exec_error == 0 && WIFEXITED(child->status);

	return exited ? compression_fault(source->compression, source->said) : FAULT_OTHER;
}

bool source_has_padding(const struct source *source)
{
	return source->compression != COMPRESSION_NONE && fault_of(source) == FAULT_PADDING;
}

/* Writes what went wrong, with the format and the place. */
static void explain(const struct source *source, char *ret, size_t size)
{
	static const struct {
		const char *what, *advice;
	} phrases[] = {
		[FAULT_DAMAGED] = {"is damaged before", "copy the file again"},
		[FAULT_CUT] = {"is cut short: it ends at", "copy the file again"},
		[FAULT_TRAILING] = {"is followed by other data, before",
			"copy the file again, without that"},
		[FAULT_MEMORY] = {"needs more memory than is allowed, before",
			"allow more with --memory"},
	};
	enum compression_fault fault = fault_of(source);
	unsigned long long at = source_position(source), total = source->id.size_bytes;
	char status[CHILD_LINE_MAX];

	/* pigz reports bad flags as a file that is too short. */
	if (fault == FAULT_CUT && at < total)
		fault = FAULT_DAMAGED;
	if (fault < ARRAY_SIZE(phrases) && phrases[fault].what) {
		str_format(ret, size, "the %s data %s byte %llu of %llu; %s",
			compression_name(source->compression), phrases[fault].what, at, total,
			phrases[fault].advice);
	} else {
		child_why(&source->decompressor, status, sizeof(status));
		str_format(ret, size, "the %s data was read up to byte %llu of %llu: %s",
			compression_name(source->compression), at, total, status);
	}
}

bool source_ok(const struct source *source, struct diag *diag)
{
	char why[300];

	if (source->compression == COMPRESSION_NONE || child_ok(&source->decompressor) ||
		source_has_padding(source) || was_let_go(source))
		return true;
	explain(source, why, sizeof(why));
	if (diag)
		(void)diag_fail(diag, -EBADMSG, "%s", why);
	return false;
}

uint64_t source_position(const struct source *source)
{
	off_t at = lseek(source->fd, 0, SEEK_CUR);

	return at < 0 ? 0 : (uint64_t)at;
}

bool source_unchanged(const struct source *source)
{
	struct file_id held_id;
	struct stat held;

	if (fstat(source->fd, &held) < 0)
		return false;
	held_id = file_id_of(&held);
	return file_id_equal(&held_id, &source->id) && file_id_is(&source->id, source->path);
}
