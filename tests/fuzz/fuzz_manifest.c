/* SPDX-License-Identifier: MIT */
/* Fuzzes manifest_read() with any bytes as a tar stream, and everything that reads the result. */
#include "core/manifest/manifest.h"

#include "device/base/util.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int check_path(const struct manifest *manifest, const char *path)
{
	const char *dots = strstr(path, "..");

	/* No path leads out of the target. */
	assert(path[0] != '/');
	for (; dots; dots = strstr(dots + 1, ".."))
		assert((dots > path && dots[-1] != '/') || (dots[2] != '\0' && dots[2] != '/'));
	assert(manifest_has(manifest, path));
	return 0;
}

static int check_dir(void *arg, const char *path)
{
	return check_path(arg, path);
}

static int check_entry(void *arg, const struct manifest_entry *entry)
{
	assert(entry->type < MANIFEST_TYPE_COUNT);
	if (entry->type == MANIFEST_HARDLINK)
		(void)check_path(arg, entry->link);
	return check_path(arg, entry->path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct manifest *manifest = manifest_new();
	int fd = memfd_create("input", MFD_CLOEXEC);
	struct diag diag = {0};
	int r;

	if (!manifest || fd < 0 || write_full(fd, data, size) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	r = manifest_read(manifest, fd, NULL, NULL, &diag);
	assert(r == 0 || (r < 0 && *diag.text));
	if (r == 0) {
		(void)manifest_each(manifest, check_entry, manifest);
		(void)manifest_each_dir(manifest, check_dir, manifest);
	} else {
		assert(r != -EBADMSG || manifest_totals(manifest)->problem_count > 0);
	}
	(void)close(fd);
	manifest_free(manifest);
	return 0;
}
