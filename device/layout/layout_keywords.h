/* SPDX-License-Identifier: MIT */
/* layout_keywords - the words of a layout file: in which section each may stand, and how the text of
 * its value becomes a field of the layout. Pure. */
#ifndef DEVICE_LAYOUT_LAYOUT_KEYWORDS_H
#define DEVICE_LAYOUT_LAYOUT_KEYWORDS_H

#include "device/layout/layout.h"

/* "disk", "partition", "blob", "emmc": what a section describes. */
enum layout_section {
	SECTION_DISK,	   /* struct layout */
	SECTION_PARTITION, /* struct layout_partition */
	SECTION_BLOB,	   /* struct layout_blob */
	SECTION_EMMC,	   /* struct layout_emmc */
	SECTION_COUNT
};

struct layout_keyword {
	enum layout_section section;
	const char *name;
	/* Puts the value @text into the object that the section describes. False where it is none;
	 * what the object has then means nothing. */
	bool (*take)(const struct layout_keyword *word, const char *text, void *object);
	size_t offset, size; /* of the field in the object, for take */
	const char *what;    /* what its value must be */
};

/* All of them, ended by one without a name; at most 32. */
extern const struct layout_keyword layout_keywords[];
#define LAYOUT_KEYWORDS_MAX 32

const struct layout_keyword *layout_keyword_find(enum layout_section section, const char *name);

/* Gives a partition the type that fits its filesystem. */
void layout_default_type(struct layout_partition *partition);

/* Whether @id is one as the filesystem @fs has it; and as a GPT has it for a partition. */
bool layout_is_fs_id(enum fs_kind fs, const char *id);
bool layout_is_uuid(const char *id);

#endif
