/* SPDX-License-Identifier: MIT */
#include "device/usage/inuse.h"

#include "device/base/util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool has_fact(const struct inuse *inuse, const struct inuse_fact *fact)
{
	for (size_t i = 0; i < inuse->count; i++) {
		const struct inuse_fact *other = &inuse->facts[i];

		if (other->code == fact->code && strcmp(other->disk, fact->disk) == 0 &&
			other->file_dev == fact->file_dev && other->file_ino == fact->file_ino &&
			strcmp(other->text, fact->text) == 0)
			return true;
	}
	return false;
}

int inuse_add(struct inuse *inuse, const struct inuse_fact *fact)
{
	struct inuse_fact *facts;

	if (has_fact(inuse, fact))
		return 0;
	facts = reallocarray(inuse->facts, inuse->count + 1, sizeof(*facts));
	if (!facts)
		return -ENOMEM;
	facts[inuse->count++] = *fact;
	inuse->facts = facts;
	return 0;
}

int inuse_add_fact(
	struct inuse *inuse, const char *disk, enum reason_code code, const char *format, ...)
{
	struct inuse_fact fact = {.code = code};
	va_list args;

	(void)STR_COPY(fact.disk, disk);
	va_start(args, format);
	(void)str_vformat(fact.text, sizeof(fact.text), format, args);
	va_end(args);
	str_sanitise(fact.text);
	return inuse_add(inuse, &fact);
}

bool inuse_knows(const struct inuse *inuse, const char *disk)
{
	for (size_t i = 0; i < inuse->count; i++)
		if (strcmp(inuse->facts[i].disk, disk) == 0)
			return true;
	return false;
}

void inuse_finish(struct inuse *inuse)
{
	free(inuse->facts);
	free(inuse->boot);
	multipath_finish(&inuse->multipath);
	*inuse = (struct inuse){0};
}

int inuse_add_content(struct inuse *inuse, const struct disk *disk)
{
	int r = 0;

	for (size_t i = 0; i < inuse->boot_count && r == 0; i++) {
		if (!cmdline_matches(&inuse->boot[i].name, &disk->content))
			continue;
		inuse->boot[i].found = true;
		r = inuse_add_fact(inuse, disk->name, REASON_ROOT_NAMED,
			"the system boots from it (%s)", inuse->boot[i].name.text);
	}
	return r;
}
