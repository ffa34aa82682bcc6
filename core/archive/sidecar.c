/* SPDX-License-Identifier: MIT */
#include "core/archive/sidecar.h"

#include "device/base/util.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_MAX MIB(1)

#define STRONG (SIDECAR_KIND(SHA256) | SIDECAR_KIND(SHA512))

/* The files to look for, the best first. */
static const struct place {
	const char *name; /* of a list; or, with a dot, appended to the name of the archive */
	unsigned kinds;
} places[] = {
	{".sha256", SIDECAR_KIND(SHA256)},
	{".sha256sum", SIDECAR_KIND(SHA256)},
	{".sha512", SIDECAR_KIND(SHA512)},
	{".sha512sum", SIDECAR_KIND(SHA512)},
	{".sha", STRONG | SIDECAR_KIND(SHA1)}, /* Armbian: SHA-256 */
	{"SHA256SUMS", SIDECAR_KIND(SHA256)},
	{"sha256sums", SIDECAR_KIND(SHA256)},
	{"SHA256SUM", SIDECAR_KIND(SHA256)},
	{"sha256sum.txt", SIDECAR_KIND(SHA256)},
	{"SHA512SUMS", SIDECAR_KIND(SHA512)},
	{"sha512sums", SIDECAR_KIND(SHA512)},
	{"SHA512SUM", SIDECAR_KIND(SHA512)},
	{"sha512sum.txt", SIDECAR_KIND(SHA512)},
	{".sha1", SIDECAR_KIND(SHA1)},
	{".sha1sum", SIDECAR_KIND(SHA1)},
	{".md5", SIDECAR_KIND(MD5)},
	{".md5sum", SIDECAR_KIND(MD5)},
	{"SHA1SUMS", SIDECAR_KIND(SHA1)},
	{"MD5SUMS", SIDECAR_KIND(MD5)},
	{"md5sums", SIDECAR_KIND(MD5)},
	{"md5sum.txt", SIDECAR_KIND(MD5)},
};

/* ---- one line ---- */

/* Copies a digest in lower case, and returns its kind by its length, or DIGEST_COUNT if @text does
 * not begin with one. */
static enum digest_kind copy_hex(const char *text, char ret[DIGEST_HEX_MAX])
{
	size_t length = 0;

	while (isxdigit((unsigned char)text[length]) && length < DIGEST_HEX_MAX - 1) {
		ret[length] = (char)tolower((unsigned char)text[length]);
		length++;
	}
	ret[length] = '\0';
	for (unsigned kind = 0; kind < DIGEST_COUNT; kind++)
		if (length == digest_hex_digits(kind) && !isxdigit((unsigned char)text[length]))
			return kind;
	return DIGEST_COUNT;
}

/* Skips the name of an algorithm as BSD and OpenSSL write it: "SHA256", "SHA2-256", none. Returns
 * its kind, or DIGEST_COUNT for none. */
static enum digest_kind skip_algorithm(const char **text)
{
	static const struct {
		const char *name;
		enum digest_kind kind;
	} names[] = {
		{"SHA256", DIGEST_SHA256},
		{"SHA2-256", DIGEST_SHA256},
		{"SHA512", DIGEST_SHA512},
		{"SHA2-512", DIGEST_SHA512},
		{"SHA1", DIGEST_SHA1},
		{"MD5", DIGEST_MD5},
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_has_prefix(*text, names[i].name)) {
			*text += strlen(names[i].name);
			return names[i].kind;
		}
	return DIGEST_COUNT;
}

/* Splits "SHA256 (name) = HEX", "SHA2-256(name)= HEX" or "(stdin)= HEX". */
static enum digest_kind parse_tagged(
	char *line, char ret_hex[DIGEST_HEX_MAX], const char **ret_name)
{
	const char *open = line;
	enum digest_kind algorithm = skip_algorithm(&open), kind;
	char *close = strrchr(line, ')');
	const char *value;

	open += *open == ' ';
	if (*open != '(' || !close || close <= open)
		return DIGEST_COUNT;
	value = close + 1 + strspn(close + 1, " ");
	if (*value != '=')
		return DIGEST_COUNT;
	value++;
	value += strspn(value, " ");
	kind = copy_hex(value, ret_hex);
	if (algorithm != DIGEST_COUNT && kind != algorithm)
		return DIGEST_COUNT;
	*close = '\0';
	*ret_name = strcmp(open, "(stdin") == 0 ? "" : open + 1;
	return kind;
}

/* Decodes a name in place as sha256sum(1) writes it on a line that begins with a backslash. */
static void unescape(char *name)
{
	char *to = name;

	for (; *name; name++) {
		if (*name == '\\' && name[1] && strchr("\\nr", name[1]))
			*to++ = *++name == 'n' ? '\n' : *name == 'r' ? '\r' : '\\';
		else
			*to++ = *name;
	}
	*to = '\0';
}

/* Splits "HEX  name", "HEX *name", "HEX name", "HEX<tab>name", "HEX" or a tagged line; a backslash
 * before it announces an escaped name. Returns the kind, DIGEST_COUNT for any other line. */
static enum digest_kind parse_line(char *line, char ret_hex[DIGEST_HEX_MAX], const char **ret_name)
{
	static const char *const separators[] = {"  ", " *", "\t", " "};
	enum digest_kind kind;

	if (*line == '\\')
		unescape(++line);
	kind = copy_hex(line, ret_hex);

	if (kind == DIGEST_COUNT)
		return parse_tagged(line, ret_hex, ret_name);
	line += digest_hex_digits(kind);
	*ret_name = strcmp(line, "  -") == 0 || strcmp(line, " *-") == 0 ? "" : NULL;
	if (*line == '\0')
		*ret_name = "";
	for (size_t i = 0; !*ret_name && i < ARRAY_SIZE(separators); i++)
		if (str_has_prefix(line, separators[i]))
			*ret_name = line + strlen(separators[i]);
	return *ret_name ? kind : DIGEST_COUNT;
}

/* ---- the text ---- */

/* How well a name fits the archive at @path: 0 not at all, else the more the longer. A name alone
 * fits better than a path that is not the archive's. */
static size_t fitness(const char *name, const char *path)
{
	size_t name_length, path_length = strlen(path);
	const char *slash = strrchr(path, '/'), *name_slash;
	const char *base = slash ? slash + 1 : path;

	while (strncmp(name, "./", 2) == 0)
		name += 2;
	name_length = strlen(name);
	name_slash = strrchr(name, '/');
	if (!name_slash)
		name_slash = strrchr(name, '\\');
	if (name_length <= path_length && name_length > 0 &&
		strcmp(path + path_length - name_length, name) == 0 &&
		(name_length == path_length || path[path_length - name_length - 1] == '/' ||
			*name == '/'))
		return 1 + name_length;
	return name_slash && strcmp(name_slash + 1, base) == 0 ? 1 : 0;
}

int sidecar_parse(
	const char *text, const char *path, unsigned kinds, bool lone, struct sidecar *ret)
{
	_cleanup_free_ char *copy = strdup(text);
	struct sidecar found = {0}, other = {0};
	size_t best = 0, others = 0;
	bool differ = false;

	for (char *rest = copy, *line; (line = strsep(&rest, "\n")) != NULL;) {
		char hex[DIGEST_HEX_MAX];
		const char *name;
		enum digest_kind kind;
		size_t fits;

		line[strcspn(line, "\r")] = '\0';
		kind = parse_line(line, hex, &name);
		if (kind == DIGEST_COUNT || !(kinds & 1u << kind))
			continue;
		fits = fitness(name, path);
		if (fits == 0) {
			other.kind = kind;
			STR_COPY(other.hex, hex);
			others++;
		} else if (fits > best) {
			best = fits;
			differ = false;
			found.kind = kind;
			STR_COPY(found.hex, hex);
		} else if (fits == best && (fits == 1 || kind == found.kind) &&
			   strcmp(found.hex, hex) != 0) {
			differ = true;
		}
	}
	if (differ && best > 1)
		return -ENOTUNIQ;
	if (differ || (best == 0 && (!lone || others != 1)))
		return 0;
	ret->kind = best ? found.kind : other.kind;
	STR_COPY(ret->hex, best ? found.hex : other.hex);
	return 1;
}

/* ---- the files ---- */

/* Turns UTF-16, as PowerShell writes it, into bytes, and drops the mark of UTF-8. */
static void drop_marks(char *text, size_t size)
{
	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		memmove(text, text + 3, size - 2);
	} else if (size >= 2 && memcmp(text, "\xff\xfe", 2) == 0) {
		for (size_t i = 2; i < size; i += 2)
			text[i / 2 - 1] = text[i];
		text[size / 2 - 1] = '\0';
	}
}

/* Reads a small text file; the caller frees *ret. 0 or -errno; -ENOENT only if nothing has this name,
 * not even a dangling link. */
static int read_text(const char *path, char **ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	struct stat st;
	int r;

	if (fd < 0 && errno == ENOENT && lstat(path, &st) == 0)
		return -ENOLINK;
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > TEXT_MAX)
		return -EINVAL;
	text = calloc(1, (size_t)st.st_size + 1);
	if (!text)
		return -ENOMEM;
	r = read_full(fd, text, (size_t)st.st_size);
	if (r < 0)
		return r;
	drop_marks(text, (size_t)st.st_size);
	*ret = text;
	text = NULL;
	return 0;
}

int sidecar_find(const char *archive_path, struct sidecar *ret)
{
	const char *slash = strrchr(archive_path, '/');
	const char *base = slash ? slash + 1 : archive_path;
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		_cleanup_free_ char *text = NULL;
		bool own = places[i].name[0] == '.';
		char name[sizeof(ret->name)];
		int r;

		if (!STR_FORMAT(path, "%.*s%s%s", (int)(base - archive_path), archive_path,
			    own ? base : "", places[i].name))
			return -ENAMETOOLONG;
		if (!STR_FORMAT(name, "%s%s", own ? base : "", places[i].name))
			continue; /* no file can have this name */
		r = read_text(path, &text);
		if (r == -ENOENT)
			continue;
		if (r == 0)
			r = sidecar_parse(text, archive_path, places[i].kinds, own, ret);
		if (r == 0 && own)
			r = -EINVAL;
		if (r == 0)
			continue;
		STR_COPY(ret->name, name);
		return r;
	}
	return 0;
}
