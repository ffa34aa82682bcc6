/* SPDX-License-Identifier: MIT */
/*
 * grub_menu - the menu of a grub.cfg while it is read: blocks between braces, entries and submenus,
 * which entry is the default, and which commands do not run. Pure.
 *
 * The file is read in two passes: the first one looks for the variables at its end, with which
 * entries run, and for the default; the second one delivers the entries.
 */
#ifndef CORE_BOOTCHECK_GRUB_MENU_H
#define CORE_BOOTCHECK_GRUB_MENU_H

#include "core/bootcheck/boot_draft.h"
#include "core/bootcheck/shell.h"

#define GRUB_BLOCKS_MAX 16
#define GRUB_NAME_BYTES 128

/* One command, without braces. */
struct grub_command {
	char *const *words;
	size_t count;
	unsigned line;
	bool is_cut;
};

enum grub_block_kind {
	GRUB_MENUENTRY,
	GRUB_SUBMENU,
	GRUB_FUNCTION, /* its commands run when it is called */
	GRUB_OTHER,
};

/* Commands between braces; a submenu is a menu, too. */
struct grub_block {
	enum grub_block_kind kind;
	unsigned next;	    /* the number of the next entry of this menu */
	bool is_unsure;	    /* a condition decides over earlier entries of this menu */
	const char *wanted; /* the name of the default in there, or NULL */
	size_t memory_used;
	struct shell_state outside;
};

struct grub_menu {
	struct shell shell;
	boot_entry_fn each;
	void *arg;
	int r;		 /* the first result of each that is not 0 */
	bool is_looking; /* the first pass */
	bool has_default, is_found;
	char default_text[GRUB_NAME_BYTES]; /* the last constant that default was set to, or "" */
	struct shell_state last;	    /* at the end of the first pass */
	struct grub_block blocks[GRUB_BLOCKS_MAX];
	size_t depth;		  /* blocks[0] is the menu itself */
	bool is_open;		  /* draft is an entry that is being read */
	unsigned entry_uncertain; /* conditions around it */
	struct boot_draft draft;
};

/* Reads the file up to its end or a NUL: the pass with @is_looking, then the other one. Before them,
 * each, arg, shell.command and shell.has_braces are set, and all else is 0. */
void grub_menu_read(struct grub_menu *menu, bool is_looking, const char *text, size_t size);
/* The variable `default` gets a value; NULL: not known. */
void grub_menu_set_default(struct grub_menu *menu, const char *value);

/* Opens the block behind @head, the command in front of a brace. */
void grub_menu_open_block(struct grub_menu *menu, const struct grub_command *head);
/* Closes the innermost block, if there is one, and delivers the entry that it is. */
void grub_menu_close_block(struct grub_menu *menu);

/* Begins an entry in menu->draft; is_default: unless an earlier one is. */
void grub_menu_open_entry(
	struct grub_menu *menu, unsigned line, const char *title, bool is_default);
/* Ends the open entry, if there is one, and passes it on. */
void grub_menu_deliver(struct grub_menu *menu);

/* True for commands that do not run: those of functions, and of entries in the first pass. */
bool grub_menu_is_skipped(const struct grub_menu *menu);
bool grub_menu_is_in_entry(const struct grub_menu *menu);
/* True if a condition within the entry decides over the current command. */
bool grub_menu_is_uncertain(const struct grub_menu *menu);

#endif
