#!/bin/bash
# SPDX-License-Identifier: MIT
#
# mutants.sh - checks the tests: for each important rule, the code without the rule must fail a test. A
# mutant is an edit of one file. The edit must apply, so that the lists (tests/tools/mutants/*.sh) cannot
# become stale; the tests of the list's suite are linked with the edited module instead of the library's.
#
# Settings, from the environment:
#   BUILD     the folder of `make all tests`         (default: build)
#   MACHINES  generated machines for each mutant     (default: 3000)
#   ONLY      only mutants whose file and name contain this text
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
CC=${CC:-gcc}
export MACHINES=${MACHINES:-3000}
export CMOCKA_MESSAGE_OUTPUT=TAP

count=0
failed=0
suite=()
tmp=$(mktemp -d "${TMPDIR:-/tmp}/boardstrap-mutants.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
packages=(blkid libconfuse libcrypto cmocka)
read -r -a libs <<<"$(pkg-config --libs "${packages[@]}")"
read -r -a flags <<<"$(pkg-config --cflags "${packages[@]}")"
# Half of the time is linking, for which gold needs a third of the time of ld.
! command -v ld.gold >/dev/null || libs+=(-fuse-ld=gold)

# True if no test of the suite fails; otherwise $caught is the first that does.
survives() {
	local test
	for test in "${suite[@]}"; do
		if ! "$CC" -o "$tmp/test" "$BUILD/obj/tests/$test.o" "$tmp/mutant.o" \
			"$BUILD/libcore.a" "$BUILD/libdevice.a" "${libs[@]}" 2>"$tmp/errors"; then
			cat "$tmp/errors"
			return 0
		fi
		# 20 s of processor time end a mutant that loops, on a slow machine as well.
		if ! (ulimit -t 20; timeout 300 "$tmp/test" || exit 1) >"$tmp/out" 2>&1 </dev/null; then
			caught=${test##*/}
			return 1
		fi
	done
}

# suite_is TEST...: the tests for the mutants that follow; they must pass without an edit.
suite_is() {
	local caught=
	suite=("$@")
	[ -z "${ONLY:-}" ] || return
	count=$((count + 1))
	"$CC" -x c -c -o "$tmp/mutant.o" /dev/null
	if survives; then
		echo "ok $count - all pass without an edit: $*"
	else
		echo "not ok $count - $caught fails without an edit"
		failed=$((failed + 1))
	fi
}

# try NAME FILE: checks that the suite fails with $tmp/mutant.c in place of FILE.
try() {
	local name=$1 file=$2 caught=
	count=$((count + 1))
	if cmp -s "$file" "$tmp/mutant.c"; then
		echo "not ok $count - $file without $name: the edit no longer applies"
	elif ! "$CC" -std=gnu17 -w -O1 -I. -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 \
		"${flags[@]}" -c -o "$tmp/mutant.o" "$tmp/mutant.c" 2>"$tmp/errors"; then
		echo "not ok $count - $file without $name: it does not compile"
		sed 's/^/#   /' "$tmp/errors"
	elif survives; then
		echo "not ok $count - $file without $name: no test fails"
	else
		echo "ok $count - $file without $name: $caught fails"
		return
	fi
	failed=$((failed + 1))
}

# mutant NAME FILE SED...
mutant() {
	[[ "$2 $1" == *${ONLY:-}* ]] || return
	sed -E "${@:3}" "$2" >"$tmp/mutant.c"
	try "$1" "$2"
}

# line NAME FILE LINE REPLACEMENT: replaces one whole line of code, except for its leading tabs.
line() {
	local from
	from=$(sed 's/[][\.*^$(){}?+|/]/\\&/g' <<<"$3")
	mutant "$1" "$2" -e "s/^(\t*)$from\$/\1$(sed 's/[&/\]/\\&/g' <<<"$4")/"
}

# part NAME FILE TEXT REPLACEMENT: replaces the first occurrence of the text, which may have several lines.
part() {
	local text
	[[ "$2 $1" == *${ONLY:-}* ]] || return
	text=$(cat "$2")
	if [[ $text == *"$3"* ]]; then
		printf '%s%s%s\n' "${text%%"$3"*}" "$4" "${text#*"$3"}" >"$tmp/mutant.c"
	else
		cp "$2" "$tmp/mutant.c"
	fi
	try "$1" "$2"
}

for list in tests/tools/mutants/*.sh; do
	# shellcheck source=/dev/null
	. "$list"
done
echo "1..$count"
[ "$failed" = 0 ]
