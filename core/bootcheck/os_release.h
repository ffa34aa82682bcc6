/* SPDX-License-Identifier: MIT */
/*
 * os_release - a short name for people out of the text of an os-release(5): "Debian 12". Pure.
 *
 * Facts, from os-release(5): assignments as of a shell, with values in double or single quotes or
 * without, a backslash before $, ", \, ` and newline only; the last of a key counts.
 */
#ifndef CORE_BOOTCHECK_OS_RELEASE_H
#define CORE_BOOTCHECK_OS_RELEASE_H

#include <stddef.h>

/*
 * NAME, without text in brackets and without "GNU/Linux" or "Linux" at its end, and
 * VERSION_ID, or else VERSION_CODENAME ("Debian trixie"); no version if BUILD_ID is "rolling".
 * If there is no NAME, PRETTY_NAME or ID as it is. "" if there is none of them. Sanitised; may be cut.
 */
void os_release_name(const char *text, size_t size, char *ret, size_t ret_size);

#endif
