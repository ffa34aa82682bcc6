#!/bin/bash
# SPDX-License-Identifier: MIT
#
# archives.sh - odd archives that are right install, whatever wrote them; --strip agrees with every tar;
# warnings come before any question; an archive that needs too much memory is refused unwritten.
. "$(dirname "$0")/lib.sh"
begin zstd gzip bzip2 jq tar losetup sfdisk

make_tree "$tmp/tree"
cd "$tmp" || exit 1
tar -C tree --format=posix --numeric-owner -cf good.tar .
to_board=(--target board.img --allow image --archive)

# The output of `install --yes` for an archive that must pass.
passes() { # NAME ARCHIVE OPTION...
	local name=$1
	shift
	image board.img 96M
	install 0 "$name" "${to_board[@]}" "$@"
}

# ---- what follows or precedes the compressed data ----

gzip -c good.tar >padded.tar.gz
truncate -s %64K padded.tar.gz
passes "gzip, padded with zeros" padded.tar.gz
{ bzip2 -c good.tar && echo garbage; } >garbage.tar.bz2
passes "bzip2, followed by garbage" garbage.tar.bz2
check "the garbage is a warning" grep -q "^Warning.*follows the bzip2 data" out
{ printf 'P*M\030\004\000\000\000....' && zstd -q -c good.tar; } >skippable.tar.zst
passes "zstd, after a skippable frame" skippable.tar.zst
{ head -c 10240 good.tar | gzip -c && tail -c +10241 good.tar | gzip -c; } >members.tar.gz
passes "gzip, in two members" members.tar.gz
mkdir -p marks/etc && echo 1 >"marks/BZh91AY&SY" && echo 2 >marks/etc/f
tar -C marks -cf marks.tar "BZh91AY&SY" etc
passes "tar, whose first name looks like bzip2" marks.tar

# ---- strip ----

mkdir top && cp -a tree top/rootfs && echo "not installed" >top/README
tar -C top --format=ustar --numeric-owner -cf top.tar rootfs README
run 0 "inspect shows the folder" inspect top.tar
run 0 "inspect --strip" inspect --strip 1 top.tar
check "it warns of what is left out" grep -q "^Warning.*--strip leaves out 1 file or link" out
run 2 "inspect --strip leaves nothing" inspect --strip 9 top.tar
says "it names the option" "top.tar: --strip leaves no entries"
tar -C top --format=ustar --numeric-owner -cf one.tar rootfs
run 0 "dry run below one folder" install "${to_board[@]}" one.tar --dry-run --json
check "the plan has the hint" jq -e 'select(.event == "plan") | .archive.warnings[0] |
	.code == "one-folder" and (.text | test("use --strip 1 "))' out
run 0 "inspect has it in JSON" inspect --json one.tar
check "with the code" jq -e '.ok and .warnings[0].code == "one-folder"' out
for tar in tar bsdtar busybox; do
	command -v "$tar" >/dev/null || { skip "$tar --strip" "is not installed"; continue; }
	passes "$tar --strip 1" one.tar --strip 1 --tar "$(command -v "$tar")"
done
tar -C top --format=ustar --numeric-owner -cf dotted.tar ./rootfs
passes "tar --strip 2 for names with ./" dotted.tar --strip 2
if command -v toybox >/dev/null; then
	image board.img 96M
	install 2 "toybox --strip 1, with hard links" "${to_board[@]}" one.tar --strip 1 \
		--tar "$(command -v toybox)" && says "it names the reason" "from the target of its hard link"
fi

# ---- memory ----

head -c 1M /dev/urandom >tree/random
tar -C tree -cf - . | zstd -q -1 --long=28 -c >window.tar.zst
image board.img 96M
install 2 "a window of 256 MiB with 100 MiB of memory" "${to_board[@]}" window.tar.zst --memory 100M &&
	says "it has the figures" "needs 257 MiB of memory.*100 MiB are allowed.*--memory 257M"
same "nothing was written" 0 "$(stat -c %b board.img)"
passes "the same with enough" window.tar.zst --memory 1G

# ---- errors of decompressors ----

zstd -q -f good.tar && truncate -s 5000 good.tar.zst
install 2 "a cut archive" "${to_board[@]}" good.tar.zst &&
	says "format and place" "good.tar.zst: the zstd data is cut short: it ends at byte 5000 of 5000; copy"

finish
