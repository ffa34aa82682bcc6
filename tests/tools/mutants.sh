#!/bin/bash
# SPDX-License-Identifier: MIT
#
# mutants.sh - for each rule that matters: the program without it must fail its tests. A mutant is an edit
# of one file, which has to fit (so that the lists, tests/tools/mutants/*.sh, cannot go stale unseen); the
# tests of the list's suite are linked with the edited module in place of the library's.
#
# Settings, from the environment:
#   BUILD     where `make all tests` has built       (default: build)
#   MACHINES  made-up machines for each mutant       (default: 3000)
#   ONLY      only mutants whose file and name have this text in them
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
read -r -a libs <<<"$(pkg-config --libs blkid fdisk libconfuse libarchive libcrypto cmocka)"

# True where no test of the suite fails; else the one that does is in $caught.
survives() {
	local test
	for test in "${suite[@]}"; do
		if ! "$CC" -o "$tmp/test" "$BUILD/obj/tests/$test.o" "$tmp/mutant.o" \
			"$BUILD/libcore.a" "$BUILD/libdevice.a" "${libs[@]}" 2>"$tmp/errors"; then
			cat "$tmp/errors"
			return 0
		fi
		if ! timeout 300 "$tmp/test" >"$tmp/out" 2>&1 </dev/null; then
			caught=${test##*/}
			return 1
		fi
	done
}

# suite_is TEST...: these have to fail with the mutants that follow, and pass without any.
suite_is() {
	local caught=
	suite=("$@")
	[ -z "${ONLY:-}" ] || return
	count=$((count + 1))
	"$CC" -x c -c -o "$tmp/mutant.o" /dev/null
	if survives; then
		echo "ok $count - nothing fails without any edit: $*"
	else
		echo "not ok $count - $caught fails without any edit"
		failed=$((failed + 1))
	fi
}

# try NAME FILE: whether the suite fails with the mutant, $tmp/mutant.c, of that file.
try() {
	local name=$1 file=$2 caught=
	count=$((count + 1))
	if cmp -s "$file" "$tmp/mutant.c"; then
		echo "not ok $count - $file without $name: the edit does not fit any more"
	elif ! "$CC" -std=gnu17 -w -O1 -I. -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 \
		-c -o "$tmp/mutant.o" "$tmp/mutant.c" 2>"$tmp/errors"; then
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

# line NAME FILE LINE REPLACEMENT: one line of code, as it stands, is replaced; tabs do not matter.
line() {
	local from
	from=$(sed 's/[][\.*^$(){}?+|/]/\\&/g' <<<"$3")
	mutant "$1" "$2" -e "s/^(\t*)$from\$/\1$(sed 's/[&/\]/\\&/g' <<<"$4")/"
}

# part NAME FILE TEXT REPLACEMENT: that text, where it comes first, is replaced; it may have more lines.
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
