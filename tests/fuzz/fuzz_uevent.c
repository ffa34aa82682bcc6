/* SPDX-License-Identifier: MIT */
/* Fuzzes uevent_parse() and uevent_watch with any bytes as datagrams of the uevent socket,
 * separated by 0xff and 10 ms apart. */
#include "device/disk/uevent.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct uevent_watch watch;
	uint64_t now = 1000;

	uevent_watch_init(&watch, -1, now);
	while (size > 0) {
		const uint8_t *end = memchr(data, 0xff, size);
		size_t length = end ? (size_t)(end - data) : size;
		struct uevent event;

		if (uevent_parse((const char *)data, length, &event)) {
			assert(event.disk[0] && !strchr(event.disk, '/'));
			assert(strlen(event.disk) < sizeof(event.disk));
			uevent_watch_note(&watch, &event, now);
			assert(uevent_watch_has_changed(&watch, event.disk));
			assert(uevent_watch_wait_ms(&watch, now) <= UEVENT_QUIET_MS);
		}
		assert(uevent_watch_wait_ms(&watch, now) <= UEVENT_POLL_MS);
		assert(uevent_watch_wait_ms(&watch, now + UEVENT_POLL_MS) == 0);
		now += 10;
		data += length + (end != NULL);
		size -= length + (end != NULL);
	}
	assert(watch.count <= UEVENT_DISKS_MAX);
	uevent_watch_scanned(&watch, now);
	assert(uevent_watch_wait_ms(&watch, now) == UEVENT_POLL_MS);
	return 0;
}
