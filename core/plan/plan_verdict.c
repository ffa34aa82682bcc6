/* SPDX-License-Identifier: MIT */
#include "core/plan/plan_verdict.h"

#include "device/base/util.h"

void plan_problem_add(struct plan_verdict *verdict, const char *code, const char *format, ...)
{
	struct plan_problem *problem;
	va_list args;

	if (verdict->count == PLAN_PROBLEMS_MAX) {
		problem = &verdict->problems[PLAN_PROBLEMS_MAX - 1];
		STR_COPY(problem->code, "more");
		STR_COPY(problem->text, "More problems were found; fix these first.");
		return;
	}
	problem = &verdict->problems[verdict->count++];
	STR_COPY(problem->code, code);
	va_start(args, format);
	(void)str_vformat(problem->text, sizeof(problem->text), format, args);
	va_end(args);
}
