#!/bin/bash
# SPDX-License-Identifier: MIT
#
# json.sh - the output for programs: every line is one object with the documented keys, and the percentage
# never goes back and is never 100 before the end.
. "$(dirname "$0")/lib.sh"
begin jq zstd tar sfdisk losetup

make_tree "$tmp/tree"
head -c 150M /dev/urandom >"$tmp/tree/usr/share/random"
cd "$tmp" || exit 1
tar -C tree --format=posix --numeric-owner --xattrs --xattrs-include='*' -cf rootfs.tar .
zstd -q -1 rootfs.tar
image board.img 512M
rest=(--target board.img --archive rootfs.tar.zst --allow image --yes --json)

# all NAME FILTER: FILTER is true for the array of all events in $stream.
all() {
	local name=$1
	check "$name" jq -e -s "$2" "$stream"
}

stream=$tmp/events
run 0 "install --json" install "${rest[@]}"
cp out events
same "every line is an object" "$(wc -l <events)" "$(jq -c 'select(type == "object")' events | wc -l)"
all "each is an event that is documented" \
	'all(.event | IN("plan", "step", "progress", "message", "result"))'
all "one plan, before any writing" '[.[] | .event] | index("plan") < (. | length) and (map(select(. == "plan")) | length == 1)'
all "the last line is the result, and no other is" \
	'.[-1].event == "result" and ([.[] | select(.event == "result")] | length == 1)'
all "the result passes" '.[-1] | .result == "pass" and .code == 0 and (.seconds > 0)'
all "the result counts what was verified" '.[-1].verify | .entries > 50 and .bytes > 150000000 and .mismatches == 0'
all "the result names target and archive" \
	'.[-1] | .target.name == "board.img" and .target.kind == "image" and (.archive.sha256 | length == 64)'
same "the digest is the file's" "$(sha256sum rootfs.tar.zst | cut -d ' ' -f 1)" \
	"$(jq -r 'select(.event == "result") | .archive.sha256' events)"
all "progress has its keys" '[.[] | select(.event == "progress")] | length > 0 and
	all(has("step") and has("percent") and has("rate_bps") and has("eta_s") and
	(.archive | has("done") and has("total")) and (.extracted | has("done") and has("total")) and
	(.medium | has("done") and has("expected")) and
	(.tar | has("pid") and has("confirmed") and has("signals") and has("replies")))'
all "the percent is never above 99 before the result" \
	'[.[] | select(.event == "progress") | .percent] | all(. >= 0 and . <= 100) and (map(select(. == 100)) | length <= 1)'
all "the percent never goes back" '[.[] | select(.event == "progress") | .percent] | . == sort'
all "100 % only with the commit done" '. as $all | [range(length)] |
	map(select($all[.].event == "progress" and $all[.].percent == 100)) |
	all(. as $i | [$all[0:$i][] | select(.event == "step" and .step == "commit" and .state == "done")] | length == 1)'
all "no gauge passes its total" '[.[] | select(.event == "progress") | (.archive, .extracted) |
	select(.total != null)] | all(.done <= .total)'
for gauge in archive extracted medium; do
	all "the gauge $gauge never goes back" \
		"[.[] | select(.event == \"progress\" and (.step | IN(\"extract\", \"flush\", \"verify\"))) | .$gauge.done] | . == sort"
done
all "the steps come in order, each with a start and an end" '
	["scan", "check", "lock", "wipe", "table", "mkfs", "extract", "flush", "verify", "commit"] as $steps |
	[.[] | select(.event == "step")] as $told |
	[$told[] | select(.state == "done") | .step] == $steps and
	[$told[] | select(.state == "start") | .step] == $steps and
	([$told[] | select(.state == "done") | .seconds] | all(. >= 0))'
all "tar was asked and has answered, or was too quick" '[.[] | select(.event == "progress") | .tar] |
	all(.replies <= .signals) and all((.signals == 0) or .confirmed)'

run 7 "install --no-verify --json" install "${rest[@]}" --no-verify
cp out unverified
stream=$tmp/unverified
all "it passes, and reports that it was not verified" \
	'.[-1] | .result == "pass" and .code == 7 and (.message | test("not verified"))'
all "the step was skipped" '[.[] | select(.event == "step" and .step == "verify")] | length == 1 and .[0].state == "skipped"'

run 0 "status --json" status --json
check "status prints the last install" jq -e '.event == "result" and .code == 7' out

run 0 "install --dry-run --json" install "${rest[@]}" --dry-run
cp out plan
stream=$tmp/plan
all "its plan" '[.[] | select(.event == "plan")][0] | .ok and .problems == [] and .target.path != "" and
	.layout.partitions[0].start == 4194304 and .tar.program != ""'

run 2 "a refusal" install --target nowhere --archive rootfs.tar.zst --json --yes
check "has a result as well" jq -e '.event == "result" and .result == "refused" and .code == 2 and (.message | length > 10)' out
run 2 "bad usage" install --json --nonsense
check "has a result as well" jq -e '.event == "result" and .result == "refused" and .code == 2' out
head -c 100000 rootfs.tar.zst >cut.tar.zst
run 2 "a cut archive" install --target board.img --archive cut.tar.zst --allow image --json --yes
tail -n 1 out >last
check "has a result as well" jq -e '.event == "result" and .result == "refused" and .code == 2' last

run 0 "inspect --json" inspect rootfs.tar.zst --json
check "inspect's keys" jq -e '.ok and .compression == "zstd" and .problems == [] and (.sha256 | length == 64) and
	.entries > 50 and .files > 40 and .dirs > 5 and .links > 2 and .devices >= 2 and has("format") and
	has("xattrs") and .archive_bytes > 150000000 and .extracted_bytes % 10240 == 0' out
same "its entries are tar's" "$(tar -tf rootfs.tar.zst | wc -l)" "$(jq .entries out)"
run 2 "an abbreviation, as with every command" inspect --js rootfs.tar.zst
check "it is refused" grep -q "unknown option .--js" err
run 2 "inspect a cut archive" inspect cut.tar.zst --json
check "it is not ok, with the reason" jq -e '(.ok | not) and (.problems | length > 0) and (.problems[0] | has("code") and has("path") and has("text"))' out

run 0 "list --json --all" list --json --all
check "list's keys" jq -e '.disks | type == "array" and all(has("name") and has("path") and has("kind") and has("size") and
	has("model") and has("serial") and has("cid") and has("vendor") and has("life_time") and has("pre_eol") and
	has("content") and has("partitions") and has("boot_areas") and (.verdict | IN("ok", "refused")) and
	(.reasons | all(has("code") and has("text"))))' out

# ---- --log and --quiet ----

to_board=(--target board.img --archive rootfs.tar.zst --allow image)
run 7 "install --quiet --log" install "${to_board[@]}" --yes --no-verify --quiet --log quiet.log
same "--quiet prints nothing" "" "$(cat out err)"
check "--log has plan, steps and result" \
	sh -c "grep -q '^Target ' quiet.log && grep -q 'OK . commit' quiet.log && grep -q '^PASS ' quiet.log"
run 2 "--quiet prints errors" install --target board.img --archive nowhere.tar --allow image --yes --quiet --log quiet.log
check "on standard error" grep -q nowhere.tar err
check "and in the log, after the first install" sh -c "sed '1,/^PASS /d' quiet.log | grep -q nowhere.tar"
same "the log has the plan before the steps" "Target" "$(grep -oE '^Target|^.. OK ..' quiet.log | head -n 1)"
printf '#!/bin/sh\nexit 1\n' >odd-tar
chmod +x odd-tar
run 2 "a plan with two problems" install "${to_board[@]}" --yes --quiet --log two.log --expect-id 0xdead --tar ./odd-tar
check "the log has both" sh -c "grep -q 0xdead two.log && grep -q odd-tar two.log"
run 2 "--quiet does not ask" install "${to_board[@]}" --quiet
run 0 "status takes a path too" status ./board.img

cd /
finish
