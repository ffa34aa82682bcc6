#!/bin/sh
# SPDX-License-Identifier: MIT
#
# record-board.sh - records the files that boardstrap reads on a running machine, as a fixture for tests:
#
#   tests/tools/record-board.sh board.sysroot.tgz [NAME]
#   boardstrap list --sysroot DIR        after unpacking it to DIR
#
# It reads only sysfs and proc and opens no device; as root it can read a few more files. Check the result
# before you publish it: it contains the serial numbers of the disks, the kernel command line, and the
# mount points.

set -u
LC_ALL=C
export LC_ALL

[ $# -ge 1 ] || {
	sed -n 's/^# \{0,1\}//; 4,11p' "$0" >&2
	exit 2
}
case $1 in
/*) output=$1 ;;
*) output=$PWD/$1 ;;
esac
name=${2:-board}

tmp=$(mktemp -d "${TMPDIR:-/tmp}/record-board.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
root=$tmp/$name
seen=

# attribute FILE: copies an attribute; it may be write-only, or fail on this machine.
attribute() {
	[ -f "$1" ] && [ -r "$1" ] || return 0
	mkdir -p "$root${1%/*}"
	head -c 65536 "$1" >"$root$1" 2>/dev/null || rm -f "$root$1"
}

# link FILE: copies a link unchanged, so that it has the same target in the copy.
link() {
	mkdir -p "$root${1%/*}"
	[ -e "$root$1" ] || [ -h "$root$1" ] || cp -P "$1" "$root$1"
}

# attributes DIR: copies the attributes and links of one folder.
attributes() {
	mkdir -p "$root$1"
	for file in "$1"/*; do
		if [ -h "$file" ]; then
			link "$file"
		else
			attribute "$file"
		fi
	done
}

# block DIR: copies a disk, its partitions, and the links to its slaves and holders.
block() {
	attributes "$1"
	for sub in queue holders slaves loop dm md device; do
		[ ! -d "$1/$sub" ] || [ -h "$1/$sub" ] || attributes "$1/$sub"
	done
	for part in "$1"/*/partition; do
		[ -e "$part" ] || continue
		attributes "${part%/partition}"
		[ ! -d "${part%/partition}/holders" ] || attributes "${part%/partition}/holders"
	done
}

# parents DIR: copies the attributes of parent devices that name a card, a stick or a port.
parents() {
	dir=$1
	while [ "$dir" != /sys/devices ] && [ "$dir" != / ]; do
		for file in idVendor idProduct serial product manufacturer removable busnum devpath \
			cid csd name type model vendor; do
			attribute "$dir/$file"
		done
		dir=${dir%/*}
	done
}

for class in /sys/block /sys/class/block /sys/dev/block; do
	for entry in "$class"/*; do
		[ -h "$entry" ] && link "$entry"
	done
done
for entry in /sys/block/*; do
	dir=$(readlink -f "$entry") || continue
	block "$dir"
	if device=$(readlink -f "$dir/device") && [ -d "$device" ]; then
		attributes "$device"
		parents "$device"
	fi
done
for dir in /sys/fs/btrfs/*/devices; do
	[ -d "$dir" ] && attributes "$dir"
done
for file in /sys/fs/bcachefs/*/dev-*/block; do
	[ -h "$file" ] && link "$file"
done

mkdir -p "$root/proc/self" "$root/proc/1" "$root/dev"
for file in cmdline partitions swaps version; do
	attribute "/proc/$file"
done
for file in model compatible chosen/bootargs; do
	attribute "/proc/device-tree/$file"
done
# /proc/self is the process that reads it: the copy has the files of this shell.
for process in /proc/1 /proc/self /proc/[0-9]*; do
	from=$process
	[ "$process" != /proc/self ] || from=/proc/$$
	namespace=$(readlink "$from/ns/mnt") || continue
	case " $seen " in
	*" $namespace "*) [ "$process" = /proc/self ] || continue ;;
	esac
	seen="$seen $namespace"
	mkdir -p "$root$process/ns"
	ln -s "$namespace" "$root$process/ns/mnt"
	cat "$from/comm" >"$root$process/comm" 2>/dev/null
	cat "$from/mountinfo" >"$root$process/mountinfo" 2>/dev/null
done

tar -C "$tmp" --numeric-owner --owner=0 --group=0 -czf "$output" "$name" || exit 1
echo "$output: $(tar -tzf "$output" | wc -l) entries. It holds serial numbers, the kernel command"
echo "line and mount points: check it before you publish it."
