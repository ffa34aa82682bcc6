#!/bin/bash
# SPDX-License-Identifier: MIT
#
# boot-bios.sh - a PC that starts by its BIOS. boardstrap installs GRUB, a kernel and a small system on
# the image of an eMMC, and an emulated PC gets nothing but that eMMC: SeaBIOS starts the boot code of the
# MBR, and the system reports a login. Then each case of a table breaks one thing; see boot-cases.sh, which
# also has the settings.
#
# There is no case for extlinux: it needs its ldlinux.sys as a file of the partition, and the sectors of
# that file in the partition's boot sector, which no layout can write.
#
# See prepare.sh for the requirements.
# lane: vm

set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=boot-cases.sh
. "$(dirname "$0")/boot-cases.sh"

GRUB=/usr/lib/grub/i386-pc
# GRUB waits for a key after an error, and its prompt means that there is no menu.
# shellcheck disable=SC2034 # boot-cases.sh uses it
BOARD_ENDS='Press any key to continue|grub> '

# ---------------------------------------------------------------------------
# the cases

# "initrd:" is the initial RAM disk, "board:" is the root filesystem's init.
# shellcheck disable=SC2016 # the changes are expanded later
cases=(
	'good|one||board: login|true'
	'own /boot|own-boot||board: login|own_boot; by_uuid'
	'GPT|gpt||board: login|root LABEL=rootfs'
	'kernel missing|one|kernel-missing|vmlinuz'"'"' not found|rm boot/vmlinuz'
	'kernel empty|one|kernel-empty|you need to load the kernel first|truncate -s 0 boot/vmlinuz'
	'kernel below another /boot|own-boot|kernel-missing|vmlinuz'"'"' not found|own_boot; sed -i "s| /vml| /boot/vml|" "$menu"'
	'kernel of another processor|one|machine|invalid magic number|cp "$arm_kernel" boot/vmlinuz'
)

# As grub-mkconfig writes it.
by_uuid() {
	root "UUID=$OWN_ROOT"
	sed -i "s|^\tlinux|\tsearch --no-floppy --fs-uuid --set=root $OWN_BOOT\n&|" "$menu"
}

# ---------------------------------------------------------------------------
# the root filesystem, and the layouts

# shellcheck disable=SC2034
menu=boot/grub/grub.cfg

make_root() {   # DIR
	make_system "$1" "$(command -v busybox)" "$VM_DIR/kernel" sdhci-pci mmc_block &&
		mkdir -p "$1/boot/grub/i386-pc" &&
		cp "$GRUB"/*.mod "$GRUB"/*.lst "$1/boot/grub/i386-pc/" || return 1
	# A busy host delays the emulated timer, and the kernel's test of it would panic.
	cat >"$1/boot/grub/grub.cfg" <<-'END'
	insmod serial
	serial --unit=0 --speed=115200
	terminal_input serial
	terminal_output serial
	set timeout=0
	menuentry "board" {
		linux /boot/vmlinuz console=ttyS0,115200 quiet panic=1 no_timer_check root=PARTUUID=1a2b3c4d-01
		initrd /boot/initrd.img
	}
	END
}

make_core() {   # FILE, folder of GRUB
	grub-mkimage -O i386-pc -d "$GRUB" -p "$2" -o "$1" biosdisk part_msdos part_gpt ext2
}

# A little-endian number of four bytes.
put_number() {  # FILE, offset, number
	local hex
	hex=$(printf %08x "$3")
	printf '%b' "\x${hex:6:2}\x${hex:4:2}\x${hex:2:2}\x${hex:0:2}" |
		dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# On a GPT the core of GRUB is in a partition of its own, here in sector 2048, and not behind the MBR.
make_gpt() {    # DIR
	cp "$1/boot.img" "$1/gpt-boot.img" && make_core "$1/gpt-core.img" '(,gpt2)/boot/grub' &&
		put_number "$1/gpt-boot.img" 92 2048 && put_number "$1/gpt-core.img" 500 2049 || return 1
	cat >"$1/gpt.conf" <<-'END'
	disk {
		table = "gpt"
	}
	blob "grub-boot" {
		file = "gpt-boot.img"
		offset = "0"
	}
	blob "grub-core" {
		file = "gpt-core.img"
		target = "partition:grub"
		offset = "0"
	}
	partition "grub" {
		offset = "1M"
		size = "1M"
		type = "21686148-6449-6E6F-744E-656564454649"
		format = "none"
	}
	partition "rootfs" {
		grow = true
		format = "ext4"
		label = "rootfs"
		mount = "/"
	}
	END
}

make_layouts() {        # DIR
	cp "$GRUB/boot.img" "$1/boot.img" && make_core "$1/core.img" '(,msdos1)/boot/grub' &&
		make_core "$1/own-core.img" '(,msdos1)/grub' && make_gpt "$1" &&
		make_variants "$1" "$vm_top/assets/layouts/bios.conf" &&
		sed -i s/core.img/own-core.img/ "$1/own-boot.conf"
}

# shellcheck disable=SC2034,SC2054
board_qemu() {  # folder
	local device=sd-card
	[ "$CARD" != emmc ] || device=emmc
	qemu_command=(qemu-system-x86_64 -accel tcg,thread=single -m 256
		-nodefaults -no-user-config -no-reboot -display none -serial "file:$1/serial.log"
		-debugcon "file:$1/firmware.log"
		-device sdhci-pci -drive "if=none,id=card,format=raw,cache=unsafe,file=$1/card.img"
		-device "$device,drive=card")
}

# ---------------------------------------------------------------------------

vm_begin
# For the changes.
# shellcheck disable=SC2034
arm_kernel=$(echo "$VM_DIR"/arm/boot/vmlinuz-*)
mkdir "$vm_tmp/layouts"
check "the layouts" make_layouts "$vm_tmp/layouts" || exit 1
check "a small system for the board" make_root "$vm_tmp/root" || exit 1
run_cases
exit 0 # vm_cleanup exits with 1 if a check failed
