#!/bin/bash
# SPDX-License-Identifier: MIT
#
# prepare.sh - makes the parts of the emulated board from packages:
#
#   build/vm/qemu/          a QEMU that can emulate an eMMC (>= 10.2), and one for ARM: a
#                           chroot with Debian testing, because those of Debian 12 are older
#   build/vm/kernel/        Debian's stock kernel and modules, only unpacked
#   build/vm/rootfs.tar.zst the system under test: Debian with its own kernel and
#                           initrd, up to a login prompt on ttyS0
#   build/vm/arm/           U-Boot, kernel and busybox of an Orange Pi, only unpacked
#
# Each is made once, and again only when this file or a hook has changed; remove build/vm
# to make all of them again. mmdebstrap knows the mirrors and keys.
#
# ALLOW_SD=1: use an SD card if no QEMU with an eMMC is available. This tests less
# (no boot areas, no eMMC identity), and the log has a warning.

set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

QEMU_SUITE=${VM_QEMU_SUITE:-forky}
QEMU_SUITE_SD=bookworm
BOARD_SUITE=bookworm

options=(--mode=root --variant=minbase --quiet
	--aptopt='APT::Install-Recommends "false"'
	# The clock of a build machine may be wrong.
	--aptopt='Acquire::Check-Valid-Until "false"')

# A part is up to date if its stamp exists and is not older than this file and the hooks.
fresh() {
	local source
	for source in "$0" "$vm_here"/board-*; do
		[ "$VM_DIR/$1.stamp" -nt "$source" ] || return 1
	done
}

discard() {
	rm -f "$VM_DIR/$1.stamp"
	rm -rf --one-file-system "${VM_DIR:?}/$1"
}

# ---------------------------------------------------------------------------

start_qemu() {  # suite
	discard qemu
	mmdebstrap "${options[@]}" --include=qemu-system-x86,qemu-system-arm "$1" "$VM_DIR/qemu" >"$qemu_log" 2>&1 8>&- 9>&- &
	qemu_job=$!
	vm_jobs="$vm_jobs $qemu_job"
}

finish_qemu() {
	wait "$qemu_job" && touch "$VM_DIR/qemu.stamp"
}

# The archive is small, because the emulated eMMC writes about 3 MB/s: no
# documentation, no translations, and only the kernel modules that this board
# needs.
board_excludes=(
	'/usr/share/doc/*' '/usr/share/info/*' '/usr/share/locale/*' '/usr/share/man/*'
	'/usr/share/i18n/*' '/usr/share/zoneinfo/*' '/usr/share/bash-completion/*'
	'/usr/lib/x86_64-linux-gnu/gconv/*' '/lib/udev/hwdb.d/*' '/usr/lib/udev/hwdb.d/*'
	'/lib/modules/*/kernel/drivers/*' '/lib/modules/*/kernel/fs/*'
	'/lib/modules/*/kernel/net/*' '/lib/modules/*/kernel/sound/*'
)
board_includes=(
	'/lib/modules/*/kernel/drivers/mmc/*' '/lib/modules/*/kernel/fs/ext4/*'
	'/lib/modules/*/kernel/fs/jbd2/*' '/lib/modules/*/kernel/fs/mbcache.ko'
	'/lib/modules/*/kernel/fs/fat/*' '/lib/modules/*/kernel/fs/nls/*'
)

start_board() {
	local pattern trim=()
	for pattern in "${board_excludes[@]}"; do
		trim+=(--dpkgopt="path-exclude=$pattern")
	done
	for pattern in "${board_includes[@]}"; do
		trim+=(--dpkgopt="path-include=$pattern")
	done

	discard kernel
	discard "$ARCHIVE"
	mkdir -p "$VM_DIR/kernel"
	# mmdebstrap runs the hook in a separate shell, with these in its
	# environment.
	# shellcheck disable=SC2016
	VM_KERNEL_DIR=$VM_DIR/kernel VM_HOOK=$vm_here/board-hook \
	mmdebstrap "${options[@]}" "${trim[@]}" \
		--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
		--include=linux-image-amd64,sysvinit-core,e2fsprogs,libcap2-bin \
		--customize-hook='sh "$VM_HOOK" "$1" "$VM_KERNEL_DIR"' \
		"$BOARD_SUITE" "$VM_DIR/$ARCHIVE" >"$board_log" 2>&1 8>&- 9>&- &
	board_job=$!
	vm_jobs="$vm_jobs $board_job"
}

finish_board() {
	wait "$board_job" && touch "$VM_DIR/kernel.stamp" "$VM_DIR/$ARCHIVE.stamp"
}

# Debian's packages for another processor: apt reads their list apart from the machine's own. The
# suite alone, without its updates: fewer lists to download.
start_arm() {
	discard arm
	mkdir -p "$VM_DIR/arm"
	# shellcheck disable=SC2016
	VM_ARM_DIR=$VM_DIR/arm VM_HOOK=$vm_here/board-arm-hook VM_SUITE=$BOARD_SUITE \
	mmdebstrap "${options[@]}" --variant=custom --architectures=armhf --skip=check/qemu --format=null \
		--setup-hook='sed -i "/ $VM_SUITE /!d" "$1/etc/apt/sources.list"' \
		--customize-hook='sh "$VM_HOOK" "$VM_ARM_DIR"' \
		"$BOARD_SUITE" - >"$arm_log" 2>&1 8>&- 9>&- &
	arm_job=$!
	vm_jobs="$vm_jobs $arm_job"
}

finish_arm() {
	wait "$arm_job" && touch "$VM_DIR/arm.stamp"
}

# ---------------------------------------------------------------------------

vm_setup
[ "$(id -u)" = 0 ] || die "must be run as root"
for tool in mmdebstrap tmux cpio modprobe depmod zstd xz mkfs.ext4 debugfs sfdisk busybox dpkg flock unshare; do
	command -v $tool >/dev/null || die "$tool is missing (make deps)"
done

qemu_log=$vm_tmp/qemu.log
board_log=$vm_tmp/board.log
arm_log=$vm_tmp/arm.log
qemu_job=
board_job=
arm_job=
took() { echo "$((SECONDS - started)) s"; }
started=$SECONDS

# All run at once: one waits for the network while another unpacks.
has_emmc() { qemu_has "$VM_DIR/qemu" emmc; }
if qemu_has '' emmc && command -v qemu-system-arm >/dev/null; then
	QEMU_ROOT=
else
	QEMU_ROOT=$VM_DIR/qemu
	fresh qemu || start_qemu "$QEMU_SUITE"
fi
if ! fresh "$ARCHIVE" || ! fresh kernel; then
	start_board
fi
fresh arm || start_arm

CARD=emmc
if [ -n "$qemu_job" ] && ! finish_qemu; then
	tail -n 30 "$qemu_log" | quote
fi
if [ -n "$QEMU_ROOT" ] && ! has_emmc; then
	if [ "${ALLOW_SD:-0}" != 1 ]; then
		fail "a QEMU with an eMMC (Debian $QEMU_SUITE); ALLOW_SD=1 would take an SD card"
	else
		echo "# *** NO QEMU WITH AN eMMC: THE BOARD GETS AN SD CARD, BOOT AREAS ARE NOT TESTED ***"
		CARD=sd
		if qemu_has '' sd-card; then
			QEMU_ROOT=
		else
			start_qemu "$QEMU_SUITE_SD"
			finish_qemu
		fi
		if qemu_has "$QEMU_ROOT" sd-card; then
			skip "a QEMU with an eMMC" "there is none, ALLOW_SD=1: an SD card"
		else
			tail -n 30 "$qemu_log" | quote
			fail "a QEMU with an SD card"
		fi
		# The next run tries again to get an eMMC.
		rm -f "$VM_DIR/qemu.stamp"
	fi
else
	pass "$(qemu_run "$QEMU_ROOT" --version | head -n 1) with an eMMC ($(took))"
fi

if [ -n "$board_job" ] && ! finish_board; then
	fail "Debian $BOARD_SUITE's kernel and root filesystem"
	tail -n 30 "$board_log" | quote
else
	pass "Debian $BOARD_SUITE's kernel and $ARCHIVE, $(du -m "$VM_DIR/$ARCHIVE" | cut -f1) MiB ($(took))"
fi

if [ -n "$arm_job" ] && ! finish_arm; then
	fail "Debian $BOARD_SUITE's U-Boot and kernel for armhf"
	tail -n 30 "$arm_log" | quote
else
	pass "Debian $BOARD_SUITE's U-Boot and kernel for armhf, $(du -sm "$VM_DIR/arm" | cut -f1) MiB ($(took))"
fi

vm_jobs=
if [ "$vm_failed" -eq 0 ]; then
	# Relative to VM_DIR, so that it may be moved.
	# shellcheck disable=SC2016
	printf 'QEMU_ROOT=%s\nCARD=%q\n' "${QEMU_ROOT:+"\$VM_DIR/qemu"}" "$CARD" >"$VM_DIR/machine.conf"
fi
