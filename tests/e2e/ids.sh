#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ids.sh - explicit IDs of a layout file: sfdisk and blkid find them on the image, in the table and in each
# filesystem, as the plan has them; and IDs that a table cannot have are refused before anything is written.
. "$(dirname "$0")/lib.sh"
begin tar sfdisk blkid losetup mkfs.ext4 mkswap jq

# Filesystems that the kernel can mount: an install needs that. test_mkfs compares the IDs of all.
formats=()
for format in vfat btrfs f2fs; do
	if command -v "mkfs.$format" >/dev/null &&
		{ grep -qw $format /proc/filesystems || modprobe -q $format; }; then
		formats+=("$format")
	else
		note "without $format: it cannot be mounted here"
	fi
done
make_tree "$tmp/tree"
cd "$tmp" || exit 1
tar -C tree --format=posix --numeric-owner -cf rootfs.tar .

# As people write them: in upper and lower case. blkid prints vfat in upper case, all others in lower case.
disk_gpt=5A3C9A2E-11D4-4B7F-8E21-7C1F0D3B9A01
uuid() { # NUMBER FORMAT
	case $2 in
	vfat) echo 12ab-Cd34 ;;
	*) echo "FEDCBA98-0000-4000-8000-0123456789A$1" ;;
	esac
}
partuuid() { # NUMBER
	echo "0123ABCD-0000-4000-9000-0123456789A$1"
}
printed() { # NUMBER FORMAT: the UUID as blkid prints it
	case $2 in
	vfat) uuid "$@" | tr a-f A-F ;;
	*) uuid "$@" | tr A-F a-f ;;
	esac
}

# layout TABLE ID FORMAT...: the last one is the root.
layout() {
	local table=$1 number=0 format
	printf 'disk {\n\ttable = "%s"\n\tid = "%s"\n}\n' "$table" "$2"
	shift 2
	for format in "$@"; do
		number=$((number + 1))
		printf 'partition "p%s" {\n\tformat = "%s"\n\tlabel = "L%s"\n' $number "$format" $number
		printf '\tuuid = "%s"\n' "$(uuid $number "$format")"
		[ "$table" = mbr ] || printf '\tpartuuid = "%s"\n' "$(partuuid $number)"
		if [ $number = $# ]; then
			printf '\tgrow = true\n\tmount = "/"\n}\n'
		else
			printf '\tsize = "128M"\n}\n'
		fi
	done
}

# found TABLE FORMAT...: what sfdisk and blkid find is what the layout file and the plan have.
found() {
	local table=$1 number=0 format loop
	shift
	sfdisk -J disk.img >table.json
	jq -c 'select(.event == "plan").layout' plan.json >layout.json
	same "$table: the disk's ID is in the plan" \
		"$(jq -r '.partitiontable.id | ltrimstr("0x") | ascii_downcase' table.json)" \
		"$(jq -r .disk_id layout.json)"
	for format in "$@"; do
		number=$((number + 1))
		loop=$(attach_partition disk.img $number) || die "partition $number cannot be attached"
		same "$table: UUID of $format" "$(printed $number "$format")" "$(blkid -p -o value -s UUID "$loop")"
		same "$table: label of $format" "L$number" "$(blkid -p -o value -s LABEL "$loop")"
		same "$table: format of $format" "$format" "$(blkid -p -o value -s TYPE "$loop")"
		losetup -d "$loop"
		same "$table: the plan has the IDs of $format" "$(printed $number "$format") $(wanted "$table" $number)" \
			"$(jq -r ".partitions[$((number - 1))] | .fs_uuid + \" \" + .partuuid" layout.json)"
	done
}
wanted() { # TABLE NUMBER: the PARTUUID
	if [ "$1" = mbr ]; then
		printf 'feedc0de-%02x\n' "$2"
	else
		partuuid "$2" | tr A-F a-f
	fi
}

put() { # NAME FILE
	run 0 "$1" install --yes --json --target disk.img --archive rootfs.tar --allow image --layout "./$2" &&
		cp out plan.json
}

# Again over itself: a medium with the same UUIDs must not disturb mkfs.btrfs.
image disk.img 900M
layout gpt $disk_gpt swap "${formats[@]}" ext4 >gpt.conf
put "gpt" gpt.conf
put "gpt, over itself" gpt.conf
found gpt swap "${formats[@]}" ext4
same "gpt: the disk's GUID" $disk_gpt "$(jq -r .partitiontable.id table.json)"
for number in $(seq $((${#formats[@]} + 2))); do
	same "gpt: PARTUUID $number" "$(partuuid "$number")" \
		"$(jq -r ".partitiontable.partitions[$((number - 1))].uuid" table.json)"
done

layout mbr 0xFEEDC0DE swap "${formats[@]:0:2}" ext4 >mbr.conf # at most 4
put "mbr" mbr.conf
found mbr swap "${formats[@]:0:2}" ext4
same "mbr: the disk's ID" 0xfeedc0de "$(jq -r .partitiontable.id table.json)"
same "mbr: the ID in the first sector" "de c0 ed fe" \
	"$(od -An -tx1 -j 440 -N 4 disk.img | sed 's/^ *//')"
run 0 "the rows of a dry run" install --target disk.img --archive rootfs.tar --allow image --layout ./mbr.conf \
	--plain --dry-run
check "have the disk's ID" grep -q '^Layout *mbr, MBR feedc0de$' out
check "have a PARTUUID" grep -q '^ *PARTUUID feedc0de-02$' out
check "have a UUID" grep -q '^ *UUID fedcba98-0000-4000-8000-0123456789a1$' out

# ---- mistakes ----

image other.img 900M
refused() { # NAME PATTERN FILE
	run 2 "$1" install --target other.img --archive rootfs.tar --allow image --layout "./$3" --yes &&
		says "$1" "$2"
	same "$1: nothing was written" 0 "$(stat -c %b other.img)"
}
sed "s/$disk_gpt/feedc0de/" gpt.conf >short.conf
refused "an ID of an MBR for a GPT" 'short\.conf:1: id feedc0de is not valid for the table gpt: use a UUID' short.conf
sed 's/0xFEEDC0DE/0x00000000/' mbr.conf >zero.conf
refused "an ID of zeros" 'zero\.conf:3: id = "0x00000000": must be .*not all zeros' zero.conf
sed "s/$(uuid 1 swap)/0000-0000/" mbr.conf >fat.conf
refused "a volume ID of zeros" 'fat\.conf:8: uuid = "0000-0000": must be .*not all zeros' fat.conf
sed "0,/^\tuuid/s//\tpartuuid = \"feedc0de-02\"\n&/" mbr.conf >derived.conf
refused "the PARTUUID of another partition" \
	'derived\.conf:5: partition p1 cannot have the partuuid feedc0de-02: .*Use disk \{ id' derived.conf
layout mbr random swap ext4 | sed 's/0123456789A./0123456789ab/' >twice.conf
refused "a UUID for two filesystems" 'twice\.conf:11: partitions p1 and p2 have the same uuid' twice.conf
sed 's/feedc0de-02/FEEDC0DE-01/' derived.conf >same.conf
run 0 "the PARTUUID that the partition has anyway" install --target other.img --archive rootfs.tar --allow image \
	--layout ./same.conf --dry-run --plain

finish
