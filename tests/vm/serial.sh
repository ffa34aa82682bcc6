#!/bin/bash
# SPDX-License-Identifier: MIT
#
# serial.sh - a bad serial line, on an emulated 8250: the line stops during an install, it is slow, it
# hangs up; the kernel writes on it, the terminal sends wrong answers, and front ends are killed on it.
# The install continues, and a front end that is attached later shows its current state. At the end the
# eMMC is pulled, and the kernel logs many messages.
#
# FAULT_SECONDS: how long the line is stopped (default: 15)
# VM_LINE:       the program for the line (default: build/tests/vm-line), see line.c
# See lib.sh for the other settings and prepare.sh for the requirements.
# lane: vm

set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

FAULT_SECONDS=${FAULT_SECONDS:-15}
VM_LINE=${VM_LINE:-$vm_top/build/tests/vm-line}
FILES_MIB=$((16 + FAULT_SECONDS / 4))
CARD_MIB=128

vm_begin
vm_needs_emmc "a bad serial line"
[ -x "$VM_LINE" ] || die "there is no $VM_LINE"

# ---------------------------------------------------------------------------
# the machine

# A tar that gets its input at a constant rate, and ends only after /run/go exists.
add_tools() {   # ROOT
	copy_program "$1" "$VM_LINE" || return 1
	cat >"$1/usr/bin/slow-tar" <<-'END'
		#!/bin/bash
		PATH=/usr/bin:/busybox
		[ "$1" != --version ] || exec tar "$@"
		(while [ ! -e /run/go ]; do
			dd bs=64K count=1 iflag=fullblock 2>/dev/null
			sleep 0.2
		done; cat) | exec tar "$@"
	END
	chmod 755 "$1/usr/bin/slow-tar"
}
make_tools() {
	mkdir "$vm_tmp/stick" &&
		small_archive "$vm_tmp/small" 2 "$vm_tmp/stick/small.tar.zst" &&
		small_archive "$vm_tmp/large" $FILES_MIB "$vm_tmp/stick/large.tar.zst" &&
		stick_of "$vm_tmp/stick"
}
installer_extra=add_tools
make_card emmc emmc $CARD_MIB
check "the stick" make_tools || exit 1
check "the installer's RAM disk" make_installer || exit 1

vm_aside=yes
vm_line=$VM_LINE
machine_up "the machine comes up" 120 '^bash.*# *$' installer.vmlinuz installer.cpio "vm.shell vm.respawn"
check "the serial console has no size" shows 'vm: tty=0x0 term=linux'
settings=$(aside 20 settings)

# More functions for the shell on the second line, loaded there once.
functions=$(
	cat <<'END'
ui() { grep -slx boardstrap /proc/[0-9]*/comm | cut -d/ -f3; }
stamp() { echo $((${EPOCHREALTIME/./} / 1000)); }
cpu() { cut -d" " -f1 /proc/$1/schedstat; }
archive() { boardstrap status --json | sed "s/.*\"archive\":{\"done\":\([0-9]*\),\"total\":\([0-9]*\).*/\1 \2/"; }
gone() { local i=0 pid=$1 start=$2; while [ -e /proc/$pid/exe ]; do sleep 0.01; i=$((i + 1)); [ $i -lt 2000 ] || return 1; done; echo $(($(stamp) - start)); }
ended() { local pid=$(ui) start=$(stamp); kill -$1 $pid && gone $pid $start; }
hung_up() { local pid=$(ui) start=$(stamp); vm-line hangup /dev/ttyS0 && gone $pid $start; }
restored() { cmp /run/before /run/after && cat /run/code; }
END
)
while read -r function; do
	aside 20 "$function" >/dev/null || die "the second line's shell"
done <<<"$functions"

line() {
	echo "$*" >"$vm_tmp/line"
}
# The number of bytes that the board has sent so far.
sent() {
	local id=$EPOCHREALTIME
	line mark "$id"
	until grep -q "^$id " "$vm_tmp/line.log"; do sleep 0.02; done
	sed -n "s/^$id //p" "$vm_tmp/line.log"
}
stamp() {
	echo $((${EPOCHREALTIME/./} / 1000))
}
below() {       # what, limit, found
	[ -n "$3" ] && [ "$3" -lt "$2" ] || { echo "$1: $3, not below $2"; return 1; }
}
above() {       # what, limit, found
	[ -n "$3" ] && [ "$3" -gt "$2" ] || { echo "$1: $3, not above $2"; return 1; }
}
# Milliseconds until the screen matches, or with "!" no longer does, including the time for the check itself.
ms_until() {    # [!] REGEX
	local start want=0
	start=$(stamp)
	[ "$1" != ! ] || { want=1; shift; }
	until shows "$1"; [ $? -eq $want ]; do
		[ $(($(stamp) - start)) -lt 60000 ] || { echo 60000; return 1; }
	done
	echo $(($(stamp) - start))
}
# Waits until the console has sent that text, even if the screen no longer has it.
comes_out() {
	local until=$((SECONDS + 10 * VM_PATIENCE))
	until grep -aq "$1" "$MACHINE/console.log"; do
		[ $SECONDS -lt $until ] || return 1
	done
}
median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

drawn='d detach, the install continues'
# The constant part of the Install screen: steps, rules and the line of keys.
still() {
	screen | tail -n +9 | sed 's/[0-9:]//g; s/─/-/g; s/ *$//'
}
lacks() {
	! shows "$1"
}
picture() {
	is "the lower part of the screen" "$frame" "$(still)"
}
picture_soon() { # SECONDS
	local until=$((SECONDS + $1 * VM_PATIENCE)) said
	until said=$(picture); do
		[ $SECONDS -lt $until ] || { diff <(echo "$frame") <(still); return 1; }
	done
}
# Input right after a hang-up may be lost, and Ctrl-L has no effect for some time.
shell() {
	local i=0 n
	while [ "$(screen | grep -c .)" -gt 1 ] && [ $i -lt 5 ]; do
		keys C-u
		text clear
		keys Enter
		for ((n = 0; n < 20; n++)); do
			[ "$(screen | grep -c .)" -gt 1 ] || break
			sleep 0.1
		done
		i=$((i + 1))
	done
	text "$1"
	keys Enter
}
# Runs boardstrap on the console, and saves its exit code and the terminal's settings before and after.
front() {       # arguments, [ENVIRONMENT]
	shell "rm -f /run/code; stty -g >/run/before; (trap : HUP; ${2:-} boardstrap $1; echo \$? >/run/code); stty -g >/run/after"
}
attach() {      # [ENVIRONMENT]
	front attach "${1:-}"
	wait_for 20 "$drawn"
}
# left_behind CODE: the front end has exited with CODE, and has restored the terminal and the kernel's settings.
left_behind() {
	aside_until 10 '[ -s /run/after ] && [ -s /run/code ]' >/dev/null &&
		is "exit code, terminal" "$1" "$(aside 10 restored)"
}
goes_on() {
	grep -q '"step":"extract"' <<<"$(aside 10 'boardstrap status --json')"
}
quiet() {
	is printk 1 "$(aside 10 'cut -f1 /proc/sys/kernel/printk')"
}
printk=${settings%%$'\n'*}
loud() {
	aside_until 5 "[ \"\$(tr '\t' ' ' </proc/sys/kernel/printk)\" = '${printk//$'\t'/ }' ]"
}

# ---------------------------------------------------------------------------
# 1. an install: the kernel writes on the screen, and keys respond quickly

install='install --yes --tar /usr/bin/slow-tar --target /dev/mmcblk0 --archive'
front "$install large.tar.zst"
wait_for 60 '\[ >> \] extract' || die "it extracts"
check "the screen is drawn" wait_for 10 "$drawn" || exit 1
check "the kernel is kept quiet" quiet
frame=$(still)
quote <<<"$(screen)"

times=
for i in 1 2 3 4; do
	aside 10 "echo '<0>oops $i' >/dev/kmsg" >/dev/null &
	job=$!
	comes_out "oops $i" || fail "a kernel message comes out"
	times+="$(ms_until ! oops)"$'\n'
	wait $job
	picture_soon 3 >/dev/null || fail "the screen is as before"
	sleep 1.2
done
note "a kernel message is on the screen for (ms): ${times//$'\n'/ }"
check "a kernel message is painted over within 500 ms" quick "ms (median)" 500 "$(median <<<"${times%$'\n'}")"
aside 10 "for i in 1 2 3 4 5 6 7 8; do echo \"<0>oops \$i\" >/dev/kmsg; sleep 0.1; done" >/dev/null
check "eight of them as well, and the screen is as before" picture_soon 3

# Twelve keys at random moments, in milliseconds each.
press_keys() {
	local i
	for i in 1 2 3 4 5 6; do
		sleep 0.$((RANDOM % 10))
		keys '?'
		ms_until 'Help: Install'
		sleep 0.$((RANDOM % 10))
		keys q
		ms_until "$drawn"
	done
}
times=$(press_keys)
note "key to screen (ms): $(sort -n <<<"$times" | paste -sd' ')"
check "key to screen takes less than 100 ms" quick "ms (median)" 100 "$(median <<<"$times")"
# Not checked, only printed: a busy emulated processor gives no reliable value.
aside 10 'for i in 1 2; do dd if=/dev/urandom of=/dev/null bs=64k 2>/dev/null & echo $! >>/run/burn; done' >/dev/null
note "key to screen, with both processors busy (ms): $(press_keys | sort -n | paste -sd' ')"
# shellcheck disable=SC2016
aside 10 'kill $(cat /run/burn); rm /run/burn' >/dev/null

# ---------------------------------------------------------------------------
# 2. the line stops

# used SECONDS: prints the front end's processor time in thousandths, and the archive's bytes per second.
used() {
	local said cpu0 cpu1 done0 done1
	# shellcheck disable=SC2016
	said=$(aside $(($1 + 20)) "pid=\$(ui); cpu \$pid; archive; sleep $1; cpu \$pid; archive" | cut -d' ' -f1)
	{ read -r cpu0 && read -r done0 && read -r cpu1 && read -r done1; } <<<"$said"
	echo $(((cpu1 - cpu0) / $1 / 1000000)) $(((done1 - done0) / $1))
}
read -r free_cpu free <<<"$(used 5)"
before=$(sent)
line rate 0
read -r stopped_cpu stopped <<<"$(used "$FAULT_SECONDS")"
note "the line stopped for $FAULT_SECONDS s: UI $stopped_cpu/1000 of an emulated processor (before: $free_cpu), $stopped of $free B/s extracted"
# An emulated processor is some tens of times slower than a real one, for which tests/whole/test_line.c
# requires less than 1 %, and other processes use it too. A busy loop would be 1000.
check "the front end hardly uses the processor on a stopped line" below permille 500 "$stopped_cpu"
check "and the install continues at its speed" above B/s $((free / 4)) "$stopped"
total=$(aside 10 archive)
percent=$((${total% *} * 100 / ${total#* }))
line rate -1
caught_up() {
	local until=$((SECONDS + 5 * VM_PATIENCE)) shown=
	until [ -n "$shown" ] && [ "$shown" -ge "$1" ]; do
		[ $SECONDS -lt $until ] || { echo "$shown %, not $1 %"; return 1; }
		shown=$(screen | sed -nE 's/^ *archive .* ([0-9]+) %.*/\1/p')
	done
}
started=$(stamp)
check "when the line resumes, the screen shows the current percentage ($percent %)" caught_up "$percent"
sleep 0.3
bytes=$(($(sent) - before))
note "after $(($(stamp) - started)) ms it has taken $bytes B, what was in the UART among them"
check "with one frame, not with all that were skipped" below bytes 2000 $bytes
check "the screen is whole" picture_soon 3

# ---------------------------------------------------------------------------
# 3. front ends end on a stopped line

while read -r signal code limit; do
	[ "$signal" = TERM ] || attach || die "attach shows it again"
	check "attached, the kernel is quiet" quiet
	line rate 0
	# More than all buffers hold.
	for key in '?' q '?' q; do
		sleep 0.5
		keys "$key"
	done
	sleep 1
	ms=$(aside 30 "ended $signal")
	check "SIG$signal with the line stuck: gone within $limit ms ($ms ms)" quick ms "$limit" "$ms"
	line rate -1
	case $code in
	killed) ;;
	*) check "SIG$signal: exit code $code, the terminal is restored" left_behind "$code" ;;
	esac
	check "SIG$signal: the kernel's log level is restored" loud
	check "SIG$signal: the install continues" goes_on
	[ "$signal" != KILL ] || shell 'stty sane'
done <<'END'
TERM 6 500
HUP 6 500
SEGV 139 500
KILL killed 500
END

# ---------------------------------------------------------------------------
# 4. the carrier is lost: a hang-up

attach || die "attach shows it again"
ms=$(aside 30 hung_up)
check "a hang-up: gone within a second ($ms ms)" quick ms 1000 "$ms"
check "with exit code 6" is code 6 "$(aside_until 10 'cat /run/code')"
check "and the install continues" goes_on
check "the kernel's log level is restored" loud
# The first prompt follows the rest of the screen, perhaps over the edge of a line.
seen_within 20 'bash[-0-9.]*#' || keys Enter
wait_for 20 'bash[-0-9.]*#' || die "there is a shell again"

# ---------------------------------------------------------------------------
# 5. wrong answers of the terminal, changing sizes, and no terminal description or locale

for how in drop late swap garbage; do
	line answers $how
	started=$(stamp)
	attach || die "answers: $how: attach shows it"
	check "answers: $how: the screen is right ($(($(stamp) - started)) ms)" picture_soon 3
	[ $how != late ] || sleep 2.5
	keys '?'
	check "answers: $how: keys work" wait_for 5 'Help: Install'
	keys q
	check "answers: $how: and nothing else has an effect" picture_soon 3
	keys d
	check "answers: $how: exit code 6" left_behind 6
done
line answers keep

attach || die "attach shows it again"
# shellcheck disable=SC2016
said=$(aside 30 'pid=$(ui); cpu $pid; start=$(stamp); vm-line storm /dev/ttyS0 1000 1000; cpu $pid; echo $(($(stamp) - start))')
{ read -r cpu0 && read -r cpu1 && read -r ms; } <<<"$said"
percent=$(((cpu1 - cpu0) / 10000 / ms))
note "a thousand sizes in $ms ms: the front end uses $percent % of a processor"
# Time that a virtual processor waits for a real one counts as used; tests/whole/test_faults.c checks this better.
[ "${SPEED:-0}" != 1 ] || check "a thousand sizes: less than a whole processor is used" below percent 80 $percent
check "and the screen is right" picture_soon 3
keys d
check "exit code 6" left_behind 6

# shellcheck disable=SC2016
aside 10 'for dir in /lib/terminfo /usr/share/terminfo /usr/lib/locale; do mount -t tmpfs none $dir; done; [ -z "$(ls -A /lib/terminfo)$(ls -A /usr/lib/locale)" ]' >/dev/null ||
	fail "terminal descriptions and locales can be hidden"
attach 'TERM=foobar LC_ALL=C' || die "attach shows it without anything else on the machine"
check "no terminal description, no locale: a message" shows '"foobar" \(TERM\) is unknown'
keys l
check "no terminal description, no locale: keys work" wait_for 5 'q back'
keys q
wait_for 5 "$drawn" >/dev/null
check "no terminal description, no locale: the screen is right" picture_soon 3
keys d
check "exit code 6" left_behind 6

# ---------------------------------------------------------------------------
# 6. an install to its end at 960 bytes per second

line rate 960
started=$(stamp)
attach || die "attach shows it at 960 B/s"
ms=$(($(stamp) - started))
check "960 B/s: it is drawn within 5 s ($ms ms, the typing among them)" quick ms 5000 $ms
check "960 B/s: the screen is whole" picture_soon 3
keys l
check "960 B/s: a key shows within 2 s" wait_for 2 'q back'
keys q
aside 10 ': >/run/go' >/dev/null
check "it passes" wait_for 90 'verified, 0 wrong' 'exit code [1-9]'
line rate -1
press_until 3 q '^bash' || die "q ends boardstrap"
check "exit code 0, the terminal is restored" left_behind 0
check "the kernel's settings are as they were" is settings "$settings" "$(aside 20 settings)"

# ---------------------------------------------------------------------------
# 7. front end and engine are killed: the next start restores the settings

aside 10 'rm /run/go' >/dev/null
front "$install small.tar.zst"
wait_for 60 '\[ >> \] extract' || die "it extracts"
# shellcheck disable=SC2016
aside 20 'kill -KILL $(grep -l "^boardstrap" /proc/[0-9]*/comm | cut -d/ -f3); : >/run/go' >/dev/null
shell 'stty sane'
check "both killed: the kernel is still quiet" quiet
aside_until 20 left >/dev/null
shell boardstrap
wait_for 20 'q quit' || die "boardstrap starts"
keys q
check "the next front end restores it" loud
check "the kernel's settings are as they were" is settings "$settings" "$(aside 20 settings)"

# ---------------------------------------------------------------------------
# 8. the eMMC is pulled: the kernel's messages, on the screen and in the log

aside 10 'rm -f /run/go' >/dev/null
front "$install small.tar.zst"
wait_for 60 '\[ >> \] extract' || die "it extracts"
check "the log level is raised, and the eMMC is pulled" aside 30 \
	'echo 8 >/proc/sys/kernel/printk; unbind 10; : >/run/go' || exit 1
check "the install fails" wait_for 60 'Put it back and start again'
check "the screen shows the reason, and nothing else" wait_for 5 'mmcblk0 was removed'
sleep 2
check "no kernel message has stayed on the screen" lacks '^\[ *[0-9]+\.[0-9]+\]'
screen | quote
keys l
check "the kernel's messages are in the log" wait_for 5 'kernel: .*mmc(0|blk0)'
screen | quote
keys q
press_until 3 q '^bash' || die "q ends boardstrap"
check "exit code 1" left_behind 1
check "nothing of it is left mounted or running" aside_until 10 left

shell 'poweroff -f'
check "the machine switches off" machine_off 30
exit 0 # vm_cleanup exits with 1 if a check failed
