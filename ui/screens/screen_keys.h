/* SPDX-License-Identifier: MIT */
/*
 * screen_keys - gives a key to the screen on top. The keys that every screen has in common (lists,
 * searching, help, log) are handled here; the screen's own key function gets the others.
 */
#ifndef UI_SCREENS_SCREEN_KEYS_H
#define UI_SCREENS_SCREEN_KEYS_H

#include "ui/screens/screen.h"

/* Changes @model as @key asks. Returns what the app has to do. */
enum outcome screen_key(struct model *model, struct key key);

#endif
