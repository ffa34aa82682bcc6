# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# lib.sh - what the end-to-end tests share. Sourced by each: `. "$(dirname "$0")/lib.sh"`, then
# begin, checks, and finish. Lines "ok N - name" and "not ok N - name" (TAP); exit 0 or 1.
#
# Everything a test makes lies below $tmp: images, archives, mount points. finish shows that
# nothing of it is left in use, and the trap cleans up on every way out.
#
# Settings, from the environment:
#   BOARDSTRAP  the program under test            (default: build/boardstrap)
#   CACHE       what is slow to make is kept here (default: build/cache)
#   KEEP=1      keep $tmp for a look

# Names in archives are bytes: in a C locale the shell and its tools leave them alone.
export LC_ALL=C
unset TAR_OPTIONS GZIP XZ_OPT ZSTD_CLEVEL

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
BOARDSTRAP=$(realpath "${BOARDSTRAP:-$top/build/boardstrap}")
CACHE=${CACHE:-$top/build/cache}

tmp=
count=0
failed=0
pids=()
mounts=()

# ---- results ----

ok() {
	count=$((count + 1))
	echo "ok $count - $*"
}

not_ok() {
	count=$((count + 1))
	failed=$((failed + 1))
	echo "not ok $count - $*"
}

skip() { # NAME WHY
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

note() {
	echo "# $*"
}

quote() {
	sed 's/^/#   /'
}

# check NAME COMMAND...: the command's output is shown only where it fails.
check() {
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then
		ok "$name"
	else
		not_ok "$name"
		note "failed: $*"
		head -n 30 <<<"$output" | quote
		return 1
	fi
}

# same NAME WANT GOT
same() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1"
		note "expected: $2"
		note "got:      $3"
		return 1
	fi
}

die() {
	not_ok "$*"
	exit 1
}

skip_all() { # WHY
	echo "ok 1 - $(basename "$0" .sh) # SKIP $*"
	echo "1..1"
	trap - EXIT
	exit 0
}

# ---- begin and end ----

begin() {
	local program
	[ "$(id -u)" = 0 ] || skip_all "needs root, for loop devices and mounts"
	for program in "$@"; do
		command -v "$program" >/dev/null || skip_all "$program is not installed"
	done
	[ -x "$BOARDSTRAP" ] || die "$BOARDSTRAP has not been built"
	# Mounts and sockets of our own: an install that somebody else runs is none of ours.
	if [ "${E2E_PRIVATE:-}" != $$ ]; then
		# shellcheck disable=SC2016
		exec unshare -m sh -c 'E2E_PRIVATE=$$ exec bash "$0"' "$0"
	fi
	mkdir -p /run/boardstrap && mount -t tmpfs -o mode=700 tmpfs /run/boardstrap || exit 1
	mkdir -p "$CACHE" || exit 1
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/boardstrap-e2e.XXXXXX") || exit 1
	trap clean_up EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

# Processes that were started by this test, or that have a file of it open.
own_processes() {
	local dir pid
	for dir in /proc/[0-9]*; do
		pid=${dir#/proc/}
		[ "$pid" != $$ ] && [ "$pid" != "$BASHPID" ] || continue
		# The shell's own children (a pipeline's parts) come and go.
		[ "$(awk '$1 == "PPid:" {print $2}' "$dir/status" 2>/dev/null)" != "$BASHPID" ] ||
			continue
		if find "$dir/fd" "$dir/cwd" -lname "$tmp/*" 2>/dev/null | grep -q .; then
			echo "$pid $(tr '\0' ' ' <"$dir/cmdline" 2>/dev/null)"
		fi
	done 2>/dev/null
}

own_loops() {
	losetup -l -n -O NAME,BACK-FILE | awk -v tmp="$tmp/" 'index($0, tmp)'
}

own_mounts() {
	awk -v tmp="$tmp" 'index($2, tmp) == 1 {print $2}' /proc/mounts
}

# nothing_left NAME: waits a moment, since a process that was told to go may take one.
nothing_left() {
	local left
	for _ in $(seq 300); do
		left=$(own_processes; own_loops; own_mounts)
		[ -n "$left" ] || break
		sleep 0.1
	done
	same "$1" "" "$left"
}

finish() {
	nothing_left "no process, loop device or mount is left behind"
	echo "1..$count"
	if [ "$failed" -gt 0 ]; then
		note "$failed of $count failed"
		exit 1
	fi
	exit 0
}

clean_up() {
	local status=$? at pid line
	trap - EXIT HUP INT TERM
	for pid in "${pids[@]}"; do
		kill -KILL "$pid" 2>/dev/null
	done
	tmux -L "$tmux_socket" kill-server 2>/dev/null
	if [ -n "$tmp" ]; then
		own_processes | while read -r pid line; do
			note "ending left-over process $pid: $line"
			kill -KILL "$pid" 2>/dev/null
		done
		for ((at = ${#mounts[@]} - 1; at >= 0; at--)); do
			umount "${mounts[at]}" 2>/dev/null
		done
		own_mounts | sort -r | while read -r line; do
			umount "$line" 2>/dev/null
		done
		for _ in $(seq 20); do
			line=$(own_loops) && [ -n "$line" ] || break
			awk '{print $1}' <<<"$line" | xargs -r losetup -d 2>/dev/null
			sleep 0.1
		done
		if [ "${KEEP:-0}" = 1 ]; then
			note "kept: $tmp"
		else
			rm -rf --one-file-system "$tmp"
		fi
	fi
	exit "$status"
}

# Waiting ends with the event. What a wait is given in seconds is what an idle machine never takes, and
# this many times that ends what hangs on a busy one.
PATIENCE=6

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	local until=$((SECONDS + $1 * PATIENCE))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $until ] || return 1
		sleep 0.05
	done
}

# ---- boardstrap ----

# run WANT NAME ARG...: the exit code; what it says is left in $tmp/out and $tmp/err.
run() {
	local want=$1 name=$2 got=0
	shift 2
	timeout 300 "$BOARDSTRAP" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || got=$?
	if [ "$got" = "$want" ]; then
		ok "$name: exit $want"
	else
		not_ok "$name: exit $want"
		note "got $got from: boardstrap $*"
		tail -n 15 "$tmp/out" | quote
		tail -n 15 "$tmp/err" | quote
		return 1
	fi
}

# says NAME PATTERN: a sentence on stderr that matches, begins as ours do, and is no path alone.
says() {
	if grep -Eq "^boardstrap( [a-z]+)?: .*$2" "$tmp/err"; then
		ok "$1: $(grep -E -m 1 "$2" "$tmp/err" | cut -c 1-150)"
	else
		not_ok "$1: says '$2'"
		quote <"$tmp/err"
		return 1
	fi
}

install() { # WANT NAME ARG...
	local want=$1 name=$2
	shift 2
	run "$want" "$name" install --yes --plain "$@"
}

# ---- screens: boardstrap in a terminal of tmux, 80x24 ----

# The server is ours alone; clean_up ends it.
tmux_socket=boardstrap-e2e-$$

mux() {
	tmux -L "$tmux_socket" -f /dev/null "$@"
}

screen() {
	mux capture-pane -p -t e2e 2>/dev/null
}

# The pane runs one command line and then shows its exit code, and stays.
start() { # COMMAND LINE
	mux kill-server 2>/dev/null
	wait_for 5 gone
	mux new-session -d -s e2e -x 80 -y 24 "cd $tmp; $1; echo \"[exit \$?]\"; stty -a >$tmp/stty; sleep 600" \
		>/dev/null 2>"$tmp/tmux.err" || die "tmux does not start: $(cat "$tmp/tmux.err")"
}
gone() {
	! mux has-session 2>/dev/null
}

shows() { # NAME PATTERN [SECONDS]
	local until=$((SECONDS + ${3:-20} * PATIENCE))
	until screen | grep -Eq -- "$2"; do
		if [ $SECONDS -ge $until ]; then
			not_ok "$1: the screen shows '$2'"
			screen | quote
			return 1
		fi
		sleep 0.05
	done
	ok "$1"
}

# Keys are sent after the screen they are for is there; Enter is dead for half a second after a
# row changed under the cursor, so it is repeated until the next screen is there.
enter_until() { # NAME PATTERN
	local until=$((SECONDS + 20 * PATIENCE))
	until screen | grep -Eq -- "$2"; do
		if [ $SECONDS -ge $until ]; then
			not_ok "$1"
			screen | quote
			return 1
		fi
		press Enter
		for _ in $(seq 14); do
			screen | grep -Eq -- "$2" && break
			sleep 0.05
		done
	done
	ok "$1"
}

# A key, and what the screen shows then.
press() { # KEY [NAME PATTERN [SECONDS]]
	mux send-keys -t e2e "$1"
	shift
	[ $# = 0 ] || shows "$@"
}

type_keys() {
	mux send-keys -t e2e -l -- "$1"
}

# ---- images ----

# image NAME SIZE: a sparse file that stands for an eMMC.
image() {
	rm -f "$tmp/$1"
	truncate -s "$2" "$tmp/$1"
}

# "START SIZE" in sectors of partition N, by sfdisk.
partition() {
	sfdisk -d "$1" 2>/dev/null | awk -v n="$2" -F '[=, ]+' '
		/start=/ && ++i == n {
			for (f = 1; f < NF; f++) {
				if ($f == "start") start = $(f + 1)
				if ($f == "size") size = $(f + 1)
			}
			print start, size
		}'
}

# The image's partition N as a loop device: works on a kernel without partition parsers.
attach_partition() {
	local start size
	read -r start size <<<"$(partition "$1" "$2")"
	[ -n "$start" ] || return 1
	losetup -r -f --show -o $((start * 512)) --sizelimit $((size * 512)) "$1"
}

# mount_partition IMAGE N DIR: read-only. unmount_partition DIR undoes it.
mount_partition() {
	local loop
	mkdir -p "$3"
	loop=$(attach_partition "$1" "$2") || return 1
	if mount -o ro "$loop" "$3"; then
		mounts+=("$3")
		losetup -d "$loop" # goes with the mount
	else
		losetup -d "$loop"
		return 1
	fi
}

# has_table IMAGE: true where any program would see a partition table on it.
has_table() {
	[ -n "$(blkid -p -o value -s PTTYPE "$1")" ] || [ -n "$(partition "$1" 1)" ]
}

# ---- archives ----

# tree DIR NAME: a small root filesystem with one of everything that an archive can hold.
make_tree() {
	local d=$1 i
	mkdir -p "$d/bin" "$d/etc" "$d/dev" "$d/var/tmp" "$d/usr/share/doc"
	chmod 1777 "$d/var/tmp"
	echo "root:x:0:0:root:/root:/bin/sh" >"$d/etc/passwd"
	ln -s ../proc/mounts "$d/etc/mtab"
	ln -s /lib/nothing/there "$d/etc/dangling"
	head -c 300000 /dev/urandom >"$d/bin/program"
	chmod 4755 "$d/bin/program"
	ln "$d/bin/program" "$d/bin/hard"
	ln "$d/bin/program" "$d/usr/hard-elsewhere"
	mknod "$d/dev/null" c 1 3
	mknod "$d/dev/mmcblk0" b 179 0
	chmod 666 "$d/dev/null"
	mkfifo "$d/dev/initctl"
	for i in $(seq 40); do
		head -c $((i * 777)) /dev/urandom >"$d/usr/share/doc/file-$i"
	done
	touch -d "2001-02-03 04:05:06" "$d/usr/share/doc/file-1"
	chown 1000:100 "$d/usr/share/doc/file-2"
	chown 123456:654321 "$d/usr/share/doc/file-3"
	: >"$d/etc/empty"
	mkdir "$d/root"
	chmod 700 "$d/root"
}
