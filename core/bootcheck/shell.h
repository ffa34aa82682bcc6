/* SPDX-License-Identifier: MIT */
/*
 * shell - follows the control flow of a script of U-Boot or GRUB without knowing what its commands
 * find: where only the loader knows the way, both ways are taken, and what differs between them is
 * unknown behind them. Pure.
 */
#ifndef CORE_BOOTCHECK_SHELL_H
#define CORE_BOOTCHECK_SHELL_H

#include "core/bootcheck/shell_state.h"
#include "core/bootcheck/shell_words.h"

#include <stdbool.h>
#include <stddef.h>

#define SHELL_MEMORY_BYTES 65536

/* How a command ends. */
enum shell_status {
	SHELL_UNKNOWN,
	SHELL_LIKELY, /* succeeds if the file is there that it loads */
	SHELL_TRUE,
	SHELL_FALSE,
};

struct shell {
	struct shell_state state;
	unsigned uncertain; /* not 0: whether this command is reached is not known */
	unsigned depth;
	bool has_braces;   /* as in shell_text */
	size_t bytes_left; /* to be read, so that loops end */
	bool is_lost;	   /* something ran that is not known */
	/* Runs one command. @is_sure: what follows is reached only if it succeeds. */
	enum shell_status (*command)(
		struct shell *shell, const struct shell_words *words, bool is_sure);
	size_t memory_used;
	char memory[SHELL_MEMORY_BYTES]; /* of the strings of states */
};

/* Runs a script, and that of a variable within it; command and has_braces are set, all else is 0
 * at first. @line:
 * the number of its first line. */
void shell_run(struct shell *shell, const char *text, size_t size, unsigned line);
/* A copy of @text that lasts as long as @shell; NULL if there is no more room. */
const char *shell_keep(struct shell *shell, const char *text);
/* The command `test` with the operators -n, -z, = and != and known @words, of which the first is
 * "test". SHELL_UNKNOWN for all others. */
enum shell_status shell_test(char *const *words, size_t count);
/* True if the text has no variable that only the loader knows. */
bool shell_is_known(const char *text);
/* Something ran that can have set any variable. */
void shell_lose_variables(struct shell *shell);

#endif
