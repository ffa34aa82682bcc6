#!/bin/sh
# SPDX-License-Identifier: MIT
# make-archives.sh DIR - makes DIR/tree, with one entry of each type that a root filesystem may hold, and
# archives of it, with the tars and compressors of this machine. Owners, device nodes and capabilities are
# left out if it does not run as root.
set -eu
umask 022
export LC_ALL=C
cd "$1"

mkdir -p tree/bin tree/dev tree/etc/deep/deeper tree/boot tree/empty tree/var/tmp
echo hello >tree/etc/hello
: >tree/etc/nothing
head -c 300000 /dev/zero | tr '\0' 'x' >tree/bin/big
head -c 70000 /dev/zero >tree/bin/zeros
printf 'k' >tree/boot/kernel
echo '#!/bin/sh' >tree/bin/tool
chmod 4755 tree/bin/tool
chmod 1777 tree/var/tmp
ln -s ../etc/hello tree/bin/relative
ln -s /etc/hello tree/bin/absolute
ln tree/etc/hello tree/etc/zz-same
ln tree/bin/relative tree/bin/zz-same-link
mkfifo tree/dev/fifo
truncate -s 1M tree/var/sparse
printf 'middle' | dd of=tree/var/sparse bs=1 seek=500000 conv=notrunc 2>/dev/null
printf 'u' >"tree/etc/deep/$(printf 'u\303\244')"
printf 'l' >"tree/etc/deep/$(printf 'l\344')"
ln -s "$(printf 'to-l\344')" "tree/etc/deep/$(printf 's\344')"
long=$(printf '%0120d' 7)
mkdir "tree/etc/deep/$long"
printf 'n' >"tree/etc/deep/$long/$long"
if [ "$(id -u)" = 0 ]; then
	mknod tree/dev/null c 1 3
	mknod tree/dev/loop7 b 7 7
	chown 1000:1001 tree/etc/nothing
	chown -h 12:34 tree/bin/absolute
	setcap cap_net_raw+ep tree/bin/big 2>/dev/null || echo "make-archives: no setcap" >&2
fi
setfattr -n user.note -v 'a value' tree/etc/hello 2>/dev/null || echo "make-archives: no xattrs" >&2
setfattr -n user.dir -v 'd' tree/etc/deep 2>/dev/null || :
find tree -exec touch -h -d '2024-05-06 07:08:09.123456789 UTC' {} +

pack() {
	tar --sort=name --numeric-owner "$@" -C tree .
}
pack --format=gnu -cf gnu.tar
pack --format=gnu -S -cf gnu-sparse.tar
pack --format=pax --xattrs --xattrs-include='*' -cf pax.tar
pack --format=pax --xattrs --xattrs-include='*' -S -cf pax-sparse.tar
if command -v bsdtar >/dev/null; then
	LC_ALL=C.UTF-8 bsdtar --format pax -cf bsd.tar -C tree . 2>/dev/null
fi

# Small enough for a test to truncate it at every byte.
mkdir -p tiny/d
echo one >tiny/d/one
ln -s one tiny/d/link
touch -h -d '2024-05-06 07:08:09 UTC' tiny/d/one tiny/d/link tiny/d
tar --format=ustar --sort=name --numeric-owner --owner=0 --group=0 -cf tiny.tar -C tiny d
for c in gzip:gz xz:xz zstd:zst bzip2:bz2 lz4:lz4 lzip:lz; do
	if command -v "${c%:*}" >/dev/null; then
		"${c%:*}" -c tiny.tar >"tiny.tar.${c#*:}"
		"${c%:*}" -c pax.tar >"pax.tar.${c#*:}"
	fi
done
