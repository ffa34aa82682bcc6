/* SPDX-License-Identifier: MIT */
#include "core/disks/inventory.h"

#include "core/process/reactor.h"
#include "device/base/util.h"
#include "device/disk/disk_scan.h"
#include "device/disk/uevent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct row {
	struct disk disk;
	struct prober *prober; /* the running probe; NULL once it has answered */
};

struct inventory {
	int reactor, root;
	bool probe;
	const struct inventory_options *options; /* borrowed */
	unsigned generation;
	struct judge_job job;
	struct inuse_file *files; /* of the job; owned, with their paths */
	struct inuse inuse;
	struct row *rows;
	size_t count;
	struct prober **probers; /* all whose child may still run, even without a row */
	size_t prober_count;
	/* Valid between inventory_watch and inventory_unwatch. */
	struct uevent_watch changes;
	struct watch uevents, timer; /* with owned descriptors */
};

struct inventory *inventory_new(
	int reactor, int root, bool probe, const struct inventory_options *options)
{
	static const struct inventory_options usual = {0};
	struct inventory *inventory = calloc(1, sizeof(*inventory));

	if (!inventory)
		return NULL;
	inventory->reactor = reactor;
	inventory->root = root;
	inventory->probe = probe;
	inventory->options = options ? options : &usual;
	inventory->uevents.fd = inventory->timer.fd = -1;
	uevent_watch_init(&inventory->changes, -1, now_ms());
	return inventory;
}

/* ---- verdicts ---- */

static void judge(struct inventory *inventory)
{
	/* The content of one disk may decide on the others: a UUID that was searched
	 * for is found. */
	for (size_t i = 0; i < inventory->count; i++)
		judge_add_content(&inventory->inuse, &inventory->rows[i].disk);
	for (size_t i = 0; i < inventory->count; i++)
		judge_known(&inventory->inuse, &inventory->job, &inventory->rows[i].disk);
}

/* ---- probes ---- */

static void probe_answered(void *owner, struct prober *prober, const struct disk_content *content)
{
	struct inventory *inventory = owner;

	for (size_t i = 0; i < inventory->count; i++) {
		struct row *row = &inventory->rows[i];

		if (row->prober != prober)
			continue;
		row->disk.content = *content;
		row->prober = NULL;
		judge(inventory);
		inventory->generation++;
	}
}

/* If no child can be started, the content counts as unreadable. */
static void start_probe(struct inventory *inventory, struct row *row)
{
	struct prober **larger = reallocarray(
		inventory->probers, inventory->prober_count + 1, sizeof(struct prober *));

	row->disk.content = (struct disk_content){.state = CONTENT_UNREADABLE};
	if (!larger)
		return;
	inventory->probers = larger;
	row->prober = prober_start(inventory->reactor, row->disk.path, &inventory->options->prober,
		probe_answered, inventory);
	if (!row->prober)
		return;
	inventory->probers[inventory->prober_count++] = row->prober;
	row->disk.content.state = CONTENT_PENDING;
}

/* Frees the probers whose child has exited. */
static void sweep_probers(struct inventory *inventory)
{
	size_t left = 0;

	for (size_t i = 0; i < inventory->prober_count; i++) {
		struct prober *prober = inventory->probers[i];

		if (prober_is_done(prober))
			prober_free(prober);
		else
			inventory->probers[left++] = prober;
	}
	inventory->prober_count = left;
}

/* ---- the list ---- */

/* Returns a copy with its own paths, in one allocation for one free(), or NULL if out of memory. */
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
	inventory_unwatch(inventory);
	/* Kill all first: prober_free waits for a child that hangs in the kernel. */
	for (size_t i = 0; i < inventory->prober_count; i++)
		prober_kill(inventory->probers[i]);
	for (size_t i = 0; i < inventory->prober_count; i++)
		prober_free(inventory->probers[i]);
	free(inventory->probers);
	inuse_finish(&inventory->inuse);
	free(inventory->files);
	free(inventory->rows);
	free(inventory);
}

void inventory_set_job(struct inventory *inventory, const struct judge_job *job)
{
	struct inuse inuse;

	free(inventory->files);
	inventory->files = copy_files(job->files, job->file_count);
	inventory->job = *job;
	inventory->job.files = inventory->files;
	if (!inventory->files)
		inventory->job.file_count = 0;
	/* On failure the old facts are the best guess. Before the first scan none are needed. */
	if (inventory->count > 0 && judge_load(inventory->root, &inventory->job, &inuse) == 0) {
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

/* Compares all that a row shows and that may change while the disk stays the same. */
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

/* Fills in the content of a found disk: from its row of the last scan, or by a new probe. */
static void take_row(
	struct inventory *inventory, struct row *row, const struct row *before, bool reprobe)
{
	/* A running probe is as good as a new one, unless the disk has changed since it began. */
	if (before && !uevent_watch_has_changed(&inventory->changes, row->disk.name) &&
		(!reprobe || before->prober)) {
		row->disk.content = before->disk.content;
		row->prober = before->prober;
	} else if (inventory->probe && row->disk.size_bytes > 0) {
		start_probe(inventory, row);
	}
}

static int scan(struct inventory *inventory, bool reprobe)
{
	size_t before_count = inventory->count;
	struct row *before = inventory->rows, *rows;
	struct disk_list list;
	struct inuse inuse;
	int r = disk_scan(inventory->root, &list);

	if (r < 0)
		return r;
	rows = calloc(list.count + 1, sizeof(*rows));
	if (!rows) {
		disk_list_finish(&list);
		return -ENOMEM;
	}
	for (size_t i = 0; i < list.count; i++) {
		rows[i].disk = list.disks[i];
		take_row(inventory, &rows[i], find_same(before, before_count, &list.disks[i]),
			reprobe);
	}
	/* Runs in parallel with the probes' children. */
	r = judge_load(inventory->root, &inventory->job, &inuse);
	if (r < 0) {
		free(rows);
		disk_list_finish(&list);
		return r;
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
	sweep_probers(inventory);
	return 0;
}

/* ---- hotplug ---- */

static void stop(struct inventory *inventory, struct watch *watch)
{
	int fd = watch->fd;

	reactor_remove(inventory->reactor, watch);
	close_fd(&fd);
}

static void arm(struct inventory *inventory)
{
	if (inventory->timer.fd >= 0)
		(void)reactor_timer_arm(
			inventory->timer.fd, uevent_watch_wait_ms(&inventory->changes, now_ms()));
}

int inventory_refresh(struct inventory *inventory, bool reprobe)
{
	int r = scan(inventory, reprobe);

	/* Also after a failure: the next scan follows in a second, not at once. */
	uevent_watch_scanned(&inventory->changes, now_ms());
	arm(inventory);
	return r;
}

static void timer_ready(struct watch *watch, uint32_t events)
{
	struct inventory *inventory = container_of(watch, struct inventory, timer);

	(void)events;
	reactor_timer_clear(watch->fd);
	if (uevent_watch_wait_ms(&inventory->changes, now_ms()) == 0)
		(void)inventory_refresh(inventory, false);
	else
		arm(inventory);
}

static void uevents_ready(struct watch *watch, uint32_t events)
{
	struct inventory *inventory = container_of(watch, struct inventory, uevents);

	(void)events;
	/* After a failed receive the timer alone refreshes the list, once a second. */
	if (uevent_watch_receive(&inventory->changes, now_ms()) < 0) {
		inventory->changes.fd = -1;
		stop(inventory, watch);
	}
	arm(inventory);
}

int inventory_watch(struct inventory *inventory)
{
	_cleanup_close_ int timer = -1, uevents = -1;
	int r;

	if (inventory->timer.fd >= 0)
		return 0;
	timer = reactor_timer(0, 1); /* refresh at once: disks may have changed before */
	if (timer < 0)
		return timer;
	inventory->timer = (struct watch){.fd = timer, .ready = timer_ready};
	r = reactor_add(inventory->reactor, &inventory->timer, EPOLLIN);
	if (r < 0) {
		inventory->timer.fd = -1;
		return r;
	}
	(void)take_fd(&timer);
	uevents = inventory->options->uevents ? inventory->options->uevents() : uevent_open();
	inventory->uevents = (struct watch){.fd = uevents, .ready = uevents_ready};
	if (uevents < 0 || reactor_add(inventory->reactor, &inventory->uevents, EPOLLIN) < 0)
		inventory->uevents.fd = -1;
	else
		(void)take_fd(&uevents);
	uevent_watch_init(&inventory->changes, inventory->uevents.fd, 0);
	return 0;
}

void inventory_unwatch(struct inventory *inventory)
{
	stop(inventory, &inventory->uevents);
	stop(inventory, &inventory->timer);
	uevent_watch_init(&inventory->changes, -1, now_ms());
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
		if (inventory->rows[i].prober)
			return false;
	return true;
}

unsigned inventory_generation(const struct inventory *inventory)
{
	return inventory->generation;
}
