/* SPDX-License-Identifier: MIT */
/* genimage_text - the text of a genimage.cfg, without all that is not about the disk. Pure. */
#ifndef DEVICE_LAYOUT_GENIMAGE_TEXT_H
#define DEVICE_LAYOUT_GENIMAGE_TEXT_H

#include "device/base/diag.h"
#include "device/base/util.h"

#include <stdbool.h>

/* True if @text looks like a genimage.cfg: it has a section image. @text ends with a NUL. */
bool genimage_text_is(const char *text);

/*
 * Overwrites all of @text with blanks but the sections of the disk image, and of images with a vfat for which @has
 * returns false. Comments go, because libConfuse 3.3 counts lines wrongly after them, and so do other images.
 * Returns 0; or -EINVAL, with the reason and the line in @diag, if there is not just one disk image.
 */
_must_check_ int genimage_text_reduce(
	char *text, bool (*has)(void *arg, const char *image), void *arg, struct diag *diag);

#endif
