#!/bin/bash
# SPDX-License-Identifier: MIT
#
# overhead.sh - `make bench`: what boardstrap costs over the commands that people type instead. Both
# are run in turn, A B A B, on the same loop device with the same archive:
#
#   A  wipefs; sfdisk; mkfs.ext4; mount; tar -xpf; sync -f; umount
#   B  boardstrap install, from taking the device to the end of the flush
#
# Reading the archive beforehand and verifying the medium afterwards are boardstrap's own, and stand
# in columns of their own. The engine's CPU time and memory are its process's alone.
#
# Settings, from the environment:
#   BOARDSTRAP  the program                     (default: build/boardstrap)
#   ARCHIVE     what to install                 (default: a Debian system of more than 20,000 entries)
#   PAIRS       how many runs of each           (default: 7)
#   WORK        where image and mounts lie      (default: build/bench)
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
BOARDSTRAP=$(realpath "${BOARDSTRAP:-$top/build/boardstrap}")
PAIRS=${PAIRS:-7}
WORK=${WORK:-$top/build/bench}
CACHE=${CACHE:-$top/build/cache}

[ "$(id -u)" = 0 ] || { echo "bench: needs root, for a loop device" >&2; exit 2; }
for program in jq zstd tar sfdisk wipefs mkfs.ext4 losetup "$BOARDSTRAP"; do
	command -v "$program" >/dev/null || { echo "bench: $program is missing" >&2; exit 2; }
done
mkdir -p "$WORK" "$CACHE"
image=$WORK/bench.img
mnt=$WORK/mnt
loop=
part=
sampler=
clean_up() {
	[ -z "$sampler" ] || kill "$sampler" 2>/dev/null || true
	mountpoint -q "$mnt" && umount "$mnt"
	[ -z "$part" ] || losetup -d "$part" 2>/dev/null || true
	[ -z "$loop" ] || losetup -d "$loop" 2>/dev/null || true
	rm -f "$image" "$WORK"/events "$WORK"/sample
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

# A Debian system, made once, and small files up to 21,000 entries.
default_archive() {
	local archive=$CACHE/bench.tar.zst tree
	if [ ! -s "$archive" ]; then
		[ -s "$CACHE/minbase.tar" ] || {
			echo "making a Debian root filesystem (once)" >&2
			mmdebstrap --quiet --mode=root --variant=minbase \
				"$(. /etc/os-release && echo "$VERSION_CODENAME")" "$CACHE/minbase.tar" >&2
		}
		tree=$(mktemp -d "$WORK/tree.XXXXXX")
		tar -C "$tree" --xattrs --xattrs-include='*' --numeric-owner -xpf "$CACHE/minbase.tar"
		mkdir -p "$tree/opt/files"
		awk -v dir="$tree/opt/files" -v have="$(find "$tree" | wc -l)" 'BEGIN {
			for (i = have; i < 21000; i++) {
				file = sprintf("%s/file-%05d", dir, i)
				for (j = 0; j < i % 700; j++) printf "%d line %d\n", i * j, j > file
				printf "" > file
				close(file)
			}
		}'
		head -c 256M /dev/urandom >"$tree/opt/random"
		tar -C "$tree" --format=posix --numeric-owner --xattrs --xattrs-include='*' -cf - . |
			zstd -q -T0 -3 -o "$archive.new"
		mv "$archive.new" "$archive"
		rm -rf --one-file-system "$tree"
	fi
	echo "$archive"
}
ARCHIVE=${ARCHIVE:-$(default_archive)}

rm -f "$image"
truncate -s 4G "$image"
loop=$(losetup -f --show "$image")
mkdir -p "$mnt"

now() {
	date +%s.%N
}
since() { # START
	awk -v a="$1" -v b="$(now)" 'BEGIN {printf "%.3f", b - a}'
}

# The image starts each run empty and the archive cached, for both alike.
prepare() {
	umount "$mnt" 2>/dev/null || true
	blkdiscard -f "$loop" 2>/dev/null || true
	sync -f "$WORK"
	cat "$ARCHIVE" >/dev/null
}

run_by_hand() {
	local start
	start=$(now)
	wipefs -q -a "$loop"
	printf 'label: gpt\nstart=8192, type=L\n' | sfdisk -q --no-reread --no-tell-kernel "$loop"
	# The partition by an offset, since not every kernel reads tables of loop devices.
	part=$(losetup -f --show -o $((8192 * 512)) "$loop")
	mkfs.ext4 -q -F -L rootfs "$part"
	mount "$part" "$mnt"
	tar -C "$mnt" -xpf "$ARCHIVE"
	sync -f "$mnt"
	umount "$mnt"
	losetup -d "$part"
	part=
	since "$start"
}

# The engine: the first process of ours in a mount namespace of its own. utime and stime are its
# alone; what its children took is counted elsewhere (cutime).
find_engine() {
	local pid
	for pid in $(pgrep -x boardstrap); do
		if [ "$(readlink "/proc/$pid/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ] &&
			tr '\0' '\n' <"/proc/$pid/environ" | grep -qx "BENCH=$$"; then
			echo "$pid"
			return
		fi
	done 2>/dev/null
}

sample_engine() { # FRONT
	local engine='' pss=0 value begin='' stat
	while kill -0 "$1" 2>/dev/null; do
		if [ -z "$engine" ]; then
			engine=$(find_engine)
			begin=$(now)
		elif stat=$(sed 's/.*) //' "/proc/$engine/stat" 2>/dev/null) && [ -n "$stat" ]; then
			value=$(awk '/^Pss:/ {print $2}' "/proc/$engine/smaps_rollup" 2>/dev/null || true)
			[ "${value:-0}" -le "$pss" ] || pss=$value
			awk -v life="$(since "$begin")" -v pss="$pss" '{print $12 + $13, life, pss}' \
				<<<"$stat" >"$WORK/sample.new"
			mv "$WORK/sample.new" "$WORK/sample"
		fi
		sleep 0.05
	done
}

seconds_of() { # STEP...: the sum
	local steps
	steps=$(printf '"%s",' "$@")
	jq -s "[.[] | select(.event == \"step\" and .state == \"done\" and (.step | IN(${steps%,}))) | .seconds] | add" \
		"$WORK/events"
}

run_boardstrap() {
	local front
	rm -f "$WORK/sample"
	BENCH=$$ "$BOARDSTRAP" install --target "$loop" --archive "$ARCHIVE" --allow loop --yes --json \
		>"$WORK/events" 2>"$WORK/errors" </dev/null &
	front=$!
	sample_engine "$front" &
	sampler=$!
	wait "$front" || { echo "bench: boardstrap failed:" >&2; cat "$WORK/errors" >&2; exit 1; }
	wait "$sampler"
	sampler=
	read -r ticks life pss <"$WORK/sample" || { echo "bench: the engine was not seen" >&2; exit 1; }
	b=$(seconds_of lock wipe table mkfs extract flush)
	scan=$(seconds_of scan)
	verify=$(seconds_of verify)
	cpu=$(awk -v t="$ticks" -v hz="$(getconf CLK_TCK)" -v s="$life" 'BEGIN {printf "%.2f", 100 * t / hz / s}')
}

median() {
	sort -n | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'
}

echo "archive  $(basename "$ARCHIVE"), $(($(stat -c %s "$ARCHIVE") >> 20)) MiB, $("$BOARDSTRAP" inspect "$ARCHIVE" --json | jq -r '"\(.entries) entries, \(.extracted_bytes / 1048576 | floor) MiB"')"
echo "machine  $(nproc) cores, kernel $(uname -r), $(tar --version | head -n 1)"
echo
row='%4s  %10s  %10s  %7s  %7s  %7s  %8s  %8s\n'
# shellcheck disable=SC2059
{
	printf "$row" run "by hand s" "install s" ratio "scan s" "verify s" "engine %" "Pss KiB"
	rows=
	for ((i = 1; i <= PAIRS; i++)); do
		prepare
		a=$(run_by_hand)
		prepare
		run_boardstrap
		ratio=$(awk -v a="$a" -v b="$b" 'BEGIN {printf "%.3f", b / a}')
		printf "$row" "$i" "$a" "$b" "$ratio" "$scan" "$verify" "$cpu" "$pss"
		rows+="$a $b $ratio $scan $verify $cpu $pss"$'\n'
	done
	medians=()
	for column in 1 2 3 4 5 6 7; do
		medians+=("$(printf '%s' "$rows" | cut -d ' ' -f $column | median)")
	done
	printf "$row" med. "${medians[@]}"
}
echo
echo "ratio: install / by hand, from taking the device to the end of the flush; below 1 is faster."
echo "engine %: of one core, over the engine's life. Pss: the most that was seen."
