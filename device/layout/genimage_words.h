/* SPDX-License-Identifier: MIT */
/* genimage_words - the values of a genimage.cfg that libConfuse has read, and their lines, which it forgets. Pure. */
#ifndef DEVICE_LAYOUT_GENIMAGE_WORDS_H
#define DEVICE_LAYOUT_GENIMAGE_WORDS_H

#include "device/base/diag.h"
#include "device/base/util.h"
#include "device/layout/layout.h"

#include <confuse.h>
#include <stdbool.h>
#include <stdint.h>

#define GENIMAGE_LINES_MAX (20 * LAYOUT_PARTITIONS_MAX)

struct genimage_words {
	struct diag *diag; /* for the first error; borrowed */
	int error;	   /* its errno, or 0 */
	/* Of all values and partitions that were read. */
	struct known_line {
		const void *object; /* the option, or the section of a partition */
		int line;
	} lines[GENIMAGE_LINES_MAX];
	size_t count;
};

/* Keeps the line of @object, unless there are too many. */
void word_keep(struct genimage_words *words, const void *object, int line);
/* Returns the line of @object, or that of the option @name; 0 if it is not known. */
int word_line(const struct genimage_words *words, const void *object);
int word_line_of(const struct genimage_words *words, cfg_t *section, const char *name);

/* Keeps the first error. Returns its -errno: -EINVAL. */
int word_fail(struct genimage_words *words, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same for the value of @name: "NAME = VALUE: must be @what". */
int word_wrong(struct genimage_words *words, cfg_t *section, const char *name, const char *what);

/* Returns the value of an option, borrowed; NULL if it is not there. */
const char *word_text(cfg_t *section, const char *name);
/* Read the value of an option into @ret, which stays as it is if the option is not there. Return 0; or -EINVAL,
 * after word_fail. */
_must_check_ int word_size(
	struct genimage_words *words, cfg_t *section, const char *name, uint64_t *ret);
_must_check_ int word_alignment(struct genimage_words *words, cfg_t *section, uint64_t *ret);
_must_check_ int word_number(
	struct genimage_words *words, cfg_t *section, const char *name, uint64_t *ret);
_must_check_ int word_bool(
	struct genimage_words *words, cfg_t *section, const char *name, bool *ret);

#endif
