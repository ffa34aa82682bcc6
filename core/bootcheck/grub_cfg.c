/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/grub_cfg.h"

#include "core/bootcheck/boot_draft.h"
#include "core/bootcheck/shell.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS_MAX 16
#define NAME_BYTES 128
#define TEXT_BYTES SHELL_WORDS_SIZE

enum block_kind {
	BLOCK_MENUENTRY,
	BLOCK_SUBMENU,
	BLOCK_FUNCTION, /* its commands run when it is called */
	BLOCK_OTHER,
};

/* Commands between braces; a submenu is a menu, too. */
struct block {
	enum block_kind kind;
	unsigned next;	    /* the number of the next entry of this menu */
	bool is_unsure;	    /* a condition decides over earlier entries of this menu */
	const char *wanted; /* its name in there, or NULL */
	size_t memory_used;
	struct shell_state outside;
};

struct menu {
	struct shell shell;
	boot_entry_fn each;
	void *arg;
	int r;
	bool is_looking; /* the first of two passes: for the variables at the end */
	bool has_default, is_found;
	char default_text[NAME_BYTES]; /* the last constant that default was set to, or "" */
	struct shell_state last;       /* at the end of the first pass */
	struct block blocks[BLOCKS_MAX];
	size_t depth;		  /* blocks[0] is the menu itself */
	bool is_open;		  /* draft is an entry that is being read */
	unsigned entry_uncertain; /* conditions around it */
	struct boot_draft draft;
};

static struct menu *menu_of(struct shell *shell)
{
	return container_of(shell, struct menu, shell);
}

static bool is_uncertain(const struct menu *menu)
{
	return menu->shell.uncertain > menu->entry_uncertain;
}

/* ---- entries ---- */

static void deliver(struct menu *menu)
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

static void open_entry(struct menu *menu, unsigned line, const char *title)
{
	boot_draft_begin(&menu->draft, line);
	boot_draft_set(&menu->draft, 0, &menu->draft.entry.title, title);
	menu->entry_uncertain = menu->shell.uncertain;
	menu->is_open = true;
}

/* True if the entry @number, @title, @id of a menu is what @wanted (up to @length) calls it. */
static bool is_called(const struct block *menu, size_t length, const char *title, const char *id)
{
	char name[NAME_BYTES];
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
static struct block *current_menu(struct menu *menu)
{
	size_t at = menu->depth;

	while (at > 0 && menu->blocks[at].kind != BLOCK_SUBMENU)
		at--;
	return &menu->blocks[at];
}

/* Counts one more entry of the innermost menu. True if the default is this entry, or in it: *ret is
 * then what is left of its name. */
static bool count_entry(struct menu *menu, const char *title, const char *id, const char **ret)
{
	struct block *parent = current_menu(menu);
	size_t length = parent->wanted ? strcspn(parent->wanted, ">") : 0;
	bool is = parent->wanted && menu->shell.uncertain == 0 &&
		  is_called(parent, length, title, id);

	*ret = is && parent->wanted[length] == '>' ? parent->wanted + length + 1 : NULL;
	parent->next++;
	parent->is_unsure |= menu->shell.uncertain > 0;
	return is;
}

/* One command, without braces. */
struct command {
	char *const *words;
	size_t count;
	unsigned line;
	bool is_cut;
};

/* The value of --id, or "". grub-mkconfig has it in a variable, as older versions lack it. */
static const char *find_id(const struct command *command)
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
static const char *find_title(const struct command *command)
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

static void open_block(struct menu *menu, enum block_kind kind)
{
	bool is_top = current_menu(menu) == &menu->blocks[0];

	if (menu->depth + 1 == BLOCKS_MAX) {
		menu->shell.state.is_over = true;
		menu->shell.is_lost = true;
		return;
	}
	menu->blocks[++menu->depth] = (struct block){
		.kind = kind, .memory_used = menu->shell.memory_used, .outside = menu->shell.state};
	/* A chosen entry runs with the variables at the end of the file. */
	if (is_top && !menu->is_looking && (kind == BLOCK_MENUENTRY || kind == BLOCK_SUBMENU))
		menu->shell.state = menu->last;
}

static void close_block(struct menu *menu)
{
	struct block *block = &menu->blocks[menu->depth];

	if (menu->depth == 0)
		return;
	menu->depth--;
	if (block->kind == BLOCK_MENUENTRY)
		deliver(menu);
	if (block->kind != BLOCK_MENUENTRY && block->kind != BLOCK_SUBMENU)
		return;
	menu->shell.state = block->outside;
	menu->shell.state.is_over |= menu->r != 0;
	menu->shell.memory_used = block->memory_used;
}

/* True for commands that do not run: those of functions, and of entries in the first pass. */
static bool is_skipped(const struct menu *menu)
{
	for (size_t i = menu->depth; i > 0; i--)
		if (menu->blocks[i].kind == BLOCK_FUNCTION ||
			(menu->is_looking && menu->blocks[i].kind != BLOCK_OTHER))
			return true;
	return false;
}

static bool is_in_entry(const struct menu *menu)
{
	for (size_t i = menu->depth; i > 0; i--)
		if (menu->blocks[i].kind == BLOCK_MENUENTRY)
			return true;
	return false;
}

static void run_menuentry(struct menu *menu, const struct command *command)
{
	const char *title = find_title(command), *rest;
	bool is_default;

	deliver(menu);
	is_default = count_entry(menu, title, find_id(command), &rest) && !rest && !menu->is_found;
	open_entry(menu, command->line, title);
	menu->draft.entry.is_default = is_default;
	menu->is_found |= is_default;
	open_block(menu, BLOCK_MENUENTRY);
}

static void run_submenu(struct menu *menu, const struct command *command)
{
	const char *rest;
	bool is_in = count_entry(menu, find_title(command), find_id(command), &rest);

	deliver(menu);
	open_block(menu, BLOCK_SUBMENU);
	menu->blocks[menu->depth].wanted = is_in ? rest : NULL;
}

/* The command in front of a brace. */
static void run_head(struct menu *menu, const struct command *command)
{
	const char *name = command->count > 0 ? command->words[0] : "";

	if (strcmp(name, "function") == 0)
		open_block(menu, BLOCK_FUNCTION);
	else if (is_skipped(menu) || is_in_entry(menu))
		open_block(menu, BLOCK_OTHER);
	else if (strcmp(name, "menuentry") == 0)
		run_menuentry(menu, command);
	else if (strcmp(name, "submenu") == 0)
		run_submenu(menu, command);
	else
		open_block(menu, BLOCK_OTHER);
}

/* ---- files ---- */

/* "hd0,gpt2" is PARTITION=2. False if the device is not known. */
static bool root_of_device(const char *device, char ret[NAME_BYTES])
{
	static const char *const schemes[] = {"gpt", "msdos", ""};
	uint64_t number;

	if (str_has_prefix(device, "UUID=") || str_has_prefix(device, "LABEL="))
		return str_copy(ret, NAME_BYTES, device);
	if (!str_has_prefix(device, "hd0,"))
		return false;
	device += strlen("hd0,");
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		if (str_has_prefix(device, schemes[i]) &&
			str_to_u64(device + strlen(schemes[i]), 10, &number) == 0)
			return str_format(ret, NAME_BYTES, "PARTITION=%u", (unsigned)number);
	return false;
}

/*
 * Finds root and path of @word: "/boot/vmlinuz", "(hd0,gpt2)/vmlinuz". *ret_path is NULL if it is
 * not known; @ret_root is "" for the filesystem of GRUB. False if the root is not known.
 */
static bool resolve(
	struct menu *menu, const char *word, const char **ret_path, char ret_root[NAME_BYTES])
{
	const char *value = shell_state_get(&menu->shell.state, "root", strlen("root"));
	char device[NAME_BYTES] = "\001";
	size_t length = *word == '(' ? strcspn(word, ")") : 0;

	*ret_root = '\0';
	if (length > 0 && length < sizeof(device) && word[length] == ')') {
		memcpy(device, word + 1, length - 1);
		device[length - 1] = '\0';
		word += length + 1;
	} else if (value) {
		(void)STR_COPY(device, value);
	}
	*ret_path = *word == '/' && shell_is_known(word) ? word : NULL;
	return *device == '\0' || root_of_device(device, ret_root);
}

/* The path of a file of @part, which makes the part unknown where it is so; NULL if it cannot be
 * given. All files of an entry are in one filesystem, as it is known. */
static const char *find_file(struct menu *menu, unsigned part, const char *word)
{
	struct boot_entry *entry = &menu->draft.entry;
	char root[NAME_BYTES];
	const char *path;
	bool is_first = !entry->kernel && entry->initrd_count == 0 && !entry->fdt;
	bool is_sure = resolve(menu, word, &path, root);

	if (!is_sure || !path || is_uncertain(menu))
		entry->unknown |= part;
	if (!path || !is_sure)
		return path;
	if (is_first && *root != '\0')
		boot_draft_set(&menu->draft, BOOT_ALL, &entry->root, root);
	if (strcmp(root, entry->root ? entry->root : "") == 0)
		return path;
	entry->unknown |= part;
	return NULL;
}

/* linux FILE OPTION... replaces what an earlier one has loaded. */
static void run_linux(struct menu *menu, const struct command *command)
{
	struct boot_draft *draft = &menu->draft;
	struct boot_entry *entry = &draft->entry;
	char text[TEXT_BYTES];
	const char *path;
	size_t at = 1;

	if (!menu->is_open) {
		open_entry(menu, command->line, "");
		entry->is_default = menu->shell.uncertain == 0 && !menu->is_found;
		menu->is_found |= entry->is_default;
	}
	*entry = (struct boot_entry){
		.title = entry->title, .line = entry->line, .is_default = entry->is_default};
	if (is_uncertain(menu) || command->is_cut)
		entry->unknown |= BOOT_COMMAND_LINE;
	while (at < command->count && str_has_prefix(command->words[at], "--"))
		at++;
	path = find_file(menu, BOOT_KERNEL, at < command->count ? command->words[at] : "");
	if (path)
		boot_draft_set(draft, BOOT_KERNEL, &entry->kernel, path);
	boot_draft_add_options(draft, "");
	for (at++; at < command->count; at++) {
		if (!shell_is_known(command->words[at]))
			entry->unknown |= BOOT_COMMAND_LINE;
		(void)STR_COPY(text, command->words[at]);
		for (char *p = text; (p = strchr(p, SHELL_SYMBOL));)
			*p = '$';
		boot_draft_add_options(draft, text);
	}
}

static void run_initrd(struct menu *menu, const struct command *command)
{
	if (command->is_cut)
		menu->draft.entry.unknown |= BOOT_INITRD;
	for (size_t i = 1; i < command->count && menu->is_open; i++) {
		const char *path = find_file(menu, BOOT_INITRD, command->words[i]);

		if (path && !is_uncertain(menu))
			boot_draft_add_initrd(&menu->draft, path);
	}
}

static void run_fdt(struct menu *menu, const struct command *command)
{
	const char *path = NULL;

	if (command->count > 1 && menu->is_open)
		path = find_file(menu, BOOT_FDT, command->words[1]);
	if (path)
		boot_draft_set(&menu->draft, BOOT_FDT, &menu->draft.entry.fdt, path);
}

/* Boots something that is not looked into. */
static void run_unknown(struct menu *menu, const struct command *command)
{
	struct boot_entry *entry = &menu->draft.entry;
	char root[NAME_BYTES];
	const char *path;

	if (!menu->is_open) {
		open_entry(menu, command->line, command->words[0]);
		entry->unknown = BOOT_ALL;
		entry->is_default = strcmp(command->words[0], "configfile") == 0 &&
				    menu->shell.uncertain == 0 && !menu->is_found;
		menu->is_found |= entry->is_default;
		if (command->count > 1 && resolve(menu, command->words[1], &path, root) && *root)
			boot_draft_set(&menu->draft, 0, &entry->root, root);
		deliver(menu);
	}
	entry->unknown = BOOT_ALL;
}

/* Another file, which may add entries. The one that is only there by condition is custom.cfg. */
static void run_source(struct menu *menu, const struct command *command)
{
	if (menu->is_open || menu->shell.uncertain == 0)
		run_unknown(menu, command);
}

static void run_boot(struct menu *menu, const struct command *command)
{
	(void)command;
	if (!is_in_entry(menu))
		deliver(menu);
}

static void run_exit(struct menu *menu, const struct command *command)
{
	(void)command;
	menu->shell.state.is_over = true;
}

/* ---- variables ---- */

static void set_variable(struct menu *menu, const char *name, const char *value)
{
	const char *kept = shell_keep(&menu->shell, name);

	shell_state_set(&menu->shell.state, kept ? kept : name,
		kept && value ? shell_keep(&menu->shell, value) : NULL);
	if (strcmp(name, "default") != 0 || !menu->is_looking)
		return;
	menu->has_default = true;
	if (value && shell_is_known(value))
		(void)STR_COPY(menu->default_text, *value != '\0' ? value : "0");
}

/* @word is NAME=VALUE. False if it is not. */
static bool assign(struct menu *menu, const char *word, bool is_cut)
{
	size_t length = strcspn(word, "=");
	char name[NAME_BYTES];

	if (word[length] != '=' || length == 0 || length >= sizeof(name) ||
		strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") !=
			length)
		return false;
	memcpy(name, word, length);
	name[length] = '\0';
	set_variable(menu, name, is_cut ? NULL : word + length + 1);
	return true;
}

static void run_set(struct menu *menu, const struct command *command)
{
	if (command->count > 1)
		(void)assign(menu, command->words[1], command->is_cut);
}

static void run_unset(struct menu *menu, const struct command *command)
{
	if (command->count > 1)
		set_variable(menu, command->words[1], "");
}

/* The saved variables may have any name, but are not where GRUB finds its files. */
static void run_load_env(struct menu *menu, const struct command *command)
{
	static const char *const own[] = {"root", "prefix"};
	struct shell_state before = menu->shell.state;

	(void)command;
	menu->shell.state.variable_count = 0;
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		shell_state_set(&menu->shell.state, own[i],
			shell_state_get(&before, own[i], strlen(own[i])));
}

/* search [--fs-uuid|--label|--file] [--set[=NAME]] [--hint...] VALUE. */
static void run_search(struct menu *menu, const struct command *command)
{
	const char *prefix = NULL, *variable = NULL, *value = NULL;
	char text[NAME_BYTES];

	for (size_t i = 1; i < command->count; i++) {
		const char *word = command->words[i];

		if (strcmp(word, "--fs-uuid") == 0 || strcmp(word, "-u") == 0)
			prefix = "UUID=";
		else if (strcmp(word, "--label") == 0 || strcmp(word, "-l") == 0)
			prefix = "LABEL=";
		else if (strcmp(word, "--set") == 0 || strcmp(word, "-s") == 0)
			variable = "root";
		else if (str_has_prefix(word, "--set="))
			variable = word + strlen("--set=");
		else if (strcmp(word, "--hint") == 0 || strcmp(word, "-h") == 0)
			i++;
		else if (*word != '-' && value && variable)
			variable = value, value = word; /* --set NAME VALUE */
		else if (*word != '-')
			value = word;
	}
	if (!variable)
		return;
	if (prefix && value && shell_is_known(value) && STR_FORMAT(text, "%s%s", prefix, value))
		set_variable(menu, variable, text);
	else
		set_variable(menu, variable, NULL);
}

static void run_search_by(struct menu *menu, const struct command *command)
{
	const char *prefix = strcmp(command->words[0], "search.fs_uuid") == 0 ? "UUID=" : "LABEL=";
	char text[NAME_BYTES];

	if (command->count < 3)
		return;
	if (strcmp(command->words[0], "search.file") != 0 && shell_is_known(command->words[1]) &&
		STR_FORMAT(text, "%s%s", prefix, command->words[1]))
		set_variable(menu, command->words[2], text);
	else
		set_variable(menu, command->words[2], NULL);
}

/* ---- the file ---- */

static void run_nothing(struct menu *menu, const struct command *command)
{
	(void)menu;
	(void)command;
}

/* Any other command can set the variables that it names: --set=NAME, --set 1:NAME. */
static void run_other(struct menu *menu, const struct command *command)
{
	if (assign(menu, command->words[0], command->is_cut))
		return;
	for (size_t i = 1; i < command->count; i++) {
		const char *name = command->words[i];

		while (name[strcspn(name, ":=")] != '\0')
			name += strcspn(name, ":=") + 1;
		shell_state_set(&menu->shell.state, name, NULL);
	}
}

static const struct {
	const char *name;
	void (*run)(struct menu *menu, const struct command *command);
} commands[] = {
	{"linux", run_linux},
	{"linux16", run_linux},
	{"linuxefi", run_linux},
	{"initrd", run_initrd},
	{"initrd16", run_initrd},
	{"initrdefi", run_initrd},
	{"devicetree", run_fdt},
	{"chainloader", run_unknown},
	{"multiboot", run_unknown},
	{"multiboot2", run_unknown},
	{"xen_hypervisor", run_unknown},
	{"configfile", run_unknown},
	{"legacy_configfile", run_unknown},
	{"extract_entries_configfile", run_unknown},
	{"normal", run_unknown},
	{"blscfg", run_unknown},
	{"source", run_source},
	{".", run_source},
	{"boot", run_boot},
	{"exit", run_exit},
	{"set", run_set},
	{"unset", run_unset},
	{"load_env", run_load_env},
	{"search", run_search},
	{"search.fs_uuid", run_search_by},
	{"search.fs_label", run_search_by},
	{"search.file", run_search_by},
	{"insmod", run_nothing},
	{"echo", run_nothing},
	{"export", run_nothing},
	{"save_env", run_nothing},
};

static enum shell_status run_simple(struct menu *menu, const struct command *command)
{
	const char *name = command->words[0];

	if (is_skipped(menu))
		return SHELL_UNKNOWN;
	if (strcmp(name, "true") == 0 || strcmp(name, "false") == 0)
		return *name == 't' ? SHELL_TRUE : SHELL_FALSE;
	if (strcmp(name, "[") == 0 && strcmp(command->words[command->count - 1], "]") == 0)
		return shell_test(command->words, command->count - 1);
	if (strcmp(name, "test") == 0)
		return shell_test(command->words, command->count);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(commands[i].name, name) != 0)
			continue;
		commands[i].run(menu, command);
		return SHELL_UNKNOWN;
	}
	run_other(menu, command);
	return SHELL_UNKNOWN;
}

/* A brace is the last word. */
static enum shell_status run_command(
	struct shell *shell, const struct shell_words *words, bool is_sure)
{
	struct menu *menu = menu_of(shell);
	const char *last = words->words[words->count - 1];
	struct command command = {.words = words->words,
		.count = words->count,
		.line = words->line,
		.is_cut = words->is_cut};
	enum shell_status status = SHELL_UNKNOWN;

	(void)is_sure;
	command.count -= strcmp(last, "{") == 0 || strcmp(last, "}") == 0;
	if (strcmp(last, "{") == 0)
		run_head(menu, &command);
	else if (command.count > 0)
		status = run_simple(menu, &command);
	if (strcmp(last, "}") == 0)
		close_block(menu);
	return status;
}

static void run_file(struct menu *menu, const char *text, size_t size)
{
	menu->shell.state = (struct shell_state){0};
	menu->shell.uncertain = menu->shell.depth = 0;
	menu->depth = 0;
	menu->is_open = false;
	shell_state_set(&menu->shell.state, "root", "");
	shell_run(&menu->shell, text, size > 0 ? strnlen(text, size) : 0, 1);
	deliver(menu);
}

int grub_cfg_each(const char *text, size_t size, boot_entry_fn each, void *arg)
{
	_cleanup_free_ struct menu *menu = calloc(1, sizeof(*menu));

	if (!menu)
		return -ENOMEM;
	menu->shell.command = run_command;
	menu->shell.has_braces = true;
	menu->each = each;
	menu->arg = arg;
	menu->is_looking = true;
	run_file(menu, text, size);
	menu->last = menu->shell.state;
	menu->is_looking = menu->last.is_over = menu->is_found = false;
	menu->blocks[0] = (struct block){0};
	if (!menu->has_default)
		menu->blocks[0].wanted = "0";
	else if (*menu->default_text != '\0')
		menu->blocks[0].wanted = menu->default_text;
	run_file(menu, text, size);
	return menu->r;
}
