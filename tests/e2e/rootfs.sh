#!/bin/bash
# SPDX-License-Identifier: MIT
#
# rootfs.sh - installs a real Debian root filesystem, plus everything that is easily lost, on an image;
# other programs compare the image with the tree that was packed.
. "$(dirname "$0")/lib.sh"
begin zstd xz tar sfdisk losetup e2fsck blkid getfattr setfattr setfacl

# Adds everything that is lost if tar runs without one of its options.
add_layer() {
	local d=$1/opt/layer long
	mkdir -p "$d"
	make_tree "$d/all"
	cp /bin/true "$d/capable"
	setcap cap_net_raw,cap_net_admin+ep "$d/capable" 2>/dev/null ||
		setfattr -n security.capability -v 0x0100000200300000000000000000000000000000 "$d/capable"
	echo text >"$d/attributes"
	setfattr -n user.comment -v "a value" "$d/attributes"
	setfattr -n user.binary -v 0x00ff0001 "$d/attributes"
	setfattr -n trusted.secret -v 0x01 "$d/attributes"
	setfattr -n user.folder -v yes "$d/all"
	# The group bits of the mode are then those of the mask.
	echo text >"$d/listed"
	setfacl -m u:1234:r,g::rwx,g:77:x,m::rw "$d/listed"
	mkdir "$d/inherits"
	setfacl -d -m u:1234:rwx,g:77:- "$d/inherits"
	echo inherited >"$d/inherits/file"
	echo plain >"$d/inherits/plain"
	setfacl -b "$d/inherits/plain"
	cp /bin/true "$d/suid" && chmod 6755 "$d/suid"
	mkdir "$d/sgid" && chmod 2775 "$d/sgid" && chown 0:50 "$d/sgid"
	ln "$d/attributes" "$d/attributes-hard"
	# A hole of 96 MiB, with a few bytes after it.
	truncate -s 96M "$d/sparse"
	echo end >>"$d/sparse"
	# Names: blanks, quotes, a newline, a leading dash, UTF-8, Latin-1, the longest, a long path.
	: >"$d/ a b "
	: >"$d/quote'\"\$x\`"
	: >"$d/new
line"
	: >"$d/-rf"
	: >"$d/back\\slash"
	: >"$d/$(printf 'utf8-\303\244\342\202\254\360\237\220\247')"
	: >"$d/$(printf 'latin1-\344\374')"
	long=$(printf 'n%.0s' $(seq 255))
	echo long >"$d/$long"
	mkdir -p "$d/${long:0:120}/${long:0:110}/${long:0:100}"
	echo deep >"$d/${long:0:120}/${long:0:110}/${long:0:100}/file"
	ln -s "$(printf 't%.0s' $(seq 150))" "$d/long-link"
	ln -s "$d" "$d/absolute-link"
	ln "$d/${long:0:120}/${long:0:110}/${long:0:100}/file" "$d/hard-to-deep"
	# Times: before 1970, after 2038, with nanoseconds, of a folder and of a link.
	touch -d "1969-12-31 23:00:00 UTC" "$d/-rf"
	touch -d "2040-01-01 00:00:00 UTC" "$d/ a b "
	touch -d "2020-02-02 02:02:02.123456789 UTC" "$d/attributes"
	touch -h -d "2011-11-11 11:11:11 UTC" "$d/long-link"
	touch -d "2005-05-05 05:05:05 UTC" "$d/sgid"
	chmod 0000 "$d/back\\slash"
}

note "a Debian root filesystem, made once"
"$top/tests/tools/minbase.sh" "$CACHE/minbase.tar" 2>"$tmp/why" || {
	quote <"$tmp/why"
	skip_all "$(tail -n 1 "$tmp/why")"
}
mkdir "$tmp/tree"
tar -C "$tmp/tree" --xattrs --xattrs-include='*' --numeric-owner -xpf "$CACHE/minbase.tar"
# A tree with none of these and with times in whole seconds, because GNU's tar format has no fractions.
mkdir "$tmp/plain"
tar -C "$tmp/tree" --format=gnu --numeric-owner -cf - . | tar -C "$tmp/plain" --numeric-owner -xpf -
add_layer "$tmp/tree"
"$here/tree.sh" "$tmp/tree" >"$tmp/tree.want"
"$here/tree.sh" "$tmp/plain" >"$tmp/plain.want"
note "$(find "$tmp/tree" | wc -l) entries, $(du -sm "$tmp/tree" | cut -f 1) MiB"

pack() { # DIR: a tar stream as a careful image builder creates it
	tar -C "$1" --format=posix --sparse --sort=name --numeric-owner --xattrs --xattrs-include='*' --acls \
		--pax-option=delete=atime,delete=ctime -cf - .
}
check "pack as .tar.zst" sh -c "$(declare -f pack); pack $tmp/tree | zstd -q -T0 -1 >$tmp/rootfs.tar.zst"
check "pack as .tar.xz" sh -c "$(declare -f pack); pack $tmp/tree | xz -T0 -0 >$tmp/rootfs.tar.xz"
# For a tar without support for extended attributes: an archive without them, and without a sparse file.
check "pack without attributes" sh -c "tar -C $tmp/plain --format=gnu --numeric-owner -cf - . |
	gzip -1 >$tmp/plain.tar.gz"
(cd "$tmp" && sha256sum rootfs.tar.zst >rootfs.tar.zst.sha256)

# judge WANT LAYOUT-TABLE IMAGE: checks everything about an installed image.
judge() {
	local want=$1 table=$2 image=$3 loop
	same "$image: the table is $table" "$table" "$(blkid -p -o value -s PTTYPE "$tmp/$image")"
	check "$image: sfdisk accepts the table" sfdisk -V -q "$tmp/$image"
	same "$image: one partition, from 4 MiB" 8192 "$(partition "$tmp/$image" 1 | cut -d ' ' -f 1)"
	same "$image: and no other" "" "$(partition "$tmp/$image" 2)"
	loop=$(attach_partition "$tmp/$image" 1) || die "$image: no partition to attach"
	check "$image: e2fsck -fn finds no error" e2fsck -fn "$loop"
	same "$image: ext4 named rootfs" "ext4 rootfs" \
		"$(blkid -p -o value -s TYPE "$loop") $(blkid -p -o value -s LABEL "$loop")"
	check "$image: it has a journal" sh -c "dumpe2fs -h $loop 2>/dev/null | grep -q has_journal"
	same "$image: it was unmounted cleanly" clean \
		"$(dumpe2fs -h "$loop" 2>/dev/null | sed -n 's/^Filesystem state: *//p')"
	losetup -d "$loop"
	mount_partition "$tmp/$image" 1 "$tmp/mnt" || die "$image: cannot mount it"
	"$here/tree.sh" "$tmp/mnt" >"$tmp/got"
	check "$image: every entry is as it was packed" diff -a "$tmp/$want" "$tmp/got"
	if [ -e "$tmp/mnt/opt/layer/sparse" ]; then
		check "$image: the sparse file has its hole" \
			test "$(stat -c %b "$tmp/mnt/opt/layer/sparse")" -lt 2048
	fi
	umount "$tmp/mnt"
}

image zst.img 2G
if install 0 "install .tar.zst" --target "$tmp/zst.img" --archive "$tmp/rootfs.tar.zst" --allow image; then
	judge tree.want gpt zst.img
fi
nothing_left "and lets go of everything"

image xz.img 2G
if install 0 "install .tar.xz, single-mbr" --target "$tmp/xz.img" --archive "$tmp/rootfs.tar.xz" \
	--allow image --layout single-mbr; then
	judge tree.want dos xz.img
fi
rm -f "$tmp/zst.img"

# A second install on the same image leaves nothing of the first.
if install 0 "install over the last one" --target "$tmp/xz.img" --archive "$tmp/plain.tar.gz" \
	--allow image; then
	judge plain.want gpt xz.img
fi
rm -f "$tmp/xz.img"

bsd=$(command -v bsdtar)
if [ -n "$bsd" ]; then
	image bsd.img 2G
	if install 0 "install with bsdtar" --target "$tmp/bsd.img" --archive "$tmp/plain.tar.gz" \
		--allow image --tar "$bsd"; then
		judge plain.want gpt bsd.img
	fi
	rm -f "$tmp/bsd.img"
else
	skip "install with bsdtar" "bsdtar is not installed"
fi

box=$(command -v busybox)
if [ -n "$box" ]; then
	image box.img 2G
	if install 0 "install with busybox" --target "$tmp/box.img" --archive "$tmp/plain.tar.gz" \
		--allow image --tar "$box"; then
		judge plain.want gpt box.img
	fi
	# BusyBox would lose the attributes: refused, and nothing written.
	image refused.img 2G
	install 2 "busybox is refused for an archive with attributes" --target "$tmp/refused.img" \
		--archive "$tmp/rootfs.tar.zst" --allow image --tar "$box"
	says "the reason" "extended attributes.*GNU tar"
	same "nothing was written" 0 "$(stat -c %b "$tmp/refused.img")"
else
	skip "install with busybox" "busybox is not installed"
fi

finish
