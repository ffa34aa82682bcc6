#!/bin/bash
# SPDX-License-Identifier: MIT
#
# minbase.sh FILE.tar - makes a minimal root filesystem of the running distribution, unless FILE exists.
# mmdebstrap knows the mirror. Exit 1, with a line on stderr, if that fails.
set -u
[ ! -s "$1" ] || exit 0
command -v mmdebstrap >/dev/null || {
	echo "mmdebstrap is not installed" >&2
	exit 1
}
# mmdebstrap makes an archive or a folder depending on the suffix of the name.
new=${1%.tar}.new.tar
trap 'rm -f "$new" "$new.log"' EXIT
mmdebstrap --quiet --mode=root --variant=minbase "$(. /etc/os-release && echo "$VERSION_CODENAME")" \
	"$new" >"$new.log" 2>&1 || {
	tail -n 5 "$new.log" >&2
	echo "mmdebstrap could not make a root filesystem (no network?)" >&2
	exit 1
}
mv "$new" "$1"
