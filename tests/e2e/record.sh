#!/bin/bash
# SPDX-License-Identifier: MIT
#
# record.sh - a recording by record-board.sh gets the same verdicts as the machine itself: this machine, with
# a disk mounted in another namespace, one below a loop device, and an unused one.
. "$(dirname "$0")/lib.sh"
begin jq losetup mkfs.ext4 unshare
cd "$tmp" || exit 1
mkdir mnt board

for name in mounted below unused; do
	image $name.img 16M
done
mkfs.ext4 -q -F mounted.img
mounted=$(losetup -f --show mounted.img)
below=$(losetup -f --show below.img)
over=$(losetup -f --show "$below")
unused=$(losetup -f --show unused.img)
# shellcheck disable=SC2016
unshare -m sh -c 'mount "$0" "$1" && echo ready >"$2" && exec sleep 600' "$mounted" "$tmp/mnt" "$tmp/ready" &
pids+=($!)
wait_for 20 test -s ready || die "the other namespace is not ready"

check "the machine is recorded" "$top/tests/tools/record-board.sh" "$tmp/board.tgz"
check "it is unpacked" tar -C board -xzf board.tgz --strip-components=1

# Prints lines like "loop0 mounted" for the loop devices of this test and for all other disks. A recording
# contains neither exclusive opens nor the contents of disks.
verdicts() { # ARG...
	"$BOARDSTRAP" list --json --all --allow loop "$@" | jq -r --arg own "$mounted $below $over $unused" '
		.disks[] | select(.kind != "loop" or (.path as $path | $own | split(" ") | index($path))) |
		.name + " " + ([.reasons[] | select(.code != "busy") | .code] | join(","))'
}

live=$(verdicts)
same "the recording gets the machine's verdicts" "$live" "$(verdicts --sysroot board)"
for line in "${mounted#/dev/} mounted" "${below#/dev/} loop" "${over#/dev/} loop" "${unused#/dev/} "; do
	check "among them: $line" grep -qxF "$line" <<<"$live"
done
note "$(wc -c <board.tgz) bytes, $(tar -tzf board.tgz | wc -l) entries"

kill "${pids[0]}"
wait "${pids[0]}" 2>/dev/null
losetup -d "$over"
losetup -d "$mounted"
losetup -d "$below"
losetup -d "$unused"

cd /
finish
