/* SPDX-License-Identifier: MIT */
/*
 * pace - how often something may be said: some times at once, then once per period. Pure; time is
 * whatever clock the caller has, in milliseconds, that never goes back.
 */
#ifndef CORE_PACE_H
#define CORE_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
	unsigned burst;	    /* how many may come at once, at least 1 */
	unsigned period_ms; /* after each of which there is room for one more */
	uint64_t paid_ms; /* until when the period of each one that was taken reaches; 0 at first */
};

/* Takes one. False where there is no room for it now, and nothing is taken. */
bool pace_take(struct pace *pace, uint64_t now_ms);

#endif
