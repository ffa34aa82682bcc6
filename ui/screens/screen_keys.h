/* SPDX-License-Identifier: MIT */
/*
 * screen_keys - passes a key to the topmost screen. Handles the keys common to all screens (lists,
 * search, help, log); the screen's key function handles the others.
 */
#ifndef UI_SCREENS_SCREEN_KEYS_H
#define UI_SCREENS_SCREEN_KEYS_H

#include "ui/screens/screen.h"

/* Applies @key to @model. Returns the action that the app has to do. */
enum outcome screen_key(struct model *model, struct key key);

#endif
