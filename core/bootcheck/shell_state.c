/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/shell_state.h"

#include <string.h>

static bool is_same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static size_t find(const struct shell_state *state, const char *name, size_t length)
{
	size_t at = 0;

	while (at < state->variable_count &&
		(strncmp(state->variables[at].name, name, length) != 0 ||
			state->variables[at].name[length] != '\0'))
		at++;
	return at;
}

const char *shell_state_get(const struct shell_state *state, const char *name, size_t length)
{
	size_t at = find(state, name, length);

	return at < state->variable_count ? state->variables[at].value : NULL;
}

void shell_state_set(struct shell_state *state, const char *name, const char *value)
{
	size_t at = find(state, name, strlen(name));

	if (at < state->variable_count && value)
		state->variables[at].value = value;
	else if (at < state->variable_count)
		state->variables[at] = state->variables[--state->variable_count];
	else if (value && at < SHELL_VARIABLES_MAX)
		state->variables[state->variable_count++] =
			(struct shell_variable){.name = name, .value = value};
}

static size_t find_slot(const struct shell_state *state, const char *address)
{
	size_t at = 0;

	while (at < state->slot_count && strcmp(state->slots[at].address, address) != 0)
		at++;
	return at;
}

const struct shell_slot *shell_state_slot(const struct shell_state *state, const char *address)
{
	size_t at = find_slot(state, address);

	return at < state->slot_count ? &state->slots[at] : NULL;
}

void shell_state_load(struct shell_state *state, struct shell_slot slot)
{
	size_t at = find_slot(state, slot.address);

	if (at == SHELL_SLOTS_MAX)
		return;
	if (at == state->slot_count)
		state->slot_count++;
	state->slots[at] = slot;
}

static void forget_file(struct shell_slot *slot)
{
	*slot = (struct shell_slot){.address = slot->address};
}

void shell_state_forget_files(struct shell_state *state)
{
	for (size_t i = 0; i < state->slot_count; i++)
		forget_file(&state->slots[i]);
	state->overlays_unknown = true;
}

static void merge_slots(struct shell_state *state, const struct shell_state *other)
{
	for (size_t i = 0; i < state->slot_count; i++) {
		struct shell_slot *slot = &state->slots[i];
		const struct shell_slot *same = shell_state_slot(other, slot->address);

		if (!same || !is_same(slot->path, same->path) || !is_same(slot->dir, same->dir) ||
			!is_same(slot->root, same->root))
			forget_file(slot);
	}
	for (size_t i = 0; i < other->slot_count; i++)
		if (!shell_state_slot(state, other->slots[i].address))
			shell_state_load(
				state, (struct shell_slot){.address = other->slots[i].address});
}

void shell_state_merge(struct shell_state *state, const struct shell_state *other)
{
	size_t kept = 0;

	if (other->is_over)
		return;
	if (state->is_over) {
		*state = *other;
		return;
	}
	for (size_t i = 0; i < state->variable_count; i++) {
		const struct shell_variable *variable = &state->variables[i];

		if (is_same(variable->value,
			    shell_state_get(other, variable->name, strlen(variable->name))))
			state->variables[kept++] = *variable;
	}
	state->variable_count = kept;
	merge_slots(state, other);
	state->overlays_unknown |=
		other->overlays_unknown || state->overlay_count != other->overlay_count;
	for (size_t i = 0; i < state->overlay_count && !state->overlays_unknown; i++)
		state->overlays_unknown = !is_same(state->overlays[i], other->overlays[i]);
	if (state->overlays_unknown)
		state->overlay_count = 0;
}
