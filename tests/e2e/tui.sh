#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tui.sh - an install by keystrokes alone, from the first screen to PASS, in a real terminal (tmux,
# 80x24), as each of several terminal types; then what can go wrong with terminals.
. "$(dirname "$0")/lib.sh"
begin tmux zstd tar sfdisk losetup getfattr infocmp
export LC_ALL=C.UTF-8 # tmux draws '_' for what it takes for no text otherwise

make_tree "$tmp/tree"
# Big enough to see the gauges once.
head -c 24M /dev/urandom >"$tmp/tree/usr/share/random"
"$here/tree.sh" "$tmp/tree" >"$tmp/want"
tar -C "$tmp/tree" --format=posix --numeric-owner --xattrs --xattrs-include='*' -cf - . |
	zstd -q -1 >"$tmp/rootfs.tar.zst"
(cd "$tmp" && sha256sum rootfs.tar.zst >rootfs.tar.zst.sha256)

# through NAME ENVIRONMENT: the whole way by keys.
through() {
	local name=$1
	image board.img 256M
	start "env $2 $BOARDSTRAP --target board.img --allow image"
	shows "$name: screen 1 offers the image" '> *board\.img +image' || return 1
	enter_until "$name: screen 2, the archive" '^ *[?/].*rootfs|Enter open|rootfs\.tar\.zst +20' || return 1
	mux send-keys -t e2e p
	shows "$name: a path can be typed" 'Path: ' || return 1
	type_keys "rootfs.tar.z"
	mux send-keys -t e2e Tab
	shows "$name: and is completed" 'Path: .*rootfs\.tar\.zst' 5 || return 1
	mux send-keys -t e2e Enter
	shows "$name: screen 3, the layouts" 'single-mbr' || return 1
	shows "$name: the scan ends well" 'scan rootfs\.tar\.zst.*(ok|sha256)' || return 1
	mux send-keys -t e2e Enter
	shows "$name: screen 4 says what will be lost" 'will be erased' || return 1
	shows "$name: and asks for a word" 'Type its name, board\.img' || return 1
	# A wrong word begins nothing.
	type_keys "board.imx"
	mux send-keys -t e2e Enter
	shows "$name: a wrong word is refused" 'wrong' 5 || return 1
	same "$name: and nothing is written" 0 "$(stat -c %b "$tmp/board.img")"
	for _ in $(seq 12); do
		mux send-keys -t e2e BSpace
	done
	type_keys "board.img"
	mux send-keys -t e2e Enter
	shows "$name: it installs to the end" 'exit code 0' 120 || return 1
	shows "$name: and says so" 'verified, 0 wrong' 5 || return 1
	screen >"$tmp/result.$name"
	mux send-keys -t e2e q
	shows "$name: q ends it with exit code 0" '\[exit 0\]' 10 || return 1
	wait_for 5 test -s "$tmp/stty"
	check "$name: the terminal is put back" grep -qE '[^-]icanon.*[^-]echo ' <(tr '\n' ' ' <"$tmp/stty")
	mount_partition "$tmp/board.img" 1 "$tmp/mnt" || die "$name: cannot mount the image"
	"$here/tree.sh" "$tmp/mnt" >"$tmp/got"
	check "$name: the image holds what was packed" diff -a "$tmp/want" "$tmp/got"
	umount "$tmp/mnt"
}

through tmux "TERM=$(infocmp tmux-256color >/dev/null 2>&1 && echo tmux-256color || echo screen)"
for term in vt100 vt220 linux xterm-256color; do
	if infocmp "$term" >/dev/null 2>&1; then
		through "$term" "TERM=$term"
	else
		skip "$term" "there is no terminfo entry for $term"
	fi
done
through "C locale" "TERM=screen LC_ALL=C"

# A screen shows no garbage: nothing but ASCII with vt100, and no line runs over the edge.
check "vt100: the screen is pure ASCII or line drawing" \
	sh -c "! sed 's/[^ -~]//g' $tmp/result.vt100 | grep -q '[[:cntrl:]]'"

# The terminal goes while it installs: the engine goes on.
cat >"$tmp/slow-tar" <<SLOW
#!/bin/sh
[ "\$1" = --version ] && exec tar --version
(head -c 2000000; while [ ! -e $tmp/go ]; do sleep 0.1; done; cat) | exec tar "\$@"
SLOW
chmod +x "$tmp/slow-tar"

begin_slow() { # NAME
	rm -f "$tmp/go"
	image board.img 256M
	start "TERM=screen $BOARDSTRAP install --target board.img --archive rootfs.tar.zst --allow image \
		--yes --tar $tmp/slow-tar"
	shows "$1: install on a terminal shows the Install screen" 'extract'
}

begin_slow "hang-up"
mux kill-server
wait_for 5 gone
check "hang-up: the engine still runs" "$BOARDSTRAP" status board.img
touch "$tmp/go"
check "hang-up: and goes on to the table" wait_for 60 has_table "$tmp/board.img"

begin_slow "detach"
mux send-keys -t e2e d
shows "detach: d leaves with exit code 6" '\[exit 6\]' 10
start "TERM=screen $BOARDSTRAP attach board.img"
shows "detach: attach comes back to it" 'extract'
touch "$tmp/go"
shows "detach: and sees it pass" 'exit code 0' 60
mux send-keys -t e2e q
shows "detach: with its exit code" '\[exit 0\]' 10

begin_slow "cancel"
mux send-keys -t e2e c
shows "cancel: c asks first" 'Cancel\?.*will not boot' 5
mux send-keys -t e2e n
sleep 0.5
mux send-keys -t e2e c
shows "cancel: n goes on, c asks again" 'Cancel\?' 5
mux send-keys -t e2e y
shows "cancel: y ends it" 'exit code 3' 30
mux send-keys -t e2e q
shows "cancel: with exit code 3" '\[exit 3\]' 10
check "cancel: there is no table" sh -c "! sfdisk -d $tmp/board.img >/dev/null 2>&1"

# What is no terminal to draw on.
start "env TERM=dumb $BOARDSTRAP"
shows "TERM=dumb: a sentence that names --plain" '^boardstrap: .*(terminal|TERM)' 10
shows "TERM=dumb: exit 2" '\[exit 2\]' 10
image board.img 256M
start "env TERM=dumb $BOARDSTRAP install --target board.img --archive rootfs.tar.zst --allow image --yes"
shows "TERM=dumb: install goes on in lines" '\[exit 0\]' 60
for term in "-u TERM" "TERM=" "TERM=no-such-terminal"; do
	start "env $term $BOARDSTRAP --target board.img --allow image"
	shows "$term: the screens come all the same" '1 Target' 10
	mux send-keys -t e2e q
	shows "$term: and q quits" '\[exit 3\]' 10
done

# Resizing while it draws.
start "TERM=screen $BOARDSTRAP --target board.img --allow image"
shows "resize: begin" '1 Target' 10
mux resize-window -t e2e -x 40 -y 10
shows "resize: 40x10" 'board\.img' 10
mux resize-window -t e2e -x 132 -y 50
shows "resize: 132x50" 'board\.img' 10
mux send-keys -t e2e q
shows "resize: still alive" '\[exit 3\]' 10

mux kill-server
finish
