# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# device.sh - mutants of device/: the rules that prevent writing to a disk in use.

suite_is whole/test_machines device/test_rules device/test_inuse device/test_cmdline device/test_wholedisk

rules=device/usage/rules.c
multipath=device/usage/multipath.c
none='static void rule_none(struct disk *d, const struct rules_facts *f, enum reason_code c) {}'
for reason in SYSTEM ROOT_NAMED SOURCE MOUNTED SWAP HOLDER LOOP BUSY READ_ONLY NO_MEDIUM TOO_SMALL WORN KIND UNKNOWN; do
	mutant "REASON_$reason" $rules -e "s/^static void \(\*const rules/$none\n&/" \
		-e "s/(\[REASON_$reason\] = )rule_[a-z_]*/\1rule_none/"
done
line "the override for worn eMMCs" $rules 'if (worn && !(facts->allow & ALLOW_WORN))' 'if (worn)'
worn='bool worn = life >= LIFE_TIME_EXCEEDED || disk->pre_eol >= PRE_EOL_URGENT;'
line "a limit of the life time" $rules "$worn" "${worn/life >=/life >}"
line "a limit of the spare blocks" $rules "$worn" "${worn/pre_eol >=/pre_eol >}"
line "refusal if the system is not found" $rules 'if (facts->inuse->unresolved)' 'if (0)'
line "refusal if no / is visible" $rules 'if (facts->inuse->blind) {' 'if (0) {'
line "insisting in a container" $rules 'bool in_memory = !facts->inuse->unresolved && !facts->inuse->blind;' \
	'bool in_memory = true;'
line "insisting on the disk of root=" $rules 'else if (!(facts->allow & ALLOW_ROOT_NAMED))' 'else'
line "refusal if a UUID is not found" $rules 'else if (missing && disk_content_has_gap(&disk->content, gap))' \
	'else if (0)'

disk=device/disk/disk.c
parts='else if (content->partial || content->partition_count > DISK_PARTITIONS_MAX)'
line "more partitions than room" $disk "$parts" 'else if (content->partial)'
line "partially known contents" $disk "$parts" 'else if (content->partition_count > DISK_PARTITIONS_MAX)'
line "unknown contents" $disk '(void)str_copy(ret, 48, "unread");' 'return false;'
line "containers" $disk 'else if (container)' 'else if (0)'
line "containers on the whole disk" $disk 'if (is_container(content->type))' 'if (0)'
line "containers in partitions" $disk 'if (is_container(content->partitions[i].fs_type))' 'if (0)'
line "members of volumes" $disk 'return length > tail && strcmp(type + length - tail, member) == 0;' 'return false;'

mutant "other paths to a disk" $rules -e 's/multipath_is_same\(.*, disk->name\)/false/'
mutant "no multipath for sticks" $rules -e 's/disk->kind == DISK_FIXED &&$/true \&\&/'
line "reading the ids of disks" device/usage/inuse_load.c 'r = multipath_load(root, &inuse.multipath);' ';'
mutant "ids of SCSI disks" $multipath -e 's,/device/wwid,/xx,'
mutant "ids of NVMe disks" $multipath -e 's,%s/wwid,%s/xx,'
mutant "ids that are no number" $multipath -e 's/!multipath_is_unique\(id.wwid, disk.model\)/false/'
mutant "equal ids, other sizes" $multipath -e 's/one->size_bytes == other->size_bytes/true/'
mutant "equal ids, other models" $multipath -e 's/agree\(one->model, other->model\)/true/'

inuse=device/usage/inuse.c
inuse_load=device/usage/inuse_load.c
holders=device/usage/holders.c
cmdline_disks=device/usage/cmdline_disks.c
line "process 1" $inuse_load 'static const char *const tables[] = {"proc/1/mountinfo", "proc/self/mountinfo"};' \
	'static const char *const tables[] = {"proc/self/mountinfo"};'
line "other namespaces" $inuse_load 'r = namespaces_each_other(root, add_foreign_mounts, &visit);' 'r = 0;'
line "critical folders" $inuse_load 'if (path_is_below(point, critical[i]))' 'if (0)'
line "unresolved critical mounts" $inuse_load 'if (critical && backing.unresolved)' 'if (0)'
line "files of loops below the system" $inuse_load \
	'struct backing backing = {.root = root, .mounts = mounts, .through_files = critical};' \
	'struct backing backing = {.root = root, .mounts = mounts};'
line "swap files" $inuse_load 'if (file)' 'if (0)'
line "swap files that are targets" $inuse_load 'if (file && r == 0)' 'if (0)'
mutant "images that are in use" $rules -e 's/fact->file_ino == disk->id.file_ino/false/'
line "swap partitions" $inuse_load 'else if (wholedisk_node_number(root, path, &major, &minor) == 0)' 'else if (0)'
line "holders of disks" $holders 'r = sysroot_each(walk->root, add_holder, walk, "sys/block/%s/holders", name);' 'r = 0;'
line "holders of partitions" $holders \
	'r = sysroot_each(walk->root, add_holder, walk, "sys/block/%s/%s/holders", walk->disk, name);' 'r = 0;'
line "holders of boot areas" $holders 'walk->disk = wholedisk_card_of(walk->root, name, card) ? card : name;' \
	'walk->disk = name;'
line "loops over devices" $holders 'r = inuse_add_fact(inuse, disks[i], REASON_LOOP, "in use by %s", name);' 'r = 0;'
line "loops on top of devices" $holders 'if (loop.block_major > 0)' 'if (0)'
line "zram's backing device" $holders 'return r == 0 ? add_backing(walk->inuse, walk->root, name) : r;' 'return r;'
line "a mount of / in sight" $inuse_load 'inuse->blind = false;' ';'
line "no mount of / in sight" $inuse_load 'struct inuse inuse = {.rootless = true, .blind = true};' \
	'struct inuse inuse = {.rootless = true};'
line "the kernel command line" $inuse_load 'r = cmdline_disks_add_facts(&inuse, root);' 'r = 0;'
line "the command line only if nothing is mounted" $inuse_load 'if (r == 0 && inuse.rootless)' 'if (r == 0)'
line "the command line if the root is on a disk in memory" $inuse_load \
	'if (is_medium(backing.disks[i]))' ''
line "the device tree's bootargs" $cmdline_disks \
	'static const char *const sources[] = {"proc/cmdline", "proc/device-tree/chosen/bootargs"};' \
	'static const char *const sources[] = {"proc/cmdline"};'
line "root= by node or number" $cmdline_disks 'return add_disks(inuse, root, name, major, minor);' 'return 0;'
line "root= by a missing node" $cmdline_disks 'if (find_node(root, name->value, &major, &minor) < 0)' \
	'if (find_node(root, name->value, &major, &minor) < 0) return 0; if (0)'
line "root= by a missing number" $cmdline_disks 'if (count < 0)' 'if (0)'
line "root= in an unknown form" $cmdline_disks 'case CMDLINE_OPAQUE:' 'case CMDLINE_OPAQUE: return 0;'
line "root= by UUID or label" $inuse 'if (!cmdline_matches(&inuse->boot[i].name, &disk->content))' 'if (1)'
line "a UUID that was found" $inuse 'inuse->boot[i].found = true;' ';'
line "files of the install" core/disks/judge.c 'r = inuse_add_file(ret, root, &job->files[i]);' 'r = 0;'
line "what a disk holds" core/disks/judge.c 'if (inuse_add_content(inuse, disk) < 0)' 'if (0)'

backing=device/usage/backing.c
line "btrfs members" $backing '{"btrfs", resolve_btrfs},' ''
line "bcachefs members" $backing '{"bcachefs", resolve_bcachefs},' ''
line "overlays" $backing '{"overlay", resolve_overlay},' '{"overlay", resolve_nothing},'
mutant "lower layers" $backing -e 's/"lowerdir=", /"xx=", /'
mutant "upper layers" $backing -e 's/"upperdir="/"xx="/'
line "files of loops" $backing 'backing_add_path(backing, loop.backing);' ';'
line "filesystems without a device" $backing 'resolve_anonymous(backing, mount);' ';'
line "devices that are out of sight" $backing '(seen < backing->seen_count && backing->seen[seen].active))' '0)'

wholedisk=device/disk/wholedisk.c
line "slaves" $wholedisk \
	'r = sysroot_each(collector->root, collect_slave, collector, "sys/block/%s/slaves", name);' 'r = 0;'
line "a partition's disk" $wholedisk 'r = linked_name(root, major, minor, partition ? 1 : 0, name);' \
	'r = linked_name(root, major, minor, 0, name);'
line "a boot area's card" $wholedisk 'r = collect_below(collector, wholedisk_card_of(root, name, card) ? card : name);' \
	'r = collect_below(collector, name);'
mutant "a boot area's card, of old kernels" $wholedisk -e 's/if \(strncmp\(name, "mmcblk", 6\) != 0\)/if (1)/'
line "zram below swap" $wholedisk \
	'if (r == 0 && wholedisk_read_backing(collector->root, name, &major, &minor) == 0)' 'if (0)'
line "loops below mounts" $wholedisk 'return collect(collector, loop.block_major, loop.block_minor);' 'return 0;'
line "names of mapped devices" $wholedisk 'if (strncmp(name, "mapper/", 7) == 0) {' 'if (0) {'

cmdline=device/usage/cmdline.c
for tag in PARTUUID= PARTLABEL= UUID= LABEL= CDLABEL= /dev/disk/by-partuuid/ /dev/disk/by-partlabel/ \
	/dev/disk/by-uuid/ /dev/disk/by-label/; do
	mutant "$tag" $cmdline -e "s,\{\"$tag\",{\"xx\","
done
for key in root mount.usr resume overlayroot live-media cryptdevice rd.luks.uuid kern_guid dm; do
	mutant "$key=" $cmdline -e "s,\.key = \"$key\",.key = \"xx\","
done
line "packed numbers" $cmdline 'if (!parse_packed(*word, ret))' 'if (1)'
line "a node that may be on any disk" $cmdline 'return !family ||' 'return family &&'
mutant "a node's family" $cmdline -e 's/str_has_prefix\(disk->name, family->prefix\)/false/'
for family in mmcblk nvme sd vd; do
	mutant "the family $family" $cmdline -e "s/\{\"$family\", (true|false)\},?/{\"none\", \1},/"
done
mutant "the numbers of partitions" $cmdline -e 's/\.number == number/.number == 0/'
mutant "partitions after a digit" $cmdline -e 's/if \(family->ends_in_digit &&/if (0 \&\&/'
mutant "a number's driver" $cmdline -e 's/major == disk->id\.major/false/'
mutant "a number of any driver" $cmdline -e 's/major == BLOCK_EXT_MAJOR/false/'
line "a name that is too long" $cmdline 'if (!STR_COPY(ret->value, word))' 'if (!STR_COPY(ret->value, word) && 0)'
line "a name after others" $cmdline_disks 'boot[inuse->boot_count++] = (struct inuse_boot){.name = *name};' \
	'if (inuse->boot_count < 8) boot[inuse->boot_count++] = (struct inuse_boot){.name = *name};'
mutant "tails" $cmdline -e 's,\|\| strchr\(":/"\, wanted\[length\]\),,'

suite_is device/test_multipath
line "zeros" $multipath "zeros = zeros && text[i] == '0';" 'zeros = false;'
line "ones" $multipath "ones = ones && tolower((unsigned char)text[i]) == 'f';" 'ones = false;'
line "separators" $multipath 'if (!isalnum((unsigned char)text[i]))' 'if (0)'
part "the maker's number" $multipath "digits[0] == '3' ? 1 : 7" "0"
part "the vendor's digits of NAA 2" $multipath "digits[0] == '2' ? 10" "digits[0] == '2' ? 7"
part "an EUI of its maker alone" $multipath 'is_number(digits + oui, length - oui)' 'true'
part "an NGUID's digits of the vendor" $multipath 'length == 32 ? 16 : 0' '0'
part "an NVMe serial of blanks" $multipath 'memcmp(serial + 1 + i, "20", 2) != 0' 'true'
part "an NVMe serial of zeros" $multipath 'memcmp(serial + 1 + i, "30", 2) != 0' 'true'
part "an ATA disk without serial" $multipath 'length > vendor + 40 &&' '1 || '
part "a vendor and model alone" $multipath 'if (str_has_prefix(text, model))' 'if (0)'
part "equal ids, other serials" $multipath 'agree(one->serial, other->serial)' 'true'

fat=device/layout/fat.c
suite_is device/test_fat
part "the fewest clusters of a FAT32" $fat 'clusters >= FAT32_CLUSTERS ?' 'clusters > FAT32_CLUSTERS ?'
part "the fewest clusters of a FAT16" $fat 'clusters >= FAT16_CLUSTERS ?' 'clusters > FAT16_CLUSTERS ?'
part "a FAT32 with too few clusters" $fat '>= FAT32_CLUSTERS + MARGIN)
		return fat;' '> 0)
		return fat;'
part "the margin" $fat '#define MARGIN 64u' '#define MARGIN 0u'
part "the sector size" $fat 'cluster_bytes > sector_bytes ? (uint32_t)(cluster_bytes / sector_bytes) : 1' \
	'(uint32_t)(cluster_bytes / 512)'
part "clusters that the layout wants" $fat 'while (!wanted &&' 'while ('
part "a FAT16 with too many clusters" $fat ' || clusters + MARGIN >= FAT32_CLUSTERS)' ')'
part "both tables" $fat '#define TABLES	     2u' '#define TABLES	     1u'
part "a FAT of another type than it says" $fat 'if (made != fat_type(clusters))' 'if (0)'
part "tables of a FAT32" $fat '? le(b + 22, 2) : le(b + 36, 4));' '? le(b + 22, 2) : 0);'
part "sectors of a small FAT" $fat 'le(b + 19, 2) ? le(b + 19, 2) : le(b + 32, 4)' 'le(b + 32, 4)'

signatures=device/target/signatures.c
suite_is device/test_signatures
mutant "the first MiB" $signatures -e '/^\t\{0, MIB\(1\), false\}/d'
part "VMFS" $signatures '{MIB(1), KIB(64), false},' ''
part "copies at 4 MiB" $signatures '{MIB(4), KIB(64), false},' ''
part "copies at 64 MiB" $signatures '{MIB(64), KIB(4), false},' ''
mutant "copies at the end" $signatures -e '/^\t\{MIB\(1\), MIB\(1\), true\}/d'
part "what libblkid finds" $signatures 'return r < 0 ? r : wipe_found(fd, offset_bytes, size_bytes);' 'return r;'
part "the next partition" $signatures 'size - at < place->size ? size - at : place->size' 'place->size'
part "places after the end" $signatures 'if (at >= size)' 'if (0)'

ptable=device/target/ptable.c
suite_is device/test_ptable
part "a flip in the table" $ptable 'if (found[at] != wanted[at])' 'if (0)'
part "what libblkid sees" $ptable 'return r < 0 ? r : compare_bytes(fd, table, diag);' 'return compare_bytes(fd, table, diag);'
part "the first sector" $ptable 'r = put_areas(fd, table, table->count - 1, table->count);' ';'
part "the extended partition counts" $ptable 'layout->count + table_is_extended(layout)' 'layout->count'

bytes=device/layout/table_bytes.c
part "addresses in CHS" $bytes '(sector | (cylinder >> 2 & 0xc0))' '(sector)'
part "the highest address in CHS" $bytes 'if (cylinder > 1023)' 'if (0)'
part "links count from the extended partition" $bytes 'logical_range(layout, TABLE_MBR_PRIMARY - 1, next).start' '0'
part "the entry of a hybrid MBR ends with the GPT" $bytes 'rest.size = to_sectors(layout, table_end_bytes(layout)) - 1;' ';'
part "the first usable sector" $bytes 'if (blob->target == BLOB_DISK && end <= first && end > usable)' 'if (0)'
part "the bootable flag" $bytes 'htole64(p->bootable ? GPT_BOOTABLE : 0)' '0'

table=device/layout/layout_table.c
part "numbers of logical partitions" $table '? 2 : 1' '? 1 : 1'
part "room before a logical partition" $table 'room < apart ? room : apart' 'apart'

blob=device/target/blob.c
suite_is device/test_blob
part "the gap" $blob 'if (!is_in_gap(job->blob, offset + done))' 'if (1)'
part "the gap is not compared" $blob ' || is_in_gap(job->blob, begin + i)' ''

scan=device/disk/disk_scan.c
suite_is device/test_disk_scan
part "kernel names" $scan 'if (is_kernel_name(root, path))' 'if (0)'
part "paths are no kernel names" $scan "&& !strchr(path, '/')" ''
part "a file with a kernel name" $scan 'if (file && S_ISREG(file->st_mode))' 'if (0)'
part "another node with a kernel name" $scan 'if (file && S_ISBLK(file->st_mode) && file->st_rdev != number)' 'if (0)'
part "a kernel name without a medium" $scan 'if (disk.size_bytes == 0)
		return -ENOMEDIUM;
	if (!is_node_of(disk.path' 'if (!is_node_of(disk.path'
part "a kernel name without a node" $scan 'if (!is_node_of(disk.path, number))
		return -ENXIO;' ';'

parts=device/usage/parts.c
suite_is device/test_parts
part "mounts by number" $parts 'return strcmp(own, number) == 0;' 'return false;'
part "mounts of filesystems on several devices" $parts 'if (mount->major == 0)' 'if (0)'
part "swap areas" $parts 'add_mount(part, "[SWAP]");' ';'
part "a node that begins as another" $parts "(line[length] == ' ' || line[length] == '\\t')" 'true'
part "the first line of the swaps" $parts "line += line ? 1 : 0;" "line = NULL;"
part "a mount point once" $parts 'if (strcmp(part->mounts[i], text) == 0)' 'if (0)'
part "mount points sanitised" $parts 'str_sanitise(text);' ';'
part "more mount points than fit" $parts 'if (part->mount_count < PART_MOUNTS_MAX)' 'if (1)'
part "partitions that only the kernel knows" $parts \
	'(void)sysroot_each(root, add_known, &walk, "sys/block/%s", disk->name);' ';'
part "partitions of the kernel beside a filesystem" $parts \
	'state != CONTENT_BLANK && state != CONTENT_FILESYSTEM' 'true'
part "names with a slash" $parts "*p = '/';" ';'

suite_is device/test_disk
part "a sentence on a blank disk" device/disk/disk.c '"It is blank."' '"It holds blank."'
part "a sentence on a content that is not known" device/disk/disk.c \
	'"Its content is not known: it cannot be read."' '"It holds %s."'

id=device/layout/id.c
suite_is device/test_id
part "IDs of zeros" $id 'if (text[i] || zero)' 'if (text[i])'
part "text behind an ID" $id 'if (text[i] || zero)' 'if (zero)'
part "zeros in parts of an ID" $id "zero && (form[i] != '#' || c == '0')" "c == '0' || form[i] != '#'"
part "volume IDs in upper case" $id 'VFAT_FORM, toupper' 'VFAT_FORM, tolower'
part "IDs of an MBR in lower case" $id 'MBR_FORM, tolower' 'MBR_FORM, toupper'
part "PARTUUIDs of an MBR in lower case" $id 'PART_FORM, tolower' 'PART_FORM, toupper'
part "UUIDs in lower case" $id 'UUID_FORM, tolower' 'UUID_FORM, toupper'
part "the prefix of an MBR's ID" $id 'str_has_prefix(text, "0x") ? 2 : 0' '0'
part "no ID without a filesystem" $id 'fs != FS_NONE && id_of_uuid' 'id_of_uuid'
part "hexadecimal numbers of partitions" $id '%s-%02x' '%s-%02u'

ids=device/layout/layout_ids.c
suite_is device/test_layout_ids
part "an ID of another partition" $ids 'id_field(&layout->partitions[i], kind), id) == 0)' \
	'id_field(&layout->partitions[i], kind), id) == 2)'
part "another explicit ID" $ids 'return own[0] ? strcasecmp(own, id) == 0 : str_copy' 'return str_copy'
part "a PARTUUID of another partition of an MBR" $ids 'strcmp(derived, partuuid) != 0 || ' ''
part "a disk ID of zeros" $ids ' || !id_of_disk(TABLE_MBR, disk, disk)' ''
part "another ID of the disk" $ids 'return layout->disk_uuid[0] ? strcasecmp(layout->disk_uuid, disk) == 0' \
	'return 0 ? 0'
part "labels that do not fit" $ids ' || !fs_label_fits(p->fs, label) ||' ' ||'
part "empty labels" $ids "label[0] == '\\0' || !fs" '!fs'
part "another explicit label" $ids '(p->label_is_set && strcmp(p->label, label) != 0)' '0'
part "the same label again" $ids 'p->label_is_set && strcmp(p->label, label) != 0' 'p->label_is_set'
part "a label of another partition" $ids 'if (i != index && layout->partitions[i].label_is_set &&' 'if (0 &&'
part "a default label of another partition" $ids "layout->partitions[i].label[0] = '\\0';" ';'
line "a label that was named once" $ids 'p->label_is_set = true;' ';'
part "PARTUUIDs of an MBR" $ids '? set_id(layout, index, kind, id)
						  : set_disk_id(layout, index, id)' '? set_id(layout, index, kind, id) : set_id(layout, index, kind, id)'
part "a given GUID of the disk" $ids "layout->disk_uuid[0] == '\\0' && layout->table == TABLE_GPT" \
	'layout->table == TABLE_GPT'
part "a given ID of the disk" $ids "else if (layout->disk_uuid[0] == '\\0')" 'else'

suite_is device/test_layout_check device/test_layout_file
part "a PARTUUID that an MBR does not derive" device/layout/layout_check.c \
	'strcasecmp(p->partuuid, derived) != 0' '0'
part "a PARTUUID of a GPT that is not a UUID" device/layout/layout_check.c \
	'!id_of_partition(TABLE_GPT, p->partuuid, id)' '0'
part "an ID that the table cannot have" device/layout/layout_file.c \
	'!id_of_disk(layout->table, layout->disk_uuid, layout->disk_uuid))' '0)'
part "a UUID that the filesystem cannot have" device/layout/layout_file.c \
	'!id_of_fs(p->fs, p->fs_uuid, p->fs_uuid))' '0)'
part "explicit labels" device/layout/layout_file.c 'p->label_is_set = has_word(parser, "label");' ';'

blob=device/layout/layout_blob.c
suite_is device/test_layout_blob device/test_layout_file
part "a blob's place with its new file" $blob 'layout_place(&changed, layout_min_bytes(&changed), 0, &placed, diag)' '0'
part "regular files as blobs" $blob '!S_ISREG(st.st_mode)' '0'
part "the name of a blob" $blob 'if (!has_blob(layout, choices->list[i].name))' 'if (0)'
part "one file for a blob" $blob '	if (before)
		return diag_fail' '	if (0)
		return diag_fail'
part "a blob without a file" $blob '(!layout->blobs[i].missing ||' '(true ||'
part "a chosen file before that of the layout" device/layout/layout_file.c 'if (!chosen)' 'if (1)'
part "names of the layout's blobs" device/layout/layout_file.c 'r = blob_choices_check(choices, &found, diag);' 'r = 0;'
part "the place of a missing blob" device/layout/layout_check.c 'return blob->offset_bytes < end && layout_blob_end(blob) > start' \
	'return blob->offset_bytes < end && blob->offset_bytes + blob->size_bytes > start'

list=device/layout/layout_list.c
copy=device/layout/layout_copy.c
suite_is device/test_layout_copy device/test_layout_file
part "a name that leaves the partition" $copy '!is_name(wanted) ||' ''
part "a slash at the end" $copy 'name[length] == '"'/'"' && name[length + 1]' 'name[length] == '"'/'"
part "too many" $copy 'if (layout->copy_count == LAYOUT_COPIES_MAX)' 'if (layout->copy_count > LAYOUT_COPIES_MAX)'
part "relative to the folder" $copy 'file[0] == '"'/'"' ?' '1 ?'
part "of that partition" $copy 'if (layout->copies[i].partition != index)' 'if (0)'
part "a folder around a file" device/layout/layout_check.c '(path_is_below(other->name, copy->name) ||' '('
part "a file in a folder" device/layout/layout_check.c '||
					path_is_below(copy->name, other->name)' ''
part "a partition without a mount point" device/layout/layout_check.c 'p->mount[0] && layout_count_copies(spec, i) == 0' '0'
part "a file of another partition" device/layout/layout_check.c 'if (at != copy->partition)' 'if (0)'
part "a list given twice" device/layout/layout_file.c 'option->nvalues > 1' '1'

suite_is device/test_layout_list
part "files with a partition" $list '(has_section(text) || genimage_text_is(text))' 'true'

loader=device/disk/loader.c
loader_scan=device/disk/loader_scan.c
suite_is device/test_loader device/test_loader_scan
line "loaders at their places only" $loader 'unsigned here = place_bit(offset_bytes) | ANYWHERE;' 'unsigned here = ~0u;'
part "the versions of an i.MX table" $loader '(at[length - 1] & piece->mask) == bytes[length - 1];' 'true;'
line "erased bytes" $loader 'if (loader_is_empty(block, LOADER_BLOCK_BYTES))' 'if (0)'
line "the rest of a loader" $loader_scan '(kind != LOADER_DATA || !follows_loader(content, offset)))' '1)'
line "the first of each kind" $loader_scan 'if (kind != LOADER_EMPTY && !has_kind(content, kind) &&' 'if (kind != LOADER_EMPTY &&'
line "the entries of a GPT" $loader_scan 'if (!take_gpt(fd, SECTOR_BYTES, taken))' 'if (0)'
line "unknown partitions" $loader_scan 'if (can_search_outside(content))' 'if (1)'
line "a filesystem on the whole disk" $loader_scan 'if (content->state != CONTENT_BLANK && content->state != CONTENT_TABLE)' 'if (0)'
line "cards only" $loader_scan 'if (!str_has_prefix(slash ? slash + 1 : path, "mmcblk"))' 'if (0)'

occupied=device/disk/occupied.c
suite_is device/test_occupied
part "the first byte behind a range" $occupied 'start_bytes < occupied->ranges[i].end_bytes' 'start_bytes <= occupied->ranges[i].end_bytes'
part "the last byte before a range" $occupied 'end_bytes > occupied->ranges[i].start_bytes' 'end_bytes >= occupied->ranges[i].start_bytes'
part "the entries of a GPT" $occupied 'if (r == 0 && header->valid)' 'if (0)'
part "a backup that is not at the end" $occupied 'if (r == 0 && backup.valid)' 'if (0)'
part "a damaged primary GPT" $occupied '!primary.valid && !at_end.valid' '!primary.valid'
part "large sectors" $occupied 'add_gpt(fd, sector_bytes,' 'add_gpt(fd, 512,'
part "too many partitions" $occupied 'if (occupied->count == OCCUPIED_MAX)' 'if (occupied->count == OCCUPIED_MAX - 1 && (occupied->count = 0))'
