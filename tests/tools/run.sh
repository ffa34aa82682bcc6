#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh PROGRAM... - the runner of `make check`: runs each test program (cmocka) and script, one
# after the other, prints a line for each with its counts, what failed and what was skipped and why,
# and in the end "N passed, N failed, N skipped". Exit 0 where nothing failed. Each has a TMPDIR of its
# own, and fails where it leaves anything behind: a file, a mount, a loop device; and in CI, where nothing
# else runs, a loop device's limit.
#
# Settings, from the environment:
#   VERBOSE=1   show everything that they print
#   TEST_LIMIT  seconds for each (default 900)
#   TEST_LOGS   where the outputs are kept (default: build/tests/logs)
set -u
export CMOCKA_MESSAGE_OUTPUT=TAP

logs=${TEST_LOGS:-build/tests/logs}
mkdir -p "$logs" || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rmdir "$tmp" 2>/dev/null' EXIT
passed=0
failed=0
skipped=0

# The loop devices that nobody holds, but that still have the limit of an install.
limited() {
	local bdi

	[ "${CI:-}" = true ] || return 0
	for bdi in /sys/block/loop*/bdi; do
		[ -e "${bdi%bdi}loop" ] || [ "$(cat "$bdi/strict_limit" 2>/dev/null)" != 1 ] || echo "$bdi"
	done
}

# left_behind DIR: what is there, below the folder that was made for a test.
left_behind() {
	find "$1" -mindepth 1 -maxdepth 1 2>/dev/null
	grep -oF " $1/" /proc/self/mountinfo | sed 's/.*/a mount below &/'
	losetup -l -n -O NAME,BACK-FILE 2>/dev/null | grep -F " $1/"
}

for program in "$@"; do
	name=$(basename "$program" .sh)
	log=$logs/$name.log
	[[ $program == */* ]] || program=./$program
	started=$SECONDS
	mkdir "$tmp/$name" || exit 1
	limited=$(limited)
	TMPDIR=$tmp/$name timeout -k 10 "${TEST_LIMIT:-900}" "$program" >"$log" 2>&1 </dev/null
	status=$?
	left=$(left_behind "$tmp/$name")$(comm -13 <(echo "$limited") <(limited))
	rmdir "$tmp/$name" 2>/dev/null
	[ "${VERBOSE:-0}" != 1 ] || cat "$log"

	skips=$(grep -cE '^(not )?ok .*# SKIP' "$log")
	good=$(grep -E '^ok ' "$log" | grep -vc '# SKIP')
	bad=$(grep -E '^not ok ' "$log" | grep -vc '# SKIP')
	# A program that died, or that ran fewer tests than it announced, has failed, too.
	planned=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$log" | awk '{n += $1} END {print n + 0}')
	reason=
	if [ $status = 124 ] || [ $status = 137 ]; then
		reason="took longer than ${TEST_LIMIT:-900} s"
	elif [ $status != 0 ] && [ "$bad" = 0 ]; then
		reason="exit status $status"
	elif [ "$planned" = 0 ]; then
		reason="it did not end: no test was announced"
	elif [ "$planned" != $((skips + good + bad)) ]; then
		reason="$planned tests announced, $((skips + good + bad)) told"
	elif [ -n "$left" ]; then
		reason="it left behind: ${left//$'\n'/, }"
	fi
	[ -z "$reason" ] || [ "$bad" != 0 ] || bad=1

	word=ok
	[ "$bad" = 0 ] || word=FAIL
	printf '%-4s %-18s %3d passed' "$word" "$name" "$good"
	[ "$bad" = 0 ] || printf ', %d failed' "$bad"
	[ "$skips" = 0 ] || printf ', %d skipped' "$skips"
	printf ', %d s\n' $((SECONDS - started))
	[ -z "$reason" ] || echo "     $name: $reason"
	if [ "$bad" != 0 ]; then
		# Each failure with what was said about it, or else the end of it all.
		if grep -qE '^not ok ' "$log"; then
			grep -E -A 64 '^not ok ' "$log" | grep -vE '^ok |^--$' | head -n 120
		else
			tail -n 25 "$log"
		fi | sed 's/^/     /'
		echo "     all of it: $log"
	fi
	# cmocka's line has no reason: what the test printed before it is one.
	awk '/^(not )?ok [0-9]+ .*# SKIP/ {
			bare = /^not ok [0-9]+ # SKIP/
			sub(/^(not )?ok [0-9]+ (- )?/, "")
			sub(/^# SKIP /, "")
			print "     skipped: " $0 (bare && before != "" ? ": " before : "")
		}
		{ sub(/^SKIP:? */, ""); before = /^(not )?ok |^1\.\./ ? "" : $0 }' "$log"
	passed=$((passed + good))
	failed=$((failed + bad))
	skipped=$((skipped + skips))
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
