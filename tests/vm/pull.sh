#!/bin/bash
# SPDX-License-Identifier: MIT
#
# pull.sh - the eMMC is pulled during an install: its controller is unbound while tar
# extracts, and in a second install during verify. The install fails soon, with the
# reason, and leaves no mounts or processes; another card that then gets the name
# mmcblk0 is not written.
#
# See lib.sh for the settings and prepare.sh for the requirements.
# lane: vm

set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

CARD_MIB=128
FILES_MIB=40
END_SECONDS=60
# Slow cards, so that there is time to pull them.
vm_throttle=throttling.bps-write=3000000,throttling.bps-read=4000000

vm_begin
vm_needs_emmc "a card that is pulled"

# ---------------------------------------------------------------------------
# the machine

make_tools() {
	mkdir "$vm_tmp/stick" &&
		small_archive "$vm_tmp/small" 1 "$vm_tmp/stick/small.tar.zst" &&
		small_archive "$vm_tmp/large" $FILES_MIB "$vm_tmp/stick/large.tar.zst" &&
		stick_of "$vm_tmp/stick"
}
make_card emmc emmc $CARD_MIB
make_card sd sd $CARD_MIB
check "the stick" make_tools || exit 1
check "the installer's RAM disk" make_installer || exit 1
check "an SD card that is not blank" dd if=/dev/urandom of="$MACHINE/sd.img" bs=1M \
	count=$CARD_MIB conv=notrunc status=none || exit 1
sd_before=$(sha256sum <"$MACHINE/sd.img")

vm_aside=yes
machine_up "the machine comes up" 120 '^bash.*# *$' installer.vmlinuz installer.cpio vm.shell
check "the eMMC is mmcblk0, the SD card mmcblk1" aside 60 'bind 10 11' || exit 1
settings=$(aside 20 settings)
install='boardstrap install --yes --target /dev/mmcblk0 --archive'

# pulled STEP REGEX: pulls the eMMC once the install is in that step and its status matches.
pulled() {
	aside 180 "until boardstrap status --json | grep '\"step\":\"$1\"' | grep -Eq '$2'; do sleep 0.1; done; unbind 10"
}
soon() {        # the expected text, since SECONDS
	wait_for $((END_SECONDS - (SECONDS - $2))) "$1"
}
clean() {
	check "nothing of it is left mounted or running" aside_until 10 left
	check "the kernel's settings are as they were" is settings "$settings" "$(aside 20 settings)"
}

# ---------------------------------------------------------------------------
# 1. while tar extracts, on the Install screen; the SD card gets the eMMC's name

shell "$install large.tar.zst; code=\$?"
check "the eMMC is pulled while tar extracts" pulled extract '"medium":\{"done":[0-9]{7}' || exit 1
started=$SECONDS
check "the SD card is put in its place" aside 60 'bind 11' || exit 1
check "and is mmcblk0" grep -q SD <<<"$(aside 20 "card mmcblk0")"
soon 'Put it back and start again' $started || die "it fails soon"
pass "it fails soon ($((SECONDS - started)) s after the controller had let go)"
# A kernel message may cover it for a moment; and tar may already have written its last byte.
check "and reports that the eMMC was removed" wait_for 5 'mmcblk0 was removed during (extract|flush)'
screen | quote
press_until 6 q '^bash' || die "q ends boardstrap"
shell 'echo "ended with" $code; stty -a | tr -s " ;" "\n" | grep -Exc "icanon|echo|isig|icrnl|onlcr|opost"'
check "its exit status is 1" wait_for 10 '^ended with 1$'
check "the terminal is restored" wait_for 10 '^6$'
clean

# ---------------------------------------------------------------------------
# 2. during verify, in line mode

check "both cards are back" aside 60 'bind 10 11' || exit 1
shell "$install large.tar.zst --plain 2>/run/said; echo \"ended \"with \$?"
check "the eMMC is pulled while it is verified" pulled verify . || exit 1
started=$SECONDS
soon '^ended with' $started || die "it fails soon"
pass "it fails soon ($((SECONDS - started)) s after the controller had let go)"
check "its exit status is 1" shows '^ended with 1$'
check "and reports that the eMMC was removed" grep 'mmcblk0 was removed during verify' \
	<<<"$(aside 20 'cat /run/said')"
screen | grep -v '^verify' | quote
clean

# ---------------------------------------------------------------------------
# 3. boardstrap works as before

check "both cards are back" aside 60 'bind 10 11' || exit 1
said=$(aside 20 'boardstrap list')
check "list shows the eMMC" grep -q 'mmcblk0 *eMMC' <<<"$said"
shell "$install small.tar.zst --plain; echo \"ended \"with \$?"
check "an install passes" wait_for 120 '^ended with 0' '^ended with [^0]'
check "and has verified what it wrote" shows '^PASS mmcblk0'
clean

shell 'poweroff -f'
check "the machine switches off" machine_off 30
check "the SD card is as it was, byte for byte" is sha256 "$sd_before" "$(sha256sum <"$MACHINE/sd.img")"
exit 0 # vm_cleanup exits with 1 if a check failed
