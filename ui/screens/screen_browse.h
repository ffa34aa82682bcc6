/* SPDX-License-Identifier: MIT */
/* screen_browse - the list of model.browse, which the screens Archive and Blob share: its drawing, and
 * the keys that do not depend on what is chosen. */
#ifndef UI_SCREENS_SCREEN_BROWSE_H
#define UI_SCREENS_SCREEN_BROWSE_H

#include "ui/screens/screen.h"

/* Draws the folder and its entries. */
void screen_browse_draw(const struct model *model, struct grid *grid, struct area area);

/* Returns the entry under the cursor, or NULL. */
const struct browse_entry *screen_browse_entry(const struct model *model);
/* Handles all keys but Enter. @entry is the text field that the key p opens. */
enum outcome screen_browse_key(struct model *model, enum action action, enum model_entry entry);

/* Functions of struct screen. */
size_t screen_browse_per_page(const struct grid *grid, struct area area);
size_t screen_browse_count(const struct model *model);
void screen_browse_row(const struct model *model, size_t index, char *ret, size_t size);
size_t *screen_browse_cursor(struct model *model);

/* Conditions of hints: there is a folder above; names that begin with a dot are hidden, or listed. */
bool screen_browse_is_below(const struct model *model);
bool screen_browse_hides(const struct model *model);
bool screen_browse_shows_all(const struct model *model);

/* The hints of both screens: @opens is what Enter does, and @place is where the key "back" leads. */
/* clang-format off */
#define SCREEN_BROWSE_HINTS(opens, place) { \
	{ACTION_DOWN, "choose", NULL, "move; also Tab, PgUp, PgDn, Home, End, digits", 7, NULL}, \
	{ACTION_NEXT, "open", NULL, opens, 0, NULL}, \
	{ACTION_PATH, "path", NULL, "type a path; Tab completes it, ~ is your home folder", 1, NULL}, \
	{ACTION_SEARCH, "search", NULL, "find a name", 3, NULL}, \
	{ACTION_ERASE, "up", NULL, "go to the parent folder", 4, screen_browse_is_below}, \
	{ACTION_ALL, "show hidden", "hidden", "also list names that begin with a dot", 6, \
		screen_browse_hides}, \
	{ACTION_ALL, "hide hidden", "fewer", "hide names that begin with a dot", 6, \
		screen_browse_shows_all}, \
	{ACTION_RESCAN, "reread", NULL, "read the folder again", 5, NULL}, \
	{ACTION_HELP, "help", NULL, "this page", 0, NULL}, \
	{ACTION_BACK, "back", NULL, "go back to the " place, 0, NULL}, \
}
/* clang-format on */

#endif
