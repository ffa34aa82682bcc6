# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# lib.sh - an emulated board on a serial line, operated like a person does it.
#
# The board is QEMU with an eMMC behind a PCI SD host controller. Its serial
# line is the only console: QEMU's stdio in a tmux pane of 80x24, so that keys
# are typed with send-keys and the screen is read back with capture-pane. To the
# guest ttyS0 is a plain 8250: it reports a size of 0x0 and knows nothing about
# the terminal at the other end.
#
# Source it and call vm_begin. The tmux server, QEMU and the temporary files are
# removed when the script ends, also after a signal.
#
# Settings, from the environment:
#   VM_DIR      cache and working files              (default: build/vm)
#   BOARDSTRAP  the program under test               (default: build/boardstrap)
#   ALLOW_SD=1  use an SD card if there is no QEMU with an eMMC
#   VM_EMMC_MIB size of the eMMC's user area         (default: 512)
#   VM_LIMIT    seconds after which a machine is ended (default: 1800)
#   VM_PATIENCE a wait ends with its event; its seconds are more than an idle machine needs, and
#               the limit is this many times that (default: 5)
#   SPEED=1     check the speed limits strictly, on an idle machine: see quick
#   VM_KEEP=1   do not remove the machine's files

LC_ALL=C.UTF-8
export LC_ALL

vm_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
vm_top=$(cd "$vm_here/../.." && pwd)

VM_DIR=${VM_DIR:-$vm_top/build/vm}
BOARDSTRAP=${BOARDSTRAP:-$vm_top/build/boardstrap}

VM_PATIENCE=${VM_PATIENCE:-5}

ARCHIVE=rootfs.tar.zst                  # its name on the board's USB stick
EMMC_MIB=${VM_EMMC_MIB:-512}            # QEMU requires a power of two
BOOT_MIB=4                              # each of the two boot areas
SCREEN_LINES=24
SCREEN_COLUMNS=80

vm_passed=0
vm_failed=0
vm_skipped=0
vm_count=0
vm_tmp=
vm_pid=                 # QEMU, or its timeout(1)
vm_server=              # tmux
vm_jobs=                # other background children
vm_cards=()             # "NAME KIND" of each card; each has its own controller
vm_devices=()           # more arguments of QEMU, for the installer's machine
vm_throttle=            # a limit for every card, as an option of QEMU's -drive
installer_extra=        # a function that adds files to the installer's RAM disk; its argument is the root
vm_line=                # the program for a bad line (line.c), controlled by the FIFO $vm_tmp/line
vm_aside=               # not empty: add a second serial line, see aside

# ---------------------------------------------------------------------------
# results, as TAP

pass() {
	vm_count=$((vm_count + 1))
	vm_passed=$((vm_passed + 1))
	echo "ok $vm_count - $*"
}

fail() {
	vm_count=$((vm_count + 1))
	vm_failed=$((vm_failed + 1))
	echo "not ok $vm_count - $*"
}

skip() {        # what, why
	vm_count=$((vm_count + 1))
	vm_skipped=$((vm_skipped + 1))
	echo "ok $vm_count - $1 # SKIP $2"
}

note() {
	echo "# $*"
}

# For a step that all later ones depend on.
die() {
	fail "$@"
	exit 1
}

# check NAME COMMAND...: passes if the command succeeds; shows its output only if it fails.
check() {
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then
		pass "$name"
	else
		fail "$name"
		quote <<<"$out"
		return 1
	fi
}

is() {  # what, wanted, found; for check
	[ "$2" = "$3" ] || { echo "$1: wanted $2, found $3"; return 1; }
}

# quick WHAT LIMIT FOUND: for check; succeeds if FOUND is below LIMIT, in milliseconds on an idle machine. The
# limit is twenty times as high unless SPEED=1 is set, so that only a hang fails on a busy machine.
quick() {
	local limit=$2
	[ "${SPEED:-0}" = 1 ] || limit=$((20 * limit))
	[ -n "$3" ] && [ "$3" -lt "$limit" ] || { echo "$1: $3, not below $limit"; return 1; }
}

# Prints up to 40 lines of another program's output as TAP comments.
quote() {
	sed -e 's/^/# /' -e '40{s/$/ .../;q}'
}

# ---------------------------------------------------------------------------
# set-up and clean-up

vm_setup() {
	mkdir -p "$VM_DIR" || exit 1
	# vm_cleanup prints here even if a signal arrives while stdout is redirected.
	exec 8>&1
	# Only one may prepare the machine's parts. Children must not
	# inherit the lock (9>&-), or one that survives would hold it.
	if [ -z "${VM_LOCKED:-}" ]; then
		exec 9>"$VM_DIR/lock"
		flock -n 9 || {
			note "waiting for another run that prepares $VM_DIR"
			flock -w 1200 9 || die "another run holds $VM_DIR"
		}
	fi
	vm_tmp=$(mktemp -d) || exit 1
	trap vm_cleanup EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

# The start of every test: vm_setup, the machine's parts (prepare.sh), vm_load.
vm_begin() {
	local prepared
	[ "$(id -u)" = 0 ] || { echo "not ok 1 - must be run as root"; exit 1; }
	[ -x "$BOARDSTRAP" ] || { echo "not ok 1 - there is no $BOARDSTRAP"; exit 1; }
	vm_setup
	note "the machine's parts; the first time that takes a minute"
	VM_LOCKED=yes "$vm_here/prepare.sh" >"$vm_tmp/prepare.log" 2>&1 8>&- 9>&- &
	vm_jobs=$!
	wait $vm_jobs
	prepared=$?
	vm_jobs=
	# Indented, because its results are a separate TAP stream.
	sed 's/^/    /' "$vm_tmp/prepare.log"
	[ $prepared -eq 0 ] || die "the machine's parts (prepare.sh)"
	vm_load || die "the machine's description"
}

# Skips a test that is meaningless on an SD card.
vm_needs_emmc() {       # what is tested
	[ "$CARD" != emmc ] || return 0
	skip "$1" "there is no QEMU with an eMMC, and an SD card cannot replace it"
	exit 0
}

vm_cleanup() {
	local status=$?
	local job
	trap - EXIT HUP INT TERM
	exec >&8 8>&-
	for job in $vm_jobs; do
		kill -TERM "$job" 2>/dev/null && wait "$job"
	done
	if [ "$status" -ne 0 ] || [ "$vm_failed" -ne 0 ]; then
		screen_dump
	fi
	machine_kill
	if [ "${VM_KEEP:-0}" != 1 ] && [ -n "${MACHINE:-}" ]; then
		rm -rf --one-file-system "$MACHINE"
	fi
	[ -z "$vm_tmp" ] || rm -rf --one-file-system "$vm_tmp"
	[ "$status" -ne 0 ] || echo "1..$vm_count" # every check has run
	if [ "$vm_count" -gt 0 ] || [ "$status" -ne 0 ]; then
		echo "vm: $vm_passed passed, $vm_failed failed, $vm_skipped skipped"
	fi
	if [ "$status" -eq 0 ] && [ "$vm_failed" -ne 0 ]; then
		status=1
	fi
	exit "$status"
}

# Reads the description of the parts that prepare.sh made, makes a folder for this machine, and gives
# back the lock.
vm_load() {
	local folders old
	# shellcheck source=/dev/null
	. "$VM_DIR/machine.conf" || return 1
	# QEMU in a chroot can open only files below it, so the machine's files
	# are there: MACHINE is their folder, QEMU_DIR is its path for QEMU.
	folders=${QEMU_ROOT:-$VM_DIR}/machine
	for old in "$folders"-*; do     # of runs that were killed
		kill -0 "${old##*-}" 2>/dev/null || rm -rf --one-file-system "$old"
	done
	MACHINE=$folders-$$
	QEMU_DIR=${MACHINE#"$QEMU_ROOT"}
	mkdir "$MACHINE" || return 1
	exec 9>&-
}

# True if this QEMU has that device.
qemu_has() {    # its chroot, empty for the system's own; device
	qemu_run "$1" -device help 2>/dev/null | grep -q "^name \"$2\""
}

qemu_run() {    # its chroot or empty; arguments
	local root=$1
	shift
	if [ -n "$root" ]; then
		chroot "$root" qemu-system-x86_64 "$@"
	else
		qemu-system-x86_64 "$@"
	fi
}

# ---------------------------------------------------------------------------
# the board's parts

# Adds a blank card of that size to the machine. The backing file of an eMMC
# begins with the boot areas; the user area follows.
make_card() {   # its name (the image is NAME.img), emmc or sd, MiB (a power of two)
	local size=$3
	[ "$2" = emmc ] && size=$((size + 2 * BOOT_MIB))
	rm -f "$MACHINE/$1.img"
	truncate -s "${size}M" "$MACHINE/$1.img"
	vm_cards+=("$1 $2")
}

# The board's own eMMC.
make_emmc() {
	CARD_OFFSET_MIB=0
	[ "$CARD" = emmc ] && CARD_OFFSET_MIB=$((2 * BOOT_MIB))
	make_card emmc "$CARD" "$EMMC_MIB"
}

# The USB stick: an ext4 filesystem with what is in DIR, filled without mounting it.
stick_of() {    # DIR
	local size
	size=$(du -sm --apparent-size "$1" | cut -f1)
	rm -f "$MACHINE/stick.img"
	truncate -s $((size + 16))M "$MACHINE/stick.img"
	mkfs.ext4 -q -L STICK -m 0 -O ^has_journal -d "$1" "$MACHINE/stick.img"
}

# A small system as an archive: busybox, and random data of that many MiB in /data. The
# archive also contains the files that DIR holds already.
small_archive() {       # DIR, MiB, FILE
	local i
	mkdir -p "$1"/{bin,dev,etc,proc,root,run,sys,tmp,data,var/empty} &&
		cp "$(command -v busybox)" "$1/bin/busybox" || return 1
	ln -sf busybox "$1/bin/sh"
	ln -f "$1/bin/busybox" "$1/bin/mount"
	chmod 1777 "$1/tmp"
	chmod 700 "$1/root"
	echo board >"$1/etc/hostname"
	chown 12345:54321 "$1/etc/hostname"
	for ((i = 0; i < $2; i++)); do
		head -c 1M /dev/urandom >"$1/data/$i"
	done
	tar -C "$1" -c --zstd -f "$3" .
}

# The stick with the archive of Debian.
make_stick() {
	local dir=$vm_tmp/stick
	mkdir "$dir" || return 1
	# A hard link instead of a copy, on the same filesystem.
	ln "$VM_DIR/$ARCHIVE" "$dir/" 2>/dev/null || cp "$VM_DIR/$ARCHIVE" "$dir/" || return 1
	echo "not an archive" >"$dir/notes.txt"
	stick_of "$dir"
	local status=$?
	rm -rf "$dir"
	return $status
}

# copy_program ROOT PROGRAM [NAME]: copies it with its shared libraries.
copy_program() {
	local root=$1 name=${3:-} program
	program=$(command -v "$2") || return 1
	[ -n "$name" ] || name=${2##*/}
	cp -L "$program" "$root/usr/bin/$name" || return 1
	copy_libraries "$root" "$program"
}

copy_libraries() {      # ROOT, of that program
	local root=$1 lib
	# ldd fails for scripts and static programs, which have none.
	{ ldd "$2" 2>/dev/null || true; } | grep -o '/[^ ]*' | while read -r lib; do
		[ -e "$root$lib" ] || {
			mkdir -p "$root${lib%/*}"
			cp -L "$lib" "$root$lib"
		}
	done
}

# Copies modules of an unpacked kernel and their dependencies.
copy_modules() {        # ROOT, KERNEL (its folder), modules
	local root=$1 kernel=$2 version module path
	version=$(basename "$kernel"/lib/modules/*)
	shift 2
	mkdir -p "$root/usr/lib/modules/$version" || return 1
	[ -e "$root/lib" ] || ln -s usr/lib "$root/lib"
	for module in "$@"; do
		modprobe -d "$kernel" -S "$version" --show-depends "$module" 2>/dev/null |
			sed -n 's/^insmod //p' | sed 's/[[:space:]]*$//'
	done | sort -u | while read -r module; do
		path=${module#"$kernel"}
		mkdir -p "$root/usr${path%/*}"
		cp "$module" "$root/usr$path"
	done
	cp "$kernel/lib/modules/$version"/modules.{builtin,builtin.modinfo,order} \
		"$root/usr/lib/modules/$version/"
	depmod -b "$root" "$version"
}

# The installer's own system: a RAM disk from this machine's tools and from the
# modules of Debian's kernel. Nothing in it comes from the archive under test.
make_installer() {
	local root=$vm_tmp/installer version tool path
	version=$(basename "$VM_DIR"/kernel/lib/modules/*)

	mkdir -p "$root"/{dev,etc,media/usb,proc,root,run,sys,tmp,usr/bin,busybox,var/lib} || return 1
	# One folder for all programs: /sbin/x is /usr/bin/x.
	ln -s usr/bin "$root/bin"
	ln -s usr/bin "$root/sbin"
	ln -s bin "$root/usr/sbin"
	# A merged /usr, so that every library path of ldd works.
	mkdir -p "$root"/usr/lib "$root"/usr/lib64
	ln -s usr/lib "$root/lib"
	ln -s usr/lib64 "$root/lib64"

	copy_program "$root" "$BOARDSTRAP" boardstrap || return 1
	# Required programs ...
	for tool in tar zstd xz gzip mke2fs e2fsck sfdisk blkid mount umount kmod stty; do
		copy_program "$root" "$tool" || { echo "$tool is missing here"; return 1; }
	done
	# ... and optional ones, for other layouts and for shell.sh.
	for tool in bzip2 lz4 mkfs.vfat mkfs.f2fs fsck.fat mount.vfat tune2fs dumpe2fs debugfs resize2fs \
		flock lsblk losetup findmnt blockdev wipefs partx bsdtar sha256sum strace gdb mmc; do
		copy_program "$root" "$tool" 2>/dev/null || true
	done
	ln -s mke2fs "$root/usr/bin/mkfs.ext4"
	ln -s e2fsck "$root/usr/bin/fsck.ext4"
	ln -s kmod "$root/usr/bin/modprobe"
	ln -s kmod "$root/usr/bin/lsmod"

	# BusyBox provides the other commands, last in PATH: its tar and mount must
	# not hide the real ones. Its shell is not used, because it prefers its
	# own commands regardless of PATH.
	copy_program "$root" busybox || return 1
	mv "$root/usr/bin/busybox" "$root/busybox/busybox"
	copy_program "$root" dash sh || return 1
	copy_program "$root" bash || return 1

	# Terminal descriptions, the C.UTF-8 locale, the defaults of mke2fs.
	for path in /lib/terminfo /usr/share/terminfo /usr/lib/locale/C.utf8 /etc/mke2fs.conf; do
		[ -e "$path" ] || continue
		mkdir -p "$root${path%/*}"
		cp -a "$path" "$root$path"
	done
	printf 'root:x:0:0:root:/root:/bin/sh\n' >"$root/etc/passwd"
	printf 'root:x:0:\n' >"$root/etc/group"

	copy_modules "$root" "$VM_DIR/kernel" mmc_block sdhci-pci ext4 vfat f2fs nls_cp437 nls_iso8859-1 \
		nls_ascii nls_utf8 loop crc32c_generic libcrc32c xhci-pci usb-storage uas sd_mod \
		virtio_blk virtio_pci || return 1

	if [ -n "$installer_extra" ]; then
		$installer_extra "$root" || return 1
	fi

	cp "$vm_here/guest-init" "$root/init"
	cp "$vm_here/guest-aside" "$root/etc/aside"
	chmod 755 "$root/init"

	# Not compressed: the emulated CPU would need longer to decompress it
	# than QEMU needs to load it.
	(cd "$root" && find . -print0 | cpio --null --quiet -o -H newc -R 0:0) >"$MACHINE/installer.cpio" || return 1
	cp "$VM_DIR/kernel/boot/vmlinuz-$version" "$MACHINE/installer.vmlinuz"
	rm -rf "$root"
}

# Copies kernel and initrd of the system under test from its archive.
take_boot_files() {
	local dir=$vm_tmp/boot
	mkdir "$dir" || return 1
	tar -C "$dir" -x --zstd -f "$VM_DIR/$ARCHIVE" --wildcards './boot/vmlinuz-*' './boot/initrd.img-*' || return 1
	cp "$dir"/boot/vmlinuz-* "$MACHINE/board.vmlinuz" &&
		cp "$dir"/boot/initrd.img-* "$MACHINE/board.initrd"
}

# ---------------------------------------------------------------------------
# the machine and its screen

# machine_command KERNEL INITRD APPEND: fills the array qemu_command.
machine_command() {
	local kernel=$1 initrd=$2 append=$3
	local card name kind bus slot=16 device
	# Control keys go to the guest: no escape character, no signals.
	local console=stdio,id=console,signal=off
	# One host thread for both processors: on a busy host, two threads wait for each other's locks.
	local thread=single
	[ "${SPEED:-0}" != 1 ] || thread=multi
	[ -z "$vm_line" ] || console=socket,id=console,fd=3
	qemu_command=()
	[ -z "$QEMU_ROOT" ] || qemu_command=(chroot "$QEMU_ROOT")
	qemu_command+=(qemu-system-x86_64
		-accel "tcg,thread=$thread" -smp 2 -m 768
		-nodefaults -no-user-config -no-reboot -display none
		-kernel "$QEMU_DIR/$kernel" -initrd "$QEMU_DIR/$initrd"
		-append "console=ttyS0 quiet $append${vm_aside:+ vm.aside}"
		-chardev "$console,logfile=$QEMU_DIR/console.log,logappend=on"
		-serial chardev:console)
	# The first card's controller is 0000:00:10.0, the next one's 0000:00:11.0.
	for card in "${vm_cards[@]}"; do
		read -r name kind <<<"$card"
		bus=slot$slot
		device=sd-card
		[ "$kind" = emmc ] && device=emmc,boot-partition-size=$((BOOT_MIB * 1024 * 1024))
		qemu_command+=(-device "sdhci-pci,id=$bus,bus=pci.0,addr=$(printf %x "$slot")"
			-drive "if=none,id=$name,format=raw,cache=unsafe,file=$QEMU_DIR/$name.img${vm_throttle:+,$vm_throttle}"
			-device "$device,drive=$name,bus=pci.0/$bus/sd-bus")
		slot=$((slot + 1))
	done
	if [ -n "$vm_aside" ]; then
		qemu_command+=(
			-chardev "file,id=aside,path=$QEMU_DIR/aside.log,input-path=$QEMU_DIR/aside.in"
			-serial chardev:aside)
	fi
	# Only the installer's machine has the stick: the installed board must
	# boot without it.
	if [ "$kernel" = installer.vmlinuz ]; then
		qemu_command+=(-device qemu-xhci
			-drive "if=none,id=stick,format=raw,readonly=on,file=$QEMU_DIR/stick.img"
			-device "usb-storage,drive=stick,removable=on" "${vm_devices[@]}")
	fi
}

mux() {
	tmux -S "$vm_tmp/tmux" -f "$vm_tmp/tmux.conf" "$@" 7>&- 8>&- 9>&-
}

# machine_start KERNEL INITRD APPEND
machine_start() {
	machine_command "$@"
	cat >"$vm_tmp/tmux.conf" <<-EOF
		set -g status off
		set -g remain-on-exit on
		set -s escape-time 0
		set -g default-terminal screen
		set -g history-limit 5000
	EOF
	[ -z "$vm_line" ] || [ -p "$vm_tmp/line" ] || mkfifo "$vm_tmp/line" || return 1
	if [ -n "$vm_aside" ]; then
		rm -f "$MACHINE"/aside.{in,log}
		mkfifo "$MACHINE/aside.in" || return 1
		# Open for reading and writing, so that no open(2) of the FIFO blocks.
		exec 7<>"$MACHINE/aside.in"
	fi
	# The server stays in the foreground (-D), so that it is a child to
	# wait for.
	mux -D &
	vm_server=$!
	until mux show-options -g >/dev/null 2>&1; do
		kill -0 "$vm_server" 2>/dev/null || return 1
		sleep 0.1
	done
	# timeout(1) ends the machine even if this script is killed.
	mux new-session -d -x $SCREEN_COLUMNS -y $SCREEN_LINES \
		timeout --foreground -k 5 "${VM_LIMIT:-1800}" \
		${vm_line:+"$vm_line" "$vm_tmp/line" "$vm_tmp/line.log"} "${qemu_command[@]}" || return 1
	vm_pid=$(mux display-message -p '#{pane_pid}')
}

# machine_up NAME SECONDS REGEX KERNEL INITRD APPEND: starts the machine and waits until the screen matches.
machine_up() {
	local started=$SECONDS
	machine_start "${@:4}" || die "QEMU starts"
	wait_for "$2" "$3" 'Kernel panic|Give root password|\(initramfs\)' || die "$1"
	pass "$1 ($((SECONDS - started)) s)"
}

machine_alive() {
	[ -n "$vm_pid" ] && [ "$(mux display-message -p '#{pane_dead}' 2>/dev/null)" = 0 ]
}

# machine_off SECONDS: waits until the machine has switched itself off.
machine_off() {
	local until=$((SECONDS + $1 * VM_PATIENCE)) status=0
	while machine_alive; do
		if [ $SECONDS -ge $until ]; then
			status=1
			break
		fi
		sleep 0.2
	done
	[ $status -eq 0 ] || screen_dump
	machine_kill
	return $status
}

# Ends the processes that machine_start has started, and no others.
machine_kill() {
	[ -n "$vm_server" ] || return 0
	if machine_alive; then
		kill -TERM "$vm_pid" 2>/dev/null
		local i=0
		while machine_alive && [ $i -lt 50 ]; do
			sleep 0.1
			i=$((i + 1))
		done
	fi
	mux kill-server 2>/dev/null
	wait "$vm_server"
	vm_server=
	vm_pid=
}

screen() {
	mux capture-pane -p 2>/dev/null
}

screen_dump() {
	[ -n "$vm_pid" ] || return 0
	echo "# the screen was:"
	screen | sed 's/^/#  |/'
}

# wait_for SECONDS REGEX [REGEX-OF-FAILURE]: waits until the screen matches REGEX.
wait_for() {
	seen_within $(($1 * VM_PATIENCE)) "${@:2}"
}

# The same without VM_PATIENCE, for callers that have another way if the screen does not match.
seen_within() {
	local until=$((SECONDS + $1)) text
	while :; do
		text=$(screen)
		if grep -Eq -- "$2" <<<"$text"; then
			return 0
		fi
		if [ -n "${3:-}" ] && grep -Eq -- "$3" <<<"$text"; then
			echo "# the screen shows: $(grep -E -m1 -- "$3" <<<"$text")"
			return 1
		fi
		if ! machine_alive; then
			echo "# the machine stopped while waiting for: $2"
			return 1
		fi
		if [ $SECONDS -ge $until ]; then
			echo "# not seen within $1 s: $2"
			return 1
		fi
		sleep 0.2
	done
}

shows() {
	grep -Eq -- "$1" <<<"$(screen)"
}

keys() {
	mux send-keys "$@"
}

text() {
	mux send-keys -l -- "$1"
}

# shell COMMAND: types it at the prompt of the console, on an empty screen, so that the screen
# then shows only its output.
shell() {
	local i=0
	keys C-u C-l
	while [ "$(screen | grep -c .)" -gt 1 ] && [ $i -lt 100 ]; do
		sleep 0.1
		i=$((i + 1))
	done
	text "$1"
	keys Enter
}

# press_until TIMES KEY REGEX: presses the key until the screen matches. Enter has no effect
# shortly after the list under the cursor has changed.
press_until() {
	local i=0
	while [ $i -lt "$1" ]; do
		keys "$2"
		seen_within 5 "$3" >/dev/null && return 0
		i=$((i + 1))
	done
	echo "# $2 did not lead to: $3"
	return 1
}

# choose REGEX: moves the cursor (the row that begins with ">") to that row.
choose() {
	local i row
	wait_for 20 "$1" || return 1
	for key in Down Up; do
		i=0
		while [ $i -lt 15 ]; do
			row=$(screen | grep -E -m1 '^ *> ')
			if grep -Eq -- "$1" <<<"$row"; then
				return 0
			fi
			keys $key
			# The cursor does not move at the end of the list.
			cursor_moved "$row" || break
			i=$((i + 1))
		done
	done
	echo "# the cursor never came to: $1"
	return 1
}

cursor_moved() {
	local i=0
	while [ $i -lt 10 ]; do
		[ "$(screen | grep -E -m1 '^ *> ')" = "$1" ] || return 0
		sleep 0.1
		i=$((i + 1))
	done
	return 1
}

# aside SECONDS COMMAND: runs it in a shell on the second serial line (vm_aside=yes), while
# boardstrap uses the first one; guest-aside has functions for it. Prints the output of the
# command and returns its status: 124 after a timeout, 125 if the machine has stopped.
aside() {
	local until=$((SECONDS + $1 * VM_PATIENCE)) log=$MACHINE/aside.log id=$EPOCHREALTIME
	printf '%s %s\n' "$id" "$(tr '\n\t' '  ' <<<"$2")" >&7
	until grep -q "^aside ends $id " "$log"; do
		machine_alive || { echo "the machine stopped while it ran: $2"; return 125; }
		[ $SECONDS -lt $until ] || { echo "not done within $1 s: $2"; return 124; }
		sleep 0.1
	done
	tr -d '\r' <"$log" | awk -v id="$id" '
		$1 == "aside" && $3 == id { if ($2 == "ends") exit $4; mine = 1; next }
		mine { print }'
}

# aside_until SECONDS COMMAND: repeats it until its status is 0.
aside_until() {
	local until=$((SECONDS + $1 * VM_PATIENCE)) said
	while ! said=$(aside "$1" "$2"); do
		[ $SECONDS -lt $until ] || { echo "not within $1 s: $2"; echo "$said"; return 1; }
		sleep 0.2
	done
	echo "$said"
}
