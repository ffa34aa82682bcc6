/* SPDX-License-Identifier: MIT */
/* pax_name - predicates on a name in a pax header that some tars convert: by POSIX it is UTF-8.
 * Pure. */
#ifndef CORE_FORMAT_PAX_NAME_H
#define CORE_FORMAT_PAX_NAME_H

#include <stdbool.h>

bool pax_name_is_utf8(const char *name);
/* True if libarchive, which bsdtar uses, may join a character of @name with the one before it
 * (canonical composition): it then creates a file with another name. */
bool pax_name_is_decomposed(const char *name);

#endif
