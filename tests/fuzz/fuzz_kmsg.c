/* SPDX-License-Identifier: MIT */
/* Fuzzes kmsg_parse() with any bytes as a record of /dev/kmsg, and the filter by disk. */
#include "device/base/util.h"
#include "device/kernel/kmsg.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct kmsg_names names = {"mmcblk1", "mmc0", "1-1.4"};
	struct kmsg_record record;
	char clean[sizeof(record.text)];

	if (!kmsg_parse((const char *)data, size, &record))
		return 0;
	assert(record.level <= 7);
	assert(strlen(record.text) < sizeof(record.text));
	(void)STR_COPY(clean, record.text);
	str_sanitise(clean);
	assert(strcmp(clean, record.text) == 0);
	if (kmsg_is_news(&record, &names)) {
		assert(kmsg_is_about(record.text, &names));
		assert(strstr(record.text, names.disk) || strstr(record.text, names.host) ||
			strstr(record.text, names.port));
	}
	return 0;
}
