/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/grub_cfg.h"

#include "core/bootcheck/grub_menu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES 128
#define TEXT_BYTES SHELL_WORDS_SIZE

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
	struct grub_menu *menu, const char *word, const char **ret_path, char ret_root[NAME_BYTES])
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
static const char *find_file(struct grub_menu *menu, unsigned part, const char *word)
{
	struct boot_entry *entry = &menu->draft.entry;
	char root[NAME_BYTES];
	const char *path;
	bool is_first = !entry->kernel && entry->initrd_count == 0 && !entry->fdt;
	bool is_sure = resolve(menu, word, &path, root);

	if (!is_sure || !path || grub_menu_is_uncertain(menu))
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
static void run_linux(struct grub_menu *menu, const struct grub_command *command)
{
	struct boot_draft *draft = &menu->draft;
	struct boot_entry *entry = &draft->entry;
	char text[TEXT_BYTES];
	const char *path;
	size_t at = 1;

	if (!menu->is_open)
		grub_menu_open_entry(menu, command->line, "", menu->shell.uncertain == 0);
	*entry = (struct boot_entry){
		.title = entry->title, .line = entry->line, .is_default = entry->is_default};
	if (grub_menu_is_uncertain(menu) || command->is_cut)
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

static void run_initrd(struct grub_menu *menu, const struct grub_command *command)
{
	if (command->is_cut)
		menu->draft.entry.unknown |= BOOT_INITRD;
	for (size_t i = 1; i < command->count && menu->is_open; i++) {
		const char *path = find_file(menu, BOOT_INITRD, command->words[i]);

		if (path && !grub_menu_is_uncertain(menu))
			boot_draft_add_initrd(&menu->draft, path);
	}
}

static void run_fdt(struct grub_menu *menu, const struct grub_command *command)
{
	const char *path = NULL;

	if (command->count > 1 && menu->is_open)
		path = find_file(menu, BOOT_FDT, command->words[1]);
	if (path)
		boot_draft_set(&menu->draft, BOOT_FDT, &menu->draft.entry.fdt, path);
}

/* Boots something that is not looked into. */
static void run_unknown(struct grub_menu *menu, const struct grub_command *command)
{
	struct boot_entry *entry = &menu->draft.entry;
	char root[NAME_BYTES];
	const char *path;

	if (!menu->is_open) {
		grub_menu_open_entry(menu, command->line, command->words[0],
			menu->shell.uncertain == 0 && strcmp(command->words[0], "configfile") == 0);
		entry->unknown = BOOT_ALL;
		if (command->count > 1 && resolve(menu, command->words[1], &path, root) && *root)
			boot_draft_set(&menu->draft, 0, &entry->root, root);
		grub_menu_deliver(menu);
	}
	entry->unknown = BOOT_ALL;
}

/* Another file, which may add entries. The one that is only there by condition is custom.cfg. */
static void run_source(struct grub_menu *menu, const struct grub_command *command)
{
	if (menu->is_open || menu->shell.uncertain == 0)
		run_unknown(menu, command);
}

static void run_boot(struct grub_menu *menu, const struct grub_command *command)
{
	(void)command;
	if (!grub_menu_is_in_entry(menu))
		grub_menu_deliver(menu);
}

static void run_exit(struct grub_menu *menu, const struct grub_command *command)
{
	(void)command;
	menu->shell.state.is_over = true;
}

/* ---- variables ---- */

static void set_variable(struct grub_menu *menu, const char *name, const char *value)
{
	const char *kept = shell_keep(&menu->shell, name);

	shell_state_set(&menu->shell.state, kept ? kept : name,
		kept && value ? shell_keep(&menu->shell, value) : NULL);
	if (strcmp(name, "default") == 0)
		grub_menu_set_default(menu, value);
}

/* @word is NAME=VALUE. False if it is not. */
static bool assign(struct grub_menu *menu, const char *word, bool is_cut)
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

static void run_set(struct grub_menu *menu, const struct grub_command *command)
{
	if (command->count > 1)
		(void)assign(menu, command->words[1], command->is_cut);
}

static void run_unset(struct grub_menu *menu, const struct grub_command *command)
{
	if (command->count > 1)
		set_variable(menu, command->words[1], "");
}

/* The saved variables may have any name, but are not where GRUB finds its files. */
static void run_load_env(struct grub_menu *menu, const struct grub_command *command)
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
static void run_search(struct grub_menu *menu, const struct grub_command *command)
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

static void run_search_by(struct grub_menu *menu, const struct grub_command *command)
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

static void run_nothing(struct grub_menu *menu, const struct grub_command *command)
{
	(void)menu;
	(void)command;
}

/* Any other command can set the variables that it names: --set=NAME, --set 1:NAME. */
static void run_other(struct grub_menu *menu, const struct grub_command *command)
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
	void (*run)(struct grub_menu *menu, const struct grub_command *command);
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

static enum shell_status run_simple(struct grub_menu *menu, const struct grub_command *command)
{
	const char *name = command->words[0];

	if (grub_menu_is_skipped(menu))
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
	struct grub_menu *menu = container_of(shell, struct grub_menu, shell);
	const char *last = words->words[words->count - 1];
	struct grub_command command = {.words = words->words,
		.count = words->count,
		.line = words->line,
		.is_cut = words->is_cut};
	enum shell_status status = SHELL_UNKNOWN;

	(void)is_sure;
	command.count -= strcmp(last, "{") == 0 || strcmp(last, "}") == 0;
	if (strcmp(last, "{") == 0)
		grub_menu_open_block(menu, &command);
	else if (command.count > 0)
		status = run_simple(menu, &command);
	if (strcmp(last, "}") == 0)
		grub_menu_close_block(menu);
	return status;
}

int grub_cfg_each(const char *text, size_t size, boot_entry_fn each, void *arg)
{
	_cleanup_free_ struct grub_menu *menu = calloc(1, sizeof(*menu));

	if (!menu)
		return -ENOMEM;
	menu->shell.command = run_command;
	menu->shell.has_braces = true;
	menu->each = each;
	menu->arg = arg;
	grub_menu_read(menu, true, text, size);
	grub_menu_read(menu, false, text, size);
	return menu->r;
}
