/* SPDX-License-Identifier: MIT */
/*
 * grub_cfg - reads the menu of a grub.cfg, as grub-mkconfig makes it or written by hand. Pure, but
 * for memory of a fixed size.
 *
 * Facts, from the GRUB manual and grub-core/commands/search_wrap.c: a menuentry runs when it is
 * chosen, with the variables that the whole file has left. Paths begin at the root of the filesystem
 * in the variable root, which `search --fs-uuid` and `search --label` set, or of "(DEVICE)" before
 * them; on btrfs they have the subvolume. `default` is a number from 0 on, a title or an --id, with
 * ">" between those of submenus. linux16 and linuxefi, initrd16 and initrdefi are linux and initrd.
 */
#ifndef CORE_BOOTCHECK_GRUB_CFG_H
#define CORE_BOOTCHECK_GRUB_CFG_H

#include "core/bootcheck/boot_entry.h"

#include "device/base/util.h"

/*
 * Calls @each for every menuentry, also those in submenus, and for what boots without a menu: linux
 * outside of all entries, and configfile, blscfg and the like (kernel unknown, title: the command).
 *
 * root of an entry: "UUID=..." or "LABEL=..." of its search, or "PARTITION=n" for root=hd0,gptN;
 * NULL: nothing sets root, which is then the filesystem that GRUB was installed to. If root or
 * the place of one file is not known, or a condition decides, the parts are unknown; their paths
 * may be given all the same. An entry without linux has no kernel (firmware setup, halt), or an
 * unknown one (chainloader).
 *
 * is_default: the entry that `default` names if that is certain, and the first if nothing sets
 * it. The constant in the file counts for a default that depends on what GRUB has saved
 * (grub-mkconfig: 0, unless GRUB has saved a next_entry); a saved_entry is none.
 *
 * Returns 0, -ENOMEM, or the first other result of @each.
 */
_must_check_ int grub_cfg_each(const char *text, size_t size, boot_entry_fn each, void *arg);

#endif
