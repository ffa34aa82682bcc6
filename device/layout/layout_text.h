/* SPDX-License-Identifier: MIT */
/* layout_text - the text of a layout file, before libConfuse reads it. Pure. */
#ifndef DEVICE_LAYOUT_LAYOUT_TEXT_H
#define DEVICE_LAYOUT_LAYOUT_TEXT_H

#include "device/base/diag.h"
#include "device/base/util.h"

#include <stddef.h>

/*
 * Overwrites comments in @text with blanks and refuses everything that layouts do not use.
 * libConfuse 3.3 would miscount lines after a comment, skip unknown characters, continue an
 * unterminated string in the next file, and expand environment variables. text[size] is a NUL.
 *
 * Returns 0; or -EINVAL with the reason and the line in @diag.
 */
_must_check_ int layout_text_clean(char *text, size_t size, struct diag *diag);

#endif
