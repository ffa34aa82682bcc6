#!/bin/bash
# SPDX-License-Identifier: MIT
#
# files.sh - files beside the archive that a layout copies into its partitions: beside an archive, whose entries they
# replace, and without one. The kernel's own filesystems show every file with its metadata; what cannot be copied is
# refused before anything is written. tests/vm/files.sh does the same with a vfat.
. "$(dirname "$0")/lib.sh"
begin tar sfdisk losetup mkfs.ext4 jq

make_tree "$tmp/tree"
cd "$tmp" || exit 1
mkdir -p tree/boot/extlinux tree/boot/old files/dts/sub images
echo "of the archive" >tree/boot/extlinux/extlinux.conf
ln tree/boot/extlinux/extlinux.conf tree/boot/hard
ln -s /nowhere tree/boot/zImage
touch -d "2003-04-05 06:07:08" tree/boot tree/boot/extlinux
head -c 5000001 /dev/urandom >files/zImage
echo "of the layout" >files/menu
echo "a device tree" >files/dts/board.dtb
echo "an overlay" >files/dts/sub/overlay.dtbo
ln -s ../menu files/dts/link
: >files/empty
chmod 640 files/menu
chmod 4755 files/dts/board.dtb
chmod 700 files/dts/sub
chown 1000:1000 files/zImage files/dts
touch -d "2001-02-03 04:05:06.789" files/menu files/dts files/dts/sub
tar -C tree --format=posix --numeric-owner -cf rootfs.tar .
cat >files/board.conf <<'E2'
partition "boot" {
	size = 64M
	format = ext4
	mount = /boot
	files = { "zImage", "empty", # two that keep their names
		"extlinux/extlinux.conf=menu", 'dtbs/1.0=dts', "new/dir/file=dts/board.dtb" }
}
partition "rootfs" {
	grow = true
	format = ext4
	mount = /
}
E2

# put FILE NAME: as boardstrap copies a file, whose owner becomes root, and which replaces what is there.
put() {
	mkdir -p "$(dirname "wanted/boot/$2")"
	rm -rf "wanted/boot/$2"
	cp -rL --preserve=mode,timestamps "$1" "wanted/boot/$2"
}
cp -a tree wanted
put files/zImage zImage
put files/empty empty
put files/menu extlinux/extlinux.conf
put files/dts dtbs/1.0
put files/dts/board.dtb new/dir/file
chmod 755 wanted/boot/dtbs/1.0/board.dtb wanted/boot/new/dir/file
touch -r tree/boot wanted/boot
touch -r tree/boot/extlinux wanted/boot/extlinux

# Folders that only the name of a file needs have the time of the install.
without_times() {
	sed -E '/^\.\/boot\/(dtbs|new|new\/dir)\td/s/\t[0-9.]+\t$//'
}

"$here/tree.sh" wanted | without_times >want
rest=(--target board.img --layout files/board.conf --allow image,unbootable)

# content NAME: the tree has the archive's entries, and the files.
content() {
	mount_partition board.img 2 mnt || die "the root filesystem cannot be mounted"
	mount_partition board.img 1 mnt/boot || die "/boot cannot be mounted"
	"$here/tree.sh" mnt | grep -v '^[^	]*/lost+found	' | without_times >got # mkfs makes lost+found
	check "$1: every entry and file, with its metadata" diff -a want got
	umount mnt/boot mnt
	mounts=()
}

# ---- beside an archive ----

image board.img 300M
run 0 "files beside an archive" install --yes "${rest[@]}" --archive rootfs.tar --json
content "files beside an archive"
check "the plan has them" jq -se --arg dir "$tmp" 'map(select(.event == "plan"))[0].layout.partitions |
	.[0].files[2] == {name: "extlinux/extlinux.conf", file: ($dir + "/files/menu")} and
	[.[].files | length] == [5, 0]' out
check "the gauge of the files counts them, and ends at its total" jq -se '
	[.[] | select(.event == "progress").extracted] | . as $all |
	([range(1; length) | $all[.].done >= $all[. - 1].done] | all) and
	(last | .done == .total and .total > 5000000)' out
check "a message tells of them" grep -q '"Copying the files of the layout"' out
for tar in bsdtar busybox; do
	command -v $tar >/dev/null || continue
	printf '#!/bin/sh\nexec busybox tar "$@"\n' >busybox-tar
	chmod +x busybox-tar
	[ $tar = bsdtar ] && program=$(command -v bsdtar) || program=./busybox-tar
	image board.img 300M
	install 0 "with $tar" "${rest[@]}" --archive rootfs.tar --tar "$program"
	content "with $tar"
done
check "the printed plan has their names" \
	grep -q 'files zImage, empty, extlinux/extlinux.conf, dtbs/1.0, new/dir/file' out
run 0 "inspect with the layout counts them" inspect --json --layout files/board.conf rootfs.tar
check "as entries" jq -e --argjson tree "$(find tree | wc -l)" '.entries == $tree + 9' out

# ---- refused ----

refused() { # NAME PATTERN [LAYOUT [ARCHIVE]]
	image board.img 300M
	run 2 "$1" install --yes --target board.img --layout "files/${3:-board}.conf" --archive "${4:-rootfs.tar}" \
		--allow image,unbootable && says "$1" "$2"
	same "$1: nothing was written" 0 "$(stat -c %b board.img)"
}

mv files/menu menu
refused "a missing file" "board.conf:1: partition boot: file .*/files/menu cannot be read: No such file"
mkfifo files/menu
refused "a FIFO" "files/menu is neither a regular file nor a folder"
rm files/menu
mv menu files/menu
ln -s .. files/dts/sub/up
refused "a link to a folder above" "is more than 32 folders deep"
rm files/dts/sub/up
head -c 60000000 /dev/zero | tr '\0' x >files/dts/large
refused "files that do not fit" "does not fit on board.img, partition 1"
rm files/dts/large
ln -s /etc tree/boot/new
tar -C tree --format=posix --numeric-owner -cf link.tar .
refused "a link of the archive in the path of a file" \
	"files of the layout: boot/new/dir/file: has a parent that is not a directory" board link.tar
rm tree/boot/new
mkdir -p tree/boot/zImage.d
sed 's,"zImage","zImage.d=zImage",' files/board.conf >files/folder.conf
echo x >tree/boot/zImage.d/entry
tar -C tree --format=posix --numeric-owner -cf folder.tar .
refused "a file in place of a folder" "boot/zImage.d: replaces a directory that has entries" folder folder.tar
rm -r tree/boot/zImage.d
sed 's,"zImage","/../zImage=zImage",' files/board.conf >files/outside.conf
sed 's,"zImage","dtbs/1.0/x=zImage",' files/board.conf >files/twice.conf
refused "a file in a folder that is copied" "two files at one place: dtbs/1.0/x and dtbs/1.0" twice
refused "a name outside" "outside.conf:1: .*is no name for a file in it" outside
sed 's,"zImage","a=../board.img",' files/board.conf >files/target.conf
refused "the target itself" "it is the layout.s file a itself" target

# ---- without an archive ----

truncate -s 20M images/rootfs.ext4
mkfs.ext4 -q -F -d tree images/rootfs.ext4
cat >files/images.conf <<'E2'
partition "boot" {
	size = 64M
	format = ext4
	label = BOOT
	mount = /boot
	files = { "zImage", "extlinux/extlinux.conf=menu" }
}
partition "rootfs" {
	image = ../images/rootfs.ext4
}
E2
alone=(--target board.img --layout files/images.conf --allow image)
image board.img 300M
run 0 "files and an image, without an archive" install --yes "${alone[@]}" --plain
check "the result counts what was verified" grep -q 'PASS .*4 entries verified, 0 wrong\|PASS .*2 entries verified' out
mount_partition board.img 1 mnt || die "the boot partition cannot be mounted"
check "zImage is there" cmp files/zImage mnt/zImage
check "so is the menu" cmp files/menu mnt/extlinux/extlinux.conf
same "and nothing else" "extlinux extlinux/extlinux.conf lost+found zImage" \
	"$(cd mnt && find . -mindepth 1 -printf '%P\n' | sort | xargs)"
same "with its mode, owner and time" "640 0:0 $(stat -c %Y files/menu)" \
	"$(stat -c '%a %u:%g %Y' mnt/extlinux/extlinux.conf)"
umount mnt
check "the image is there" cmp -n $((20 << 20)) -i $((68 << 20)):0 board.img images/rootfs.ext4
check "sfdisk finds no error" sfdisk -V -q board.img
run 7 "not verified on request" install --yes "${alone[@]}" --no-verify --plain
image board.img 300M
run 0 "a dry run" install --dry-run --json "${alone[@]}"
check "has the files and no archive" jq -se '.[] | select(.event == "plan") | .ok and .archive == null and
	.tar == null and (.layout.partitions[0].files | length) == 2' out
same "and writes nothing" 0 "$(stat -c %b board.img)"
run 2 "an archive is refused" install --yes "${alone[@]}" --archive rootfs.tar &&
	says "the sentence" "images brings all its files"
run 2 "so is a tar" install --yes "${alone[@]}" --tar tar && says "the sentence" "leave out --tar"

# ---- the screens ----

if command -v tmux >/dev/null; then
	export LC_ALL=C.UTF-8
	touch -d "2001-02-03 04:05:06.789" files/dts files/dts/sub
	# A layout that lacks a file must not leave the plan of the one before it.
	image board.img 300M
	mv files/menu menu
	start "env TERM=screen $BOARDSTRAP --target board.img --allow image,unbootable --layout ./files/board.conf \
		--archive rootfs.tar"
	shows "beside an archive: screen 1" '> *board\.img'
	enter_until "screen 2" 'rootfs\.tar'
	enter_until "screen 3" '> board'
	press Down
	press Enter "another layout can be installed" 'Type its name, board\.img'
	press Left "back" '> single-gpt'
	press Up
	press Enter "the first one lacks a file" 'files/menu cannot be read'
	press r "it lacks it after r, too" 'files/menu cannot be read'
	press r
	mv menu files/menu
	press r "and no longer" 'Type its name, board\.img'
	type_keys "board.img"
	press Enter "it installs to the end" 'exit code 0' 120
	press q
	content "by the screens, beside an archive"

	image board.img 300M
	start "env TERM=screen $BOARDSTRAP --target board.img --allow image --layout ./files/images.conf"
	shows "screen 1" '> *board\.img'
	press Enter "Layout has the number of files" 'BOOT|boot .*2 files'
	press Enter "Review names them" 'boot: zImage, extlinux/extlinux\.conf'
	shows "and asks for a word" 'Type its name, board\.img'
	mv files/menu menu
	press Left "back" 'files'
	press Enter "a file that went away is told" 'files/menu cannot be read'
	press r "and still is after r" 'files/menu cannot be read'
	mv menu files/menu
	press r "and read again" 'Type its name, board\.img'
	type_keys "board.img"
	press Enter "it installs to the end" 'exit code 0' 120
	shows "and counts the entries" '2 entries verified|4 entries verified'
	press q
	mount_partition board.img 1 mnt || die "the boot partition cannot be mounted"
	check "by the screens: zImage is there" cmp files/zImage mnt/zImage
	umount mnt
else
	skip "the screens" "tmux is not installed"
fi

finish
