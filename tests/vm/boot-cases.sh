# shellcheck shell=bash disable=SC2154 # variables of lib.sh and of the script
# SPDX-License-Identifier: MIT
#
# boot-cases.sh - emulated boards that start from their medium alone, one for each case of a table. A case
# changes one thing of a small system. The boot check must refuse it with the finding that the case names;
# installed all the same, with --allow unbootable, the board must stay dark, so the finding is true.
#
# Source it after lib.sh, make $vm_tmp/root (make_system) and $vm_tmp/layouts, and call run_cases. The
# script defines:
#   cases           name | layout | finding of the boot check, may be empty | text on the serial line | change
#                   (commands in the folder of the root filesystem). The text "nothing" means not a byte, for
#                   SILENT_TIMES as long as the first board needs to its login
#   menu            the boot file, in the root filesystem; for the words of the changes
#   board_qemu      a function that sets the array qemu_command for the medium $1/card.img, as QEMU sees its
#                   path, and the serial line in $1/serial.log
#   BOARD_ENDS      a regular expression of the line on which a start has ended, besides a login and a panic
#
# Settings, from the environment, and those of lib.sh:
#   CASES     run only the cases whose name matches this regular expression
#   AT_ONCE   boards that run at once (default: the number of processors)

AT_ONCE=${AT_ONCE:-$(nproc)}
CARD_MIB=128                    # QEMU requires a power of two
BOOT_SECONDS=90                 # more than an idle machine needs
SILENT_TIMES=2

token=$RANDOM$RANDOM            # in the system's files

# IDs: of no partition, and of the layout "own-boot".
# shellcheck disable=SC2034 # the changes use it
OTHER=99999999-8888-4777-8666-555555555555
OWN_ROOT=0b0a4d00-0001-4000-8000-000000000001
OWN_DISK=0b0a4d00
OWN_BOOT=0b0a4d00-0001-4000-8000-000000000002

# ---------------------------------------------------------------------------
# words for the changes

root() {        # value of root=
	sed -i "s|root=[^ ]*|root=$1|" "$menu"
}

# For a layout whose /boot is a partition: there a boot loader sees no folder "boot".
own_boot() {
	sed -i 's| /boot/| /|' "$menu"
	root "PARTUUID=$OWN_DISK-02"
	echo "UUID=$OWN_BOOT /boot ext4 defaults 0 2" >>etc/fstab
}

# ---------------------------------------------------------------------------
# the small system

# Makes an initial RAM disk that mounts root= of an eMMC or SD card. It reports on the serial line why it
# cannot: "initrd: ...".
make_initrd() { # FILE, busybox, kernel (its folder), the driver's modules
	local dir=$vm_tmp/initrd
	mkdir -p "$dir"/{bin,dev,proc,sys,root} && cp "$2" "$dir/bin/busybox" || return 1
	ln -s bin "$dir/sbin"
	copy_modules "$dir" "$3" "${@:4}" ext4 crc32c_generic || return 1
	echo "${*:4}" >"$dir/drivers"
	cat >"$dir/init" <<-'END'
	#!/bin/busybox sh
	/bin/busybox --install -s /bin
	mount -t proc proc /proc
	mount -t sysfs sysfs /sys
	mount -t devtmpfs dev /dev
	for module in $(cat /drivers); do modprobe $module; done
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
	rm -rf "$dir"
}

# Makes busybox, whose init reports "board: login" when / is writable and all of fstab is mounted. The boot
# files are the script's.
make_system() { # DIR, busybox, kernel (its folder), the driver's modules
	local program
	mkdir -p "$1"/{bin,boot,dev,etc,proc,root,run,sbin,sys,tmp} &&
		cp "$2" "$1/bin/busybox" && cp "$3"/boot/vmlinuz-* "$1/boot/" &&
		make_initrd "$1/boot/initrd.img" "${@:2}" || return 1
	for program in sh cat mount touch; do
		ln -s busybox "$1/bin/$program"
	done
	ln -s ../bin/busybox "$1/sbin/init"
	(cd "$1/boot" && ln -s vmlinuz-* vmlinuz)
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

# Makes the layouts "one", which is that with an MBR and one partition; "new-ids", which ignores the IDs of
# the archive; "no-loader"; and "own-boot", whose /boot is a partition.
make_variants() {       # DIR, layout file
	cp "$2" "$1/one.conf" || return 1
	sed 's/table = "mbr"/&\n\tidentity = "new"/' "$2" >"$1/new-ids.conf"
	sed '/^blob/,/^}/d' "$2" >"$1/no-loader.conf"
	sed -e '/^partition/,$d' -e "s/table = \"mbr\"/&\n\tid = \"$OWN_DISK\"/" "$2" >"$1/own-boot.conf"
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

# Starts the board, and ends it when its line shows how the start ended.
watch() {       # folder, seconds
	local until=$((SECONDS + $2))
	qemu=
	trap 'exit 143' TERM
	trap '[ -z "$qemu" ] || kill $qemu 2>/dev/null; wait' EXIT
	board_qemu "${1#"$QEMU_ROOT"}"
	timeout --foreground -k 5 "${VM_LIMIT:-1800}" ${QEMU_ROOT:+chroot "$QEMU_ROOT"} \
		"${qemu_command[@]}" >"$1/qemu.log" 2>&1 8>&- </dev/null &
	qemu=$!
	until grep -aEq "$BOARD_ENDS|Kernel panic|board: (login|emergency)" "$1/serial.log" 2>/dev/null; do
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
# all of them

login_seconds=$BOOT_SECONDS
declare -A case_of=() started=()        # by the process that watches a board

# Prints the result of a case whose board has ended.
report() {      # its process
	local dir=$MACHINE/${case_of[$1]} took=$((SECONDS - started[$1])) name text
	IFS='|' read -r name _ _ text _ <<<"${cases[${case_of[$1]}]}"
	check "$name: $text ($took s)" shown "$dir" "$text" && rm -rf "$dir"
	[ "${case_of[$1]}" != 0 ] || login_seconds=$took
	vm_jobs=${vm_jobs/" $1 "/ }
	unset "case_of[$1]"
}

wait_for_room() {       # boards that may run
	local pid
	while [ ${#case_of[@]} -gt "$1" ]; do
		wait -n -p pid "${!case_of[@]}"
		report "$pid"
	done
}

run_cases() {
	local i dir limit name layout finding text change
	for i in "${!cases[@]}"; do
		IFS='|' read -r name layout finding text change <<<"${cases[i]}"
		[[ $name =~ ${CASES:-.} ]] || continue
		wait_for_room $((AT_ONCE - 1))
		dir=$MACHINE/$i
		check "$name: ${finding:+refused, }${finding:-not refused}" \
			make_case "$dir" "$layout" "$finding" "$change" || continue
		check "$name: installed" install_case "$dir" "$layout" "$finding" || continue
		limit=$((BOOT_SECONDS * VM_PATIENCE))
		[ "$text" != nothing ] || limit=$((SILENT_TIMES * login_seconds))
		(watch "$dir" $limit) &
		vm_jobs="$vm_jobs $! "
		case_of[$!]=$i
		started[$!]=$SECONDS
	done
	wait_for_room 0
}
