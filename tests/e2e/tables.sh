#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tables.sh - tables that boards need: ten partitions from 17 KiB on, GPT entries behind the boot loader, a hybrid MBR,
# logical partitions with a boot loader around the table. sfdisk and sgdisk read them on the image, and the
# kernel's own filesystems and cmp show the content.
. "$(dirname "$0")/lib.sh"
begin tar sfdisk sgdisk gdisk losetup mkfs.ext4 jq

make_tree "$tmp/tree"
mkdir -p "$tmp/tree/boot"
echo "of the boot partition" >"$tmp/tree/boot/note"
cd "$tmp" || exit 1
tar -C tree --format=posix --numeric-owner -cf rootfs.tar .
head -c 300000 /dev/urandom >loader.bin
head -c 100000 /dev/urandom >fsbl.bin

# put NAME: installs with the layout from stdin on an image of 512 MiB. Nothing here has a boot loader for a kernel.
put() {
	cat >board.conf
	image disk.img 512M
	run 0 "$1: PASS" install --yes --plain --target disk.img --archive rootfs.tar --layout ./board.conf \
		--allow image,unbootable
	sfdisk -J disk.img >table.json
}

# table JQ: the partitions as sfdisk has them, one a line.
table() {
	jq -r ".partitiontable.partitions[] | $1" table.json
}

# content NAME NUMBER TREE [OTHER]: the partition has what the tree has, without the folder OTHER, which is another
# partition. rootfs.sh compares devices, owners and times.
content() {
	mount_partition disk.img "$2" mnt || die "partition $2 cannot be mounted"
	check "$1: partition $2 has the archive's content" diff -r --no-dereference \
		--exclude=lost+found --exclude=dev --exclude="${4:-lost+found}" "$3" mnt
	umount mnt
}

# bytes NAME FILE OFFSET: the file is on the image.
bytes() {
	check "$1: $2 is at byte $3" cmp -n "$(stat -c %s "$2")" -i "$3:0" disk.img "$2"
}

# ---- ten partitions of an STM32MP, from 17 KiB on ----

{
	printf 'disk { align = 512 }\n'
	printf 'partition "fsbl1" { offset = 17K size = 256K }\n'
	for name in fsbl2 metadata1 metadata2; do printf 'partition "%s" { size = 256K }\n' $name; done
	for name in fip-a fip-b; do printf 'partition "%s" { size = 4M }\n' $name; done
	printf 'partition "u-boot-env" { size = 512K type = uboot-env }\n'
	printf 'partition "bootfs" { size = 64M format = ext4 mount = /boot bootable = true }\n'
	printf 'partition "rootfs" { size = 100M format = ext4 mount = / }\n'
	printf 'partition "userfs" { grow = true format = ext4 }\n'
	for name in fsbl1 fsbl2; do
		printf 'blob "%s" { file = fsbl.bin target = "partition:%s" }\n' $name $name
	done
	printf 'blob "fip" { file = loader.bin target = "partition:fip-a" }\n'
} >ten.conf
put ten <ten.conf
same "ten: sizes and names are the layout's" "$(table '"\(.start) \(.size) \(.name)"' | head -n 9)" \
"34 512 fsbl1
546 512 fsbl2
1058 512 metadata1
1570 512 metadata2
2082 8192 fip-a
10274 8192 fip-b
18466 1024 u-boot-env
19490 131072 bootfs
150562 204800 rootfs"
same "ten: the last one grows" "userfs" "$(table .name | tail -n 1)"
check "ten: sfdisk finds no error" sfdisk -V -q disk.img
check "ten: sgdisk finds no error" sh -c 'sgdisk -v disk.img | grep -q "No problems found"'
same "ten: the first usable sector is 34" 34 "$(jq .partitiontable.firstlba table.json)"
bytes ten fsbl.bin $((34 * 512))
bytes ten fsbl.bin $((546 * 512))
bytes ten loader.bin $((2082 * 512))
content ten 8 tree/boot
content ten 9 tree boot

# ---- entries behind the boot loader ----

put moved <<'E2'
disk {
	gpt-entries = 1008K
}
blob "u-boot" {
	file = loader.bin
	offset = 8K
	max = 1000K
}
partition "rootfs" {
	offset = 1M
	grow = true
	format = ext4
	mount = /
}
E2
bytes moved loader.bin 8192
same "moved: sgdisk finds the entries at 1008 KiB" 2016 \
	"$(sgdisk -p disk.img | sed -n 's/^Main partition table begins at sector \([0-9]*\) .*/\1/p')"
same "moved: the first usable sector is behind them" 2048 "$(jq .partitiontable.firstlba table.json)"
check "moved: sgdisk finds no error" sh -c 'sgdisk -v disk.img | grep -q "No problems found"'
content moved 1 tree

# ---- a hybrid MBR ----

put hybrid <<'E2'
partition "boot" {
	size = 64M
	format = ext4
	mount = /boot
	mbr-type = 0x0c
	bootable = true
}
partition "rootfs" {
	grow = true
	format = ext4
	mount = /
}
E2
same "hybrid: gdisk sees a hybrid MBR" "MBR: hybrid" "$(gdisk -l disk.img | grep -o 'MBR: hybrid')"
same "hybrid: there is a GPT" gpt "$(jq -r .partitiontable.label table.json)"
same "hybrid: the MBR has the partition, and the GPT itself" "80 0c ee" \
	"$(od -A n -t x1 -j 446 -N 1 disk.img | tr -d ' ') $(od -A n -t x1 -j 450 -N 1 disk.img | tr -d ' ') $(
		od -A n -t x1 -j 466 -N 1 disk.img | tr -d ' ')"
content hybrid 1 tree/boot
content hybrid 2 tree boot

# ---- logical partitions, and a first stage around the table ----

put logical <<'E2'
disk {
	table = mbr
	align = 1M
}
blob "bl1" {
	file = fsbl.bin
	offset = 0
}
partition "boot" {
	size = 64M
	format = ext4
	mount = /boot
	bootable = true
}
partition "env" {
	size = 1M
	type = 0xda
}
partition "empty" {
	size = 1M
	type = 0x00
}
partition "fip" {
	size = file
}
partition "data" {
	size = 32M
	format = ext4
}
partition "rootfs" {
	grow = true
	format = ext4
	mount = /
}
blob "fip" {
	file = loader.bin
	target = "partition:fip"
}
E2
same "logical: the table is the layout's" "$(table '"\(.node) \(.start) \(.size) \(.type)"' | head -n 6)" \
"disk.img1 2048 131072 83
disk.img2 133120 2048 da
disk.img3 135168 2048 0
disk.img4 137216 911360 f
disk.img5 139264 2048 83
disk.img6 143360 65536 83"
same "logical: the last one is the seventh" "disk.img7 210944 837632 83" \
	"$(table '"\(.node) \(.start) \(.size) \(.type)"' | tail -n 1)"
check "logical: sfdisk finds no error" sfdisk -V -q disk.img
bytes logical loader.bin $((139264 * 512))
check "logical: the first stage is before the table" cmp -n 440 disk.img fsbl.bin
check "logical: and behind it" cmp -n $((100000 - 512)) -i 512:512 disk.img fsbl.bin
same "logical: the table is not the first stage's" "55aa" "$(od -A n -t x1 -j 510 -N 2 disk.img | tr -d ' ')"
content logical 1 tree/boot
content logical 7 tree boot

# ---- what no table can have is refused before anything is written ----

refused() { # NAME PATTERN
	image disk.img 512M
	cat >board.conf
	run 2 "$1" install --yes --target disk.img --archive rootfs.tar --layout ./board.conf --allow image &&
		says "$1" "$2"
	same "$1: nothing was written" 0 "$(stat -c %b disk.img)"
}

refused "loader over the entries" "overlaps the entries of the GPT" <<'E2'
partition "rootfs" { grow = true format = ext4 mount = / }
blob "u-boot" { file = loader.bin offset = 8K }
E2
refused "no room before a logical partition" "no room for the table of the logical partition" <<'E2'
disk { table = mbr align = 1M }
partition "a" { size = 1M }
partition "b" { size = 1M }
partition "c" { size = 1M }
partition "d" { size = 1M offset = 4M }
partition "rootfs" { grow = true format = ext4 mount = / }
E2
finish
