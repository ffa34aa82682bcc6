# shellcheck shell=bash disable=SC2016
# SPDX-License-Identifier: MIT
#
# core.sh - mutants of the pure modules of core/: limits, comparisons and flags.

progress=core/install/progress.c
suite_is core/test_progress
part "a gauge's total" $progress 'done = min_u64(done, gauge->total);' ';'
part "a gauge that only grows" $progress 'gauge->done = max_u64(gauge->done, done);' 'gauge->done = done;'
part "99 % before all is done" $progress '(fraction(gauge) * 100), 99)' '(fraction(gauge) * 100), 100)'
part "100 % when all is done" $progress 'if (gauge.done >= gauge.total)
		return 100;' 'if (0)
		return 100;'
part "something left to extract" $progress 'min_u64(bytes, total - 1)' 'min_u64(bytes, total)'
part "a clock that goes back" $progress 'joined.now_ms = max_u64(last->now_ms, sample->now_ms);' ';'
part "a step that goes back" $progress 'if (joined.step < last->step)' 'if (0)'
part "a late sample of a step that is over" $progress 'if (sample->step < joined.step)' 'if (0)'
for gauge in archive extracted medium; do
	part "a count that goes back: $gauge" $progress \
		"joined.${gauge}_bytes = max_u64(last->${gauge}_bytes, sample->${gauge}_bytes);" ';'
done
part "a count that goes back: step" $progress 'joined.step_done = max_u64(last->step_done, sample->step_done);' ';'
part "requests in flight" $progress 'joined.in_flight != last->in_flight;' 'false;'
part "a medium that takes more than expected" $progress 'if (medium->total > 0 && done >= medium->total)' 'if (0)'
part "99 % until the end" $progress 'permille < 990 ? (int)(permille / 10) : 99' '(int)(permille / 10)'
part "a percentage that only grows" $progress 'if (permille > 10.0 * view->percent)' 'if (1)'
part "a total of a step that is too small" $progress 'view->step.total = max_u64(view->step.total, view->step.done);' ';'
part "nothing after the end" $progress 'if (progress->finished)' 'if (0)'
part "an ETA that is too long" $progress 'all < ETA_LIMIT_S' 'true'
part "no ETA in the first moments" $progress '(progress->step == STEP_EXTRACT && elapsed_ms < ETA_AFTER_MS)' 'false'
part "no ETA in a stall" $progress 'view->stall_ms >= STALL_TEXT_MS' 'false'
part "a pause that is no stall" $progress 'view->stall_ms < STALL_TEXT_MS' 'view->stall_ms <= STALL_TEXT_MS'
part "the share of images" $progress 'done += verify + commit * fraction(view->step);' 'done = all;'
part "no verification" $progress 'return progress->totals.verify ?' 'return true ?'
part "one request" $progress 'requests == 1 ? "" : "s"' '"s"'

steps=core/install/steps.c
suite_is core/test_steps
part "no step after the last" $steps 'step < STEP_COUNT ?' 'step <= STEP_COUNT ?'
part "a step's word" $steps '"wipe"' '"erase"'
part "no wipe for the boot loader alone" $steps 'STEP(OPEN) |' 'STEP(OPEN) | STEP(WIPE) |'

totals=core/tar/tar_totals.c
suite_is core/test_tar_totals
part "a number that is too long" $totals 'if (end - start >= sizeof(digits))' 'if (0)'
part "the rate's end" $totals 'if (!ends_in(line, length, "/s)"))' 'if (0)'
part "two rates" $totals '!memchr(line + open, '\'','\'', length - open)' 'false'
part "a reply in another language" $totals '? start - (sizeof(gnu_head) - 1) : 0' '? start - (sizeof(gnu_head) - 1) : start'
part "a reply in a reply" $totals 'else if (!parse_one(line, start, &more, &start))' 'else'
part "bsdtar's reply" $totals '&& !parse_bsd(line, length, &bytes, &start)' ''
part "bsdtar's words" $totals 'if (strncmp(line + end, bsd_middle, sizeof(bsd_middle) - 1) != 0)' 'if (0)'

sigcgt=core/tar/sigcgt.c
suite_is core/test_sigcgt
part "bit 0 is signal 1" $sigcgt 'signal - 1' 'signal'
part "zombies" $sigcgt "*state == 'Z'" 'false'
part "dead processes" $sigcgt "*state == 'X'" 'false'
part "blocked signals" $sigcgt 'blocked & bit ?' '0 ?'
part "signals that are not caught" $sigcgt 'if (!(caught & bit))' 'if (0)'
part "the whole name of a field" $sigcgt "line[length] == ':'" 'true'
part "a mask that is no number" $sigcgt 'end != text && ' ''
part "a process that has gone" $sigcgt 'errno == ENOENT ||' ''

ratelimit=core/process/ratelimit.c
suite_is core/test_ratelimit
part "no more than the burst" $ratelimit '(limit->burst - 1)' 'limit->burst'
part "the whole burst" $ratelimit 'paid_ms - now_ms >' 'paid_ms - now_ms >='
part "nothing saved in a pause" $ratelimit 'limit->paid_ms > now_ms ? limit->paid_ms : now_ms' 'limit->paid_ms'
part "tokens that are spent" $ratelimit 'limit->paid_ms = paid_ms + limit->period_ms;' ';'

json=core/report/json.c
suite_is core/test_json
part "control characters" $json 'code < 0x20' 'code < 0x1f'
part "DEL" $json '|| code == 0x7f' ''
part "quotation marks" $json "['\"'] = '\"'," ''
part "backslashes" $json "['\\\\'] = '\\\\'," ''
part "commas" $json 'if (json->comma)' 'if (0)'
part "no comma after a bracket" $json 'putc(bracket, json->out);
	json->comma = false;' 'putc(bracket, json->out);'
part "bytes that are no UTF-8" $json "if (sequence[0] == '?') {" 'if (0) {'
part "missing strings" $json 'if (!text) {' 'if (0) {'
part "no minus before a zero" $json 'value < 0 && scaled > 0' 'value < 0'
part "rounding" $json '(double)scale + 0.5' '(double)scale'
part "numbers that are too large" $json '< 1e15)' '< 1e30)'
part "a line of its own" $json 'fflush(json->out);
	json->comma = false;' 'fflush(json->out);'

space=core/plan/space.c
suite_is core/test_space
part "the journal" $space 'ext4_journal_bytes(bytes) / BLOCK' '0'
part "the inode tables" $space 'ext4_inode_count(bytes) / (BLOCK / INODE_BYTES)' '0'
part "a file that claims too much" $space 'block_bytes >> 60 != 0' 'false'
part "the smallest partition" $space 'while (bytes > 0 && holds(fs, bytes - MIB(1), block_bytes, inodes))' 'while (0)'

err=core/install/err.c
suite_is core/test_err
part "the first code" $err 'if (!err->code) {' 'if (1) {'
part "one full stop" $err "if (used > 0 && err->text[used - 1] == '.')" 'if (0)'
part "an errno of either sign" $err 'abs(error)' 'error'
part "texts for errors of devices" $err 'if (texts[i].error == error)' 'if (0)'

check=core/plan/plan_check.c
suite_is core/test_plan_check
part "too many problems" core/plan/plan_verdict.c 'if (verdict->count == PLAN_PROBLEMS_MAX) {' 'if (0) {'
part "another device" $check 'if (!disk_identity_equal(&plan->target.id, &now->id, &what))' 'if (0)'
part "a device that has gone" $check "if (now->name[0] == '\\0') {" 'if (0) {'
part "an empty id" $check 'return *a && strcasecmp' 'return strcasecmp'
part "0x before an id" $check 'if (strncasecmp(a, "0x", 2) == 0)' 'if (0)'
part "the CID" $check 'same_id(plan->expect_id, id->cid) ||' ''
part "the serial" $check '||
		same_id(plan->expect_id, id->serial)' ''
part "a changed archive" $check 'if (facts->archive_changed[i])' 'if (0)'
part "a changed blob" $check 'if (facts->blob_changed[i] &&' 'if (0 &&'
part "entries of two archives" $check 'else if (share->stray)' 'else if (0)'
part "a wrong digest" $check 'if (plan->archives.list[i].sidecar == SIDECAR_WRONG)' 'if (0)'
part "room for the content" $check 'if (share->block_bytes > usable)' 'if (0)'
part "content that just fits" $check 'if (share->block_bytes > usable)' 'if (share->block_bytes >= usable)'
part "inodes" $check 'else if (share->inodes > inodes)' 'else if (0)'
part "inodes that just suffice" $check 'else if (share->inodes > inodes)' 'else if (share->inodes >= inodes)'
part "entries that a filesystem cannot hold" $check 'if (share->unfit)' 'if (0)'
part "mount points that are no folders" $check 'if (share->blocked_path[0])' 'if (0)'
part "room for a sparse image" $check 'if (bytes > facts->image_room_bytes)' 'if (0)'
part "an image that just fits" $check 'if (bytes > facts->image_room_bytes)' 'if (bytes >= facts->image_room_bytes)'
part "boot areas" $check 'if (need > have)' 'if (0)'
part "a boot area that is filled" $check 'if (need > have)' 'if (need >= have)'
part "mkfs programs" $check 'if (!facts->mkfs_found[fs])' 'if (0)'
part "filesystems of the kernel" $check 'if (!facts->fs_supported[fs] && facts->is_root)' 'if (0)'
part "no answer without root rights" $check '!facts->fs_supported[fs] && facts->is_root' '!facts->fs_supported[fs]'
part "each filesystem once" $check 'if (seen[fs])' 'if (0)'
part "a tar that is missing" $check 'if (!facts->tar_found) {' 'if (0) {'
part "a program that is no tar" $check '!strcasestr(plan->tar_version, "tar")' 'true'
part "no version" $check "plan->tar_version[0] == '\\0' ||" ''
part "a missing feature of tar" $check 'if (!(lacks & TAR_NEED_BIT(need)))' 'if (1)'
part "a feature that this tar was built without" $check '| without;' '| 0;'
part "attributes that Linux cannot store" $check 'if (foreign->count == 0 ||' 'if (1 ||'
part "attributes that may be lost" $check '(plan->allow & ALLOW_FOREIGN_ATTRIBUTES)' '0'
part "a locale for bsdtar" $check 'if (plan->tar == TAR_BSD &&' 'if (0 &&'
part "plain names" $check '!plan->plain_names &&' ''
part "an available locale" $check '&& !facts->utf8_locale' ''
part "root rights" $check 'if (!facts->is_root)' 'if (0)'
part "verification if syncfs reports no errors" $check 'if (!plan->verify && !facts->syncfs_reports)' 'if (0)'

plan=core/plan/plan.c
manifest=core/manifest/manifest_each.c
suite_is core/test_plan
part "what the archive has at a mount point" $plan 'find_obstacle(plan, manifest, i);' ';'
part "parents of a mount point" $manifest 'path_is_below(path, record_path(manifest, record, manifest->paths[0]))' \
	'strcmp(path, record_path(manifest, record, manifest->paths[0])) == 0'
part "a mount point that is replaced later" $manifest 'record->type != MANIFEST_DIR &&
			path_is_below' '!(record->flags & RECORD_REPLACED) && record->type != MANIFEST_DIR &&
			path_is_below'
part "folders in place of a mount point" $manifest 'record->type != MANIFEST_DIR &&
			path_is_below' 'path_is_below'

suite_is core/test_manifest
record=core/manifest/manifest_record.c
part "names of a file that was replaced" $record 'if (!(record->flags & RECORD_REPLACED))
			record_edit(manifest, record_inode' 'if (1)
			record_edit(manifest, record_inode'
part "hard links are one file" $record 'record->type == MANIFEST_HARDLINK ? record->target : record_number' 'record_number'

# These tests need root.
log=core/report/log.c
suite_is core/test_log
part "steps that ended before" $log 'step->state == before->steps[i].state || ' ''
part "messages that were written before" $log 'if (message->number <= number)' 'if (message->number == 0)'
part "messages that were missed" $log 'if (missed > 0)' 'if (0)'
part "the end of a step before the messages of the next" $log 'if (message->step > next)' 'if (0)'
part "one end of a step" $log 'next = message->step;' ';'
part "one result" $log '(before->magic && snapshot_ended(before))' 'false'
part "the sentence of an error" $log 'row(owner, "", sentence);' ';'
part "the amount of the result" $log '"%s in %s"' '"%s, %s"'
part "boot loaders" $log 'report_blobs, report_means}' 'report_means}'
part "the warning of the target" $log 'if (plan->target.warning[0])' 'if (0)'

suite_is core/test_snapshot
part "the step of a message" core/install/snapshot.c 'last->step = active_step(snapshot);' ';'

suite_is core/test_plan core/test_plan_check
part "an archive that could not be read" core/plan/plan.c 'can_place && (archive || !needs_scan);' \
	'can_place;'
part "a target or a layout that could not be read" core/plan/plan.c \
	'plan->target.name[0] && plan->layout.name[0];' 'true;'
part "no words on an archive that was not read" core/plan/plan_check.c 'if (plan->unread)' 'if (0)'
part "no words on a target that was not found" core/plan/plan_check.c 'if (!has_target(plan))
		return;
	if (facts->locked)' 'if (facts->locked)'

if [ "$(id -u)" = 0 ]; then
	verify=core/manifest/verify.c
	suite_is core/test_verify core/test_verify_ext4
	part "the number of links" $verify 'if (!is_dir && st->st_nlink != entry->names)' 'if (0)'
	part "links of folders" $verify '!is_dir && st->st_nlink' 'st->st_nlink'
	part "files that became one" $verify 'walk->identities[i - 1].inode != walk->identities[i].inode' '0'
	part "flags of folders" $verify 'if (has_flags(fd))' 'if (0)'
	part "flags of links and nodes" $verify '(found.stx_attributes & INODE_ATTRIBUTES) != 0' '0'
	part "flags of files" $verify 'return fd >= 0 && has_flags(fd);' 'return false;'
	part "a flag" $verify 'FS_IMMUTABLE_FL' '0'
	part "flags of the filesystem's own" $verify '(flags & INODE_FLAGS) != 0' 'flags != 0'
	part "files in lost+found" $verify 'is_lost_and_found(walk, dir, path))
		return list_dir(walk, path);' 'is_lost_and_found(walk, dir, path))
		return 0;'
	part "a lost+found that is a file" $verify 'if (!manifest_has(walk->spec->manifest, path))
			mismatch' 'if (0)
			mismatch'

	# KIND: the kinds of archives that are tried.
	stream=core/format/tar_stream.c records=core/format/tar_records.c
	KIND=sparse suite_is core/test_tar_kinds
	KIND=sparse part "maps that GNU tar reads otherwise" core/format/tar_map.c \
		'map->count > 0 && end == (uint64_t)real_size' 'true'
	KIND=sparse part "records of a sparse file that is none" $stream 'if (records->has_sparse)
		tar_entry_blame(entry, not_sparse);
	entry->size' 'entry->size'
	KIND="no time" part "times that GNU tar alone reads" $records '!pax_time(record->value, &s, &ns)' 'false'
	KIND="volume label" part "the content of a volume label" $stream '|| size > 0' ''
	KIND="volume label" part "the long name of a volume label" $stream 'is_waiting(stream) || size > 0' 'size > 0'
	KIND="name alone" part "empty names in headers" core/format/tar_header.c \
		"header.no_name = block[NAME] == '\0';" ';'
	KIND="targets alone" part "empty link targets in headers" $stream \
		"is_link && records->header->link[0] == '\0'" 'false'
	KIND="later folder" part "folders that come later" core/manifest/manifest_add.c \
		'number == 0 && is_led_astray(manifest, parent, path)' 'false'
	KIND="of bytes" part "names of bytes" $records 'records->is_binary = pax_equal(record.value, "BINARY");' ';'
	KIND="default ACL" part "default lists alone" core/manifest/manifest_read.c \
		'kind == ACL_DEFAULT && !has_access' 'false'

	trial=core/plan/trial.c
	suite_is core/test_trial
	part "an mkfs that fails" $trial 'if (made->fault[0])' 'if (0)'
	part "the room of what mkfs makes" $trial 'need > made->usable_bytes' '0'
	part "the inodes of what mkfs makes" $trial 'share->inodes > made->inodes' '0'
	part "the mount of what mkfs makes" $trial 'if (r < 0) {
		(void)STR_FORMAT(ret->fault, "this machine' 'if (0) {
		(void)STR_FORMAT(ret->fault, "this machine'
	part "the type of a FAT" $trial 'r = fat_check(fd, &diag);' ';'
	part "what libblkid calls it" $trial 'r = partitions_identify(fd, partition, &diag);' 'r = 0;'
	part "what ext4 withholds" $trial 'withheld = withheld_bytes(partition, space.f_frsize, ret->unit_bytes);' 'withheld = 0;'
	part "units larger than a block" $trial 'ret->unit_bytes = measure_unit(bench->mount);' ';'

	suite_is core/test_phases_prepare
	part "the wait in each snapshot" core/install/install.c 'describe_wait(in);' ';'
fi

header=core/format/tar_header.c
suite_is core/test_tar_header core/test_compression
part "a wrong checksum" $header 'expected == sum || expected == signed_sum' 'true'
part "an empty checksum" $header 'memcmp(block + CHECKSUM, empty, sizeof(empty)) == 0' 'false'
part "a checksum of signed bytes" $header ' || expected == signed_sum' ''
part "the sign of base 256" $header '(field[0] & 0x40) != 0' 'false'
part "base 256 that is too large" $header 'if (value >> 56 != (negative ? 0xff : 0))' 'if (0)'
part "a NUL before a number" $header "if (field[0] == '\0' && field[1] != '\0')" 'if (0)'
part "rubbish after a number" $header "if (at < size && field[at] != '\0' && field[at] != ' ')" 'if (0)'
part "blanks alone" $header "if (digits == 0 && (at == size || field[at] != '\0'))" 'if (0)'
part "a prefix in GNU's format" $header 'ret->format == TAR_FORMAT_USTAR && block[PREFIX]' 'block[PREFIX]'

suite_is core/test_unfit
part "attributes that need a block" core/plan/unfit.c 'block - EXT4_XATTR_HEAD' 'EXT4_BLOCK'
part "the blocks of a file" core/plan/unfit.c '(uint64_t)block * UINT32_MAX' '(uint64_t)EXT4_BLOCK * UINT32_MAX'
part "a dot at the end of a name" core/plan/unfit.c "point == '.' || " ''

suite_is core/test_namesakes
part "the case of a folder" core/plan/namesakes.c "path[at] != '/' && path[at] != '\0'" "path[at] != '\0'"
part "names of other folders" core/plan/namesakes.c 'name.folded = name.exact;' ';'
part "each name once" core/plan/namesakes.c 'names->list[count - 1].exact != names->list[i].exact' 'true'

suite_is core/test_acl
part "names without a number" core/format/acl.c '*numbered &= has_id && id <= INT32_MAX;' ';'
part "permissions in three letters" core/format/acl.c '*numbered &= strlen(perm) == PERM_LETTERS;' ';'

pax=core/format/pax.c
suite_is core/test_pax
part "the length of a record" $pax "(uint64_t)length > rest->size ||" ''
part "the end of a record" $pax "rest->at[length - 1] != '\n'" 'false'
part "times before 1970" $pax 's = -s - (ns > 0);' 's = -s;'
part "less than a nanosecond before 1970" $pax 'ns += below_ns;' ';'
part "numbers that are too large" $pax '__builtin_mul_overflow(value, 10, &value) ||' ''
part "what GNU tar encodes" $pax 'pax_below(rest, "%25", &after)' 'false'

content=core/manifest/content.c
suite_is core/test_content
part "the place of data" $content 'content->runs[last].first + content->runs[last].units == unit' 'true'
part "the list of places" $content 'sha256_add(content->sha, content->runs,' 'sha256_add(content->sha, NULL, 0 *'
part "the size of a file" $content 'sha256_add(content->sha, &content->at, sizeof(content->at));' ''
part "zeros at the start of a unit" $content 'sha256_add_zeros(content->sha, content->zeros);' ''
part "zeros in a unit" $content 'else if (content->dirty)' 'else if (0)'

suite_is core/test_manifest_read
part "the index of pixz" core/manifest/manifest_read.c ' && !pixz_follows(&reader->pixz, mark)' ''
part "the bytes before an index" core/manifest/manifest_read.c '	pixz_look(&reader->pixz, buffer, (size_t)length);' ''

map=core/format/tar_map.c
suite_is core/test_tar_map
part "the order of parts" $map '(uint64_t)offset < from' 'false'
part "the end of a part" $map 'offset > INT64_MAX - size' 'false'
part "the number of parts" $map 'count > TAR_MAP_EXTENTS_MAX' 'false'
part "the bytes of the map" $map 'if (*lines->left < TAR_BLOCK)' 'if (0)'
part "lines without a digit" $map "byte == '\n' && digits > 0" "byte == '\n'"
part "the content of the parts" $map 'sum != content' 'false'
part "the end of the file" $map 'end > (uint64_t)real_size' 'false'
part "an error of reading" $map 'return length < 0 ? (int)length : tar_input_fail_truncated(input);' \
	'return tar_input_fail_truncated(input);'

loader_check=core/plan/loader_check.c
suite_is core/test_loader_check
part "loaders of a boot ROM" $loader_check 'loader_role(check->rows[i].loader.kind) == LOADER_BY_ROM' 'true'
part "a loader that stays" $loader_check 'check->rows[i].fate == LOADER_ERASED' 'true'
part "a layout with blobs" $loader_check 'layout->blob_count > 0 ||' ''
part "firmware of the archive" $loader_check '|| has_firmware ||' '||'
part "cards of other boards" $loader_check 'if (target->kind != DISK_EMMC)
		severity' 'if (0)
		severity'
part "an area that starts" $loader_check 'if (row->fate == LOADER_STARTS_FIRST)' 'if (0)'
part "an empty area" $loader_check '|| row->loader.kind == LOADER_EMPTY)
			continue;' ')
			continue;'
part "an area that was not read" $loader_check 'target->content.boot[i].kind == LOADER_UNREAD)' 'false)'
part "the layout's setting" $loader_check '|| layout->emmc.boot == EMMC_BOOT_KEEP' '|| true'
part "the end of a blob" $loader_check 'offset - blob->offset_bytes < blob->size_bytes' 'true'
part "files on a vfat only" $loader_check 'partition->fs != FS_VFAT ||' ''

part "what stays beside the boot loader alone" $loader_check '[SCOPE_BOOT] = LOADER_STAYS' '[SCOPE_BOOT] = LOADER_ERASED'

suite_is core/test_scope
part "blobs of partitions stay" core/plan/scope.c 'blob->target != BLOB_PARTITION' 'true'
part "a layout of images" core/plan/scope.c 'SCOPE_FILES : SCOPE_IMAGES' 'SCOPE_FILES : SCOPE_ALL'

boot_only=core/plan/boot_only.c
suite_is core/test_boot_only
part "a loader over a partition" $boot_only 'if (range)' 'if (0)'
part "the end of a loader" $boot_only 'end = start + blob->size_bytes;' 'end = start + 1;'
part "a disk without a table" $boot_only 'if (!occupied->table[0])' 'if (0)'
part "a table of another kind" $boot_only 'else if (strcmp(occupied->table, want) != 0)' 'else if (0)'
part "boot areas need no table" $boot_only '!boot_only_writes_disk(plan) ||' ''
part "nothing to write" $boot_only 'if (!writes_anything(plan))' 'if (0)'
part "settings of an eMMC only" $boot_only 'plan->target.kind == DISK_EMMC &&' ''
part "another size of a partition" $boot_only '&&
			content->partitions[i].sectors == planned->sectors' ''
part "another number of partitions" $boot_only 'return count != layout->count;' 'return false;'
part "partitions that were not listed" $boot_only 'if (count > DISK_PARTITIONS_MAX)' 'if (0)'

entry_content=core/manifest/entry_content.c
suite_is core/test_entry_content
part "a hole" $entry_content 'content_add_hole(&content->content, offset - content->content.at);' ''
part "a hole at the end" $entry_content 'content_add_hole(&content->content, content->size - content->content.at);' ''
part "the head of the last file" $entry_content 'memset(content->head, 0, content->head_bytes);' 'content->head_bytes = 0;'
part "the content of the last file" $entry_content 'drop_kept(content);
	content->size' 'content->size'

copies=core/archive/copies.c
suite_is core/test_copies
part "folders in order" $copies 'is_inside, by_name' 'is_inside, NULL'
part "a loop of links" $copies 'if (depth > DEPTH_MAX)' 'if (depth > 1000)'
part "what is no file" $copies '!S_ISREG(copied.st.st_mode) && !S_ISDIR(copied.st.st_mode)' '0'
part "no setuid" $copies 'st->st_mode & 0777' 'st->st_mode & 07777'
part "a file that is new" $copies 'entry.archive == MANIFEST_NO_ARCHIVE &&' ''
part "another size" $copies 'entry.size == (uint64_t)st->st_size &&' ''
part "another time" $copies 'entry.mtime_ns == (uint32_t)st->st_mtim.tv_nsec' 'true'
part "nothing is asked of a tar" core/manifest/manifest_add.c 'manifest->archive == MANIFEST_NO_ARCHIVE ||' ''

if [ "$(id -u)" = 0 ]; then
	copying=core/install/copying.c
	suite_is core/test_copying
	part "a file that was linked" $copying 'if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		unlinkat' 'if (0 &&
		unlinkat'
	part "a link on the way" $copying 'if (S_ISDIR(st.st_mode))
			return 0;' 'return 0;'
	part "a file that has changed" $copying 'int r = copies_check(run->copying->manifest, copied, diag);' 'int r = 0;'
	part "the mode of a file" $copying 'fchmod(fd, mode) < 0' '0'
	part "attributes of the archive" $copying 'int r = clear_attributes(fd);' 'int r = 0;'
	part "a file that went away" $copying 'return count == manifest_totals(manifest)->copies' 'return 1'
	part "another content" $copying 'memcmp(digest, entry.digest, sizeof(digest)) == 0' '1'
	part "the side of a failure" $copying 'run->at_target = true;' ''
fi

suite_is core/test_scope
part "a layout with files alone" core/plan/scope.c 'return layout_holds_files(layout) ? SCOPE_FILES :' 'return'
suite_is core/test_plan_check
part "an archive for images" core/plan/plan_check.c '|| layout_takes_archive(&plan->layout) == has_archive' ''
part "checks of the boot loader alone" $check '{check_beside_partitions, BOOT},' ''
part "no check of the archive for the boot loader alone" $check '{check_archive, ALL},' '{check_archive, ALL | BOOT},'

if [ "$(id -u)" = 0 ]; then
	suite_is core/test_install
	part "the table under the lock" core/install/phases.c 'phase_check_beside, BOOT' 'NULL, BOOT'
	part "a table that is not the install's" core/install/job_undo.c \
		'!step_is_of(job->plan.scope, STEP_WIPE) ||' ''
fi
