#!/bin/bash
# SPDX-License-Identifier: MIT
#
# boot.sh - the boot check and the identities: what an install refuses because the board would not boot,
# what it warns of, what it accepts however odd, and the IDs that filesystems get from the archive.
. "$(dirname "$0")/lib.sh"
begin tar sfdisk blkid losetup mkfs.ext4 jq
cd "$tmp" || exit 1

root_id=11111111-2222-4333-8444-555555555555
boot_id=66666666-7777-4888-9999-aaaaaaaaaaaa

# A system for this machine that boots by extlinux from one partition.
make_system() { # FOLDER
	mkdir -p "$1"/{bin,sbin,etc,boot/extlinux,usr/lib}
	cp "$(command -v busybox)" "$1/bin/busybox"
	ln -s ../bin/busybox "$1/sbin/init"
	printf 'NAME="Debian GNU/Linux"\nVERSION_ID="12"\n' >"$1/usr/lib/os-release"
	ln -s ../usr/lib/os-release "$1/etc/os-release"
	echo "UUID=$root_id / ext4 defaults 0 1" >"$1/etc/fstab"
	# The magic number of a bzImage, and the flag of a 64-bit kernel.
	{ head -c 514 /dev/zero; printf 'HdrS\14\2'; head -c 46 /dev/zero; printf '\1'; head -c 2000 /dev/zero; } >"$1/boot/vmlinuz-6.1.0"
	echo initrd >"$1/boot/initrd.img"
	cat >"$1/boot/extlinux/extlinux.conf" <<-END
	label board
	 kernel /boot/vmlinuz-6.1.0
	 initrd /boot/initrd.img
	 append root=UUID=$root_id quiet
	END
}

# pack COMMAND...: runs the command in a copy of the system, and packs that.
pack() {
	rm -rf tree
	cp -a system tree
	(cd tree && eval "$*") || return 1
	tar -C tree --owner=0 --group=0 -cf rootfs.tar .
}

try() { # OPTIONS...
	truncate -s 0 board.img && truncate -s 256M board.img
	"$BOARDSTRAP" install --target board.img --allow image --archive rootfs.tar "$@"
}

findings() { # the plan has these findings: "severity:code ..."
	try --dry-run --json "$@" 2>/dev/null |
		jq -r 'select(.event == "plan") | [.boot.findings[] | .severity + ":" + .code] | join(" ")'
}

nothing_written() {
	[ "$(tr -d '\0' <board.img | wc -c)" = 0 ]
}

make_system system

# ---- what boots ----

pack true
check "a system that boots is accepted" try --dry-run
same "and has no findings" "" "$(findings)"
same "its description" "System    Debian 12, amd64, kernel 6.1.0, boots by extlinux" \
	"$("$BOARDSTRAP" inspect rootfs.tar | grep ^System)"
same "its description in JSON" '["Debian 12","amd64","6.1.0","extlinux"]' \
	"$("$BOARDSTRAP" inspect --json rootfs.tar | jq -c '.boot | [.system, .machine, .kernel, .loaders]')"
check "the plan has the description" grep -q "^System   Debian 12, amd64" <(try --dry-run)

# ---- what does not ----

while IFS='|' read -r name wanted change; do
	pack "$change" || die "$name"
	same "$name: found" "$wanted" "$(findings)"
	try --yes --plain >out 2>&1
	same "$name: refused" 2 $?
	check "$name: the way out is named" grep -q -- "--allow *unbootable" <(tr '\n' ' ' <out)
	check "$name: nothing is written" nothing_written
done <<'END'
no kernel|error:kernel-missing|rm boot/vmlinuz*
no kernel, no initrd|error:kernel-missing error:initrd-missing|rm boot/vmlinuz* boot/initrd.img
another root|error:root-id|sed -i s/root=[^\ ]*/root=PARTUUID=1a2b3c4d-01/ boot/extlinux/extlinux.conf
no init|error:init-missing|rm bin/busybox
END
same "a layout with new IDs: found" "error:root-id error:fstab-id" "$(
	pack true
	printf 'disk {\n\tidentity = "new"\n}\npartition "rootfs" {\n\tgrow = true\n\tformat = "ext4"\n\tmount = "/"\n}\n' >new.conf
	findings --layout ./new.conf)"
same "a layout for another processor: found" "error:machine" "$(
	sed 's/identity = "new"/machine = "arm64"/' new.conf >arm64.conf
	findings --layout ./arm64.conf)"
check "inspect checks a layout too" grep -q '^Error     .*amd64.*arm64' <("$BOARDSTRAP" inspect rootfs.tar --layout ./arm64.conf)
check "and accepts an archive that is sound" "$BOARDSTRAP" inspect rootfs.tar --layout ./arm64.conf

pack "rm boot/vmlinuz*"
try --yes --plain --allow image,unbootable --log board.log >out 2>&1
same "what does not boot can be installed" 0 $?
check "and the log has the error" grep -q '^Error    /boot/extlinux/extlinux.conf names the kernel' board.log

# ---- odd files, which are no reason to refuse anything ----

while IFS='|' read -r name wanted change; do
	pack "$change" || die "$name"
	same "$name" "$wanted" "$(findings)"
	check "$name: accepted" try --dry-run
done <<'END'
a second menu that is broken|warning:kernel-missing|mkdir extlinux; printf 'label a\n kernel /gone\n' >extlinux/extlinux.conf
a thousand labels||for i in $(seq 1000); do printf 'label l%s\n kernel /gone%s\n' $i $i; done >>boot/extlinux/extlinux.conf
a menu that is too large|unknown:loader-file|head -c 600k /dev/urandom >boot/extlinux/extlinux.conf
a menu of nonsense||head -c 100k /dev/urandom >boot/extlinux/extlinux.conf
an empty menu||: >boot/extlinux/extlinux.conf
a menu in a circle of links|unknown:no-loader|rm boot/extlinux/extlinux.conf; ln -s extlinux.conf boot/extlinux/extlinux.conf
a folder in place of the menu|unknown:no-loader|rm boot/extlinux/extlinux.conf; mkdir boot/extlinux/extlinux.conf
a script with a wrong checksum|warning:loader-file|{ printf '\47\5\31\126'; head -c 200 /dev/urandom; } >boot/boot.scr
a mount of another disk|warning:fstab-other|echo 'UUID=99999999-0000-4000-8000-000000000000 /srv ext4 defaults 0 2' >>etc/fstab
a mount that may fail||echo 'UUID=99999999-0000-4000-8000-000000000000 /srv ext4 nofail 0 2' >>etc/fstab
an fstab of nonsense||head -c 100k /dev/urandom >etc/fstab
no boot files|unknown:no-loader|rm -r boot
END

# ---- identities ----

printf 'disk {\n\ttable = "mbr"\n}\n' >two.conf
printf 'partition "boot" {\n\tsize = "32M"\n\tformat = "ext4"\n\tmount = "/boot"\n\tbootable = true\n}\n' >>two.conf
printf 'partition "root" {\n\tgrow = true\n\tformat = "ext4"\n\tmount = "/"\n}\n' >>two.conf
pack "sed -i 's|/boot/|/|; s|root=[^ ]*|root=PARTUUID=feedc0de-02|' boot/extlinux/extlinux.conf
	printf 'LABEL=system / ext4 defaults 0 1\nUUID=$boot_id /boot ext4 defaults 0 2\n' >etc/fstab"
check "an archive that names its filesystems is installed" try --yes --plain --layout ./two.conf
same "the disk has the ID of root=" 0xfeedc0de "$(sfdisk -J board.img | jq -r .partitiontable.id)"
loop=$(attach_partition board.img 1) || die "partition 1 cannot be attached"
same "/boot has the UUID of the fstab" $boot_id "$(blkid -p -o value -s UUID "$loop")"
losetup -d "$loop"
loop=$(attach_partition board.img 2) || die "partition 2 cannot be attached"
same "/ has the label of the fstab" system "$(blkid -p -o value -s LABEL "$loop")"
losetup -d "$loop"
check "the plan names the files that the IDs are from" \
	grep -q 'as in boot/extlinux/extlinux.conf, etc/fstab' <(try --dry-run --layout ./two.conf)
same "and so does the JSON" '["etc/fstab","boot/extlinux/extlinux.conf, etc/fstab"]' "$(
	try --dry-run --json --layout ./two.conf | jq -c 'select(.event == "plan") | [.layout.partitions[].ids_from]')"

finish
