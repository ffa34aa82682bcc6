/* SPDX-License-Identifier: MIT */
#include "core/disks/prober.h"

#include "core/process/child.h"
#include "core/process/reactor.h"
#include "device/disk/probe.h"
#include "tests/lib/old_kernel.h"
#include "tests/lib/sandbox.h"

#include <errno.h>
#include <signal.h>

#define PATIENCE_MS 60000 /* limit for hangs, even on a busy machine */

/* One prober and its answers. */
static struct {
	int reactor;
	struct prober *prober;
	struct prober_options options;
	unsigned answers;
	struct disk_content content;
} world;

static void answered(void *owner, struct prober *prober, const struct disk_content *content)
{
	assert_ptr_equal(owner, &world);
	assert_ptr_equal(prober, world.prober);
	world.answers++;
	world.content = *content;
}

static int setup(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	world.reactor = reactor_new();
	world.options.deadline_ms = PATIENCE_MS;
	return world.reactor < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	prober_free(world.prober);
	close_fd(&world.reactor);
	old_kernel = false;
	return 0;
}

static void start(void (*call)(const char *path, struct disk_content *ret))
{
	world.options.probe = call;
	world.prober = prober_start(world.reactor, "/dev/any", &world.options, answered, &world);
	assert_non_null(world.prober);
}

/* Runs the reactor until there is an answer, or until the child has exited as well. */
static void run(bool to_the_end)
{
	uint64_t until = now_ms() + PATIENCE_MS;

	while (world.answers == 0 || (to_the_end && !prober_is_done(world.prober))) {
		assert_true(now_ms() < until);
		assert_true(reactor_dispatch(world.reactor, 50) >= 0);
	}
}

static void says_the_path(const char *path, struct disk_content *ret)
{
	*ret = (struct disk_content){.state = CONTENT_FILESYSTEM, .partition_count = 99};
	(void)STR_COPY(ret->label, path);
}

static void dies_half_way(const char *path, struct disk_content *ret)
{
	says_the_path(path, ret);
	raise(SIGSEGV);
}

static void hangs(const char *path, struct disk_content *ret)
{
	says_the_path(path, ret);
	for (;;)
		pause();
}

/* A work child inherits no descriptors: a hung probe keeps no other device open. */
static void counts_descriptors(const char *path, struct disk_content *ret)
{
	(void)path;
	ret->state = CONTENT_BLANK;
	for (int fd = STDERR_FILENO + 1; fd < 256; fd++)
		ret->partition_count += fcntl(fd, F_GETFD) >= 0;
}

static void an_answer_comes_once(void **state)
{
	(void)state;
	start(says_the_path);
	assert_int_equal(world.answers, 0);
	run(true);
	assert_int_equal(world.answers, 1);
	assert_int_equal(world.content.state, CONTENT_FILESYSTEM);
	assert_int_equal(world.content.partition_count, 99);
	assert_string_equal(world.content.label, "/dev/any");
}

static void it_works_without_pidfds(void **state)
{
	(void)state;
	old_kernel = true;
	start(says_the_path);
	run(true);
	assert_int_equal(world.answers, 1);
	assert_int_equal(world.content.state, CONTENT_FILESYSTEM);
}

static void a_dead_child_means_unreadable(void **state)
{
	(void)state;
	start(dies_half_way);
	run(true);
	assert_int_equal(world.answers, 1);
	assert_int_equal(world.content.state, CONTENT_UNREADABLE);
	assert_string_equal(world.content.label, "");
}

static void silence_is_reported_at_the_deadline(void **state)
{
	uint64_t begin = now_ms();

	(void)state;
	world.options.deadline_ms = 200;
	start(hangs);
	run(false);
	assert_true(now_ms() - begin >= 200);
	assert_int_equal(world.content.state, CONTENT_SILENT);
	/* It exits when killed; that is no second answer. */
	run(true);
	assert_int_equal(world.answers, 1);
	assert_int_equal(world.content.state, CONTENT_SILENT);
}

static void a_late_exit_is_noticed_without_pidfds(void **state)
{
	old_kernel = true;
	silence_is_reported_at_the_deadline(state);
}

static void it_may_be_freed_while_it_runs(void **state)
{
	(void)state;
	start(hangs);
	prober_kill(world.prober);
	prober_free(world.prober);
	world.prober = NULL;
	assert_int_equal(world.answers, 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	prober_free(NULL);
}

static void its_child_holds_nothing_open(void **state)
{
	int held = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_true(held > STDERR_FILENO);
	start(counts_descriptors);
	run(true);
	assert_int_equal(close(held), 0);
	assert_int_equal(world.content.state, CONTENT_BLANK);
	/* The report pipe. */
	assert_int_equal(world.content.partition_count, 1);
}

#define prober_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		prober_test(an_answer_comes_once),
		prober_test(it_works_without_pidfds),
		prober_test(a_dead_child_means_unreadable),
		prober_test(silence_is_reported_at_the_deadline),
		prober_test(a_late_exit_is_noticed_without_pidfds),
		prober_test(it_may_be_freed_while_it_runs),
		prober_test(its_child_holds_nothing_open),
	};

	return cmocka_run_group_tests_name("prober", tests, NULL, NULL);
}
