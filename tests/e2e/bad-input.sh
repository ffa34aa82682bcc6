#!/bin/bash
# SPDX-License-Identifier: MIT
#
# bad-input.sh - every error that can be found before writing ends with exit code 2, one sentence that
# names it, and not a byte written.
. "$(dirname "$0")/lib.sh"
begin jq zstd xz gzip tar losetup unshare setpriv sfdisk mkfs.ext4 script

truncate -s 96M "$tmp/board.img"
# The image is not empty, so that a write to it changes something.
head -c 3M /dev/urandom | dd of="$tmp/board.img" conv=notrunc status=none
head -c 1M /dev/urandom | dd of="$tmp/board.img" bs=1M seek=95 conv=notrunc status=none
before=$(sha256sum "$tmp/board.img")
make_tree "$tmp/tree"
cd "$tmp" || exit 1
tar -C tree --format=posix --numeric-owner -cf good.tar .
zstd -q good.tar -o good.tar.zst
xz -k -0 good.tar
gzip -k good.tar

untouched() { # NAME
	same "$1: nothing was written" "$before" "$(sha256sum "$tmp/board.img")"
}

# refused NAME PATTERN ARG...: `install --yes` with these arguments is refused.
refused() {
	local name=$1 pattern=$2
	shift 2
	install 2 "$name" "$@" && says "$name" "$pattern"
	untouched "$name"
}

to_board=(--target board.img --allow image --archive)

# ---- the archive ----

refused "archive missing" "nowhere\.tar.*(exist|not there|No such)" "${to_board[@]}" nowhere.tar
refused "archive is a folder" "folder|directory" "${to_board[@]}" tree
: >empty.tar
refused "archive empty" "empty" "${to_board[@]}" empty.tar
head -c 100000 /dev/urandom >random.tar.gz
refused "archive is no archive" "not a|no tar" "${to_board[@]}" random.tar.gz
head -c 100000 /dev/zero >zeros.tar
refused "archive is zeros" "zeros\.tar" "${to_board[@]}" zeros.tar
printf 'PK\003\004' | cat - random.tar.gz >a.zip
refused "archive is a zip" "zip" "${to_board[@]}" a.zip
zstd -q random.tar.gz -o random.zst
refused "compressed, but no tar inside" "random\.zst|tar" "${to_board[@]}" random.zst
echo "text" | gzip >text.gz
refused "a compressed text" "text\.gz|tar" "${to_board[@]}" text.gz
refused "archive is a device" "/dev/zero" "${to_board[@]}" /dev/zero
mkfifo fifo
refused "archive is a named pipe" "fifo" "${to_board[@]}" fifo
refused "archive is standard input" "must be a file" "${to_board[@]}" -

# A truncated archive never passes, wherever it was cut. Each cut is a separate run.
for kind in tar tar.gz tar.xz tar.zst; do
	size=$(stat -c %s "good.$kind")
	end=$size
	# A plain tar may lose only the padding after the end mark.
	[ $kind != tar ] || end=$((size - 10240))
	wrong=
	for cut in 1 100 511 512 513 1024 $((end / 5)) $((end / 3)) $((end / 2)) $((end / 512 / 2 * 512)) \
		$((end * 3 / 4)) $((end * 9 / 10)) $((end - 513)) $((end - 100)) $((end - 10)) $((end - 1)); do
		head -c $cut "good.$kind" >"cut.$kind"
		timeout 60 "$BOARDSTRAP" install --yes --plain "${to_board[@]}" "cut.$kind" >out 2>err </dev/null
		code=$?
		if [ $code != 2 ] || ! grep -q '^boardstrap: .* ' err; then
			wrong="$wrong $cut:exit-$code"
		fi
	done
	same "every cut of good.$kind is refused with a sentence" "" "$wrong"
	untouched "cuts of good.$kind"
done

# One wrong byte in the middle.
for kind in tar.gz tar.xz tar.zst; do
	cp "good.$kind" "bad.$kind"
	printf '\377\000\252' | dd of="bad.$kind" bs=1 seek=$(($(stat -c %s "bad.$kind") / 2)) conv=notrunc \
		status=none
	refused "corrupt .$kind" "bad\.$kind" "${to_board[@]}" "bad.$kind"
done
cp good.tar bad.tar
printf 'XXXX' | dd of=bad.tar bs=1 seek=$(($(stat -c %s bad.tar) / 512 / 2 * 512 + 100)) conv=notrunc status=none
# In a plain tar only a digest reveals a wrong byte of content.
cp good.tar digest.tar
sha256sum digest.tar >digest.tar.sha256
printf 'another text' | dd of=digest.tar bs=1 seek=$(($(stat -c %s digest.tar) / 2)) conv=notrunc status=none
refused "the digest file disagrees" "digest\.tar.*(SHA-256|sha256|digest)" "${to_board[@]}" digest.tar
cp good.tar.xz tail.tar.xz
echo "garbage behind" >>tail.tar.xz
refused "garbage behind the archive" "tail\.tar\.xz" "${to_board[@]}" tail.tar.xz

# Paths that leave the target.
(mkdir -p evil/in && cd evil/in && echo x >x && tar -P --transform='s,x,../../escape,' -cf ../../escape.tar x)
refused "an archive that leaves the target" "escape\.tar" "${to_board[@]}" escape.tar
tar -P -cf absolute.tar "$tmp/good.tar.gz" 2>/dev/null
refused "absolute names" "absolute\.tar" "${to_board[@]}" absolute.tar

# Content that does not fit is refused before writing, with both sizes.
mkdir big
truncate -s 300M big/zeros
tar -C big -cf - . | zstd -q >big.tar.zst
refused "archive bigger than the target" "(fit|small).*[0-9] [MG]iB" "${to_board[@]}" big.tar.zst
mkdir many
(cd many && seq -f 'file-%.0f' 80000 | xargs touch)
tar -C many -cf - . | zstd -q >many.tar.zst
rm -rf many
refused "more files than inodes" "80[,0-9]* files" "${to_board[@]}" many.tar.zst

# An archive that cannot be read: the image of its mounted filesystem is truncated.
truncate -s 24M medium.img
mkfs.ext4 -q -F -b 4096 medium.img
mkdir medium
mount -o loop medium.img medium && mounts+=("$tmp/medium")
head -c 12M /dev/urandom >medium/content
tar -C medium -cf - content | zstd -q >medium/archive.tar.zst 2>/dev/null
rm medium/content
sync -f medium
umount medium
mount -o loop,ro medium.img medium
truncate -s 13M medium.img
blockdev --flushbufs "$(findmnt -n -o SOURCE medium)"
if cat medium/archive.tar.zst >/dev/null 2>&1; then
	skip "an archive that cannot be read" "this kernel still reads it"
else
	refused "an archive that cannot be read" "archive\.tar\.zst" "${to_board[@]}" medium/archive.tar.zst
fi
umount medium

# ---- the target ----

refused "target missing" "nowhere.*exist" --target nowhere --allow image --archive good.tar.zst
refused "target is a folder" "neither|folder|directory" --target tree --allow image --archive good.tar.zst
refused "target is a character device" "/dev/null" --target /dev/null --allow image --archive good.tar.zst
refused "an image that was not allowed" "allow" --target board.img --archive good.tar.zst
truncate -s 3M small.img
refused "target too small for the layout" "small\.img|fit|small" --target small.img --allow image \
	--archive good.tar.zst
: >zero.img
refused "target of no size" "zero\.img|fit|small" --target zero.img --allow image --archive good.tar.zst
refused "another device than expected" "expected" "${to_board[@]}" good.tar.zst --expect-id 0x12345678

# One file with two names.
{ cat linked.tar 2>/dev/null; tar -cf - tree; } >self.tar
truncate -s 96M self.tar
self_before=$(sha256sum <self.tar)
refused "the archive itself as the target" "is the archive itself" --target self.tar --allow image \
	--archive self.tar
same "and the archive is as it was" "$self_before" "$(sha256sum <self.tar)"
loop=$(losetup -f --show board.img)
other=$(losetup -f --show board.img)
refused "an image in use through a loop device" "in use through /dev/loop" "${to_board[@]}" good.tar.zst
refused "a loop device beside another over its file" "in use through" --target "$loop" --allow loop \
	--archive good.tar.zst
run 2 "a dry run refuses it as well" install --dry-run --plain "${to_board[@]}" good.tar.zst
losetup -d "$loop" "$other"

# Entries that FAT cannot hold are counted before anything is written.
mkdir -p linked/boot && ln -s target linked/boot/a-link && : >"linked/boot/a:colon"
tar -C linked -cf linked.tar .
truncate -s 1G roomy.img
refused "a link in what goes to a FAT partition" "cannot hold 2 of .*a-link is a symbolic link|boot/a:colon has a name" \
	--target roomy.img --allow image --archive linked.tar --layout boot-root
mkdir -p heavy/boot && truncate -s 300M heavy/boot/image
tar -C heavy -cf heavy.tar .
refused "more in /boot than its partition holds" "does not fit on .*/boot" \
	--target roomy.img --allow image --archive heavy.tar --layout boot-root
rm heavy.tar
same "and the roomy image is as it was" 0 "$(stat -c %b roomy.img)"

modprobe -q vfat 2>/dev/null
if grep -qw vfat /proc/filesystems; then
	skip "a filesystem that this kernel does not know" "it knows vfat"
else
	truncate -s 1G wide.img
	refused "a filesystem that this kernel does not know" "kernel cannot mount vfat" --target wide.img \
		--allow image --archive good.tar.zst --layout boot-root
	same "and the wide image is as it was" 0 "$(stat -c %b wide.img)"
fi

# A loop device on top of the board's image: read-only, mounted, partitioned.
loop=$(losetup -r -f --show board.img)
refused "target read-only" "write|read-only" --target "$loop" --allow loop --archive good.tar.zst
losetup -d "$loop"
truncate -s 96M mounted.img
mkfs.ext4 -q -F mounted.img
loop=$(losetup -f --show mounted.img)
mkdir mnt
mount "$loop" mnt && mounts+=("$tmp/mnt")
cp good.tar.zst mnt/
sync -f mnt
refused "target mounted" "mount" --target "$loop" --allow loop --archive good.tar.zst
refused "target holds the archive" "archive" --target "$loop" --allow loop --archive mnt/good.tar.zst
refused "image in use through a loop device" "refused: .*(loop|use|mount)" --target mounted.img --allow image \
	--archive good.tar.zst
umount mnt
losetup -d "$loop"
truncate -s 64M parted.img
echo 'start=2048, size=8192' | sfdisk -q parted.img
loop=$(losetup -f --show parted.img)
if partx -a "$loop" 2>/dev/null && wait_for 5 test -b "${loop}p1"; then
	refused "target is a partition" "partition" --target "${loop}p1" --allow loop --archive good.tar.zst
	mkfs.ext4 -q -F "${loop}p1"
	mount "${loop}p1" mnt
	refused "a partition of it is mounted" "mount" --target "$loop" --allow loop --archive good.tar.zst
	umount mnt
	partx -d "$loop"
else
	skip "target is a partition" "this machine makes no partitions on loop devices"
fi
losetup -d "$loop"

root=$(findmnt -n -o SOURCE /)
if [ -b "$root" ]; then
	disk=$(lsblk -n -o PKNAME "$root" | head -n 1)
	[ -z "$disk" ] || root=/dev/$disk
	all=emmc,sd,usb,disk,loop,image
	refused "the disk of the running system" "running system|refused" --target "$root" --allow $all \
		--archive good.tar.zst
else
	skip "the disk of the running system" "/ is on no disk of this machine ($root)"
fi

# ---- programs and rights ----

# hidden PROGRAM COMMAND...: runs it without that program, in a private mount namespace.
hidden() {
	local path
	path=$(realpath "$(command -v "$1")")
	shift
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount --bind /dev/null "$0" && exec "$@"' "$path" "$@"
}
without() { # PROGRAM PATTERN ARCHIVE
	local code=0
	hidden "$1" "$BOARDSTRAP" install --yes --plain "${to_board[@]}" "$3" >out 2>err </dev/null || code=$?
	same "without $1: exit 2" 2 $code
	says "without $1" "$2"
	untouched "without $1"
}
without tar "tar" good.tar.zst
without mkfs.ext4 "mkfs\.ext4.*e2fsprogs" good.tar.zst
without zstd "zstd" good.tar.zst
without xz "xz" good.tar.xz

code=0
chmod 755 "$tmp"
setpriv --reuid 65534 --regid 65534 --clear-groups "$BOARDSTRAP" install --yes --plain "${to_board[@]}" \
	good.tar.zst >out 2>err </dev/null || code=$?
if [ $code = 126 ] || [ $code = 127 ]; then
	skip "not root" "the user nobody cannot run $BOARDSTRAP at its path"
else
	same "not root: exit 2" 2 $code
	says "not root" "root"
	untouched "not root"
	chmod 000 good.tar.xz
	code=0
	setpriv --reuid 65534 --regid 65534 --clear-groups "$BOARDSTRAP" inspect good.tar.xz >out 2>err || code=$?
	same "an archive without read permission: exit 2" 2 $code
	says "an archive without read permission" "good\.tar\.xz.*([Pp]ermi|read|allow)"
	chmod 644 good.tar.xz
fi
refused "a tar that is none" "tar" "${to_board[@]}" good.tar.zst --tar /bin/false
refused "a tar that is not there" "tar" "${to_board[@]}" good.tar.zst --tar /nowhere/tar

# ---- usage ----

usage() { # NAME PATTERN ARG...
	local name=$1 pattern=$2
	shift 2
	run 2 "$name" "$@" && says "$name" "$pattern"
	untouched "$name"
}
usage "an unknown command" "did you mean 'install'" instal
usage "an unknown option" "did you mean '--target'" install --taget board.img
usage "an option without its value" "needs a value" install --archive good.tar.zst --target
usage "an option of another command" "sysroot" install --sysroot /
usage "a kind that there is not" "floppy.*emmc" install --allow floppy
usage "an extra argument" "unexpected argument 'now'" install now
usage "no target" "target" install --archive good.tar.zst --yes
usage "no archive" "archive" install --target board.img --yes
usage "two targets" "twice" install --target a --target b
usage "an unknown layout" "single-gpt" install "${to_board[@]}" good.tar.zst --layout circle
usage "--plain and --json" "exclusive" install "${to_board[@]}" good.tar.zst --plain --json
usage "nobody to ask, and no --yes" "yes" install "${to_board[@]}" good.tar.zst
usage "no terminal for the screens" "plain" --target board.img

# On a terminal, a wrong confirmation word.
code=0
printf 'no\n' | timeout 60 script -qec "TERM=dumb $BOARDSTRAP install ${to_board[*]} good.tar.zst --plain" \
	/dev/null >out 2>&1 || code=$?
same "the wrong word at the question: exit 2" 2 $code
check "it asks for the word" grep -q "Type its name" out
untouched "the wrong word"

# The dry run reports the same problems, and never writes.
run 0 "a dry run" install "${to_board[@]}" good.tar.zst --dry-run
check "it prints the plan" grep -q single-gpt out
untouched "a dry run"
run 2 "a dry run of what cannot be" install "${to_board[@]}" big.tar.zst --dry-run --expect-id 0x1
check "it reports every problem" sh -c "grep -q expected err && grep -Eq 'fit' err"
untouched "a refused dry run"
run 2 "a dry run without archive, layout and tar" install --target board.img --archive nowhere.tar \
	--layout ./nowhere.conf --tar /nowhere/tar --dry-run
for word in "nowhere\.tar .*No such" "not an eMMC" "nowhere\.conf" "/nowhere/tar is not"; do
	says "each problem is reported" "$word"
done
run 2 "a dry run without a target" install --target nowhere --archive cut.tar --dry-run --json
same "the plan lists each problem" "target archive" "$(jq -r 'select(.event == "plan").problems | map(.code) | join(" ")' out)"
untouched "dry runs of what does not exist"

cd /
finish
