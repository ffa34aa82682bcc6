/* SPDX-License-Identifier: MIT */
/*
 * A bad line under a good install: what the real engine installs goes on at its pace while the
 * terminal is stopped, slow or gone, or the front end is killed on it; and whoever looks again sees
 * the truth. FAULT_SECONDS=60 stops the line for so long (10).
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

#define TREE_BYTES 4000000u /* of the board's archive; they cannot be packed */
#define SOON_MS	   1000
#define DRAWN	   "detach, the install continues" /* stands on every whole Install screen */

static unsigned fault_seconds(void)
{
	const char *text = getenv("FAULT_SECONDS");

	return text ? (unsigned)atoi(text) : 10;
}

/* --- a slow install, its front ends, and a second viewer that sees what is true --- */

/* A tar that is fed evenly over @seconds; or with 0 a little at once, and the rest when told to. */
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

/* The same where there are neither descriptions of terminals nor locales. */
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
	/* What it says in the end must not hold it either. */
	const struct front_program program = {
		.run = run, .what = board, .term = "vt220", .rows = 24, .cols = 80, .loud = true};
	struct front f = {.engine = -1};

	front_run(&f, &program);
	return f;
}

/* Of the install that runs, for a test that fails: its tar may wait for ever. */
static pid_t engine;

static void engine_end(void)
{
	if (engine > 0 && kill(engine, SIGTERM) == 0)
		for (unsigned i = 0; i < 500 && kill(engine, 0) == 0; i++)
			(void)usleep(10000);
	engine = 0;
}

static int line_teardown(void **state)
{
	engine_end();
	return board_teardown(state);
}

struct witness {
	int fd;
	struct snapshot now;
};

/* Takes what the engine has told. */
static void witness_take(struct witness *w)
{
	int r = service_receive(w->fd, &w->now);

	/* One that has told its end may be gone. */
	assert_true(r >= 0 || snapshot_ended(&w->now));
}

/* Lets time pass, with somebody who reads the terminal (@feeds) or nobody. */
static void attend(struct front *f, struct witness *w, bool feeds, unsigned ms)
{
	uint64_t end = now_ms() + ms;

	while (now_ms() < end) {
		if (feeds)
			(void)emulator_feed(&f->emulator, 10);
		else
			(void)poll(NULL, 0, 10);
		witness_take(w);
	}
}

/* Waits until the install is in the middle of it, and on the screen. */
static struct witness witness_open(struct front *f)
{
	uint64_t end = now_ms() + EMULATOR_MS;
	struct witness w = {.fd = -1};

	front_expect(f, DRAWN);
	while ((w.fd = service_connect("board.img")) < 0) {
		(void)emulator_feed(&f->emulator, 20);
		assert_true(now_ms() < end);
	}
	while (w.now.step != STEP_EXTRACT || w.now.progress.archive.done == 0) {
		attend(f, &w, true, 20);
		assert_true(now_ms() < end);
		engine = w.now.engine;
	}
	return w;
}

/* Starts the slow one, and waits until then. */
static struct witness install_slowly(struct board *board, unsigned seconds, struct front *f)
{
	plan_slow(board, seconds);
	*f = start(run_install, board);
	return witness_open(f);
}

/* Bytes of the archive a second. */
static uint64_t pace(struct front *f, struct witness *w, bool feeds, unsigned ms)
{
	uint64_t before = w->now.progress.archive.done;

	attend(f, w, feeds, ms);
	assert_int_equal(w->now.state, INSTALL_RUNNING);
	return (w->now.progress.archive.done - before) * 1000 / ms;
}

/* How far the screen says the archive is, in percent; -1 where it does not. */
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

static int told_percent(const struct witness *w)
{
	return gauge_percent(w->now.progress.archive);
}

/* After how many milliseconds the screen shows as much as the witness knows by then. */
static unsigned ms_until_true(struct front *f, struct witness *w)
{
	uint64_t start = now_ms();
	int want;

	witness_take(w);
	want = told_percent(w);
	while (shown_percent(f) < want) {
		(void)emulator_feed(&f->emulator, 5);
		if (now_ms() > start + EMULATOR_MS)
			fail_msg("%d %% never came, %d %% is shown", want, shown_percent(f));
	}
	witness_take(w);
	assert_true(shown_percent(f) <= told_percent(w));
	return (unsigned)(now_ms() - start);
}

static void passes(struct front *f, struct witness *w)
{
	front_expect(f, "exit code 0");
	front_expect(f, "0 wrong");
	engine = 0;
	front_type(f, "q");
	assert_int_equal(front_end(f), EXIT_OK);
	close_fd(&w->fd);
	front_close(f);
}

/* --- stopped --- */

/* XOFF, as the kernel does it itself when the character comes. */
static uint64_t stop_by_xoff(struct front *f)
{
	assert_int_equal(tcflow(f->emulator.slave, TCOOFF), 0);
	return 0;
}

/* Nobody reads, and all buffers are full. Returns the bytes that filled them. */
static uint64_t stop_by_filling(struct front *f)
{
	static const char block[4096];
	struct pollfd out = {.events = POLLOUT};
	char path[64];
	uint64_t bytes = 0;
	ssize_t n;

	/* A description of its own, or standard input would not wait any more. */
	STR_FORMAT(path, "/proc/self/fd/%d", f->emulator.slave);
	out.fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	assert_true(out.fd >= 0);
	/* The kernel moves them on to the far side, and has room again. */
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
	/* It is read in blocks of up to 64 KiB: long enough for some. */
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
	/* One that the line held would not move at all. */
	assert_true(stopped_pace > free_pace / 4);

	(void)tcflow(f.emulator.slave, TCOON);
	ms = ms_until_true(&f, &w);
	bytes = f.emulator.bytes - bytes - filled;
	print_message("the screen is true again with %u B\n", (unsigned)bytes);
	assert_speed("until then", ms, SOON_MS);
	/* A frame, and perhaps the next tick's: not the %u that were left out. */
	assert_in_range(bytes, 1, 500);
	passes(&f, &w);
}

static void xoff_holds_nobody(void **state)
{
	fixture_require_root();
	stays_stopped(*state, stop_by_xoff);
}

static void full_line_holds_nobody(void **state)
{
	fixture_require_root();
	stays_stopped(*state, stop_by_filling);
}

/* --- slow --- */

/* Takes @most bytes, as a line of 960 bytes a second brings them in a tenth of one. */
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

/* 9600 baud: it lags behind by what is on the way, and by no more the longer it takes. */
static void slow_line_shows_the_truth(void **state)
{
	struct board *board = *state;
	uint64_t begin[101] = {0}, worst = 0, end, now;
	struct witness w = {.fd = -1};
	int shown = -1, told = -1;
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
		witness_take(&w);
		while (told < told_percent(&w))
			begin[++told] = now;
		if (shown_percent(&f) <= shown)
			continue;
		shown = shown_percent(&f);
		assert_true(shown <= told);
		if (shown > 1 && now - begin[shown] > worst)
			worst = now - begin[shown];
	}
	assert_true(shown > 30);
	assert_speed("at 960 B/s the screen lags behind", worst, 3000);
	passes(&f, &w);
}

/* --- gone --- */

/* The terminal goes; the front end must, too, and whoever attaches sees the truth. */
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
		attend(&f, w, false, 600); /* there is a frame that it could not show */
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
	(void)ms_until_true(&f, w);
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
	front_expect(&f, "tar"); /* keys still act */
	front_type(&f, "q");
	go_on(board);
	passes(&f, &w);
}

/* --- nothing but the program --- */

static void nothing_else_is_needed(void **state)
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
	assert_false(emulator_shows(&f.emulator, "\342")); /* nothing but ASCII */
	/* Both ways to send an arrow, and then a letter of its own. */
	front_type(&f, "?");
	front_expect(&f, "Help: ");
	front_type(&f, "q\033[A\033OA\033OBl");
	front_expect(&f, "q back");
	front_type(&f, "q");
	front_expect(&f, DRAWN);
	go_on(board);
	passes(&f, &w);
}

/* --- a terminal that TERM says nothing, or too little, of --- */

/* Screens, not lines. It may be in vain now and then: the answer has 400 ms, on any machine. */
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
	/* And one that does not has lines, and nothing else. */
	program.term = "dumb";
	program.mute = true;
	f = (struct front){.engine = -1};
	front_run(&f, &program);
	front_expect(&f, "[ OK ] mkfs");
	assert_false(emulator_shows(&f.emulator, "(TERM)"));
	assert_int_equal(kill(f.pid, SIGINT), 0);
	assert_int_equal(front_end(&f), EXIT_DETACHED);
	front_expect(&f, "the install goes on");
	front_close(&f);
	f = start(run_attach, board);
	front_expect(&f, DRAWN);
	go_on(board);
	passes(&f, &w);
}

/* --- ended, with the line stuck and the kernel's messages kept off it --- */

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

	engine_end();
	console_leave();
	(void)sandbox_teardown(&made);
	return board_teardown(state);
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
	int code; /* exit code; -1: it dies of the signal */
} ends[] = {
	{SIGTERM, EXIT_DETACHED},
	{SIGHUP, EXIT_DETACHED},
	{SIGINT, EXIT_DETACHED},
	{SIGQUIT, EXIT_DETACHED},
	{SIGSEGV, -1},
	{SIGABRT, -1},
	{SIGKILL, -1},
};

/* How long it takes to go. The line is full and stopped, in raw mode, and the kernel is quiet. */
static unsigned time_end(struct front *f, const struct end *end)
{
	uint64_t start_ms;
	unsigned ms;
	int status;

	front_expect(f, DRAWN);
	assert_true(printk_becomes(CONSOLE_QUIET, EMULATOR_MS));
	(void)stop_by_filling(f);
	(void)stop_by_xoff(f);
	(void)poll(NULL, 0, 300); /* there is a frame that it could not show */
	start_ms = now_ms();
	assert_int_equal(kill(f->pid, end->signal), 0);
	while (waitpid(f->pid, &status, WNOHANG) == 0) {
		(void)poll(NULL, 0, 2);
		assert_true(now_ms() < start_ms + EMULATOR_MS);
		/* Impatience does not take the exit code's place, nor leave anything undone. */
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
	/* The engine puts it back for who could not. */
	assert_true(printk_becomes(CONSOLE_LOUD, EMULATOR_MS));
	front_close(f);
	return ms;
}

static void any_end_gives_everything_back(void **state)
{
	const struct rlimit none = {0, 0};
	struct board *board = *state;
	struct witness w;
	struct front f;

	fixture_require_root();
	console_lay(box);
	(void)setrlimit(RLIMIT_CORE, &none);
	w = install_slowly(board, 0, &f);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		assert_speed(sigabbrev_np(ends[i].signal), time_end(&f, &ends[i]), 500);
		f = start(run_attach, board);
		witness_take(&w);
		assert_int_equal(w.now.state, INSTALL_RUNNING);
	}
	go_on(board);
	passes(&f, &w);
	assert_true(console_printk_is(CONSOLE_LOUD));
}

/* Nobody is left who could: the next one does. */
static void next_start_gives_back(void **state)
{
	struct board *board = *state;
	struct app_options options = {.root = -1, .allow = 1u << DISK_IMAGE};
	struct witness w;
	struct front f;

	fixture_require_root();
	console_lay(box);
	w = install_slowly(board, 0, &f);
	assert_true(console_printk_is(CONSOLE_QUIET));
	assert_int_equal(kill(w.now.engine, SIGKILL), 0);
	assert_int_equal(kill(f.pid, SIGKILL), 0);
	assert_int_equal(waitpid(f.pid, NULL, 0), f.pid);
	engine = 0;
	close_fd(&w.fd);
	front_close(&f);
	(void)poll(NULL, 0, 1500);
	assert_true(console_printk_is(CONSOLE_QUIET));
	go_on(board); /* for what tar's wrapper has left */

	f = (struct front){.engine = -1};
	options.root = sysroot_open("/"); /* with what is laid over it */
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

/* --- keys, while everything else is busy --- */

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

/* The disk is written to, and computed is on every core. */
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

/* From a key to what it shows (or takes away), in milliseconds. */
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
		line_test(xoff_holds_nobody),
		line_test(full_line_holds_nobody),
		line_test(slow_line_shows_the_truth),
		line_test(hang_up_ends_the_front_end_alone),
		line_test(nothing_else_is_needed),
		line_test(a_terminal_that_answers_has_screens),
		console_board_test(any_end_gives_everything_back),
		console_board_test(next_start_gives_back),
		cmocka_unit_test_setup_teardown(
			keys_are_quick_under_load, board_setup, keys_teardown),
	};

	return cmocka_run_group_tests_name("line", tests, board_group_setup, NULL);
}
