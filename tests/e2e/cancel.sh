#!/bin/bash
# SPDX-License-Identifier: MIT
#
# cancel.sh - an install that is ended half-way, by each of the signals, leaves a target without a
# table, and no processes or mounts; an install whose front end ends continues to the end.
. "$(dirname "$0")/lib.sh"
begin zstd tar sfdisk losetup unshare

make_tree "$tmp/tree"
head -c 8M /dev/urandom >"$tmp/tree/usr/share/random"
"$here/tree.sh" "$tmp/tree" >"$tmp/want"
cd "$tmp" || exit 1
tar -C tree --format=posix --numeric-owner --xattrs --xattrs-include='*' -cf - . | zstd -q >rootfs.tar.zst

# A tar that stops in the middle until it is released, so that no test depends on timing. It runs the
# real tar as a child, which the engine must find and end as well.
cat >slow-tar <<SLOW
#!/bin/sh
[ "\$1" = --version ] && exec tar --version
(head -c 2000000; while [ ! -e $tmp/go ]; do sleep 0.1; done; cat) | tar "\$@"
SLOW
# A tar that stops first and then executes the real one, so that there is no child.
cat >waiting-tar <<WAITING
#!/bin/sh
[ "\$1" = --version ] && exec tar --version
while [ ! -e $tmp/go ]; do sleep 0.1; done
exec tar "\$@"
WAITING
chmod +x slow-tar waiting-tar

# begin_install: makes a board that could boot, and starts its install, which stops in extract.
begin_install() { # NAME [TAR]
	rm -f go out
	image board.img 256M
	printf 'label: gpt\nstart=8192' | sfdisk -q board.img
	"$BOARDSTRAP" install --target board.img --archive rootfs.tar.zst --allow image --yes --json \
		--tar "$tmp/${2:-slow-tar}" >out 2>err </dev/null &
	front=$!
	pids+=("$front")
	check "$1: it extracts" wait_for 60 extracts
	engine=$(engine_pid)
	check "$1: there is an engine" test -n "$engine"
}
extracts() {
	# Files exist: tar has begun, not only the step.
	grep -q '"step":"extract","state":"start"' out && pgrep -f "^/bin/sh $tmp/[a-z]*-tar"
}
# The processes that hold the image, except the front end; the oldest is the engine.
engine_pid() {
	own_processes | awk -v front="$front" '$1 != front && /boardstrap/ {print $1}' | sort -n | head -n 1
}

ends() { # NAME CODE
	local code=0
	wait_for 30 dead "$front" || {
		not_ok "$1: it ends in time"
		kill -KILL "$front" "$engine"
	}
	wait "$front" || code=$?
	same "$1: exit $2" "$2" $code || { quote <err; tail -n 3 out | quote; }
}
dead() {
	local state
	state=$(awk '$1 == "State:" {print $2}' "/proc/$1/status" 2>/dev/null)
	[ -z "$state" ] || [ "$state" = Z ]
}

fails_closed() { # NAME
	check "$1: the target has no table" no_table
	nothing_left "$1: nothing is left running, attached or mounted"
	check "$1: no tar is left" sh -c "! pgrep -f '$tmp/[a-z]*-ta[r]'"
}
no_table() {
	! has_table "$tmp/board.img"
}

for signal in INT TERM; do
	begin_install "SIG$signal"
	kill -"$signal" "$front"
	ends "SIG$signal" 3
	check "SIG$signal: the result is cancelled" grep -q '"result":"cancelled","code":3' out
	fails_closed "SIG$signal"
done

# From another terminal: the front end that controls the install has to end first.
begin_install "cancel"
code=0
"$BOARDSTRAP" cancel board.img >out2 2>err2 || code=$?
same "cancel: refused while another commands" 2 $code
kill -HUP "$front"
ends "cancel" 6
code=0
"$BOARDSTRAP" cancel board.img >out2 2>err2 || code=$?
same "cancel: heard when that one has left" 0 $code || quote <err2
check "cancel: status reports it" sh -c "$BOARDSTRAP status --json | grep -q '\"result\":\"cancelled\"'"
fails_closed "cancel"

begin_install "impatience"
kill -INT "$front"
kill -INT "$front" 2>/dev/null
kill -TERM "$front" 2>/dev/null
ends "impatience" 3
fails_closed "impatience"

# The engine is killed: only the kernel cleans up, and the front end reports it. (Children of a
# wrapper around tar would survive, hence the tar without a child.)
begin_install "engine killed" waiting-tar
kill -KILL "$engine"
ends "engine killed" 1
check "engine killed: a sentence reports it" grep -Eq '^boardstrap: .+' err
fails_closed "engine killed"

# tar is killed: the install fails after writing began.
begin_install "tar killed"
kill -KILL "$(pgrep -o -f "^/bin/sh $tmp/slow-tar")"
ends "tar killed" 1
check "tar killed: a sentence names tar" grep -Eq '^boardstrap: .*tar' err
fails_closed "tar killed"

# The front end is killed, or its terminal hangs up: the install continues.
goes_on() { # NAME
	check "$1: the engine still runs" kill -0 "$engine"
	check "$1: status shows it" sh -c "$BOARDSTRAP status board.img | grep -q extract"
	touch go
	check "$1: it ends" wait_for 60 dead "$engine"
	check "$1: with a table" has_table "$tmp/board.img"
	check "$1: and a result" sh -c "$BOARDSTRAP status --json | grep -q '\"result\":\"pass\"'"
	mount_partition board.img 1 "$tmp/mnt" || die "$1: cannot mount it"
	"$here/tree.sh" "$tmp/mnt" >got
	check "$1: and all entries in it" diff -a want got
	umount "$tmp/mnt"
	nothing_left "$1: nothing is left"
}
begin_install "SIGHUP"
kill -HUP "$front"
ends "SIGHUP" 6
goes_on "SIGHUP"

begin_install "front end killed"
kill -KILL "$front"
wait "$front" 2>/dev/null
goes_on "front end killed"

# The install continues when the reader of the pipe closes it.
rm -f go
image board.img 256M
code=0
{ timeout 60 "$BOARDSTRAP" install --target board.img --archive rootfs.tar.zst --allow image --yes --json \
	--tar "$tmp/slow-tar" </dev/null 2>err || echo $? >code; } | grep -m 1 -q '"step":"extract","state":"start"'
engine=$(front=0 engine_pid)
touch go
check "reader gone: the install continues" wait_for 60 has_table "$tmp/board.img"
same "reader gone: exit 6" 6 "$(cat code 2>/dev/null)"
nothing_left "reader gone: nothing is left"

# Two installs on one target: the second is refused with the reason, and does no harm.
begin_install "a second install"
code=0
timeout 60 "$BOARDSTRAP" install --target board.img --archive rootfs.tar.zst --allow image --yes --plain \
	>out2 2>err2 </dev/null || code=$?
same "a second install: exit 5" 5 $code || quote <err2
check "a second install: a sentence tells who, and the step" grep -Eq \
	"locked by another install \\(process $engine, since [0-9:]{8}, now at extract\\)" <(tr -s '\n ' ' ' <err2)
touch go
ends "a second install: the first" 0
check "a second install: the first passes" grep -q '"result":"pass"' out

# Nothing has been written while the scan still reads the archive.
real=$(realpath "$(command -v zstd)")
cp "$real" real-zstd
cat >slow-zstd <<SLOW
#!/bin/sh
: >$tmp/reading
while [ ! -e $tmp/go ]; do sleep 0.1; done
exec $tmp/real-zstd "\$@"
SLOW
chmod +x slow-zstd
rm -f go reading
image board.img 256M
begin_scan() {
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount --bind "$0" "$1" && shift && exec "$@"' "$tmp/slow-zstd" "$real" \
		"$BOARDSTRAP" install --target board.img --archive rootfs.tar.zst --allow image --yes --json \
		>out 2>err </dev/null &
	front=$!
	pids+=("$front")
}
passed() {
	"$BOARDSTRAP" status --json | grep -q '"result":"pass"'
}
begin_scan
check "during the scan: it reads" wait_for 30 test -e reading
kill -INT "$front"
ends "during the scan" 3
same "during the scan: nothing was written" 0 "$(stat -c %b board.img)"
nothing_left "during the scan: nothing is left"

# With --yes all is agreed: the install goes on without its terminal.
rm -f reading
begin_scan
check "hang-up during the scan: it reads" wait_for 30 test -e reading
kill -HUP "$front"
ends "hang-up during the scan" 6
check "hang-up during the scan: status shows it" sh -c "$BOARDSTRAP status board.img | grep -q scan"
touch go
check "hang-up during the scan: the install continues" wait_for 60 has_table "$tmp/board.img"
check "hang-up during the scan: and passes" wait_for 60 passed
nothing_left "hang-up during the scan: nothing is left"

# A dry run makes the filesystems too, and can be ended in that.
real=$(realpath "$(command -v mkfs.ext4)")
cat >slow-mkfs <<SLOW
#!/bin/sh
: >$tmp/making
exec sleep 4321
SLOW
chmod +x slow-mkfs
# shellcheck disable=SC2016
unshare -m sh -c 'mount --bind "$0" "$1" && shift && exec "$@"' "$tmp/slow-mkfs" "$real" \
	"$BOARDSTRAP" install --target board.img --archive rootfs.tar.zst --allow image --dry-run --json \
	>out 2>err </dev/null &
front=$!
pids+=("$front")
check "a dry run: it makes a filesystem" wait_for 30 test -e making
kill -INT "$front"
ends "a dry run" 3
check "a dry run: the result is cancelled" grep -q '"result":"cancelled","code":3' out
check "a dry run: mkfs is ended too" wait_for 10 sh -c "! pgrep -x -f 'sleep 4321'"
nothing_left "a dry run: nothing is left"

cd /
finish
