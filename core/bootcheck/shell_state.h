/* SPDX-License-Identifier: MIT */
/*
 * shell_state - the knowledge at one point of a script of U-Boot or GRUB: variables, and the files
 * that were loaded to addresses (U-Boot). Values, which can be copied; only strings are borrowed.
 * Pure.
 *
 * A variable that is not in the state has a value that only the loader knows. In expanded text it is
 * SHELL_SYMBOL, "{", its name, "}".
 */
#ifndef CORE_BOOTCHECK_SHELL_STATE_H
#define CORE_BOOTCHECK_SHELL_STATE_H

#include <stdbool.h>
#include <stddef.h>

#define SHELL_SYMBOL	    '\001'
#define SHELL_VARIABLES_MAX 96
#define SHELL_SLOTS_MAX	    24
#define SHELL_OVERLAYS_MAX  16

/* A file at an address. */
struct shell_slot {
	const char *address; /* without "0x" */
	const char *path;    /* NULL: not known */
	const char *dir;     /* path is NULL, but it is in this folder; else NULL */
	const char *root;    /* as in boot_entry */
};

struct shell_state {
	struct shell_variable {
		const char *name, *value;
	} variables[SHELL_VARIABLES_MAX];
	size_t variable_count;
	struct shell_slot slots[SHELL_SLOTS_MAX];
	size_t slot_count;
	const char *overlays[SHELL_OVERLAYS_MAX];
	size_t overlay_count;
	bool overlays_unknown;
	bool is_over; /* the script has ended */
};

/* The value of a variable; NULL if it is not known. */
const char *shell_state_get(const struct shell_state *state, const char *name, size_t length);
/* Sets a variable; NULL: it is no longer known. */
void shell_state_set(struct shell_state *state, const char *name, const char *value);
/* The file at @address; NULL if none was loaded there. */
const struct shell_slot *shell_state_slot(const struct shell_state *state, const char *address);
/* Notes a file at its address. */
void shell_state_load(struct shell_state *state, struct shell_slot slot);
/* Forgets which files are at addresses. */
void shell_state_forget_files(struct shell_state *state);
/* Keeps in @state what is true for @other, too: the script goes on from one of both. */
void shell_state_merge(struct shell_state *state, const struct shell_state *other);

#endif
