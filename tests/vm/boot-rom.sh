#!/bin/bash
# SPDX-License-Identifier: MIT
#
# boot-rom.sh - a board that starts by its own boot ROM. boardstrap installs U-Boot, a kernel and a
# small system on the image of an SD card, and an emulated Orange Pi PC gets nothing but that card:
# its boot ROM starts the SPL from 8 KiB, and the system reports a login.
#
# Then each case of a table breaks one thing. The boot check must refuse it with the finding that the
# table names. Installed all the same, with --allow unbootable, the board must stay dark, so the
# finding is true.
#
# Settings, from the environment, and those of lib.sh:
#   CASES     run only the cases whose name matches this regular expression
#   AT_ONCE   boards that run at once (default: the number of processors)
#
# See prepare.sh for the requirements.
# lane: vm

set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

AT_ONCE=${AT_ONCE:-$(nproc)}
CARD_MIB=128                    # QEMU requires a power of two
BOOT_SECONDS=90                 # more than an idle machine needs
SILENT_TIMES=2

# IDs: of no partition, and of the layout "own-boot".
# shellcheck disable=SC2034 # the changes use it
OTHER=99999999-8888-4777-8666-555555555555
OWN_ROOT=0b0a4d00-0001-4000-8000-000000000001
OWN_DISK=0b0a4d00
OWN_BOOT=0b0a4d00-0001-4000-8000-000000000002

# ---------------------------------------------------------------------------
# the cases: name | layout | finding of the boot check, may be empty | text on the serial line | change
# (commands in the folder of the root filesystem)

# "nothing": not a byte, for SILENT_TIMES as long as the first board needs to its login.
# "Skipping board": U-Boot does not start the only label. It tries everything else then, up to its prompt.
# "initrd:" is the initial RAM disk, "board:" is the root filesystem's init.
# shellcheck disable=SC2016 # the changes are expanded later
cases=(
	'good|one||board: login|true'
	'own /boot|own-boot||board: login|own_boot'
	'UUID that the archive names|one||board: login|root "UUID=$OTHER"; echo "UUID=$OTHER / ext4 defaults 0 1" >etc/fstab'
	'disk ID that the archive names|one||board: login|root PARTUUID=1a2b3c4d-01'
	'kernel missing|one|kernel-missing|Skipping board for failure retrieving kernel|rm boot/vmlinuz'
	'kernel empty|one|kernel-empty|EXTLINUX FAILED|truncate -s 0 boot/vmlinuz'
	'kernel below another /boot|own-boot|kernel-missing|Skipping board for failure retrieving|own_boot; word kernel /boot/vmlinuz'
	'kernel by a link out of its /boot|own-boot|kernel-missing|Skipping board for failure retrieving kernel|own_boot; mv boot/vmlinuz boot/vmlinuz-6; ln -s /boot/vmlinuz-6 boot/vmlinuz'
	'kernel of another processor|one|machine|zimage: Bad magic!|cp "$x86_kernel" boot/vmlinuz'
	'initrd missing|one|initrd-missing|Skipping board for failure retrieving initrd|rm boot/initrd.img'
	'device tree missing|one|fdt-missing|Skipping board for failure retrieving FDT|rm boot/board.dtb'
	'boot loader missing|no-loader||nothing|true'
	'root by a UUID of no partition|own-boot|root-id|initrd: no root UUID=|own_boot; root "UUID=$OTHER"'
	'root by the PARTUUID of another disk|new-ids|root-id|initrd: no root PARTUUID=|root PARTUUID=1a2b3c4d-01'
	'root by a partition number too high|one|root-id|initrd: no root /dev/mmcblk0p9|root /dev/mmcblk0p9'
	'root by another label|one|root-id|initrd: no root LABEL=|root LABEL=system'
	'root of another type|one|root-type|initrd: cannot mount|append rootfstype=btrfs'
	'root in a subvolume|one|root-options|initrd: cannot mount|append rootflags=subvol=@'
	'root by label, without an initrd|one|root-initrd|VFS: Unable to mount root fs|sed -i /initrd/d "$menu"; cp "$config" boot/'
	'root of a module, without an initrd|one|root-driver|VFS: Unable to mount root fs|sed -i /initrd/d "$menu"; cp "$config" boot/; root /dev/mmcblk0p1'
	'/boot by a UUID of no partition|own-boot|fstab-id|board: emergency|own_boot; as_systemd; sed -i "s/$OWN_BOOT/$OTHER/" etc/fstab'
	'/boot of another type|own-boot|fstab-type|board: emergency|own_boot; as_systemd; sed -i "/boot/s/ext4/vfat/" etc/fstab'
	'no init|one|init-missing|Kernel panic|rm sbin/init bin/sh; ln -s none sbin/init'
	'init of another processor|one|machine|Kernel panic|cp "$(command -v busybox)" bin/busybox'
)

# Words for the changes.
menu=boot/extlinux/extlinux.conf
word() {        # keyword of the menu, value
	sed -i "s|^$1 .*|$1 $2|" "$menu"
}
root() {        # value of root=
	sed -i "s|root=[^ ]*|root=$1|" "$menu"
}
append() {
	sed -i "s|^append .*|& $1|" "$menu"
}
# systemd stops if a mount of the fstab fails, and so does the init of this system, which takes its place.
as_systemd() {
	mkdir -p lib/systemd
	cp bin/busybox lib/systemd/systemd
	ln -sf ../lib/systemd/systemd sbin/init
}
# For a layout whose /boot is a partition: there U-Boot sees no folder "boot".
own_boot() {
	sed -i 's| /boot/| /|' "$menu"
	root "PARTUUID=$OWN_DISK-02"
	echo "UUID=$OWN_BOOT /boot ext4 defaults 0 2" >>etc/fstab
}

# ---------------------------------------------------------------------------
# the root filesystem, and the layouts

make_initrd() { # FILE
	local dir=$vm_tmp/initrd
	mkdir -p "$dir"/{bin,dev,proc,sys,root} && cp "$ARM/bin/busybox" "$dir/bin/" || return 1
	ln -s bin "$dir/sbin"
	copy_modules "$dir" "$ARM" sunxi-mmc ext4 crc32c_generic || return 1
	cat >"$dir/init" <<-'END'
	#!/bin/busybox sh
	/bin/busybox --install -s /bin
	mount -t proc proc /proc
	mount -t sysfs sysfs /sys
	mount -t devtmpfs dev /dev
	modprobe sunxi-mmc
	type=ext4
	flags=ro
	for word in $(cat /proc/cmdline); do
		case $word in
		root=*) root=${word#root=} ;;
		rootfstype=*) type=${word#rootfstype=} ;;
		rootflags=*) flags=ro,${word#rootflags=} ;;
		esac
	done
	# busybox knows no PARTUUID: that of an MBR is its disk ID and the number of the partition.
	find_root() {
		case $root in
		PARTUUID=*)
			id=$(dd if=/dev/mmcblk0 bs=4 skip=110 count=1 2>/dev/null | od -A n -t x4 | tr -d ' ')
			device=/dev/mmcblk0p${root##*-0}
			[ "$root" = "PARTUUID=$id-0${root##*-0}" ] ;;
		*=*) device=$(findfs "$root" 2>/dev/null) ;;
		*) device=$root ;;
		esac && [ -b "$device" ]
	}
	until [ -b /dev/mmcblk0p1 ]; do sleep 0.1; done
	find_root || { sleep 1; find_root; } || { echo "initrd: no root $root"; exit 1; }
	modprobe crc32c_generic
	modprobe ext4
	mount -t $type -o $flags $device /root || { echo "initrd: cannot mount $root"; exit 1; }
	umount /sys /proc
	mount --move /dev /root/dev
	exec switch_root /root /sbin/init
	END
	chmod 755 "$dir/init"
	(cd "$dir" && find . -print0 | cpio --null --quiet -o -H newc -R 0:0 | gzip -9) >"$1"
}

# The system: busybox, whose init reports a login when / is writable and all of fstab is mounted.
make_root() {   # DIR
	local program
	mkdir -p "$1"/{bin,boot/extlinux,dev,etc,proc,root,run,sbin,sys,tmp} &&
		cp "$ARM/bin/busybox" "$1/bin/" &&
		cp "$ARM"/boot/vmlinuz-* "$1/boot/" &&
		cp "$ARM"/usr/lib/linux-image-*/sun8i-h3-orangepi-pc.dtb "$1/boot/board.dtb" &&
		make_initrd "$1/boot/initrd.img" || return 1
	for program in sh cat mount touch; do
		ln -s busybox "$1/bin/$program"
	done
	ln -s ../bin/busybox "$1/sbin/init"
	(cd "$1/boot" && ln -s vmlinuz-* vmlinuz)
	# The emulated board works with one of its processors, and is faster so.
	cat >"$1/boot/extlinux/extlinux.conf" <<-'END'
	default board
	timeout 1
	label board
		kernel /boot/vmlinuz
		initrd /boot/initrd.img
		fdt /boot/board.dtb
		append console=ttyS0,115200 quiet panic=1 maxcpus=1 root=LABEL=rootfs
	END
	echo 'LABEL=rootfs / ext4 defaults 0 1' >"$1/etc/fstab"
	echo '::sysinit:/bin/sh /etc/rc' >"$1/etc/inittab"
	echo "$token" >"$1/etc/token"
	cat >"$1/etc/rc" <<-END
	PATH=/bin
	mount -t proc proc /proc
	if mount -o remount,rw / && [ "\$(cat /etc/token)" = $token ] && touch /etc/written && mount -a; then
		echo "board: login"
	else
		echo "board: emergency"
	fi
	END
}

make_layouts() {        # DIR
	local one=$vm_top/assets/layouts/allwinner-mbr.conf
	cp "$ARM/usr/lib/u-boot/orangepi_plus/u-boot-sunxi-with-spl.bin" "$1/" &&
		cp "$one" "$1/one.conf" || return 1
	sed 's/table = "mbr"/&\n\tidentity = "new"/' "$one" >"$1/new-ids.conf"
	sed '/^blob/,/^}/d' "$one" >"$1/no-loader.conf"
	sed -e '/^partition/,$d' -e "s/table = \"mbr\"/&\n\tid = \"$OWN_DISK\"/" "$one" >"$1/own-boot.conf"
	cat >>"$1/own-boot.conf" <<-END
	partition "boot" {
		size = "40M"
		format = "ext4"
		uuid = "$OWN_BOOT"
		mount = "/boot"
		bootable = true
	}
	partition "rootfs" {
		grow = true
		format = "ext4"
		uuid = "$OWN_ROOT"
		mount = "/"
	}
	END
}

# ---------------------------------------------------------------------------
# one board

installs() {    # folder of the case, layout, more options
	"$BOARDSTRAP" install --target "$1/card.img" --archive "$1/root.tar" \
		--layout "$vm_tmp/layouts/$2.conf" "${@:3}" 8>&-
}

make_case() {   # folder, layout, finding, change
	local dir=$1 said status
	mkdir "$dir" && cp -a "$vm_tmp/root" "$dir/root" && (cd "$dir/root" && eval "$4") || return 1
	tar -C "$dir/root" --owner=0 --group=0 -cf "$dir/root.tar" . && rm -rf "$dir/root" || return 1
	truncate -s ${CARD_MIB}M "$dir/card.img"
	said=$(installs "$dir" "$2" --allow image --dry-run --json)
	status=$?
	if [ -z "$3" ]; then
		is "the status of a dry run" 0 $status
	else
		is "the status of a dry run" 2 $status && grep -q "\"$3\"" <<<"$said"
	fi || { echo "$said"; return 1; }
}

install_case() { # folder, layout, finding
	local allow=image
	[ -z "$3" ] || allow=image,unbootable
	installs "$1" "$2" --allow "$allow" --yes --plain && rm "$1/root.tar"
}

# Starts the board, and ends it when its line shows how the start ended: a login, a panic, or the
# prompt of a U-Boot that has found nothing.
watch() {       # folder, seconds
	local until=$((SECONDS + $2))
	qemu=
	trap 'exit 143' TERM
	trap '[ -z "$qemu" ] || kill $qemu 2>/dev/null; wait' EXIT
	timeout --foreground -k 5 "${VM_LIMIT:-1800}" ${QEMU_ROOT:+chroot "$QEMU_ROOT"} qemu-system-arm -M orangepi-pc -accel tcg,thread=single \
		-display none -no-reboot -monitor none -nic none -serial "file:${1#"$QEMU_ROOT"}/serial.log" \
		-drive "if=sd,format=raw,cache=unsafe,file=${1#"$QEMU_ROOT"}/card.img" \
		>"$1/qemu.log" 2>&1 8>&- </dev/null &
	qemu=$!
	until grep -aEq '^=> |Kernel panic|^board: ' "$1/serial.log" 2>/dev/null; do
		kill -0 $qemu 2>/dev/null || break
		[ $SECONDS -lt $until ] || { echo "nothing else within $2 s" >>"$1/qemu.log"; break; }
		sleep 0.3
	done
	# The last line may not be complete yet.
	sleep 0.3
}

# The board's line has the text, and "board: login" only if that is the text.
shown() {       # folder, text
	local log=$1/serial.log
	if [ "$2" = nothing ]; then
		[ ! -s "$log" ] || head -n 5 "$log"
		[ ! -s "$log" ]
		return
	elif [[ $2 != 'board: login' ]] && grep -aq 'board: login' "$log"; then
		echo "the board came up"
	elif ! grep -aqF "$2" "$log"; then
		echo "its line does not show: $2"
	else
		return 0
	fi
	tail -n 25 "$log" | tr -cd '\n[:print:]'
	cat "$1/qemu.log"
	return 1
}

# ---------------------------------------------------------------------------

vm_begin
ARM=$VM_DIR/arm
# For the changes.
# shellcheck disable=SC2034
config=$(echo "$ARM"/boot/config-*)
# shellcheck disable=SC2034
x86_kernel=$(echo "$VM_DIR"/kernel/boot/vmlinuz-*)
token=$RANDOM$RANDOM
mkdir "$vm_tmp/layouts"
check "the layouts" make_layouts "$vm_tmp/layouts" || exit 1
check "a small system for the board" make_root "$vm_tmp/root" || exit 1

# Prints the result of a case whose board has ended.
report() {      # its process
	local dir=$MACHINE/${case_of[$1]} took=$((SECONDS - started[$1])) name text
	IFS='|' read -r name _ _ text _ <<<"${cases[${case_of[$1]}]}"
	check "$name: $text ($took s)" shown "$dir" "$text" && rm -rf "$dir"
	[ "${case_of[$1]}" != 0 ] || login_seconds=$took
	vm_jobs=${vm_jobs/" $1 "/ }
	unset "case_of[$1]"
}

login_seconds=$BOOT_SECONDS
declare -A case_of=() started=()        # by the process that watches a board
wait_for_room() {       # boards that may run
	local pid
	while [ ${#case_of[@]} -gt "$1" ]; do
		wait -n -p pid "${!case_of[@]}"
		report "$pid"
	done
}

for i in "${!cases[@]}"; do
	IFS='|' read -r name layout finding text change <<<"${cases[i]}"
	[[ $name =~ ${CASES:-.} ]] || continue
	wait_for_room $((AT_ONCE - 1))
	dir=$MACHINE/$i
	what=${finding:+refused, $finding}
	check "$name: ${what:-not refused}" make_case "$dir" "$layout" "$finding" "$change" || continue
	check "$name: installed" install_case "$dir" "$layout" "$finding" || continue
	limit=$((BOOT_SECONDS * VM_PATIENCE))
	[ "$text" != nothing ] || limit=$((SILENT_TIMES * login_seconds))
	(watch "$dir" $limit) &
	vm_jobs="$vm_jobs $! "
	case_of[$!]=$i
	started[$!]=$SECONDS
done
wait_for_room 0
exit 0 # vm_cleanup exits with 1 if a check failed
