#!/bin/bash
# SPDX-License-Identifier: MIT
#
# files.sh - files beside the archive in a vfat, which tests/e2e/files.sh shows with ext4: a genimage.cfg that describes
# its boot.vfat, without an archive; a layout file beside an archive with one of the names; and names that vfat cannot
# hold, which are refused before the first write. The kernel's vfat is the judge.
#
# See lib.sh for the settings and prepare.sh for the requirements.
# lane: vm

set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

vm_begin
vm_needs_emmc "vfat on an eMMC"

# ---------------------------------------------------------------------------
# what is copied, and what must be there afterwards

# Names that a vfat does not hold, pairs of which it holds one, and names that it holds.
odd=('a:b' 'a*b' 'a\b' 'a"b' 'a|b' 'a<b' 'a?b' 'end.' 'end..' 'end ' '...' $'tab\tb' $'\x01' $'latin-\xe9')
same=(README/readme x.dtbo/X.dtbo Öl/öl)
good=('Größe' 'Übersicht.dtbo' 'with space' .hidden 'a+,;=[]b' a.b.c aux.dtb com1)

make_names() {  # DIR, names; those with a slash are two
	local name
	mkdir -p "$1" || return 1
	for name in "${@:2}"; do
		echo "1 $name" >"$1/${name%/*}" && echo "2 $name" >"$1/${name#*/}" || return 1
	done
}

make_files() {  # DIR
	mkdir -p "$1/dts" "$1/overlays/sub" || return 1
	head -c 5000001 /dev/urandom >"$1/Image"
	head -c 30000 /dev/urandom >"$1/dts/board-with-a-long-name.dtb"
	echo "of the layout" >"$1/menu.conf"
	make_names "$1/overlays/names" "${good[@]}" || return 1
	echo "another" >"$1/overlays/sub/b.dtbo"
	: >"$1/overlays/sub/empty"
}

# As Buildroot has it: a partition begins at the first sector after the one before.
make_genimage() {
	cat <<-'EOF'
	image boot.vfat {
		vfat {
			label = "BOARD BOOT"
			file extlinux/extlinux.conf {
				image = "menu.conf"
			}
			files = {
				"Image",
				"dts/board-with-a-long-name.dtb",
				"overlays"
			}
		}
		size = 16M
	}
	image sdcard.img {
		hdimage {
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
	EOF
}

# layout FILES: vfat /boot with FILES, and an ext4.
layout() {
	cat <<-EOF
	partition "boot" {
		size = 16M
		type = esp
		format = vfat
		label = BESIDE
		mount = /boot
		files = { $1 }
	}
	partition "rootfs" {
		grow = true
		format = ext4
		mount = /
	}
	EOF
}

# wanted TREE NAME: the names, and the digests, that the guest compares.
wanted() {
	(cd "$1" && find . | LC_ALL=C sort) >"$vm_tmp/stick/$2.names" &&
		(cd "$1" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum) >"$vm_tmp/stick/$2.sums"
}

make_wanted() { # FILES
	local dir=$vm_tmp/wanted name
	mkdir -p "$dir"/{genimage,boot}/extlinux && cp "$1/dts/board-with-a-long-name.dtb" "$dir/genimage/" &&
		echo "of the archive" >"$dir/boot/keep" || return 1
	for name in genimage boot; do
		cp "$1/menu.conf" "$dir/$name/extlinux/extlinux.conf" && cp -r "$1/Image" "$1/overlays" "$dir/$name/" &&
			wanted "$dir/$name" "$name" || return 1
	done
}

make_archive() {        # FILE
	local dir=$vm_tmp/board
	mkdir -p "$dir/boot/extlinux" "$dir/boot/overlays" || return 1
	echo "of the archive, and longer than the other" >"$dir/boot/extlinux/extlinux.conf"
	echo "of the archive" >"$dir/boot/keep"
	small_archive "$dir" 1 "$1"
}

# ---------------------------------------------------------------------------
# the guest's part

guest_functions() {
	cat <<-'EOF'
	# compare PARTITION NAME: the kernel finds the wanted names with the wanted content.
	compare() {
		local status
		echo 3 >/proc/sys/vm/drop_caches
		blockdev --flushbufs /dev/mmcblk0
		mkdir -p /tmp/mnt && mount -t vfat -o ro,utf8 /dev/mmcblk0p$1 /tmp/mnt || return 1
		(cd /tmp/mnt && find . | LC_ALL=C sort) >/tmp/names
		diff /media/usb/$2.names /tmp/names && (cd /tmp/mnt && sha256sum --quiet -c /media/usb/$2.sums)
		status=$?
		umount /tmp/mnt
		return $status
	}
	# refused LAYOUT: exit 2, nothing written; prints the problems.
	refused() {
		local before=$(awk '{ print $7 }' /sys/block/mmcblk0/stat)
		boardstrap install --yes --plain --target /dev/mmcblk0 --allow unbootable --layout ./$1.conf \
			--archive board.tar.zst >/tmp/said 2>&1
		local status=$?
		sync
		echo $(cat /tmp/said)
		[ $status = 2 ] && [ "$before" = "$(awk '{ print $7 }' /sys/block/mmcblk0/stat)" ]
	}
	# lost FOLDER: prints how many of its files a vfat does not show under their names, with their content.
	lost() {
		local count=0 file
		shopt -s dotglob
		mkfs.vfat -C /tmp/fat 4096 >/dev/null 2>&1 && mkdir -p /tmp/mnt && mount -t vfat -o loop,utf8 /tmp/fat /tmp/mnt
		for file in $1/*; do
			cp "$file" /tmp/mnt/ 2>/dev/null
		done
		umount /tmp/mnt && mount -t vfat -o loop,utf8 /tmp/fat /tmp/mnt
		ls -A /tmp/mnt >/tmp/names
		for file in $1/*; do
			grep -qxF "${file##*/}" /tmp/names && cmp -s "$file" "/tmp/mnt/${file##*/}" || count=$((count + 1))
		done
		umount /tmp/mnt
		rm /tmp/fat
		echo $count
	}
	EOF
}

make_tools() {
	local dir=$vm_tmp/stick
	mkdir "$dir" && make_files "$dir/images" && make_archive "$dir/board.tar.zst" &&
		make_wanted "$dir/images" && make_names "$dir/odd" "${odd[@]}" "${same[@]}" || return 1
	make_genimage >"$dir/genimage.cfg"
	truncate -s 20M "$dir/images/rootfs.ext4"
	mkfs.ext4 -q -d "$vm_tmp/board" "$dir/images/rootfs.ext4" || return 1
	ln -s images/Image images/overlays images/menu.conf "$dir/"
	layout '"Image", "extlinux/extlinux.conf=menu.conf", "overlays"' >"$dir/boot.conf"
	layout '"Keep=menu.conf"' >"$dir/case.conf"
	layout '"a:b=menu.conf"' >"$dir/colon.conf"
	layout '"odd"' >"$dir/odd.conf"
	guest_functions >"$dir/functions"
	stick_of "$dir"
}

check "files, layouts, an archive, on the stick" make_tools || exit 1
check "the installer's RAM disk" make_installer || exit 1
make_card emmc emmc 128

vm_aside=yes
machine_up "the machine comes up" 120 '^bash.*# *$' installer.vmlinuz installer.cpio vm.shell
# QEMU needs a second for every 12 MiB of a discard.
check "discard is switched off" aside 20 '. ./functions; echo 0 >/sys/block/mmcblk0/queue/discard_max_bytes' || exit 1

# ---------------------------------------------------------------------------
# 1. what vfat cannot hold, on the blank card

refused() {     # LAYOUT, PATTERN
	local said
	said=$(aside 60 "refused $1") && grep -q "$2" <<<"$said" || { echo "$said"; return 1; }
}
check "a name of the archive in another case is refused" refused case \
	'cannot hold 1 .*for /boot: boot/Keep .*differs only in case from keep'
check "a name with a character that vfat lacks is refused" refused colon \
	'cannot hold 1 .*for /boot: boot/a:b has a name with one of'
# Of a pair, one has lost its name and the other its content; boardstrap counts the later one.
count=$((${#odd[@]} + 2 * ${#same[@]}))
check "$count odd names are lost on the kernel's vfat" eval 'is lost "$count" "$(aside 60 "lost odd")"'
count=$((${#odd[@]} + ${#same[@]}))
check "boardstrap refuses all of them" refused odd "cannot hold $count of "

# ---------------------------------------------------------------------------
# 2. install, and compare

installed() {   # WHAT, ARGUMENTS
	local started=$SECONDS
	check "$1: PASS" aside 120 "boardstrap install --plain --yes --target /dev/mmcblk0 $2 >/tmp/said 2>&1; status=\$?;
		cat /tmp/said; [ \$status = 0 ] && grep -q PASS /tmp/said" || return 1
	note "$((SECONDS - started)) s"
}
partition() {   # NUMBER, START and SIZE in sectors
	is "partition $1" "$2" "$(aside 20 "echo \$(cat /sys/block/mmcblk0/mmcblk0p$1/{start,size})")"
}
label() {
	is "the label" "$1" "$(aside 20 'blkid -p -o value -s LABEL /dev/mmcblk0p1')"
}

installed "genimage.cfg without an archive" "--layout ./genimage.cfg --images images" || exit 1
check "genimage.cfg: the partitions are where genimage puts them: boot" partition 1 "1 32768"
check "genimage.cfg: rootfs" partition 2 "32769 40960"
check "genimage.cfg: the label" label "BOARD BOOT"
check "genimage.cfg: the vfat has all files, and nothing else" aside 60 'compare 1 genimage'
check "genimage.cfg: fsck.fat finds no error" aside 60 'fsck.fat -n /dev/mmcblk0p1'
check "genimage.cfg: the image is there" aside 60 'cmp -n $((20 << 20)) images/rootfs.ext4 /dev/mmcblk0p2'

installed "files beside an archive" "--layout ./boot.conf --archive board.tar.zst --allow unbootable" || exit 1
check "beside an archive: the label" label BESIDE
check "beside an archive: the vfat has files and entries; a file replaces the entry with its name" \
	aside 60 'compare 1 boot'
check "beside an archive: fsck.fat finds no error" aside 60 'fsck.fat -n /dev/mmcblk0p1'
check "beside an archive: tar finds no difference in /" aside 60 'mount -o ro /dev/mmcblk0p2 /tmp/mnt &&
	tar -C /tmp/mnt --compare -f board.tar.zst --zstd --exclude "./boot*"; status=$?; umount /tmp/mnt; [ $status = 0 ]'

shell 'poweroff -f'
check "the machine switches off" machine_off 30 || exit 1
exit 0 # vm_cleanup exits with 1 if a check failed
