/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/hush.h"

#include <string.h>

#define DEPTH_MAX  24
#define STEPS_MAX  20000
#define ROUNDS_MAX 8 /* of a loop over constant words */

/* The end of a list, as a condition. */
struct outcome {
	enum hush_status status;
	bool may_fail; /* then in this state */
	struct uboot_state failure;
};

const char *hush_keep(struct hush *hush, const char *text)
{
	size_t size = strlen(text) + 1;
	char *to = hush->memory + hush->memory_used;

	if (size > sizeof(hush->memory) - hush->memory_used)
		return NULL;
	hush->memory_used += size;
	return memcpy(to, text, size);
}

void hush_lose_variables(struct hush *hush)
{
	hush->state.variable_count = 0;
	hush->is_lost = true;
}

static void give_up(struct hush *hush, struct hush_text *text)
{
	text->at = text->size;
	hush->steps_left = 0;
	hush->is_lost = true;
	hush->state.is_over = true;
}

static enum hush_status status_and(enum hush_status a, enum hush_status b)
{
	if (a == HUSH_TRUE || b == HUSH_FALSE)
		return b;
	if (a == HUSH_UNKNOWN || b == HUSH_UNKNOWN)
		return HUSH_UNKNOWN;
	return HUSH_LIKELY;
}

static enum hush_status status_or(enum hush_status a, enum hush_status b)
{
	if (a == HUSH_FALSE || b == HUSH_TRUE)
		return b;
	return HUSH_UNKNOWN;
}

static bool may_fail(enum hush_status status)
{
	return status == HUSH_UNKNOWN || status == HUSH_LIKELY;
}

static void add_failure(
	struct outcome *outcome, const struct uboot_state *before, const struct uboot_state *after)
{
	struct uboot_state failure = *before;

	uboot_state_merge(&failure, after);
	if (outcome->may_fail)
		uboot_state_merge(&outcome->failure, &failure);
	else
		outcome->failure = failure;
	outcome->may_fail = true;
}

/* The list is not a condition: the script goes on either way. */
static void settle(struct hush *hush, struct outcome *outcome)
{
	if (outcome->may_fail)
		uboot_state_merge(&hush->state, &outcome->failure);
	outcome->may_fail = false;
}

static enum hush_keyword run_list(
	struct hush *hush, struct hush_text *text, bool active, struct outcome *condition);

static enum hush_keyword run_body(struct hush *hush, struct hush_text *text, bool active)
{
	return run_list(hush, text, active, NULL);
}

/* Behind "if" or "elif", up to "fi". */
static void run_if(struct hush *hush, struct hush_text *text, bool active)
{
	struct outcome condition = {.status = HUSH_TRUE};
	enum hush_keyword keyword = run_list(hush, text, active, &condition);
	enum hush_status status = condition.status;
	struct uboot_state *failure = &condition.failure, done;

	if (!condition.may_fail)
		*failure = hush->state;
	if (keyword != HUSH_THEN)
		return;
	hush->uncertain += status == HUSH_UNKNOWN;
	keyword = run_body(hush, text, active && status != HUSH_FALSE);
	hush->uncertain -= status == HUSH_UNKNOWN;
	done = hush->state;
	hush->state = *failure;
	hush->uncertain += status != HUSH_FALSE;
	if (keyword == HUSH_ELIF && ++hush->depth <= DEPTH_MAX)
		run_if(hush, text, active && status != HUSH_TRUE);
	else if (keyword == HUSH_ELIF)
		give_up(hush, text);
	else if (keyword == HUSH_ELSE)
		(void)run_body(hush, text, active && status != HUSH_TRUE);
	hush->depth -= keyword == HUSH_ELIF;
	hush->uncertain -= status != HUSH_FALSE;
	if (status == HUSH_TRUE)
		hush->state = done;
	else if (status != HUSH_FALSE)
		uboot_state_merge(&hush->state, &done);
}

/* Runs a body that may be run any number of times, at least once here. */
static void run_uncertain(struct hush *hush, struct hush_text *text, bool active)
{
	struct uboot_state before = hush->state;

	hush->uncertain++;
	(void)run_body(hush, text, active);
	hush->uncertain--;
	uboot_state_merge(&hush->state, &before);
}

/* Behind "for", up to "done". */
static void run_for(struct hush *hush, struct hush_text *text, bool active)
{
	struct hush_words words;
	struct hush_text body;
	const char *name;
	bool known;

	hush_words_read(text, &hush->state, &words);
	name = words.count > 0 ? hush_keep(hush, words.words[0]) : NULL;
	known = !words.is_cut && words.count >= 2 && words.count - 2 <= ROUNDS_MAX;
	for (size_t i = 2; i < words.count && known; i++)
		known = !strchr(words.words[i], UBOOT_SYMBOL);
	if (run_body(hush, text, false) != HUSH_DO)
		return;
	if (!name) {
		if (active)
			hush_lose_variables(hush);
		run_uncertain(hush, text, active);
		return;
	}
	body = *text;
	if (!active || (known && words.count == 2)) {
		(void)run_body(hush, text, false);
	} else if (known) {
		for (size_t i = 2; i < words.count; i++) {
			uboot_state_set(&hush->state, name, hush_keep(hush, words.words[i]));
			*text = body;
			(void)run_body(hush, text, active);
		}
	} else {
		uboot_state_set(&hush->state, name, NULL);
		run_uncertain(hush, text, active);
	}
}

/* Behind "while" or "until", up to "done". */
static void run_while(struct hush *hush, struct hush_text *text, bool active)
{
	struct outcome condition = {.status = HUSH_TRUE};

	if (run_list(hush, text, active, &condition) != HUSH_DO)
		return;
	settle(hush, &condition);
	run_uncertain(hush, text, active);
}

static void (*compound(enum hush_keyword keyword))(struct hush *, struct hush_text *, bool)
{
	switch (keyword) {
	case HUSH_IF:
		return run_if;
	case HUSH_FOR:
		return run_for;
	case HUSH_WHILE:
	case HUSH_UNTIL:
		return run_while;
	case HUSH_NO_KEYWORD:
	case HUSH_THEN:
	case HUSH_ELIF:
	case HUSH_ELSE:
	case HUSH_FI:
	case HUSH_DO:
	case HUSH_DONE:
		break;
	}
	return NULL;
}

/* Runs the command or construct that begins with @words, and reads up to its end. */
static enum hush_status run_one(struct hush *hush, struct hush_text *text, bool active,
	bool is_condition, struct hush_words *words)
{
	void (*run)(struct hush *, struct hush_text *, bool) = compound(words->keyword);

	if (run) {
		if (++hush->depth > DEPTH_MAX)
			give_up(hush, text);
		else
			run(hush, text, active);
		hush->depth--;
		hush_words_read(text, &hush->state, words);
		return HUSH_UNKNOWN;
	}
	if (words->count == 0 || !active)
		return HUSH_TRUE;
	if (hush->steps_left == 0) {
		give_up(hush, text);
		return HUSH_UNKNOWN;
	}
	hush->steps_left--;
	return hush->command(hush, words,
		is_condition || words->end == HUSH_END_AND || words->end == HUSH_END_OR);
}

/* One chain of commands with && and ||. */
struct chain {
	enum hush_status status;
	enum hush_end link; /* before this command */
	bool has_success;   /* || left the chain, in this state */
	struct uboot_state success;
};

static bool is_reached(const struct chain *chain)
{
	return chain->link == HUSH_END_OR ? chain->status != HUSH_TRUE
					  : chain->status != HUSH_FALSE;
}

/* Behind a command, before the next one of the chain: those who leave the chain here. */
static void leave_chain(struct hush *hush, struct chain *chain, enum hush_end link,
	const struct uboot_state *before, struct outcome *outcome)
{
	if (!may_fail(chain->status))
		return;
	if (link == HUSH_END_AND) {
		add_failure(outcome, before, &hush->state);
		return;
	}
	if (chain->has_success)
		uboot_state_merge(&chain->success, &hush->state);
	else
		chain->success = hush->state;
	chain->has_success = true;
	uboot_state_merge(&hush->state, before);
	settle(hush, outcome);
}

/* Runs a chain that begins with @words. Returns the keyword behind it, which ends the list. */
static enum hush_keyword run_chain(struct hush *hush, struct hush_text *text, bool active,
	bool is_condition, struct hush_words *words, struct outcome *outcome)
{
	struct chain chain = {.status = HUSH_TRUE, .link = HUSH_END_AND};
	unsigned uncertain = hush->uncertain;
	bool linked = true;

	while (linked && (words->keyword == HUSH_NO_KEYWORD || compound(words->keyword))) {
		bool run = active && is_reached(&chain) && !hush->state.is_over;
		struct uboot_state before = hush->state;
		enum hush_status status;

		hush->uncertain += chain.status == HUSH_UNKNOWN ||
				   (chain.link == HUSH_END_OR && chain.status == HUSH_LIKELY);
		status = run_one(hush, text, run, is_condition, words);
		if (run && chain.link == HUSH_END_OR)
			chain.status = status_or(chain.status, status);
		else if (run)
			chain.status = status_and(chain.status, status);
		linked = words->end == HUSH_END_AND || words->end == HUSH_END_OR;
		if (run && linked)
			leave_chain(hush, &chain, words->end, &before, outcome);
		else if (run && is_condition && may_fail(chain.status))
			add_failure(outcome, &before, &hush->state);
		if (words->end == HUSH_END_KEYWORD)
			break;
		chain.link = words->end;
		if (linked)
			hush_words_read(text, &hush->state, words);
	}
	if (chain.has_success)
		uboot_state_merge(&hush->state, &chain.success);
	hush->uncertain = uncertain;
	outcome->status = chain.status;
	return words->end == HUSH_END_KEYWORD ? words->keyword : HUSH_NO_KEYWORD;
}

/* Runs commands up to a keyword that belongs to the construct around them, which is returned, or to
 * the end. @condition, unless NULL, tells how the last one ends; the state is that of a success. */
static enum hush_keyword run_list(
	struct hush *hush, struct hush_text *text, bool active, struct outcome *condition)
{
	struct outcome body = {.status = HUSH_TRUE};
	struct outcome *outcome = condition ? condition : &body;
	enum hush_keyword keyword = HUSH_NO_KEYWORD;

	while (keyword == HUSH_NO_KEYWORD) {
		struct hush_text start = *text;
		struct hush_words words;

		hush_words_read(text, &hush->state, &words);
		if (words.count == 0 && words.end == HUSH_END_TEXT)
			break;
		if (words.count == 0)
			continue;
		keyword = words.keyword;
		if (keyword != HUSH_NO_KEYWORD && !compound(keyword))
			break;
		/* The command sees the state behind the one before, however that ended. */
		if (outcome->may_fail) {
			settle(hush, outcome);
			*text = start;
			hush_words_read(text, &hush->state, &words);
		}
		keyword = run_chain(hush, text, active, condition != NULL, &words, outcome);
	}
	if (!condition)
		settle(hush, outcome);
	return keyword;
}

void hush_run(struct hush *hush, const char *text, size_t size, unsigned line)
{
	struct hush_text script = {.text = text, .size = size, .line = line};

	if (hush->depth == 0)
		hush->steps_left = STEPS_MAX;
	if (++hush->depth > DEPTH_MAX) {
		give_up(hush, &script);
	} else {
		/* A keyword without its construct is skipped. */
		while (run_list(hush, &script, true, NULL) != HUSH_NO_KEYWORD)
			;
	}
	hush->depth--;
}
