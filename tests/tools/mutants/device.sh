# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# device.sh - the mutants of device/: the rules that keep a disk in use from being written.

suite_is whole/test_machines device/test_rules device/test_inuse device/test_cmdline device/test_wholedisk

rules=device/usage/rules.c
twin=device/usage/multipath.c
none='static void judge_none(struct disk *d, const struct rules_facts *f, enum reason_code c) {}'
for reason in SYSTEM SOURCE MOUNTED SWAP HOLDER LOOP BUSY READ_ONLY NO_MEDIUM TOO_SMALL WORN KIND UNKNOWN; do
	mutant "REASON_$reason" $rules -e "s/^static void \(\*const judges/$none\n&/" \
		-e "s/(\[REASON_$reason\] = )judge_[a-z_]*/\1judge_none/"
done
line "the override for worn ones" $rules 'if (worn && !(facts->allow & ALLOW_WORN))' 'if (worn)'
line "a limit of the life time" $rules '#define LIFE_TIME_EXCEEDED 0x0b' '#define LIFE_TIME_EXCEEDED 0x0c'
line "a limit of the spare blocks" $rules '#define PRE_EOL_URGENT	   3' '#define PRE_EOL_URGENT 4'
line "closing where the system is not found" $rules 'if (facts->inuse->unresolved)' 'if (0)'
line "closing where a UUID is not found" $rules 'else if (missing && disk_content_has_gap(&disk->content, gap))' \
	'else if (0)'

disk=device/disk/disk.c
parts='else if (content->partial || content->partition_count > DISK_PARTITIONS_MAX)'
line "more partitions than room" $disk "$parts" 'else if (content->partial)'
line "what is known in part" $disk "$parts" 'else if (content->partition_count > DISK_PARTITIONS_MAX)'
line "contents that are not known" $disk '(void)str_copy(ret, 48, "unread");' 'return false;'
line "containers" $disk 'else if (container)' 'else if (0)'
line "containers on the whole disk" $disk 'if (is_container(content->type))' 'if (0)'
line "containers in partitions" $disk 'if (is_container(content->partitions[i].fs_type))' 'if (0)'
line "members of volumes" $disk 'return length > tail && strcmp(type + length - tail, member) == 0;' 'return false;'

mutant "other paths to a disk" $rules -e 's/multipath_is_same\(.*, disk->name\)/false/'
mutant "paths of sticks being none" $rules -e 's/disk->kind == DISK_FIXED &&$/true \&\&/'
line "reading the ids of disks" device/usage/inuse.c 'r = multipath_load(root, &inuse.multipath);' ';'
mutant "ids of SCSI disks" $twin -e 's,/device/wwid,/xx,'
mutant "ids of NVMe disks" $twin -e 's,%s/wwid,%s/xx,'
line "ids that are none" $twin "return ret[0] != '\\0';" 'return true;'

inuse=device/usage/inuse.c
holder=device/usage/holders.c
boot_disk=device/usage/cmdline_disks.c
line "process 1" $inuse 'static const char *const tables[] = {"proc/1/mountinfo", "proc/self/mountinfo"};' \
	'static const char *const tables[] = {"proc/self/mountinfo"};'
line "other namespaces" $inuse 'r = namespaces_each_other(root, add_foreign_mounts, &visit);' 'r = 0;'
line "critical folders" $inuse 'for (size_t i = 0; i < ARRAY_SIZE(critical); i++) {' 'for (size_t i = 0; i < 0; i++) {'
line "unresolved critical mounts" $inuse 'if (critical && resolver.unresolved)' 'if (0)'
line "files of loops below the system" $inuse \
	'struct backing resolver = {.root = root, .mounts = mounts, .through_files = critical};' \
	'struct backing resolver = {.root = root, .mounts = mounts};'
line "swap files" $inuse 'if (file)' 'if (0)'
line "swap files that are targets" $inuse 'if (file && r == 0)' 'if (0)'
mutant "images that are in use" $rules -e 's/fact->file_ino == disk->id.file_ino/false/'
line "swap partitions" $inuse 'else if (wholedisk_node_number(root, path, &major, &minor) == 0)' 'else if (0)'
line "holders of disks" $holder 'r = sysroot_each(walk->root, add_holder, walk, "sys/block/%s/holders", name);' 'r = 0;'
line "holders of partitions" $holder \
	'r = sysroot_each(walk->root, add_holder, walk, "sys/block/%s/%s/holders", walk->disk, name);' 'r = 0;'
line "holders of boot areas" $holder 'walk->disk = wholedisk_card_of(walk->root, name, card) ? card : name;' \
	'walk->disk = name;'
line "loops over devices" $holder 'r = inuse_add_fact(inuse, disks[i], REASON_LOOP, "%s lies over it", name);' 'r = 0;'
line "loops that lie over devices" $holder 'if (loop.block_major > 0)' 'if (0)'
line "zram's backing device" $holder 'return r == 0 ? add_backing(walk->inuse, walk->root, name) : r;' 'return r;'
line "the kernel command line" $inuse 'r = cmdline_disks_add_facts(&inuse, root);' 'r = 0;'
line "asking it only where nothing is mounted" $inuse 'if (r == 0 && inuse.rootless)' 'if (r == 0)'
line "asking it where the root is on a disk in memory" $inuse \
	'if (is_medium(resolver.disks[i]))' ''
line "the device tree's bootargs" $boot_disk \
	'static const char *const sources[] = {"proc/cmdline", "proc/device-tree/chosen/bootargs"};' \
	'static const char *const sources[] = {"proc/cmdline"};'
line "root= by node or number" $boot_disk 'return add_disks(inuse, root, name, major, minor);' 'return 0;'
line "root= by a node that is not there" $boot_disk 'if (find_node(root, name->value, &major, &minor) < 0)' \
	'if (find_node(root, name->value, &major, &minor) < 0) return 0; if (0)'
line "root= by a number that is not there" $boot_disk 'if (count < 0)' 'if (0)'
line "root= in words that nobody knows" $boot_disk 'case CMDLINE_OPAQUE:' 'case CMDLINE_OPAQUE: return 0;'
line "root= by UUID or label" $inuse 'if (!cmdline_matches(&inuse->boot[i].name, &disk->content))' 'if (1)'
line "a UUID once found" $inuse 'inuse->boot[i].found = true;' ';'
line "files of the job" $inuse 'r = inuse_add_file(inuse, root, &files[i]);' 'r = 0;'

resolve=device/usage/backing.c
line "btrfs members" $resolve '{"btrfs", resolve_btrfs},' ''
line "bcachefs members" $resolve '{"bcachefs", resolve_bcachefs},' ''
line "overlays" $resolve '{"overlay", resolve_overlay},' '{"overlay", resolve_nothing},'
mutant "lower layers" $resolve -e 's/"lowerdir=", /"xx=", /'
mutant "upper layers" $resolve -e 's/"upperdir="/"xx="/'
line "files of loops" $resolve 'backing_add_path(resolver, loop.backing);' ';'
line "filesystems without a device" $resolve 'resolve_anonymous(resolver, mount);' ';'
line "what is out of sight" $resolve '(seen < resolver->seen_count && resolver->seen[seen].active))' '0)'

stack=device/disk/wholedisk.c
line "slaves" $stack \
	'r = sysroot_each(collector->root, collect_slave, collector, "sys/block/%s/slaves", name);' 'r = 0;'
line "a partition's disk" $stack 'r = linked_name(root, major, minor, partition ? 1 : 0, name);' \
	'r = linked_name(root, major, minor, 0, name);'
line "a boot area's card" $stack 'r = collect_below(collector, wholedisk_card_of(root, name, card) ? card : name);' \
	'r = collect_below(collector, name);'
mutant "a boot area's card, of old kernels" $stack -e 's/if \(strncmp\(name, "mmcblk", 6\) != 0\)/if (1)/'
line "zram below swap" $stack \
	'if (r == 0 && wholedisk_read_backing(collector->root, name, &major, &minor) == 0)' 'if (0)'
line "loops below mounts" $stack 'return collect(collector, loop.block_major, loop.block_minor);' 'return 0;'
line "names of mapped devices" $stack 'if (strncmp(name, "mapper/", 7) == 0) {' 'if (0) {'

boot=device/usage/cmdline.c
for tag in PARTUUID= PARTLABEL= UUID= LABEL= CDLABEL= /dev/disk/by-partuuid/ /dev/disk/by-partlabel/ \
	/dev/disk/by-uuid/ /dev/disk/by-label/; do
	mutant "$tag" $boot -e "s,\{\"$tag\",{\"xx\","
done
for key in root mount.usr resume overlayroot live-media cryptdevice rd.luks.uuid kern_guid dm; do
	mutant "$key=" $boot -e "s,\.key = \"$key\",.key = \"xx\","
done
line "packed numbers" $boot 'if (!parse_packed(*word, ret))' 'if (1)'
line "a node that may be on any disk" $boot 'return !family ||' 'return family &&'
mutant "a node's family" $boot -e 's/has_prefix\(disk->name, family->prefix\)/false/'
for family in mmcblk nvme sd vd; do
	mutant "the family $family" $boot -e "s/\{\"$family\", (true|false)\},?/{\"none\", \1},/"
done
mutant "the numbers of partitions" $boot -e 's/\.number == number/.number == 0/'
mutant "partitions after a digit" $boot -e 's/if \(family->ends_in_digit &&/if (0 \&\&/'
mutant "a number's driver" $boot -e 's/major == disk->id\.major/false/'
mutant "a number of any driver" $boot -e 's/major == BLOCK_EXT_MAJOR/false/'
line "what is too long" $boot 'if (!STR_COPY(ret->value, word))' 'if (!STR_COPY(ret->value, word) && 0)'
line "a name behind others" $boot_disk 'boot[inuse->boot_count++] = (struct inuse_boot){.name = *name};' \
	'if (inuse->boot_count < 8) boot[inuse->boot_count++] = (struct inuse_boot){.name = *name};'
mutant "tails" $boot -e 's,\|\| strchr\(":/"\, wanted\[length\]\),,'
