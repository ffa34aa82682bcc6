#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh PROGRAM... - the runner of `make check`: runs each test program (cmocka) and script, several at a
# time. It prints a line for each when it ends, with its counts, its failures, and its skips with the
# reason, and at the end "N passed, N failed, N skipped". Exit 0 if nothing failed. Each has its own TMPDIR,
# and fails if it leaves a file, a mount or a loop device.
#
# Tests that took longest in the last run (TEST_LOGS/seconds) start first, the others in the given order.
# A script with the line "# lane: NAME" never runs beside another one with that name; lanes start first,
# because they take longest. The lane "asleep" is for scripts that mostly wait: they take no place.
#
# Settings, from the environment:
#   VERBOSE=1   show all output of the tests
#   LANES       number of tests at once (default: 2; 1 on one processor)
#   TEST_LIMIT  time limit of each, in seconds (default: 1800)
#   TEST_LOGS   folder for the outputs (default: build/tests/logs)
set -u
export CMOCKA_MESSAGE_OUTPUT=TAP

limit=${TEST_LIMIT:-1800}
lanes=${LANES:-$(($(nproc) > 1 ? 2 : 1))}
logs=${TEST_LOGS:-build/tests/logs}
mkdir -p "$logs" || exit 1
tmp=$(mktemp -d) || exit 1
passed=0
failed=0
skipped=0
declare -A running=() began=() lane=() seconds=() # by process; the last two by program

# The unused loop devices that still have the writeback limit of an install.
limited() {
	local bdi

	[ "${CI:-}" = true ] || return 0
	for bdi in /sys/block/loop*/bdi; do
		[ -e "${bdi%bdi}loop" ] || [ "$(cat "$bdi/strict_limit" 2>/dev/null)" != 1 ] || echo "$bdi"
	done
}

# The loop devices whose discard somebody has lowered. Linux 6.18 and others do not give it back after 0, not
# even to the next user of the device.
lowered() {
	local queue

	for queue in /sys/block/loop*/queue; do
		[ "$(cat "$queue/discard_max_bytes" 2>/dev/null)" = "$(cat "$queue/discard_max_hw_bytes" 2>/dev/null)" ] ||
			echo "$queue"
	done
}

# left_behind DIR: lists the files, mounts and loop devices below the folder of a test.
left_behind() {
	find "$1" -mindepth 1 -maxdepth 1 2>/dev/null
	grep -oF " $1/" /proc/self/mountinfo | sed 's/.*/a mount below &/'
	losetup -l -n -O NAME,BACK-FILE 2>/dev/null | grep -F " $1/"
}

# report PROGRAM STATUS SECONDS: prints its line, from its log, and the reasons of failures and skips.
report() {
	local name log=$logs/$(basename "$1" .sh).log status=$2 left skips good bad planned reason= word=ok
	name=$(basename "$1" .sh)
	left=$(left_behind "$tmp/$name")
	rmdir "$tmp/$name" 2>/dev/null
	[ "${VERBOSE:-0}" != 1 ] || cat "$log"

	skips=$(grep -cE '^(not )?ok .*# SKIP' "$log")
	good=$(grep -E '^ok ' "$log" | grep -vc '# SKIP')
	bad=$(grep -E '^not ok ' "$log" | grep -vc '# SKIP')
	# A program that crashed, or ran fewer tests than it announced, has failed as well.
	planned=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$log" | awk '{n += $1} END {print n + 0}')
	if [ "$status" = 124 ] || [ "$status" = 137 ]; then
		reason="took longer than $limit s"
	elif [ "$status" != 0 ] && [ "$bad" = 0 ]; then
		reason="exit status $status"
	elif [ "$planned" = 0 ]; then
		reason="it did not end: no test was announced"
	elif [ "$planned" != $((skips + good + bad)) ]; then
		reason="$planned tests announced, $((skips + good + bad)) reported"
	elif [ -n "$left" ]; then
		reason="it left behind: ${left//$'\n'/, }"
	fi
	[ -z "$reason" ] || [ "$bad" != 0 ] || bad=1

	[ "$bad" = 0 ] || word=FAIL
	printf '%-4s %-18s %3d passed' "$word" "$name" "$good"
	[ "$bad" = 0 ] || printf ', %d failed' "$bad"
	[ "$skips" = 0 ] || printf ', %d skipped' "$skips"
	printf ', %d s\n' "$3"
	[ -z "$reason" ] || echo "     $name: $reason"
	if [ "$bad" != 0 ]; then
		# Each failure with its output, or else the end of the log.
		if grep -qE '^not ok ' "$log"; then
			grep -E -A 64 '^not ok ' "$log" | grep -vE '^ok |^--$' | head -n 120
		else
			tail -n 25 "$log"
		fi | sed 's/^/     /'
		echo "     full log: $log"
	fi
	# cmocka's line has no reason; the test has printed it on the line before.
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
}

# may_start PROGRAM: true if there is room for it now.
may_start() {
	local pid other places=$lanes
	for pid in "${!running[@]}"; do
		other=${lane[${running[$pid]}]}
		[ -z "$other" ] || [ "$other" != "${lane[$1]}" ] || return 1
		[ "$other" = asleep ] || places=$((places - 1))
	done
	[ "${lane[$1]}" = asleep ] || [ $places -gt 0 ]
}

start() {
	local name
	name=$(basename "$1" .sh)
	mkdir "$tmp/$name" || exit 1
	TMPDIR=$tmp/$name timeout -k 10 "$limit" "$1" >"$logs/$name.log" 2>&1 </dev/null &
	running[$!]=$1
	began[$!]=$SECONDS
}

end_all() {
	[ ${#running[@]} = 0 ] || kill -TERM "${!running[@]}" 2>/dev/null
	wait
	rmdir "$tmp"/* "$tmp" 2>/dev/null
}
trap end_all EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM

# Sets the array waiting to the programs, in their order of starting.
order() {
	local program name
	for program in "$@"; do
		[[ $program == */* ]] || program=./$program
		name=$(basename "$program" .sh)
		lane[$program]=
		[ "${program%.sh}" = "$program" ] || lane[$program]=$(sed -n 's/^# lane: //p' "$program")
		seconds[$program]=$(awk -v name="$name" '$1 == name {print $2}' "$logs/seconds" 2>/dev/null)
		echo "$([ -n "${lane[$program]}" ] && echo 0 || echo 1) ${seconds[$program]:-0} $program"
	done >"$tmp/order"
	mapfile -t waiting < <(sort -s -k 1,1n -k 2,2nr "$tmp/order" | cut -d' ' -f3-)
	rm "$tmp/order"
}

limited_before=$(limited)
lowered_before=$(lowered)
order "$@"
while [ ${#waiting[@]} -gt 0 ] || [ ${#running[@]} -gt 0 ]; do
	for at in "${!waiting[@]}"; do
		if may_start "${waiting[at]}"; then
			start "${waiting[at]}"
			unset "waiting[at]"
		fi
	done
	wait -n -p pid "${!running[@]}"
	status=$?
	program=${running[$pid]}
	seconds[$program]=$((SECONDS - began[$pid]))
	unset "running[$pid]" "began[$pid]"
	report "$program" $status "${seconds[$program]}"
done

# Save the seconds of these tests from this run, and of the others from earlier runs.
{
	for program in "${!seconds[@]}"; do
		echo "$(basename "$program" .sh) ${seconds[$program]}"
	done
	cat "$logs/seconds" 2>/dev/null
} | awk '!seen[$1]++' | sort -k 2,2nr >"$logs/seconds.new" && mv "$logs/seconds.new" "$logs/seconds"

left=$(comm -13 <(echo "$limited_before") <(limited))
if [ -n "$left" ]; then
	failed=$((failed + 1))
	echo "FAIL the writeback limit of an install is still set on ${left//$'\n'/, }"
fi
left=$(comm -13 <(echo "$lowered_before") <(lowered))
if [ -n "$left" ]; then
	failed=$((failed + 1))
	echo "FAIL discard was switched off, for as long as this kernel runs, in ${left//$'\n'/, }"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
