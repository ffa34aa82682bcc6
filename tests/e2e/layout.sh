#!/bin/bash
# SPDX-License-Identifier: MIT
#
# layout.sh - an install with a layout file: other programs than boardstrap find on the image what the
# file describes; and a file with a mistake is refused with its line, before anything is written.
. "$(dirname "$0")/lib.sh"
begin zstd tar sfdisk blkid losetup mkfs.btrfs mkswap jq

grep -qw btrfs /proc/filesystems || modprobe -q btrfs || skip_all "the kernel cannot mount btrfs"
make_tree "$tmp/tree"
cd "$tmp" || exit 1
tar -C tree --format=posix --numeric-owner -cf rootfs.tar .
zstd -q -1 rootfs.tar
"$here/tree.sh" "$tmp/tree" >want
cat >board.conf <<'EOF'
# A board with a partition each for the boot loader's environment, swap and /var.
disk {
	table = "gpt"
	align = "1M"
	min-size = "500M"
}
partition "env" {
	offset = "128s"
	size = "64K"
	type = "uboot-env"
}
partition "swap" {
	size = "64M"
	format = "swap"
	label = "swap"
}
partition "var" {
	size = "256M"
	format = "btrfs"
	label = "var"
	uuid = "01234567-89ab-4cde-8f01-23456789abcd"
	mkfs-options = "-m single"
	mount = "/var"
}
partition "rootfs" {
	grow = true
	type = "root-arm64"
	bootable = true
	format = "ext4"
	label = "rootfs"
	partuuid = "fedcba98-89ab-4cde-8f01-23456789abcd"
	mkfs-options = "-O ^64bit -m 2"
	mount = "/"
}
EOF
cat >>board.conf <<'EOF2'
blob "spl" {
	file = "loader.bin"
	offset = "32K"
}
blob "environment" {
	file = "environment.bin"
	target = "partition:env"
	offset = "512"
}
EOF2
head -c 20001 /dev/urandom >loader.bin
head -c 4096 /dev/urandom >environment.bin
rest=(--archive rootfs.tar.zst --allow image --layout)

# value NUMBER TAG WANT: blkid prints that value for the partition.
value() {
	local loop
	loop=$(attach_partition board.img "$1") || return 1
	same "partition $1: $2" "$3" "$(blkid -p -o value -s "$2" "$loop")"
	losetup -d "$loop"
}

image board.img 700M
run 0 "a dry run" install --target board.img "${rest[@]}" board.conf --json --dry-run
check "the plan has the four partitions" jq -e 'select(.event == "plan").layout |
	.name == "board" and .table == "gpt" and ([.partitions[] | .fs] ==
	["none", "swap", "btrfs", "ext4"]) and .partitions[0].start == 65536' out
same "and nothing was written" 0 "$(stat -c %b board.img)"

install 0 "install by a layout file" --target board.img "${rest[@]}" ./board.conf
check "sfdisk accepts the table" sfdisk -V -q board.img
same "partition 1 is where it was asked for" "128 128" "$(partition board.img 1)"
same "partition 2 behind it, aligned" "2048 131072" "$(partition board.img 2)"
same "partition 3 behind that" "133120 524288" "$(partition board.img 3)"
same "partition 4 to the last whole MiB" "657408 774144" "$(partition board.img 4)"
check "types, names and the flag are in the table" jq -e '.partitiontable.partitions |
	.[0].type == "3DE21764-95BD-54BD-A5C3-4ABE786F38A8" and
	.[3].type == "B921B045-1DF0-41C3-AF44-4C6F280D3FAE" and .[3].name == "rootfs" and
	.[3].uuid == "FEDCBA98-89AB-4CDE-8F01-23456789ABCD" and
	.[3].attrs == "LegacyBIOSBootable"' <(sfdisk -J board.img)
check "the loader is at 32 KiB" cmp -n 20001 -i 32768:0 board.img loader.bin
check "and nothing was written after it" cmp -n $((65536 - 32768 - 20001)) \
	-i $((32768 + 20001)):0 board.img /dev/zero
check "the environment is 512 bytes into its partition" cmp -n 4096 -i $((65536 + 512)):0 board.img \
	environment.bin
value 1 TYPE ""
value 2 TYPE swap
value 2 LABEL swap
value 3 TYPE btrfs
value 3 UUID 01234567-89ab-4cde-8f01-23456789abcd
value 4 LABEL rootfs
loop=$(attach_partition board.img 4)
check "partition 4 has no 64bit feature, and has a journal" sh -c \
	"dumpe2fs -h $loop 2>/dev/null | grep features | grep -v 64bit | grep -q has_journal"
losetup -d "$loop"
mount_partition board.img 4 "$tmp/mnt" || die "the root filesystem cannot be mounted"
mount_partition board.img 3 "$tmp/mnt/var" || die "/var cannot be mounted"
"$here/tree.sh" "$tmp/mnt" >got
check "every entry is at its path" diff -a want got
umount "$tmp/mnt/var" "$tmp/mnt"
mounts=()

# ---- other files for blobs ----

head -c 30000 /dev/urandom >new.bin
rm loader.bin
image board.img 700M
run 2 "a blob without its file" install --target board.img "${rest[@]}" board.conf --yes &&
	says "a blob without its file" "board\.conf:[0-9]*: blob spl: .*No such file.*--blob spl=FILE"
run 2 "a blob of another name" install --target board.img "${rest[@]}" board.conf --yes --blob uboot=new.bin &&
	says "a blob of another name" "board has no blob of this name\. Use one of: spl, environment"
run 2 "a blob for a layout without blobs" install --target board.img "${rest[@]}" single-gpt --yes \
	--blob spl=new.bin && says "a blob for a layout without blobs" "single-gpt has no blob of this name"
run 2 "a blob for no layout" install --target board.img --archive rootfs.tar.zst --allow image --dry-run \
	--blob spl=new.bin && says "a blob for no layout" "single-gpt has no blob of this name"
run 2 "a blob whose file is not there" install --target board.img "${rest[@]}" board.conf --yes \
	--blob spl=none.bin && says "a blob whose file is not there" "blob spl: file none\.bin cannot be read"
truncate -s 40K large.bin
run 2 "a blob that is too large" install --target board.img "${rest[@]}" board.conf --yes --blob spl=large.bin &&
	says "a blob that is too large" "blob spl .40 KiB at 32 KiB. overlaps partition env"
run 2 "a blob for the screens needs a layout" --blob spl=new.bin &&
	says "a blob for the screens needs a layout" "--blob needs the layout"
same "nothing was written" 0 "$(stat -c %b board.img)"
run 0 "a dry run with a blob" install --target board.img "${rest[@]}" board.conf --json --dry-run \
	--blob spl=new.bin
check "the plan has its file" jq -e --arg file "$tmp/new.bin" 'select(.event == "plan").layout.blobs[0] |
	.file == $file and .size == 30000' out
install 0 "install with other files" --target board.img "${rest[@]}" board.conf --blob spl=new.bin \
	--blob environment=new.bin
check "the loader is the new one" cmp -n 30000 -i 32768:0 board.img new.bin
check "and so is the environment, in place of a file that is there" cmp -n 30000 -i $((65536 + 512)):0 \
	board.img new.bin
head -c 20001 /dev/urandom >loader.bin

# ---- mistakes ----

image other.img 700M
refused() { # NAME PATTERN FILE
	run 2 "$1" install --target other.img "${rest[@]}" "$3" --yes && says "$1" "$2"
	same "$1: nothing was written" 0 "$(stat -c %b other.img)"
}
sed 's/^	size = "64K"/	size = "64KB"/' board.conf >unit.conf
refused "a bad unit" 'unit\.conf:9: size = "64KB": must be a size' ./unit.conf
sed 's/^	size = "256M"/	szie = "256M"/' board.conf >word.conf
refused "an unknown word" "word\.conf:18: .*szie" word.conf
printf 'blob "other" {\n\tfile = "spl.bin"\n\toffset = "24K"\n}\n' | cat board.conf - >blob.conf
line=$(grep -n '^blob' blob.conf | cut -d : -f 1)
refused "a missing blob" "blob\.conf:$line: .*spl\.bin.*No such file" ./blob.conf
head -c 4000 /dev/urandom >spl.bin
sed -i 's/"24K"/"8K"/' blob.conf
refused "a blob over the GPT" "blob\.conf:$line: .*GPT" ./blob.conf
sed -i 's/"8K"/"24K"/; s/^	min-size = "500M"/	min-size = "4G"/' blob.conf
refused "an image that is too small" "4096 MiB" ./blob.conf
refused "an unknown layout" "no layout 'circle'.*single-gpt" circle
refused "a missing layout file" "circle\.conf: .*No such file" ./circle.conf
# With screens: refused before the terminal is set up.
run 2 "a mistake for the screens" --layout ./unit.conf && says "a mistake for the screens" "unit\.conf:9:"

finish
