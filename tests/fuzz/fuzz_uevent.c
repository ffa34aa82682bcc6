/* SPDX-License-Identifier: MIT */
/* Any bytes as datagrams of the uevent socket, 0xff between them, with 10 ms from one to the next. */
#include "device/hotplug.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hotplug hotplug;
	uint64_t now = 1000;

	hotplug_init(&hotplug, -1, now);
	while (size > 0) {
		const uint8_t *end = memchr(data, 0xff, size);
		size_t length = end ? (size_t)(end - data) : size;
		struct hotplug_event event;

		if (hotplug_parse((const char *)data, length, &event)) {
			assert(event.disk[0] && !strchr(event.disk, '/'));
			assert(strlen(event.disk) < sizeof(event.disk));
			hotplug_note(&hotplug, &event, now);
			assert(hotplug_has_changed(&hotplug, event.disk));
			assert(hotplug_wait_ms(&hotplug, now) <= HOTPLUG_QUIET_MS);
		}
		assert(hotplug_wait_ms(&hotplug, now) <= HOTPLUG_POLL_MS);
		assert(hotplug_wait_ms(&hotplug, now + HOTPLUG_POLL_MS) == 0);
		now += 10;
		data += length + (end != NULL);
		size -= length + (end != NULL);
	}
	assert(hotplug.count <= HOTPLUG_DISKS_MAX);
	hotplug_looked(&hotplug, now);
	assert(hotplug_wait_ms(&hotplug, now) == HOTPLUG_POLL_MS);
	return 0;
}
