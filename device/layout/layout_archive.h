/* SPDX-License-Identifier: MIT */
/*
 * layout_archive - the archives of single partitions: those that a layout names, and those that the
 * operator gives by NAME=FILE in place of them. Pure, except for making paths absolute; no file is opened.
 */
#ifndef DEVICE_LAYOUT_LAYOUT_ARCHIVE_H
#define DEVICE_LAYOUT_LAYOUT_ARCHIVE_H

#include "device/layout/layout.h"

/* What the operator asks for by NAME=FILE. */
struct archive_choices {
	size_t count;
	struct archive_choice {
		char name[36];	  /* of the partition */
		const char *file; /* borrowed */
	} list[LAYOUT_ARCHIVES_MAX];
};

/* Returns the FILE of @word if that is NAME=FILE, as opposed to a path: a name has no slash. NULL if it
 * is not. */
const char *archive_choice_file(const char *word);
/* Adds the choice @word, NAME=FILE, which must stay valid. Returns 0; or -EINVAL with the reason in @diag
 * if the name or the file is missing, or the choice contradicts an earlier one or is one too many. */
_must_check_ int archive_choices_add(
	struct archive_choices *choices, const char *word, struct diag *diag);

/* Gives the partition at @index the archive @file, relative to the working folder, in place of another.
 * Returns 0; -EINVAL if the partition has no mount point, or the layout has too many archives;
 * -ENAMETOOLONG. On failure @layout is unchanged and @diag has the reason. */
_must_check_ int layout_set_archive(
	struct layout *layout, size_t index, const char *file, struct diag *diag);
/* Returns the archive of the partition at @index, borrowed from @layout, or NULL. */
const char *layout_archive_of(const struct layout *layout, size_t index);
/* Sets the archives of @choices (may be NULL). @main is the archive for "/" that the operator has given without a name, or
 * NULL. Returns 0; -ENOENT if @layout has no partition of a name; -EINVAL if "/" has two; or as
 * layout_set_archive. On failure @diag has the reason, and @layout some of them. */
_must_check_ int layout_take_archives(struct layout *layout, const struct archive_choices *choices,
	const char *main, struct diag *diag);

#endif
