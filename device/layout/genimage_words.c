/* SPDX-License-Identifier: MIT */
#include "device/layout/genimage_words.h"

#include "device/base/util.h"
#include "device/disk/disk.h"
#include "device/layout/layout.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

void word_keep(struct genimage_words *words, const void *object, int line)
{
	if (words->count < GENIMAGE_LINES_MAX)
		words->lines[words->count++] = (struct known_line){object, line};
}

int word_line(const struct genimage_words *words, const void *object)
{
	for (size_t i = 0; i < words->count; i++)
		if (words->lines[i].object == object)
			return words->lines[i].line;
	return 0;
}

int word_line_of(const struct genimage_words *words, cfg_t *section, const char *name)
{
	return word_line(words, cfg_getopt(section, name));
}

int word_fail(struct genimage_words *words, int line, const char *format, ...)
{
	va_list args;

	if (words->error < 0)
		return words->error;
	words->diag->line = line;
	va_start(args, format);
	(void)str_vformat(words->diag->text, sizeof(words->diag->text), format, args);
	va_end(args);
	str_sanitise(words->diag->text);
	words->error = -EINVAL;
	return words->error;
}

const char *word_text(cfg_t *section, const char *name)
{
	return cfg_size(section, name) > 0 ? cfg_getstr(section, name) : NULL;
}

int word_wrong(struct genimage_words *words, cfg_t *section, const char *name, const char *what)
{
	return word_fail(words, word_line_of(words, section, name), "%s = %.40s: must be %s", name,
		word_text(section, name), what);
}

int word_size(struct genimage_words *words, cfg_t *section, const char *name, uint64_t *ret)
{
	const char *text = word_text(section, name);

	if (!text)
		return 0;
	return str_to_bytes(text, ret) == 0 && *ret <= UINT64_C(1) << 56
		       ? 0
		       : word_wrong(words, section, name,
				 "a size in bytes, or with a suffix: s (512 bytes), K, M or G");
}

int word_alignment(struct genimage_words *words, cfg_t *section, uint64_t *ret)
{
	int r = word_size(words, section, "align", ret);

	if (r < 0 || !word_text(section, "align") || layout_is_alignment(*ret))
		return r;
	return word_wrong(words, section, "align", "512 bytes times a power of two");
}

int word_number(struct genimage_words *words, cfg_t *section, const char *name, uint64_t *ret)
{
	const char *text = word_text(section, name);

	return !text || str_to_u64(text, 0, ret) == 0
		       ? 0
		       : word_wrong(words, section, name, "a number");
}

int word_bool(struct genimage_words *words, cfg_t *section, const char *name, bool *ret)
{
	static const char *const pairs[][2] = {{"false", "true"}, {"no", "yes"}, {"off", "on"}};
	const char *text = word_text(section, name);

	for (size_t i = 0; text && i < ARRAY_SIZE(pairs); i++)
		for (size_t value = 0; value < 2; value++)
			if (strcasecmp(text, pairs[i][value]) == 0) {
				*ret = value == 1;
				return 0;
			}
	return text ? word_wrong(words, section, name, "true or false") : 0;
}
