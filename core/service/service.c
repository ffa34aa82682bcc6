/* SPDX-License-Identifier: MIT */
#include "core/service/service.h"

#include "core/process/reactor.h"
#include "core/service/run_state.h"
#include "device/base/settings.h"
#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "device/target/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define VIEWERS_MAX 8
#define JOB_DIR	    SERVICE_DIR "/job" /* each engine mounts its own tmpfs here */
#define PARTING_MS  5000	       /* limit for viewers to receive the last snapshot */
#define GONE_MS	    1000	       /* a viewer's socket closes before its process has exited */

struct service;

struct viewer {
	struct watch watch;
	struct service *service;
	bool commands; /* may cancel; at most one viewer may */
	bool behind;   /* has not been sent the latest snapshot */
};

struct service {
	struct install *install;
	struct snapshot last; /* the final snapshot, once the install is freed */
	bool ended;
	int reactor;
	struct watch engine, listener, signals;
	char socket_path[RUN_STATE_PATH_MAX];
	uint64_t job;
	enum step_id step; /* last recorded */
	bool written;	   /* last recorded */
	bool planned;	   /* the plan is recorded */
	struct viewer viewers[VIEWERS_MAX];
	uint64_t sent_sequence;
	struct settings_journal journal; /* an empty path if it could not be opened */
	uint64_t gone_ms; /* when to restore settings after a viewer left; 0: never */
};

/* The current or final snapshot, without the engine's job and pid. */
static const struct snapshot *service_snapshot(const struct service *service)
{
	return service->ended ? &service->last : install_snapshot(service->install);
}

/* The snapshot that is sent and recorded. */
static struct snapshot service_published(const struct service *service)
{
	struct snapshot snapshot = *service_snapshot(service);

	snapshot.job = service->job;
	snapshot.engine = (int)getpid();
	return snapshot;
}

static void record(const struct service *service)
{
	struct snapshot snapshot = service_published(service);

	(void)run_state_write(SERVICE_DIR, &snapshot);
}

/* Called before viewers see the field planned. */
static void record_plan(struct service *service)
{
	struct snapshot snapshot = service_published(service);

	service->planned = true;
	(void)run_state_write_plan(SERVICE_DIR, &snapshot, install_plan(service->install));
}

/* ---- viewers ---- */

static void viewer_drop(struct viewer *viewer)
{
	int fd = viewer->watch.fd;

	reactor_remove(viewer->service->reactor, &viewer->watch);
	close_fd(&fd);
	viewer->commands = viewer->behind = false;
	viewer->service->gone_ms = now_ms() + GONE_MS;
}

static void viewer_send(struct viewer *viewer)
{
	struct snapshot snapshot;

	if (viewer->watch.fd < 0)
		return;
	snapshot = service_published(viewer->service);
	snapshot.commands = viewer->commands;
	if (send(viewer->watch.fd, &snapshot, sizeof(snapshot), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		viewer->behind = false;
	else if (errno == EAGAIN || errno == ENOBUFS)
		viewer->behind = true; /* retried at the next tick */
	else
		viewer_drop(viewer);
}

static void viewer_ready(struct watch *watch, uint32_t events)
{
	struct viewer *viewer = container_of(watch, struct viewer, watch);
	char command;
	ssize_t n = recv(watch->fd, &command, 1, MSG_DONTWAIT);

	(void)events;
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		viewer_drop(viewer);
		return;
	}
	if (n == 1 && viewer->commands && command == SERVICE_CANCEL && !viewer->service->ended)
		install_cancel(viewer->service->install);
}

static void viewer_add(struct service *service, int fd)
{
	bool commanded = false;
	int size = 4 * (int)sizeof(struct snapshot);

	for (unsigned i = 0; i < VIEWERS_MAX; i++)
		commanded = commanded || service->viewers[i].commands;
	for (unsigned i = 0; i < VIEWERS_MAX; i++) {
		struct viewer *viewer = &service->viewers[i];

		if (viewer->watch.fd >= 0)
			continue;
		/* A short queue, so that a slow viewer reads recent snapshots. */
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
		*viewer = (struct viewer){
			.watch = {.fd = fd, .ready = viewer_ready},
			.service = service,
			.commands = !commanded,
			.behind = true,
		};
		if (reactor_add(service->reactor, &viewer->watch, EPOLLIN) < 0)
			viewer_drop(viewer);
		return;
	}
	(void)close(fd);
}

static void listener_ready(struct watch *watch, uint32_t events)
{
	struct service *service = container_of(watch, struct service, listener);
	int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd >= 0)
		viewer_add(service, fd);
}

static void viewers_update(struct service *service)
{
	const struct snapshot *snapshot = service_snapshot(service);
	bool news = snapshot->sequence != service->sent_sequence;

	service->sent_sequence = snapshot->sequence;
	for (unsigned i = 0; i < VIEWERS_MAX; i++)
		if (news || service->viewers[i].behind)
			viewer_send(&service->viewers[i]);
}

/* ---- the engine's process ---- */

static void engine_ready(struct watch *watch, uint32_t events)
{
	(void)events;
	install_dispatch(container_of(watch, struct service, engine)->install);
}

static void signals_ready(struct watch *watch, uint32_t events)
{
	struct service *service = container_of(watch, struct service, signals);
	struct signalfd_siginfo info;

	(void)events;
	if (read(watch->fd, &info, sizeof(info)) == (ssize_t)sizeof(info) && !service->ended)
		install_cancel(service->install);
}

/* Opens the engine's socket. Its name contains the pid, since two images may have the same name.
 * The name appears when the socket listens: a viewer removes one that refuses connections. Returns
 * a descriptor or -errno. */
static int service_listen(struct service *service, const char *target)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_close_ int fd = -1;
	char new[RUN_STATE_PATH_MAX];
	int r;

	run_state_path(service->socket_path, SERVICE_DIR, target, (int)getpid(), SERVICE_SOCKET);
	run_state_path(new, SERVICE_DIR, target, (int)getpid(), SERVICE_SOCKET ".new");
	STR_COPY(address.sun_path, new);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	(void)unlink(new);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	if (listen(fd, 4) < 0 || rename(new, service->socket_path) < 0) {
		r = -errno;
		(void)unlink(new);
		return r;
	}
	return take_fd(&fd);
}

/* Kills orphans of dead children; they are reparented to this process, a subreaper. */
static void orphans_end(void)
{
	char path[64], list[4096], *save = NULL;

	for (unsigned round = 0; round < 8; round++) {
		_cleanup_close_ int fd = -1;
		ssize_t n;

		STR_FORMAT(path, "/proc/self/task/%d/children", (int)getpid());
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n = fd < 0 ? 0 : read(fd, list, sizeof(list) - 1);
		if (n <= 0)
			return;
		list[n] = '\0';
		for (char *word = strtok_r(list, " ", &save); word;
			word = strtok_r(NULL, " ", &save)) {
			uint64_t pid;

			if (str_to_u64(word, 10, &pid) == 0 && pid > 1)
				(void)kill((pid_t)pid, SIGKILL);
		}
		(void)usleep(10000);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

/* A killed front end may have left the console's log level lowered, perhaps on the only console. */
static void restore_stale_settings(struct service *service)
{
	service->gone_ms = 0;
	if (service->journal.path[0])
		(void)settings_restore_stale(&service->journal);
}

/* Publishes the final snapshot: records it and sends it to the viewers. */
static void service_end(struct service *service)
{
	orphans_end();
	service->ended = true;
	service->last.sequence++;
	record(service);
}

static void service_loop(struct service *service)
{
	uint64_t parting_ms = 0;
	bool behind = true;

	while (!service->ended || behind) {
		if (!service->ended && !service->planned &&
			install_snapshot(service->install)->planned)
			record_plan(service);
		if (!service->ended && snapshot_ended(install_snapshot(service->install))) {
			/* Publish the end only when nothing is held any more: after PASS the
			 * operator may pull the card, and after FAIL start again. */
			service->last = *install_snapshot(service->install);
			reactor_remove(service->reactor, &service->engine);
			install_free(service->install);
			service->install = NULL;
			service_end(service);
		}
		if (service_snapshot(service)->step != service->step ||
			service_snapshot(service)->written != service->written) {
			service->step = service_snapshot(service)->step;
			service->written = service_snapshot(service)->written;
			record(service);
		}
		if (service->gone_ms != 0 && now_ms() >= service->gone_ms)
			restore_stale_settings(service);
		if (service->ended && parting_ms == 0)
			parting_ms = now_ms() + PARTING_MS;
		viewers_update(service);
		behind = false;
		for (unsigned i = 0; i < VIEWERS_MAX; i++)
			behind = behind || service->viewers[i].behind;
		if (service->ended && (!behind || now_ms() > parting_ms))
			break;
		(void)reactor_dispatch(service->reactor, service->ended ? 50 : -1);
	}
	restore_stale_settings(service);
}

/* Prepares the process for an install and makes it. Returns 0, or -errno with the action that
 * failed in @ret_what. */
static int service_set_up(struct service *service, const struct plan *plan,
	const struct manifest *manifest, const char **ret_what)
{
	struct install_world world = {
		.dir = JOB_DIR,
		.settings_journal = SERVICE_JOURNAL,
		.end_strays = orphans_end,
		.describe_owner = service_describe_owner,
	};
	sigset_t mask;
	int r;

	(void)sigemptyset(&mask);
	(void)sigaddset(&mask, SIGTERM);
	(void)sigaddset(&mask, SIGINT);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	service->signals = (struct watch){
		.fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK), .ready = signals_ready};
	*ret_what = "set up signal handling";
	r = reactor_add(service->reactor, &service->signals, EPOLLIN);
	if (r < 0)
		return r;
	*ret_what = "make a private mount namespace on " JOB_DIR;
	r = mount_enter_private(JOB_DIR);
	if (r < 0)
		return r;
	*ret_what = "open the root folder";
	world.root = sysroot_open("/"); /* of the new namespace, since the old one may vanish */
	if (world.root < 0)
		return world.root;
	if (settings_open(&service->journal, world.root, SERVICE_JOURNAL) < 0)
		service->journal.path[0] = '\0';
	restore_stale_settings(service);
	*ret_what = "allocate memory";
	service->install = install_new(plan, manifest, &world);
	if (!service->install)
		return -errno;
	service->engine = (struct watch){.fd = install_fd(service->install), .ready = engine_ready};
	return reactor_add(service->reactor, &service->engine, EPOLLIN);
}

static void service_run(struct service *service, const struct plan *plan,
	const struct manifest *manifest, int viewer_fd)
{
	const char *what = "";
	int fd, r;

	layout_random(&service->job, sizeof(service->job));
	service->reactor = reactor_new();
	if (service->reactor < 0)
		return; /* the viewer sees the socket close */
	viewer_add(service, viewer_fd);
	fd = service_listen(service, plan->target.name);
	if (fd >= 0) { /* if this fails the install runs, but other viewers cannot connect */
		service->listener = (struct watch){.fd = fd, .ready = listener_ready};
		(void)reactor_add(service->reactor, &service->listener, EPOLLIN);
	}
	r = service_set_up(service, plan, manifest, &what);
	if (r < 0) {
		install_free(service->install);
		service->install = NULL;
		install_identify(&service->last, plan);
		service->last.state = INSTALL_FAILED;
		service->last.exit_code = EXIT_REFUSED;
		service->last.step = STEP_CHECK;
		service->last.steps[STEP_CHECK].state = STEP_FAILED;
		err_set(&service->last.err, EXIT_REFUSED, step_name(STEP_CHECK),
			"The engine could not %s: %s. Nothing was written to %s", what,
			strerror(-r), plan->target.name);
		STR_COPY(service->last.err.next, "Fix the cause and try again");
		service_end(service);
	} else {
		run_state_sweep(SERVICE_DIR);
		record(service);
		install_start(service->install);
	}
	service_loop(service);
}

/* Detaches from the front end's session, descriptors and signals, then runs the engine. */
static void engine_process(const struct plan *plan, const struct manifest *manifest, int viewer_fd)
{
	struct service service = {.reactor = -1};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), keep = 3;

	(void)setsid();
	(void)prctl(PR_SET_NAME, SERVICE_PROCESS);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (int i = 1; i < NSIG; i++)
		(void)signal(i, SIG_DFL);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < 3; i++)
		(void)dup2(null, i);
	if (viewer_fd != keep)
		(void)dup3(viewer_fd, keep, O_CLOEXEC);
	/* The manifest is a mapping and stays readable without its descriptor. */
	if (close_range((unsigned)keep + 1, ~0u, 0) < 0)
		for (int fd = keep + 1; fd < 4096; fd++)
			(void)close(fd);
	(void)chdir("/");
	(void)umask(022);
	service.engine.fd = service.listener.fd = service.signals.fd = -1;
	for (unsigned i = 0; i < VIEWERS_MAX; i++)
		service.viewers[i].watch.fd = -1;
	service_run(&service, plan, manifest, keep);
	if (service.socket_path[0])
		(void)unlink(service.socket_path);
	_exit(0);
}

int service_start(const struct plan *plan, const struct manifest *manifest, int *ret_fd)
{
	int pair[2], r = 0;
	pid_t pid;

	if (plan->complete && scope_has_files(plan->scope) && !manifest)
		return -EINVAL;
	if (mkdir(SERVICE_DIR, 0700) < 0 && errno != EEXIST)
		return -errno;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return -errno;
	/* Fork twice, so that the front end has no child to reap. */
	pid = fork();
	if (pid == 0) {
		pid = fork();
		if (pid == 0)
			engine_process(plan, manifest, pair[1]);
		_exit(pid < 0 ? 1 : 0);
	}
	(void)close(pair[1]);
	if (pid < 0)
		r = -errno;
	else if (waitpid(pid, &r, 0) != pid || r != 0)
		r = -EAGAIN;
	if (r < 0) {
		(void)close(pair[0]);
		return r;
	}
	*ret_fd = pair[0];
	return 0;
}
