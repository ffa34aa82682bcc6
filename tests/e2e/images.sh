#!/bin/bash
# SPDX-License-Identifier: MIT
#
# images.sh - layouts whose content are images, without an archive: a root filesystem as an image, and a genimage.cfg as
# Buildroot has it, with its images in a folder. cmp and the kernel's own filesystem show the content.
. "$(dirname "$0")/lib.sh"
begin tar sfdisk losetup mkfs.ext4 jq

make_tree "$tmp/tree"
cd "$tmp" || exit 1
mkdir images board
truncate -s 20M images/rootfs.ext4
mkfs.ext4 -q -F -d tree images/rootfs.ext4
head -c 300000 /dev/urandom >images/u-boot.bin
head -c 3000001 /dev/urandom >images/boot.vfat
head -c 512 /dev/urandom >images/boot.img

# bytes NAME FILE OFFSET: the file is on the image.
bytes() {
	check "$1: $2 is at byte $3" cmp -n "$(stat -c %s "$2")" -i "$3:0" disk.img "$2"
}

# ---- a root filesystem as an image ----

cat >images/root.conf <<'E2'
blob "u-boot" {
	file = u-boot.bin
	offset = 32K
}
partition "system0" {
	image = rootfs.ext4
}
partition "data" {
	grow = true
	format = ext4
	label = data
}
E2
image disk.img 256M
run 0 "a root image: PASS" install --yes --plain --target disk.img --layout images/root.conf --allow image
check "the result says what was verified" grep -q 'PASS .*the images were written and verified' out
check "sfdisk finds no error" sfdisk -V -q disk.img
bytes "a root image" images/u-boot.bin 32768
bytes "a root image" images/rootfs.ext4 $((4 << 20))
mount_partition disk.img 1 mnt || die "the root cannot be mounted"
check "the root has the tree" diff -r --no-dereference --exclude=lost+found --exclude=dev tree mnt
umount mnt
loop=$(attach_partition disk.img 2) || die "partition 2 cannot be attached"
same "the other partition has its filesystem" "ext4 data" "$(blkid -p -o value -s TYPE "$loop") $(
	blkid -p -o value -s LABEL "$loop")"
losetup -d "$loop"

image disk.img 256M
run 0 "a dry run" install --dry-run --json --target disk.img --layout images/root.conf --allow image
same "names both partitions and no archive" "2 null" \
	"$(jq -r 'select(.event == "plan") | "\(.layout.partitions | length) \(.archive)"' out)"
same "writes nothing" 0 "$(stat -c %b disk.img)"

tar -C tree -cf rootfs.tar .
run 2 "an archive for such a layout is refused" install --yes --target disk.img --layout images/root.conf \
	--archive rootfs.tar --allow image &&
	says "the sentence" "root brings all its files, and has no partition for those of an archive"
run 2 "another layout needs an archive" install --yes --target disk.img --layout single-gpt --allow image &&
	says "the sentence" "install needs --archive FILE for this layout"
same "nothing was written" 0 "$(stat -c %b disk.img)"

run 2 "an option without an effect is refused" install --yes --target disk.img --layout images/root.conf --strip 1 \
	--allow image &&
	says "the sentence" "an install with this layout reads no archive: leave out --strip"
run 2 "so are images for another layout" install --yes --target disk.img --layout images/root.conf --images images \
	--allow image &&
	says "the sentence" "images is for a genimage.cfg"

# ---- a genimage.cfg ----

cat >board/genimage.cfg <<'E2'
image boot.vfat {
	vfat {
		files = { "Image", "board.dtb" }
	}
	size = 16M
}
image sdcard.img {
	hdimage {
		align = 1M
		disk-signature = 0xfeedc0de
	}
	partition mbr {
		in-partition-table = "no"
		image = "boot.img"
		offset = 0
		holes = {"(440; 512)"}
	}
	partition u-boot {
		in-partition-table = "no"
		image = "u-boot.bin"
		offset = 8K
		size = 1016K # 1MB - 8KB
	}
	partition boot {
		partition-type = 0xC
		bootable = "true"
		image = "boot.vfat"
	}
	partition rootfs {
		partition-type = 0x83
		image = "rootfs.ext4"
	}
}
E2
image disk.img 64M
run 0 "genimage.cfg: PASS" install --yes --plain --target disk.img --layout board/genimage.cfg --images images \
	--allow image
same "the table is genimage's" "0xfeedc0de
2048 6144 c true
8192 40960 83 null" "$(sfdisk -J disk.img | jq -r '.partitiontable | .id,
	(.partitions[] | "\(.start) \(.size) \(.type) \(.bootable)")')"
check "genimage.cfg: boot code before the table" cmp -n 440 disk.img images/boot.img
bytes genimage.cfg images/u-boot.bin 8192
bytes genimage.cfg images/boot.vfat $((1 << 20))
bytes genimage.cfg images/rootfs.ext4 $((4 << 20))
run 0 "its boot loader alone" install --yes --only boot --target disk.img --layout board/genimage.cfg --images images \
	--allow image
mv images/rootfs.ext4 rootfs.ext4
run 0 "not even with the other images" install --yes --only boot --target disk.img --layout board/genimage.cfg \
	--images images --allow image
mv rootfs.ext4 images/
run 2 "an image that is missing" install --yes --target disk.img --layout board/genimage.cfg --allow image &&
	says "has its line" "genimage.cfg:14: .*boot.img"
cp images/boot.img images/u-boot.bin images/boot.vfat images/rootfs.ext4 board/
rm board/rootfs.ext4
run 0 "images beside it, and one by its partition's name" install --yes --target disk.img --layout board/genimage.cfg \
	--blob rootfs=images/rootfs.ext4 --allow image
sed 's/bootable = "true"/hidden = true/' board/genimage.cfg >board/hidden.cfg
run 2 "a word that boardstrap lacks" install --yes --target disk.img --layout board/hidden.cfg --images images \
	--allow image &&
	says "has its line" "hidden.cfg:26: hidden = true: must be left out"

finish
