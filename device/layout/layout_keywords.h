/* SPDX-License-Identifier: MIT */
/* layout_keywords - the keywords of a layout file: the section each belongs to, and how its value
 * is parsed into a field of the layout. Pure. */
#ifndef DEVICE_LAYOUT_LAYOUT_KEYWORDS_H
#define DEVICE_LAYOUT_LAYOUT_KEYWORDS_H

#include "device/layout/layout.h"

/* Kinds of sections, and the object that each describes. */
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
	/* Parses the value @text into @object. Returns false if it is invalid; the field is then
	 * undefined. */
	bool (*take)(const struct layout_keyword *word, const char *text, void *object);
	size_t offset, size; /* of the field in the object */
	const char *what;    /* valid values, for error messages */
};

/* All keywords, terminated by an entry without a name. */
extern const struct layout_keyword layout_keywords[];
#define LAYOUT_KEYWORDS_MAX 32

const struct layout_keyword *layout_keyword_find(enum layout_section section, const char *name);

/* True if it may have several values in braces; each is taken by itself. */
bool layout_keyword_is_list(const struct layout_keyword *word);

/* Sets the type of the partition: a name, a GUID or a byte. Accepts both kinds of table: layout_check() refuses a GUID
 * for an MBR, and a byte for a GPT. Returns false for anything else; the type is then undefined. */
bool layout_take_type(struct layout_partition *partition, const char *text);
/* Sets the partition type that matches the filesystem. */
void layout_default_type(struct layout_partition *partition);

#endif
