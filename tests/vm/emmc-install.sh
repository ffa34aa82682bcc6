#!/bin/bash
# SPDX-License-Identifier: MIT
#
# emmc-install.sh - a complete install on an emulated eMMC: installs Debian
# with boardstrap's screens, by keystrokes on a serial console, checks the
# card's image from outside, then boots the board from it and logs in.
#
# VM_LAYOUT: single-gpt (default), single-mbr or boot-root.
# See lib.sh for the other settings and prepare.sh for the requirements.
# lane: vm

set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

LAYOUT=${VM_LAYOUT:-single-gpt}
INSTALL_SECONDS=600

vm_aside=yes
vm_begin
pass "the machine's parts ($SECONDS s)"

# ---------------------------------------------------------------------------
# 1. the installer's machine

check "the installer's RAM disk" make_installer || exit 1
check "the stick with $ARCHIVE" make_stick || exit 1
check "kernel and initrd from $ARCHIVE" take_boot_files || exit 1
make_emmc

args=
[ "$CARD" = emmc ] || args=vm.args=--allow,sd
machine_up "the installer's system comes up" 120 'vm: ready, press Enter' installer.vmlinuz installer.cpio "$args"

facts=$(screen | grep '^vm: ')
fact() {
	tr ' ' '\n' <<<"$facts" | sed -n "s/^$1=//p"
}
check "mmcblk0 has the requested size" is size $((EMMC_MIB * 1024 * 1024)) "$(fact size)"
if [ "$CARD" = emmc ]; then
	check "mmcblk0 is an eMMC" is type MMC "$(fact type)"
	check "with its boot areas" is "boot0 and boot1" \
		"$((BOOT_MIB * 1024 * 1024)) $((BOOT_MIB * 1024 * 1024))" "$(fact boot0) $(fact boot1)"
	card='eMMC'
else
	skip "mmcblk0 is an eMMC" "an SD card"
	skip "with its boot areas" "an SD card"
	card='SD'
fi
check "the serial console has no size" is tty 0x0 "$(fact tty)"
# The serial number is in bytes 10 to 13 of the CID, or 9 to 12 of an SD card's.
digits=25-28
[ "$CARD" = emmc ] || digits=23-26
serial=$(fact cid | cut -c $digits)
check "mmcblk0 has a serial number" grep -Eqx '[0-9a-f]{4}' <<<"$serial"

# ---------------------------------------------------------------------------
# 2. through the screens

keys Enter
row="mmcblk0 +$card"
wait_for 30 "$row" || die "Target lists mmcblk0"
check "Target lists mmcblk0 as $card" choose "$row" || exit 1
# "a" shows refused devices, if they are hidden at first.
seen_within 10 'sda +USB.*refused' >/dev/null || keys a
check "Target refuses the stick" wait_for 20 'sda +USB.*refused' || exit 1
check "the cursor is still on mmcblk0" choose "$row" || exit 1

# Archive is a browser. Enter opens the stick's folder, if it does not begin there.
press_until 4 Enter "$ARCHIVE|/media/usb" || die "Archive comes after Target"
if ! shows "$ARCHIVE"; then
	choose /media/usb || die "Archive offers the stick"
	press_until 3 Enter "$ARCHIVE" || die "Archive shows $ARCHIVE"
fi
check "Archive shows $ARCHIVE" choose "$ARCHIVE" || exit 1

press_until 4 Enter boot-root || die "Layout comes after Archive"
check "Layout offers $LAYOUT" choose "$LAYOUT" || exit 1

erased='Everything on this device will be erased'
press_until 4 Enter "$erased" || die "Review comes after Layout"
check "Review shows the data that will be lost" shows "$erased" || exit 1
started=$SECONDS
check "the scan is done at Review" wait_for 240 '[0-9] entries' 'Cannot install:' || exit 1
note "scan: $((SECONDS - started)) s"
wait_for 240 'Type the last four digits' 'Cannot install:' || die "Review asks for the serial"

# A wrong answer clears the field.
running='overall'
text 0000
keys Enter
check "a wrong serial does not start the install" \
	wait_for 10 '"0000" is (wrong|not)' "$running" || exit 1
text "$serial"
wait_for 10 "\[$serial\]" || die "the serial's field takes $serial"
started=$SECONDS
keys Enter
wait_for 20 "$running" || die "the right serial begins"
pass "the right serial ($serial) begins"

# Watch the gauges during the install: overall never goes back, and is never
# 100 % while the Install screen is shown.
done_text='verified, 0 wrong'
failed_text='\[FAIL\]|in step:|entries wrong|will not boot|Nothing was written to it'
watch_install() {
	local until=$((SECONDS + INSTALL_SECONDS * VM_PATIENCE)) text now last=-1
	samples=0
	worst=
	while [ $SECONDS -lt $until ]; do
		text=$(screen)
		if grep -Eq -- "$done_text" <<<"$text"; then
			return 0
		fi
		if grep -Eq "$failed_text" <<<"$text"; then
			echo "# the install failed"
			return 1
		fi
		machine_alive || { echo "# the machine stopped"; return 1; }
		now=$(sed -nE 's/^ *overall .* ([0-9]+) %.*/\1/p' <<<"$text" | tail -n 1)
		if [ -n "$now" ]; then
			samples=$((samples + 1))
			[ "$now" -ge "$last" ] || worst="$last % was followed by $now %"
			[ "$now" -lt 100 ] || worst="100 % before the end"
			last=$now
		fi
		grep -q 'tar confirmed' <<<"$text" && confirmed=yes
		sleep 0.3
	done
	echo "# not done within $INSTALL_SECONDS s"
	return 1
}
confirmed=no
if ! watch_install; then
	fail "Result says PASS"
	aside 20 workers | quote
	exit 1
fi
pass "Result says PASS ($((SECONDS - started)) s)"
screen | sed 's/^/#  |/'
[ "$samples" -gt 0 ] || worst="the gauge was never seen"
check "the overall gauge never goes back ($samples samples)" is gauge '' "$worst"
check "tar's own totals were used" is "tar confirmed" yes "$confirmed"

# Result is shown until q quits.
press_until 6 q 'vm: boardstrap ended with' || die "q ends boardstrap"
check "boardstrap's exit status is 0" shows 'vm: boardstrap ended with 0'
if shows 'vm: still mounted'; then
	fail "nothing of the eMMC is left mounted"
else
	pass "nothing of the eMMC is left mounted"
fi
keys Enter
check "the installer's machine switches off" machine_off 30 || exit 1

# ---------------------------------------------------------------------------
# 3. the eMMC from outside, with tools that did not take part in the install

# Copy its user area to a separate file, with its holes.
disk=$MACHINE/user.img
dd if="$MACHINE/emmc.img" of="$disk" bs=1M skip="$CARD_OFFSET_MIB" conv=sparse status=none ||
	die "the user area of the eMMC's image"

table=$(sfdisk -d "$disk" 2>&1)
quote <<<"$table"
label=gpt
number=1
[ "$LAYOUT" = single-mbr ] && label=dos
[ "$LAYOUT" = boot-root ] && number=2
check "sfdisk reads a $label table" is table "$label" "$(sed -n 's/^label: //p' <<<"$table")"
check "sfdisk finds no error in it" sfdisk -V "$disk"

# field N NAME: prints start or size of partition N, in sectors.
field() {
	sed -nE "s/^[^ ]*img$1 : .*$2= *([0-9]+).*/\1/p" <<<"$table"
}
start=$(field $number start)
size=$(field $number size)
if [ -z "$start" ] || [ -z "$size" ]; then
	die "partition $number is in the table"
fi
offset=$((start * 512))
if [ $number -eq 1 ]; then
	check "the first partition begins at 4 MiB" is start 8192 "$start"
fi

value() {
	blkid -p -o value -s "$1" -O "$offset" -S $((size * 512)) "$disk"
}
check "blkid finds ext4 in it" is TYPE ext4 "$(value TYPE)"
check "with the label that the board mounts" is LABEL rootfs "$(value LABEL)"
check "e2fsck finds no error in it" e2fsck -fn "$disk?offset=$offset"

# A private mount namespace: mount and loop device are released with the process.
inside() {
	# shellcheck disable=SC2016
	unshare -m --propagation private sh -ec '
		mkdir -p "$4"
		mount -t ext4 -o "ro,noload,loop,offset=$2" "$1" "$4"
		tar -C "$4" --compare --zstd -f "$3"
	' sh "$disk" "$offset" "$VM_DIR/$ARCHIVE" "$vm_tmp/mnt"
}
if [ "$LAYOUT" = boot-root ]; then
	skip "tar finds no difference to the archive" "/boot is a separate partition"
else
	check "tar finds no difference to the archive" inside
fi
rm -f "$disk"

# ---------------------------------------------------------------------------
# 4. the same board from its eMMC

vm_aside=
machine_up "Debian boots from the eMMC to its login prompt" 180 'login:' board.vmlinuz board.initrd "root=/dev/mmcblk0p$number"

text root
keys Enter
wait_for 30 '# *$' || die "root logs in"
# The typed words are split, so that only the output matches.
# shellcheck disable=SC2016
text 'clear; echo "root ""is $(findmnt -no SOURCE,FSTYPE,OPTIONS /)"; cat /etc/hostname'
keys Enter
check "root logs in, and / is the eMMC's partition, writable" \
	wait_for 20 "^root is /dev/mmcblk0p$number +ext4 +rw" || exit 1
text 'clear; getcap /opt/board-test/capable'
keys Enter
check "a file's capability has survived" wait_for 20 'board-test/capable cap_net_raw=ep' || exit 1
text 'clear; dpkg --audit && echo "dpkg ""content"'
keys Enter
check "dpkg finds no error" wait_for 60 '^dpkg content' || exit 1
text poweroff
keys Enter
check "the board switches off" machine_off 60
