/* SPDX-License-Identifier: MIT */
/*
 * hush - follows the control flow of a U-Boot script without knowing what its commands find: where
 * only U-Boot knows the way, both ways are taken, and what differs between them is unknown behind
 * them. Pure.
 */
#ifndef CORE_BOOTCHECK_HUSH_H
#define CORE_BOOTCHECK_HUSH_H

#include "core/bootcheck/hush_words.h"
#include "core/bootcheck/uboot_state.h"

#include <stdbool.h>
#include <stddef.h>

#define HUSH_MEMORY_BYTES 65536

/* How a command ends. */
enum hush_status {
	HUSH_UNKNOWN,
	HUSH_LIKELY, /* succeeds if the file is there that it loads */
	HUSH_TRUE,
	HUSH_FALSE,
};

struct hush {
	struct uboot_state state;
	unsigned uncertain; /* not 0: whether this command is reached is not known */
	unsigned depth;
	size_t steps_left; /* commands, so that loops end */
	bool is_lost;	   /* something ran that is not known */
	/* Runs one command. @is_sure: what follows is reached only if it succeeds. */
	enum hush_status (*command)(
		struct hush *hush, const struct hush_words *words, bool is_sure);
	size_t memory_used;
	char memory[HUSH_MEMORY_BYTES]; /* of the strings of states */
};

/* Runs a script, and that of a variable within it; command is set, all else is 0 at first. @line:
 * the number of its first line. */
void hush_run(struct hush *hush, const char *text, size_t size, unsigned line);
/* A copy of @text that lasts as long as @hush; NULL if there is no more room. */
const char *hush_keep(struct hush *hush, const char *text);
/* Something ran that can have set any variable. */
void hush_lose_variables(struct hush *hush);

#endif
