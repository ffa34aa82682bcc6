#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tui.sh - an install by keystrokes only, from the first screen to PASS, in a real terminal (tmux, 80x24),
# with several terminal types; then the failures of terminals.
. "$(dirname "$0")/lib.sh"
begin tmux zstd tar sfdisk losetup getfattr infocmp
export LC_ALL=C.UTF-8 # in other locales tmux draws '_' for each non-ASCII character

make_tree "$tmp/tree"
# Large enough that the gauges are shown once.
head -c 24M /dev/urandom >"$tmp/tree/usr/share/random"
"$here/tree.sh" "$tmp/tree" >"$tmp/want"
tar -C "$tmp/tree" --format=posix --numeric-owner --xattrs --xattrs-include='*' -cf - . |
	zstd -q -1 >"$tmp/rootfs.tar.zst"
(cd "$tmp" && sha256sum rootfs.tar.zst >rootfs.tar.zst.sha256)

# through NAME ENVIRONMENT: a whole install by keys.
through() {
	local name=$1
	image board.img 256M
	start "env $2 $BOARDSTRAP --target board.img --allow image"
	shows "$name: screen 1 offers the image" '> *board\.img +image' || return 1
	enter_until "$name: screen 2, the archive" '^ *[?/].*rootfs|Enter open|rootfs\.tar\.zst +20' || return 1
	press p "$name: a path can be typed" 'Path: ' || return 1
	type_keys "rootfs.tar.z"
	press Tab "$name: and is completed" 'Path: .*rootfs\.tar\.zst' 5 || return 1
	press Enter "$name: screen 3, the layouts" 'single-mbr' || return 1
	shows "$name: the scan ends well" 'scan rootfs\.tar\.zst.*(ok|sha256)' || return 1
	press Enter "$name: screen 4 shows the partitions that will be lost" 'will be erased' || return 1
	shows "$name: and asks for a word" 'Type its name, board\.img' || return 1
	# A wrong word does not start the install.
	type_keys "board.imx"
	press Enter "$name: a wrong word is refused" 'wrong' 5 || return 1
	same "$name: and nothing is written" 0 "$(stat -c %b "$tmp/board.img")"
	for _ in $(seq 12); do
		press BSpace
	done
	type_keys "board.img"
	press Enter "$name: it installs to the end" 'exit code 0' 120 || return 1
	shows "$name: and the number of errors" 'verified, 0 wrong' 5 || return 1
	screen >"$tmp/result.$name"
	press q "$name: q ends it with exit code 0" '\[exit 0\]' 10 || return 1
	wait_for 5 test -s "$tmp/stty"
	check "$name: the terminal is restored" grep -qE '[^-]icanon.*[^-]echo ' <(tr '\n' ' ' <"$tmp/stty")
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

# A vt100 screen shows only ASCII, and no line is longer than the screen.
check "vt100: the screen is pure ASCII or line drawing" \
	sh -c "! sed 's/[^ -~]//g' $tmp/result.vt100 | grep -q '[[:cntrl:]]'"

# The terminal closes during an install: the engine continues.
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
check "hang-up: and writes the table" wait_for 60 has_table "$tmp/board.img"

begin_slow "detach"
press d "detach: d leaves with exit code 6" '\[exit 6\]' 10
start "TERM=screen $BOARDSTRAP attach board.img"
shows "detach: attach comes back to it" 'extract'
touch "$tmp/go"
shows "detach: and sees it pass" 'exit code 0' 60
press q "detach: with its exit code" '\[exit 0\]' 10

not_asked() {
	! screen | grep -q "Cancel?"
}
begin_slow "cancel"
press c "cancel: c asks first" 'Cancel\?.*will not boot' 5
press n
wait_for 5 not_asked
press c "cancel: n continues, c asks again" 'Cancel\?' 5
press y "cancel: y ends it" 'exit code 3' 30
press q "cancel: with exit code 3" '\[exit 3\]' 10
check "cancel: there is no table" sh -c "! sfdisk -d $tmp/board.img >/dev/null 2>&1"

# Terminals of unknown types.
start "env TERM=dumb $BOARDSTRAP"
shows "TERM=dumb, but it answers: screens, and a sentence" '"dumb" \(TERM\), but the terminal responds' 10
shows "TERM=dumb: the first screen" '1 Target' 10
press q "TERM=dumb: q leads out" '\[exit 3\]' 10
image board.img 256M
start "env TERM=dumb $BOARDSTRAP install --target board.img --archive rootfs.tar.zst --allow image --yes"
shows "TERM=dumb: install has screens as well" 'rootfs\.tar\.zst -> board\.img' 20
shows "TERM=dumb: to the end" 'verified, 0 wrong' 60
press q "TERM=dumb: and q leads out of them" '\[exit 0\]' 10
for term in "-u TERM" "TERM=" "TERM=no-such-terminal"; do
	start "env $term $BOARDSTRAP --target board.img --allow image"
	shows "$term: the screens are shown" '1 Target' 10
	press q "$term: and q quits" '\[exit 3\]' 10
done

# Resizing every screen: it is correct at each size, and the same as before at 80x24.

# whole COLS: the rule above the keys reaches across the screen, and there are keys below it.
whole() {
	local rule keys
	{
		read -r rule
		read -r keys
	} <<<"$(screen | tail -n 2)"
	[ ${#rule} = "$1" ] && [ -z "${rule//[$'\u2500'-]/}" ] && [ -n "$keys" ]
}

# resizes NAME PATTERN [moves]: the screen shows PATTERN at each size. At 80x24 it is the same as before,
# except for numbers, unless the screen changes by itself (moves).
resizes() {
	local before size
	shows "resize $1: at first" "$2" 10
	before=$(screen | tr -d '0-9')
	for size in 40x10 100x30 200x60 40x40 132x10; do
		mux resize-window -t e2e -x "${size%x*}" -y "${size#*x}"
		wait_for 10 whole "${size%x*}" || not_ok "resize $1: $size has no frame"
		shows "resize $1: $size" "$2" 10
	done
	mux resize-window -t e2e -x 30 -y 8
	shows "resize $1: too small" 'too small' 10
	mux resize-window -t e2e -x 80 -y 24
	shows "resize $1: 80x24" "$2" 10
	[ "${3:-}" = moves ] && return
	came_back() { [ "$(screen | tr -d '0-9')" = "$before" ]; }
	check "resize $1: 80x24 is the same as before" wait_for 10 came_back
}

image board.img 256M
start "TERM=screen $BOARDSTRAP --target board.img --allow image"
shows "resize: begin" '> *board\.img' 10
resizes Target '> *board\.img'
enter_until "resize: Archive" 'Enter open'
resizes Archive 'rootfs\.tar\.zst'
press p "resize: a path" 'Path: ' 10
type_keys "roo"
press Tab
resizes Path 'Path: .*rootfs\.tar\.z'
press Tab "path: Tab shows what it may go on with" 'names match' 10
type_keys "/~/none"
press Enter "path: one that leads nowhere is told, and stays" 'none.*cannot be opened|Path: .*none' 10
press Escape "path: Escape leaves it" '/ search' 10 # and does not form an Alt key with the next one
press p "path: again" 'Path: ' 10
type_keys "mnt"
press Enter "path: a folder is opened" '^ +/.*/mnt *$' 10
press BSpace "browse: going up selects the folder that was left" '> mnt/' 10
press / "search: begins" 'Search:' 10
type_keys "NO-SUCH"
shows "search: no match is reported" 'not found' 10
press Escape "search: Escape leaves it" '/ search' 10
press /
type_keys "ROOTFS.TAR.ZST"
shows "search: a match in another case" '> rootfs\.tar\.zst ' 10
shows "search: and the number of matches" '1 of 2' 10
resizes Search 'Search: ROOTFS'
press Enter "search: Enter keeps the match selected" '/ search' 10
press '?' "help: of this screen" 'Help: Archive' 10
resizes Help 'Help: Archive'
mux resize-window -t e2e -x 40 -y 10
shows "help: on a small screen it is scrolled" 'Up/Down scroll' 10
press End "help: to its end" 'press Enter' 10
mux resize-window -t e2e -x 80 -y 24
press q "resize: back" '/ search' 10
enter_until "resize: Layout" 'single-mbr'
shows "resize: scanned" 'sha256 ok' 20
resizes Layout '> single-gpt'
press Enter "resize: Review" 'will be erased' 10
type_keys "board"
resizes Review '\[board____\]'
press Left "resize: back to Layout" 'single-mbr' 10
for _ in 1 2; do press q; done
shows "resize: back to Target" '> *board\.img' 10
press q "resize: still alive" '\[exit 3\]' 10

begin_slow "resize"
resizes Install 'extract' moves
press l "resize: the log" '^ Log|No messages yet' 10
resizes Log 'Log'
press q
touch "$tmp/go"
shows "resize: Result" 'exit code 0' 60
resizes Result 'verified, 0 wrong'
press q "resize: the install ends with 0" '\[exit 0\]' 10

# ---- kinds, Ctrl-C, the log ----

image board.img 256M
start "$BOARDSTRAP"
shows "kinds: no image is offered" 'k kinds'
press C-c "Ctrl-C asks" 'Quit boardstrap\?' 5
press n "any other key is a no" 'q quit' 5
press k "kinds: k opens them" 'root-named' 5
press 5 "kinds: the image" '> \[ \] image' 5
press Enter "kinds: its path is asked for" 'Image: ' 5
press C-u "Ctrl-U clears the line" 'Image: *$' 5
type_keys "oard.img"
press C-a
type_keys "b"
press Enter "kinds: the image is offered" '> *board\.img +image' 5
enter_until "kinds: and can be chosen" 'Enter open'
press p "log: the archive" 'Path: '
type_keys "rootfs.tar.zst"
press Enter "log: the layouts" 'single-mbr'
shows "log: scanned" 'sha256 ok'
press Enter "log: Review" 'It is blank\.'
type_keys "board.img"
press Enter "log: installed" 'MiB in [0-9]+:' 120
same "log: no advice for a file" "" "$(screen | grep -E 'Safe to|estart')"
press l "log: it has the plan" 'Layout +single-gpt, GPT' 5
shows "log: and the steps" '\[ OK \] commit'
shows "log: and the result" 'PASS board\.img'
press s "log: s asks where" 'Save as: .*boardstrap-board\.img-.*\.log' 5
press C-u
type_keys "rootfs.tar.zst"
press Enter "log: an existing file is refused" 'exists already' 5
press C-u
type_keys "saved.log"
press Enter "log: saved" 'The log is saved in .*/saved\.log' 5
for _ in 1 2; do press q; done
shows "log: exit code 0" '\[exit 0\]' 10
check "log: the file has plan, steps and result" \
	sh -c "grep -q '^Target ' $tmp/saved.log && grep -q 'OK . verify' $tmp/saved.log && grep -q '^PASS ' $tmp/saved.log"
check "log: the archive is untouched" sh -c "cd $tmp && sha256sum -c --quiet rootfs.tar.zst.sha256"

mux kill-server
finish
