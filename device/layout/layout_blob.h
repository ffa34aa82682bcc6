/* SPDX-License-Identifier: MIT */
/*
 * layout_blob - the files of a layout's blobs: those that the layout names, and those that the
 * operator gives in place of them. A blob without a file keeps its place in the layout, so that the
 * operator can be asked for the file.
 */
#ifndef DEVICE_LAYOUT_LAYOUT_BLOB_H
#define DEVICE_LAYOUT_LAYOUT_BLOB_H

#include "device/layout/layout.h"

/* Files that the operator chooses by NAME=FILE, and the folder of the images of a genimage.cfg. */
struct blob_choices {
	const char *images; /* NULL: that of the layout file; borrowed */
	size_t count;
	struct blob_choice {
		char name[36];	  /* of the blob */
		const char *file; /* borrowed */
	} list[LAYOUT_BLOBS_MAX];
};

/* Adds the choice @word, "NAME=FILE", which must stay valid. Returns 0; or -EINVAL, with the reason
 * in @diag, if it has another form, contradicts an earlier choice, or is one too many. */
_must_check_ int blob_choices_add(
	struct blob_choices *choices, const char *word, struct diag *diag);
/* Returns the files that the operator has given to blobs of @layout, to read its file again with them.
 * The paths are borrowed from @layout. */
struct blob_choices blob_choices_of(const struct layout *layout);
/* Returns the file chosen for the blob @name, or NULL. @choices may be NULL. */
const char *blob_choices_file(const struct blob_choices *choices, const char *name);
/* Checks that @layout has every blob of @choices (may be NULL). Returns 0, or -ENOENT with a
 * sentence that lists the blobs of @layout. */
_must_check_ int blob_choices_check(
	const struct blob_choices *choices, const struct layout *layout, struct diag *diag);

/* Records the absolute path of the file @path, its identity and its size in @blob. Returns 0; -errno
 * of stat(2); -EINVAL if it is not a regular file; -ENAMETOOLONG. On failure @blob is unchanged and
 * @diag has the reason. */
_must_check_ int layout_blob_take(struct layout_blob *blob, const char *path, struct diag *diag);

/*
 * Gives the blob at @index of a description the file @path, and checks the layout again. Returns 0;
 * -EINVAL if the file is empty, larger than the blob's max, or would overlap something; or as
 * layout_blob_take. On failure @layout is unchanged and @diag has the reason.
 */
_must_check_ int layout_set_blob(
	struct layout *layout, size_t index, const char *path, struct diag *diag);
/* Index of the first blob without a file, or the number of blobs if all have one. @in_partitions: those of
 * partitions count, too. */
size_t layout_missing_blob(const struct layout *layout, bool in_partitions);
/* Checks that every blob has a file, and @in_partitions also layout_check_copies. Returns 0; or -ENOENT, or as
 * that, with the complete message in @diag, "FILE:LINE: ...". */
_must_check_ int layout_check_files(
	const struct layout *layout, bool in_partitions, struct diag *diag);

/* Describes a blob: "u-boot 1.5 MiB at 32 KiB", "u-boot 1.5 MiB in boot0 at 0", "u-boot: file
 * missing". */
void layout_blob_describe(const struct layout_blob *blob, char *ret, size_t size);

#endif
