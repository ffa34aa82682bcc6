/* SPDX-License-Identifier: MIT */
#include "core/process/ratelimit.h"

bool ratelimit_take(struct ratelimit *pace, uint64_t now_ms)
{
	uint64_t paid_ms = pace->paid_ms > now_ms ? pace->paid_ms : now_ms;

	if (paid_ms - now_ms > (uint64_t)(pace->burst - 1) * pace->period_ms)
		return false;
	pace->paid_ms = paid_ms + pace->period_ms;
	return true;
}
