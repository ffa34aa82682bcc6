/* SPDX-License-Identifier: MIT */
#include "device/disk/uevent.h"

#include "device/base/settings.h"
#include "tests/lib/loop_box.h"

#include <dlfcn.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>

/* The strings of a message, each with its NUL: the compiler adds that of the last one. */
#define MESSAGE(text)                                                                              \
	{                                                                                          \
		text, sizeof(text)                                                                 \
	}

#define CARD "/devices/pci0000:00/0000:00:04.0/mmc_host/mmc0/mmc0:0001/block/mmcblk0"

static const struct message {
	const char *text;
	size_t size;
} card_added = MESSAGE("add@" CARD "\0ACTION=add\0DEVPATH=" CARD
		       "\0SUBSYSTEM=block\0MAJOR=179\0MINOR=0\0DEVNAME=mmcblk0\0DEVTYPE=disk\0"
		       "DISKSEQ=15\0SEQNUM=1204");

static const struct {
	struct message message;
	bool block;
	enum uevent_action action;
	const char *disk;
	bool partition;
} messages[] = {
	{MESSAGE("add@" CARD "\0ACTION=add\0DEVPATH=" CARD "\0SUBSYSTEM=block\0DEVNAME=mmcblk0\0"
		 "DEVTYPE=disk\0DISKSEQ=15\0SEQNUM=1204"),
		true, UEVENT_ADD, "mmcblk0", false},
	{MESSAGE("remove@" CARD "/mmcblk0p2\0ACTION=remove\0DEVPATH=" CARD
		 "/mmcblk0p2\0SUBSYSTEM=block\0DEVNAME=mmcblk0p2\0DEVTYPE=partition\0PARTN=2\0"
		 "SEQNUM=1"),
		true, UEVENT_REMOVE, "mmcblk0", true},
	/* A card in a reader that is polled. */
	{MESSAGE("change@/devices/x/block/sda\0ACTION=change\0DEVPATH=/devices/x/block/sda\0"
		 "SUBSYSTEM=block\0DISK_MEDIA_CHANGE=1\0DEVNAME=sda\0DEVTYPE=disk\0SEQNUM=2"),
		true, UEVENT_CHANGE, "sda", false},
	{MESSAGE("move@/b/sda\0ACTION=move\0DEVPATH=/b/sda\0SUBSYSTEM=block\0DEVTYPE=disk"), true,
		UEVENT_OTHER, "sda", false},
	/* In any order; the last one wins; a key inside a value is ignored. */
	{MESSAGE("add@/b/sda\0SUBSYSTEM=block\0DEVPATH=/b/sdc\0X=ACTION=remove\0DEVPATH=/b/sdb\0"
		 "ACTION=add"),
		true, UEVENT_ADD, "sdb", false},
	{MESSAGE("add@/devices/x/mmc0\0ACTION=add\0DEVPATH=/devices/x/mmc0\0SUBSYSTEM=mmc"), false,
		0, "", false},
	{MESSAGE("libudev"), false, 0, "", false},
	{MESSAGE("libudev\0ACTION=add\0DEVPATH=/b/sda\0SUBSYSTEM=block"), false, 0, "", false},
	{MESSAGE("add@/b/sda\0ACTION=add\0SUBSYSTEM=block"), false, 0, "", false},
	{MESSAGE("add@/b/sda\0DEVPATH=/b/sda\0SUBSYSTEM=block"), false, 0, "", false},
	{MESSAGE("add@/b/sda\0ACTION=add\0DEVPATH=/b/sda"), false, 0, "", false},
	{MESSAGE("add@/b/\0ACTION=add\0DEVPATH=/b/\0SUBSYSTEM=block"), false, 0, "", false},
	{MESSAGE("add@x\0ACTION=add\0DEVPATH=x\0SUBSYSTEM=block\0DEVTYPE=partition"), false, 0, "",
		false},
	{MESSAGE("add@x\0ACTION=add\0DEVPATH=/0123456789012345678901234567890123456789\0"
		 "SUBSYSTEM=block"),
		false, 0, "", false},
	{MESSAGE(""), false, 0, "", false},
	{{"", 0}, false, 0, "", false},
};

static void messages_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
		struct uevent event = {.disk = "untouched"};
		bool block =
			uevent_parse(messages[i].message.text, messages[i].message.size, &event);

		if (block != messages[i].block)
			fail_msg("message %zu", i);
		if (!block) {
			assert_string_equal(event.disk, "untouched");
			continue;
		}
		assert_int_equal(event.action, messages[i].action);
		assert_string_equal(event.disk, messages[i].disk);
		assert_int_equal(event.partition, messages[i].partition);
	}
}

/* Cut at any point, in a buffer of just that size: sanitizers find reads beyond the end. */
static void cut_messages_are_safe(void **state)
{
	struct uevent event;
	size_t whole = 0;

	(void)state;
	for (size_t size = 0; size <= card_added.size; size++) {
		char *copy = malloc(size ? size : 1);

		assert_non_null(copy);
		memcpy(copy, card_added.text, size);
		whole += uevent_parse(copy, size, &event);
		free(copy);
	}
	/* Complete from "SUBSYSTEM=block" on: the rest is optional. */
	assert_int_equal(whole, sizeof("\0MAJOR=179\0MINOR=0\0DEVNAME=mmcblk0\0DEVTYPE=disk\0"
				       "DISKSEQ=15\0SEQNUM=1204") +
					1);
}

static const struct uevent sda_changed = {UEVENT_CHANGE, "sda", false};

static void a_burst_is_one_scan(void **state)
{
	struct uevent_watch watch;
	uint64_t now = 5000;

	(void)state;
	uevent_watch_init(&watch, -1, now);
	/* No events: once a second. */
	assert_int_equal(uevent_watch_wait_ms(&watch, now), UEVENT_POLL_MS);
	assert_int_equal(uevent_watch_wait_ms(&watch, now + 600), UEVENT_POLL_MS - 600);
	assert_int_equal(uevent_watch_wait_ms(&watch, now + 5000), 0);
	assert_false(uevent_watch_has_changed(&watch, "sda"));

	/* Three events, 100 ms apart: the scan is due after the last one. */
	for (int i = 0; i < 3; i++, now += 100)
		uevent_watch_note(&watch, &sda_changed, now);
	now -= 100;
	assert_int_equal(uevent_watch_wait_ms(&watch, now), UEVENT_QUIET_MS);
	assert_int_equal(uevent_watch_wait_ms(&watch, now + UEVENT_QUIET_MS - 1), 1);
	assert_int_equal(uevent_watch_wait_ms(&watch, now + UEVENT_QUIET_MS), 0);
	assert_true(uevent_watch_has_changed(&watch, "sda"));
	assert_false(uevent_watch_has_changed(&watch, "sdb"));
	uevent_watch_scanned(&watch, now);
	assert_false(uevent_watch_has_changed(&watch, "sda"));
	assert_int_equal(uevent_watch_wait_ms(&watch, now), UEVENT_POLL_MS);
}

static void a_storm_is_scanned_once_a_second(void **state)
{
	struct uevent_watch watch;
	uint64_t now = 5000;

	(void)state;
	uevent_watch_init(&watch, -1, now - 900);
	while (uevent_watch_wait_ms(&watch, now) > 0 && now < 9000) {
		uevent_watch_note(&watch, &sda_changed, now);
		now += 10;
	}
	assert_int_equal(now, 5000 + UEVENT_MOST_MS);
}

static void many_disks_are_all(void **state)
{
	struct uevent event = {.action = UEVENT_ADD};
	struct uevent_watch watch;

	(void)state;
	uevent_watch_init(&watch, -1, 1000);
	for (unsigned i = 0; i < UEVENT_DISKS_MAX; i++) {
		(void)STR_FORMAT(event.disk, "disk%u", i);
		uevent_watch_note(&watch, &event, 1000);
		uevent_watch_note(&watch, &event, 1000); /* recorded once */
	}
	assert_false(uevent_watch_has_changed(&watch, "other"));
	(void)STR_COPY(event.disk, "another");
	uevent_watch_note(&watch, &event, 1000);
	assert_true(uevent_watch_has_changed(&watch, "other"));
	uevent_watch_scanned(&watch, 2000);
	assert_false(uevent_watch_has_changed(&watch, "other"));
}

static void datagrams_are_received(void **state)
{
	struct uevent_watch watch;
	char large[9000] = "add@/b/sda\0ACTION=add\0DEVPATH=/b/sda\0SUBSYSTEM=block";
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
	uevent_watch_init(&watch, ends[0], 1000);
	assert_int_equal(uevent_watch_receive(&watch, 1000), 0);
	assert_int_equal(watch.first_ms, 0);

	/* Noise, a message too long to be the kernel's, then the card, in one call. */
	assert_int_equal(send(ends[1], "noise", 6, 0), 6);
	assert_int_equal(send(ends[1], large, sizeof(large), 0), sizeof(large));
	assert_int_equal(uevent_watch_receive(&watch, 1500), 0);
	assert_int_equal(watch.first_ms, 0);
	assert_int_equal(
		send(ends[1], card_added.text, card_added.size, 0), (ssize_t)card_added.size);
	assert_int_equal(uevent_watch_receive(&watch, 2000), 0);
	assert_int_equal(watch.first_ms, 2000);
	assert_true(uevent_watch_has_changed(&watch, "mmcblk0"));
	assert_false(uevent_watch_has_changed(&watch, "sda"));
	close_fd(&ends[0]);
	close_fd(&ends[1]);

	/* A stream that ends; a descriptor that is not a socket. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	uevent_watch_init(&watch, ends[0], 1000);
	close_fd(&ends[1]);
	assert_int_equal(uevent_watch_receive(&watch, 1000), -EPIPE);
	close_fd(&ends[0]);
	uevent_watch_init(&watch, -1, 1000);
	assert_int_equal(uevent_watch_receive(&watch, 1000), -EBADF);
}

static bool lose_events;

/* Replaces the C library's function: the next call reports an overflow of the socket's buffer. */
ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	ssize_t (*real)(int fd, struct msghdr *message, int flags);
	void *symbol = dlsym(RTLD_NEXT, "recvmsg");

	if (lose_events) {
		lose_events = false;
		errno = ENOBUFS;
		return -1;
	}
	memcpy(&real, &symbol, sizeof(real));
	return real(fd, message, flags);
}

/* The disks of lost events are unknown. */
static void lost_events_are_about_all_disks(void **state)
{
	struct uevent_watch watch;
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
	uevent_watch_init(&watch, ends[0], 1000);
	assert_false(uevent_watch_has_changed(&watch, "sda"));
	lose_events = true;
	assert_int_equal(uevent_watch_receive(&watch, 1500), 0);
	assert_false(lose_events);
	assert_true(uevent_watch_has_changed(&watch, "sda"));
	assert_int_equal(uevent_watch_wait_ms(&watch, 1500), UEVENT_QUIET_MS);
	uevent_watch_scanned(&watch, 2000);
	assert_false(uevent_watch_has_changed(&watch, "sda"));
	close_fd(&ends[0]);
	close_fd(&ends[1]);
}

/* The kernel's own socket, or the test is skipped with a message. */
#define OPEN_OR_SKIP(fd)                                                                           \
	do {                                                                                       \
		(fd) = uevent_open();                                                              \
		if ((fd) < 0) {                                                                    \
			print_message(                                                             \
				"[ SKIP ] %s: no uevent socket: %s\n", __func__, strerror(-(fd))); \
			skip();                                                                    \
		}                                                                                  \
	} while (0)

/* Any process may send to a netlink address: such a message also claims a change. */
static void only_the_kernel_is_believed(void **state)
{
	struct sockaddr_nl ours = {0};
	socklen_t size = sizeof(ours);
	struct uevent_watch watch;
	struct pollfd wait = {.events = POLLIN};
	int fd, other;

	(void)state;
	OPEN_OR_SKIP(fd);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&ours, &size), 0);
	ours.nl_groups = 0;
	other = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	assert_true(other >= 0);
	if (sendto(other, card_added.text, card_added.size, 0, (struct sockaddr *)&ours, size) <
		0) {
		print_message("[ SKIP ] %s: may not send: %s\n", __func__, strerror(errno));
		close_fd(&other);
		close_fd(&fd);
		skip();
	}
	uevent_watch_init(&watch, fd, 1000);
	wait.fd = fd;
	assert_int_equal(poll(&wait, 1, 20000), 1);
	assert_int_equal(uevent_watch_receive(&watch, 1000), 0);
	assert_false(uevent_watch_has_changed(&watch, "mmcblk0"));
	close_fd(&other);
	close_fd(&fd);
}

static void events_of_a_real_device_are_received(void **state)
{
	struct uevent_watch watch;
	uint64_t until = now_ms() + 5000;
	int fd;

	(void)state;
	fixture_require_root();
	OPEN_OR_SKIP(fd);
	uevent_watch_init(&watch, fd, now_ms());
	fixture_make_loop(&fixture, MIB(4));
	while (!uevent_watch_has_changed(&watch, fixture.name) && now_ms() < until) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};

		(void)poll(&wait, 1, 100);
		assert_int_equal(uevent_watch_receive(&watch, now_ms()), 0);
	}
	close_fd(&fd);
	if (watch.first_ms == 0) {
		print_message("[ SKIP ] %s: no event within 5 s of making %s: a container?\n",
			__func__, fixture.name);
		skip();
	}
	assert_true(uevent_watch_has_changed(&watch, fixture.name));
}

static void expect_setting(const struct sandbox *box, const char *want)
{
	char value[32];

	assert_int_equal(sysroot_read(box->root, value, sizeof(value), "%s",
				 "sys/module/block/parameters/events_dfl_poll_msecs"),
		0);
	assert_string_equal(value, want);
}

static void readers_are_polled_unless_already_set(void **state)
{
	static const char setting[] = "sys/module/block/parameters/events_dfl_poll_msecs";
	struct sandbox *box = *state;
	struct settings_journal journal;
	char path[PATH_MAX];

	assert_int_equal(
		settings_open(&journal, box->root, sandbox_path(box, "run/settings", path)), 0);
	/* A kernel without the setting. */
	assert_int_equal(uevent_poll_media(&journal), -ENOENT);

	sandbox_file(box, setting, "0\n");
	assert_int_equal(uevent_poll_media(&journal), 0);
	expect_setting(box, "2000");
	/* A second time, as by another front end: it is already set, and keeps its owner. */
	assert_int_equal(uevent_poll_media(&journal), 0);
	assert_int_equal(settings_restore(&journal), 0);
	expect_setting(box, "0");

	/* A value of udev or the operator remains. */
	sandbox_file(box, setting, "500\n");
	assert_int_equal(uevent_poll_media(&journal), 0);
	expect_setting(box, "500");
	assert_int_equal(settings_restore(&journal), 0);
	expect_setting(box, "500");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_read),
		cmocka_unit_test(cut_messages_are_safe),
		cmocka_unit_test(a_burst_is_one_scan),
		cmocka_unit_test(a_storm_is_scanned_once_a_second),
		cmocka_unit_test(many_disks_are_all),
		cmocka_unit_test(datagrams_are_received),
		cmocka_unit_test(lost_events_are_about_all_disks),
		cmocka_unit_test(only_the_kernel_is_believed),
		loop_box_test(events_of_a_real_device_are_received),
		sandbox_test(readers_are_polled_unless_already_set),
	};

	return cmocka_run_group_tests_name("uevent", tests, NULL, NULL);
}
