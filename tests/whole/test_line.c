/* SPDX-License-Identifier: MIT */
/*
 * A bad line during a real install: the engine keeps its pace while the terminal is stopped, slow
 * or gone, or while the front end is killed; a screen shown later is correct. FAULT_SECONDS sets
 * how long the line is stopped (default: 10).
 */
#include "tests/lib/board_fixture.h"
#include "tests/lib/console_fixture.h"
#include "tests/lib/front.h"
#include "tests/lib/speed.h"
#include "ui/cmd/cmd_attach.h"
#include "ui/cmd/cmd_install.h"

#include <locale.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define TREE_BYTES 4000000u /* of the board's archive, incompressible */
#define SOON_MS	   1000
#define DRAWN	   "detach, the install continues" /* on every complete Install screen */

static unsigned fault_seconds(void)
{
	const char *text = getenv("FAULT_SECONDS");

	return text ? (unsigned)atoi(text) : 10;
}

/* --- a slow install, its front ends, and a second viewer as the reference --- */

/* Makes a tar that gets its input evenly over @seconds; with 0, most of it only after go_on. */
static void plan_slow(struct board *board, unsigned seconds)
{
	board_run("cd %s; cat >slow-tar <<'END'\n"
		  "#!/bin/sh\n"
		  "[ \"$1\" != --version ] || exec tar \"$@\"\n"
		  "slice() { dd bs=$1 count=1 iflag=fullblock status=none; }\n"
		  "( i=0; while [ $i -lt %u ]; do slice %u; sleep 0.1; i=$((i + 1)); done\n"
		  "  [ %u -gt 0 ] || slice 2000000\n"
		  "  while [ %u = 0 ] && [ -e $0 ] && [ ! -e ${0%%/*}/go ]; do sleep 0.1; done\n"
		  "  cat ) | exec tar \"$@\"\n"
		  "END\n"
		  "chmod 755 slow-tar",
		board->dir, seconds * 10, TREE_BYTES / (seconds * 10 + 1), seconds, seconds);
}

static void go_on(const struct board *board)
{
	board_run("touch %s/go", board->dir);
}

static int run_install(const void *what)
{
	const struct board *board = what;
	char tar[200], image[200], archive[200];
	char *argv[] = {(char[]){"install"}, (char[]){"--yes"}, (char[]){"--allow"},
		(char[]){"image"}, (char[]){"--target"}, image, (char[]){"--archive"}, archive,
		(char[]){"--tar"}, tar, NULL};

	STR_FORMAT(tar, "%s/slow-tar", board->dir);
	STR_COPY(image, board->image);
	STR_COPY(archive, board->archive);
	return cmd_install(ARRAY_SIZE(argv) - 1, argv);
}

static int run_attach(const void *what)
{
	char *argv[] = {(char[]){"attach"}, (char[]){"board.img"}, NULL};

	(void)what;
	return cmd_attach(2, argv);
}

/* The same without terminfo files and locales. */
static int run_bare(const void *what)
{
	static const char *const dirs[] = {"/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo",
		"/usr/lib/terminfo", "/usr/lib/locale"};

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, "") < 0)
		return 99;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (mount("none", dirs[i], "tmpfs", 0, "") < 0 && errno != ENOENT)
			return 99;
	setenv("HOME", "/nonexistent", 1);
	return setlocale(LC_CTYPE, "C.UTF-8") ? 99 : run_install(what);
}

static struct front start(int (*run)(const void *what), const struct board *board)
{
	/* Standard error is the terminal too: its last sentence must not block. */
	const struct front_program program = {
		.run = run, .what = board, .term = "vt220", .rows = 24, .cols = 80, .loud = true};
	struct front f = {.engine = -1};

	front_run(&f, &program);
	return f;
}

/* The engine of the running install, stopped by the teardown: its tar may wait forever. */
static pid_t engine;

/* Waits until the engine has exited: it uses the folder that the next test replaces. */
static bool engine_wait(void)
{
	uint64_t end = now_ms() + EMULATOR_MS;

	while (engine > 0 && waitpid(engine, NULL, WNOHANG) == 0 && now_ms() < end)
		(void)usleep(10000);
	engine = 0;
	return now_ms() < end;
}

static void engine_end(void)
{
	if (engine > 0)
		(void)kill(engine, SIGTERM);
	if (!engine_wait())
		print_message("ERROR: the engine does not end\n");
}

/* Engines become children of this program, which can wait for them. */
static int line_group_setup(void **state)
{
	return prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 ? -1 : board_group_setup(state);
}

static int line_teardown(void **state)
{
	engine_end();
	return board_teardown(state);
}

/* A second viewer, connected directly to the engine. */
struct witness {
	int fd;
	struct snapshot now;
};

/* Receives the latest snapshot. */
static void witness_receive(struct witness *w)
{
	int r = service_receive(w->fd, &w->now);

	/* An ended engine may be gone. */
	assert_true(r >= 0 || snapshot_ended(&w->now));
}

/* Lets @ms pass; @feeds: reads the terminal meanwhile. */
static void attend(struct front *f, struct witness *w, bool feeds, unsigned ms)
{
	uint64_t end = now_ms() + ms;

	while (now_ms() < end) {
		if (feeds)
			(void)emulator_feed(&f->emulator, 10);
		else
			(void)poll(NULL, 0, 10);
		witness_receive(w);
	}
}

/* Waits until the install is extracting and on the screen. */
static struct witness witness_open(struct front *f)
{
	struct witness w = {.fd = -1};
	uint64_t end;

	front_expect(f, DRAWN);
	end = now_ms() + EMULATOR_MS;
	while ((w.fd = service_connect("board.img")) < 0 && now_ms() < end)
		(void)emulator_feed(&f->emulator, 20);
	while (w.fd >= 0 && (w.now.step != STEP_EXTRACT || w.now.progress.archive.done == 0) &&
		now_ms() < end) {
		attend(f, &w, true, 20);
		engine = w.now.engine;
	}
	if (now_ms() >= end) {
		emulator_print(&f->emulator);
		fail_msg("the install does not extract: connection %d, step %u", w.fd, w.now.step);
	}
	return w;
}

/* Starts a slow install, and waits as witness_open does. */
static struct witness install_slowly(struct board *board, unsigned seconds, struct front *f)
{
	plan_slow(board, seconds);
	*f = start(run_install, board);
	return witness_open(f);
}

/* Measures archive bytes per second over @ms. */
static uint64_t pace(struct front *f, struct witness *w, bool feeds, unsigned ms)
{
	uint64_t before = w->now.progress.archive.done;

	attend(f, w, feeds, ms);
	assert_int_equal(w->now.state, INSTALL_RUNNING);
	return (w->now.progress.archive.done - before) * 1000 / ms;
}

/* Progress of the archive on the screen, in percent; -1 if not shown. */
static int shown_percent(const struct front *f)
{
	char row[2048];

	for (int i = 0; i < 24; i++) {
		const char *number;

		emulator_row(&f->emulator, i, row, sizeof(row));
		number = strstr(row, " archive ") ? strrchr(row, '%') : NULL;
		if (number && number - row >= 4)
			return atoi(number - 4);
	}
	return -1;
}

static int known_percent(const struct witness *w)
{
	return gauge_percent(w->now.progress.archive);
}

/* Milliseconds until the screen shows the progress that the witness has now. */
static unsigned ms_until_current(struct front *f, struct witness *w)
{
	uint64_t start = now_ms();
	int want;

	witness_receive(w);
	want = known_percent(w);
	while (shown_percent(f) < want) {
		(void)emulator_feed(&f->emulator, 5);
		if (now_ms() > start + EMULATOR_MS)
			fail_msg("%d %% never came, %d %% is shown", want, shown_percent(f));
	}
	witness_receive(w);
	assert_true(shown_percent(f) <= known_percent(w));
	return (unsigned)(now_ms() - start);
}

static void passes(struct front *f, struct witness *w)
{
	front_expect(f, "exit code 0");
	front_expect(f, "0 wrong");
	front_type(f, "q");
	assert_int_equal(front_end(f), EXIT_OK);
	engine = w->now.engine;
	close_fd(&w->fd);
	front_close(f);
	assert_true(engine_wait());
}

/* --- stopped --- */

/* The effect of an XOFF character. */
static uint64_t stop_by_xoff(struct front *f)
{
	assert_int_equal(tcflow(f->emulator.slave, TCOOFF), 0);
	return 0;
}

/* Fills all buffers of the unread line. Returns the number of bytes. */
static uint64_t stop_by_filling(struct front *f)
{
	static const char block[4096];
	struct pollfd out = {.events = POLLOUT};
	char path[64];
	uint64_t bytes = 0;
	ssize_t n;

	/* Open it again: O_NONBLOCK on a shared file description would affect standard input. */
	STR_FORMAT(path, "/proc/self/fd/%d", f->emulator.slave);
	out.fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	assert_true(out.fd >= 0);
	/* The kernel moves bytes to the master side, which makes room again. */
	while (poll(&out, 1, 100) == 1)
		while ((n = write(out.fd, block, sizeof(block))) > 0)
			bytes += (uint64_t)n;
	close_fd(&out.fd);
	return bytes;
}

static void stays_stopped(struct board *board, uint64_t (*stop)(struct front *f))
{
	unsigned seconds = fault_seconds(), ms;
	uint64_t free_pace, stopped_pace, cpu, bytes, filled;
	struct witness w;
	struct front f;

	w = install_slowly(board, seconds * 5 / 4 + 6, &f);
	/* The archive is read in blocks of up to 64 KiB: measure over several. */
	free_pace = pace(&f, &w, true, 3000 + seconds * 250);

	filled = stop(&f);
	cpu = front_cpu_us(&f);
	bytes = f.emulator.bytes;
	stopped_pace = pace(&f, &w, false, seconds * 1000);
	cpu = front_cpu_us(&f) - cpu;
	print_message("stopped for %u s: %u.%02u %% CPU, %u of %u B/s extracted\n", seconds,
		(unsigned)(cpu / seconds / 10000), (unsigned)(cpu / seconds / 100 % 100),
		(unsigned)stopped_pace, (unsigned)free_pace);
	assert_true(cpu < seconds * 10000ull);
	/* An install blocked by the line would not move at all. */
	assert_true(stopped_pace > free_pace / 4);

	(void)tcflow(f.emulator.slave, TCOON);
	ms = ms_until_current(&f, &w);
	bytes = f.emulator.bytes - bytes - filled;
	print_message("the screen is current again after %u B\n", (unsigned)bytes);
	assert_speed("the screen is current again after", ms, SOON_MS);
	/* One frame, perhaps two, but not the skipped ones. */
	assert_in_range(bytes, 1, 500);
	passes(&f, &w);
}

static void xoff_does_not_block_the_install(void **state)
{
	fixture_require_root();
	stays_stopped(*state, stop_by_xoff);
}

static void full_line_does_not_block_the_install(void **state)
{
	fixture_require_root();
	stays_stopped(*state, stop_by_filling);
}

/* --- slow --- */

/* Reads up to @most bytes: 96 every 100 ms is a line of 9600 baud. */
static void sip(struct emulator *e, size_t most)
{
	char buf[256];
	ssize_t n = read(e->master, buf, most);
	size_t answer;

	if (n > 0)
		vterm_input_write(e->vt, buf, (size_t)n);
	while ((answer = vterm_output_read(e->vt, buf, sizeof(buf))) > 0)
		assert_int_equal(write_full(e->master, buf, answer), 0);
}

/* At 9600 baud the screen lags by the bytes in transit; the lag must not grow. */
static void slow_line_stays_current(void **state)
{
	struct board *board = *state;
	uint64_t begin[101] = {0}, worst = 0, end, now;
	struct witness w = {.fd = -1};
	int shown = -1, known = -1;
	struct front f;

	fixture_require_root();
	plan_slow(board, 8);
	f = start(run_install, board);
	for (end = now_ms() + 3 * EMULATOR_MS; !emulator_shows(&f.emulator, "exit code 0");) {
		(void)poll(NULL, 0, 100);
		sip(&f.emulator, 96);
		now = now_ms();
		assert_true(now < end);
		if (w.fd < 0)
			w.fd = service_connect("board.img");
		if (w.fd < 0)
			continue;
		witness_receive(&w);
		while (known < known_percent(&w))
			begin[++known] = now;
		if (shown_percent(&f) <= shown)
			continue;
		shown = shown_percent(&f);
		assert_true(shown <= known);
		if (shown > 1 && now - begin[shown] > worst)
			worst = now - begin[shown];
	}
	assert_true(shown > 30);
	assert_speed("at 960 B/s the screen lags behind", worst, 3000);
	passes(&f, &w);
}

/* --- gone --- */

/* Hangs up the terminal. The front end must exit, and a new viewer must show the current state. */
static struct front hang_up(
	struct front f, const struct board *board, struct witness *w, bool stuck)
{
	uint64_t start_ms, cpu;
	struct rusage usage;
	unsigned gone_ms, back_ms;
	int status;

	if (stuck) {
		(void)stop_by_filling(&f);
		(void)stop_by_xoff(&f);
		attend(&f, w, false, 600); /* a frame is waiting */
	}
	cpu = front_cpu_us(&f);
	start_ms = now_ms();
	close_fd(&f.emulator.slave);
	close_fd(&f.emulator.master);
	while (wait4(f.pid, &status, WNOHANG, &usage) == 0) {
		(void)poll(NULL, 0, 5);
		assert_true(now_ms() < start_ms + EMULATOR_MS);
	}
	gone_ms = (unsigned)(now_ms() - start_ms);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_DETACHED);
	cpu = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
	      (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) - cpu;
	front_close(&f);

	start_ms = now_ms();
	f = start(run_attach, board);
	front_expect(&f, DRAWN);
	(void)ms_until_current(&f, w);
	back_ms = (unsigned)(now_ms() - start_ms);
	print_message("%s: gone with %u us of CPU\n", stuck ? "stuck" : "idle", (unsigned)cpu);
	assert_speed("gone", gone_ms, SOON_MS);
	assert_speed("attached again", back_ms, SOON_MS);
	assert_in_range(cpu, 0, 300000);
	attend(&f, w, true, 300);
	assert_int_equal(w->now.state, INSTALL_RUNNING);
	return f;
}

static void hang_up_ends_the_front_end_alone(void **state)
{
	struct board *board = *state;
	struct witness w;
	struct front f;

	fixture_require_root();
	w = install_slowly(board, 0, &f);
	f = hang_up(f, board, &w, false);
	f = hang_up(f, board, &w, true);
	front_type(&f, "l");
	front_expect(&f, "tar"); /* keys still work */
	front_type(&f, "q");
	go_on(board);
	passes(&f, &w);
}

/* --- nothing but the program --- */

static void runs_without_terminfo_and_locales(void **state)
{
	struct board *board = *state;
	const struct front_program program = {
		.run = run_bare, .what = board, .term = "foobar", .utf8 = true};
	struct front f = {.engine = -1};
	struct witness w;

	fixture_require_root();
	plan_slow(board, 0);
	front_run(&f, &program);
	front_expect(&f, "\"foobar\" (TERM) is unknown");
	w = witness_open(&f);
	assert_false(emulator_shows(&f.emulator, "\342")); /* ASCII only */
	/* Both encodings of an arrow key, then a letter. */
	front_type(&f, "?");
	front_expect(&f, "Help: ");
	front_type(&f, "q\033[A\033OA\033OBl");
	front_expect(&f, "q back");
	front_type(&f, "q");
	front_expect(&f, DRAWN);
	go_on(board);
	passes(&f, &w);
}

/* --- TERM missing or wrong --- */

/* True if screens are shown, false if lines. A busy machine may miss the 400 ms for the answer. */
static bool is_drawn(const struct front_program *program)
{
	uint64_t end = now_ms() + EMULATOR_MS;
	struct front f = {.engine = -1};
	bool drawn = false;

	front_run(&f, program);
	while (!drawn && !emulator_shows(&f.emulator, "[ OK ] mkfs")) {
		(void)emulator_feed(&f.emulator, 20);
		drawn = emulator_shows(&f.emulator, DRAWN);
		assert_true(now_ms() < end);
	}
	assert_int_equal(kill(f.pid, SIGTERM), 0);
	assert_int_equal(front_end(&f), EXIT_DETACHED);
	front_close(&f);
	return drawn;
}

static void a_terminal_that_answers_has_screens(void **state)
{
	static const char *const types[] = {NULL, "dumb", "unknown"};
	struct board *board = *state;
	struct front_program program = {
		.run = run_attach, .what = board, .rows = 24, .cols = 80, .loud = true};
	struct witness w;
	struct front f;

	fixture_require_root();
	w = install_slowly(board, 0, &f);
	front_type(&f, "d");
	assert_int_equal(front_end(&f), EXIT_DETACHED);
	front_close(&f);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		unsigned tries = 1;

		program.term = types[i];
		while (!is_drawn(&program) && tries < 10)
			tries++;
		assert_in_range(tries, 1, 9);
	}
	/* A terminal that does not answer gets lines only. */
	program.term = "dumb";
	program.mute = true;
	f = (struct front){.engine = -1};
	front_run(&f, &program);
	front_expect(&f, "[ OK ] mkfs");
	assert_false(emulator_shows(&f.emulator, "(TERM)"));
	assert_int_equal(kill(f.pid, SIGINT), 0);
	assert_int_equal(front_end(&f), EXIT_DETACHED);
	front_expect(&f, "the install continues");
	front_close(&f);
	f = start(run_attach, board);
	front_expect(&f, DRAWN);
	go_on(board);
	passes(&f, &w);
}

/* --- ends, on a stuck line that is a quiet kernel console --- */

static struct sandbox *box;

static int console_board_setup(void **state)
{
	void *made = NULL;

	if (sandbox_setup(&made) < 0)
		return -1;
	box = made;
	return board_setup(state);
}

static int console_board_teardown(void **state)
{
	void *made = box;
	int r;

	engine_end();
	r = console_unmount();
	(void)sandbox_teardown(&made);
	return board_teardown(state) < 0 ? -1 : r;
}

static bool printk_becomes(const char *value, unsigned ms)
{
	uint64_t end = now_ms() + ms;

	while (!console_printk_is(value)) {
		if (now_ms() > end)
			return false;
		(void)poll(NULL, 0, 10);
	}
	return true;
}

static const struct end {
	int signal;
	int code; /* exit code; -1: killed by the signal */
} ends[] = {
	{SIGTERM, EXIT_DETACHED},
	{SIGHUP, EXIT_DETACHED},
	{SIGINT, EXIT_DETACHED},
	{SIGQUIT, EXIT_DETACHED},
	{SIGSEGV, -1},
	{SIGABRT, -1},
	{SIGKILL, -1},
};

/* Milliseconds from the signal to the exit, on a full and stopped line and a quiet console. */
static unsigned time_end(struct front *f, const struct end *end)
{
	uint64_t start_ms;
	unsigned ms;
	int status;

	front_expect(f, DRAWN);
	assert_true(printk_becomes(CONSOLE_QUIET, EMULATOR_MS));
	(void)stop_by_filling(f);
	(void)stop_by_xoff(f);
	(void)poll(NULL, 0, 300); /* a frame is waiting */
	start_ms = now_ms();
	assert_int_equal(kill(f->pid, end->signal), 0);
	while (waitpid(f->pid, &status, WNOHANG) == 0) {
		(void)poll(NULL, 0, 2);
		assert_true(now_ms() < start_ms + EMULATOR_MS);
		/* Repeated signals must not change the exit code or stop the cleanup. */
		if (end->code >= 0)
			(void)kill(f->pid, end->signal);
	}
	ms = (unsigned)(now_ms() - start_ms);
	if (end->code >= 0) {
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), end->code);
		assert_true(console_printk_is(CONSOLE_LOUD));
	} else {
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), end->signal);
	}
	if (end->signal != SIGKILL)
		front_assert_restored(f);
	/* After SIGKILL the engine restores the level. */
	assert_true(printk_becomes(CONSOLE_LOUD, EMULATOR_MS));
	front_close(f);
	return ms;
}

static void every_end_restores_terminal_and_console(void **state)
{
	const struct rlimit none = {0, 0};
	struct board *board = *state;
	struct witness w;
	struct front f;

	fixture_require_root();
	console_mount(box);
	(void)setrlimit(RLIMIT_CORE, &none);
	w = install_slowly(board, 0, &f);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		assert_speed(sigabbrev_np(ends[i].signal), time_end(&f, &ends[i]), 500);
		f = start(run_attach, board);
		witness_receive(&w);
		assert_int_equal(w.now.state, INSTALL_RUNNING);
	}
	go_on(board);
	passes(&f, &w);
	assert_true(console_printk_is(CONSOLE_LOUD));
}

/* Both front end and engine are killed: the next start restores the level. */
static void next_start_restores_the_console(void **state)
{
	struct board *board = *state;
	struct app_options options = {.root = -1, .allow = 1u << DISK_IMAGE};
	struct witness w;
	struct front f;

	fixture_require_root();
	console_mount(box);
	w = install_slowly(board, 0, &f);
	assert_true(console_printk_is(CONSOLE_QUIET));
	assert_int_equal(kill(w.now.engine, SIGKILL), 0);
	assert_int_equal(kill(f.pid, SIGKILL), 0);
	assert_int_equal(waitpid(f.pid, NULL, 0), f.pid);
	assert_true(engine_wait());
	close_fd(&w.fd);
	front_close(&f);
	(void)poll(NULL, 0, 1500);
	assert_true(console_printk_is(CONSOLE_QUIET));
	go_on(board); /* ends the wrapper of tar */

	f = (struct front){.engine = -1};
	options.root = sysroot_open("/"); /* with the files of the fixture */
	front_start(&f, "vt220", &options);
	close_fd(&options.root);
	front_expect(&f, "q quit");
	assert_true(console_printk_is(CONSOLE_QUIET));
	front_type(&f, "q");
	assert_int_equal(front_end(&f), EXIT_CANCELLED);
	assert_true(console_printk_is(CONSOLE_LOUD));
	front_close(&f);
	board_assert_released(board);
}

/* --- keys under load --- */

#define KEYS 40

static pid_t burners[3];

static void burn_douse(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(burners); i++) {
		if (burners[i] > 0) {
			(void)kill(burners[i], SIGKILL);
			(void)waitpid(burners[i], NULL, 0);
		}
		burners[i] = 0;
	}
}

/* Starts a process that writes to the disk and two that compute. */
static void burn(const struct board *board)
{
	static const char block[1 << 20];
	volatile unsigned long turns = 0;

	for (size_t i = 0; i < ARRAY_SIZE(burners); i++) {
		burners[i] = fork();
		assert_true(burners[i] >= 0);
		if (burners[i] > 0)
			continue;
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (i == 0) {
			char path[200];
			int fd;

			STR_FORMAT(path, "%s/load", board->dir);
			fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
			for (off_t at = 0;; at = (at + (off_t)sizeof(block)) % (off_t)MIB(64))
				if (pwrite(fd, block, sizeof(block), at) < 0 || fdatasync(fd) < 0)
					_exit(1);
		}
		for (;;)
			turns++;
	}
}

static int compare(const void *a, const void *b)
{
	const unsigned *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Milliseconds from a key until @text appears or, with @shows false, disappears. */
static unsigned time_key(struct front *f, const char *key, const char *text, bool shows)
{
	uint64_t start_ms = now_ms();

	front_type(f, key);
	while (emulator_shows(&f->emulator, text) != shows) {
		(void)emulator_feed(&f->emulator, 5);
		if (now_ms() > start_ms + EMULATOR_MS)
			fail_msg("%s did nothing", key);
	}
	return (unsigned)(now_ms() - start_ms);
}

static int keys_teardown(void **state)
{
	burn_douse();
	engine_end();
	return board_teardown(state);
}

static void keys_are_quick_under_load(void **state)
{
	static const char help[] = "Help: ";
	struct board *board = *state;
	unsigned ms[2 * KEYS], random = 12345;
	struct witness w;
	struct front f;

	fixture_require_root();
	w = install_slowly(board, 12, &f);
	burn(board);
	for (unsigned i = 0; i < KEYS; i++) {
		for (unsigned n = 0; n < 2; n++) {
			random = random * 1103515245 + 12345;
			attend(&f, &w, true, 20 + random / 65536 % 150);
			ms[2 * i + n] = time_key(&f, n ? "q" : "?", help, n == 0);
		}
	}
	assert_int_equal(w.now.state, INSTALL_RUNNING);
	burn_douse();
	qsort(ms, 2 * KEYS, sizeof(ms[0]), compare);
	print_message("key to screen, of %u: median %u ms, worst %u ms\n", 2 * KEYS, ms[KEYS],
		ms[2 * KEYS - 1]);
	assert_speed("95 % of them", ms[2 * KEYS * 95 / 100 - 1], 100);
	passes(&f, &w);
}

#define line_test(function) cmocka_unit_test_setup_teardown(function, board_setup, line_teardown)
#define console_board_test(function)                                                               \
	cmocka_unit_test_setup_teardown(function, console_board_setup, console_board_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		line_test(xoff_does_not_block_the_install),
		line_test(full_line_does_not_block_the_install),
		line_test(slow_line_stays_current),
		line_test(hang_up_ends_the_front_end_alone),
		line_test(runs_without_terminfo_and_locales),
		line_test(a_terminal_that_answers_has_screens),
		console_board_test(every_end_restores_terminal_and_console),
		console_board_test(next_start_restores_the_console),
		cmocka_unit_test_setup_teardown(
			keys_are_quick_under_load, board_setup, keys_teardown),
	};

	return cmocka_run_group_tests_name("line", tests, line_group_setup, NULL);
}
