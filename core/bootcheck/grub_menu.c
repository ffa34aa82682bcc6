/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/grub_menu.h"

#include "device/base/util.h"

#include <string.h>

bool grub_menu_is_uncertain(const struct grub_menu *menu)
{
	return menu->shell.uncertain > menu->entry_uncertain;
}

/* ---- entries ---- */

void grub_menu_deliver(struct grub_menu *menu)
{
	if (!menu->is_open)
		return;
	menu->is_open = false;
	if (menu->r != 0 || menu->is_looking)
		return;
	menu->r = menu->each(menu->arg, &menu->draft.entry);
	if (menu->r != 0)
		menu->shell.state.is_over = true;
}

void grub_menu_open_entry(struct grub_menu *menu, unsigned line, const char *title, bool is_default)
{
	boot_draft_begin(&menu->draft, line);
	boot_draft_set(&menu->draft, 0, &menu->draft.entry.title, title);
	menu->draft.entry.is_default = is_default && !menu->is_found;
	menu->is_found |= menu->draft.entry.is_default;
	menu->entry_uncertain = menu->shell.uncertain;
	menu->is_open = true;
}

/* True if the entry @number, @title, @id of a menu is what @wanted (up to @length) calls it. */
static bool is_called(
	const struct grub_block *menu, size_t length, const char *title, const char *id)
{
	char name[GRUB_NAME_BYTES];
	uint64_t number;

	if (length >= sizeof(name))
		return false;
	memcpy(name, menu->wanted, length);
	name[length] = '\0';
	if (strcmp(name, title) == 0 || (*id && strcmp(name, id) == 0))
		return true;
	return !menu->is_unsure && str_to_u64(name, 10, &number) == 0 && number == menu->next;
}

/* The innermost menu: entries in other blocks, such as functions, are not looked at. */
static struct grub_block *current_menu(struct grub_menu *menu)
{
	size_t at = menu->depth;

	while (at > 0 && menu->blocks[at].kind != GRUB_SUBMENU)
		at--;
	return &menu->blocks[at];
}

/* Counts one more entry of the innermost menu. True if the default is this entry, or in it: *ret is
 * then what is left of its name. */
static bool count_entry(struct grub_menu *menu, const char *title, const char *id, const char **ret)
{
	struct grub_block *parent = current_menu(menu);
	size_t length = parent->wanted ? strcspn(parent->wanted, ">") : 0;
	bool is = parent->wanted && menu->shell.uncertain == 0 &&
		  is_called(parent, length, title, id);

	*ret = is && parent->wanted[length] == '>' ? parent->wanted + length + 1 : NULL;
	parent->next++;
	parent->is_unsure |= menu->shell.uncertain > 0;
	return is;
}

/* The value of --id, or "". grub-mkconfig has it in a variable, as older versions lack it. */
static const char *find_id(const struct grub_command *command)
{
	for (size_t i = 1; i + 1 < command->count; i++)
		if (strcmp(command->words[i], "--id") == 0 ||
			strcmp(command->words[i], "\001{menuentry_id_option}") == 0)
			return command->words[i + 1];
	for (size_t i = 1; i < command->count; i++)
		if (str_has_prefix(command->words[i], "--id="))
			return command->words[i] + strlen("--id=");
	return "";
}

/* The title: the first word that is neither an option nor its value. */
static const char *find_title(const struct grub_command *command)
{
	static const char *const with_value[] = {
		"--class", "--users", "--hotkey", "--source", "--id", "\001{menuentry_id_option}"};

	for (size_t i = 1; i < command->count; i++) {
		const char *word = command->words[i];

		if (*word != '-' && *word != SHELL_SYMBOL)
			return word;
		for (size_t k = 0; k < ARRAY_SIZE(with_value); k++)
			if (strcmp(word, with_value[k]) == 0)
				i++;
	}
	return "";
}

/* ---- blocks ---- */

static void push_block(struct grub_menu *menu, enum grub_block_kind kind)
{
	bool is_top = current_menu(menu) == &menu->blocks[0];

	if (menu->depth + 1 == GRUB_BLOCKS_MAX) {
		menu->shell.state.is_over = true;
		menu->shell.is_lost = true;
		return;
	}
	menu->blocks[++menu->depth] = (struct grub_block){
		.kind = kind, .memory_used = menu->shell.memory_used, .outside = menu->shell.state};
	/* A chosen entry runs with the variables at the end of the file. */
	if (is_top && !menu->is_looking && (kind == GRUB_MENUENTRY || kind == GRUB_SUBMENU))
		menu->shell.state = menu->last;
}

void grub_menu_close_block(struct grub_menu *menu)
{
	struct grub_block *block = &menu->blocks[menu->depth];

	if (menu->depth == 0)
		return;
	menu->depth--;
	if (block->kind == GRUB_MENUENTRY)
		grub_menu_deliver(menu);
	if (block->kind != GRUB_MENUENTRY && block->kind != GRUB_SUBMENU)
		return;
	menu->shell.state = block->outside;
	menu->shell.state.is_over |= menu->r != 0;
	menu->shell.memory_used = block->memory_used;
}

bool grub_menu_is_skipped(const struct grub_menu *menu)
{
	for (size_t i = menu->depth; i > 0; i--)
		if (menu->blocks[i].kind == GRUB_FUNCTION ||
			(menu->is_looking && menu->blocks[i].kind != GRUB_OTHER))
			return true;
	return false;
}

bool grub_menu_is_in_entry(const struct grub_menu *menu)
{
	for (size_t i = menu->depth; i > 0; i--)
		if (menu->blocks[i].kind == GRUB_MENUENTRY)
			return true;
	return false;
}

static void open_menuentry(struct grub_menu *menu, const struct grub_command *command)
{
	const char *title = find_title(command), *rest;
	bool is_named = count_entry(menu, title, find_id(command), &rest);

	grub_menu_deliver(menu);
	grub_menu_open_entry(menu, command->line, title, is_named && !rest);
	push_block(menu, GRUB_MENUENTRY);
}

static void open_submenu(struct grub_menu *menu, const struct grub_command *command)
{
	const char *rest;
	bool is_in = count_entry(menu, find_title(command), find_id(command), &rest);

	grub_menu_deliver(menu);
	push_block(menu, GRUB_SUBMENU);
	menu->blocks[menu->depth].wanted = is_in ? rest : NULL;
}

void grub_menu_open_block(struct grub_menu *menu, const struct grub_command *head)
{
	const char *name = head->count > 0 ? head->words[0] : "";

	if (strcmp(name, "function") == 0)
		push_block(menu, GRUB_FUNCTION);
	else if (grub_menu_is_skipped(menu) || grub_menu_is_in_entry(menu))
		push_block(menu, GRUB_OTHER);
	else if (strcmp(name, "menuentry") == 0)
		open_menuentry(menu, head);
	else if (strcmp(name, "submenu") == 0)
		open_submenu(menu, head);
	else
		push_block(menu, GRUB_OTHER);
}

/* ---- passes ---- */

void grub_menu_set_default(struct grub_menu *menu, const char *value)
{
	if (!menu->is_looking)
		return;
	menu->has_default = true;
	if (value && shell_is_known(value))
		(void)STR_COPY(menu->default_text, *value != '\0' ? value : "0");
}

/* Keeps what the first pass has found. */
static void end_looking(struct grub_menu *menu)
{
	menu->last = menu->shell.state;
	menu->last.is_over = menu->is_found = false;
	menu->blocks[0] = (struct grub_block){0};
	if (!menu->has_default)
		menu->blocks[0].wanted = "0";
	else if (*menu->default_text != '\0')
		menu->blocks[0].wanted = menu->default_text;
}

void grub_menu_read(struct grub_menu *menu, bool is_looking, const char *text, size_t size)
{
	menu->is_looking = is_looking;
	menu->shell.state = (struct shell_state){0};
	menu->shell.uncertain = menu->shell.depth = 0;
	menu->depth = 0;
	menu->is_open = false;
	shell_state_set(&menu->shell.state, "root", "");
	shell_run(&menu->shell, text, size > 0 ? strnlen(text, size) : 0, 1);
	grub_menu_deliver(menu);
	if (is_looking)
		end_looking(menu);
}
