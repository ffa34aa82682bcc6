/* SPDX-License-Identifier: MIT */
/*
 * uboot_state - what is known at one point of a U-Boot script: variables, and the files that were
 * loaded to addresses. Values, which can be copied; only strings are borrowed. Pure.
 *
 * A variable that is not in the state has a value that only U-Boot knows. In an expanded text it is
 * UBOOT_SYMBOL, "{", its name, "}".
 */
#ifndef CORE_BOOTCHECK_UBOOT_STATE_H
#define CORE_BOOTCHECK_UBOOT_STATE_H

#include <stdbool.h>
#include <stddef.h>

#define UBOOT_SYMBOL	    '\001'
#define UBOOT_VARIABLES_MAX 96
#define UBOOT_SLOTS_MAX	    24
#define UBOOT_OVERLAYS_MAX  16

/* A file at an address. */
struct uboot_slot {
	const char *address; /* without "0x" */
	const char *path;    /* NULL: not known */
	const char *dir;     /* path is NULL, but it is in this folder; else NULL */
	const char *root;    /* as in boot_entry */
};

struct uboot_state {
	struct uboot_variable {
		const char *name, *value;
	} variables[UBOOT_VARIABLES_MAX];
	size_t variable_count;
	struct uboot_slot slots[UBOOT_SLOTS_MAX];
	size_t slot_count;
	const char *overlays[UBOOT_OVERLAYS_MAX];
	size_t overlay_count;
	bool overlays_unknown;
	bool is_over; /* the script has ended */
};

/* The value of a variable; NULL if it is not known. */
const char *uboot_state_get(const struct uboot_state *state, const char *name, size_t length);
/* Sets a variable; NULL: it is no longer known. */
void uboot_state_set(struct uboot_state *state, const char *name, const char *value);
/* The file at @address; NULL if none was loaded there. */
const struct uboot_slot *uboot_state_slot(const struct uboot_state *state, const char *address);
/* Notes a file at its address. */
void uboot_state_load(struct uboot_state *state, struct uboot_slot slot);
/* Forgets which files are at addresses. */
void uboot_state_forget_files(struct uboot_state *state);
/* Keeps in @state what is true for @other, too: the script goes on from one of both. */
void uboot_state_merge(struct uboot_state *state, const struct uboot_state *other);

#endif
