#!/bin/bash
# SPDX-License-Identifier: MIT
#
# udev.sh - installs a small root filesystem many times in a row while udev runs, as on most
# boards with a larger rescue system. udev opens, locks and reads every new device; this must
# neither disturb an install nor remove its partition. After each install the kernel and udev
# report the table that was installed.
#
# INSTALLS: number of installs (default 50).
# BUSY=1:   both processors of the machine also run a busy loop, so that udev is late.
# HOLD:     seconds by which each install takes longer (default 0). After 180 s udev drops the
#           events of a locked disk.
# See lib.sh for the other settings and prepare.sh for the requirements.
# lane: vm

set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

INSTALLS=${INSTALLS:-50}
BUSY=${BUSY:-0}
HOLD=${HOLD:-0}

VM_LIMIT=${VM_LIMIT:-1700}

vm_begin
vm_needs_emmc "installs while udev is at work"

# ---------------------------------------------------------------------------
# the machine, with Debian's udev

add_udev() {    # the root of the installer's RAM disk
	local root=$1 program
	copy_program "$root" /usr/bin/udevadm || { echo "udev is missing here"; return 1; }
	mkdir -p "$root/usr/lib/systemd" && ln -s ../../bin/udevadm "$root/usr/lib/systemd/systemd-udevd"
	cp -a /usr/lib/udev "$root/usr/lib/" && rm -rf "$root"/usr/lib/udev/hwdb.*
	for program in "$root"/usr/lib/udev/*_id; do
		copy_libraries "$root" "$program"
	done
}

# The script for the machine.
guest_script() {
	cat <<-'EOF'
	udevd=/usr/lib/systemd/systemd-udevd
	$udevd --daemon && udevadm trigger && udevadm settle
	echo
	echo "step started: $? $(ls /dev/disk/by-id | grep -c '^mmc-')"

	# field NAME: read from the partition, not from udev's database.
	field() {
		blkid -p -o value -s "$1" /dev/mmcblk0p1
	}
	# The kernel has a name only for a partition that it has read from the table itself;
	# the values after it are those of udev and libblkid.
	reported() {
		sed -n 's/^PARTNAME=//p' /sys/block/mmcblk0/mmcblk0p1/uevent
		readlink -f /dev/disk/by-id/mmc-*-part1
		readlink -f "/dev/disk/by-uuid/$(field UUID)"
		readlink -f "/dev/disk/by-partuuid/$(field PART_ENTRY_UUID)"
		ls /dev/disk/by-uuid | wc -l
	}
	wanted="rootfs /dev/mmcblk0p1 /dev/mmcblk0p1 /dev/mmcblk0p1 2"
	[ $BUSY = 0 ] || for loop in 1 2; do
		while :; do :; done &
	done
	printf '#!/bin/sh\n[ "$1" = --version ] || %s %s\nexec tar "$@"\n' "$(command -v sleep)" $HOLD >/usr/bin/slow-tar
	chmod +x /usr/bin/slow-tar
	passed=0 count=0
	begin=$(cut -d. -f1 /proc/uptime)
	while [ $count -lt $INSTALLS ]; do
		boardstrap install --plain --yes --target /dev/mmcblk0 --archive small.tar.zst \
			--tar /usr/bin/slow-tar >/run/said 2>&1
		status=$?
		udevadm settle
		found=$(echo $(reported))
		if [ "$status $found" = "0 $wanted" ]; then
			passed=$((passed + 1))
		else
			echo "step wrong: install $count: status $status, $found"
			sed 's/^/step said: /' /run/said
			{ ls -l /dev/disk/by-*/ /dev/mmcblk*; cat /sys/block/mmcblk0/mmcblk0p1/uevent
				udevadm info /dev/mmcblk0p1; blkid -p /dev/mmcblk0p1; } 2>&1 |
				sed 's/^/step there: /'
		fi
		count=$((count + 1))
		echo "done $count of $INSTALLS, $passed good, $(cut -d. -f1 /proc/uptime) s"
		# Discard takes ten seconds on the eMMC of QEMU, so only the first install uses it.
		echo 0 >/sys/block/mmcblk0/queue/discard_max_bytes
	done
	echo "step installs: $passed"
	echo "step seconds: $(($(cut -d. -f1 /proc/uptime) - begin))"
	ls -l /dev/disk/by-*/ | sed -n 's/^.*[0-9] \(.* -> .*mmc.*\)/step link: \1/p'
	pidof systemd-udevd >/dev/null && echo "step alive: yes"
	poweroff -f
	EOF
}

# Only a few files: the test is about the steps around the extraction.
make_tools() {
	local dir=$vm_tmp/stick
	mkdir -p "$dir" "$vm_tmp/root/etc" && echo board >"$vm_tmp/root/etc/hostname" &&
		ln -s hostname "$vm_tmp/root/etc/name" &&
		tar -C "$vm_tmp/root" -c --zstd -f "$dir/small.tar.zst" . &&
		guest_script >"$dir/steps" && stick_of "$dir"
}
make_card emmc emmc 128
check "the stick" make_tools || exit 1
installer_extra=add_udev
check "the installer's RAM disk, with udev" make_installer || exit 1

machine_up "the machine comes up" 120 '^bash.*# *$' installer.vmlinuz installer.cpio vm.shell

# ---------------------------------------------------------------------------

# A busy machine is slow; one that hangs prints no more lines.
machine_off_or_silent() {       # seconds of silence
	local until size=-1 now
	while machine_alive; do
		now=$(stat -c %s "$MACHINE/console.log")
		[ "$now" = "$size" ] || until=$((SECONDS + $1))
		[ $SECONDS -lt "$until" ] || break
		size=$now
		sleep 0.5
	done
	machine_off 0
}

shell "INSTALLS=$INSTALLS BUSY=$BUSY HOLD=$HOLD; . ./steps"
check "the machine switches off by itself" machine_off_or_silent $((300 + HOLD))
said=$(tr -d '\r' <"$MACHINE/console.log" | sed -n 's/^step //p')
step() {
	sed -n "s/^$1: //p" <<<"$said"
}
grep -E '^(wrong|said|there)' <<<"$said" | quote
check "udev has a link to the blank eMMC" is "status and links" "0 1" "$(step started)"
check "$INSTALLS installs in a row, each with exit status 0 and the same table in the kernel and udev" \
	is installs "$INSTALLS" "$(step installs)"
check "udev still runs" is udev yes "$(step alive)"
note "$(step installs) installs took $(step seconds) s"
quote <<<"$(step link)"
exit 0 # vm_cleanup exits with 1 if a check failed
