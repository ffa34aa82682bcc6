#!/bin/bash
# SPDX-License-Identifier: MIT
#
# partition-archives.sh - one archive per partition: from options and from a layout file, each compressed in another
# way. The kernel's own filesystems show that each partition has its tree; and archives that would lie on top of
# each other, or are damaged, are refused before anything is written.
. "$(dirname "$0")/lib.sh"
begin zstd gzip xz tar sfdisk losetup mkfs.ext4 jq

make_tree "$tmp/tree"
mkdir -p "$tmp/tree/data" "$tmp/tree/boot"
chmod 750 "$tmp/tree/data"
touch -d "2003-04-05 06:07:08" "$tmp/tree/data"
# No folder of its own: the one of the root filesystem remains.
mkdir -p "$tmp/data/etc"
echo "of the data" >"$tmp/data/etc/passwd"
head -c 3000000 /dev/urandom >"$tmp/data/large"
ln "$tmp/data/large" "$tmp/data/etc/hard"
ln -s /data/large "$tmp/data/etc/soft"
chown 1000:1000 "$tmp/data/large"
mkdir -p "$tmp/boot/overlays"
head -c 200000 /dev/urandom >"$tmp/boot/kernel.img"
echo "of the boot partition" >"$tmp/boot/overlays/note"
cd "$tmp" || exit 1
tar -C tree --format=posix --numeric-owner -cf - . | zstd -q -1 -o rootfs.tar.zst
tar -C data --format=posix --numeric-owner -czf data.tar.gz etc large
tar -C boot --format=posix --numeric-owner -cJf ./boot=v1.tar.xz .
cat >board.conf <<'E2'
partition "boot" { size = 64M format = ext4 mount = /boot bootable = true }
partition "data" { size = 64M format = ext4 mount = /data }
partition "rootfs" { grow = true format = ext4 mount = / }
E2
sed -e 's,mount = /boot,archive = "boot=v1.tar.xz" &,' -e 's,mount = /data,archive = none.tar &,' \
	-e 's,mount = / ,archive = rootfs.tar.zst &,' board.conf >archives.conf
sed 's,none.tar,data.tar.gz,' archives.conf >archives2.conf
rest=(--target board.img --allow image,unbootable)

# content NAME: each partition has the tree of its archive.
content() {
	local dir=mnt
	mount_partition board.img 3 $dir || die "the root filesystem cannot be mounted"
	mount_partition board.img 2 $dir/data || die "/data cannot be mounted"
	mount_partition board.img 1 $dir/boot || die "/boot cannot be mounted"
	"$here/tree.sh" $dir | grep -v '^[^	]*/lost+found	' >got # mkfs makes them
	check "$1: each partition has every entry of its archive, with its metadata" diff -a want got
	umount $dir/boot $dir/data $dir
	mounts=()
}

# What is wanted: the tree of /, with those of the partitions in it. The folder of /data is that of /.
cp -a tree wanted
cp -a data/* wanted/data/
rmdir wanted/boot
cp -a boot wanted/boot
chmod 750 wanted/data
touch -r tree/data wanted/data
touch -r tree wanted
"$here/tree.sh" wanted >want

image board.img 300M
run 0 "archives by options" install --yes "${rest[@]}" --layout ./board.conf --archive rootfs.tar.zst \
	--archive data=data.tar.gz --archive=boot=./boot=v1.tar.xz --json
content "by options"
check "the plan has all archives" jq -se 'map(select(.event == "plan"))[0] |
	.archive.name == "rootfs.tar.zst" and ([.archives[] | "\(.partition) \(.mount) \(.name) \(.compression)"] ==
	["null / rootfs.tar.zst zstd", "data /data data.tar.gz gzip", "boot /boot boot=v1.tar.xz xz"])' out
check "and so has the result" jq -se --arg sha "$(sha256sum data.tar.gz | cut -d ' ' -f 1)" \
	'.[-1] | .archive.name == "rootfs.tar.zst" and .archives[1].partition == "data" and
	.archives[1].sha256 == $sha' out
check "gauges never go back, and end at their totals" jq -se '
	[.[] | select(.event == "progress")] | . as $all |
	([range(1; length) | $all[.].percent >= $all[. - 1].percent and
	$all[.].archive.done >= $all[. - 1].archive.done and
	$all[.].extracted.done >= $all[. - 1].extracted.done] | all) and
	(last | .archive.done == .archive.total and .extracted.done == .extracted.total)' out
same "the gauge of the archives counts all files" "$(cat rootfs.tar.zst data.tar.gz boot=v1.tar.xz | wc -c)" \
	"$(jq -s 'map(select(.event == "progress" and .archive.total)) | last.archive.total' out)"
check "the messages name each archive" jq -se '[.[] | select(.event == "message").text |
	select(startswith("Extracting"))] == ["Extracting rootfs.tar.zst to /",
	"Extracting data.tar.gz to /data", "Extracting boot=v1.tar.xz to /boot"]' out

image board.img 300M
install 0 "archives of the layout, one replaced" "${rest[@]}" --layout ./archives.conf \
	--archive data=data.tar.gz
content "by the layout"
check "the printed plan names them" grep -q "data: data.tar.gz, .* entries" out

for tar in busybox bsdtar; do
	command -v $tar >/dev/null || continue
	printf '#!/bin/sh\nexec busybox tar "$@"\n' >busybox-tar
	chmod +x busybox-tar
	[ $tar = bsdtar ] && program=$(command -v bsdtar) || program=./busybox-tar
	image board.img 300M
	install 0 "with $tar" "${rest[@]}" --layout ./archives.conf --archive data=data.tar.gz --tar "$program"
	content "with $tar"
done

# ---- refused ----

refused() { # NAME PATTERN OPTION...
	image board.img 300M
	run 2 "$1" install --yes "${rest[@]}" "${@:3}" && says "$1" "$2"
	same "$1: nothing was written" 0 "$(stat -c %b board.img)"
}

echo stray >tree/data/stray
tar -C tree --format=posix --numeric-owner -cf stray.tar .
refused "an entry below the folder of another archive" \
	"stray.tar has 1 entry below /data, which data.tar.gz fills: data/stray" --layout ./board.conf \
	--archive stray.tar --archive data=data.tar.gz
image board.img 300M
install 0 "but without that archive it is installed" "${rest[@]}" --layout ./board.conf --archive stray.tar
mount_partition board.img 2 mnt
check "into the partition" grep -q stray mnt/stray
umount mnt
mounts=()
head -c 100000 data.tar.gz >cut.tar.gz
refused "a second archive that is cut" "cut.tar.gz: the gzip data is cut short" --layout ./board.conf \
	--archive rootfs.tar.zst --archive data=cut.tar.gz --archive "boot=./boot=v1.tar.xz"
refused "a missing archive of the layout" "cannot be opened: No such file" --layout ./archives.conf
printf '%064d  data.tar.gz\n' 0 >data.tar.gz.sha256
refused "a digest that differs" "data.tar.gz: the SHA-256 in data.tar.gz.sha256 does not match" \
	--layout ./board.conf --archive rootfs.tar.zst --archive data=data.tar.gz
rm data.tar.gz.sha256
refused "two archives for /" "given twice for /" --layout ./board.conf --archive rootfs.tar.zst \
	--archive rootfs=rootfs.tar.zst
refused "an unknown partition" "layout board has no partition of this name. Use one of: boot, data, rootfs" \
	--layout ./board.conf --archive rootfs.tar.zst --archive dta=data.tar.gz
refused "no archive for /" "needs --archive FILE" --layout ./board.conf --archive data=data.tar.gz
head -c 62000000 /dev/zero | tr '\0' x >large
tar -cf large.tar large
refused "an archive that is too large for its partition" "large.tar does not fit on board.img, partition 2" \
	--layout ./board.conf --archive rootfs.tar.zst --archive data=large.tar
refused "an archive on the target" "archive" --layout ./board.conf --archive rootfs.tar.zst --archive data=board.img

# ---- inspect, and the screens ----

run 0 "inspect with a layout reads its archives, too" inspect --json --layout ./archives2.conf rootfs.tar.zst
check "and counts their entries" jq -e '.ok and .entries > 62' out

menu() {
	start "env TERM=screen $BOARDSTRAP --target board.img --allow image,unbootable --layout ./board.conf $1"
	shows "$2: screen 1" '> *board\.img' || return 1
	enter_until "$2: screen 2" 'rootfs\.tar\.zst' || return 1
	press p "$2: a path can be typed" 'Path: ' || return 1
	type_keys "rootfs.tar.zst"
	press Enter "$2: screen 3" 'board.*3 partitions|/data' || return 1
	press Enter "$2: screen 4" 'will be erased|Cannot install' || return 1
}
if command -v tmux >/dev/null; then
	export LC_ALL=C.UTF-8
	image board.img 300M
	menu "--archive data=data.tar.gz --archive boot=./boot=v1.tar.xz" screens
	shows "Review has the archives" 'data: data\.tar\.gz 2\.9 MiB, boot: boot=v1\.tar\.xz'
	shows "and asks for a word" 'Type its name, board\.img'
	press Left "Left goes back to the layouts" 'single-mbr'
	press Down
	press Enter "a layout without these partitions is refused" \
		'layout single-gpt has no'
	press q "back again" 'single-mbr'
	press Up
	press Enter "the first one has them again" 'data: data\.tar\.gz'
	shows "and asks for a word again" 'Type its name, board\.img'
	type_keys "board.img"
	press Enter "it installs to the end" 'exit code 0' 120
	press q
	content "by the screens"
else
	skip "the screens" "tmux is not installed"
fi

finish
