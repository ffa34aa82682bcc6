/* SPDX-License-Identifier: MIT */
/*
 * machine - a machine as text that a person can read and edit, with the expected verdict on each
 * disk. The files of tests/sysroots/ are written by hand; test_machines.c generates thousands
 * more. One line each:
 *
 *   # a remark
 *   disk mmcblk0 179:0 SECTORS PORT    a disk at sys/devices/PORT
 *   	device/type MMC                 indented: an attribute of the block device above
 *   part mmcblk0p1 179:1 SECTORS       a partition of the disk above
 *   area mmcblk0boot0 179:8 SECTORS    a boot area of the disk above
 *   virtual dm-0 253:0 SECTORS [BELOW...]  dm, md, loop, zram; on top of these devices
 *   members btrfs|bcachefs UUID DEVICE...
 *   process 812 dockerd                a process in a mount namespace of its own
 *   mount[@812] 179:1 POINT TYPE SOURCE [OPTIONS]   in that namespace; without @ in the test's
 *   swap PATH file|partition
 *   file PATH TEXT                     any other file; TEXT is the rest of the line
 *   link PATH TARGET
 *   content mmcblk0 STATE [WORD=VALUE...]  result of a probe: type, uuid, label of the whole disk;
 *                                      partuuid (begins a partition), partlabel, fstype, fsuuid,
 *                                      fslabel; hold=exclusive|locked; partial=1
 *   allow sd,worn                      --allow
 *   need MIB                           minimum size
 *   uses PATH WHAT                     a file of the job
 *   expect mmcblk0 ok                  the verdict on each disk that is listed
 *   expect sda system,mounted [phrase of the first reason]
 */
#ifndef TESTS_MACHINE_H
#define TESTS_MACHINE_H

#include "core/disks/judge.h"
#include "device/base/util.h"
#include "device/disk/disk_scan.h"
#include "tests/lib/tree.h"

#define MACHINE_DISKS_MAX 48

struct expectation {
	char disk[32], codes[96], text[96]; /* codes: "ok" or a comma-separated list */
};

struct machine {
	struct tree tree;
	char disk[32], block[256]; /* the current block device: its disk, its folder */
	int mount_id;
	unsigned allow;
	uint64_t need_bytes;
	struct inuse_file files[4];
	size_t file_count, content_count, expectation_count;
	struct {
		char disk[32];
		struct disk_content content;
	} contents[MACHINE_DISKS_MAX];
	struct expectation expectations[MACHINE_DISKS_MAX];
};

/* Splits the next word off @rest; "" at the end. Blanks and tabs separate words. */
static char *next_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t"), *end = word + strcspn(word, " \t");

	*rest = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

static void machine_file(struct machine *machine, const char *text, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void machine_file(struct machine *machine, const char *text, const char *format, ...)
{
	char path[PATH_MAX], line[2048];
	va_list args;

	va_start(args, format);
	assert_true(str_vformat(path, sizeof(path), format, args));
	va_end(args);
	assert_true(STR_FORMAT(line, "%s\n", text));
	tree_make(&machine->tree, path)->text = tree_text(&machine->tree, line, strlen(line));
}

static void machine_link(struct machine *machine, const char *target, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void machine_link(struct machine *machine, const char *target, const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;

	va_start(args, format);
	assert_true(str_vformat(path, sizeof(path), format, args));
	va_end(args);
	tree_make(&machine->tree, path)->link = tree_text(&machine->tree, target, strlen(target));
}

/* Adds the files that every block device has. machine->block is its folder. */
static void add_block(struct machine *machine, const char *name, const char *number,
	const char *sectors, bool whole)
{
	const char *below_sys = machine->block + strlen("sys/");
	char target[PATH_MAX];

	machine_file(machine, number, "%s/dev", machine->block);
	machine_file(machine, sectors, "%s/size", machine->block);
	(void)STR_FORMAT(target, "../../%s", below_sys);
	machine_link(machine, target, "sys/class/block/%s", name);
	machine_link(machine, target, "sys/dev/block/%s", number);
	if (!whole)
		return;
	(void)STR_FORMAT(target, "../%s", below_sys);
	machine_link(machine, target, "sys/block/%s", name);
	(void)tree_make(&machine->tree, machine->block);
}

static void add_disk(struct machine *machine, char *rest)
{
	const char *name = next_word(&rest), *number = next_word(&rest),
		   *sectors = next_word(&rest);

	(void)STR_COPY(machine->disk, name);
	assert_true(STR_FORMAT(machine->block, "sys/devices/%s/block/%s", next_word(&rest), name));
	add_block(machine, name, number, sectors, true);
	machine_link(machine, "../..", "%s/device", machine->block);
}

static struct node *block_of(struct machine *machine, const char *name)
{
	char path[128];
	struct node *node;

	(void)STR_FORMAT(path, "sys/class/block/%s", name);
	node = tree_find(&machine->tree, machine->tree.root, path, false, 8);
	if (!node)
		fail_msg("%s does not exist", name);
	return node;
}

static void node_path(const struct node *node, char *ret, size_t size)
{
	ret[0] = '\0';
	if (node->parent)
		node_path(node->parent, ret, size);
	(void)str_format(
		ret + strlen(ret), size - strlen(ret), "%s%s", *ret ? "/" : "", node->name);
}

/* Adds a partition or boot area inside the folder of the current disk. */
static void add_inside(struct machine *machine, char *rest, bool area)
{
	const char *name = next_word(&rest), *number = next_word(&rest),
		   *sectors = next_word(&rest);
	char disk[192];

	node_path(block_of(machine, machine->disk), disk, sizeof(disk));
	assert_true(STR_FORMAT(machine->block, "%s/%s", disk, name));
	add_block(machine, name, number, sectors, area);
	if (area)
		machine_link(machine, "..", "%s/device", machine->block);
	else
		machine_file(machine, "1", "%s/partition", machine->block);
}

static void add_part(struct machine *machine, char *rest)
{
	add_inside(machine, rest, false);
}

static void add_area(struct machine *machine, char *rest)
{
	add_inside(machine, rest, true);
}

static void add_virtual(struct machine *machine, char *rest)
{
	const char *name = next_word(&rest), *number = next_word(&rest),
		   *sectors = next_word(&rest);
	char target[128], holder[256];

	(void)STR_COPY(machine->disk, name);
	assert_true(STR_FORMAT(machine->block, "sys/devices/virtual/block/%s", name));
	add_block(machine, name, number, sectors, true);
	for (const char *below; *(below = next_word(&rest));) {
		(void)STR_FORMAT(target, "/sys/class/block/%s", below);
		machine_link(machine, target, "%s/slaves/%s", machine->block, below);
		node_path(block_of(machine, below), holder, sizeof(holder));
		(void)STR_FORMAT(target, "/sys/class/block/%s", name);
		machine_link(machine, target, "%s/holders/%s", holder, name);
	}
}

static void add_members(struct machine *machine, char *rest)
{
	bool btrfs = strcmp(next_word(&rest), "btrfs") == 0;
	const char *uuid = next_word(&rest);
	char target[128];
	int number = 0;

	for (const char *member; *(member = next_word(&rest)); number++) {
		(void)block_of(machine, member);
		(void)STR_FORMAT(target, "/sys/class/block/%s", member);
		if (btrfs)
			machine_link(machine, target, "sys/fs/btrfs/%s/devices/%s", uuid, member);
		else
			machine_link(
				machine, target, "sys/fs/bcachefs/%s/dev-%d/block", uuid, number);
	}
}

static void add_process(struct machine *machine, char *rest)
{
	const char *pid = next_word(&rest);
	char target[64];

	(void)STR_FORMAT(target, "mnt:[40265%05u]", (unsigned)atoi(pid));
	machine_link(machine, target, "proc/%s/ns/mnt", pid);
	machine_file(machine, next_word(&rest), "proc/%s/comm", pid);
}

/* Appends a line to a file of the machine. */
static void append_line(struct machine *machine, const char *path, const char *line)
{
	struct node *node = tree_make(&machine->tree, path);
	size_t before = node->text ? strlen(node->text) : 0, length = strlen(line);
	char *text = tree_alloc(&machine->tree, before + length + 2);

	if (before)
		memcpy(text, node->text, before);
	memcpy(text + before, line, length);
	memcpy(text + before + length, "\n", 2);
	node->text = text;
}

static void add_mount(struct machine *machine, const char *process, char *rest)
{
	const char *number = next_word(&rest), *point = next_word(&rest), *type = next_word(&rest),
		   *source = next_word(&rest), *options = next_word(&rest);
	char path[64], line[1024];

	(void)STR_FORMAT(path, "proc/%s/mountinfo", process);
	assert_true(STR_FORMAT(line, "%d 1 %s / %s rw - %s %s %s", ++machine->mount_id, number,
		point, type, source, *options ? options : "rw"));
	append_line(machine, path, line);
}

static void add_swap(struct machine *machine, char *rest)
{
	const char *path = next_word(&rest);
	char line[256];

	(void)STR_FORMAT(line, "%s %s 1000 0 -2", path, next_word(&rest));
	append_line(machine, "proc/swaps", line);
}

static void add_file(struct machine *machine, char *rest)
{
	const char *path = next_word(&rest);

	machine_file(machine, rest, "%s", path);
}

static void add_link(struct machine *machine, char *rest)
{
	const char *path = next_word(&rest);

	machine_link(machine, next_word(&rest), "%s", path);
}

static void add_content(struct machine *machine, char *rest)
{
	static const char *const states[] = {
		[CONTENT_PENDING] = "pending",
		[CONTENT_BLANK] = "blank",
		[CONTENT_TABLE] = "table",
		[CONTENT_FILESYSTEM] = "filesystem",
		[CONTENT_AMBIVALENT] = "ambivalent",
		[CONTENT_DENIED] = "denied",
		[CONTENT_UNREADABLE] = "unreadable",
		[CONTENT_SILENT] = "silent",
	};
	struct disk_content *content;
	struct disk_partition *partition;
	const char *state;

	assert_true(machine->content_count < MACHINE_DISKS_MAX);
	(void)STR_COPY(machine->contents[machine->content_count].disk, next_word(&rest));
	content = &machine->contents[machine->content_count++].content;
	*content = (struct disk_content){0};
	partition = content->partitions;
	state = next_word(&rest);
	while (content->state < ARRAY_SIZE(states) && strcmp(states[content->state], state) != 0)
		content->state++;
	if (content->state == ARRAY_SIZE(states))
		fail_msg("unknown content state '%s'", state);
	for (char *word; *(word = next_word(&rest));) {
		char *value = strchr(word, '=');

		assert_non_null(value);
		*value++ = '\0';
		if (strcmp(word, "partuuid") == 0) {
			partition = &content->partitions[content->partition_count++];
			partition->number = content->partition_count;
			(void)STR_COPY(partition->uuid, value);
		} else if (strcmp(word, "partlabel") == 0) {
			(void)STR_COPY(partition->name, value);
		} else if (strcmp(word, "fsuuid") == 0) {
			(void)STR_COPY(partition->fs_uuid, value);
		} else if (strcmp(word, "fslabel") == 0) {
			(void)STR_COPY(partition->fs_label, value);
		} else if (strcmp(word, "uuid") == 0) {
			(void)STR_COPY(content->uuid, value);
		} else if (strcmp(word, "label") == 0) {
			(void)STR_COPY(content->label, value);
		} else if (strcmp(word, "type") == 0) {
			(void)STR_COPY(content->type, value);
		} else if (strcmp(word, "fstype") == 0) {
			(void)STR_COPY(partition->fs_type, value);
		} else if (strcmp(word, "partial") == 0) {
			content->partial = true;
		} else if (strcmp(word, "hold") == 0) {
			content->hold = strcmp(value, "locked") == 0 ? HOLD_LOCKED : HOLD_EXCLUSIVE;
		} else {
			fail_msg("unknown word '%s' in a content line", word);
		}
	}
}

static void add_allow(struct machine *machine, char *rest)
{
	char bad[32];

	assert_int_equal(disk_allow_parse(next_word(&rest), &machine->allow, bad), 0);
}

static void add_need(struct machine *machine, char *rest)
{
	machine->need_bytes = MIB(strtoull(next_word(&rest), NULL, 10));
}

static void add_uses(struct machine *machine, char *rest)
{
	const char *path = next_word(&rest), *what = next_word(&rest);

	assert_true(machine->file_count < ARRAY_SIZE(machine->files));
	machine->files[machine->file_count++] = (struct inuse_file){
		.path = tree_text(&machine->tree, path, strlen(path)),
		.what = tree_text(&machine->tree, what, strlen(what)),
	};
}

static void add_expect(struct machine *machine, char *rest)
{
	struct expectation *expectation = &machine->expectations[machine->expectation_count++];

	assert_true(machine->expectation_count <= MACHINE_DISKS_MAX);
	(void)STR_COPY(expectation->disk, next_word(&rest));
	(void)STR_COPY(expectation->codes, next_word(&rest));
	(void)STR_COPY(expectation->text, rest);
}

/* Adds an attribute to the current block device; "device/x" belongs to the device behind it. */
static void add_attribute(struct machine *machine, char *rest)
{
	const char *name = next_word(&rest);
	char device[256];

	if (strncmp(name, "device/", 7) == 0) {
		/* sys/devices/PORT/block/NAME */
		(void)str_format(device, sizeof(device), "%.*s",
			(int)(strlen(machine->block) - strlen("/block/") - strlen(machine->disk)),
			machine->block);
		machine_file(machine, rest, "%s/%s", device, name + 7);
	} else {
		machine_file(machine, rest, "%s/%s", machine->block, name);
	}
}

static void machine_add_line(struct machine *machine, char *line)
{
	static const struct {
		const char *word;
		void (*add)(struct machine *machine, char *rest);
	} words[] = {
		{"disk", add_disk},
		{"part", add_part},
		{"area", add_area},
		{"virtual", add_virtual},
		{"members", add_members},
		{"process", add_process},
		{"swap", add_swap},
		{"file", add_file},
		{"link", add_link},
		{"content", add_content},
		{"allow", add_allow},
		{"need", add_need},
		{"uses", add_uses},
		{"expect", add_expect},
	};
	char *rest = line;
	const char *word;

	if (line[0] == '#' || line[strspn(line, " \t")] == '\0')
		return;
	if (line[0] == '\t') {
		add_attribute(machine, line);
		return;
	}
	word = next_word(&rest);
	if (strncmp(word, "mount", 5) == 0 && (word[5] == '\0' || word[5] == '@')) {
		add_mount(machine, word[5] ? word + 6 : "self", rest);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i].word, word) == 0) {
			words[i].add(machine, rest);
			return;
		}
	}
	fail_msg("unknown word '%s' at the start of a line", word);
}

/* Builds @machine, zeroed or used before, from its text. */
static void machine_make(struct machine *machine, const char *text)
{
	char line[1024];

	/* Not the whole struct: the arrays are large. */
	machine->file_count = machine->content_count = machine->expectation_count = 0;
	machine->mount_id = 0;
	machine->allow = 0;
	machine->need_bytes = 0;
	machine->disk[0] = machine->block[0] = '\0';
	tree_reset(&machine->tree);
	(void)tree_make(&machine->tree, "sys/block");
	(void)tree_make(&machine->tree, "dev");
	machine_link(machine, "mnt:[4026500000]", "proc/self/ns/mnt");
	append_line(machine, "proc/swaps", "Filename Type Size Used Priority");
	while (*text) {
		size_t length = strcspn(text, "\n");

		assert_true(str_format(line, sizeof(line), "%.*s", (int)length, text));
		machine_add_line(machine, line);
		text += length + (text[length] == '\n');
	}
}

/* Lists all disks of the machine below @root, with their contents and verdicts, by
 * core/disks/judge. Free with disk_list_finish. */
static void machine_judge(const struct machine *machine, int root, struct disk_list *ret)
{
	const struct judge_job job = {
		.allow = machine->allow,
		.need_bytes = machine->need_bytes,
		.files = machine->files,
		.file_count = machine->file_count,
	};
	struct inuse inuse;

	assert_int_equal(disk_scan(root, ret), 0);
	assert_int_equal(judge_load(root, &job, &inuse), 0);
	for (size_t i = 0; i < ret->count; i++) {
		struct disk *disk = &ret->disks[i];

		for (size_t k = 0; k < machine->content_count; k++)
			if (strcmp(machine->contents[k].disk, disk->name) == 0)
				disk->content = machine->contents[k].content;
		judge_add_content(&inuse, disk);
	}
	assert_false(inuse.incomplete);
	for (size_t i = 0; i < ret->count; i++)
		judge_known(&inuse, &job, &ret->disks[i]);
	inuse_finish(&inuse);
}

/* "ok", or the codes of the reasons, separated by commas. */
static const char *disk_codes(const struct disk *disk, char ret[128])
{
	(void)str_copy(ret, 128, disk->reason_count == 0 ? "ok" : "");
	for (uint32_t i = 0; i < disk->reason_count; i++)
		(void)str_format(ret + strlen(ret), 128 - strlen(ret), "%s%s", i ? "," : "",
			reason_name(disk->reasons[i].code));
	return ret;
}

#endif
