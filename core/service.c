/* SPDX-License-Identifier: MIT */
#include "core/service.h"

#include "core/reactor.h"
#include "device/knob.h"
#include "device/mount.h"
#include "device/sysfs.h"
#include "device/util.h"

#include <dirent.h>
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

#define VIEWERS_MAX   8
#define JOB_DIR	      SERVICE_DIR "/job" /* each engine has a tmpfs of its own on it */
#define PARTING_MS    5000 /* a viewer that does not take the last snapshot has lost it */
#define SOCKET_SUFFIX ".sock" /* NAME.PID.sock: where an engine listens */
#define LAST_SUFFIX   ".last" /* NAME.PID.last: its snapshot at the start, at the first write, at the end */
#define LAST_KEPT     16
#define GONE_MS	      1000 /* a viewer's socket closes before its process has ended */

struct service;

struct viewer {
	struct watch watch;
	struct service *service;
	bool commands; /* at most one does */
	bool behind;   /* the latest snapshot has not been sent yet */
};

struct service {
	struct install *install;
	struct snapshot last; /* the end, once the install is freed */
	bool ended;
	int reactor;
	struct watch engine, listener, signals;
	char name[32]; /* of the target, fit for a file name */
	char socket_path[108];
	uint64_t job;
	enum step_id step; /* as the file of the state says, */
	bool written;	   /* too */
	struct viewer viewers[VIEWERS_MAX];
	uint64_t sent_sequence;
	struct knob_journal knobs; /* no path: there is none */
	uint64_t gone_ms;	   /* a viewer has gone: what it may have left is put back then; 0: none */
};

/* ---- viewers ---- */

static const struct snapshot *service_snapshot(const struct service *service)
{
	return service->ended ? &service->last : install_snapshot(service->install);
}

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
	snapshot = *service_snapshot(viewer->service);
	snapshot.job = viewer->service->job;
	snapshot.engine = (int)getpid();
	snapshot.commands = viewer->commands;
	if (send(viewer->watch.fd, &snapshot, sizeof(snapshot), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		viewer->behind = false;
	else if (errno == EAGAIN || errno == ENOBUFS)
		viewer->behind = true; /* it gets a later one, at the next tick */
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
		/* A short queue: what a slow viewer reads next is recent. */
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

/* A socket address for the engine of a target; two images may have one name, so the pid is in it. */
static int service_listen(struct service *service)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	STR_FORMAT(service->socket_path, "%s/%s.%d%s", SERVICE_DIR, service->name, (int)getpid(),
		SOCKET_SUFFIX);
	STR_COPY(address.sun_path, service->socket_path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 4) < 0) {
		int r = -errno;

		(void)close(fd);
		return r;
	}
	return fd;
}

/* Files of ours: "NAME.PID" and the suffix; of the wanted name where one is given. */
static bool file_is(const char *file, const char *name, const char *suffix)
{
	size_t length = strlen(file), n = name ? strlen(name) : 0;

	if (length <= strlen(suffix) || strcmp(file + length - strlen(suffix), suffix) != 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		char wanted = name[i] == '/' || name[i] == '.' ? '_' : name[i];

		if (file[i] != wanted)
			return false;
	}
	return !name || file[n] == '.';
}

static bool is_newer(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* Of the states that engines have left, counts those of @name and finds the newest (@newest), else
 * the oldest. Zero where there is none. */
static size_t last_find(const char *name, bool newest, char ret_path[300])
{
	DIR *dir = opendir(SERVICE_DIR);
	struct timespec best = {0};
	struct dirent *entry;
	size_t count = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		struct stat st;

		if (!file_is(entry->d_name, name, LAST_SUFFIX) ||
			fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (count++ == 0 || is_newer(&st.st_mtim, &best) == newest) {
			best = st.st_mtim;
			(void)str_format(ret_path, 300, "%s/%s", SERVICE_DIR, entry->d_name);
		}
	}
	(void)closedir(dir);
	return count;
}

/* For `status`, and for a viewer that is not there when the end is told. */
static void last_write(const struct service *service)
{
	struct snapshot snapshot = *service_snapshot(service);
	char path[300], new[310];
	int fd;

	snapshot.job = service->job;
	snapshot.engine = (int)getpid();
	STR_FORMAT(path, "%s/%s.%d%s", SERVICE_DIR, service->name, (int)getpid(), LAST_SUFFIX);
	STR_FORMAT(new, "%s.new", path);
	fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (write_full(fd, &snapshot, sizeof(snapshot)) != 0 || rename(new, path) < 0)
		(void)unlink(new);
	(void)close(fd);
}

static void last_begin(struct service *service)
{
	char path[300];

	while (last_find(NULL, false, path) >= LAST_KEPT && unlink(path) == 0)
		;
	last_write(service);
}

/* What children left behind when they died comes to us, a subreaper: it is ended here. */
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

/* A front end that was killed had a quiet console, perhaps, which is the machine's only one. */
static void settings_put_back(struct service *service)
{
	service->gone_ms = 0;
	if (service->knobs.path[0])
		(void)knob_restore_stale(&service->knobs);
}

/* Who watches is told, at once or as soon as they take it. */
static void service_end(struct service *service)
{
	orphans_end();
	service->ended = true;
	service->last.sequence++;
	last_write(service);
}

static void service_loop(struct service *service)
{
	uint64_t parting_ms = 0;
	bool behind = true;

	while (!service->ended || behind) {
		if (!service->ended && snapshot_ended(install_snapshot(service->install))) {
			/* The end is told only when nothing is held any more: who reads PASS may pull
			 * the card, and who reads FAIL may start again. */
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
			last_write(service);
		}
		if (service->gone_ms != 0 && now_ms() >= service->gone_ms)
			settings_put_back(service);
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
	settings_put_back(service);
}

/* Everything that an install needs of its process. 0, or -errno with what failed in @ret_what. */
static int service_set_up(struct service *service, const struct plan *plan,
	const struct manifest *manifest, const char **ret_what)
{
	struct install_world world = {
		.dir = JOB_DIR, .knob_journal = SERVICE_KNOBS, .end_strays = orphans_end};
	sigset_t mask;
	int r;

	(void)sigemptyset(&mask);
	(void)sigaddset(&mask, SIGTERM);
	(void)sigaddset(&mask, SIGINT);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	service->signals = (struct watch){
		.fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK), .ready = signals_ready};
	*ret_what = "its signals";
	r = reactor_add(service->reactor, &service->signals, EPOLLIN);
	if (r < 0)
		return r;
	*ret_what = "a private mount namespace on " JOB_DIR;
	r = mount_enter_private(JOB_DIR);
	if (r < 0)
		return r;
	*ret_what = "the root folder";
	world.root = sysfs_open_root("/"); /* of the new namespace: the old one may die */
	if (world.root < 0)
		return world.root;
	if (knob_open(&service->knobs, world.root, SERVICE_KNOBS) < 0)
		service->knobs.path[0] = '\0';
	settings_put_back(service);
	*ret_what = "memory";
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

	STR_COPY(service->name, plan->target.name);
	layout_random(&service->job, sizeof(service->job));
	for (char *c = service->name; *c; c++)
		if (*c == '/' || *c == '.')
			*c = '_';
	service->reactor = reactor_new();
	if (service->reactor < 0)
		return; /* the viewer sees its socket closed */
	viewer_add(service, viewer_fd);
	fd = service_listen(service);
	if (fd >= 0) { /* without it the install goes on, only unseen by other viewers */
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
			"The engine could not get %s: %s. Nothing was written to %s", what,
			strerror(-r), plan->target.name);
		STR_COPY(service->last.err.next, "Put that right and try again");
		service_end(service);
	} else {
		last_begin(service);
		install_start(service->install);
	}
	service_loop(service);
}

/* Leaves everything of the front end behind: its terminal, its descriptors, its signals. */
static void engine_process(const struct plan *plan, const struct manifest *manifest, int viewer_fd)
{
	struct service service = {.reactor = -1};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), keep = 3;

	(void)setsid();
	(void)prctl(PR_SET_NAME, "boardstrap-eng");
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (int i = 1; i < NSIG; i++)
		(void)signal(i, SIG_DFL);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < 3; i++)
		(void)dup2(null, i);
	if (viewer_fd != keep)
		(void)dup3(viewer_fd, keep, O_CLOEXEC);
	/* The manifest stays: it is a mapping, its descriptor is not needed for reading. */
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

	if (mkdir(SERVICE_DIR, 0700) < 0 && errno != EEXIST)
		return -errno;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return -errno;
	/* Forked twice, so that the front end has no child to wait for. */
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

/* ---- the front end's side ---- */

static int socket_connect(const char *file)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd, r;

	if (!STR_FORMAT(address.sun_path, "%s/%s", SERVICE_DIR, file))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	r = -errno;
	(void)close(fd);
	if (r == -ECONNREFUSED) /* of an engine that was killed */
		(void)unlink(address.sun_path);
	return r;
}

int service_connect(const char *name)
{
	DIR *dir = opendir(SERVICE_DIR);
	struct dirent *entry;
	int found = -ENOENT;

	if (!dir)
		return errno == EACCES ? -EACCES : -ENOENT;
	while ((entry = readdir(dir))) {
		int fd;

		if (!file_is(entry->d_name, name, SOCKET_SUFFIX))
			continue;
		fd = socket_connect(entry->d_name);
		if (fd < 0)
			continue;
		if (found >= 0) {
			(void)close(fd);
			close_fd(&found);
			found = -E2BIG;
			break;
		}
		found = fd;
	}
	(void)closedir(dir);
	return found;
}

static bool snapshot_is_ours(const struct snapshot *snapshot, size_t size)
{
	return size == sizeof(*snapshot) && snapshot->magic == SNAPSHOT_MAGIC &&
	       snapshot->version == SNAPSHOT_VERSION && snapshot->size == sizeof(*snapshot);
}

int service_receive(int fd, struct snapshot *ret)
{
	struct snapshot snapshot;
	int got = 0;

	for (;;) {
		ssize_t n = recv(fd, &snapshot, sizeof(snapshot), MSG_DONTWAIT | MSG_TRUNC);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return got;
		if (n <= 0)
			return got ? got : -EPIPE;
		if (!snapshot_is_ours(&snapshot, (size_t)n))
			return -EPROTO;
		*ret = snapshot;
		got = 1;
	}
}

int service_send(int fd, enum service_command command)
{
	char byte = (char)command;

	return send(fd, &byte, 1, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

/* 0; -ENOENT, -EPROTO, or -errno. */
static int last_read(const char *path, struct snapshot *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct snapshot snapshot;
	int r;

	if (fd < 0)
		return -errno;
	r = read_full(fd, &snapshot, sizeof(snapshot));
	if (r < 0)
		return r == -ENODATA ? -EPROTO : r;
	if (!snapshot_is_ours(&snapshot, sizeof(snapshot)))
		return -EPROTO;
	*ret = snapshot;
	return 0;
}

/* A state without an end is one of an engine that was killed. */
void service_put_back(void)
{
	_cleanup_close_ int root = sysfs_open_root("/");
	struct knob_journal knobs;

	if (root >= 0 && access(SERVICE_KNOBS, R_OK | W_OK) == 0 &&
		knob_open(&knobs, root, SERVICE_KNOBS) == 0)
		(void)knob_restore_stale(&knobs);
}

static void last_end(struct snapshot *snapshot)
{
	if (snapshot_ended(snapshot))
		return;
	service_put_back();
	snapshot->state = INSTALL_FAILED;
	snapshot->exit_code = snapshot->written ? EXIT_FAILED : EXIT_REFUSED;
	err_set(&snapshot->err, snapshot->exit_code, step_name(snapshot->step),
		snapshot->written ? "The engine was killed, or has died, and %s holds half an "
				    "install, which does not boot"
				  : "The engine was killed, or has died. Nothing was written to %s",
		snapshot->target_name[0] ? snapshot->target_name : "the target");
	STR_COPY(snapshot->err.next, "The kernel's log (dmesg) may tell why; then install again");
}

int service_last(const char *name, struct snapshot *ret)
{
	char path[300];
	int r;

	if (last_find(name, true, path) == 0)
		return -ENOENT;
	r = last_read(path, ret);
	if (r == 0)
		last_end(ret);
	return r;
}

void service_result(const struct snapshot *seen, struct snapshot *ret)
{
	struct snapshot last, result = *seen;
	char path[300], name[sizeof(seen->target_name)];

	STR_COPY(name, seen->target_name);
	for (char *c = name; *c; c++)
		if (*c == '/' || *c == '.')
			*c = '_';
	STR_FORMAT(path, "%s/%s.%d%s", SERVICE_DIR, name, seen->engine, LAST_SUFFIX);
	if (seen->job != 0 && last_read(path, &last) == 0 && last.job == seen->job &&
		(snapshot_ended(&last) || !seen->written))
		result = last;
	last_end(&result);
	*ret = result;
}
