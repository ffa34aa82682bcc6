#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tree.sh DIR - prints all properties of a tree in a stable order, with programs other than boardstrap, so
# that diff(1) compares two trees. The size and link count of folders depend on the filesystem and are left
# out, and so is ext4's lost+found.
set -euo pipefail
export LC_ALL=C
cd "$1"

all() { # find's tests and actions
	find . -path ./lost+found -prune -o "$@"
}

# Entries end with NUL, because a name may contain a newline, which is shown as \001.
lines() {
	sort -z | tr '\n\0' '\001\n'
}

echo "== type, mode, owner, group, time, target"
all -printf '%p\t%y\t%m\t%U:%G\t%T@\t%l\0' | lines
echo "== size, number of links"
all -not -type d -printf '%p\t%s\t%n\0' | lines
echo "== device numbers"
all \( -type c -o -type b \) -print0 | sort -z | xargs -0 -r stat -c '%n %t:%T'
echo "== hard links: names of one file have one number"
all -type f -links +1 -printf '%p\t%i\0' | sort -z | tr '\n\0' '\001\n' |
	awk -F '\t' '{ if (!($2 in number)) number[$2] = ++n; print $1 "\t" number[$2] }'
echo "== contents"
all -type f -print0 | sort -z | xargs -0 -r sha256sum -z | tr '\n\0' '\001\n'
echo "== extended attributes"
all -print0 | sort -z | xargs -0 -r getfattr -d -m - -h --absolute-names -e hex
if command -v getcap >/dev/null; then
	echo "== capabilities"
	getcap -r . 2>/dev/null | sort
fi
