# shellcheck shell=bash disable=SC2016
# SPDX-License-Identifier: MIT
#
# bootcheck.sh - mutants of the parsers of boot files: what they take for certain, and what for unknown.

lines=core/bootcheck/lines.c
suite_is core/test_lines
part "a byte order mark" $lines 'lines->at = strlen(mark);' ';'
part "the end at a NUL" $lines 'strnlen(text, size)' 'size'
part "a line that is too long" $lines 'lines->is_cut = length >= sizeof(lines->buffer);' 'lines->is_cut = false;'
part "CR before LF" $lines 'while (length > 0 && strchr(" \t\r"' 'while (length > 0 && strchr(" \t"'

fstab=core/bootcheck/fstab.c
suite_is core/test_fstab
part "comments" $fstab "*rest == '#' || " ''
part "long lines" $fstab ' || lines.is_cut' ''
part "escapes" $fstab 'unescape(fields[i]);' ';'
part "quotes of tags" $fstab 'unquote_tag(fields[0]);' ';'
part "the escape of NUL" $fstab 'p += byte > 0' 'p += byte >= 0'
part "commas in quotes" $fstab "*p == ',' && !quoted" "*p == ','"
part "the end of an option" $fstab "(p[length] == ',' || p[length] == '\\0')" 'true'

draft=core/bootcheck/boot_draft.c
suite_is core/test_boot_draft
part "too many files" $draft 'draft->entry.unknown |= part;
		return;
	}
	boot_draft_set' 'return;
	}
	boot_draft_set'
part "a part that does not fit" $draft 'draft->entry.unknown |= part;' ';'
part "options that do not fit" $draft 'draft->entry.unknown |= BOOT_COMMAND_LINE;' ';'
part "options before" $draft '= draft->entry.command_line ? draft->entry.command_line : ""' '= ""'
part "files on the network" $draft 'strstr(path, "://") || ' ''

extlinux=core/bootcheck/extlinux.c
suite_is core/test_extlinux
part "a second initrd" $extlinux 'label->draft.entry.unknown |= part;' ';'
part "initrd= of append" $extlinux 'set_initrd(label, word + strlen("initrd="));' ';'
part "a configuration of a FIT" $extlinux "*conf = '\\0';" ';'
part "an initrd in a FIT" $extlinux '(label->kernel && strcmp(label->initrds, label->kernel) == 0)' 'false'
part "no device tree" $extlinux 'strcmp(entry->fdt, "-") == 0' 'false'
part "a module of SYSLINUX" $extlinux 'entry->unknown |= BOOT_KERNEL;
		entry->kernel = NULL;' ';'
part "variables and the network" $extlinux 'entry->unknown |= part;
	*path = NULL;' ';'
part "a variable in append" $extlinux 'entry->unknown |= BOOT_COMMAND_LINE;
		else if' ';
		else if'
part "keywords that U-Boot lacks" $extlinux 'parser->label.is_over = true;' ';'
part "parts outside of labels" $extlinux 'parser->outside |= keyword->part;' ';'
part "localboot" $extlinux 'label->is_local = true;' ';'
part "menu default" $extlinux 'delivery.default_at = search.menu_wanted;' ';'
part "the first label" $extlinux 'parser.includes ? 0 : 1' '0'
part "a default in an included file" $extlinux 'parser.includes ? 0 : 1' '1'
part "append -" $extlinux 'strcmp(entry->command_line, "-") == 0' 'false'

env=core/bootcheck/uboot_env.c
suite_is core/test_uboot_env
part "comments" $env "*line == '#' || " ''
part "escapes" $env '(value && !unescape(value)) ||' ''
part "a value without name" $env "*line == '\\0' || lines.is_cut" 'lines.is_cut'
part "long lines" $env '|| lines.is_cut ' ''
part "a value that does not fit" $env 'if (!name || !value)' 'if (!name)'

image=core/bootcheck/uboot_image.c
suite_is core/test_uboot_image
part "the checksum of the header" $image 'header_crc(bytes) != be32(bytes + HEADER_CRC)' '0'
part "the checksum of the data" $image 'crc32(data, data_size) != be32(bytes + DATA_CRC)' '0'
part "the type" $image 'bytes[TYPE] != TYPE_SCRIPT' '0'
part "a FIT" $image 'be32(bytes) == FIT_MAGIC' '0'
part "a file that is too short" $image 'data_size < be32(bytes + DATA_SIZE) || ' ''
part "an empty script" $image 'table > 4 ? UBOOT_SCRIPT_OK' '1 ? UBOOT_SCRIPT_OK'

words=core/bootcheck/shell_words.c
suite_is core/test_shell_words
part "quotes without variables" $words "c == '\$' && quote == '\"'" "c == '\$'"
part "comments" $words "c == '#' && !reader->in_word" 'false'
part "words of a value" $words '!quoted && strchr(" \t\n", *value)' 'false'
part "backslashes" $words "} else if (c == '\\\\') {" '} else if (0) {'
part "joined lines with CR" $words "if (peek(reader->text, 0) == '\r' && peek(reader->text, 1) == '\n')" 'if (0)'
part "quoted keywords" $words '|| !reader->is_plain' ''
part "braces of GRUB only" $words 'return text->has_braces && ' 'return '
part "symbols of the file" $words "} else if (c != SHELL_SYMBOL) {" '} else {'
part "too many words" $words 'if (ret->count == SHELL_WORDS_MAX)
			ret->is_cut = true;' 'if (ret->count == SHELL_WORDS_MAX)
			;'

state=core/bootcheck/shell_state.c
suite_is core/test_shell_state
part "different values" $state 'if (is_same(variable->value,
			    shell_state_get' 'if (true || is_same(variable->value,
			    shell_state_get'
part "different files" $state 'forget_file(slot);
	}
	for' ';
	}
	for'
part "a file of one way only" $state 'if (!shell_state_slot(state, other->slots[i].address))' 'if (0)'
part "different overlays" $state 'state->overlay_count != other->overlay_count;' 'false;'
part "an end of the script" $state 'if (other->is_over)' 'if (0)'
part "another root" $state ' ||
			!is_same(slot->root, same->root)' ''
part "the order of overlays" $state '!is_same(state->overlays[i], other->overlays[i])' 'false'
part "whole names" $state " ||
			state->variables[at].name[length] != '\0'" ''

shell=core/bootcheck/shell.c
suite_is core/test_shell
part "conditions that are known" $shell 'active && status != SHELL_FALSE' 'active'
part "else after a known condition" $shell '(void)run_body(shell, text, active && status != SHELL_TRUE);' \
	'(void)run_body(shell, text, active);'
part "a merge behind fi" $shell 'shell_state_merge(&shell->state, &done);' ';'
part "an unknown condition around an entry" $shell 'shell->uncertain += status == SHELL_UNKNOWN;' ';'
part "a chain that ends early" $shell 'if (outcome->may_fail)
		shell_state_merge(&shell->state, &outcome->failure);' ';'
part "a variable of a loop" $shell 'shell_state_set(&shell->state, name, NULL);' ';'
part "loops without end" $shell 'text->at - start.at + COMMAND_COST >= shell->bytes_left' '0'
part "scripts that run themselves" $shell 'if (++shell->depth > DEPTH_MAX) {
		give_up(shell, &script);' 'if (0) {'
part "likely commands with ||" $shell ' ||
				    (chain.link == SHELL_END_OR && chain.status == SHELL_LIKELY)' ''
part "commands that must succeed" $shell 'is_condition || words->end == SHELL_END_AND || words->end == SHELL_END_OR)' 'false)'
part "loops over too many words" $shell 'words.count - 2 <= ROUNDS_MAX' 'true'
part "bodies that may not run" $shell 'shell_state_merge(&shell->state, &before);' ';'
part "nested constructs" $shell 'if (++shell->depth > DEPTH_MAX)
			give_up(shell, text);' 'if (0)
			;'

script=core/bootcheck/uboot_script.c
suite_is core/test_uboot_script
part "a second file at an address" $script '(is_sure || !shell_state_slot(&shell->state, slot.address))' 'true'
part "another partition" $script 'if (!shell_is_known(part))
		return false;' 'if (!shell_is_known(part))
		return true;'
part "part of a file" $script 'words->count == 5 && root_of' 'root_of'
part "files on different filesystems" $script 'if (part != BOOT_KERNEL &&' 'if (0 &&'
part "a path from the root" $script "*word == '/' ? \"\" : \"/\"" '""'
part "a file that is missing" $script 'script->env->is_missing)
		return SHELL_FALSE;' '0)
		return SHELL_FALSE;'
part "an unknown import" $script '!slot || !slot->path || !is_env_file(script_of(shell), slot->path)' '!slot || !slot->path'
part "a file that is cut" $script ' || env->is_cut' ''
part "names of an import" $script 'if (is_wanted(words, at + 2, env->variables[i].name))' 'if (1)'
part "unknown scripts" $script 'else
			lose_all(shell);' 'else
			;'
part "other commands that set variables" $script 'shell_state_set(&shell->state, words->words[i], NULL);' ';'
part "other commands that write to memory" $script 'if (slot)
			shell_state_load' 'if (0)
			shell_state_load'
part "an entry in a condition" $script ' && script->shell.uncertain == 0' ''
part "variables in bootargs" $script '!value || !shell_is_known(value)' '!value'
part "a script that boots by what is unknown" $script 'script->count == 0 && script->shell.is_lost' '0'

raspberry=core/bootcheck/raspberry.c
suite_is core/test_raspberry
part "filters" $raspberry 'reader->filter == FILTER_SOME || is_cut' 'is_cut'
part "[none]" $raspberry 'if (reader->filter == FILTER_NONE)
		return;
	if (reader->filter == FILTER_SOME' 'if (reader->filter == FILTER_SOME'
part "a value behind a filter" $raspberry 'if (key->is_last)' 'if (0)'
part "a prefix" $raspberry 'reader.is_unknown || config->os_prefix' 'reader.is_unknown'
part "an included file" $raspberry 'reader->is_unknown = true;' ';'
part "a file that includes itself" $raspberry 'reader->depth == DEPTH_MAX || reader->includes == INCLUDES_MAX' 'reader->depth == 1000'
part "auto_initramfs" $raspberry 'config->draft.entry.unknown |= BOOT_INITRD;' ';'
part "parameters of overlays" $raspberry "value[strcspn(value, \",:\")] = '\\0';" ';'
part "long values" $raspberry ' || is_cut' ''

loader_entry=core/bootcheck/loader_entry.c
suite_is core/test_loader_entry
part "an entry without kernel" $loader_entry 'if (!draft.entry.kernel)' 'if (0)'
part "variables" $loader_entry " || strchr(value, '\$')" ''
part "long lines" $loader_entry 'lines.is_cut || ' ''
part "the last default" $loader_entry 'fits = STR_COPY(pattern, value);' 'if (!*pattern) fits = STR_COPY(pattern, value);'
part "what is saved" $loader_entry " && *pattern != '@'" ''
part "tries" $loader_entry 'drop_tries(whole);' ';'

grub_cfg=core/bootcheck/grub_cfg.c
grub_menu=core/bootcheck/grub_menu.c
suite_is core/test_grub_cfg
part "conditions around entries" $grub_menu 'menu->shell.uncertain == 0 &&
		  is_called' 'is_called'
part "numbers behind a condition" $grub_menu 'parent->is_unsure |= menu->shell.uncertain > 0;' ';'
part "functions" $grub_menu 'menu->blocks[i].kind == GRUB_FUNCTION ||' ''
part "variables at the end of the file" $grub_menu 'menu->shell.state = menu->last;' ';'
part "variables of one entry" $grub_menu 'menu->shell.state = block->outside;' ';'
part "memory of one entry" $grub_menu 'menu->shell.memory_used = block->memory_used;' ';'
part "another disk" $grub_cfg 'if (!str_has_prefix(device, "hd0,"))
		return false;' 'if (!str_has_prefix(device, "hd"))
		return false;'
part "files on different filesystems" $grub_cfg 'if (strcmp(root, entry->root ? entry->root : "") == 0)' 'if (1)'
part "files by condition" $grub_cfg '!is_sure || !path || grub_menu_is_uncertain(menu)' '!is_sure || !path'
part "an unknown root" $grub_cfg '!is_sure || !path || grub_menu_is_uncertain(menu)' '!path || grub_menu_is_uncertain(menu)'
part "variables of the command line" $grub_cfg 'if (!shell_is_known(command->words[at]))' 'if (0)'
part "a saved default" $grub_menu 'if (!menu->has_default)' 'if (1)'
part "variables that GRUB has saved" $grub_cfg 'menu->shell.state.variable_count = 0;' ';'
part "a default that is a submenu" $grub_menu 'is_named && !rest' 'is_named'
part "one default" $grub_menu 'is_default && !menu->is_found' 'is_default'
part "other files" $grub_cfg 'entry->unknown = BOOT_ALL;
}' '}'

os_release=core/bootcheck/os_release.c
suite_is core/test_os_release
part "quotes" $os_release 'unquote(value);' ';'
part "a rolling release" $os_release 'strcmp(values[KEY_BUILD_ID], "rolling") == 0' 'false'
part "a code name" $os_release 'version = values[KEY_VERSION_CODENAME];' ';'
part "a safe name" $os_release 'str_sanitise(ret);' ';'

cmdline=device/usage/cmdline.c
suite_is device/test_cmdline
part "parameters of init" $cmdline ' && strcmp(word, "--") != 0' ''
part "the last value" $cmdline 'found = str_copy(ret, size, word + length' 'if (!found) found = str_copy(ret, size, word + length'
part "a value that does not fit" $cmdline 'if (!found)
		(void)str_copy(ret, size, "");
	return found;' 'return found;'

tree=core/bootcheck/boot_tree.c
suite_is core/test_boot_tree core/test_bootcheck
part "the root of absolute links" $tree 'if (path[0] == '"'/'"')
		STR_COPY(walk->at, walk->root);' ';'
part "names in another case" $tree 'tree->layout->partitions[i].fs == FS_VFAT' 'false'
part "another filesystem" $tree 'if (!is_visible(tree, path))' 'if (0)'
part "going above the root" $tree 'if (strlen(walk->at) <= strlen(walk->root))' 'if (0)'

source=core/bootcheck/boot_source.c
suite_is core/test_boot_source core/test_bootcheck
part "variables and placeholders" $source 'if (strpbrk(text, "$%@{}<>"))' 'if (0)'
part "an offset of a PARTUUID" $source '!strchr(source.value, '"'/'"')' 'true'
part "whole disks" $source 'if (disk->separated && *at++ != '"'p'"')' 'if (0)'
part "PARTLABEL on an MBR" $source 'layout->table == TABLE_MBR' 'false'

rules=core/bootcheck/boot_rules.c
suite_is core/test_bootcheck
part "an empty kernel" $rules 'if (c->kernel.size == 0)' 'if (0)'
part "an unknown command line" $rules '!(c->unknown & BOOT_COMMAND_LINE)' 'true'
part "a configuration that is missing" $rules 'config.found && !config.has_initrd;' 'true;'
part "a list of types" $rules 'list += length + (list[length] == '"','"');' 'return false;'
part "the top subvolume" $rules 'if (strchr(",", *subvolume))' 'if (0)'
part "an executable init" $rules '(ret->mode & 0111) && ' ''
part "a live system" $rules 'is_special(c) || ' ''
part "init= with an initial RAM disk" $rules 'if (has_no_initrd(c)) {' 'if (1) {'
part "a shell in place of init" $rules 'if (i < SHELL)' 'if (i <= SHELL)'
part "a filesystem that is not known" $rules 'c->unknown |= BOOT_KERNEL | BOOT_INITRD | BOOT_FDT | BOOT_OVERLAY;' ';'
part "an unknown part with a path" $rules 'c->unknown = c->entry->unknown;' 'c->unknown = 0;'

check=core/bootcheck/bootcheck.c
suite_is core/test_bootcheck
part "the next label" $check 'judgement->state != BOOT_SKIPPED' 'judgement->state <= BOOT_UNSURE'
part "another boot file" $check 'if (check->bad < check->menus)' 'if (0)'
part "entries behind the last one" $check ' || menu->entries > ENTRIES_MAX' ''

fstab_check=core/bootcheck/boot_fstab.c
suite_is core/test_bootcheck core/test_boot_fstab
part "mounts that may fail" $fstab_check 'if (is_optional(line->options))' 'if (0)'
part "the type of the root in the fstab" $fstab_check 'strcmp(line->mount, "/") != 0 && source.kind' 'source.kind'
part "an init that goes on" $fstab_check 'check->has_systemd && !is_own' '!is_own'
part "the first line for a mount point" $fstab_check 'if (!check->seen[i])' 'if (1)'

ids=core/bootcheck/identities.c
suite_is core/test_bootcheck
part "new IDs" $ids 'if (layout->identity == LAYOUT_IDENTITY_NEW)' 'if (0)'
part "boot files before the fstab" $ids '(void)!boot_menus_each(manifest, layout, take_menu, &taking);' ';'

program=core/manifest/program.c
suite_is core/test_program
part "hard floats" $program '(number(head + ARM_FLAGS, 4, little) & ARM_FLOAT_HARD)' '0'
part "kernels of 32 bits" $program 'le32_at(head, size, 0x236) & 1' '1'
part "a kernel in a uImage" $program ' || head[30] != 2 /* a kernel */' ''
