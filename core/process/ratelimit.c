/* SPDX-License-Identifier: MIT */
#include "core/process/ratelimit.h"

bool ratelimit_take(struct ratelimit *limit, uint64_t now_ms)
{
	uint64_t paid_ms = limit->paid_ms > now_ms ? limit->paid_ms : now_ms;

	if (paid_ms - now_ms > (uint64_t)(limit->burst - 1) * limit->period_ms)
		return false;
	limit->paid_ms = paid_ms + limit->period_ms;
	return true;
}
