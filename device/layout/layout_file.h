/* SPDX-License-Identifier: MIT */
/*
 * layout_file - a layout that somebody wrote: a file in libConfuse's grammar (assets/layouts has
 * examples, boardstrap(1) the words) -> a description for layout_plan. Strict: whatever is unknown,
 * given twice, out of place or contradictory on a disk of any size is an error with its line.
 *
 * libConfuse keeps its scanner in global variables: no two calls at once.
 */
#ifndef DEVICE_LAYOUT_LAYOUT_FILE_H
#define DEVICE_LAYOUT_LAYOUT_FILE_H

#include "device/base/util.h"
#include "device/layout/layout.h"

/* A layout file is no larger. */
#define LAYOUT_FILE_MAX 65536

/*
 * Reads the layout file at @path. The files of its blobs are looked for beside it, and must be
 * there: their sizes are taken from them. @ret is untouched on failure. 0; -EINVAL where what is
 * written is wrong, or the -errno of reading it; then @diag has the sentence, and the line if any.
 */
_must_check_ int layout_load(const char *path, struct layout *ret, struct diag *diag);

/* The same of @size bytes of @text, which came from the file at the absolute path @path. */
_must_check_ int layout_parse(
	const char *text, size_t size, const char *path, struct layout *ret, struct diag *diag);

/*
 * The layout that an operator named: a built-in one, a file where @name has a "/" or ends in
 * ".conf", else the file NAME.conf in @folder (layout_folder). 0 or -errno, then @why has the whole
 * sentence, "FILE:LINE: ..." where it is about a line.
 */
_must_check_ int layout_resolve(
	const char *name, const char *folder, struct layout *ret, char *why, size_t size);

/* Where `make install` puts the layouts, as seen from the running program:
 * ../share/boardstrap/layouts. "" where that cannot be told. @ret has room for 256 bytes. */
void layout_folder(char ret[256]);

#endif
