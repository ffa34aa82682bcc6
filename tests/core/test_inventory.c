/* SPDX-License-Identifier: MIT */
#include "core/disks/inventory.h"

#include "core/process/reactor.h"
#include "device/base/util.h"
#include "tests/lib/sandbox.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>

#define PATIENCE_MS 60000 /* limit for hangs, even on a busy machine */

/* A machine with sda (USB would need a deeper tree) and sdb, and the behaviour of its probes. */
struct world {
	struct sandbox *box;
	int reactor;
	struct inventory *inventory;
	struct inventory_options options;
};

static struct world world;

/* The probes run in children, so they append a line to a file for each call. */
static char calls_path[PATH_MAX];

static void note_call(const char *path)
{
	int fd = open(calls_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0 || write_full(fd, path, strlen(path)) < 0 || write_full(fd, " ", 1) < 0)
		abort();
	(void)close(fd);
}

static void probe_answers(const char *path, struct disk_content *ret)
{
	note_call(path);
	*ret = (struct disk_content){.state = CONTENT_FILESYSTEM, .type = "ext4"};
	(void)STR_COPY(ret->label, path);
}

static void probe_hangs_on_sda(const char *path, struct disk_content *ret)
{
	probe_answers(path, ret);
	while (strcmp(path, "/dev/sda") == 0)
		pause();
}

static void probe_dies_on_sda(const char *path, struct disk_content *ret)
{
	probe_answers(path, ret);
	if (strcmp(path, "/dev/sda") == 0)
		raise(SIGKILL);
}

static void add_disk(const char *name, const char *number, const char *sectors)
{
	char path[128];

	sandbox_block(world.box, NULL, name, number, sectors);
	(void)STR_FORMAT(path, "sys/devices/bus/block/%s/device/x", name);
	sandbox_file(world.box, path, "");
}

static void remove_disk(const char *name)
{
	char path[128];

	(void)STR_FORMAT(path, "sys/block/%s", name);
	assert_int_equal(unlinkat(world.box->root, path, 0), 0);
}

static int setup(void **state)
{
	if (sandbox_setup(state) < 0)
		return -1;
	world = (struct world){.box = *state};
	(void)sandbox_path(world.box, "calls", calls_path);
	sandbox_file(world.box, "proc/self/mountinfo", "1 1 0:2 / / rw - rootfs rootfs rw\n");
	add_disk("sda", "8:0\n", "2048\n");
	add_disk("sdb", "8:16\n", "4096\n");
	world.options.prober.probe = probe_answers;
	world.options.prober.deadline_ms = PATIENCE_MS;
	world.reactor = reactor_new();
	world.inventory = inventory_new(world.reactor, world.box->root, true, &world.options);
	return world.reactor >= 0 && world.inventory ? 0 : -1;
}

static int teardown(void **state)
{
	inventory_free(world.inventory);
	close_fd(&world.reactor);
	return sandbox_teardown(state);
}

static void settle(void)
{
	uint64_t until = now_ms() + PATIENCE_MS;

	while (!inventory_is_settled(world.inventory)) {
		assert_true(now_ms() < until);
		assert_true(reactor_dispatch(world.reactor, 1000) >= 0);
	}
}

static const struct disk *disk_named(const char *name)
{
	for (size_t i = 0; i < inventory_count(world.inventory); i++)
		if (strcmp(inventory_disk(world.inventory, i)->name, name) == 0)
			return inventory_disk(world.inventory, i);
	return NULL;
}

static void expect_content(const char *name, enum content_state state, const char *label)
{
	const struct disk *disk = disk_named(name);

	assert_non_null(disk);
	assert_int_equal(disk->content.state, state);
	assert_string_equal(disk->content.label, label);
}

static size_t count_calls(const char *path)
{
	char text[4096] = "", *p = text;
	size_t calls = 0;
	int fd = open(calls_path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	assert_true(read(fd, text, sizeof(text) - 1) >= 0);
	assert_int_equal(close(fd), 0);
	while ((p = strstr(p, path))) {
		calls++;
		p++;
	}
	return calls;
}

static void disks_come_at_once_and_contents_later(void **state)
{
	unsigned generation = inventory_generation(world.inventory);

	(void)state;
	assert_int_equal(inventory_count(world.inventory), 0);
	assert_true(inventory_is_settled(world.inventory));
	assert_int_equal(inventory_refresh(world.inventory, false), 0);
	assert_int_equal(inventory_count(world.inventory), 2);
	assert_false(inventory_is_settled(world.inventory));
	assert_int_not_equal(inventory_generation(world.inventory), generation);
	expect_content("sda", CONTENT_PENDING, "");
	assert_null(inventory_disk(world.inventory, 2));

	generation = inventory_generation(world.inventory);
	settle();
	expect_content("sda", CONTENT_FILESYSTEM, "/dev/sda");
	expect_content("sdb", CONTENT_FILESYSTEM, "/dev/sdb");
	assert_true(inventory_generation(world.inventory) >= generation + 2);
}

static void unchanged_disks_are_not_probed_again(void **state)
{
	unsigned generation;

	(void)state;
	assert_int_equal(inventory_refresh(world.inventory, false), 0);
	/* Also not while a probe runs, even on request. */
	assert_int_equal(inventory_refresh(world.inventory, true), 0);
	settle();
	generation = inventory_generation(world.inventory);
	assert_int_equal(inventory_refresh(world.inventory, false), 0);
	assert_true(inventory_is_settled(world.inventory));
	assert_int_equal(inventory_generation(world.inventory), generation);
	expect_content("sda", CONTENT_FILESYSTEM, "/dev/sda");
	assert_int_equal(count_calls("/dev/sda"), 1);

	assert_int_equal(inventory_refresh(world.inventory, true), 0);
	expect_content("sda", CONTENT_PENDING, "");
	settle();
	assert_int_equal(count_calls("/dev/sda"), 2);
	assert_int_equal(count_calls("/dev/sdb"), 2);
}

static void a_changed_disk_is_another(void **state)
{
	(void)state;
	assert_int_equal(inventory_refresh(world.inventory, false), 0);
	settle();
	sandbox_file(world.box, "sys/devices/bus/block/sdb/diskseq", "17\n");
	assert_int_equal(inventory_refresh(world.inventory, false), 0);
	expect_content("sda", CONTENT_FILESYSTEM, "/dev/sda");
	expect_content("sdb", CONTENT_PENDING, "");
	settle();
	assert_int_equal(count_calls("/dev/sda"), 1);
	assert_int_equal(count_calls("/dev/sdb"), 2);
}

static void disks_come_and_go(void **state)
{
	unsigned generation;

	(void)state;
	/* A disk is removed during its probe: the answer finds no row. */
	world.options.prober.probe = probe_hangs_on_sda;
	assert_int_equal(inventory_refresh(world.inventory, false), 0);
	remove_disk("sda");
	add_disk("sdc", "8:32\n", "0\n");
	generation = inventory_generation(world.inventory);
	assert_int_equal(inventory_refresh(world.inventory, false), 0);
	assert_int_not_equal(inventory_generation(world.inventory), generation);
	assert_int_equal(inventory_count(world.inventory), 2);
	assert_null(disk_named("sda"));
	settle();
	expect_content("sdb", CONTENT_FILESYSTEM, "/dev/sdb");
	/* An empty slot has no content to probe. */
	expect_content("sdc", CONTENT_PENDING, "");
	assert_int_equal(count_calls("/dev/sdc"), 0);
}

static void a_silent_disk_settles_at_the_deadline(void **state)
{
	uint64_t begin;

	(void)state;
	world.options.prober.probe = probe_hangs_on_sda;
	world.options.prober.deadline_ms = 300;
	begin = now_ms();
	assert_int_equal(inventory_refresh(world.inventory, false), 0);
	assert_true(now_ms() - begin < PATIENCE_MS / 2);
	settle();
	expect_content("sda", CONTENT_SILENT, "");
	assert_true(now_ms() - begin >= 300);
	/* It is not probed again automatically. */
	assert_int_equal(inventory_refresh(world.inventory, false), 0);
	assert_true(inventory_is_settled(world.inventory));
	/* But on request, and may answer then. */
	world.options.prober.probe = probe_answers;
	world.options.prober.deadline_ms = PATIENCE_MS;
	assert_int_equal(inventory_refresh(world.inventory, true), 0);
	settle();
	expect_content("sda", CONTENT_FILESYSTEM, "/dev/sda");
}

static void a_dead_probe_is_no_answer(void **state)
{
	(void)state;
	world.options.prober.probe = probe_dies_on_sda;
	assert_int_equal(inventory_refresh(world.inventory, false), 0);
	settle();
	expect_content("sda", CONTENT_UNREADABLE, "");
	expect_content("sdb", CONTENT_FILESYSTEM, "/dev/sdb");
}

static void it_may_be_freed_while_probes_run(void **state)
{
	(void)state;
	world.options.prober.probe = probe_hangs_on_sda;
	assert_int_equal(inventory_refresh(world.inventory, false), 0);
	inventory_free(world.inventory);
	world.inventory = NULL;
	/* No probe is left to wait for. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void a_recorded_machine_is_not_probed(void **state)
{
	struct inventory *recorded = inventory_new(world.reactor, world.box->root, false, NULL);

	(void)state;
	assert_non_null(recorded);
	assert_int_equal(inventory_refresh(recorded, true), 0);
	assert_true(inventory_is_settled(recorded));
	assert_int_equal(inventory_disk(recorded, 0)->content.state, CONTENT_PENDING);
	assert_int_equal(count_calls("/dev"), 0);
	inventory_free(recorded);
}

static void probe_finds_it_held(const char *path, struct disk_content *ret)
{
	probe_answers(path, ret);
	ret->hold = HOLD_EXCLUSIVE;
}

/* The label in root= is found by a probe: until then both disks may be the system's. */
static void answers_change_verdicts(void **state)
{
	(void)state;
	sandbox_file(world.box, "proc/cmdline", "root=LABEL=/dev/sda\n");
	inventory_set_job(world.inventory, &(struct judge_job){.allow = 1u << DISK_FIXED});
	assert_int_equal(inventory_refresh(world.inventory, false), 0);
	assert_int_equal(disk_named("sda")->reasons[0].code, REASON_UNKNOWN);
	assert_int_equal(disk_named("sdb")->reasons[0].code, REASON_UNKNOWN);
	settle();
	assert_int_equal(disk_named("sda")->reason_count, 1);
	assert_int_equal(disk_named("sda")->reasons[0].code, REASON_ROOT_NAMED);
	assert_int_equal(disk_named("sdb")->reason_count, 0);

	world.options.prober.probe = probe_finds_it_held;
	assert_int_equal(inventory_refresh(world.inventory, true), 0);
	settle();
	assert_int_equal(disk_named("sdb")->reasons[0].code, REASON_BUSY);
}

static void rules_apply_at_once(void **state)
{
	static const struct inuse_file archive = {"/no/such/archive", "archive"};
	unsigned generation;

	(void)state;
	assert_int_equal(inventory_refresh(world.inventory, false), 0);
	assert_int_equal(disk_named("sda")->reason_count, 1);
	assert_int_equal(disk_named("sda")->reasons[0].code, REASON_KIND);

	generation = inventory_generation(world.inventory);
	inventory_set_job(world.inventory, &(struct judge_job){.allow = 1u << DISK_FIXED,
						   .need_bytes = 1500 * 1024,
						   .files = &archive,
						   .file_count = 1});
	assert_int_not_equal(inventory_generation(world.inventory), generation);
	assert_int_equal(disk_named("sda")->reason_count, 1);
	assert_int_equal(disk_named("sda")->reasons[0].code, REASON_TOO_SMALL);
	assert_int_equal(disk_named("sdb")->reason_count, 0);

	/* The disk gets mounted. */
	sandbox_file(world.box, "proc/self/mountinfo",
		"1 1 0:2 / / rw - rootfs rootfs rw\n2 1 8:16 / /mnt rw - ext4 /dev/sdb rw\n");
	generation = inventory_generation(world.inventory);
	assert_int_equal(inventory_refresh(world.inventory, false), 0);
	assert_int_equal(disk_named("sdb")->reason_count, 1);
	assert_string_equal(disk_named("sdb")->reasons[0].text, "mounted on /mnt");
	assert_int_not_equal(inventory_generation(world.inventory), generation);
	settle();
	assert_int_equal(disk_named("sdb")->reason_count, 1);
}

static void missing_facts_change_nothing(void **state)
{
	(void)state;
	assert_int_equal(inventory_refresh(world.inventory, false), 0);
	assert_int_equal(unlinkat(world.box->root, "proc/self/mountinfo", 0), 0);
	assert_int_equal(inventory_refresh(world.inventory, false), -ENOENT);
	assert_int_equal(inventory_count(world.inventory), 2);
	settle();
	expect_content("sda", CONTENT_FILESYSTEM, "/dev/sda");
}

/* ---- one of eight disks never answers ---- */

static void probe_hangs_on_sdd(const char *path, struct disk_content *ret)
{
	probe_answers(path, ret);
	while (strcmp(path, "/dev/sdd") == 0)
		pause();
}

static size_t count_in_state(enum content_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < inventory_count(world.inventory); i++)
		count += inventory_disk(world.inventory, i)->content.state == state;
	return count;
}

/* Milliseconds from the first scan until @answers contents have arrived. */
static unsigned time_answers(size_t answers)
{
	uint64_t begin = now_ms();

	assert_int_equal(inventory_refresh(world.inventory, true), 0);
	while (count_in_state(CONTENT_FILESYSTEM) < answers) {
		assert_true(now_ms() - begin < PATIENCE_MS);
		assert_true(reactor_dispatch(world.reactor, 1000) >= 0);
	}
	return (unsigned)(now_ms() - begin);
}

static void a_silent_disk_delays_no_other(void **state)
{
	unsigned usual, seven;

	(void)state;
	for (unsigned i = 2; i < 8; i++) {
		char name[8], number[16];

		(void)STR_FORMAT(name, "sd%c", (char)('a' + (int)i));
		(void)STR_FORMAT(number, "8:%u\n", i * 16);
		add_disk(name, number, "2048\n");
	}
	usual = time_answers(8);
	/* The deadline is far away, and none of the seven waits for it. */
	world.options.prober.probe = probe_hangs_on_sdd;
	seven = time_answers(7);
	expect_content("sdd", CONTENT_PENDING, "");
	assert_int_equal(count_in_state(CONTENT_PENDING), 1);
	print_message("eight disks answer in %u ms; seven, with one that hangs, in %u ms\n", usual,
		seven);
	assert_true(seven < PATIENCE_MS / 2);
	assert_false(inventory_is_settled(world.inventory));
}

/* ---- hotplug ---- */

/* The kernel's end of the uevent socket; -1: the machine has none. */
static int kernel_end = -1;

static int uevents_of_test(void)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
		return -errno;
	kernel_end = ends[1];
	return ends[0];
}

static int no_uevents(void)
{
	return -EPROTONOSUPPORT;
}

static void tell(const char *action, const char *disk)
{
	char message[256];
	int length = snprintf(message, sizeof(message),
		"%s@/b/%s%cACTION=%s%cDEVPATH=/b/%s%cSUBSYSTEM=block%cDEVTYPE=disk", action, disk,
		0, action, 0, disk, 0, 0);

	assert_int_equal(send(kernel_end, message, (size_t)length + 1, 0), length + 1);
}

/* Runs the reactor until the list has changed and settled; returns milliseconds. */
static unsigned wait_for_change(void)
{
	unsigned generation = inventory_generation(world.inventory);
	uint64_t begin = now_ms();

	while (inventory_generation(world.inventory) == generation) {
		assert_true(now_ms() - begin < PATIENCE_MS);
		assert_true(reactor_dispatch(world.reactor, 1000) >= 0);
	}
	settle();
	return (unsigned)(now_ms() - begin);
}

static void watch_from(int (*uevents)(void))
{
	world.options.uevents = uevents;
	assert_int_equal(inventory_watch(world.inventory), 0);
	assert_int_equal(inventory_watch(world.inventory), 0); /* a second call is harmless */
	(void)wait_for_change();
	expect_content("sda", CONTENT_FILESYSTEM, "/dev/sda");
	expect_content("sdb", CONTENT_FILESYSTEM, "/dev/sdb");
}

static void hotplug_works_without_events(void **state)
{
	(void)state;
	watch_from(no_uevents);
	add_disk("sdc", "8:32\n", "2048\n");
	(void)wait_for_change();
	expect_content("sdc", CONTENT_FILESYSTEM, "/dev/sdc");
	remove_disk("sda");
	(void)wait_for_change();
	assert_null(disk_named("sda"));
	assert_int_equal(inventory_count(world.inventory), 2);
	/* A card is inserted into a reader. */
	sandbox_file(world.box, "sys/devices/bus/block/sdb/size", "9000\n");
	(void)wait_for_change();
	assert_int_equal(disk_named("sdb")->size_bytes, 9000 * 512);
	assert_int_equal(count_calls("/dev/sdb"), 2);
	assert_int_equal(count_calls("/dev/sdc"), 1);
}

static void events_trigger_a_scan(void **state)
{
	(void)state;
	watch_from(uevents_of_test);
	/* A new filesystem on sda changes nothing in sysfs, but the kernel sends an event. */
	tell("change", "sda");
	(void)wait_for_change();
	assert_int_equal(count_calls("/dev/sda"), 2);
	assert_int_equal(count_calls("/dev/sdb"), 1);

	tell("add", "sdc");
	add_disk("sdc", "8:32\n", "2048\n");
	(void)wait_for_change();
	expect_content("sdc", CONTENT_FILESYSTEM, "/dev/sdc");
	assert_int_equal(count_calls("/dev/sdc"), 1);
	close_fd(&kernel_end);
}

static void scans_without_changes_are_silent(void **state)
{
	unsigned generation;
	uint64_t until;

	(void)state;
	watch_from(uevents_of_test);
	generation = inventory_generation(world.inventory);
	/* Events of other devices, and scans without a change. */
	until = now_ms() + 2500;
	while (now_ms() < until) {
		tell("change", "loop7");
		assert_true(reactor_dispatch(world.reactor, 300) >= 0);
	}
	assert_int_equal(inventory_generation(world.inventory), generation);
	assert_int_equal(count_calls("/dev/sda"), 1);
	/* It did scan. */
	remove_disk("sda");
	(void)wait_for_change();
	close_fd(&kernel_end);
}

static void it_survives_the_end_of_events(void **state)
{
	(void)state;
	/* A descriptor on which recv fails. */
	world.options.uevents = reactor_new;
	assert_int_equal(inventory_watch(world.inventory), 0);
	(void)wait_for_change();
	add_disk("sdc", "8:32\n", "2048\n");
	(void)wait_for_change();
	expect_content("sdc", CONTENT_FILESYSTEM, "/dev/sdc");
}

static void nothing_is_scanned_while_not_watched(void **state)
{
	int r;

	(void)state;
	watch_from(uevents_of_test);
	inventory_unwatch(world.inventory);
	inventory_unwatch(world.inventory);
	add_disk("sdc", "8:32\n", "2048\n");
	while ((r = reactor_dispatch(world.reactor, 1500)) > 0)
		; /* the probes' children exit */
	assert_int_equal(r, 0);
	assert_null(disk_named("sdc"));
	close_fd(&kernel_end);
	/* It refreshes at once when watched again. */
	watch_from(no_uevents);
	expect_content("sdc", CONTENT_FILESYSTEM, "/dev/sdc");
}

#define inventory_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		inventory_test(disks_come_at_once_and_contents_later),
		inventory_test(unchanged_disks_are_not_probed_again),
		inventory_test(a_changed_disk_is_another),
		inventory_test(disks_come_and_go),
		inventory_test(a_silent_disk_settles_at_the_deadline),
		inventory_test(a_dead_probe_is_no_answer),
		inventory_test(it_may_be_freed_while_probes_run),
		inventory_test(a_recorded_machine_is_not_probed),
		inventory_test(rules_apply_at_once),
		inventory_test(answers_change_verdicts),
		inventory_test(missing_facts_change_nothing),
		inventory_test(a_silent_disk_delays_no_other),
		inventory_test(hotplug_works_without_events),
		inventory_test(events_trigger_a_scan),
		inventory_test(scans_without_changes_are_silent),
		inventory_test(it_survives_the_end_of_events),
		inventory_test(nothing_is_scanned_while_not_watched),
	};

	return cmocka_run_group_tests_name("inventory", tests, NULL, NULL);
}
