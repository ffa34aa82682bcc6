#!/bin/bash
# SPDX-License-Identifier: MIT
#
# inuse.sh - for every way in which a disk can be in use, including those that an exclusive open does not
# detect: `list` and `install` refuse it with the right reason, and not a byte of it changes. The same disk
# is offered before and after.
. "$(dirname "$0")/lib.sh"
begin jq losetup partx sfdisk flock mkfs.ext4 mkswap swapon perl unshare

swap=
disk=
# Swap and partitions survive the files of this test; the next image would inherit the partitions.
at_exit() {
	local status=$?
	[ -z "$swap" ] || swapoff "$swap"
	[ ${#pids[@]} = 0 ] || kill -KILL "${pids[@]}" 2>/dev/null
	own_mounts | sort -r | xargs -r umount 2>/dev/null
	[ -z "$disk" ] || partx -d "$disk" 2>/dev/null
	(exit $status)
	clean_up
}
trap at_exit EXIT

cd "$tmp" || exit 1
mkdir tree mnt && echo board >tree/hostname
tar -C tree -cf good.tar .
image=$tmp/disk.img

# attach: a new disk with two partitions, otherwise blank.
attach() {
	image disk.img 96M
	echo $'label: dos\nstart=2048, size=40000\nstart=43008' | sfdisk -q disk.img
	disk=$(losetup -P -f --show disk.img) || die "no loop device"
	name=${disk#/dev/}
	partx -a "$disk" 2>/dev/null # for a kernel without a partition parser
	wait_for 5 test -b "${disk}p2" || {
		losetup -d "$disk"
		skip_all "this machine makes no partitions on loop devices"
	}
}

detach() {
	partx -d "$disk"
	losetup -d "$disk"
	disk=
}

# The verdict of `list` on a disk: "ok", or the codes of its reasons.
verdict() { # NAME
	"$BOARDSTRAP" list --json --allow loop --all |
		jq -r --arg name "$1" '.disks[] | select(.name == $name) |
			if .verdict == "ok" then "ok" else [.reasons[].code] | join(",") end'
}

phrase() { # NAME CODE
	"$BOARDSTRAP" list --json --allow loop --all |
		jq -r --arg name "$1" --arg code "$2" '.disks[] | select(.name == $name) |
			.reasons[] | select(.code == $code) | .text'
}

# The digest of the disk, and the number of sectors that were written to it. Mounted filesystems are synced
# first. The kernel may write to active swap, so only the table and the swap header are compared there.
state() {
	sync "$disk" "$disk"p* 2>/dev/null
	sync "$image"
	if [ -n "$swap" ]; then
		head -qc 4096 "$image" "$swap" | sha256sum
		return
	fi
	echo "$(sha256sum <"$image") $(awk '{print $7}' "/sys/block/$name/stat")"
}

free() { # NAME
	same "$1: it is offered" ok "$(verdict "$name")"
}

# refused NAME CODES PHRASE [EXIT [ARCHIVE [SENTENCE]]]: `list` and `install` refuse the disk, and nothing is
# written. `install` prints the phrase with its advice, or the sentence if `list` cannot know the reason.
refused() {
	local title=$1 codes=$2 text=$3 before said
	sync -f mnt
	before=$(state)
	same "$title: list refuses it as $codes" "$codes" "$(verdict "$name")"
	said=$(phrase "$name" "${codes%%,*}")
	if grep -Eq "$text" <<<"$said"; then
		ok "$title: list gives the reason \"$said\""
	else
		not_ok "$title: list gives the reason '$text'"
		note "$said"
	fi
	install "${4:-2}" "$title" --target "$disk" --allow loop --archive "${5:-good.tar}" &&
		says "$title" "${6:-"$name is refused: .*($text).*\. [A-Z].*\.\$"}"
	# Only an install waits for a lock.
	[ "${4:-2}" != 2 ] || run 2 "$title, a dry run" install --dry-run --plain --target "$disk" \
		--allow loop --archive "${5:-good.tar}"
	same "$title: nothing was written" "$before" "$(state)"
}

# in_background COMMAND...: runs until end_background; returns once the command has written a line.
in_background() {
	rm -f ready
	"$@" >ready &
	background=$!
	pids+=("$background")
	wait_for 20 test -s ready || die "not ready: $*"
}
end_background() {
	kill "$background"
	wait "$background" 2>/dev/null
}

# Holds the device in its argument open with O_EXCL.
hold='$| = 1; sysopen(F, $ARGV[0], O_RDONLY | O_EXCL) or die "$!"; print "ready\n"; sleep 600'

mounted() { # DEVICE [OPTION...]
	local device=$1
	shift
	mount "$@" "$device" mnt && mounts+=("$tmp/mnt")
}

ext4() {
	mkfs.ext4 -q -F -E nodiscard,lazy_itable_init=0,lazy_journal_init=0 "$1"
}

attach
free "a disk that nobody uses"
ext4 "${disk}p1"
free "a disk with a filesystem"

# ---- mounts ----

mounted "${disk}p1" -o noatime
refused "a partition is mounted" mounted "mounted on $tmp/mnt"
umount mnt
mounted "${disk}p1" -o ro
refused "a partition is mounted read-only" mounted "mounted on $tmp/mnt"
umount mnt
free "after the unmount"

# Mounted in another namespace.
# shellcheck disable=SC2016
in_background unshare -m sh -c 'mount -o noatime "$0" "$1" && echo ready && exec sleep 600' "${disk}p1" "$tmp/mnt"
refused "mounted in another namespace" mounted "mounted on $tmp/mnt by sleep, process $background"
end_background
free "after the other namespace"

# Unmounted lazily: in no table of mounts, and still in use.
mounted "${disk}p1" -o noatime
echo old >mnt/file
sync -f mnt
in_background sh -c 'exec 9<mnt/file; echo ready; exec sleep 600'
umount -l mnt
refused "unmounted lazily, a file still open" busy "not visible"
end_background
wait_for 10 flock -n "$disk" true
free "after the last file was closed"

# The lower layer of an overlay, also unmounted lazily.
mkdir -p up work over
mount -t tmpfs tmpfs up && mounts+=("$tmp/up")
mkdir up/up up/work
mounted "${disk}p1" -o ro
if mount -t overlay -o "lowerdir=$tmp/mnt,upperdir=$tmp/up/up,workdir=$tmp/up/work" overlay over; then
	mounts+=("$tmp/over")
	refused "below an overlay" mounted "mounted on $tmp/mnt"
	umount -l mnt
	refused "below an overlay, unmounted lazily" busy "not visible"
	umount over
else
	skip "below an overlay" "this kernel has none"
fi
umount mnt 2>/dev/null
umount up

# The archive of the install itself.
mounted "${disk}p1" -o noatime
cp good.tar mnt/
sync -f mnt
refused "it holds the archive" mounted "holds the archive|mounted on" 2 mnt/good.tar
umount mnt

# A btrfs on partitions of two disks: the table of mounts names only one.
if command -v mkfs.btrfs >/dev/null && { modprobe -q btrfs; grep -qw btrfs /proc/filesystems; }; then
	image first.img 128M
	image second.img 128M
	first=$(losetup -f --show first.img)
	second=$(losetup -f --show second.img)
	mkfs.btrfs -q -f "$first" "$second" >/dev/null
	mounted "$first" -o "noatime,device=$second"
	kept=("$disk" "$name" "$image")
	for disk in "$first" "$second"; do
		name=${disk#/dev/}
		image=$(losetup -n -O BACK-FILE "$disk")
		refused "a btrfs over two disks, ${image##*/}" mounted "mounted on $tmp/mnt"
	done
	disk=${kept[0]} name=${kept[1]} image=${kept[2]}
	umount mnt
	losetup -d "$first"
	losetup -d "$second"
else
	skip "a btrfs over two disks" "no mkfs.btrfs, or no such kernel module"
fi

# ---- swap ----

if [ "$(awk '/^MemAvailable/ {print $2}' /proc/meminfo)" -lt 524288 ]; then
	skip "swap" "less than 512 MiB of memory are free: the kernel could swap to it"
else
	mkswap -q "${disk}p2"
	if swapon -p 0 "${disk}p2"; then
		swap=${disk}p2
		refused "swap on a partition" swap "swap .${disk}p2"
		swapoff "$swap"
		swap=
	else
		skip "swap on a partition" "this kernel refuses it"
	fi
	mounted "${disk}p1" -o noatime
	dd if=/dev/zero of=mnt/swapfile bs=1M count=8 status=none
	chmod 600 mnt/swapfile
	mkswap -q mnt/swapfile
	sync -f mnt
	if swapon -p 0 mnt/swapfile; then
		swap=$tmp/mnt/swapfile
		refused "a swap file" mounted,swap "mounted on|swap"
		ln -s mnt/swapfile elsewhere
		before=$(state)
		for action in --dry-run --yes; do
			run 2 "the swap file itself as an image, $action" install "$action" --plain \
				--target elsewhere --allow image --archive good.tar
			says "the swap file itself, $action" "refused: in use as swap"
		done
		same "the swap file itself: nothing was written" "$before" "$(state)"
		swapoff "$swap"
		swap=
	else
		skip "a swap file" "this kernel refuses it"
	fi
	umount mnt
fi
free "after the swap"

# ---- uses that an exclusive open does not detect ----

# The loop device on top of $disk would write to it as well.
refused_upper() { # TITLE LOWER-NODE
	local disk=$over name=${over#/dev/}
	# No sector may be written to the loop device on top, nor to the image below both.
	refused "$1" loop "is a loop device on top of $2"
}
over=$(losetup -f --show "$disk")
refused "a loop over the raw disk" loop "in use by ${over#/dev/}"
refused_upper "the loop over the raw disk itself" "$disk"
mounted "${disk}p1" -o noatime
refused_upper "the loop over a disk of which a partition is mounted" "$disk"
umount mnt
losetup -d "$over"
over=$(losetup -f --show "${disk}p1")
refused "a loop over a partition" loop "in use by ${over#/dev/}"
refused_upper "the loop over a partition itself" "${disk}p1"
mounted "$over" -o noatime
refused "a loop over a partition, mounted" mounted,loop "mounted on $tmp/mnt"
umount mnt
losetup -d "$over"
free "after the loops"

# ---- holders and locks ----

in_background perl -MFcntl -e "$hold" "${disk}p1"
refused "a partition is held exclusively" busy "not visible"
end_background
in_background perl -MFcntl -e "$hold" "$disk"
refused "the disk is held exclusively" busy "not visible"
end_background
free "after it was let go"

# Another instance has its own exit code.
in_background flock -F -x "$disk" sh -c 'echo ready; exec sleep 600'
refused "locked by another install" busy "locked by another program" 5 good.tar "is locked by sleep"
end_background
wait_for 10 flock -n "$disk" true
free "after the other install"

# ---- the medium ----

blockdev --setro "$disk"
refused "write protected" read-only "write protected"
blockdev --setrw "$disk"
free "in the end"
detach

cd /
finish
