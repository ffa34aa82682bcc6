#!/bin/bash
# SPDX-License-Identifier: MIT
#
# fat.sh - the type of a FAT on disks with sectors of 512 bytes (an eMMC) and of 4,096 bytes (a virtio
# disk): installs layouts with many vfat partitions of 8 MiB to 1 GiB, then fsck.fat checks each one, the
# type must follow from its number of clusters, and the kernel mounts it and finds the archive's file.
#
# See lib.sh for the settings and prepare.sh for the requirements.
# lane: vm

set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

vm_begin
vm_needs_emmc "vfat on an eMMC"

# Sizes in MiB, one layout a line. As FAT32 at 4,096 bytes a sector, 256 has just too few clusters and 260
# just enough; 33 is the least with one of 512 bytes.
sizes=("8 16 32 64 128 256 512" "12 33 65 100 255 260 1024")
DISK_MIB=2048

make_layout() {         # sizes
	local size
	printf 'disk {\n\ttable = "gpt"\n}\n'
	for size; do
		printf 'partition "v%s" {\n\tsize = "%sM"\n\ttype = "linux"\n\tformat = "vfat"\n' "$size" "$size"
		printf '\tlabel = "V%s"\n\tmount = "/v%s"\n}\n' "$size" "$size"
	done
	printf 'partition "rootfs" {\n\tgrow = true\n\ttype = "linux"\n\tformat = "ext4"\n\tmount = "/"\n}\n'
}

# Prints a line for each faulty FAT: "v256: ...". Its argument is the first partition without its number.
guest_check() {
	cat <<-'EOF'
	status=0
	wrong() { echo "$size MiB on $1: $2"; status=1; }
	disk=$1 sector=$2 number=0
	shift 2
	for size; do
		number=$((number + 1))
		node=/dev/$disk$number
		said=$(fsck.fat -n -v $node 2>&1) || wrong $disk "fsck.fat: $said"
		set -- $(echo "$said" | awk '/bytes per logical sector/ { s = $1 } /bit entries/ { b = $3 }
			/data clusters/ { c = $1 } END { print s, b, c, c < 4085 ? 12 : c < 65525 ? 16 : 32 }')
		echo "$size MiB: sectors of $1, FAT$2, $3 clusters"
		[ "$1" = $sector ] || wrong $disk "sectors of $1"
		[ "$2" = "$4" ] || wrong $disk "FAT$2 with $3 clusters is a FAT$4"
		mount -t vfat $node /mnt || wrong $disk "cannot be mounted"
		[ "$(cat /mnt/file)" = "content of $size" ] || wrong $disk "has another file"
		umount /mnt
		said=$(fsck.fat -n $node 2>&1) || wrong $disk "fsck.fat after a mount: $said"
	done
	exit $status
	EOF
}

make_tools() {
	local dir=$vm_tmp/stick size i
	mkdir -p "$dir" "$vm_tmp/board/etc" || return 1
	for i in "${!sizes[@]}"; do
		# shellcheck disable=SC2086
		make_layout ${sizes[i]} >"$dir/$i.conf"
		for size in ${sizes[i]}; do
			mkdir "$vm_tmp/board/v$size" && echo "content of $size" >"$vm_tmp/board/v$size/file" || return 1
		done
	done
	echo board >"$vm_tmp/board/etc/hostname"
	tar -C "$vm_tmp/board" -c --zstd -f "$dir/board.tar.zst" . || return 1
	guest_check >"$dir/check"
	stick_of "$dir"
}
check "layouts and archive, on the stick" make_tools || exit 1
check "the installer's RAM disk" make_installer || exit 1
make_card emmc emmc $DISK_MIB
truncate -s ${DISK_MIB}M "$MACHINE/sectors.img"
vm_devices=(-drive "if=none,id=sectors,format=raw,cache=unsafe,file=$QEMU_DIR/sectors.img"
	-device "virtio-blk-pci,drive=sectors,logical_block_size=4096,physical_block_size=4096")

vm_aside=yes
machine_up "the machine comes up" 120 '^bash.*# *$' installer.vmlinuz installer.cpio vm.shell
check "a disk with sectors of 4,096 bytes" aside 20 \
	'mkdir -p /mnt; [ $(cat /sys/block/vda/queue/logical_block_size) = 4096 ]' || exit 1
# QEMU needs a second for every 12 MiB of a discard.
check "discard is switched off" aside 20 'echo 0 >/sys/block/mmcblk0/queue/discard_max_bytes'

for i in "${!sizes[@]}"; do
	for disk in "mmcblk0 mmcblk0p 512" "vda vda 4096"; do
		read -r name partition sector <<<"$disk"
		started=$SECONDS
		shell "boardstrap install --plain --yes --allow disk --target /dev/$name --layout $i.conf --archive board.tar.zst; echo \"ended \"with \$?"
		wait_for 240 '^ended with 0' '^ended with [^0]' || die "${sizes[i]} MiB are installed on $name"
		pass "${sizes[i]} MiB are installed on $name ($((SECONDS - started)) s)"
		check "sectors of $sector: each is clean, and of the type that its clusters say" \
			aside 120 "bash check $partition $sector ${sizes[i]}"
	done
done
shell 'poweroff -f'
check "the machine switches off" machine_off 30 || exit 1
exit 0 # vm_cleanup exits with 1 if a check failed
