#!/bin/bash
# SPDX-License-Identifier: MIT
#
# demo.sh - `make demo`: installs a small but real root filesystem on an image file in place of a board's
# eMMC. It uses the screens on a terminal, with everything already chosen, and line mode otherwise. It
# writes only below build/demo/.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
BOARDSTRAP=${BOARDSTRAP:-$top/build/boardstrap}
demo=${DEMO:-$top/build/demo}
image=$demo/emmc.img
archive=$demo/rootfs.tar.zst
mount_point=$demo/mnt

note() {
	printf '%s\n' "$*"
}

if [ "$(id -u)" != 0 ]; then
	note "demo: needs root, since it mounts the image: sudo make demo" >&2
	exit 2
fi
for program in busybox zstd tar setfattr "$BOARDSTRAP"; do
	command -v "$program" >/dev/null || {
		note "demo: $program is missing (make deps, make)" >&2
		exit 2
	}
done

# A root filesystem that boots to a shell: one program with many names.
make_rootfs() {
	local root=$1 box applet
	box=$(command -v busybox)
	mkdir -p "$root"/{bin,sbin,dev,etc/init.d,proc,sys,root,tmp,var/log,usr/bin,usr/share/doc,home/user}
	cp "$box" "$root/bin/busybox"
	chmod 4755 "$root/bin/busybox" # su and ping need it
	"$box" --list | while read -r applet; do
		[ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
	done
	ln -s ../bin/busybox "$root/sbin/init"
	ln "$root/bin/busybox" "$root/usr/bin/busybox" # a hard link
	mknod -m 600 "$root/dev/console" c 5 1
	mknod -m 666 "$root/dev/null" c 1 3
	mknod -m 666 "$root/dev/tty" c 5 0
	chmod 700 "$root/root"
	chmod 1777 "$root/tmp"
	chown 1000:1000 "$root/home/user"
	ln -s /proc/mounts "$root/etc/mtab"
	printf 'root::0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n' >"$root/etc/passwd"
	printf 'root:x:0:\nuser:x:1000:\n' >"$root/etc/group"
	printf 'board\n' >"$root/etc/hostname"
	printf '::sysinit:/etc/init.d/rcS\n::askfirst:-/bin/sh\n::ctrlaltdel:/sbin/reboot\n' \
		>"$root/etc/inittab"
	printf '#!/bin/sh\nmount -t proc proc /proc\nmount -t sysfs sysfs /sys\nhostname -F /etc/hostname\n' \
		>"$root/etc/init.d/rcS"
	chmod 755 "$root/etc/init.d/rcS"
	# A file capability, as ping has on many systems; tar loses it without --xattrs.
	cp "$box" "$root/usr/bin/ping"
	setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 "$root/usr/bin/ping"
	setfattr -n user.origin -v "make demo" "$root/etc/hostname"
	# Enough data to see the progress: text, and random bytes that do not compress.
	for applet in $(seq 400); do
		seq "$applet" 3000 >"$root/usr/share/doc/page-$applet"
	done
	head -c 64M /dev/urandom >"$root/var/log/weight"
}

mkdir -p "$demo"
if [ ! -s "$archive" ]; then
	note "Making a root filesystem ..."
	work=$(mktemp -d "$demo/rootfs.XXXXXX")
	trap 'rm -rf --one-file-system "$work"' EXIT
	make_rootfs "$work"
	chmod 755 "$work"
	tar -C "$work" --format=posix --sort=name --numeric-owner --xattrs --xattrs-include='*' \
		--pax-option=delete=atime,delete=ctime -cf - . | zstd -q -3 -f -o "$archive.new"
	mv "$archive.new" "$archive"
	(cd "$demo" && sha256sum rootfs.tar.zst >rootfs.tar.zst.sha256)
	rm -rf --one-file-system "$work"
	trap - EXIT
fi
rm -f "$image"
truncate -s 1G "$image"

status=0
if [ -t 0 ] && [ -t 1 ] && [ "${TERM:-dumb}" != dumb ]; then
	"$BOARDSTRAP" --target "$image" --archive "$archive" --allow image || status=$?
else
	"$BOARDSTRAP" install --target "$image" --archive "$archive" --allow image --plain --yes ||
		status=$?
fi

if [ $status != 0 ]; then
	note "Nothing was installed (exit code $status)."
	exit $status
fi
offset=$(sfdisk -d "$image" | sed -n 's/.*start= *\([0-9]*\).*/\1/p' | head -n 1)
printf "%s\n" "" \
	"The image of the board:  $image" \
	"What was installed:      $archive" \
	"To look inside:          mkdir -p $mount_point" \
	"                         mount -o ro,loop,offset=$((offset * 512)) $image $mount_point" \
	"                         chroot $mount_point /bin/ls -l /etc; umount $mount_point" \
	"or as a whole disk:      losetup -f --show -P $image" \
	"Its partition table:     sfdisk -d $image"
