#!/bin/bash
# SPDX-License-Identifier: MIT
#
# boot-areas.sh - the boot areas of an emulated eMMC: boot_areas.c writes them with
# the functions of device/, reads them back, enables and protects them; then an
# install writes the boot loader alone. The kernel checks the result inside the
# machine, and cmp the card's image outside.
#
# See lib.sh for the settings and prepare.sh for the requirements.
# BOOT_AREAS: the program (default: build/tests/vm-boot-areas)
# lane: vm

set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

BOOT_AREAS=${BOOT_AREAS:-$vm_top/build/tests/vm-boot-areas}
OFFSET1=$((33 * 1024 + 5))      # not aligned to a block or a page

[ -x "$BOOT_AREAS" ] || { echo "not ok 1 - there is no $BOOT_AREAS"; exit 1; }
vm_begin
vm_needs_emmc "boot areas"

# ---------------------------------------------------------------------------
# the card, not blank; two boot loaders and the program, on the stick

make_emmc
fill=$vm_tmp/fill
head -c $((2 * BOOT_MIB * 1024 * 1024)) /dev/urandom >"$fill"
dd if="$fill" of="$MACHINE/emmc.img" conv=notrunc status=none

# The script for the machine: each line of its output has the name of its step.
guest_script() {
	cat <<-EOF
	tell() { sed "s/^/step \$1: /"; }
	protection() { cat /sys/block/mmcblk0boot?/force_ro | tr -d '\n' | tell \$1; echo; }
	areas() { name=\$1; shift; ./boot_areas "\$@" 2>&1 | tell \$name; }
	# Byte \$2 of EXT_CSD, as the kernel reads it.
	byte() {
		cut -c\$((\$2 * 2 + 1))-\$((\$2 * 2 + 2)) /sys/kernel/debug/mmc0/mmc0:0001/ext_csd | tell \$1
	}
	mount -t debugfs debugfs /sys/kernel/debug
	echo # ends the line of the typed command

	protection before
	byte config-before 179
	areas install install /dev/mmcblk0 boot0.bin boot1.bin $OFFSET1
	byte config-installed 179
	boardstrap list --json --all | tell list
	protection installed

	dd if=/dev/mmcblk0boot1 of=/dev/null bs=4k count=1 iflag=direct status=none
	byte config-area-read 179
	for area in boot1 user none boot0; do
		areas enable-\$area enable /dev/mmcblk0 \$area
		byte config-\$area 179
	done
	areas bus set /dev/mmcblk0 177 10
	byte bus-byte 177
	areas reset set /dev/mmcblk0 162 1
	byte reset-byte 162

	areas long install /dev/mmcblk0 long.bin boot1.bin 0
	protection long-after
	areas lift lift /dev/mmcblk0
	protection killed
	areas started start
	protection restored

	only() { boardstrap install --only boot --target /dev/mmcblk0 --layout ./\$1.conf --yes --json; }
	only both | tail -n 1 | tell only
	byte config-only 179
	protection only-after
	only disk | tail -n 1 | tell only-disk

	echo 1 >/sys/block/mmcblk0boot0/ro_lock_until_next_power_on
	only both | tail -n 1 | tell only-locked
	areas locked install /dev/mmcblk0 boot0.bin boot1.bin $OFFSET1
	poweroff -f
	EOF
}

make_tools() {
	local dir=$vm_tmp/stick
	mkdir "$dir" && cp "$BOOT_AREAS" "$dir/boot_areas" || return 1
	guest_script >"$dir/steps"
	# As U-Boot for an Allwinner begins.
	{ printf '\26\0\0\352eGON.BT0'; head -c 2500001 /dev/urandom; } >"$dir/boot0.bin"
	head -c $((BOOT_MIB * 1024 * 1024 - OFFSET1)) /dev/urandom >"$dir/boot1.bin"
	head -c $((BOOT_MIB * 1024 * 1024 + 1)) /dev/zero >"$dir/long.bin"
	# A new loader, shorter than the old one.
	{ printf '\26\0\0\352eGON.BT0'; head -c 700001 /dev/urandom; } >"$dir/new0.bin"
	head -c 300001 /dev/urandom >"$dir/new1.bin"
	cat >"$dir/both.conf" <<-EOF
	partition "rootfs" {
		grow = true
		format = "ext4"
		mount = "/"
	}
	blob "spl" {
		file = "new0.bin"
		target = "boot0"
	}
	blob "u-boot" {
		file = "new1.bin"
		target = "boot1"
		offset = "4K"
	}
	emmc {
		boot-enable = "boot1"
	}
	EOF
	sed 's/"boot0"/"disk"\n\toffset = "32K"/' "$dir/both.conf" >"$dir/disk.conf"
	stick_of "$dir"
}
check "the stick" make_tools || exit 1
check "the machine's RAM disk" make_installer || exit 1

# The expected content of the card.
wanted=$vm_tmp/wanted.img
cp --sparse=always "$MACHINE/emmc.img" "$wanted"
dd if="$vm_tmp/stick/boot0.bin" of="$wanted" conv=notrunc status=none
dd if="$vm_tmp/stick/boot1.bin" of="$wanted" conv=notrunc status=none oflag=seek_bytes bs=1M \
	seek=$((BOOT_MIB * 1024 * 1024 + OFFSET1))
dd if="$vm_tmp/stick/new0.bin" of="$wanted" conv=notrunc status=none
dd if="$vm_tmp/stick/new1.bin" of="$wanted" conv=notrunc status=none bs=4k \
	seek=$((BOOT_MIB * 1024 / 4 + 1))

machine_up "the machine comes up" 120 '^bash.*# *$' installer.vmlinuz installer.cpio "vm.shell vm.boot-areas"

# ---------------------------------------------------------------------------
# in the machine

started=$SECONDS
text '. ./steps'
keys Enter
check "the machine switches off by itself" machine_off 120 || exit 1
note "$((SECONDS - started)) s"
said=$(tr -d '\r' <"$MACHINE/console.log" | sed -n 's/^step //p')

step() { # what, step, the expected first words
	local found
	found=$(sed -n "s/^$2: //p" <<<"$said")
	if [[ $found == "$3"* ]]; then
		pass "$1"
	else
		fail "$1"
		echo "# $2: wanted $3, found $found"
	fi
}

step "both areas are protected at first" before 11
step "nothing is enabled at first" config-before 00
step "boot0 and boot1 are written and read back" install 'done'
step "0x48 is set: boot0, acknowledge, no access bits" config-installed 48
listed=$(sed -n 's/^list: //p' <<<"$said" | grep -o '"boot_areas":.*"boot_enable":"[a-z0-9]*"')
areas='"boot_areas":[{"name":"mmcblk0boot0","size":4194304,"content":"allwinner","version":"","enabled":true},'
areas+='{"name":"mmcblk0boot1","size":4194304,"content":"data","version":"","enabled":false}],"boot_enable":"boot0"'
check "the list has what the areas hold, and which one starts" is "the areas" "$areas" "$listed"
step "both areas are protected again" installed 11
step "0x48 stays when the kernel changes to an area" config-area-read 48
step "boot1 is enabled" enable-boot1 'done'
step "and the acknowledge kept: 0x50" config-boot1 50
step "the user area is enabled: 0x78" config-user 78
step "none is enabled: 0x40" config-none 40
step "boot0 is enabled again: 0x48" config-boot0 48
step "BOOT_BUS_CONDITIONS is set" bus 'done'
step "to what was asked for" bus-byte 0a
step "RST_n_FUNCTION is refused" reset "the card's EXT_CSD byte 162 must not be written"
step "and is as it was" reset-byte 00
step "what is too long for an area is refused" long 'the device has 4194304 bytes, too few'
step "and both areas are protected" long-after 11
step "killed in between, boot0 is left unprotected" killed 01
step "the next start protects it again" restored 11
step "the boot loader alone: boot0 and boot1, without a table" only \
	'{"event":"result","result":"pass","code":0,"step":null,"message":"the boot loader was written and verified;'
step "and boot1 is enabled" config-only 50
step "both areas are protected then" only-after 11
step "but not the disk, which has no table" only-disk \
	'{"event":"result","result":"refused","code":2,"step":"check","message":"The boot loader alone cannot be'
step "nor areas that are locked" only-locked \
	'{"event":"result","result":"refused","code":2,"step":"commit","message":"Boot area boot0 of mmcblk0:'
step "an area that is locked until the next power cycle is refused" locked \
	'mmcblk0boot0 is locked until the next power cycle'

# ---------------------------------------------------------------------------
# from outside

check "the card has the new bootloaders, and not another byte was changed" \
	cmp "$MACHINE/emmc.img" "$wanted"
exit 0 # vm_cleanup exits with 1 if a check failed
