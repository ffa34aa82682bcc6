/* SPDX-License-Identifier: MIT */
/* path_entry - the text field for a path, on any screen: of the archive, of an image, of a
 * layout, of a blob, of the saved log. Tab completes; "~/" is the home folder; "//" begins a new path. */
#ifndef UI_SCREENS_PATH_ENTRY_H
#define UI_SCREENS_PATH_ENTRY_H

#include "ui/screens/screen.h"

static inline bool path_entry_is_open(const struct model *model)
{
	return model->entry >= ENTRY_PATH;
}

/* Opens the field @entry with @text. */
void path_entry_begin(struct model *model, enum model_entry entry, const char *text);
/* Handles a key while the field is open. */
enum outcome path_entry_key(struct model *model, enum action action, struct key key);
/* Draws the completions of the path in columns, as a shell does. */
void path_entry_names(const struct browse_names *names, struct grid *grid, struct area area);

#endif
