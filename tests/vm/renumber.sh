#!/bin/bash
# SPDX-License-Identifier: MIT
#
# renumber.sh - a machine with an eMMC, an SD card and a USB stick. After the eMMC has
# been chosen and before it is written, mmcblk0 becomes the SD card: both controllers
# are unbound and bound again in the other order. The screens, the confirmation of the
# command line, --expect-id, and an engine that already holds the eMMC all refuse it.
# With the machine off, not a byte of either card has changed.
#
# All of QEMU's cards have the same serial number, so the confirmation word is correct
# for both.
#
# See lib.sh for the settings and prepare.sh for the requirements.
# lane: vm

set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

CARD_MIB=128

vm_begin
vm_needs_emmc "renumbered cards"

# ---------------------------------------------------------------------------
# the machine: the content of the cards must not change

fill_card() {   # name: writes data at its start, middle and end
	local image=$MACHINE/$1.img at
	for at in 0 $((CARD_MIB / 2)) $((CARD_MIB - 1)); do
		dd if=/dev/urandom of="$image" bs=1M count=1 seek=$at conv=notrunc status=none || return 1
	done
}

make_tools() {
	mkdir "$vm_tmp/stick" && small_archive "$vm_tmp/root" 1 "$vm_tmp/stick/small.tar.zst" &&
		stick_of "$vm_tmp/stick"
}

make_card emmc emmc $CARD_MIB
make_card sd sd $CARD_MIB
check "two cards that are not blank" eval 'fill_card emmc && fill_card sd' || exit 1
check "the stick" make_tools || exit 1
check "the installer's RAM disk" make_installer || exit 1
cards() {
	(cd "$MACHINE" && sha256sum emmc.img sd.img)
}
before=$(cards)

vm_aside=yes
machine_up "the machine comes up" 120 '^bash.*# *$' installer.vmlinuz installer.cpio vm.shell
check "with a shell on its second line" aside 30 true || exit 1

is_card() {     # name, type, number
	local found
	found=$(aside 20 "card $1")
	[ "$found" = "$2 $3" ] || { echo "$1 is $found, not $2 $3"; return 1; }
}
check "both controllers are bound, one after the other" aside 60 'bind 10 11' || exit 1
check "mmcblk0 is the eMMC" is_card mmcblk0 MMC 179:0 || exit 1
# The boot areas have the numbers in between.
check "mmcblk1 is the SD card" is_card mmcblk1 SD 179:768 || exit 1

# The last digits of both cards' serial number.
word=$(aside 20 'cut -c25-28 /sys/block/mmcblk0/device/cid')
cid=$(aside 20 'cat /sys/block/mmcblk0/device/cid')
note "the eMMC's CID is $cid"
install="boardstrap install --allow sd --target /dev/mmcblk0 --archive small.tar.zst"

ended() {       # its output and status; the expected status and regular expression
	if [ "$2" != "$3" ] || ! grep -Eq -- "$4" <<<"$1"; then
		echo "status $2: $1"
		return 1
	fi
}
said=$(aside 60 "$install --dry-run 2>&1")
check "the dry run would install on the eMMC" ended "$said" $? 0 "eMMC"

# ---------------------------------------------------------------------------
# 1. the screens: at Review, the word typed

shell 'boardstrap --allow sd --target /dev/mmcblk0 --archive small.tar.zst'
wait_for 30 '> mmcblk0 +eMMC' || die "Target's cursor is on the eMMC"
press_until 4 Enter small.tar.zst || die "Archive comes after Target"
press_until 4 Enter boot-root || die "Layout comes after Archive"
press_until 4 Enter 'Everything on this device will be erased' || die "Review comes after Layout"
wait_for 120 'Type the last four digits' 'Cannot install:' || die "Review asks for the serial"
text "$word"
wait_for 10 "\[$word\]" || die "the serial's field takes $word"
check "the controllers change places" aside 60 'bind 11 10' || exit 1
check "mmcblk0 is the SD card, with the number that the eMMC had" is_card mmcblk0 SD 179:0
keys Enter
check "Review refuses to install: it is another card" \
	wait_for 20 'no longer the device that was chosen' 'overall' || exit 1
screen | quote
press_until 6 q '^bash' || die "q ends boardstrap"

# ---------------------------------------------------------------------------
# 2. the command line: --expect-id after a dry run, and the confirmation

said=$(aside 60 "$install --expect-id $cid --yes --plain 2>&1")
check "--expect-id refuses the other card" ended "$said" $? 2 'not the expected device: its CID is'

# The cards in their original order; they change places while the question is open.
check "the controllers change places" aside 60 'bind 10 11' || exit 1
check "mmcblk0 is the eMMC again" is_card mmcblk0 MMC 179:0
shell "$install --plain; echo \"ended \"with \$?"
wait_for 60 'Type the last four digits of its serial to begin' || die "install asks"
check "the controllers change places" aside 60 'bind 11 10' || exit 1
check "mmcblk0 is the SD card" is_card mmcblk0 SD 179:0
text "$word"
keys Enter
check "the right answer, too late, is refused" wait_for 60 '^ended with 2' 'ended with [^2]'
check "with its reason" shows 'no longer the device that was chosen'
screen | quote

# ---------------------------------------------------------------------------
# 3. an engine that has opened the eMMC and waits for its lock

check "the controllers change places" aside 60 'bind 10 11' || exit 1
check "another program reads mmcblk0" aside 20 \
	'flock -s -o /dev/mmcblk0 sleep 600 & holder=$!; while flock -n /dev/mmcblk0 true; do sleep 0.2; done'
# set +m: without job control the shell does not return when the engine is stopped.
shell "set +m; $install --yes --plain; echo \"ended \"with \$?"
check "the engine waits for it" aside_until 40 "boardstrap status --json | grep -q '\"step\":\"lock\"'"
# From here on only the engine holds the eMMC.
check "it is stopped, and the other program goes" aside 20 \
	'killall -STOP boardstrap && kill $holder'
check "the controllers change places" aside 60 'bind 11 10' || exit 1
check "mmcblk0 is the SD card, without the number that the engine holds" eval \
	'said=$(aside 20 "card mmcblk0"); echo "$said"; [[ $said == "SD "* && $said != *" 179:0" ]]'
check "it continues" aside 20 'killall -CONT boardstrap'
check "it is refused" wait_for 60 '^ended with 2$' '^ended with [^2]'
check "with its reason" shows 'mmcblk0 was removed during lock. Put it back and start again'
screen | quote

# ---------------------------------------------------------------------------
# from outside

shell 'poweroff -f'
check "the machine switches off" machine_off 30
check "both cards are as they were, byte for byte" is "sha256" "$before" "$(cards)"
exit 0 # vm_cleanup exits with 1 if a check failed
