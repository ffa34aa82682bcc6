/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/boot_files.h"

#include "device/base/util.h"

#include <fnmatch.h>
#include <string.h>

/* A "*" does not match a slash. Files of boot loaders may be in any folder: the layout is not known yet, nor where a
 * filesystem begins. */
static const char *const whole[] = {"etc/fstab*", "etc/os-release", "usr/lib/os-release"};
static const char *const names[] = {"extlinux.conf", "syslinux.cfg", "boot.scr", "boot.scr.uimg",
	"boot.cmd", "uEnv.txt", "*Env.txt", "cmdline.txt", "config.txt", "grub.cfg", "loader.conf",
	"config-[0-9]*"};
static const char *const folders[] = {
	"loader/entries/*.conf", "*/loader/entries/*.conf", "*/*/loader/entries/*.conf"};
/* Folders of programs, which hold samples and tests. */
static const char *const others[] = {"usr", "var", "home", "opt", "lib", "root", "srv", "nix"};

static bool matches(const char *const *patterns, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (fnmatch(patterns[i], text, FNM_PATHNAME | FNM_PERIOD | FNM_CASEFOLD) == 0)
			return true;
	return false;
}

bool boot_files_keep(const char *path, uint64_t size)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	if (size > BOOT_FILE_MAX)
		return false;
	if (matches(whole, ARRAY_SIZE(whole), path))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (path_is_below(path, others[i]))
			return false;
	return matches(names, ARRAY_SIZE(names), name) ||
	       matches(folders, ARRAY_SIZE(folders), path);
}
