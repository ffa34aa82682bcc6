/* SPDX-License-Identifier: MIT */
/*
 * ratelimit - how often something may be said: some times at once, then once per period. Pure; time is
 * whatever clock the caller has, in milliseconds, that never goes back.
 */
#ifndef CORE_PROCESS_RATELIMIT_H
#define CORE_PROCESS_RATELIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct ratelimit {
	unsigned burst;	    /* how many may come at once, at least 1 */
	unsigned period_ms; /* after each of which there is room for one more */
	uint64_t paid_ms; /* until when the period of each one that was taken reaches; 0 at first */
};

/* Takes one. False where there is no room for it now, and nothing is taken. */
bool ratelimit_take(struct ratelimit *pace, uint64_t now_ms);

#endif
