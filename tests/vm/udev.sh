#!/bin/bash
# SPDX-License-Identifier: MIT
#
# udev.sh - with udev at work, as on most boards with a rescue system of some size, a
# small root filesystem is installed many times in a row: udev opens what appears, locks
# it, and reads it, and none of that may hinder an install or take its partition away;
# and what it says in /dev/disk afterwards is what was installed.
#
# INSTALLS: how many (default 50).
# See lib.sh for the other settings and prepare.sh for what has to be there.
# lane: vm

set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

INSTALLS=${INSTALLS:-50}

vm_begin
vm_needs_emmc "installs while udev is at work"

# ---------------------------------------------------------------------------
# the machine: udev as Debian has it

add_udev() {    # the root of the installer's RAM disk
	local root=$1 program
	copy_program "$root" /usr/bin/udevadm || { echo "udev is missing here"; return 1; }
	mkdir -p "$root/usr/lib/systemd" && ln -s ../../bin/udevadm "$root/usr/lib/systemd/systemd-udevd"
	cp -a /usr/lib/udev "$root/usr/lib/" && rm -rf "$root"/usr/lib/udev/hwdb.*
	for program in "$root"/usr/lib/udev/*_id; do
		copy_libraries "$root" "$program"
	done
}

# What runs in the machine.
guest_script() {
	cat <<-'EOF'
	udevd=/usr/lib/systemd/systemd-udevd
	$udevd --daemon && udevadm trigger && udevadm settle
	echo
	echo "step started: $? $(ls /dev/disk/by-id | grep -c '^mmc-')"

	# field NAME: of what is on the partition, not as udev remembers it.
	field() {
		blkid -p -o value -s "$1" /dev/mmcblk0p1
	}
	passed=0
	begin=$(cut -d. -f1 /proc/uptime)
	while [ $passed -lt $INSTALLS ]; do
		boardstrap install --plain --yes --target /dev/mmcblk0 --archive small.tar.zst \
			>/run/said 2>&1
		status=$?
		udevadm settle
		by_id=$(readlink -f /dev/disk/by-id/mmc-*-part1)
		by_uuid=$(readlink -f "/dev/disk/by-uuid/$(field UUID)")
		by_partuuid=$(readlink -f "/dev/disk/by-partuuid/$(field PART_ENTRY_UUID)")
		links=$(ls /dev/disk/by-uuid | wc -l)
		if [ "$status $by_id $by_uuid $by_partuuid $links" != \
			"0 /dev/mmcblk0p1 /dev/mmcblk0p1 /dev/mmcblk0p1 2" ]; then
			echo "step wrong: install $passed: status $status, $by_id, $by_uuid, $by_partuuid, $links"
			sed 's/^/step said: /' /run/said
			ls -l /dev/disk/by-*/ /dev/mmcblk* | sed 's/^/step there: /'
			break
		fi
		passed=$((passed + 1))
		# QEMU's eMMC takes ten seconds for it; from the second one on it can't.
		echo 0 >/sys/block/mmcblk0/queue/discard_max_bytes
	done
	echo "step installs: $passed"
	echo "step seconds: $(($(cut -d. -f1 /proc/uptime) - begin))"
	ls -l /dev/disk/by-*/ | sed -n 's/^.*[0-9] \(.* -> .*mmc.*\)/step link: \1/p'
	pidof systemd-udevd >/dev/null && echo "step alive: yes"
	poweroff -f
	EOF
}

# A few files: what is measured is the way around them.
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

shell "INSTALLS=$INSTALLS; . ./steps"
check "the machine switches off by itself" machine_off 600
said=$(tr -d '\r' <"$MACHINE/console.log" | sed -n 's/^step //p')
step() {
	sed -n "s/^$1: //p" <<<"$said"
}
grep -E '^(wrong|said|there)' <<<"$said" | quote
check "udev has a link to the blank eMMC" is "status and links" "0 1" "$(step started)"
check "$INSTALLS installs in a row, each exit status 0, each with udev's links to what it wrote" \
	is installs "$INSTALLS" "$(step installs)"
check "udev is alive" is udev yes "$(step alive)"
note "$(step installs) installs took $(step seconds) s"
quote <<<"$(step link)"
exit 0 # what failed is counted
