#!/bin/bash
# SPDX-License-Identifier: MIT
#
# list.sh - `boardstrap list` with real devices: their contents, the reasons for refusal, the output for
# an ordinary user, and a recorded machine.
. "$(dirname "$0")/lib.sh"
begin jq losetup sfdisk mkfs.ext4 mount setpriv blockdev

cd "$tmp" || exit 1
declare -A loop
# attach NAME: attaches the image as a loop device.
attach() {
	loop[$1]=$(losetup -f --show "$@") || die "no loop device for $1"
}
for name in blank whole table both held; do
	truncate -s 64M $name
done
mkfs.ext4 -q -F -L "$(printf 'evil\033[31m')" whole
printf 'label: gpt\nstart=8192, size=32768, name=boot\nname=rootfs\n' | sfdisk -q table
mkfs.ext4 -q -F -L ROOT -E offset=$((40960 * 512)) table 16M 2>/dev/null
mkfs.ext4 -q -F both
{ printf hsqs | dd of=both conv=notrunc; printf '\004\0' | dd of=both bs=1 seek=28 conv=notrunc; } 2>/dev/null
mkfs.ext4 -q -F held
for name in blank whole table both; do
	attach $name
done
attach held -r

# field NAME FILTER: prints a value of that disk's object.
field() {
	jq -c ".disks[] | select(.path == \"${loop[$1]}\") | $2" out
}

run 0 "list --json" list --json --allow loop
same "blank" '["blank","blank","","ok"]' "$(field blank '[.content, .content_state, .label, .verdict]')"
same "a filesystem, its label made harmless" '["ext4","filesystem","evil?[31m"]' \
	"$(field whole '[.content, .content_state, .label]')"
same "a table and its partitions" '["gpt","table",2,[["boot",4194304,""],["rootfs",20971520,"ext4"]]]' \
	"$(field table '[.content, .content_state, .partition_count, [.partitions[] | [.name, .start, .fs_type]]]')"
same "contradicting signatures" '["ambivalent","ok"]' "$(field both '[.content, .verdict]')"
same "read-only" '[true,"refused",["read-only"]]' "$(field held '[.read_only, .verdict, [.reasons[].code]]')"
check "every disk has a port and a size" jq -e '.disks | all((.port | length > 0) and .size >= 0)' out

mkdir mnt
mount -o ro "${loop[whole]}" mnt || die "cannot mount"
mounts+=("$tmp/mnt")
run 0 "while one is mounted" list --json --allow loop
same "the reason names the mount point" "\"mounted on $tmp/mnt\"" "$(field whole '.reasons[0].text')"
run 0 "the table" list --allow loop
check "no line is wider than 80 columns" awk 'length > 80 {exit 1}' out
check "no control characters" sh -c "! LC_ALL=C grep -q '[[:cntrl:]]' out"
check "a reason has its own line" grep -Eq '^ +refused: mounted on' out
check "blank ones are shown" grep -Eq "^$(basename "${loop[blank]}") +loop +64 MiB .*blank$" out
run 0 "without --allow loop" list
check "they are not there" sh -c "! grep -q '^$(basename "${loop[blank]}") ' out"
run 0 "with --all" list --all
check "they are refused" sh -c "grep -A 1 '^$(basename "${loop[blank]}") ' out | grep -q 'refused: not an eMMC'"

# An ordinary user gets the list without the contents, and a note about that.
chmod 711 "$tmp"
cp "$BOARDSTRAP" boardstrap # that user cannot read a clone in /root
user() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$tmp/boardstrap" "$@" >out 2>err
}
user list --allow loop --json
same "as an ordinary user: exit 0" 0 $?
same "the disk is there" '["denied",67108864]' "$(field blank '[.content, .size]')"
same "the list names the facts that could not be read" '["contents","namespaces"]' "$(jq -c .not_seen out)"
user list --allow loop
says "and to people" "that needs root"
check "the mount is found" grep -q "refused: mounted on" out

# A recorded machine, and folders that are not one.
mkdir recorded
tar -xzf "$top/tests/sysroots/qemu-emmc-sd-usb.sysroot.tgz" --strip-components=1 -C recorded
run 0 "--sysroot" list --sysroot recorded --json
same "its disks" '["emmc","sd","usb"]' "$(jq -c '[.disks[].kind]' out)"
same "the eMMC" '["4.41","aa015851454d55212101deadbeef2900",null,null,2]' \
	"$(jq -c '.disks[0] | [.emmc_version, .cid, .life_time.a, .pre_eol, (.boot_areas | length)]' out)"
run 2 "--sysroot of no machine" list --sysroot mnt
says "it says so" "the disks in mnt cannot be listed"
run 2 "--sysroot nowhere" list --sysroot nowhere
says "it says so" "cannot open nowhere"
run 2 "an unknown option" list --what
says "it says which" "unknown option '--what'"

cd /
umount "$tmp/mnt"
for name in "${!loop[@]}"; do
	losetup -d "${loop[$name]}"
done
finish
