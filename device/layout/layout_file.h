/* SPDX-License-Identifier: MIT */
/*
 * layout_file - reads a layout file, in the grammar of libConfuse, into a description for
 * layout_place. assets/layouts has examples; boardstrap(1) lists the keywords. Unknown keywords,
 * duplicates, misplaced keywords and contradictions on any disk are errors with a line number.
 *
 * Not reentrant: the scanner of libConfuse uses global variables.
 */
#ifndef DEVICE_LAYOUT_LAYOUT_FILE_H
#define DEVICE_LAYOUT_LAYOUT_FILE_H

#include "device/base/util.h"
#include "device/layout/layout.h"
#include "device/layout/layout_blob.h"

/* Maximum size of a layout file, in bytes. */
#define LAYOUT_FILE_MAX 65536

/*
 * Reads the layout file at @path, or a genimage.cfg. Relative paths of blobs start from its folder, and those of a
 * genimage.cfg from the folder of the images in @choices if there is one; identities and sizes of the files are
 * recorded. @choices (may be NULL) replace files of the layout, and must exist. A
 * blob without any file is marked as missing; layout_check_files reports it.
 *
 * Returns 0; -EINVAL if the content is wrong; or -errno of reading it. On failure @ret is unchanged
 * and @diag has the reason, and the line if there is one.
 */
_must_check_ int layout_load(const char *path, const struct blob_choices *choices,
	struct layout *ret, struct diag *diag);

/* Parses @size bytes of @text, which came from the file at the absolute path @path. Returns as
 * layout_load, and -ENOMEM. */
_must_check_ int layout_parse(const char *text, size_t size, const char *path,
	const struct blob_choices *choices, struct layout *ret, struct diag *diag);

/*
 * Finds the layout that the operator named: a built-in layout; a file, if @name contains a "/" or
 * ends in ".conf" or ".cfg"; or NAME.conf in @folder (see layout_folder). Returns 0, or -errno with the
 * complete message in @diag, "FILE:LINE: ..." for an error on a line. -ENOENT if no layout has
 * that name, or if it lacks a blob of @choices (may be NULL).
 */
_must_check_ int layout_resolve(const char *name, const char *folder,
	const struct blob_choices *choices, struct layout *ret, struct diag *diag);

/* True for the names of layout files, which end in ".conf", or ".cfg" for a genimage.cfg (genimage.h). */
bool layout_has_suffix(const char *name);

/* The folder of the installed layouts, relative to the running program:
 * ../share/boardstrap/layouts. "" if it cannot be determined. */
void layout_folder(char ret[256]);

#endif
