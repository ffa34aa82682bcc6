/* SPDX-License-Identifier: MIT */
/*
 * extlinux - reads extlinux.conf (syslinux.cfg), as U-Boot and SYSLINUX do. Pure.
 *
 * Facts, from U-Boot's boot/pxe_utils.c and syslinux.cfg(5): keywords in any case, values up to the
 * end of the line. A relative path begins at the folder of the file, an absolute one at the root of
 * its filesystem. A second `append` replaces the first. The word initrd= of
 * `append` names an initrd, too; commas separate several (SYSLINUX). `kernel FILE#CONF` names a configuration
 * of a FIT, and an initrd or device tree of the same name comes out of that FIT; `fdt -` means
 * none. `localboot` takes precedence over a kernel: that entry has no parts at all.
 *
 * A part that the two read differently is unknown: a second, other initrd or device tree (U-Boot takes the
 * first, SYSLINUX the last); parts behind a keyword that U-Boot lacks, which ends the entry there;
 * an `append` outside of all entries, for those without one (SYSLINUX only). The CR of a CR LF is
 * left out as in SYSLINUX; U-Boot takes it as part of the value.
 */
#ifndef CORE_BOOTCHECK_EXTLINUX_H
#define CORE_BOOTCHECK_EXTLINUX_H

#include "core/bootcheck/boot_entry.h"

#include "device/base/util.h"

/*
 * Calls @each for every label. The title is its menu label, or else its name. is_default: the label
 * that `default` or `ontimeout` names, or else `menu default`, or else the first one. A command line
 * with a variable is given as it is, and as unknown. `include` is an entry whose parts are all
 * unknown, with the title "include FILE": that file can have further labels, so that none is the
 * default unless it is named.
 *
 * Returns 0, or the first other result of @each.
 */
_must_check_ int extlinux_each(const char *text, size_t size, boot_entry_fn each, void *arg);

#endif
