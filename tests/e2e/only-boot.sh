#!/bin/bash
# SPDX-License-Identifier: MIT
#
# only-boot.sh - `install --only boot` replaces the boot loader of an installed image: its file is there
# afterwards, and every other byte is as it was, by cmp and by the digests of the partitions. What would
# change more than that is refused before the first byte, and so are options without an effect.
. "$(dirname "$0")/lib.sh"
begin tmux tar sfdisk losetup addpart jq

cd "$tmp" || exit 1
mkdir -p tree/etc && echo board >tree/etc/hostname
tar -C tree --format=posix --numeric-owner -cf rootfs.tar .
cat >gpt.conf <<'EOF2'
disk {
	table = "gpt"
}
partition "env" {
	offset = "8M"
	size = "1M"
	type = "uboot-env"
}
partition "rootfs" {
	grow = true
	format = "ext4"
	label = "rootfs"
	mount = "/"
}
blob "u-boot" {
	file = "u-boot.bin"
	offset = "32K"
}
blob "environment" {
	file = "environment.bin"
	target = "partition:env"
}
EOF2
head -c 4096 /dev/urandom >environment.bin
sed 's/"gpt"/"mbr"/; s/type = "uboot-env"/type = "0xda"/' gpt.conf >mbr.conf
# A loader that grows over the first partition: of a layout for which it would be fine.
sed 's/offset = "8M"/offset = "16M"/; s/file = "u-boot.bin"/file = "large.bin"/' gpt.conf >other.conf
head -c $((9 * 1024 * 1024)) /dev/urandom >large.bin

# partitions IMAGE: the digest of each.
partitions() {
	local n loop
	for n in 1 2; do
		loop=$(attach_partition "$1" $n) || return 1
		sha256sum <"$loop"
		losetup -d "$loop"
	done
}

# boot_only CONF: an install with the layout, then the loader alone, smaller and larger than before.
boot_only() {
	local size before
	head -c 300001 /dev/urandom >u-boot.bin
	image board.img 96M
	install 0 "$1: the whole layout" --target board.img --archive rootfs.tar --allow image \
		--layout "./$1" || return
	for size in 350003 12345; do
		head -c $size /dev/urandom >u-boot.bin
		head -c 4096 /dev/urandom >environment.bin
		cp --sparse=always board.img want.img
		dd if=u-boot.bin of=want.img bs=32K seek=1 conv=notrunc status=none
		before=$(partitions board.img)
		install 0 "$1: a loader of $size bytes alone" --only boot --target board.img \
			--allow image --layout "./$1" --log log.txt
		check "the blob is the file" cmp -n $size -i 32768:0 board.img u-boot.bin
		same "all partitions are as they were" "$before" "$(partitions board.img)"
		check "and so is every other byte" cmp board.img want.img
		check "the result says so" grep -q '^PASS board.img, image: the boot loader was written and' out
		check "the plan names the blob that stays" grep -q 'environment in partition env: not written' out
		check "no step makes anything else" \
			test "$(grep -c '^\[' out)" = "$(grep -cE '^\[ OK \] (scan|check|lock|commit) ' out)"
		check "the log has the same" grep -q 'only the boot loader of layout' log.txt
	done
}
boot_only mbr.conf
boot_only gpt.conf

# ---- for programs, and dry ----

rest=(--only boot --target board.img --allow image --layout ./gpt.conf)
sum() {
	sha256sum <board.img
}
before=$(sum)
head -c 20001 /dev/urandom >u-boot.bin
run 0 "a dry run" install "${rest[@]}" --dry-run --json
check "the plan is for the boot loader" jq -e 'select(.event == "plan") | .only == "boot" and .ok and
	.archive == null and .tar == null and .layout.partitions == [] and .partitions_warning == null and
	([.layout.blobs[] | .written] == [true, false]) and .boot_loaders[0].fate == "replaced"' out
same "nothing was written" "$before" "$(sum)"
run 0 "as JSON" install "${rest[@]}" --yes --json
check "the result is for programs" jq -e 'select(.event == "result") | .code == 0 and .archive == null and
	.message == "the boot loader was written and verified; partitions were not touched"' out
same "the steps are those of the boot loader" "scan check lock commit" \
	"$(jq -r 'select(.event == "step" and .state == "done").step' out | paste -sd ' ')"
run 0 "status" status board.img
check "and status tells of it" grep -q 'the boot loader was written and verified' out

# The partitions of another layout stay, with a warning.
sed 's/size = "1M"/size = "2M"/' gpt.conf >sizes.conf
run 0 "partitions that are not the layout's" install --only boot --target board.img --allow image \
	--layout ./sizes.conf --yes --plain
check "a warning tells of them" grep -q '^Warning  The partitions of board.img are not those of' out

# ---- by keys ----

head -c 23456 /dev/urandom >u-boot.bin
cp --sparse=always board.img want.img
dd if=u-boot.bin of=want.img bs=32K seek=1 conv=notrunc status=none
start "$BOARDSTRAP --only boot --target board.img --allow image --layout ./gpt.conf"
shows "screen 1 of 3 offers the image" '> *board\.img +image'
check "without the archive" grep -q '1 Target   2 Layout   3 Review' <(screen)
enter_until "screen 2, the layouts" '> *gpt '
press Enter "screen 3 tells what stays" 'will be replaced; its partitions stay'
shows "and asks for a word" 'Type its name, board\.img'
press Left "back to the layouts" '> *gpt '
press Left "back to the target" '> *board\.img +image'
enter_until "again to the layouts" '> *gpt '
press Enter "and to the review" 'Type its name, board\.img'
type_keys "board.img"
press Enter "it writes the boot loader" 'exit code 0' 60
shows "and says what it has not touched" 'Its partitions were not' 5
press q "q ends it with exit code 0" '\[exit 0\]' 10
check "the loader was replaced, and nothing else" cmp board.img want.img

# ---- refused: not a byte changes ----

before=$(sum)
refused() { # NAME PATTERN ARG...
	local name=$1 pattern=$2
	shift 2
	run 2 "$name" install --only boot --yes --plain "$@" && says "$name" "$pattern"
	same "$name: nothing was written" "$before" "$(sum)"
}
at=(--target board.img --allow image)
refused "an archive" "reads no archive: leave out --archive" "${at[@]}" --layout ./gpt.conf --archive rootfs.tar
refused "no verification" "leave out --no-verify" "${at[@]}" --layout ./gpt.conf --no-verify
refused "no layout" "needs --target DEV\|IMAGE and --layout" "${at[@]}"
refused "a layout without a loader" "single-gpt has no boot loader.*nothing to write" "${at[@]}" --layout single-gpt
refused "a loader over a partition" \
	"Blob u-boot .* would overwrite partition 1 \(env\) of .*, which begins at 8 MiB" \
	"${at[@]}" --layout ./other.conf
refused "a table of another kind" "of the kind GPT, and layout mbr is for MBR" "${at[@]}" --layout ./mbr.conf
refused "an image that is not allowed" "image" --target board.img --layout ./gpt.conf
refused "another device" "not the expected device" "${at[@]}" --layout ./gpt.conf --expect-id 0x1234
refused "the kind of part" "unknown part" "${at[@]}" --layout ./gpt.conf --only root
# The GPT's entries are where its header has them.
if command -v sgdisk >/dev/null; then
	cp --sparse=always board.img kept.img
	sgdisk -j 64 board.img >/dev/null
	before=$(sum)
	refused "a loader over a GPT that was moved" "would overwrite the GPT of" "${at[@]}" --layout ./gpt.conf
	mv kept.img board.img
	before=$(sum)
else
	skip "a loader over a GPT that was moved" "sgdisk is not installed"
fi
cp --sparse=always board.img kept.img
truncate -s 0 board.img && truncate -s 96M board.img
before=$(sum)
refused "an image without a table" "has no partition table.*Install the whole layout" "${at[@]}" --layout ./gpt.conf
mkfs.ext4 -q -F board.img
before=$(sum)
refused "a filesystem on the whole image" "has no partition table" "${at[@]}" --layout ./gpt.conf
mv kept.img board.img

# A mounted partition of a disk: the rules are those of every install.
disk=$(losetup -f --show board.img)
read -r start size <<<"$(partition board.img 1)"
addpart "$disk" 1 "$start" "$size"
read -r start size <<<"$(partition board.img 2)"
addpart "$disk" 2 "$start" "$size"
if [ -b "${disk}p2" ]; then
	mkdir -p mnt && mount -o ro "${disk}p2" mnt && mounts+=("$tmp/mnt")
	before=$(sum)
	refused "a mounted partition" "is refused: mounted on" --target "$disk" --allow loop --layout ./gpt.conf
	umount mnt && mounts=()
	run 0 "and unmounted" install --only boot --target "$disk" --allow loop --layout ./gpt.conf --yes --plain
	check "the kernel keeps its partitions" test -b "${disk}p1" -a -b "${disk}p2"
	check "the loader is there" cmp -n 20001 -i 32768:0 board.img u-boot.bin
else
	skip "a mounted partition" "no node in /dev appears for it"
fi
delpart "$disk" 1
delpart "$disk" 2
losetup -d "$disk"

finish
