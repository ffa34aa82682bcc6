#!/bin/bash
# SPDX-License-Identifier: MIT
#
# hotplug.sh - devices that come and go while the Target screen is shown, seen by the kernel's events;
# and the polling of card readers, which is restored even after a kill.
. "$(dirname "$0")/lib.sh"
begin tmux losetup mkfs.ext4
export LC_ALL=C.UTF-8
cd "$tmp" || exit 1

setting=/sys/module/block/parameters/events_dfl_poll_msecs
before=$(cat "$setting" 2>/dev/null)
put_back() {
	local status=$?
	[ -z "$before" ] || echo "$before" >"$setting"
	return $status
}
trap 'put_back; clean_up' EXIT
is_set() {
	[ "$(cat "$setting")" = "$1" ]
}

# away NAME PATTERN: the screen no longer shows it.
not_shown() {
	! screen | grep -Eq -- "$1"
}
away() {
	if wait_for 20 not_shown "$2"; then
		ok "$1"
	else
		not_ok "$1: the screen still shows '$2'"
		screen | quote
	fi
}

truncate -s 48M one
mkfs.ext4 -q -F -L ONE one
truncate -s 32M two
start "$BOARDSTRAP --allow loop"
shows "the Target screen" "1 Target"
loop=$(losetup -f --show one) || die "no loop device"
name=$(basename "$loop")
shows "what is plugged in appears, with its content" "$name +loop +48 MiB .*ext4 \"ONE\""
mkfs.ext4 -q -F -L ANOTHER "$loop" # the front end must notice without a key
echo change >"/sys/block/$name/uevent"
shows "what is made on it is seen" "$name +loop +48 MiB .*ext4 \"ANOTHER\""
losetup -d "$loop"
away "what is pulled out vanishes" "$name +loop"
loop=$(losetup -f --show two) || die "no loop device"
name=$(basename "$loop")
shows "another one comes" "$name +loop +32 MiB .*blank"
losetup -d "$loop"
away "and goes" "$name +loop"

if [ "$before" != 0 ]; then
	skip "card readers are polled" "$setting is ${before:-missing} here, so it is not changed"
else
	check "card readers are polled" is_set 2000
	type_keys q
	shows "quit" '\[exit 3\]'
	check "the setting is restored" is_set 0

	start "$BOARDSTRAP"
	shows "again" "1 Target"
	check "card readers are polled again" wait_for 5 is_set 2000
	shell=$(mux display-message -p -t e2e '#{pane_pid}')
	pkill -KILL -P "$shell" -x boardstrap
	# The screen cannot show it: it keeps what the killed process drew.
	check "killed" wait_for 20 sh -c "! pgrep -P $shell -x boardstrap"
	check "the setting is still changed" is_set 2000
	start "$BOARDSTRAP"
	shows "the next one" "1 Target"
	type_keys q
	shows "quits" '\[exit 3\]'
	check "and the original value is restored" is_set 0
fi

cd /
finish
