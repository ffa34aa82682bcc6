/* SPDX-License-Identifier: MIT */
#include "core/disks/prober.h"

#include "core/process/child.h"
#include "device/disk/probe.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>

#define TICK_MS	    100 /* until there is an answer */
#define DEADLINE_MS 3000

struct prober {
	struct prober_options options;
	int reactor;
	struct child child;
	struct watch tick;
	uint64_t late_ms; /* the deadline */
	char path[sizeof(((struct disk *)0)->path)];
	struct disk_content *content; /* shared with the child, which writes it */
	void (*answered)(void *owner, struct prober *prober, const struct disk_content *content);
	void *owner;
};

static void stop_tick(struct prober *prober)
{
	int fd = prober->tick.fd;

	reactor_remove(prober->reactor, &prober->tick);
	close_fd(&fd);
}

static void answer(struct prober *prober, const struct disk_content *content)
{
	stop_tick(prober); /* it is only needed until there is an answer */
	prober->answered(prober->owner, prober, content);
}

static void ended(struct child *child)
{
	static const struct disk_content failed = {.state = CONTENT_UNREADABLE};
	struct prober *prober = child->spec.owner;

	if (prober->tick.fd < 0)
		return; /* the deadline has passed */
	/* Ignore the content of a killed child: it may be incomplete. */
	answer(prober, child_ok(child) ? prober->content : &failed);
}

static void tick(struct watch *watch, uint32_t events)
{
	static const struct disk_content silent = {.state = CONTENT_SILENT};
	struct prober *prober = container_of(watch, struct prober, tick);

	(void)events;
	reactor_timer_clear(prober->tick.fd);
	if (now_ms() < prober->late_ms) {
		child_poll(&prober->child);
		return;
	}
	answer(prober, &silent);
	/* The child may stay in the kernel for minutes; its exit is noticed whenever it comes. */
	child_kill(&prober->child, SIGKILL);
}

/* libblkid allocates and frees buffers of 256 KiB for each partition. Keeping them avoids returning
 * them to the kernel and faulting them in again, which took a third of the time. */
static void keep_buffers(void)
{
#ifdef __GLIBC__
	(void)mallopt(M_MMAP_THRESHOLD, (int)MIB(4));
	(void)mallopt(M_TRIM_THRESHOLD, (int)MIB(16));
#endif
}

static int work(void *arg, int report_fd)
{
	struct prober *prober = arg;

	(void)report_fd;
	keep_buffers();
	prober->options.probe(prober->path, prober->content);
	return 0;
}

static int start(struct prober *prober)
{
	static const int keep_none[] = {-1};
	const struct child_spec spec = {
		.name = "probe",
		.work = work,
		.arg = prober,
		.in = -1,
		.out = -1,
		.keep_fds = keep_none,
		.on_exit = ended,
		.owner = prober,
	};
	int r;

	prober->content = mmap(NULL, sizeof(*prober->content), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (prober->content == MAP_FAILED) {
		prober->content = NULL;
		return -errno;
	}
	prober->late_ms = now_ms() + prober->options.deadline_ms;
	prober->tick.ready = tick;
	prober->tick.fd = reactor_timer(TICK_MS, 0);
	if (prober->tick.fd < 0)
		return prober->tick.fd;
	r = reactor_add(prober->reactor, &prober->tick, EPOLLIN);
	return r < 0 ? r : child_start(&prober->child, prober->reactor, &spec);
}

struct prober *prober_start(int reactor, const char *path, const struct prober_options *options,
	void (*answered)(void *owner, struct prober *prober, const struct disk_content *content),
	void *owner)
{
	struct prober *prober = calloc(1, sizeof(*prober));

	if (!prober)
		return NULL;
	if (options)
		prober->options = *options;
	if (!prober->options.deadline_ms)
		prober->options.deadline_ms = DEADLINE_MS;
	if (!prober->options.probe)
		prober->options.probe = probe_content;
	prober->reactor = reactor;
	prober->answered = answered;
	prober->owner = owner;
	prober->tick.fd = -1;
	child_init(&prober->child);
	(void)STR_COPY(prober->path, path);
	if (start(prober) < 0) {
		prober_free(prober);
		return NULL;
	}
	return prober;
}

bool prober_is_done(struct prober *prober)
{
	/* On kernels without pidfds the tick polls the child, but it stops at the deadline. */
	if (prober->tick.fd < 0)
		child_poll(&prober->child);
	return !child_is_running(&prober->child);
}

void prober_kill(struct prober *prober)
{
	child_kill(&prober->child, SIGKILL);
}

void prober_free(struct prober *prober)
{
	if (!prober)
		return;
	child_finish(&prober->child);
	stop_tick(prober);
	if (prober->content)
		(void)munmap(prober->content, sizeof(*prober->content));
	free(prober);
}
