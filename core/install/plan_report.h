/* SPDX-License-Identifier: MIT */
/* plan_report - a complete plan with its problems, as one flat value for viewers. */
#ifndef CORE_INSTALL_PLAN_REPORT_H
#define CORE_INSTALL_PLAN_REPORT_H

#include "core/plan/plan.h"

struct plan_report {
	struct plan plan;
	struct plan_verdict verdict;
};

#endif
