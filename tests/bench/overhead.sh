#!/bin/bash
# SPDX-License-Identifier: MIT
#
# overhead.sh - `make bench`: compares boardstrap with the commands that it replaces. Both run in turn,
# A B A B, on the same loop device with the same archive:
#
#   A  wipefs; sfdisk; mkfs.ext4; mount; tar -xpf; sync -f; umount
#   B  boardstrap install, from the lock on the device to the end of the flush
#
# The scan of the archive and the verification of the medium, which the commands do not have, are in
# separate columns. CPU time and memory are those of the engine's process, without its children.
#
# Settings, from the environment:
#   BOARDSTRAP  the program                     (default: build/boardstrap)
#   ARCHIVE     the archive to install          (default: a Debian system of more than 20,000 entries)
#   PAIRS       number of runs of each          (default: 7)
#   WORK        folder for image and mounts     (default: build/bench)
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
set -E
trap 'echo "bench: \"$BASH_COMMAND\" failed, line $LINENO" >&2' ERR
trap 'exit 130' INT TERM HUP

# A Debian system, plus small files up to 21,000 entries; made once.
default_archive() {
	local archive=$CACHE/bench.tar.zst tree
	if [ ! -s "$archive" ]; then
		"$top/tests/tools/minbase.sh" "$CACHE/minbase.tar"
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

# Each run of both starts with an empty image and a cached archive.
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
	# The partition by its offset, because not every kernel reads tables of loop devices.
	part=$(losetup -f --show -o $((8192 * 512)) "$loop")
	mkfs.ext4 -q -F -L rootfs "$part"
	mount "$part" "$mnt"
	tar -C "$mnt" -xpf "$ARCHIVE"
	sync -f "$mnt"
	umount "$mnt"
	losetup -d "$part"
	since "$start"
	# The kernel removes it after its last user; other programs probe new devices.
	while losetup -n "$part" >/dev/null 2>&1; do
		sleep 0.1
	done
	part=
}

# The engine is the oldest of the processes with its name; the others are its children. The processor time
# in its schedstat (in nanoseconds) does not include its children.
find_engine() {
	local pid
	for pid in $(pgrep -x boardstrap-eng); do
		if grep -zqx "BENCH=$$" "/proc/$pid/environ"; then
			echo "$pid"
			return
		fi
	done 2>/dev/null
}

sample_engine() { # FRONT
	set +e # processes may end while they are read
	trap - ERR
	local engine='' pss=0 value begin='' stat
	while kill -0 "$1" 2>/dev/null; do
		if [ -z "$engine" ]; then
			engine=$(find_engine)
			begin=$(now)
		elif read -r stat _ <"/proc/$engine/schedstat" && [ -n "$stat" ]; then
			value=$(awk '/^Pss:/ {print $2}' "/proc/$engine/smaps_rollup" 2>/dev/null || true)
			[ "${value:-0}" -le "$pss" ] || pss=$value
			echo "$stat $(since "$begin") $pss" >"$WORK/sample.new"
			mv "$WORK/sample.new" "$WORK/sample"
		fi 2>/dev/null
		sleep 0.05
	done
}

seconds_of() { # STEP...: the sum
	local steps
	steps=$(printf '"%s",' "$@")
	jq -s "[.[] | select(.event == \"step\" and .state == \"done\" and (.step | IN(${steps%,}))) | .seconds] | add" \
		"$WORK/events" | awk '{printf "%.3f", $1}'
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
	read -r busy life pss <"$WORK/sample" || { echo "bench: the engine was not seen" >&2; exit 1; }
	b=$(seconds_of lock wipe table mkfs extract flush)
	scan=$(seconds_of scan)
	verify=$(seconds_of verify)
	cpu=$(awk -v busy="$busy" -v life="$life" 'BEGIN {printf "%.2f", busy / 1e7 / life}')
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
		# The order alternates, so that side effects of a run affect both equally.
		prepare
		if ((i % 2)); then
			a=$(run_by_hand)
			prepare
			run_boardstrap
		else
			run_boardstrap
			prepare
			a=$(run_by_hand)
		fi
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
echo "ratio: install / by hand, from the lock on the device to the end of the flush; below 1 is faster."
echo "engine %: of one core, over the engine's life. Pss: the maximum sample."
verdict=0
judge() { # WHAT VALUE LIMIT
	awk -v value="$2" -v limit="$3" 'BEGIN {exit !(value <= limit)}' && return
	echo "bench: $1 is $2, more than $3"
	verdict=1
}
judge "the median ratio" "${medians[2]}" 1.05
judge "the engine's share of a core, in percent," "${medians[5]}" 1
judge "the engine's Pss in KiB" "${medians[6]}" 16384
exit $verdict
