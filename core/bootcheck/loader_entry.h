/* SPDX-License-Identifier: MIT */
/*
 * loader_entry - reads loader/entries/NAME.conf and loader/loader.conf of the Boot Loader
 * Specification, as systemd-boot does. Pure.
 *
 * Facts, from the specification (uapi-group.org/specifications/specs/boot_loader_specification) and
 * loader.conf(5): one key and value per line, separated by blanks; paths begin at the root of the
 * filesystem of the file; initrd, options and devicetree-overlay can come several times, and
 * options are joined. An entry has one of `linux`, `efi` and `uki`; GRUB's blscfg puts in variables
 * ("$kernelopts"). `default` is a pattern (*, ?, [...]) for the name of the file, with or without
 * ".conf"; without it, the newest version is taken.
 */
#ifndef CORE_BOOTCHECK_LOADER_ENTRY_H
#define CORE_BOOTCHECK_LOADER_ENTRY_H

#include "core/bootcheck/boot_entry.h"

#include "device/base/util.h"

/* Calls @each once if the file is an entry: it has linux, efi or uki, all of which are given as the
 * kernel. is_default is false: see loader_default_matches. 0, or the result of @each. */
_must_check_ int loader_entry_each(const char *text, size_t size, boot_entry_fn each, void *arg);

/* The default of loader.conf: a pattern for loader_default_matches. False, and "", if it
 * names none, or what only systemd-boot knows ("@saved"). */
bool loader_conf_default(const char *text, size_t size, char *ret, size_t ret_size);
/* True if @name, the name of a file in loader/entries, matches the pattern. A count of tries
 * ("a+3-1.conf") is no part of the name. */
bool loader_default_matches(const char *pattern, const char *name);

#endif
