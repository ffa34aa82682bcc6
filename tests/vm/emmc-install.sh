#!/bin/bash
# SPDX-License-Identifier: MIT
#
# emmc-install.sh - the whole way on a real (emulated) eMMC: install Debian
# through boardstrap's screens, by keystrokes on a serial console, look at the
# result from outside, then boot the board from it and log in.
#
# VM_LAYOUT: single-gpt (default), single-mbr or boot-root.
# See lib.sh for the other settings and prepare.sh for what has to be there.
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
check "kernel and initrd out of $ARCHIVE" take_boot_files || exit 1
make_emmc

args=
[ "$CARD" = emmc ] || args=vm.args=--allow,sd
machine_up "the installer's system comes up" 120 'vm: ready, press Enter' installer.vmlinuz installer.cpio "$args"

facts=$(screen | grep '^vm: ')
fact() {
	tr ' ' '\n' <<<"$facts" | sed -n "s/^$1=//p"
}
check "mmcblk0 has the size asked for" is size $((EMMC_MIB * 1024 * 1024)) "$(fact size)"
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
check "the serial console knows no size" is tty 0x0 "$(fact tty)"
# The serial number is in the CID's bytes 10 to 13, an SD card's in 9 to 12.
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
# Should refused devices be left out at first: "a" shows all.
seen_within 10 'sda +USB.*refused' >/dev/null || keys a
check "Target refuses the stick" wait_for 20 'sda +USB.*refused' || exit 1
check "the cursor is on mmcblk0 still" choose "$row" || exit 1

# Archive: a browser. Enter the stick's folder, should it not begin there.
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
check "Review says what will be lost" shows "$erased" || exit 1
started=$SECONDS
check "the scan is done at Review" wait_for 240 '[0-9] entries' 'Cannot install:' || exit 1
note "scan: $((SECONDS - started)) s"
wait_for 240 'Type the last four digits' 'Cannot install:' || die "Review asks for the serial"

# The field is emptied after a wrong answer.
running='overall'
text 0000
keys Enter
check "a wrong serial does not begin" \
	wait_for 10 '"0000" is (wrong|not)' "$running" || exit 1
text "$serial"
wait_for 10 "\[$serial\]" || die "the serial's field takes $serial"
started=$SECONDS
keys Enter
wait_for 20 "$running" || die "the right serial begins"
pass "the right serial ($serial) begins"

# The gauges are watched all the way: overall never goes back, and is never
# 100 % while the Install screen is up.
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

# Result stays until it is dismissed; q leads out from there.
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
# 3. the eMMC from outside, with tools that had no part in it

# Its user area as a file of its own, holes kept.
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
check "sfdisk finds no fault with it" sfdisk -V "$disk"

# field N NAME: start or size, in sectors, of partition N.
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
check "e2fsck finds no fault with it" e2fsck -fn "$disk?offset=$offset"

# In a mount namespace of its own: mount and loop device go with the process.
inside() {
	# shellcheck disable=SC2016
	unshare -m --propagation private sh -ec '
		mkdir -p "$4"
		mount -t ext4 -o "ro,noload,loop,offset=$2" "$1" "$4"
		tar -C "$4" --compare --zstd -f "$3"
	' sh "$disk" "$offset" "$VM_DIR/$ARCHIVE" "$vm_tmp/mnt"
}
if [ "$LAYOUT" = boot-root ]; then
	skip "tar finds no difference to the archive" "/boot is a partition of its own"
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
# The words are split in what is typed, so that only the answer matches.
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
check "dpkg is content" wait_for 60 '^dpkg content' || exit 1
text poweroff
keys Enter
check "the board switches off" machine_off 60
