#!/bin/bash
# SPDX-License-Identifier: MIT
#
# shell.sh - the emulated board for manual use, on this terminal.
#
#   tests/vm/shell.sh              a root shell in the installer's machine, with
#                                  boardstrap, a blank eMMC and the stick
#   tests/vm/shell.sh boardstrap   boardstrap's TUI in it
#   tests/vm/shell.sh boot [ROOT]  boot the system installed on the eMMC
#                                  (ROOT: default /dev/mmcblk0p1; log in as root)
#
# "poweroff -f" ends it. The eMMC is kept between calls; remove build/vm/hand.img
# for a blank one. Every key goes to the guest; "kill" from another terminal ends
# QEMU as well.

set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

mode=${1:-shell}
[ -e "$VM_DIR/machine.conf" ] || "$vm_here/prepare.sh" || exit 1
vm_setup
vm_load || exit 1

make_emmc
if [ -e "$VM_DIR/hand.img" ]; then
	mv "$VM_DIR/hand.img" "$MACHINE/emmc.img"
fi

case $mode in
shell | boardstrap)
	make_installer && make_stick || exit 1
	append=
	[ "$mode" = shell ] && append=vm.shell
	[ "$CARD" = sd ] && append="$append vm.args=--allow,sd"
	machine_command installer.vmlinuz installer.cpio "$append"
	;;
boot)
	take_boot_files || exit 1
	machine_command board.vmlinuz board.initrd "root=${2:-/dev/mmcblk0p1}"
	;;
*)
	echo "usage: $0 [shell|boardstrap|boot [ROOT]]" >&2
	exit 2
	;;
esac

settings=$(stty -g)
"${qemu_command[@]}" 8>&- 9>&-
stty "$settings"
mv "$MACHINE/emmc.img" "$VM_DIR/hand.img"
