#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tables.sh - the partition tables of tests/e2e/tables.sh on an emulated eMMC, where a kernel with parsers reads them: 100
# partitions and moved entries of a GPT with a hybrid MBR, and the logical partitions of an MBR. The kernel drops the
# partitions that boardstrap told it, and finds the same ones in the table.
#
# See lib.sh for the settings and prepare.sh for the requirements.
# lane: vm

set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

vm_begin

# partitions COUNT: of 1 MiB, the last one with an image.
partitions() {
	local i
	for i in $(seq $(($1 - 1))); do
		printf 'partition "p%s" { size = 1M %s }\n' "$i" "$([ "$i" != 2 ] || echo "$2")"
	done
	printf 'partition "last" { image = content.bin }\n'
}

# Each line of the output has the name of its step.
guest_script() {
	cat <<-'EOF'
	echo # ends the line of the typed command
	for name in gpt mbr; do
		boardstrap install --yes --plain --target /dev/mmcblk0 --layout ./$name.conf --allow sd 2>&1 |
			tail -n 1 | sed "s/^/step $name: /"
		blockdev --rereadpt /dev/mmcblk0
		for part in /sys/block/mmcblk0/mmcblk0p*; do
			echo "step $name-parts: $(cat $part/partition) $(cat $part/start) $(cat $part/size)"
		done
		cmp content.bin /dev/mmcblk0p$(sed -n 's/^# last: //p' $name.conf) 2>&1 | sed "s/^/step $name-cmp: /"
	done
	poweroff -f
	EOF
}

make_tools() {
	local dir=$vm_tmp/stick
	mkdir "$dir" && guest_script >"$dir/steps" || return 1
	head -c 1048576 /dev/urandom >"$dir/content.bin"
	{
		printf '# last: 100\ndisk { align = 1M gpt-entries = 2M }\n'
		partitions 100 'mbr-type = 0x0c'
	} >"$dir/gpt.conf"
	{
		printf '# last: 8\ndisk { align = 1M table = mbr }\n'
		partitions 7 ''
	} >"$dir/mbr.conf"
	stick_of "$dir"
}

make_emmc
check "the stick" make_tools || exit 1
check "the machine's RAM disk" make_installer || exit 1
machine_up "the machine comes up" 120 '^bash.*# *$' installer.vmlinuz installer.cpio vm.shell
text '. ./steps'
keys Enter
check "the machine switches off by itself" machine_off 300 || exit 1
said=$(tr -d '\r' <"$MACHINE/console.log" | sed -n 's/^step //p')

found() {
	sed -n "s/^$1-parts: //p" <<<"$said" | sort -n
}
same_text() { # what, wanted, found
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1"
		diff <(echo "$2") <(echo "$3") | head -n 20 | sed 's/^/# /'
	fi
}
for name in gpt mbr; do
	check "$name: PASS" grep -q "^$name: PASS" <<<"$said"
	check "$name: the last partition has its content" sh -c "! grep -q '^$name-cmp:'" <<<"$said"
done
# Entries at 2 MiB: partitions from 3 MiB on.
same_text "gpt: the kernel finds all 100" \
	"$(for i in $(seq 100); do echo "$i $(((i + 2) * 2048)) 2048"; done)" "$(found gpt)"
# Three primary ones from 1 MiB on; the extended one, which the kernel shows as two sectors; then every second MiB.
same_text "mbr: the kernel finds three primary and four logical ones" \
	"$(for i in 1 2 3; do echo "$i $((i * 2048)) 2048"; done
	echo "4 8192 2"
	for i in 5 6 7 8; do echo "$i $(((2 * i - 5) * 2048)) 2048"; done)" "$(found mbr)"
exit 0 # vm_cleanup exits with 1 if a check failed
