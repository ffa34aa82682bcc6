#!/bin/sh
# SPDX-License-Identifier: MIT
# manifest.sh DIR - makes small archives in every format, the seeds of fuzz_manifest.
set -eu
umask 022
mkdir -p "$1"
seeds=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir -p t/d
echo hello >t/d/file
ln t/d/file t/d/hard
ln -s file t/d/soft
mkfifo t/fifo
truncate -s 100K t/sparse
printf 'x' | dd of=t/sparse bs=1 seek=50000 conv=notrunc 2>/dev/null
printf 'l' >"t/$(printf 'l\344')"
printf 'n' >"t/$(printf '%0110d' 1)"
setfattr -n user.a -v b t/d/file 2>/dev/null || :
setfacl -m u:7:r t/d/file 2>/dev/null || :
for format in v7 ustar gnu pax; do
	tar --format=$format -b 2 --exclude=sparse -cf "$seeds/$format.tar" -C t . 2>/dev/null || :
done
tar --format=gnu -b 2 -S -cf "$seeds/gnu-sparse.tar" -C t sparse
for version in 0.0 0.1 1.0; do
	tar --format=pax -b 2 -S --sparse-version=$version -cf "$seeds/pax-$version.tar" -C t sparse
done
tar --format=pax -b 2 --xattrs --acls -cf "$seeds/attributes.tar" -C t d
if command -v bsdtar >/dev/null; then
	LC_ALL=C.UTF-8 bsdtar --format pax -cf "$seeds/bsd.tar" -C t d sparse
fi
