#!/bin/bash
# SPDX-License-Identifier: MIT
#
# boot-rom.sh - a board that starts by its own boot ROM. boardstrap installs U-Boot, a kernel and a
# small system on the image of an SD card, and an emulated Orange Pi PC gets nothing but that card:
# its boot ROM starts the SPL from 8 KiB, and the system reports a login. Then each case of a table
# breaks one thing; see boot-cases.sh, which also has the settings.
#
# See prepare.sh for the requirements.
# lane: vm

set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=boot-cases.sh
. "$(dirname "$0")/boot-cases.sh"

# The prompt of a U-Boot that has found nothing.
# shellcheck disable=SC2034 # boot-cases.sh uses it
BOARD_ENDS='^=> '

# ---------------------------------------------------------------------------
# the cases

# "Skipping board": U-Boot does not start the only label. It tries everything else then, up to its prompt.
# "initrd:" is the initial RAM disk, "board:" is the root filesystem's init.
# shellcheck disable=SC2016 # the changes are expanded later
cases=(
	'good|one||board: login|true'
	'own /boot|own-boot||board: login|own_boot'
	'UUID that the archive names|one||board: login|root "UUID=$OTHER"; echo "UUID=$OTHER / ext4 defaults 0 1" >etc/fstab'
	'disk ID that the archive names|one||board: login|root PARTUUID=1a2b3c4d-01'
	'kernel missing|one|kernel-missing|Skipping board for failure retrieving kernel|rm boot/vmlinuz'
	'kernel empty|one|kernel-empty|EXTLINUX FAILED|truncate -s 0 boot/vmlinuz'
	'kernel below another /boot|own-boot|kernel-missing|Skipping board for failure retrieving|own_boot; word kernel /boot/vmlinuz'
	'kernel by a link out of its /boot|own-boot|kernel-missing|Skipping board for failure retrieving kernel|own_boot; mv boot/vmlinuz boot/vmlinuz-6; ln -s /boot/vmlinuz-6 boot/vmlinuz'
	'kernel of another processor|one|machine|zimage: Bad magic!|cp "$x86_kernel" boot/vmlinuz'
	'initrd missing|one|initrd-missing|Skipping board for failure retrieving initrd|rm boot/initrd.img'
	'device tree missing|one|fdt-missing|Skipping board for failure retrieving FDT|rm boot/board.dtb'
	'boot loader missing|no-loader||nothing|true'
	'root by a UUID of no partition|own-boot|root-id|initrd: no root UUID=|own_boot; root "UUID=$OTHER"'
	'root by the PARTUUID of another disk|new-ids|root-id|initrd: no root PARTUUID=|root PARTUUID=1a2b3c4d-01'
	'root by a partition number too high|one|root-id|initrd: no root /dev/mmcblk0p9|root /dev/mmcblk0p9'
	'root by another label|one|root-id|initrd: no root LABEL=|root LABEL=system'
	'root of another type|one|root-type|initrd: cannot mount|append rootfstype=btrfs'
	'root in a subvolume|one|root-options|initrd: cannot mount|append rootflags=subvol=@'
	'root by label, without an initrd|one|root-initrd|VFS: Unable to mount root fs|sed -i /initrd/d "$menu"; cp "$config" boot/'
	'root of a module, without an initrd|one|root-driver|VFS: Unable to mount root fs|sed -i /initrd/d "$menu"; cp "$config" boot/; root /dev/mmcblk0p1'
	'/boot by a UUID of no partition|own-boot|fstab-id|board: emergency|own_boot; as_systemd; sed -i "s/$OWN_BOOT/$OTHER/" etc/fstab'
	'/boot of another type|own-boot|fstab-type|board: emergency|own_boot; as_systemd; sed -i "/boot/s/ext4/vfat/" etc/fstab'
	'no init|one|init-missing|Kernel panic|rm sbin/init bin/sh; ln -s none sbin/init'
	'init of another processor|one|machine|Kernel panic|cp "$(command -v busybox)" bin/busybox'
)

# Words for the changes.
menu=boot/extlinux/extlinux.conf
word() {        # keyword of the menu, value
	sed -i "s|^$1 .*|$1 $2|" "$menu"
}
append() {
	sed -i "s|^append .*|& $1|" "$menu"
}
# systemd stops if a mount of the fstab fails, and so does the init of this system, which takes its place.
as_systemd() {
	mkdir -p lib/systemd
	cp bin/busybox lib/systemd/systemd
	ln -sf ../lib/systemd/systemd sbin/init
}
# ---------------------------------------------------------------------------
# the root filesystem, and the layouts

make_root() {   # DIR
	make_system "$1" "$ARM/bin/busybox" "$ARM" sunxi-mmc && mkdir "$1/boot/extlinux" &&
		cp "$ARM"/usr/lib/linux-image-*/sun8i-h3-orangepi-pc.dtb "$1/boot/board.dtb" || return 1
	# The emulated board works with one of its processors, and is faster so.
	cat >"$1/boot/extlinux/extlinux.conf" <<-'END'
	default board
	timeout 1
	label board
		kernel /boot/vmlinuz
		initrd /boot/initrd.img
		fdt /boot/board.dtb
		append console=ttyS0,115200 quiet panic=1 maxcpus=1 root=LABEL=rootfs
	END
}

make_layouts() {        # DIR
	cp "$ARM/usr/lib/u-boot/orangepi_plus/u-boot-sunxi-with-spl.bin" "$1/" &&
		make_variants "$1" "$vm_top/assets/layouts/allwinner-mbr.conf"
}

# shellcheck disable=SC2034,SC2054
board_qemu() {  # folder
	qemu_command=(qemu-system-arm -M orangepi-pc -accel tcg,thread=single
		-display none -no-reboot -monitor none -nic none -serial "file:$1/serial.log"
		-drive "if=sd,format=raw,cache=unsafe,file=$1/card.img")
}

# ---------------------------------------------------------------------------

vm_begin
ARM=$VM_DIR/arm
# For the changes.
# shellcheck disable=SC2034
config=$(echo "$ARM"/boot/config-*)
# shellcheck disable=SC2034
x86_kernel=$(echo "$VM_DIR"/kernel/boot/vmlinuz-*)
mkdir "$vm_tmp/layouts"
check "the layouts" make_layouts "$vm_tmp/layouts" || exit 1
check "a small system for the board" make_root "$vm_tmp/root" || exit 1
run_cases
exit 0 # vm_cleanup exits with 1 if a check failed
