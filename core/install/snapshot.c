/* SPDX-License-Identifier: MIT */
#include "core/install/snapshot.h"

#include "device/base/util.h"

#include <string.h>

void snapshot_init(struct snapshot *ret, enum scope scope, const struct disk *target,
	const char *archive, const char *layout)
{
	memset(ret, 0, sizeof(*ret)); /* clears the padding too: the struct is sent as it is */
	ret->magic = SNAPSHOT_MAGIC;
	ret->version = SNAPSHOT_VERSION;
	ret->size = sizeof(*ret);
	ret->scope = scope;
	ret->target_kind = target->kind;
	ret->target_id = target->id;
	STR_COPY(ret->target_name, target->name);
	STR_COPY(ret->target_path, target->path);
	STR_COPY(ret->target_model, target->model);
	disk_identity_short(target, ret->target_short);
	STR_COPY(ret->archive_name, basename(archive));
	str_sanitise(ret->archive_name);
	STR_COPY(ret->layout_name, layout);
}

const char *snapshot_subject(const struct snapshot *snapshot)
{
	const char *subject = scope_words(snapshot->scope)->subject;

	return subject[0] ? subject : snapshot->archive_name;
}

static enum step_id active_step(const struct snapshot *snapshot)
{
	for (unsigned i = 0; i < STEP_COUNT; i++)
		if (snapshot->steps[i].state == STEP_ACTIVE)
			return i;
	return snapshot->step;
}

void snapshot_message(struct snapshot *snapshot, const char *text)
{
	struct snapshot_message *last = &snapshot->messages[SNAPSHOT_MESSAGES - 1];

	memmove(snapshot->messages, snapshot->messages + 1,
		sizeof(snapshot->messages) - sizeof(snapshot->messages[0]));
	last->number = ++snapshot->message_count;
	last->step = active_step(snapshot);
	STR_COPY(last->text, text);
	str_sanitise(last->text);
}
