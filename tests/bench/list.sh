#!/bin/bash
# SPDX-License-Identifier: MIT
#
# list.sh - `make bench-list`: measures how long it takes to list eight disks of different content, in wall
# time from the start of the program to its end. A list of the same machine without the probes (--sysroot /)
# gives the share of sysfs. The devices' buffers are dropped before each run. Exit 1 if the median of the
# whole is 50 ms or more.
#
# Settings, from the environment:
#   BOARDSTRAP  the program            (default: build/boardstrap)
#   RUNS        number of runs of each (default: 41)
set -euo pipefail
export LC_ALL=C
top=$(cd "$(dirname "$0")/../.." && pwd)
BOARDSTRAP=$(realpath "${BOARDSTRAP:-$top/build/boardstrap}")
RUNS=${RUNS:-41}
LIMIT_US=50000

[ "$(id -u)" = 0 ] || { echo "bench: needs root, for loop devices" >&2; exit 2; }
for program in jq losetup sfdisk mkfs.ext4 mkfs.vfat mkswap blockdev "$BOARDSTRAP"; do
	command -v "$program" >/dev/null || { echo "bench: $program is missing" >&2; exit 2; }
done
work=$(mktemp -d "${TMPDIR:-/tmp}/boardstrap-bench.XXXXXX")
loops=()
clean_up() {
	for loop in "${loops[@]}"; do
		losetup -d "$loop" || true
	done
	rm -rf --one-file-system "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

# disk NAME: makes a sparse file, which the commands that follow fill.
disk() {
	truncate -s 256M "$work/$1"
}
ext4() { # NAME OFFSET SIZE
	mkfs.ext4 -q -F -L "$1" -E offset=$(($2 << 20)) "$work/$1" "$3"
}
{
	disk blank
	disk ext4 && ext4 ext4 0 256M
	disk vfat && mkfs.vfat -n VFAT "$work/vfat"
	disk swap && mkswap -L swap "$work/swap"
	disk gpt && printf 'label: gpt\nstart=8192, size=65536, name=boot\nname=rootfs\n' |
		sfdisk -q "$work/gpt" && ext4 gpt 36 128M
	disk mbr && printf 'label: dos\nstart=8192, type=83\n' | sfdisk -q "$work/mbr" && ext4 mbr 4 128M
	disk many && { echo 'label: gpt'; for _ in 1 2 3 4 5 6 7 8; do echo 'size=16M'; done; } |
		sfdisk -q "$work/many"
	disk both && ext4 both 0 256M && printf hsqs | dd of="$work/both" conv=notrunc &&
		printf '\004\0' | dd of="$work/both" bs=1 seek=28 conv=notrunc
} >/dev/null 2>&1
for name in blank ext4 vfat swap gpt mbr many both; do
	loops+=("$(losetup -f --show "$work/$name")")
done

now_us() {
	local now=$EPOCHREALTIME
	echo $((${now%.*} * 1000000 + 10#${now#*.}))
}

# measure ARG...: prints the microseconds of each run.
measure() {
	local i start
	for ((i = 0; i < RUNS; i++)); do
		blockdev --flushbufs "${loops[@]}"
		start=$(now_us)
		"$BOARDSTRAP" "$@" >/dev/null 2>&1
		echo $(($(now_us) - start))
	done
}

at() { # FRACTION FILE: a quantile
	sort -n "$2" | awk -v f="$1" '{v[NR] = $1} END {print v[1 + int((NR - 1) * f + 0.5)]}'
}

"$BOARDSTRAP" list --allow loop --json >"$work/list.json"
names=$(printf '"%s",' "${loops[@]##*/}")
contents=$(jq -r "[.disks[] | select(.name | IN(${names%,})) | .content // \"none\"] | sort | join(\" \")" \
	"$work/list.json")
if [ "$contents" != "ambivalent blank dos ext4 gpt gpt swap vfat" ]; then
	echo "bench: the list of the eight disks is wrong: $contents" >&2
	exit 1
fi
echo "machine  $(nproc) cores, load $(cut -d ' ' -f 1 /proc/loadavg), kernel $(uname -r), $(jq '.disks | length' "$work/list.json") disks" \
	"listed, these among them: $contents"
echo
measure --version >"$work/start"
measure list --allow loop --json --sysroot / >"$work/sysfs"
measure list --allow loop --json >"$work/whole"
printf '%-24s %9s %9s %9s   (%d runs, ms)\n' "" median "90 %" least "$RUNS"
row() { # NAME FILE
	printf '%-24s %9.1f %9.1f %9.1f\n' "$1" "$(at 0.5 "$2")e-3" "$(at 0.9 "$2")e-3" "$(at 0 "$2")e-3"
}
row "the program's start" "$work/start"
row "list without probes" "$work/sysfs"
row "list" "$work/whole"
echo
start=$(at 0.5 "$work/start")
sysfs=$(at 0.5 "$work/sysfs")
whole=$(at 0.5 "$work/whole")
awk -v start="$start" -v sysfs="$sysfs" -v whole="$whole" 'BEGIN {
	printf "of which sysfs and the rules %.1f ms, the probes %.1f ms\n",
		(sysfs - start) / 1000, (whole - sysfs) / 1000
}'
[ "$whole" -lt $LIMIT_US ] || { echo "bench: more than $((LIMIT_US / 1000)) ms" >&2; exit 1; }
