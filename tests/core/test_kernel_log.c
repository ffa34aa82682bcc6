/* SPDX-License-Identifier: MIT */
#include "core/install/kernel_log.h"

#include "device/base/util.h"
#include "tests/lib/sandbox.h"

#include <errno.h>

static const struct disk card = {
	.name = "mmcblk1", .id.devpath = "/devices/platform/mmc_host/mmc0/mmc0:0001/block/mmcblk1"};

/* All reports, one per line. */
static char told[8192];

static void tell(void *owner, const char *text)
{
	size_t length = strlen(told);

	assert_ptr_equal(owner, told);
	assert_true(str_format(told + length, sizeof(told) - length, "%s\n", text));
}

static struct kernel_log made_up(void)
{
	struct kernel_log log;

	kernel_log_init(&log);
	told[0] = '\0';
	log.disk = &card;
	log.report = tell;
	log.owner = told;
	log.pace = (struct ratelimit){.burst = KERNEL_LOG_BURST, .period_ms = KERNEL_LOG_PERIOD_MS};
	return log;
}

static void say(struct kernel_log *log, uint64_t now_ms, unsigned level, const char *text)
{
	struct kmsg_record record = {.level = level};

	assert_true(STR_COPY(record.text, text));
	kernel_log_take(log, &record, now_ms);
}

static void reports_messages_about_the_disk(void **state)
{
	struct kernel_log log = made_up();

	(void)state;
	say(&log, 1000, KMSG_INFO, "mmc0: card 0001 removed");
	say(&log, 1000, KMSG_ERROR, "I/O error, dev mmcblk0, sector 8");
	say(&log, 1000, KMSG_INFO, "EXT4-fs (mmcblk1p1): mounted filesystem");
	say(&log, 1000, KMSG_ERROR, "I/O error, dev mmcblk1, sector 8");
	assert_string_equal(told,
		"kernel: mmc0: card 0001 removed\nkernel: I/O error, dev mmcblk1, sector 8\n");
}

/* A hundred messages a second for a minute. */
static void counts_suppressed_messages(void **state)
{
	struct kernel_log log = made_up();
	unsigned lines = 0, more = 0, sum = 0, n;

	(void)state;
	for (unsigned i = 0; i < 6000; i++)
		say(&log, 1000 + i * 10, KMSG_ERROR, "I/O error, dev mmcblk1");
	kernel_log_close(&log);
	for (const char *line = told; *line; line = strchr(line, '\n') + 1, lines++) {
		if (sscanf(line, "kernel: %u more messages on mmcblk1 (see dmesg)", &n) == 1) {
			more++;
			sum += n;
		}
	}
	assert_int_equal(lines - more + sum, 6000); /* each is reported or counted */
	/* After the burst each report follows a count of the suppressed ones. */
	assert_in_range(lines - more, KERNEL_LOG_BURST + 60000 / KERNEL_LOG_PERIOD_MS - 1,
		KERNEL_LOG_BURST + 60000 / KERNEL_LOG_PERIOD_MS);
	assert_true(more <= lines - more);
}

static void reports_the_count_when_quiet(void **state)
{
	struct kernel_log log = made_up();

	(void)state;
	for (unsigned i = 0; i < KERNEL_LOG_BURST + 1; i++)
		say(&log, 1000, KMSG_ERROR, "mmcblk1: x");
	told[0] = '\0';
	kernel_log_tick(&log, 1000 + KERNEL_LOG_PERIOD_MS - 1);
	assert_string_equal(told, "");
	kernel_log_tick(&log, 1000 + KERNEL_LOG_PERIOD_MS);
	assert_string_equal(told, "kernel: 1 more message on mmcblk1 (see dmesg)\n");
	kernel_log_tick(&log, 100000);
	kernel_log_close(&log);
	assert_string_equal(told, "kernel: 1 more message on mmcblk1 (see dmesg)\n");
}

static void put(int fd, const char *record)
{
	assert_int_equal(write(fd, record, strlen(record)), (ssize_t)strlen(record));
}

/* A pipe in place of the kernel's log; a read returns one record if the pipe holds only one. */
static void reads_until_the_end(void **state)
{
	const struct sandbox *box = *state;
	struct kernel_log log;
	char path[PATH_MAX];
	int reactor = reactor_new(), pipe_fd;

	told[0] = '\0';
	kernel_log_init(&log);
	kernel_log_close(&log); /* it was never opened */
	assert_int_equal(kernel_log_open(&log, reactor, box->root, &card, tell, told), -ENOENT);
	kernel_log_close(&log);
	sandbox_dir(box, "dev");
	assert_int_equal(mkfifo(sandbox_path(box, "dev/kmsg", path), 0600), 0);
	pipe_fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(pipe_fd >= 0);
	assert_int_equal(kernel_log_open(&log, reactor, box->root, &card, tell, told), 0);
	assert_int_equal(reactor_dispatch(reactor, 0), 0);
	put(pipe_fd, "3,1,2,-;I/O error, dev mmcblk1, sector 1\n");
	assert_int_equal(reactor_dispatch(reactor, 1000), 1);
	assert_string_equal(told, "kernel: I/O error, dev mmcblk1, sector 1\n");
	/* The last message is reported as well. */
	put(pipe_fd, "6,2,3,-;mmc0: card 0001 removed\n");
	kernel_log_close(&log);
	assert_non_null(strstr(told, "kernel: mmc0: card 0001 removed\n"));

	/* A log at its end is not polled any more. */
	assert_int_equal(kernel_log_open(&log, reactor, box->root, &card, tell, told), 0);
	close_fd(&pipe_fd);
	assert_int_equal(reactor_dispatch(reactor, 1000), 1);
	assert_int_equal(log.watch.fd, -1);
	assert_int_equal(reactor_dispatch(reactor, 0), 0);
	kernel_log_close(&log);
	close_fd(&reactor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_messages_about_the_disk),
		cmocka_unit_test(counts_suppressed_messages),
		cmocka_unit_test(reports_the_count_when_quiet),
		sandbox_test(reads_until_the_end),
	};

	return cmocka_run_group_tests_name("kernel_log", tests, NULL, NULL);
}
