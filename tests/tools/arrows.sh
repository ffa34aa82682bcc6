#!/bin/bash
# SPDX-License-Identifier: MIT
#
# arrows.sh [--draw] - checks the dependencies between rooms (folders), as TAP: no include from a layer to
# one above it, and no cycle of rooms, of modules by their includes, or of modules by the symbols that
# their objects need. A module is a .c with its .h. For each cycle it prints the place of each include.
# --draw prints the rooms of each layer instead, top first, each with the rooms that it uses.
#
# Settings, from the environment:
#   BUILD   the folder of `make all`, for its objects (default: build)
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
shopt -s nullglob
sources=({device,core,ui}/*.[ch] {device,core,ui}/*/*.[ch])
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# An arrow is a line "from, to, where", separated by tabs; these are between files.
grep -Hn '^#include "' "${sources[@]}" |
	awk -F '[:"]' -v OFS='\t' '{print $1, $4, $1 ":" $2 " includes " $4}' >"$tmp/includes"

# between EXPRESSION <ARROWS: the first arrow between each pair of names; removing EXPRESSION from a path
# gives the name.
between() {
	awk -F '\t' -v OFS='\t' -v cut="$1" '{
		sub(cut, "", $1)
		sub(cut, "", $2)
		if ($1 != $2 && !seen[$1, $2]++)
			print
	}'
}
between '/[^/]*$' <"$tmp/includes" >"$tmp/rooms"
between '[.][ch]$' <"$tmp/includes" >"$tmp/modules"

draw() {
	# tsort puts a room before all rooms that it uses.
	cut -f 1,2 "$tmp/rooms" | tsort | awk -F '\t' '
		function layer(room) {return substr(room, 1, index(room "/", "/") - 1)}
		NR == FNR {uses[$1, $2] = 1; next}
		{room[++n] = $1}
		END {
			layers = split("ui core device", names, " ")
			for (l = 1; l <= layers; l++)
				for (i = 1; i <= n; i++)
					if (layer(room[i]) == names[l]) {
						printf "%-16s", room[i]
						last = ""
						for (j = i + 1; j <= n; j++)
							if ((room[i], room[j]) in uses) {
								if (layer(room[j]) != last)
									printf " %s%s:", last == "" ? "" : "; ", last = layer(room[j])
								printf " %s", substr(room[j], length(last) + 2)
							}
						print ""
					}
		}' "$tmp/rooms" -
}

# The arrows from a module to each module that defines a symbol that it needs.
calls() {
	local file
	for file in "${sources[@]}"; do
		[[ $file != *.c ]] || echo "$BUILD/obj/${file%.c}.o"
	done | xargs nm -A -P -g | awk -v OFS='\t' -v top="$BUILD/obj/" '
		{module = substr($1, length(top) + 1); sub(/[.]o(\[.*)?:$/, "", module)}
		$3 == "U" {needs[++n] = module; symbol[n] = $2}
		$3 != "U" {home[$2] = module}
		END {
			for (i = 1; i <= n; i++)
				if (symbol[i] in home)
					print needs[i], home[symbol[i]], symbol[i]
		}' | awk -F '\t' -v OFS='\t' '
		{if ($1 != $2) symbols[$1 OFS $2] = symbols[$1 OFS $2] " " $3}
		END {for (pair in symbols) print pair, "calls" symbols[pair]}' | sort
}

# cycles <ARROWS: prints each cycle and its arrows.
cycles() {
	cat >"$tmp/arrows"
	# tsort writes "tsort: -: input contains a loop:", then a line "tsort: NAME" for each on it.
	cut -f 1,2 "$tmp/arrows" | LC_ALL=C tsort 2>&1 >/dev/null | awk -F '\t' '
		function end(i, from, to) {
			if (n > 0)
				print "cycle " ++count ":"
			for (i = 1; i <= n; i++) {
				from = name[i]
				to = name[i % n + 1]
				print "  " from " -> " to ": " where[from, to]
			}
			n = 0
		}
		NR == FNR {where[$1, $2] = $3; next}
		/loop:$/ {end(); next}
		{name[++n] = substr($0, length("tsort: ") + 1)}
		END {end()}' "$tmp/arrows" -
}

if [ "${1:-}" = --draw ]; then
	draw
	exit
fi

number=0
failed=0
# report NAME <FAULTS
report() {
	local faults word=ok
	faults=$(cat)
	number=$((number + 1))
	[ -z "$faults" ] || { word="not ok"; failed=1; }
	echo "$word $number - $1"
	[ -z "$faults" ] || sed 's/^/# /' <<<"$faults"
}

report "no include points to a layer above" < <(awk -F '\t' '
	BEGIN {rank["device"] = 1; rank["core"] = 2; rank["ui"] = 3}
	{split($1, from, "/"); split($2, to, "/")}
	!(to[1] in rank) || rank[to[1]] > rank[from[1]] {print $3}' "$tmp/includes")
report "no cycle of rooms" < <(cycles <"$tmp/rooms")
report "no cycle of modules by includes" < <(cycles <"$tmp/modules")
if calls >"$tmp/calls" && [ -s "$tmp/calls" ]; then
	report "no cycle of modules by calls" < <(cycles <"$tmp/calls")
else
	report "no cycle of modules by calls" <<<"no objects in $BUILD/obj: make all"
fi
echo "1..$number"
echo "# $(cut -f 1,2 "$tmp/rooms" | tr '\t' '\n' | sort -u | wc -l) rooms, ${#sources[@]} files," \
	"$(wc -l <"$tmp/rooms") arrows between rooms"
exit $failed
