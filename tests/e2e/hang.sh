#!/bin/bash
# SPDX-License-Identifier: MIT
#
# hang.sh - a decompressor that hangs. If it has output the whole stream, the engine stops it and the
# install continues to PASS; if it hangs half-way, the engine waits and reports that, and does not treat
# the data as complete.
. "$(dirname "$0")/lib.sh"
begin zstd xz tar unshare

make_tree "$tmp/tree"
head -c 4M /dev/urandom >"$tmp/tree/usr/share/random"
cd "$tmp" || exit 1
tar -C tree --format=posix --numeric-owner --xattrs --xattrs-include='*' -cf rootfs.tar .
zstd -q rootfs.tar -o rootfs.tar.zst
xz -k rootfs.tar

# hanging PROGRAM GIVES: a replacement that works in the scan, and in the extraction hangs after GIVES
# bytes of output.
hanging() {
	local real
	real=$(realpath "$(command -v "$1")")
	cp "$real" "real-$1"
	cat >"hanging-$1" <<-WRAPPER
	#!/bin/sh
	[ -e $tmp/scanned-$1 ] || { : >$tmp/scanned-$1; exec $tmp/real-$1 "\$@"; }
	$tmp/real-$1 "\$@" | { head -c $2; cat >/dev/null; exec sleep 1000; }
	WRAPPER
	chmod +x "hanging-$1"
	mount --bind "hanging-$1" "$real" || die "a $1 that hangs"
	mounts+=("$real")
}
hanging zstd 1G
hanging xz 2000000

not_in() { # FILE PATTERN
	! grep -E "$2" "$1"
}

# Both run at once, because each takes long.
begin_install() { # NAME
	image "$1.img" 256M
	"$BOARDSTRAP" install --target "$1.img" --archive "rootfs.tar.$1" --allow image --yes --json \
		>"$1.out" 2>"$1.err" </dev/null &
	pids+=($!)
}
begin_install xz
half=$!
begin_install zst
whole=$!

code=0
wait $whole || code=$?
same "all is given: exit 0" 0 $code || { quote <zst.err; tail -n 3 zst.out | quote; }
check "all is output: PASS, verified" grep -q '"result":"pass"' zst.out
check "all is output: the stop is reported" grep -q 'does not exit; stopping it' zst.out

check "half is output: extract waits" grep -q '"step":"extract","state":"start"' xz.out
check "half is output: the install still runs" kill -0 $half
check "half is output: nothing is treated as complete" not_in xz.out '"result"|"step":"flush"|stopping it'
kill -INT $half
code=0
wait $half || code=$?
same "half is given: cancelled, exit 3" 3 $code || quote <xz.err

cd /
finish
