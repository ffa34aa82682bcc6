/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/shell.h"

#include "device/base/util.h"

#include <string.h>

#define DEPTH_MAX 24
/* Loops and run read again: this limits the bytes, with some for each command. */
#define BYTES_MAX    MIB(8)
#define COMMAND_COST 32
#define ROUNDS_MAX   8 /* of a loop over constant words */

/* The end of a list, as a condition. */
struct outcome {
	enum shell_status status;
	bool may_fail; /* then in this state */
	struct shell_state failure;
};

const char *shell_keep(struct shell *shell, const char *text)
{
	return str_keep(shell->memory, sizeof(shell->memory), &shell->memory_used, text);
}

bool shell_is_known(const char *text)
{
	return !strchr(text, SHELL_SYMBOL) && !strchr(text, '$');
}

static enum shell_status status_of(bool is_true)
{
	return is_true ? SHELL_TRUE : SHELL_FALSE;
}

enum shell_status shell_test(char *const *words, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (!shell_is_known(words[i]))
			return SHELL_UNKNOWN;
	if (count == 3 && strcmp(words[1], "-n") == 0)
		return status_of(words[2][0] != '\0');
	if (count == 3 && strcmp(words[1], "-z") == 0)
		return status_of(words[2][0] == '\0');
	if (count == 4 && strcmp(words[2], "=") == 0)
		return status_of(strcmp(words[1], words[3]) == 0);
	if (count == 4 && strcmp(words[2], "!=") == 0)
		return status_of(strcmp(words[1], words[3]) != 0);
	return SHELL_UNKNOWN;
}

void shell_lose_variables(struct shell *shell)
{
	shell->state.variable_count = 0;
	shell->is_lost = true;
}

static void give_up(struct shell *shell, struct shell_text *text)
{
	text->at = text->size;
	shell->bytes_left = 0;
	shell->is_lost = true;
	shell->state.is_over = true;
}

static enum shell_status status_and(enum shell_status a, enum shell_status b)
{
	if (a == SHELL_TRUE || b == SHELL_FALSE)
		return b;
	if (a == SHELL_UNKNOWN || b == SHELL_UNKNOWN)
		return SHELL_UNKNOWN;
	return SHELL_LIKELY;
}

static enum shell_status status_or(enum shell_status a, enum shell_status b)
{
	if (a == SHELL_FALSE || b == SHELL_TRUE)
		return b;
	return SHELL_UNKNOWN;
}

static bool may_fail(enum shell_status status)
{
	return status == SHELL_UNKNOWN || status == SHELL_LIKELY;
}

static void add_failure(
	struct outcome *outcome, const struct shell_state *before, const struct shell_state *after)
{
	struct shell_state failure = *before;

	shell_state_merge(&failure, after);
	if (outcome->may_fail)
		shell_state_merge(&outcome->failure, &failure);
	else
		outcome->failure = failure;
	outcome->may_fail = true;
}

/* The list is not a condition: the script goes on either way. */
static void settle(struct shell *shell, struct outcome *outcome)
{
	if (outcome->may_fail)
		shell_state_merge(&shell->state, &outcome->failure);
	outcome->may_fail = false;
}

static enum shell_keyword run_list(
	struct shell *shell, struct shell_text *text, bool active, struct outcome *condition);

static enum shell_keyword run_body(struct shell *shell, struct shell_text *text, bool active)
{
	return run_list(shell, text, active, NULL);
}

/* Behind "if" or "elif", up to "fi". */
static void run_if(struct shell *shell, struct shell_text *text, bool active)
{
	struct outcome condition = {.status = SHELL_TRUE};
	enum shell_keyword keyword = run_list(shell, text, active, &condition);
	enum shell_status status = condition.status;
	struct shell_state *failure = &condition.failure, done;

	if (!condition.may_fail)
		*failure = shell->state;
	if (keyword != SHELL_THEN)
		return;
	shell->uncertain += status == SHELL_UNKNOWN;
	keyword = run_body(shell, text, active && status != SHELL_FALSE);
	shell->uncertain -= status == SHELL_UNKNOWN;
	done = shell->state;
	shell->state = *failure;
	shell->uncertain += status != SHELL_FALSE;
	if (keyword == SHELL_ELIF && ++shell->depth <= DEPTH_MAX)
		run_if(shell, text, active && status != SHELL_TRUE);
	else if (keyword == SHELL_ELIF)
		give_up(shell, text);
	else if (keyword == SHELL_ELSE)
		(void)run_body(shell, text, active && status != SHELL_TRUE);
	shell->depth -= keyword == SHELL_ELIF;
	shell->uncertain -= status != SHELL_FALSE;
	if (status == SHELL_TRUE)
		shell->state = done;
	else if (status != SHELL_FALSE)
		shell_state_merge(&shell->state, &done);
}

/* Runs a body that may be run any number of times, at least once here. */
static void run_uncertain(struct shell *shell, struct shell_text *text, bool active)
{
	struct shell_state before = shell->state;

	shell->uncertain++;
	(void)run_body(shell, text, active);
	shell->uncertain--;
	shell_state_merge(&shell->state, &before);
}

/* Behind "for", up to "done". */
static void run_for(struct shell *shell, struct shell_text *text, bool active)
{
	struct shell_words words;
	struct shell_text body;
	const char *name;
	bool known;

	shell_words_read(text, &shell->state, &words);
	name = words.count > 0 ? shell_keep(shell, words.words[0]) : NULL;
	known = !words.is_cut && words.count >= 2 && words.count - 2 <= ROUNDS_MAX;
	for (size_t i = 2; i < words.count && known; i++)
		known = !strchr(words.words[i], SHELL_SYMBOL);
	if (run_body(shell, text, false) != SHELL_DO)
		return;
	if (!name) {
		if (active)
			shell_lose_variables(shell);
		run_uncertain(shell, text, active);
		return;
	}
	body = *text;
	if (!active || (known && words.count == 2)) {
		(void)run_body(shell, text, false);
	} else if (known) {
		for (size_t i = 2; i < words.count; i++) {
			shell_state_set(&shell->state, name, shell_keep(shell, words.words[i]));
			*text = body;
			(void)run_body(shell, text, active);
		}
	} else {
		shell_state_set(&shell->state, name, NULL);
		run_uncertain(shell, text, active);
	}
}

/* Behind "while" or "until", up to "done". */
static void run_while(struct shell *shell, struct shell_text *text, bool active)
{
	struct outcome condition = {.status = SHELL_TRUE};

	if (run_list(shell, text, active, &condition) != SHELL_DO)
		return;
	settle(shell, &condition);
	run_uncertain(shell, text, active);
}

static void (*compound(enum shell_keyword keyword))(struct shell *, struct shell_text *, bool)
{
	switch (keyword) {
	case SHELL_IF:
		return run_if;
	case SHELL_FOR:
		return run_for;
	case SHELL_WHILE:
	case SHELL_UNTIL:
		return run_while;
	case SHELL_NO_KEYWORD:
	case SHELL_THEN:
	case SHELL_ELIF:
	case SHELL_ELSE:
	case SHELL_FI:
	case SHELL_DO:
	case SHELL_DONE:
		break;
	}
	return NULL;
}

/* Runs the command or construct that begins with @words, and reads up to its end. */
static enum shell_status run_one(struct shell *shell, struct shell_text *text, bool active,
	bool is_condition, struct shell_words *words)
{
	void (*run)(struct shell *, struct shell_text *, bool) = compound(words->keyword);

	if (run) {
		if (++shell->depth > DEPTH_MAX)
			give_up(shell, text);
		else
			run(shell, text, active);
		shell->depth--;
		shell_words_read(text, &shell->state, words);
		return SHELL_UNKNOWN;
	}
	if (words->count == 0 || !active)
		return SHELL_TRUE;
	return shell->command(shell, words,
		is_condition || words->end == SHELL_END_AND || words->end == SHELL_END_OR);
}

/* One chain of commands with && and ||. */
struct chain {
	enum shell_status status;
	enum shell_end link; /* before this command */
	bool has_success;    /* || left the chain, in this state */
	struct shell_state success;
};

static bool is_reached(const struct chain *chain)
{
	return chain->link == SHELL_END_OR ? chain->status != SHELL_TRUE
					   : chain->status != SHELL_FALSE;
}

/* Behind a command, before the next one of the chain: those who leave the chain here. */
static void leave_chain(struct shell *shell, struct chain *chain, enum shell_end link,
	const struct shell_state *before, struct outcome *outcome)
{
	if (!may_fail(chain->status))
		return;
	if (link == SHELL_END_AND) {
		add_failure(outcome, before, &shell->state);
		return;
	}
	if (chain->has_success)
		shell_state_merge(&chain->success, &shell->state);
	else
		chain->success = shell->state;
	chain->has_success = true;
	shell_state_merge(&shell->state, before);
	settle(shell, outcome);
}

/* Runs a chain that begins with @words. Returns the keyword behind it, which ends the list. */
static enum shell_keyword run_chain(struct shell *shell, struct shell_text *text, bool active,
	bool is_condition, struct shell_words *words, struct outcome *outcome)
{
	struct chain chain = {.status = SHELL_TRUE, .link = SHELL_END_AND};
	unsigned uncertain = shell->uncertain;
	bool linked = true;

	while (linked && (words->keyword == SHELL_NO_KEYWORD || compound(words->keyword))) {
		bool run = active && is_reached(&chain) && !shell->state.is_over;
		struct shell_state before = shell->state;
		enum shell_status status;

		shell->uncertain += chain.status == SHELL_UNKNOWN ||
				    (chain.link == SHELL_END_OR && chain.status == SHELL_LIKELY);
		status = run_one(shell, text, run, is_condition, words);
		if (run && chain.link == SHELL_END_OR)
			chain.status = status_or(chain.status, status);
		else if (run)
			chain.status = status_and(chain.status, status);
		linked = words->end == SHELL_END_AND || words->end == SHELL_END_OR;
		if (run && linked)
			leave_chain(shell, &chain, words->end, &before, outcome);
		else if (run && is_condition && may_fail(chain.status))
			add_failure(outcome, &before, &shell->state);
		if (words->end == SHELL_END_KEYWORD)
			break;
		chain.link = words->end;
		if (linked)
			shell_words_read(text, &shell->state, words);
	}
	if (chain.has_success)
		shell_state_merge(&shell->state, &chain.success);
	shell->uncertain = uncertain;
	outcome->status = chain.status;
	return words->end == SHELL_END_KEYWORD ? words->keyword : SHELL_NO_KEYWORD;
}

/* Runs commands up to a keyword that belongs to the construct around them, which is returned, or to
 * the end. @condition, unless NULL, tells how the last one ends; the state is that of a success. */
static enum shell_keyword run_list(
	struct shell *shell, struct shell_text *text, bool active, struct outcome *condition)
{
	struct outcome body = {.status = SHELL_TRUE};
	struct outcome *outcome = condition ? condition : &body;
	enum shell_keyword keyword = SHELL_NO_KEYWORD;

	while (keyword == SHELL_NO_KEYWORD) {
		struct shell_text start = *text;
		struct shell_words words;

		shell_words_read(text, &shell->state, &words);
		if (text->at - start.at + COMMAND_COST >= shell->bytes_left)
			give_up(shell, text);
		else
			shell->bytes_left -= text->at - start.at + COMMAND_COST;
		if (words.count == 0 && words.end == SHELL_END_TEXT)
			break;
		if (words.count == 0)
			continue;
		keyword = words.keyword;
		if (keyword != SHELL_NO_KEYWORD && !compound(keyword))
			break;
		/* The command sees the state behind the one before, however that ended. */
		if (outcome->may_fail) {
			settle(shell, outcome);
			*text = start;
			shell_words_read(text, &shell->state, &words);
		}
		keyword = run_chain(shell, text, active, condition != NULL, &words, outcome);
	}
	if (!condition)
		settle(shell, outcome);
	return keyword;
}

void shell_run(struct shell *shell, const char *text, size_t size, unsigned line)
{
	struct shell_text script = {
		.text = text, .size = size, .line = line, .has_braces = shell->has_braces};

	if (shell->depth == 0)
		shell->bytes_left = BYTES_MAX + size;
	if (++shell->depth > DEPTH_MAX) {
		give_up(shell, &script);
	} else {
		/* A keyword without its construct is skipped. */
		while (run_list(shell, &script, true, NULL) != SHELL_NO_KEYWORD)
			;
	}
	shell->depth--;
}
