/* SPDX-License-Identifier: MIT */
#include "core/process/child_run.h"

#include "device/base/util.h"

#include <errno.h>
#include <string.h>

#define SLICE_MS 20 /* for child_poll, on kernels without pidfd */

int child_run(const struct child_spec *spec, uint64_t limit_ms, char *why, size_t size)
{
	return child_run_until(spec, limit_ms, NULL, NULL, why, size);
}

int child_run_until(const struct child_spec *spec, uint64_t limit_ms, bool (*stops)(void *arg),
	void *arg, char *why, size_t size)
{
	_cleanup_close_ int reactor = reactor_new();
	uint64_t until = now_ms() + limit_ms;
	struct child child;
	int r = reactor;

	child_init(&child);
	if (r >= 0)
		r = child_start(&child, reactor, spec);
	while (r >= 0 && child_is_running(&child) && now_ms() < until) {
		r = reactor_dispatch(reactor, SLICE_MS);
		child_poll(&child);
		if (r >= 0 && stops && stops(arg))
			r = -ECANCELED;
	}
	if (r >= 0 && child_is_running(&child))
		r = -ETIMEDOUT;
	if (r < 0 && why)
		(void)str_copy(why, size, strerror(-r));
	if (r >= 0) {
		r = child_ok(&child) ? 0 : child.exec_error ? -child.exec_error : -ECHILD;
		if (why)
			child_why(&child, why, size);
	}
	child_finish(&child);
	return r;
}
