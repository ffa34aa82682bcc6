/* SPDX-License-Identifier: MIT */
#include "core/plan/scope.h"

#include <errno.h>
#include <string.h>

#define WHOLE_WORDS                                                                                \
	.loss = {"Everything on ", " will be erased"}, .unfinished = {"", " will not boot"},       \
	.state = "It will not boot. Its old content is lost.",                                     \
	.brief = "The device will not boot.", .again = "Install again when you are ready"

static const struct scope_words words[SCOPE_COUNT] = {
	[SCOPE_ALL] =
		{
			.subject = "",
			WHOLE_WORDS,
			.joint = " is ",
			.passed = "installed and verified",
		},
	[SCOPE_BOOT] =
		{
			.name = "boot",
			.subject = "boot loader",
			.loss = {"The boot loader of ",
				" will be replaced; its partitions stay as they are"},
			.unfinished = {"the boot loader of ",
				" may be incomplete; its partitions are untouched"},
			.state = "Its boot loader may be incomplete. Its partitions are untouched.",
			.brief = "The boot loader may be incomplete.",
			.again = "Install the boot loader again before the board starts from it",
			.joint = ": ",
			.verified = "boot loader verified",
			.passed = "the boot loader was written and verified; partitions were not "
				  "touched",
		},
	[SCOPE_IMAGES] =
		{
			.subject = "images",
			WHOLE_WORDS,
			.joint = ": ",
			.verified = "images verified",
			.passed = "the images were written and verified",
		},
	[SCOPE_FILES] =
		{
			.subject = "files",
			WHOLE_WORDS,
			.joint = ": ",
			.verified = "files verified",
			.passed = "the files were written and verified",
		},
};

const struct scope_words *scope_words(enum scope scope)
{
	return &words[scope < SCOPE_COUNT ? scope : SCOPE_ALL];
}

int scope_parse(const char *name, enum scope *ret)
{
	for (unsigned i = 0; i < SCOPE_COUNT; i++) {
		if (!words[i].name || strcmp(name, words[i].name) != 0)
			continue;
		*ret = i;
		return 0;
	}
	return -EINVAL;
}

bool scope_has_archive(enum scope scope)
{
	return scope == SCOPE_ALL;
}

bool scope_has_files(enum scope scope)
{
	return scope == SCOPE_ALL || scope == SCOPE_FILES;
}

bool scope_makes_table(enum scope scope)
{
	return scope != SCOPE_BOOT;
}

enum scope scope_of_layout(const struct layout *layout)
{
	if (layout_takes_archive(layout))
		return SCOPE_ALL;
	return layout_holds_files(layout) ? SCOPE_FILES : SCOPE_IMAGES;
}

bool scope_writes_blob(enum scope scope, const struct layout_blob *blob)
{
	return scope != SCOPE_BOOT || blob->target != BLOB_PARTITION;
}
