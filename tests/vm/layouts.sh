#!/bin/bash
# SPDX-License-Identifier: MIT
#
# layouts.sh - filesystems that only the emulated machine's kernel can mount: installs a small
# system on two eMMCs, with the layout boot-root (vfat /boot, ext4 /) and with a layout file
# (vfat /boot, f2fs /). Other programs check the result from inside and outside, and both boot
# to a login prompt, with the kernel and the initrd that mtools reads from the card's vfat.
#
# See lib.sh for the settings and prepare.sh for the requirements.
# lane: vm

set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

vm_begin
vm_needs_emmc "vfat and f2fs"

# by name: size of the card in MiB, layout; the name is the filesystem of /
names=(ext4 f2fs)
declare -A size=([ext4]=512 [f2fs]=128)
declare -A layout=([ext4]=boot-root [f2fs]=f2fs.conf)

# ---------------------------------------------------------------------------
# a system of busybox only, with Debian's kernel

# Its init loads all modules, also those for later, mounts / and switches to it.
make_initrd() { # FILE
	local root=$vm_tmp/initrd
	mkdir -p "$root"/{bin,dev,proc,sys,root} && ln -s bin "$root/sbin" && cp "$(command -v busybox)" "$root/bin/" || return 1
	copy_modules "$root" "$VM_DIR/kernel" sdhci-pci mmc_block ext4 vfat f2fs nls_cp437 nls_ascii \
		nls_iso8859-1 crc32c_generic libcrc32c || return 1
	cat >"$root/init" <<-'EOF'
	#!/bin/busybox sh
	/bin/busybox --install -s /bin
	mount -t proc proc /proc
	mount -t sysfs sysfs /sys
	mount -t devtmpfs dev /dev
	for module in crc32c_generic sdhci-pci mmc_block ext4 vfat f2fs nls_cp437 nls_ascii nls_iso8859-1; do
		modprobe $module
	done
	for word in $(cat /proc/cmdline); do
		case $word in
		root=*) device=${word#root=} ;;
		rootfstype=*) type=${word#rootfstype=} ;;
		esac
	done
	i=0
	until [ -b "$device" ] || [ $i = 600 ]; do sleep 0.1; i=$((i + 1)); done
	mount -t "$type" "$device" /root || { echo "Kernel panic: no root"; poweroff -f; }
	umount /sys /proc
	mount --move /dev /root/dev
	exec switch_root /root /sbin/init
	EOF
	chmod 755 "$root/init"
	(cd "$root" && find . -print0 | cpio --null --quiet -o -H newc -R 0:0 | gzip -1) >"$1"
}

make_board() {  # DIR, FILE
	local version
	version=$(basename "$VM_DIR"/kernel/lib/modules/*)
	mkdir -p "$1"/{boot,etc,sbin} || return 1
	cp "$VM_DIR/kernel/boot/vmlinuz-$version" "$1/boot/" &&
		make_initrd "$1/boot/initrd.img-$version" || return 1
	ln -s ../bin/busybox "$1/sbin/init"
	ln -s ../bin/busybox "$1/sbin/getty"
	echo 'LABEL=BOOT /boot vfat defaults 0 2' >"$1/etc/fstab"
	echo 'root::0:0:root:/root:/bin/sh' >"$1/etc/passwd"
	echo 'root:x:0:' >"$1/etc/group"
	cat >"$1/etc/inittab" <<-'EOF'
	::sysinit:/bin/sh /etc/rc
	ttyS0::respawn:/sbin/getty -L 115200 ttyS0 linux
	EOF
	cat >"$1/etc/rc" <<-'EOF'
	/bin/busybox mount -t proc proc /proc
	/bin/busybox --install -s /bin
	mount -t sysfs sysfs /sys
	mount -a
	hostname -F /etc/hostname
	EOF
	echo 'größer' >"$1/etc/größe-Ω"
	chmod 4755 "$1/etc/rc"
	mkfifo -m 600 "$1/run/fifo"
	(cd "$1" && find . -type f ! -path ./etc/sums -print0 | xargs -0 sha256sum >etc/sums)
	small_archive "$1" 0 "$2"
}

make_tools() {
	local dir=$vm_tmp/stick
	mkdir "$dir" && mkdir -p "$vm_tmp/board/run" && make_board "$vm_tmp/board" "$dir/board.tar.zst" || return 1
	cat >"$dir/f2fs.conf" <<-'EOF'
	disk {
		table = "gpt"
		align = "1M"
	}
	partition "boot" {
		size = "40M"
		type = "esp"
		format = "vfat"
		label = "BOOT"
		mount = "/boot"
	}
	partition "rootfs" {
		grow = true
		type = "linux"
		format = "f2fs"
		label = "rootfs"
		mount = "/"
	}
	blob "spl" {
		file = "spl.bin"
		target = "boot0"
	}
	blob "fallback" {
		file = "spl.bin"
		target = "boot1"
		offset = "33K"
	}
	blob "loader" {
		file = "loader.bin"
		offset = "32K"
	}
	emmc {
		boot-enable = "boot0"
		boot-ack = "on"
	}
	EOF
	head -c 123457 /dev/urandom >"$dir/spl.bin"
	head -c 400000 /dev/urandom >"$dir/loader.bin"
	cp "$dir"/*.bin "$vm_tmp/"
	stick_of "$dir"
}
check "a small system, and the stick" make_tools || exit 1
check "the installer's RAM disk" make_installer || exit 1
for name in "${names[@]}"; do
	make_card "$name" emmc "${size[$name]}"
done

# ---------------------------------------------------------------------------
# 1. install, then compare with tar, mounted read-only by the same kernel

vm_aside=yes
machine_up "the machine comes up" 120 '^bash.*# *$' installer.vmlinuz installer.cpio vm.shell
check "two eMMCs, mmcblk0 and mmcblk1" aside 60 'bind 10 11' || exit 1
# They are blank, and QEMU needs a second for every 12 MiB of a discard.
check "discard is switched off" aside 20 'for f in /sys/block/mmcblk?/queue/discard_max_bytes; do echo 0 >$f; done'

compare() {     # disk, root's filesystem
	aside 120 "blockdev --rereadpt /dev/$1 && mkdir -p /tmp/$1 &&
		mount -t $2 -o ro /dev/${1}p2 /tmp/$1 && mount -t vfat -o ro /dev/${1}p1 /tmp/$1/boot &&
		tar -C /tmp/$1 --compare -f board.tar.zst --zstd --exclude './boot*' &&
		(cd /tmp/$1 && sha256sum --quiet -c etc/sums); status=\$?;
		umount /tmp/$1/boot /tmp/$1; [ \$status = 0 ]"
}
disk=0
for name in "${names[@]}"; do
	started=$SECONDS
	shell "boardstrap install --plain --yes --target /dev/mmcblk$disk --layout ${layout[$name]} --archive board.tar.zst; echo \"ended \"with \$?"
	wait_for 240 '^ended with 0' '^ended with [^0]' || die "${layout[$name]} is installed on mmcblk$disk"
	pass "${layout[$name]} is installed on mmcblk$disk ($((SECONDS - started)) s)"
	check "tar and sha256sum find no difference to the archive" compare mmcblk$disk "$name"
	disk=$((disk + 1))
done
check "the boot areas of mmcblk1 are protected again" \
	aside 20 'grep -qx 1 /sys/block/mmcblk1boot0/force_ro && grep -qx 1 /sys/block/mmcblk1boot1/force_ro'
# PARTITION_CONFIG is byte 179: acknowledge, boot0; two digits a byte.
check "and the card is set to boot from boot0, with the acknowledge" aside 20 \
	'mount -t debugfs none /sys/kernel/debug; cd /sys/kernel/debug;
	[ $(cut -c 359-360 mmc0/mmc0:0001/ext_csd)$(cut -c 359-360 mmc1/mmc1:0001/ext_csd) = 0048 ]'
shell 'poweroff -f'
check "the machine switches off" machine_off 30 || exit 1

# The card's file: boot0, boot1, then the user area.
at() {          # FILE, OFFSET: the second card has FILE at OFFSET
	cmp -n "$(stat -c %s "$vm_tmp/$1")" -i "$2:0" "$MACHINE/f2fs.img" "$vm_tmp/$1"
}
check "boot0 begins with the loader" at spl.bin 0
check "boot1 has it at 33 KiB" at spl.bin $(((BOOT_MIB << 20) + 33 * 1024))
check "the user area has the other at 32 KiB" at loader.bin $(((2 * BOOT_MIB << 20) + 32 * 1024))

# ---------------------------------------------------------------------------
# 2. check each from outside, then boot it

# part NUMBER: copies that partition to a file, with its holes.
part() {
	local start count
	read -r start count < <(sfdisk -d "$MACHINE/user.img" |
		sed -nE "s/^[^ ]*img$1 : start= *([0-9]+), size= *([0-9]+).*/\1 \2/p")
	dd if="$MACHINE/user.img" of="$MACHINE/p$1.img" bs=512 skip="$start" count="$count" \
		conv=sparse status=none
}
outside() {     # name
	dd if="$MACHINE/$1.img" of="$MACHINE/user.img" bs=1M skip=$((2 * BOOT_MIB)) conv=sparse \
		status=none && sfdisk -V -q "$MACHINE/user.img" && part 1 && part 2
}
# Copies kernel and initrd from the vfat with mtools, and compares them with the archive's.
boot_files() {
	mcopy -o -i "$MACHINE/p1.img" '::vmlinuz-*' "$MACHINE/board.vmlinuz" &&
		mcopy -o -i "$MACHINE/p1.img" '::initrd.img-*' "$MACHINE/board.initrd" || return 1
	cmp "$MACHINE/board.vmlinuz" "$vm_tmp"/board/boot/vmlinuz-* &&
		cmp "$MACHINE/board.initrd" "$vm_tmp"/board/boot/initrd.img-*
}
check_root() {
	case $1 in
	ext4) e2fsck -fn "$MACHINE/p2.img" ;;
	f2fs) fsck.f2fs --dry-run "$MACHINE/p2.img" ;;
	esac
}
vm_aside=
for name in "${names[@]}"; do
	check "$name: sfdisk finds no error in the table" outside "$name" || continue
	check "$name: fsck.fat finds no error in /boot" fsck.fat -n "$MACHINE/p1.img"
	check "$name: its fsck finds no error in /" check_root "$name"
	check "$name: mtools reads kernel and initrd from /boot" boot_files || continue

	vm_cards=("$name emmc")
	machine_up "$name: boots from the eMMC to a login prompt" 120 'board login:' board.vmlinuz board.initrd "root=/dev/mmcblk0p2 rootfstype=$name"
	text root
	keys Enter
	wait_for 20 '# *$' || die "$name: root logs in"
	shell 'grep -c "^/dev/mmcblk0p[12] /" /proc/mounts; grep mmcblk /proc/mounts; cd /; sha256sum -c /etc/sums >/run/sums; echo "sums "$?'
	check "$name: every file is the same as in the archive" wait_for 60 '^sums 0' '^sums [^0]'
	check "$name: / and /boot are the eMMC's partitions" eval \
		"shows '^/dev/mmcblk0p2 / $name' && shows '^/dev/mmcblk0p1 /boot vfat'"
	shell 'poweroff -f'
	check "$name: the board switches off" machine_off 30 || exit 1
done
exit 0 # vm_cleanup exits with 1 if a check failed
