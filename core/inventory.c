/* SPDX-License-Identifier: MIT */
#include "core/inventory.h"

#include "core/child.h"
#include "device/probe.h"
#include "device/scan.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#define TICK_MS 100 /* while a probe is waited for */

unsigned inventory_probe_ms = INVENTORY_PROBE_MS;
void (*inventory_probe_call)(const char *path, struct disk_content *ret) = probe_content;

/* One look at one disk. It outlives its deadline, and its row, until its child is gone. */
struct probe {
	struct probe *next;
	struct inventory *inventory;
	struct child child;
	struct watch tick;
	uint64_t late_ms; /* when nobody waits for it any more */
	char path[sizeof(((struct disk *)0)->path)];
	struct disk_content *answer; /* shared with the child, which writes it */
};

struct row {
	struct disk disk;
	struct probe *probe; /* NULL: has answered, or nobody waits for it any more */
};

struct inventory {
	int reactor, root;
	bool probe;
	unsigned allow, generation;
	uint64_t need_bytes;
	struct inuse_file *files; /* of the job; owned, with their paths */
	size_t file_count;
	struct inuse inuse;
	struct row *rows;
	size_t count;
	struct probe *probes;
};

struct inventory *inventory_new(int reactor, int root, bool probe)
{
	struct inventory *inventory = calloc(1, sizeof(*inventory));

	if (!inventory)
		return NULL;
	inventory->reactor = reactor;
	inventory->root = root;
	inventory->probe = probe;
	return inventory;
}

/* ---- verdicts ---- */

static void judge(struct inventory *inventory)
{
	const struct rules_facts facts = {
		.inuse = &inventory->inuse,
		.allow = inventory->allow,
		.need_bytes = inventory->need_bytes,
	};

	/* What one disk holds tells of the others, too: a UUID that was looked for is found. Without
	 * memory for that they stay refused. */
	for (size_t i = 0; i < inventory->count; i++)
		(void)inuse_add_content(&inventory->inuse, &inventory->rows[i].disk);
	for (size_t i = 0; i < inventory->count; i++)
		rules_judge(&inventory->rows[i].disk, &facts);
}

/* ---- probes ---- */

static struct row *row_of(struct inventory *inventory, const struct probe *probe)
{
	for (size_t i = 0; i < inventory->count; i++)
		if (inventory->rows[i].probe == probe)
			return &inventory->rows[i];
	return NULL;
}

/* Ends the wait of the row, if any, with this content. */
static void answer(struct probe *probe, const struct disk_content *content)
{
	struct row *row = row_of(probe->inventory, probe);

	if (!row)
		return;
	row->disk.content = *content;
	row->probe = NULL;
	judge(probe->inventory);
	probe->inventory->generation++;
}

static void stop_tick(struct probe *probe)
{
	int fd = probe->tick.fd;

	reactor_remove(probe->inventory->reactor, &probe->tick);
	close_fd(&fd);
}

static void probe_free(struct probe *probe)
{
	struct probe **link = &probe->inventory->probes;

	while (*link && *link != probe)
		link = &(*link)->next;
	if (*link)
		*link = probe->next;
	child_finish(&probe->child);
	stop_tick(probe);
	if (probe->answer)
		(void)munmap(probe->answer, sizeof(*probe->answer));
	free(probe);
}

static void probe_ended(struct child *child)
{
	struct probe *probe = child->spec.owner;
	struct disk_content failed = {.state = CONTENT_UNREADABLE};

	/* What a child that was killed half-way has written is no answer. */
	answer(probe, child_ok(child) ? probe->answer : &failed);
	probe_free(probe);
}

static void probe_tick(struct watch *watch, uint32_t events)
{
	struct probe *probe = container_of(watch, struct probe, tick);
	struct disk_content silent = {.state = CONTENT_SILENT};

	(void)events;
	if (now_ms() >= probe->late_ms) {
		stop_tick(probe);
		answer(probe, &silent);
		/* It may be in the kernel for minutes yet; its end is seen whenever it comes. */
		child_kill(&probe->child, SIGKILL);
		return;
	}
	reactor_timer_clear(probe->tick.fd);
	child_poll(&probe->child); /* may free the probe */
}

static int probe_work(void *arg, int report_fd)
{
	struct probe *probe = arg;

	(void)report_fd;
	inventory_probe_call(probe->path, probe->answer);
	return 0;
}

static int probe_start(struct probe *probe)
{
	static const int keep_none[] = {-1};
	const struct child_spec spec = {
		.name = "probe",
		.work = probe_work,
		.arg = probe,
		.in = -1,
		.out = -1,
		.keep_fds = keep_none,
		.on_exit = probe_ended,
		.owner = probe,
	};
	int r;

	probe->answer = mmap(NULL, sizeof(*probe->answer), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (probe->answer == MAP_FAILED) {
		probe->answer = NULL;
		return -errno;
	}
	probe->late_ms = now_ms() + inventory_probe_ms;
	probe->tick.ready = probe_tick;
	probe->tick.fd = reactor_timer(TICK_MS, 0);
	if (probe->tick.fd < 0)
		return probe->tick.fd;
	r = reactor_add(probe->inventory->reactor, &probe->tick, EPOLLIN);
	return r < 0 ? r : child_start(&probe->child, probe->inventory->reactor, &spec);
}

/* Without a child there is no look: the content is then as if it could not be read. */
static void start_probe(struct inventory *inventory, struct row *row)
{
	struct probe *probe = calloc(1, sizeof(*probe));

	row->disk.content = (struct disk_content){.state = CONTENT_UNREADABLE};
	if (!probe)
		return;
	probe->inventory = inventory;
	probe->tick.fd = -1;
	child_init(&probe->child);
	(void)STR_COPY(probe->path, row->disk.path);
	probe->next = inventory->probes;
	inventory->probes = probe;
	if (probe_start(probe) < 0) {
		probe_free(probe);
		return;
	}
	row->disk.content.state = CONTENT_PENDING;
	row->probe = probe;
}

/* ---- the list ---- */

/* A copy that owns its paths, in one piece for one free(). NULL where there is no memory. */
static struct inuse_file *copy_files(const struct inuse_file *files, size_t count)
{
	size_t size = (count + 1) * sizeof(*files);
	struct inuse_file *copy;
	char *text;

	for (size_t i = 0; i < count; i++)
		size += strlen(files[i].path) + 1;
	copy = malloc(size);
	if (!copy)
		return NULL;
	text = (char *)(copy + count + 1);
	for (size_t i = 0; i < count; i++) {
		copy[i] = (struct inuse_file){.path = text, .what = files[i].what};
		text = stpcpy(text, files[i].path) + 1;
	}
	return copy;
}

void inventory_free(struct inventory *inventory)
{
	if (!inventory)
		return;
	while (inventory->probes)
		probe_free(inventory->probes);
	inuse_finish(&inventory->inuse);
	free(inventory->files);
	free(inventory->rows);
	free(inventory);
}

/* The facts of the machine, and of the job's files. One that cannot be followed holds nothing: the
 * plan's check says what is wrong with it. */
static int load_inuse(struct inventory *inventory, struct inuse *ret)
{
	int r = inuse_load(inventory->root, ret);

	if (r == 0)
		(void)inuse_add_files(
			ret, inventory->root, inventory->files, inventory->file_count);
	return r;
}

void inventory_set_rules(struct inventory *inventory, unsigned allow, uint64_t need_bytes,
	const struct inuse_file *files, size_t count)
{
	struct inuse inuse;

	inventory->allow = allow;
	inventory->need_bytes = need_bytes;
	free(inventory->files);
	inventory->files = copy_files(files, count);
	inventory->file_count = inventory->files ? count : 0;
	/* Without new facts the old ones are the better guess. */
	if (load_inuse(inventory, &inuse) == 0) {
		inuse_finish(&inventory->inuse);
		inventory->inuse = inuse;
	}
	judge(inventory);
	inventory->generation++;
}

static struct row *find_same(struct row *rows, size_t count, const struct disk *disk)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].disk.name, disk->name) == 0 &&
			disk_identity_equal(&rows[i].disk.id, &disk->id, NULL))
			return &rows[i];
	return NULL;
}

/* Everything that a row shows and that may change while the disk is the same. */
static bool looks_equal(const struct disk *a, const struct disk *b)
{
	if (strcmp(a->name, b->name) != 0 || !disk_identity_equal(&a->id, &b->id, NULL) ||
		a->read_only != b->read_only || a->content.state != b->content.state ||
		a->reason_count != b->reason_count)
		return false;
	for (uint32_t i = 0; i < a->reason_count; i++)
		if (a->reasons[i].code != b->reasons[i].code ||
			strcmp(a->reasons[i].text, b->reasons[i].text) != 0)
			return false;
	return true;
}

static bool lists_look_equal(
	const struct row *a, size_t a_count, const struct row *b, size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++)
		if (!looks_equal(&a[i].disk, &b[i].disk))
			return false;
	return true;
}

/* Fills the row of a disk that was found: from the row it had before, else by a new probe. */
static void take_row(struct inventory *inventory, struct row *row, struct row *before)
{
	if (before) {
		row->disk.content = before->disk.content;
		row->probe = before->probe;
	} else if (inventory->probe && row->disk.size_bytes > 0) {
		start_probe(inventory, row);
	}
}

/* On a kernel without pidfds the end of a child that is not waited for is seen here only. */
static void poll_children(struct inventory *inventory)
{
	struct probe *next;

	for (struct probe *probe = inventory->probes; probe; probe = next) {
		next = probe->next;
		child_poll(&probe->child);
	}
}

int inventory_refresh(struct inventory *inventory, bool reprobe)
{
	size_t before_count = inventory->count;
	struct row *before = inventory->rows, *rows;
	struct disk_list list;
	struct inuse inuse;
	int r;

	poll_children(inventory);
	r = scan_disks(inventory->root, &list);
	if (r < 0)
		return r;
	rows = calloc(list.count + 1, sizeof(*rows));
	r = rows ? load_inuse(inventory, &inuse) : -ENOMEM;
	if (r < 0) {
		free(rows);
		disk_list_finish(&list);
		return r;
	}
	for (size_t i = 0; i < list.count; i++) {
		struct row *same = find_same(before, before_count, &list.disks[i]);

		rows[i].disk = list.disks[i];
		/* A probe that is under way is as good as a new one. */
		take_row(inventory, &rows[i], same && (!reprobe || same->probe) ? same : NULL);
	}
	inuse_finish(&inventory->inuse);
	inventory->inuse = inuse;
	inventory->rows = rows;
	inventory->count = list.count;
	judge(inventory);
	if (!lists_look_equal(before, before_count, rows, list.count))
		inventory->generation++;
	free(before);
	disk_list_finish(&list);
	return 0;
}

size_t inventory_count(const struct inventory *inventory)
{
	return inventory->count;
}

const struct disk *inventory_disk(const struct inventory *inventory, size_t index)
{
	return index < inventory->count ? &inventory->rows[index].disk : NULL;
}

bool inventory_is_settled(const struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->count; i++)
		if (inventory->rows[i].probe)
			return false;
	return true;
}

unsigned inventory_generation(const struct inventory *inventory)
{
	return inventory->generation;
}
