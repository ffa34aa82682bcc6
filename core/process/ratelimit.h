/* SPDX-License-Identifier: MIT */
/*
 * ratelimit - a token bucket: allows a burst of events, then one per period. Pure: the caller
 * passes the time, in milliseconds of any clock that never goes back.
 */
#ifndef CORE_PROCESS_RATELIMIT_H
#define CORE_PROCESS_RATELIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct ratelimit {
	unsigned burst;	    /* events allowed at once, at least 1 */
	unsigned period_ms; /* time to gain one token */
	uint64_t paid_ms;   /* time up to which tokens are spent; 0 at first */
};

/* Takes a token. False if all are spent. */
bool ratelimit_take(struct ratelimit *limit, uint64_t now_ms);

#endif
