#!/bin/bash
# SPDX-License-Identifier: MIT
#
# valgrind.sh - runs the engine under valgrind: in the process of its test, where every byte must be freed
# at the end, and as the process that `boardstrap install` forks, with its child processes. Each process
# writes its own log; failed ones are shown, and the exit status is 1.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
build=$top/build
command -v valgrind >/dev/null || { echo "valgrind is not installed" >&2; exit 2; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# Not "possibly lost": a forked engine inherits memory of the front end, which only the front end frees.
run() {
	valgrind -q --leak-check=full --show-leak-kinds=definite,indirect \
		--trace-children=no --log-file="$tmp/log.%p" "$@" >"$tmp/out" 2>&1 || {
		tail -n 20 "$tmp/out"
		echo "valgrind: $1 failed" >&2
		failed=1
	}
}
failed=0
export TMPDIR=$tmp
run "$build/tests/test_install"
run "$build/tests/test_service"
mkdir "$tmp/tree" && head -c 3000000 /dev/urandom >"$tmp/tree/file" && ln "$tmp/tree/file" "$tmp/tree/hard"
tar -C "$tmp/tree" -czf "$tmp/rootfs.tar.gz" .
truncate -s 192M "$tmp/board.img"
run "$build/boardstrap" install --target "$tmp/board.img" --allow image --archive "$tmp/rootfs.tar.gz" --yes --plain
logs=$(find "$tmp" -name 'log.*' | wc -l)
# valgrind -q logs only errors, and system calls that it does not know.
for log in "$tmp"/log.*; do
	sed -i -e '/^--[0-9]*-- /d' -e '/Warning: noted but unhandled ioctl/,+2d' "$log"
	[ -s "$log" ] || continue
	echo "--- $log"
	head -n 60 "$log"
	failed=1
done
[ $failed = 0 ] && echo "valgrind: $logs processes, no error, no leak"
exit $failed
