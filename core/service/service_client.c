/* SPDX-License-Identifier: MIT */
/* The service for front ends: finds an engine, receives its snapshots, sends commands, and
 * determines the end of an engine that is gone. */
#include "core/service/run_state.h"
#include "core/service/service.h"
#include "device/base/settings.h"
#include "device/base/sysroot.h"
#include "device/base/util.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

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
	if (r == -ECONNREFUSED) /* left by an engine that was killed */
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

		if (!run_state_is_file(entry->d_name, name, SERVICE_SOCKET))
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

const char *service_detached_text(int error)
{
	return error == -EPROTO ? "the engine runs another version of boardstrap; the install "
				  "continues but cannot be shown here"
				: "the install continues; boardstrap attach shows it";
}

int service_send(int fd, enum service_command command)
{
	char byte = (char)command;

	return send(fd, &byte, 1, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

void service_put_back(void)
{
	_cleanup_close_ int root = sysroot_open("/");
	struct settings_journal journal;

	if (root >= 0 && access(SERVICE_JOURNAL, R_OK | W_OK) == 0 &&
		settings_open(&journal, root, SERVICE_JOURNAL) == 0)
		(void)settings_restore_stale(&journal);
}

/* A killed engine has left its settings changed. */
static void end(struct snapshot *snapshot)
{
	if (run_state_end(snapshot))
		service_put_back();
}

int service_plan(const struct snapshot *seen, struct plan_report *ret)
{
	return run_state_plan(SERVICE_DIR, seen, ret);
}

void service_describe_owner(struct lock_owner *owner)
{
	struct snapshot snapshot;

	/* The number of a killed engine may belong to another process by now. */
	if (strcmp(owner->name, SERVICE_PROCESS) == 0 &&
		run_state_of_engine(SERVICE_DIR, owner->pid, &snapshot) == 0 &&
		!snapshot_ended(&snapshot))
		STR_COPY(owner->step, step_name(snapshot.step));
}

int service_last(const char *name, struct snapshot *ret)
{
	int r = run_state_newest(SERVICE_DIR, name, ret);

	if (r == 0)
		end(ret);
	return r;
}

void service_result(const struct snapshot *seen, struct snapshot *ret)
{
	struct snapshot last, result = *seen;

	if (run_state_of(SERVICE_DIR, seen, &last) == 0 &&
		(snapshot_ended(&last) || !seen->written))
		result = last;
	end(&result);
	*ret = result;
}
