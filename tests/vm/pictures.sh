#!/bin/bash
# SPDX-License-Identifier: MIT
#
# pictures.sh [DIR] - takes the screenshots of README (assets/pictures): the emulated board installs on
# its eMMC, xterm on a virtual X server (Xvfb) shows its serial line, and ImageMagick saves each screen
# of boardstrap as the operator sees it.
#
# See lib.sh for the settings and prepare.sh for the requirements.

set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

dir=${1:-$vm_top/assets/pictures}
# Slow enough to catch the gauges.
vm_throttle=throttling.bps-write=12000000,throttling.bps-read=30000000

vm_begin
vm_needs_emmc "pictures"
mkdir -p "$dir" || exit 1

# ---------------------------------------------------------------------------
# the X server and the screenshots

camera_start() {
	# Xvfb picks a free display number.
	Xvfb -displayfd 6 -screen 0 1024x768x24 -nolisten tcp 6>"$vm_tmp/display" \
		>"$vm_tmp/xvfb.log" 2>&1 7>&- 8>&- 9>&- &
	vm_jobs="$vm_jobs $!"
	until [ -s "$vm_tmp/display" ]; do
		kill -0 $! || return 1
		sleep 0.1
	done
	DISPLAY=:$(cat "$vm_tmp/display")
	export DISPLAY
	xterm -u8 -fa 'DejaVu Sans Mono' -fs 10 -geometry "${SCREEN_COLUMNS}x$SCREEN_LINES+0+0" \
		-b 6 -bw 0 +sb -bg '#101418' -fg '#d8dee4' -xrm '*cursorBlink: false' \
		-e tmux -S "$vm_tmp/tmux" attach >"$vm_tmp/xterm.log" 2>&1 7>&- 8>&- 9>&- &
	vm_jobs="$vm_jobs $!"
	for ((i = 0; i < 100; i++)); do
		window=$(xwininfo -root -tree | sed -n 's/^ *\(0x[0-9a-f]*\) .*("xterm" "XTerm").*/\1/p')
		[ -z "$window" ] || return 0
		sleep 0.1
	done
	return 1
}

# Few colours and no date, so that the same screen gives the same small file.
picture() {     # NAME
	sleep 1
	import -window "$window" +dither -colors 12 -strip -define png:exclude-chunks=date,time \
		"png8:$dir/$1.png" && pass "$1.png, $(stat -c %s "$dir/$1.png") bytes" || fail "$1.png"
}

# ---------------------------------------------------------------------------
# the board

check "the stick with $ARCHIVE" make_stick || exit 1
check "the installer's RAM disk" make_installer || exit 1
make_card emmc emmc "$EMMC_MIB"
make_card sd sd 256
vm_aside=yes
machine_start installer.vmlinuz installer.cpio vm.args=--allow,sd || die "QEMU starts"
camera_start || die "a terminal that can be photographed"
wait_for 120 'vm: ready, press Enter' || die "the installer's system comes up"
serial=$(screen | sed -n 's/^vm: cid=//p' | cut -c 25-28)

# The speed of most consoles; slower lines get fewer updates.
check "a fast line" aside 20 'stty -F /dev/ttyS0 115200' || exit 1

# ---------------------------------------------------------------------------
# its screens

keys Enter
wait_for 30 'mmcblk0 +eMMC' || die "Target lists mmcblk0"
keys a
choose 'mmcblk0 +eMMC' || die "the cursor is on mmcblk0"
picture target
keys '?'
wait_for 5 'Ctrl-L' || die "the help"
picture help
keys q
press_until 4 Enter "$ARCHIVE" || die "Archive comes after Target"
choose "$ARCHIVE" || die "the cursor is on $ARCHIVE"
picture archive
press_until 4 Enter boot-root || die "Layout comes after Archive"
picture layout
press_until 4 Enter 'will be erased' || die "Review comes after Layout"
wait_for 240 'Type the last four digits' || die "Review asks for the serial"
text "${serial::2}"
picture review
text "${serial:2}"
keys Enter
wait_for 120 'overall .* [3-6][0-9] %' || die "the install is half done"
picture install
wait_for 400 'verified, 0 wrong' 'exit code [1-9]' || die "it passes"
picture pass

press_until 4 Enter "mmcblk0 +eMMC" || die "another one"
choose 'mmcblk0 +eMMC' || die "the cursor is on mmcblk0 again"
press_until 4 Enter "$ARCHIVE" || die "Archive again"
choose "$ARCHIVE" || die "the cursor is on $ARCHIVE again"
press_until 4 Enter boot-root || die "Layout again"
press_until 4 Enter 'will be erased' || die "Review again"
wait_for 240 'Type the last four digits' || die "Review asks again"
text "$serial"
keys Enter
wait_for 120 'overall .* [2-6][0-9] %' || die "it has begun"
check "the eMMC is pulled" aside 30 'unbind 10'
wait_for 60 'was removed during' || die "it fails"
picture fail
keys l
wait_for 5 '^ Log' || die "the log"
picture log
