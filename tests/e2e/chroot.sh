#!/bin/bash
# SPDX-License-Identifier: MIT
#
# chroot.sh - boardstrap in a chroot whose / is a folder, not a mount point: installs onto an image there,
# with processes of the outside in sight and in a PID namespace without them; then no mount of / is in
# sight, any disk may hold the running system, and only images and loop devices are offered.
. "$(dirname "$0")/lib.sh"
begin zstd tar sfdisk losetup mkfs.ext4 jq unshare

root=$tmp/root
mkdir -p "$root"/{bin,etc,lib,lib64,proc,sys,dev,run,tmp,board}
[ ! -e /etc/mke2fs.conf ] || cp /etc/mke2fs.conf "$root/etc/"

# With its libraries; all programs are in /bin.
copy_program() {
	local lib program
	program=$(command -v "$1") && cp -L "$program" "$root/bin/" || return 1
	for lib in $(ldd "$program" 2>/dev/null | grep -o '/[^ ]*'); do
		mkdir -p "$root${lib%/*}" && cp -L "$lib" "$root$lib" || return 1
	done
}
for program in "$BOARDSTRAP" tar zstd mkfs.ext4; do
	check "the chroot has ${program##*/}" copy_program "$program" || exit 1
done

mkdir "$tmp/tree"
make_tree "$tmp/tree"
tar -C "$tmp/tree" --numeric-owner --format=pax --zstd -cf "$root/board/rootfs.tar.zst" .
"$here/tree.sh" "$tmp/tree" >"$tmp/want"
truncate -s 64M "$tmp/loop.img"
loop=$(losetup -f --show "$tmp/loop.img") || die "no loop device"

# inside NAMESPACE ARG...: runs boardstrap in the chroot, in a mount namespace of its own and, if NAMESPACE is
# "pid", a PID namespace. /proc shows the processes of that.
inside() {
	local options=(-m)
	[ "$1" != pid ] || options+=(-p -f)
	shift
	# shellcheck disable=SC2016
	timeout 300 unshare "${options[@]}" sh -c '
		root=$1
		shift
		mount -t proc proc "$root/proc" && mount -t sysfs sys "$root/sys" && mount --bind /dev "$root/dev" &&
			mount -t tmpfs run "$root/run" || exit 99
		cd "$root" && exec chroot . /bin/boardstrap "$@"' sh "$root" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
}

# inside_exits WANT NAME NAMESPACE ARG...
inside_exits() {
	local want=$1 name=$2 got=0
	shift 2
	inside "$@" || got=$?
	same "$name: exit $want" "$want" "$got" || cat "$tmp/out" "$tmp/err" | tail -n 15 | quote
}

for namespace in mount pid; do
	image root/board/board.img 96M
	inside_exits 0 "$namespace namespace: an install onto an image" $namespace \
		install --yes --plain --allow image --target /board/board.img --archive /board/rootfs.tar.zst
	check "it is a PASS" grep -q PASS "$tmp/out"
	if mount_partition "$root/board/board.img" 1 "$tmp/mnt"; then
		"$here/tree.sh" "$tmp/mnt" >"$tmp/got"
		check "the image holds the archive" diff "$tmp/want" "$tmp/got"
		umount "$tmp/mnt"
	else
		not_ok "the image cannot be mounted"
	fi
	same "nothing is mounted in the namespace of the test" "" "$(own_mounts)"

	inside_exits 0 "$namespace namespace: list" $namespace list --json --allow sd,usb,disk,loop,image,root-named
	jq -c .disks[] "$tmp/out" >"$tmp/disks"
	same "a loop device is offered" '"ok"' \
		"$(jq -c "select(.path == \"$loop\") | .verdict" "$tmp/disks")"
done
# The last one was without a mount of / in sight.
if jq -es 'any(.kind != "loop")' "$tmp/disks" >/dev/null; then
	same "every other disk is refused, since it may hold the running system" "" "$(jq -r '
		select(.kind != "loop" and (.verdict != "refused" or
			all(.reasons[]; .code != "unknown" and .code != "system"))) | .name' "$tmp/disks")"
else
	skip "every other disk is refused" "this machine has none"
fi

losetup -d "$loop"
finish
