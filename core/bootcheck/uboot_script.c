/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/uboot_script.h"

#include "core/bootcheck/boot_draft.h"
#include "core/bootcheck/shell.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES  64
#define VALUE_BYTES SHELL_WORDS_SIZE

struct script {
	struct shell shell;
	const struct uboot_env *env;
	boot_entry_fn each;
	void *arg;
	int r; /* the first result of each that is not 0 */
	unsigned count;
	struct boot_draft draft;
};

static struct script *script_of(struct shell *shell)
{
	return container_of(shell, struct script, shell);
}

/* The prefix ends in a slash, or is empty. */
static const char prefix[] = "\001{prefix}";

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash && str_has_prefix(path, prefix))
		return path + strlen(prefix);
	return slash ? slash + 1 : path;
}

/* "0x40000000:5f00" and "0x40000000#conf-1" name the address "40000000". The result is in @ret. */
static const char *address_of(const char *word, char ret[NAME_BYTES])
{
	size_t length;

	if (str_has_prefix(word, "0x") || str_has_prefix(word, "0X"))
		word += 2;
	length = strcspn(word, ":#");
	if (length >= NAME_BYTES)
		length = NAME_BYTES - 1;
	memcpy(ret, word, length);
	ret[length] = '\0';
	return ret;
}

/* ---- what is loaded ---- */

static const char *const own_device[] = {"\001{devnum}", "\001{bootdevice}"};
static const char *const own_partition[] = {"\001{distro_bootpart}", "\001{devplist}", "auto", ""};

static bool is_one_of(const char *const *list, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], text) == 0)
			return true;
	return false;
}

/* The filesystem of "0:2": *ret is its root, NULL for that of the script. False if not known. */
static bool root_of(struct shell *shell, const char *device, const char **ret)
{
	const char *part = device + strcspn(device, ":#");
	char root[NAME_BYTES];
	uint64_t number;

	*ret = NULL;
	if (*part == '\0')
		return shell_is_known(device) ||
		       is_one_of(own_device, ARRAY_SIZE(own_device), device);
	if (*part == ':' && is_one_of(own_partition, ARRAY_SIZE(own_partition), part + 1))
		return true;
	if (!shell_is_known(part))
		return false;
	if (*part == '#')
		(void)STR_FORMAT(root, "PARTLABEL=%s", part + 1);
	else if (str_to_u64(part + 1, 16, &number) == 0 && number > 0)
		(void)STR_FORMAT(root, "PARTITION=%u", (unsigned)number);
	else
		return false;
	*ret = shell_keep(shell, root);
	return *ret != NULL;
}

/* Sets the path, or the folder, of a loaded file. */
static void set_path(struct shell *shell, const char *word, struct shell_slot *slot)
{
	char path[VALUE_BYTES];
	size_t symbol, slash;

	if (str_has_prefix(word, prefix)) {
		word += strlen(prefix);
		(void)STR_COPY(path, word + strspn(word, "/"));
	} else {
		(void)STR_FORMAT(path, "%s%s", *word == '/' ? "" : "/", word);
	}
	if (shell_is_known(path) && *path != '\0') {
		slot->path = shell_keep(shell, path);
		return;
	}
	symbol = strcspn(path, "$\001");
	slash = (size_t)(base_name(path) - path);
	if (slash == 0 || symbol < slash)
		return;
	path[slash - (slash > 1)] = '\0';
	slot->dir = shell_keep(shell, path);
}

static bool is_env_file(const struct script *script, const char *path)
{
	return script->env && script->env->file && strcmp(base_name(path), script->env->file) == 0;
}

/* load IFACE DEV ADDRESS FILE. */
static enum shell_status run_load(
	struct shell *shell, const struct shell_words *words, bool is_sure)
{
	const struct script *script = script_of(shell);
	struct shell_slot slot = {0};
	char address[NAME_BYTES];

	if (words->count < 4)
		return SHELL_UNKNOWN;
	slot.address = shell_keep(shell, address_of(words->words[3], address));
	if (words->count > 4 && is_env_file(script, words->words[4]) && script->env->is_missing)
		return SHELL_FALSE;
	if (!slot.address) {
		shell_state_forget_files(&shell->state);
		return SHELL_UNKNOWN;
	}
	/* More words are how much of the file, and from where. */
	if (words->count == 5 && root_of(shell, words->words[2], &slot.root) &&
		(is_sure || !shell_state_slot(&shell->state, slot.address)))
		set_path(shell, words->words[4], &slot);
	shell_state_load(&shell->state, slot);
	if (words->count > 4 && is_env_file(script, words->words[4]))
		return SHELL_TRUE;
	return SHELL_LIKELY;
}

/* ---- variables ---- */

static void set_variable(struct shell *shell, const char *name, const char *value)
{
	const char *kept_name = shell_keep(shell, name);

	/* Without room for the name it may be known, which it is no longer. */
	shell_state_set(&shell->state, kept_name ? kept_name : name,
		kept_name && value ? shell_keep(shell, value) : NULL);
}

static enum shell_status set_words(struct shell *shell, const struct shell_words *words, size_t at)
{
	char value[VALUE_BYTES] = "";
	size_t used = 0;
	const char *name;

	while (at < words->count && words->words[at][0] == '-')
		at++;
	if (at == words->count)
		return SHELL_UNKNOWN;
	name = words->words[at];
	if (!shell_is_known(name)) {
		shell_lose_variables(shell);
		return SHELL_TRUE;
	}
	for (size_t i = at + 1; i < words->count; i++) {
		(void)str_format(value + used, sizeof(value) - used, "%s%s", i > at + 1 ? " " : "",
			words->words[i]);
		used += strlen(value + used);
	}
	set_variable(shell, name, value);
	return SHELL_TRUE;
}

static enum shell_status run_setenv(
	struct shell *shell, const struct shell_words *words, bool is_sure)
{
	(void)is_sure;
	return set_words(shell, words, 1);
}

static bool is_wanted(const struct shell_words *words, size_t at, const char *name)
{
	if (at >= words->count)
		return true;
	for (; at < words->count; at++)
		if (strcmp(words->words[at], name) == 0)
			return true;
	return false;
}

/* env import [-OPTION...] ADDRESS [SIZE [NAME...]]. */
static enum shell_status run_import(struct shell *shell, const struct shell_words *words)
{
	const struct uboot_env *env = script_of(shell)->env;
	const struct shell_slot *slot = NULL;
	char address[NAME_BYTES];
	size_t at = 2;

	while (at < words->count && words->words[at][0] == '-' && words->words[at][1] != '\0')
		at++;
	if (at < words->count)
		slot = shell_state_slot(&shell->state, address_of(words->words[at], address));
	if (!slot || !slot->path || !is_env_file(script_of(shell), slot->path) || env->is_cut) {
		shell_lose_variables(shell);
		return SHELL_LIKELY;
	}
	for (size_t i = 0; i < env->count; i++)
		if (is_wanted(words, at + 2, env->variables[i].name))
			set_variable(shell, env->variables[i].name, env->variables[i].value);
	return SHELL_TRUE;
}

static enum shell_status run_env(struct shell *shell, const struct shell_words *words, bool is_sure)
{
	const char *verb = words->count > 1 ? words->words[1] : "";

	(void)is_sure;
	if (strcmp(verb, "set") == 0)
		return set_words(shell, words, 2);
	if (strcmp(verb, "import") == 0)
		return run_import(shell, words);
	if (strcmp(verb, "exists") == 0 || strcmp(verb, "print") == 0)
		return SHELL_UNKNOWN;
	if (strcmp(verb, "delete") == 0) {
		for (size_t i = 2; i < words->count; i++)
			set_variable(shell, words->words[i], "");
		return SHELL_TRUE;
	}
	if (strcmp(verb, "save") != 0)
		shell_lose_variables(shell);
	return SHELL_LIKELY;
}

/* ---- conditions and other scripts ---- */

static enum shell_status run_test(
	struct shell *shell, const struct shell_words *words, bool is_sure)
{
	const struct script *script = script_of(shell);
	char *const *word = words->words;

	(void)is_sure;
	if (words->count == 5 && strcmp(word[1], "-e") == 0 && is_env_file(script, word[4]))
		return script->env->is_missing ? SHELL_FALSE : SHELL_TRUE;
	return shell_test(word, words->count);
}

/* Changes nothing; only false fails. */
static enum shell_status run_nothing(
	struct shell *shell, const struct shell_words *words, bool is_sure)
{
	(void)shell;
	(void)is_sure;
	return strcmp(words->words[0], "false") == 0 ? SHELL_FALSE : SHELL_TRUE;
}

static enum shell_status run_exit(
	struct shell *shell, const struct shell_words *words, bool is_sure)
{
	(void)words;
	(void)is_sure;
	shell->state.is_over = true;
	return SHELL_TRUE;
}

static void lose_all(struct shell *shell)
{
	shell_lose_variables(shell);
	shell_state_forget_files(&shell->state);
}

static enum shell_status run_run(struct shell *shell, const struct shell_words *words, bool is_sure)
{
	(void)is_sure;
	for (size_t i = 1; i < words->count; i++) {
		const char *name = words->words[i];
		const char *value = shell_state_get(&shell->state, name, strlen(name));

		if (value)
			shell_run(shell, value, strlen(value), words->line);
		else
			lose_all(shell);
	}
	return SHELL_UNKNOWN;
}

/* ---- boot commands ---- */

static void deliver(struct script *script)
{
	struct boot_entry *entry = &script->draft.entry;

	if (script->r != 0)
		return;
	entry->is_default = script->count++ == 0 && script->shell.uncertain == 0;
	script->r = script->each(script->arg, entry);
	if (script->r != 0)
		script->shell.state.is_over = true;
}

/* The file at an address. *ret is its slot, or NULL and the part is unknown. */
static const struct shell_slot *find_file(struct script *script, unsigned part, const char *word)
{
	char address[NAME_BYTES];
	const struct shell_slot *slot =
		shell_state_slot(&script->shell.state, address_of(word, address));
	struct boot_entry *entry = &script->draft.entry;

	if (!slot || !slot->path) {
		entry->unknown |= part;
		return slot;
	}
	/* An entry has one filesystem: that of its kernel. */
	if (part != BOOT_KERNEL &&
		strcmp(slot->root ? slot->root : "", entry->root ? entry->root : "")) {
		entry->unknown |= part;
		return NULL;
	}
	return slot;
}

static void set_command_line(struct script *script)
{
	const char *value = shell_state_get(&script->shell.state, "bootargs", strlen("bootargs"));
	struct boot_entry *entry = &script->draft.entry;
	char text[VALUE_BYTES];

	if (!value || !shell_is_known(value))
		entry->unknown |= BOOT_COMMAND_LINE;
	if (!value || !STR_COPY(text, value))
		return;
	for (char *p = text; (p = strchr(p, SHELL_SYMBOL));)
		*p = '$';
	boot_draft_set(&script->draft, BOOT_COMMAND_LINE, &entry->command_line, text);
}

static void begin_entry(struct script *script, const struct shell_words *words)
{
	boot_draft_begin(&script->draft, words->line);
	boot_draft_set(&script->draft, 0, &script->draft.entry.title, words->words[0]);
}

static void set_kernel(struct script *script, const char *word)
{
	struct boot_draft *draft = &script->draft;
	const struct shell_slot *slot = find_file(script, BOOT_KERNEL, word);

	if (!slot || !slot->path)
		return;
	boot_draft_set(draft, BOOT_KERNEL, &draft->entry.kernel, slot->path);
	if (slot->root)
		boot_draft_set(draft, BOOT_ALL, &draft->entry.root, slot->root);
}

static void set_fdt(struct script *script, const char *word)
{
	struct boot_draft *draft = &script->draft;
	const struct shell_slot *slot = find_file(script, BOOT_FDT, word);

	if (slot && slot->path)
		boot_draft_set(draft, BOOT_FDT, &draft->entry.fdt, slot->path);
	else if (slot && slot->dir && !slot->root && !draft->entry.root)
		boot_draft_set(draft, BOOT_FDT, &draft->entry.fdt_dir, slot->dir);
}

static void set_overlays(struct script *script)
{
	const struct shell_state *state = &script->shell.state;

	if (state->overlays_unknown)
		script->draft.entry.unknown |= BOOT_OVERLAY;
	for (size_t i = 0; i < state->overlay_count; i++)
		boot_draft_add_overlay(&script->draft, state->overlays[i]);
}

/* bootz KERNEL [INITRD] [FDT]. */
static enum shell_status run_boot(
	struct shell *shell, const struct shell_words *words, bool is_sure)
{
	struct script *script = script_of(shell);
	struct boot_draft *draft = &script->draft;
	const struct shell_slot *slot;

	(void)is_sure;
	begin_entry(script, words);
	set_command_line(script);
	if (words->count < 2)
		draft->entry.unknown = BOOT_ALL;
	else
		set_kernel(script, words->words[1]);
	if (words->count > 2 && strcmp(words->words[2], "-") != 0) {
		slot = find_file(script, BOOT_INITRD, words->words[2]);
		if (slot && slot->path)
			boot_draft_add_initrd(draft, slot->path);
	}
	if (words->count > 3) {
		set_fdt(script, words->words[3]);
		set_overlays(script);
	}
	deliver(script);
	return SHELL_FALSE;
}

/* bootefi ADDRESS ...: an EFI program, which may be a kernel. */
static enum shell_status run_bootefi(
	struct shell *shell, const struct shell_words *words, bool is_sure)
{
	struct script *script = script_of(shell);

	(void)is_sure;
	begin_entry(script, words);
	script->draft.entry.unknown = BOOT_ALL & ~(unsigned)BOOT_KERNEL;
	set_kernel(script, words->count > 1 ? words->words[1] : "");
	deliver(script);
	return SHELL_UNKNOWN;
}

static enum shell_status run_boot_unknown(
	struct shell *shell, const struct shell_words *words, bool is_sure)
{
	struct script *script = script_of(shell);

	(void)is_sure;
	begin_entry(script, words);
	script->draft.entry.unknown = BOOT_ALL;
	deliver(script);
	lose_all(shell);
	return SHELL_UNKNOWN;
}

/* fdt apply ADDRESS. */
static enum shell_status run_fdt(struct shell *shell, const struct shell_words *words, bool is_sure)
{
	struct shell_state *state = &shell->state;
	const struct shell_slot *slot;
	char address[NAME_BYTES];

	(void)is_sure;
	if (words->count < 3 || strcmp(words->words[1], "apply") != 0)
		return SHELL_LIKELY;
	slot = shell_state_slot(state, address_of(words->words[2], address));
	if (!slot || !slot->path || slot->root || state->overlay_count == SHELL_OVERLAYS_MAX)
		state->overlays_unknown = true;
	else
		state->overlays[state->overlay_count++] = slot->path;
	return SHELL_LIKELY;
}

/* Any other command may set the variables, and write to the addresses, that it names. */
static enum shell_status run_other(
	struct shell *shell, const struct shell_words *words, bool is_sure)
{
	(void)is_sure;
	for (size_t i = 1; i < words->count; i++) {
		char address[NAME_BYTES];
		const struct shell_slot *slot =
			shell_state_slot(&shell->state, address_of(words->words[i], address));

		shell_state_set(&shell->state, words->words[i], NULL);
		if (slot)
			shell_state_load(
				&shell->state, (struct shell_slot){.address = slot->address});
	}
	return SHELL_UNKNOWN;
}

static const struct {
	const char *name;
	enum shell_status (*run)(
		struct shell *shell, const struct shell_words *words, bool is_sure);
} commands[] = {
	{"load", run_load},
	{"fatload", run_load},
	{"ext2load", run_load},
	{"ext4load", run_load},
	{"fsload", run_load},
	{"sqfsload", run_load},
	{"erofsload", run_load},
	{"setenv", run_setenv},
	{"env", run_env},
	{"test", run_test},
	{"true", run_nothing},
	{"false", run_nothing},
	{"echo", run_nothing},
	{"exit", run_exit},
	{"reset", run_exit},
	{"run", run_run},
	{"fdt", run_fdt},
	{"bootz", run_boot},
	{"booti", run_boot},
	{"bootm", run_boot},
	{"bootefi", run_bootefi},
	{"zboot", run_boot_unknown},
	{"sysboot", run_boot_unknown},
	{"source", run_boot_unknown},
	{"bootflow", run_boot_unknown},
	{"bootd", run_boot_unknown},
	{"boot", run_boot_unknown},
	{"bootelf", run_boot_unknown},
	{"bootvx", run_boot_unknown},
	{"pxe", run_boot_unknown},
	{"go", run_boot_unknown},
};

static enum shell_status run_command(
	struct shell *shell, const struct shell_words *words, bool is_sure)
{
	if (!shell_is_known(words->words[0]) || words->is_cut) {
		lose_all(shell);
		return SHELL_UNKNOWN;
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(commands[i].name, words->words[0]) == 0)
			return commands[i].run(shell, words, is_sure);
	return run_other(shell, words, is_sure);
}

int uboot_script_each(
	const char *text, size_t size, const struct uboot_env *env, boot_entry_fn each, void *arg)
{
	_cleanup_free_ struct script *script = calloc(1, sizeof(*script));

	if (!script)
		return -ENOMEM;
	script->shell.command = run_command;
	script->env = env;
	script->each = each;
	script->arg = arg;
	shell_run(&script->shell, text, size > 0 ? strnlen(text, size) : 0, 1);
	if (script->count == 0 && script->shell.is_lost) {
		boot_draft_begin(&script->draft, 1);
		script->draft.entry.unknown = BOOT_ALL;
		script->shell.uncertain = 1;
		deliver(script);
	}
	return script->r;
}
