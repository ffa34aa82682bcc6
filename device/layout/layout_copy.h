/* SPDX-License-Identifier: MIT */
/*
 * layout_copy - the files of a layout that are copied into its partitions, as they lie beside the archive:
 * device trees, a kernel, the menu of a boot loader. Pure, except for layout_check_copies.
 */
#ifndef DEVICE_LAYOUT_LAYOUT_COPY_H
#define DEVICE_LAYOUT_LAYOUT_COPY_H

#include "device/layout/layout.h"

/*
 * Adds a copy to the partition at @index. @word is FILE, which goes to the partition under its own name, or
 * NAME=FILE with its path in the partition. A relative FILE begins in @folder.
 *
 * Returns 0; or -EINVAL, with @layout unchanged and the reason in @diag, if a part is missing, is too long or
 * leaves the partition, or the copy is one too many.
 */
_must_check_ int layout_add_copy(struct layout *layout, size_t index, const char *word,
	const char *folder, struct diag *diag);
/* The same for a name that is no part of a word. @name "" is that of the file. */
_must_check_ int layout_add_named_copy(struct layout *layout, size_t index, const char *name,
	const char *file, const char *folder, struct diag *diag);
/* Writes the path of @copy in the tree: "boot/extlinux/extlinux.conf". */
#define LAYOUT_COPY_PATH                                                                           \
	(sizeof(((struct layout_partition *)0)->mount) + sizeof(((struct layout_copy *)0)->name))
void layout_copy_path(
	const struct layout *layout, const struct layout_copy *copy, char ret[LAYOUT_COPY_PATH]);
/* Returns the number of copies for the partition at @index. */
size_t layout_count_copies(const struct layout *layout, size_t index);
/* True if both copy the same files to the same places of the tree. */
bool layout_copies_equal(const struct layout *a, const struct layout *b);
/* Checks that all files can be read. Returns 0; or -errno of the first one that cannot, with the complete
 * message in @diag, "FILE:LINE: ...". */
_must_check_ int layout_check_copies(const struct layout *layout, struct diag *diag);
/* Writes a list of the names for the partition at @index: "zImage, extlinux/extlinux.conf". "" if there are
 * none; cut with "..." if @size is too small. */
void layout_list_copies(const struct layout *layout, size_t index, char *ret, size_t size);

#endif
