#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tui-layout.sh - layouts and their boot loaders by keystrokes only, at 80x24 on a vt220: a layout beside the
# archive whose boot loader is missing, chosen in the browser, to PASS; then paths, mistakes, several blobs.
. "$(dirname "$0")/lib.sh"
begin tmux zstd tar sfdisk losetup infocmp cmp
infocmp vt220 >/dev/null 2>&1 || skip_all "there is no terminfo entry for vt220"
export LC_ALL=C.UTF-8

# The layouts beside the archive, the boot loaders in a folder of their own.
mkdir -p "$tmp/site/mnt" "$tmp/site/loaders" "$tmp/elsewhere"
cd "$tmp/site" || exit 1
make_tree "$tmp/tree"
tar -C "$tmp/tree" --format=posix --numeric-owner -cf - . | zstd -q -1 >rootfs.tar.zst
sed 's/"64M"/"16M"/' "$top/assets/layouts/imx8mp.conf" >imx8mp.conf
head -c 1572864 /dev/urandom >loaders/flash-evk.bin
head -c 5000000 /dev/urandom >loaders/too-large.bin
head -c 3000 /dev/urandom >loaders/env.bin
sed 's/"32K"/"32KB"/' imx8mp.conf >typo.conf
printf 'server {\n\tlisten 80\n}\n' >nginx.conf
{
	sed 's/"4064K"/"1600K"/; s/flash.bin/u-boot.bin/' imx8mp.conf
	printf 'blob "env" {\n\toffset = "2M"\n}\n'
} >"$tmp/elsewhere/two.conf"

begin_screens() { # ARG...
	image site/board.img 256M
	start "cd site; env TERM=vt220 LC_ALL=C $BOARDSTRAP --target board.img --allow image $*"
	shows "the image is offered" '> *board\.img +image'
	enter_until "the archive" 'Enter open'
	shows "is in this folder" '> rootfs\.tar\.zst'
	press Enter "the layouts" 'single-mbr'
	shows "the scan ends" 'sha256' 30
}

# row NAME: the cursor goes to that layout, by a search.
row() {
	press / "search" 'Search:'
	type_keys "$1"
	shows "search: $1" "> $1"
	press Enter "search: it ends" '/ search'
}

# installs WORD: from Review to PASS.
installs() {
	shows "Review asks" 'Type its name, board\.img'
	type_keys "board.img"
	press Enter "it installs to the end" 'exit code 0' 120
	shows "without an error" 'verified, 0 wrong' 5
	press q "and ends with 0" '\[exit 0\]' 10
}

# ---- a boot loader chosen in the browser ----

begin_screens
check "a .conf that is no layout is not listed" sh -c "! tmux -L $tmux_socket capture-pane -p | grep -q nginx"
row typo
shows "a layout with a mistake is listed" '> typo\.conf +cannot be read'
shows "with its reason" 'line [0-9]+: offset = "32KB"'
press Enter "and cannot be chosen" 'typo\.conf cannot be used: line' 5
row imx8mp
shows "the boot loader is missing" 'u-boot: file missing \(Enter chooses it\)'
shows "and so is its name" 'Enter choose file'
press Enter "the browser asks for it" 'Choose u-boot for imx8mp \(flash\.bin, at most 4064 KiB\)' 5
check "with the key line of a browser" sh -c "tmux -L $tmux_socket capture-pane -p | tail -n 1 | grep -q 'Backspace up'"
press q "q goes back" 'u-boot: file missing' 5
press Enter "again" 'Choose u-boot for imx8mp' 5
press / "the folder of the loaders" 'Search:' 5
type_keys "loaders"
shows "is found" '> loaders/'
press Enter
press Enter "and opened" '^ +[^ ]+/site/loaders *$' 5
shows "all files can be chosen" 'env\.bin'
press End "a file that is too large" '> too-large\.bin' 5
press Enter "is refused with the reason" 'blob u-boot is larger than its max: .* instead of 4064 KiB\. Choose' 5
press Up "the right one" '> flash-evk\.bin +.* 1\.5 MiB' 5
press Enter "is shown in the layout" 'u-boot 1\.5 MiB at 32 KiB' 5
shows "and drawn" 'u-boot 1\.5 MiB, 2\.5 MiB free, rootfs ext4 251 MiB'
press Enter "Review" 'will be erased' 5
shows "has the boot loader" 'Boot +u-boot 1\.5 MiB at 32 KiB'
press Left "back" 'single-mbr' 5
shows "the choice stays" 'u-boot 1\.5 MiB at 32 KiB'
press Enter "to Review" 'will be erased' 5
installs
check "the boot loader is at its place" cmp -n 1572864 -i 32768:0 board.img loaders/flash-evk.bin
check "nothing is behind it" cmp -n $((4194304 - 32768 - 1572864)) -i $((32768 + 1572864)):0 board.img /dev/zero
mount_partition "$tmp/site/board.img" 1 "$tmp/site/mnt" && ok "the root filesystem is there"
check "with its content" cmp mnt/bin/program "$tmp/tree/bin/program"
umount "$tmp/site/mnt"

# ---- a path, and several blobs ----

begin_screens
press p "a path is asked for" 'Layout: .*/site/' 5
type_keys "none.conf"
press Enter "one that leads nowhere" 'read: No such file or directory\. Type another path' 5
press C-u
type_keys "typo.conf"
press Enter "one with a mistake" '= "32KB": must be a size in bytes' 5
press C-u
type_keys "../elsewhere/t"
press Tab "is completed" 'elsewhere/two\.conf' 5
press Enter "and listed first, with the cursor" '> two +' 5
shows "lacks two files" 'u-boot: file missing, env: file missing \(Enter chooses them\)'
press Enter "the first one is asked for" 'Choose u-boot for two \(u-boot\.bin, at most 1600 KiB\)' 5
shows "in the folder of the layout" '^ +[^ ]+/elsewhere *$'
press p "by a path" 'File: ' 5
type_keys "../site/loaders/flash-evk.bin"
press Enter "then the second one" 'Choose env for two:' 5
press p "by a path, too" 'File: ' 5
type_keys "../site/loaders/too-large.bin"
press Enter "one that would overlap is refused" 'blob env .* overlaps partition rootfs' 5
press C-u
type_keys "../site/loaders/env.bin"
press Enter "both are given" 'u-boot 1\.5 MiB at 32 KiB, env 2\.9 KiB at 2 MiB' 5
press q "back to the archive" '> rootfs\.tar\.zst' 5
press Enter "and to the layouts: the choices stay" 'u-boot 1\.5 MiB at 32 KiB, env 2\.9 KiB at 2 MiB' 5
press Enter "Review" 'will be erased' 5
installs
check "two: u-boot" cmp -n 1572864 -i 32768:0 board.img loaders/flash-evk.bin
check "two: env" cmp -n 3000 -i 2097152:0 board.img loaders/env.bin

# ---- from the command line ----

begin_screens --layout "$tmp/elsewhere/two.conf" --blob env=loaders/env.bin
shows "--blob gives one of two" '> two'
shows "the other one is missing" 'u-boot: file missing \(Enter chooses it\), env 2\.9 KiB at 2 MiB'
# The file of the layout appears, the given one stays; a file that changes afterwards is found.
cp loaders/flash-evk.bin "$tmp/elsewhere/u-boot.bin"
press q "back to the archive" '> rootfs\.tar\.zst' 5
press Enter "the layout is read again" 'u-boot 1\.5 MiB at 32 KiB, env 2\.9 KiB at 2 MiB' 5
press Enter "Review" 'will be erased' 5
head -c 2000 /dev/urandom >loaders/env.bin
type_keys "board.img"
press Enter "a file that has changed" 'was changed or removed since the layout was read' 10
press Left "choosing the layout again" 'env 2 KiB at 2 MiB' 5
press Enter "is enough" 'Type its name' 5
press C-c "Ctrl-C asks" 'Quit boardstrap' 5
press y "y quits" '\[exit 3\]' 10
same "nothing was written" 0 "$(stat -c %b board.img)"

# ---- the installed layouts ----

mkdir -p "$tmp/usr/bin" "$tmp/usr/share/boardstrap/layouts"
cp "$BOARDSTRAP" "$tmp/usr/bin/boardstrap"
cp "$top"/assets/layouts/*.conf "$tmp/usr/share/boardstrap/layouts"
BOARDSTRAP=$tmp/usr/bin/boardstrap begin_screens
all=$((3 + 2 + $(find "$top/assets/layouts" -name '*.conf' | wc -l)))
shows "built-in ones, those beside the archive, the installed ones" "1 of $all"
row rockchip
shows "an installed one lacks its boot loader" 'u-boot: file missing'
press Enter "the browser begins beside the archive" '^ +[^ ]+/site *$' 5
shows "and asks for it by its name" 'Choose u-boot for rockchip \(u-boot-rockchip\.bin'
press p "a path" 'File: ' 5
type_keys "loaders/flash-evk.bin"
press Enter "is taken" 'u-boot 1\.5 MiB at 32 KiB' 5
press Enter "Review" 'Boot +u-boot 1\.5 MiB at 32 KiB' 5
press C-c "Ctrl-C asks" 'Quit boardstrap' 5
press y "y quits" '\[exit 3\]' 10

mux kill-server
cd / || exit 1
finish
