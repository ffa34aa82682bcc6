/* SPDX-License-Identifier: MIT */
/* review_facts - the facts on the Review screen: what will be lost, what is installed, and how. */
#ifndef UI_SCREENS_REVIEW_FACTS_H
#define UI_SCREENS_REVIEW_FACTS_H

#include "ui/screens/screen.h"

/* Draws the facts, and returns the row below. A short or narrow screen has the most important ones. */
int review_facts(const struct model *model, struct grid *grid, struct area area);

#endif
