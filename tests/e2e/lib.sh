# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# lib.sh - common functions of the end-to-end tests. Each sources it, `. "$(dirname "$0")/lib.sh"`, then
# calls begin, its checks, and finish. The output is TAP; exit 0 or 1.
#
# Every file of a test is below $tmp: images, archives, mount points. finish checks that none of them is
# left in use, and a trap cleans up on every exit.
#
# Settings, from the environment:
#   BOARDSTRAP  the program under test            (default: build/boardstrap)
#   CACHE       folder for files that are slow to make (default: build/cache)
#   KEEP=1      do not remove $tmp

# Names in archives are bytes: in the C locale the shell and its tools do not change them.
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

# check NAME COMMAND...: passes if the command succeeds; shows its output only if it fails.
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
	# Private mounts and sockets, so that the test sees no install of another process.
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

# The processes that have a file of this test open, or its folder as working directory.
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

# nothing_left NAME: waits up to 30 s, because a process needs some time to end.
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

# A wait ends with its event. Its seconds are more than an idle machine needs; the limit is this many times
# that, so that only a hang reaches it on a busy machine.
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

# run WANT NAME ARG...: boardstrap exits with WANT; its output is in $tmp/out and $tmp/err.
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

# says NAME PATTERN: a sentence on stderr matches, and begins with "boardstrap: " or "boardstrap COMMAND: ".
# Its lines are joined.
says() {
	local sentence
	sentence=$(awk '{printf "%s%s", sub(/^ +/, " ") ? "" : "\n", $0} END {print ""}' "$tmp/err" |
		grep -E -m 1 "^boardstrap( [a-z]+)?: .*$2")
	if [ -n "$sentence" ]; then
		ok "$1: $(cut -c 1-150 <<<"$sentence")"
	else
		not_ok "$1: prints '$2'"
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

# A private tmux server; clean_up ends it. Each session has a server of its own: one that is about to exit still answers.
tmux_count=0
tmux_socket=boardstrap-e2e-$$

mux() {
	tmux -L "$tmux_socket" -f /dev/null "$@"
}

screen() {
	mux capture-pane -p -t e2e 2>/dev/null
}

# The pane runs one command line, shows its exit code, and stays open.
start() { # COMMAND LINE
	mux kill-server 2>/dev/null
	wait_for 5 gone
	tmux_count=$((tmux_count + 1))
	tmux_socket=boardstrap-e2e-$$-$tmux_count
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

# Keys are sent once their screen is shown. Enter has no effect for half a second after the row under the
# cursor has changed, so it is repeated until the next screen is shown.
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

# Presses a key, and checks that the screen then shows PATTERN.
press() { # KEY [NAME PATTERN [SECONDS]]
	mux send-keys -t e2e "$1"
	shift
	[ $# = 0 ] || shows "$@"
}

type_keys() {
	mux send-keys -t e2e -l -- "$1"
}

# ---- images ----

# image NAME SIZE: a sparse file in place of an eMMC.
image() {
	rm -f "$tmp/$1"
	truncate -s "$2" "$tmp/$1"
}

# Prints "START SIZE" of partition N in sectors, from sfdisk.
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

# Attaches partition N of the image as a loop device, which also works without partition parsers in the kernel.
attach_partition() {
	local start size
	read -r start size <<<"$(partition "$1" "$2")"
	[ -n "$start" ] || return 1
	losetup -r -f --show -o $((start * 512)) --sizelimit $((size * 512)) "$1"
}

# mount_partition IMAGE N DIR: read-only. umount DIR undoes it.
mount_partition() {
	local loop
	mkdir -p "$3"
	loop=$(attach_partition "$1" "$2") || return 1
	if mount -o ro "$loop" "$3"; then
		mounts+=("$3")
		losetup -d "$loop" # detached at unmount
	else
		losetup -d "$loop"
		return 1
	fi
}

# has_table IMAGE: true if the image has a partition table.
has_table() {
	[ -n "$(blkid -p -o value -s PTTYPE "$1")" ] || [ -n "$(partition "$1" 1)" ]
}

# ---- archives ----

# tree DIR NAME: a small root filesystem with one entry of each type that an archive can hold.
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
