#!/bin/bash
# SPDX-License-Identifier: MIT
#
# fuzz.sh [NAME...] - runs the libFuzzer harnesses one after the other. The corpus is tests/fuzz/seeds/NAME
# (or the output of seeds/NAME.sh) and the interesting inputs of earlier runs. The output is TAP; exit 1 if
# there is a finding, which is kept in build/fuzz/findings.
#
# Settings, from the environment:
#   FUZZ_SECONDS  seconds for each (default: 3, for `make check`; `make fuzz` has 600)
#   FUZZ          folder of the harnesses (default: build/fuzz)
set -u
here=$(cd "$(dirname "$0")" && pwd)
FUZZ=${FUZZ:-$here/../../build/fuzz}
seconds=${FUZZ_SECONDS:-3}
mkdir -p "$FUZZ/findings" "$FUZZ/logs" || exit 1
[ $# -gt 0 ] || set -- $(cd "$here" && ls fuzz_*.c | sed 's/^fuzz_//; s/\.c$//')

echo "1..$#"
count=0
failed=0
for name in "$@"; do
	count=$((count + 1))
	corpus=$FUZZ/corpus/$name
	dirs=("$corpus")
	mkdir -p "$corpus"
	if [ -x "$here/seeds/$name.sh" ]; then
		"$here/seeds/$name.sh" "$FUZZ/seeds/$name"
		dirs+=("$FUZZ/seeds/$name")
	elif [ -d "$here/seeds/$name" ]; then
		dirs+=("$here/seeds/$name")
	fi
	words=()
	[ ! -f "$here/seeds/$name.dict" ] || words=(-dict="$here/seeds/$name.dict")
	log=$FUZZ/logs/$name.log
	if "$FUZZ/fuzz_$name" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=1024 \
		-max_len=8192 -print_final_stats=1 -artifact_prefix="$FUZZ/findings/$name-" \
		"${words[@]}" "${dirs[@]}" >"$log" 2>&1; then
		echo "ok $count - $name: $(awk '/number_of_executed_units/ {print $2}' "$log") inputs in" \
			"$seconds s, $(grep -o 'cov: [0-9]*' "$log" | tail -n 1)"
	else
		failed=1
		echo "not ok $count - $name"
		grep -vE '^(#[0-9]|INFO|	NEW_FUNC)' "$log" | tail -n 40 | sed 's/^/# /'
	fi
done
exit $failed
