/* SPDX-License-Identifier: MIT */
#include "core/archive/source.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAMS_MAX 3
#define TAR_BLOCK    512

/* The largest window of zstd: 2 GiB, or 1 GiB on 32-bit systems. */
#define ZSTD_LONG (sizeof(void *) > 4 ? "--long=31" : "--long=30")

static const struct codec {
	const char *name;
	unsigned char magic[6];
	size_t magic_bytes;
	/* In order of preference. Each decompresses standard input to standard output. */
	const char *programs[PROGRAMS_MAX];
	const char *args;
	const char *package; /* of the last program */
} codecs[COMPRESSION_COUNT] = {
	[COMPRESSION_NONE] = {.name = "none"},
	/* -v makes pigz warn of data after the compressed data. */
	[COMPRESSION_GZIP] = {"gzip", {0x1f, 0x8b}, 2, {"pigz", "gzip"}, "-dcv", "gzip"},
	[COMPRESSION_XZ] = {"xz", {0xfd, '7', 'z', 'X', 'Z', 0}, 6, {"xz"}, "-dc", "xz-utils"},
	[COMPRESSION_ZSTD] = {"zstd", {0x28, 0xb5, 0x2f, 0xfd}, 4, {"zstd"}, "-dcq", "zstd"},
	[COMPRESSION_BZIP2] = {"bzip2", {'B', 'Z', 'h'}, 3, {"lbzip2", "pbzip2", "bzip2"}, "-dc",
		"bzip2"},
	[COMPRESSION_LZ4] = {"lz4", {0x04, 0x22, 0x4d, 0x18}, 4, {"lz4"}, "-dc", "lz4"},
	[COMPRESSION_LZIP] = {"lzip", {'L', 'Z', 'I', 'P'}, 4, {"plzip", "lzip"}, "-dc", "lzip"},
};

/* Other formats that users may try, to name them in the error message. */
static const struct {
	size_t offset;
	const char *magic;
	size_t magic_bytes;
	const char *what;
} strangers[] = {
	{0, "PK\3\4", 4, "a zip archive"},
	{0, "7z\xbc\xaf\x27\x1c", 6, "a 7z archive"},
	{0, "Rar!", 4, "a rar archive"},
	{0, "\x1f\x9d", 2, "a compress (.Z) file"},
	{0, "\x89LZO", 4, "an lzop file"},
	{0, "07070", 5, "a cpio archive"},
	{0, "!<arch>\n", 8, "a Debian package or an ar archive"},
	{0, "\xed\xab\xee\xdb", 4, "an rpm package"},
	{0, "hsqs", 4, "a squashfs image"},
	{0, "\x3a\xff\x26\xed", 4, "an Android sparse image"},
	{0, "UBI#", 4, "a UBI image"},
	{0,
		"\x7f"
		"ELF",
		4, "a program"},
	{0, "-----BEGIN PGP", 14, "an encrypted or signed file"},
	{1080, "\x53\xef", 2, "an ext2, ext3 or ext4 filesystem image"},
	{510, "\x55\xaa", 2, "a disk image"},
};

const char *compression_name(enum compression compression)
{
	return codecs[compression].name;
}

/* Parses the octal number of a checksum field: digits between blanks, ended by a blank or NUL. */
static bool read_checksum(const unsigned char field[8], long *ret)
{
	char digits[9] = "", *end;

	memcpy(digits, field, 8);
	if (digits[strspn(digits, " 01234567")] || !strpbrk(digits, "01234567"))
		return false;
	*ret = strtol(digits, &end, 8);
	return end[strspn(end, " ")] == '\0';
}

/* True if a block is a tar header: every tar format has the checksum, and some old tars summed
 * signed bytes. */
static bool is_tar_header(const unsigned char *block)
{
	long sum = 0, signed_sum = 0, checksum;

	for (size_t i = 0; i < TAR_BLOCK; i++) {
		unsigned char byte = i >= 148 && i < 156 ? ' ' : block[i];

		sum += byte;
		signed_sum += (signed char)byte;
	}
	return sum > 8 * ' ' && read_checksum(block + 148, &checksum) &&
	       (checksum == sum || checksum == signed_sum);
}

int source_sniff(const unsigned char *head, size_t size, enum compression *ret_compression,
	const char **ret_what)
{
	/* The first name of a plain tar may begin like the magic of a codec. */
	if (size >= TAR_BLOCK && is_tar_header(head)) {
		*ret_compression = COMPRESSION_NONE;
		return 0;
	}
	for (enum compression i = COMPRESSION_GZIP; i < COMPRESSION_COUNT; i++)
		if (size >= codecs[i].magic_bytes &&
			memcmp(head, codecs[i].magic, codecs[i].magic_bytes) == 0) {
			*ret_compression = i;
			return 0;
		}
	/* "ustar" with a wrong checksum is a damaged archive, which manifest_read reports. */
	if (size >= TAR_BLOCK && memcmp(head + 257, "ustar", 5) == 0) {
		*ret_compression = COMPRESSION_NONE;
		return 0;
	}
	*ret_what = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(strangers) && !*ret_what; i++)
		if (size >= strangers[i].offset + strangers[i].magic_bytes &&
			memcmp(head + strangers[i].offset, strangers[i].magic,
				strangers[i].magic_bytes) == 0)
			*ret_what = strangers[i].what;
	return -EINVAL;
}

static int find_program(struct source *source, struct diag *diag)
{
	const struct codec *codec = &codecs[source->compression];
	char path[256];

	if (source->compression == COMPRESSION_NONE)
		return 0;
	for (size_t i = 0; i < PROGRAMS_MAX && codec->programs[i]; i++)
		if (child_find_program(codec->programs[i], path, sizeof(path)) == 0) {
			STR_COPY(source->program, codec->programs[i]);
			return 0;
		}
	return diag_fail(diag, -ENOPKG,
		"%s is compressed with %s, which is not installed; install package %s",
		source->path, codec->name, codec->package);
}

/* Recognises the format by the beginning. 0, or -errno with a message in @diag. */
static int identify_content(struct source *source, struct diag *diag)
{
	unsigned char head[SOURCE_HEAD_BYTES];
	const char *what = NULL;
	ssize_t length;
	int r;

	do
		length = pread(source->fd, head, sizeof(head), 0);
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return diag_fail(
			diag, -errno, "%s cannot be read: %s", source->path, strerror(errno));
	r = source_sniff(head, (size_t)length, &source->compression, &what);
	return r == 0 ? 0
		      : diag_fail(diag, r,
				"%s is %s; boardstrap installs tar archives (plain, gz, xz, zst, "
				"bz2, lz4, lz)",
				source->path, what ? what : "not a tar archive");
}

int source_open(struct source *source, const char *path, struct diag *diag)
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

/* Keeps the first line, which has the reason; the others may be advice. */
static void on_line(struct child *child, char *line)
{
	struct source *source = container_of(child, struct source, decompressor);

	if (*source->said)
		return;
	STR_COPY(source->said, line);
	str_sanitise(source->said);
}

int source_stream(struct source *source, int reactor, void (*on_exit)(struct child *child),
	void *owner, int *ret_fd)
{
	const struct codec *codec = &codecs[source->compression];
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
	source->argv[0] = source->program;
	source->argv[1] = codec->args;
	source->argv[2] = source->compression == COMPRESSION_ZSTD ? ZSTD_LONG : NULL;
	r = child_start(&source->decompressor, reactor,
		&(struct child_spec){
			.name = source->program,
			.program = source->program,
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

bool source_ok(const struct source *source, struct diag *diag)
{
	char status[CHILD_LINE_MAX];
	const char *reason;

	if (source->compression == COMPRESSION_NONE ||
		(child_ok(&source->decompressor) && !strstr(source->said, "trailing")) ||
		was_let_go(source))
		return true;
	/* With -v, pigz writes its action before the message, on the same line. */
	reason = strstr(source->said, source->program);
	if (!reason)
		reason = source->said;
	if (!*reason) {
		child_why(&source->decompressor, status, sizeof(status));
		reason = status;
	}
	if (diag)
		(void)diag_fail(diag, -EBADMSG, "%s", reason);
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
