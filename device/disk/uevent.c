/* SPDX-License-Identifier: MIT */
#include "device/disk/uevent.h"

#include "device/base/settings.h"
#include "device/base/sysroot.h"
#include "device/base/util.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define KERNEL_GROUP  1		/* udev sends its own messages to group 2 */
#define MESSAGE_MAX   8192	/* the kernel sends at most 2048 (UEVENT_BUFFER_SIZE) */
#define RECEIVE_BYTES (1 << 20) /* room for hundreds of events while the process is busy */
#define BURST	      1024	/* datagrams per call, so that a flood cannot starve the caller */

#define POLL_MEDIA    "sys/module/block/parameters/events_dfl_poll_msecs"
#define POLL_MEDIA_MS "2000" /* as in udev's 60-block.rules */

static const char *const actions[] = {
	[UEVENT_ADD] = "add", [UEVENT_REMOVE] = "remove", [UEVENT_CHANGE] = "change"};

/* The value if @text is "@key=value", else NULL. */
static const char *value_of(const char *text, const char *key)
{
	size_t length = strlen(key);

	return strncmp(text, key, length) == 0 && text[length] == '=' ? text + length + 1 : NULL;
}

/* Copies the last component of @path before @end. False if it is empty or too long. */
static bool copy_last(char *to, size_t size, const char *path, const char *end)
{
	const char *start = end;

	while (start > path && start[-1] != '/')
		start--;
	return end > start && str_format(to, size, "%.*s", (int)(end - start), start);
}

/* The disk is the last component of "/devices/.../block/sda", but for a partition the second
 * last: "/devices/.../block/sda/sda1". */
static bool find_disk(const char *path, bool partition, char *ret, size_t size)
{
	const char *end = path + strlen(path);

	if (partition) {
		end = strrchr(path, '/');
		if (!end)
			return false;
	}
	return copy_last(ret, size, path, end);
}

bool uevent_parse(const char *message, size_t size, struct uevent *ret)
{
	struct uevent event = {.action = UEVENT_OTHER};
	char text[MESSAGE_MAX + 1];
	const char *path = NULL, *action = NULL;
	bool block = false;

	if (size == 0 || size > MESSAGE_MAX)
		return false;
	memcpy(text, message, size);
	text[size] = '\0';
	/* The first string, "action@devpath", repeats two that follow; udev's messages begin with
	 * "libudev". */
	if (!strchr(text, '@'))
		return false;
	for (size_t at = strlen(text) + 1; at < size; at += strlen(text + at) + 1) {
		const char *value;

		if ((value = value_of(text + at, "ACTION")))
			action = value;
		else if ((value = value_of(text + at, "DEVPATH")))
			path = value;
		else if ((value = value_of(text + at, "SUBSYSTEM")))
			block = strcmp(value, "block") == 0;
		else if ((value = value_of(text + at, "DEVTYPE")))
			event.partition = strcmp(value, "partition") == 0;
	}
	if (!block || !action || !path ||
		!find_disk(path, event.partition, event.disk, sizeof(event.disk)))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (strcmp(actions[i], action) == 0)
			event.action = (enum uevent_action)i;
	*ret = event;
	return true;
}

int uevent_open(void)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP};
	static const int bytes = RECEIVE_BYTES;
	_cleanup_close_ int fd = socket(
		AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

	if (fd < 0)
		return -errno;
	/* An unprivileged process gets at most net.core.rmem_max. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return take_fd(&fd);
}

void uevent_watch_init(struct uevent_watch *watch, int fd, uint64_t now_ms)
{
	*watch = (struct uevent_watch){.fd = fd, .scanned_ms = now_ms};
}

static void hint(struct uevent_watch *watch, uint64_t now_ms)
{
	if (watch->first_ms == 0)
		watch->first_ms = now_ms;
	watch->last_ms = now_ms;
}

static bool is_noted(const struct uevent_watch *watch, const char *disk)
{
	for (size_t i = 0; i < watch->count; i++)
		if (strcmp(watch->disks[i], disk) == 0)
			return true;
	return false;
}

void uevent_watch_note(struct uevent_watch *watch, const struct uevent *event, uint64_t now_ms)
{
	hint(watch, now_ms);
	if (is_noted(watch, event->disk))
		return;
	if (watch->count == UEVENT_DISKS_MAX)
		watch->all = true;
	else
		(void)STR_COPY(watch->disks[watch->count++], event->disk);
}

static bool is_from_kernel(const struct msghdr *header, const struct sockaddr_nl *from)
{
	if (header->msg_namelen < sizeof(*from) || from->nl_family != AF_NETLINK)
		return true; /* not a netlink socket */
	return from->nl_pid == 0 && from->nl_groups == KERNEL_GROUP;
}

/* Receives one datagram: 1, 0 if there are no more, or -errno. */
static int receive_one(struct uevent_watch *watch, uint64_t now_ms)
{
	char message[MESSAGE_MAX];
	struct sockaddr_nl from = {0};
	struct iovec vector = {message, sizeof(message)};
	struct msghdr header = {.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &vector,
		.msg_iovlen = 1};
	struct uevent event;
	ssize_t n = recvmsg(watch->fd, &header, MSG_DONTWAIT);

	if (n < 0 && errno == EINTR)
		return 1;
	if (n < 0 && errno == ENOBUFS) {
		/* Events of unknown disks were lost. */
		hint(watch, now_ms);
		watch->all = true;
		return 1;
	}
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (n == 0)
		return -EPIPE;
	if (!(header.msg_flags & MSG_TRUNC) && is_from_kernel(&header, &from) &&
		uevent_parse(message, (size_t)n, &event))
		uevent_watch_note(watch, &event, now_ms);
	return 1;
}

int uevent_watch_receive(struct uevent_watch *watch, uint64_t now_ms)
{
	int r = 1;

	for (int i = 0; i < BURST && r == 1; i++)
		r = receive_one(watch, now_ms);
	return r < 0 ? r : 0;
}

static unsigned until(uint64_t due_ms, uint64_t now_ms)
{
	return due_ms > now_ms ? (unsigned)(due_ms - now_ms) : 0;
}

unsigned uevent_watch_wait_ms(const struct uevent_watch *watch, uint64_t now_ms)
{
	unsigned wait = until(watch->scanned_ms + UEVENT_POLL_MS, now_ms), quiet, most;

	/* A scan in the middle of a burst would see an incomplete device. */
	if (watch->first_ms == 0)
		return wait;
	quiet = until(watch->last_ms + UEVENT_QUIET_MS, now_ms);
	most = until(watch->first_ms + UEVENT_MOST_MS, now_ms);
	return quiet < most ? quiet : most;
}

bool uevent_watch_has_changed(const struct uevent_watch *watch, const char *disk)
{
	return watch->all || is_noted(watch, disk);
}

void uevent_watch_scanned(struct uevent_watch *watch, uint64_t now_ms)
{
	uevent_watch_init(watch, watch->fd, now_ms);
}

int uevent_poll_media(struct settings_journal *journal)
{
	char value[32];
	int r = sysroot_read(journal->root, value, sizeof(value), POLL_MEDIA);

	if (r < 0 || strcmp(value, "0") != 0)
		return r;
	return settings_set(journal, POLL_MEDIA, POLL_MEDIA_MS);
}
