/* SPDX-License-Identifier: MIT */
/* plan_verdict - adds problems to the verdict on a plan, for the checks of this room. */
#ifndef CORE_PLAN_PLAN_VERDICT_H
#define CORE_PLAN_PLAN_VERDICT_H

#include "core/plan/plan.h"

/* Adds a problem. If there is no room, the last one becomes "more". */
void plan_problem_add(struct plan_verdict *verdict, const char *code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
