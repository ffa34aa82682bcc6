/* SPDX-License-Identifier: MIT */
/*
 * uboot_env - the variables of a text file that U-Boot imports: uEnv.txt, armbianEnv.txt. Pure.
 *
 * As `env import -t` does (himport_r in U-Boot's lib/hashtable.c): one name=value per line, blanks
 * before a name and lines that begin with # are skipped, a backslash stands for the byte behind it,
 * the last value of a name counts, and a name without value is removed. Blanks and CR at the end of
 * a line, which U-Boot keeps by default, are left out.
 */
#ifndef CORE_BOOTCHECK_UBOOT_ENV_H
#define CORE_BOOTCHECK_UBOOT_ENV_H

#include <stdbool.h>
#include <stddef.h>

#define UBOOT_ENV_VARIABLES_MAX 128
#define UBOOT_ENV_BYTES		16384

struct uboot_env {
	const char *file; /* its name without folder, borrowed; NULL: not known */
	bool is_missing;  /* there is no such file */
	bool is_cut;	  /* there is more than could be read: any variable may be set or another */
	size_t count, used;
	struct uboot_env_variable {
		const char *name, *value; /* in text; value "" if the file removes it */
	} variables[UBOOT_ENV_VARIABLES_MAX];
	char text[UBOOT_ENV_BYTES];
};

/* Reads the file with the name @file, without folder; @file must outlive @env. */
void uboot_env_read(struct uboot_env *env, const char *file, const char *text, size_t size);
/* The value of @name; NULL if the file does not have it. */
const char *uboot_env_get(const struct uboot_env *env, const char *name);

#endif
