#!/bin/bash
# SPDX-License-Identifier: MIT
#
# queues.sh - no test writes to the queue settings of a device of this machine: Linux 6.18 and others do not
# give discard back once discard_max_bytes was 0. A test that needs a device without discard makes one, such
# as a loop device over a file on ramfs (fixture_make_loop_on). Scripts of tests/vm may set the cards of the
# emulated machine, which ends with them. run.sh checks the loop devices after each run.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

# Lines with the path of a queue setting and a way to write to it.
setting='queue/[a-z_]+'
writes=">[^&|]*$setting|of=[^ ]*$setting|tee [^|]*$setting|(write|put|open|settings_set|fopen)[a-z_]*\([^;]*$setting"
writers() {
	grep -rnE --include='*.sh' --include='*.c' --include='*.h' --include='*.py' "$writes|for [a-z]+ in [^;]*$setting" "$@" |
		grep -vE '^tests/tools/(queues|run)\.sh:'
}

echo 1..2
found=$(writers tests | grep -vE '^tests/vm/.*/sys/block/mmcblk' | grep -vE 'sandbox_|sysroot_read')
if [ -z "$found" ]; then
	echo "ok 1 - tests leave the queue settings of this machine alone"
else
	echo "not ok 1 - tests leave the queue settings of this machine alone"
	sed 's/^/# /' <<<"$found"
fi
# The pattern itself: it finds what the emulated machine does.
if [ "$(writers tests/vm | grep -c mmcblk)" -ge 2 ]; then
	echo "ok 2 - such a line would be found"
else
	echo "not ok 2 - such a line would be found"
fi
