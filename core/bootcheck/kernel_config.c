/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/kernel_config.h"

#include "device/base/util.h"

#include <limits.h>
#include <string.h>

/* The value of @key, which begins a line of @text: "y", "m" or a string; NULL if it is not set. */
static const char *find_value(const char *text, size_t size, const char *key)
{
	size_t length = strlen(key);
	const char *end = text + size;

	while (text < end) {
		const char *next = memchr(text, '\n', (size_t)(end - text));

		if ((size_t)(end - text) > length + 1 && memcmp(text, key, length) == 0 &&
			text[length] == '=')
			return text + length + 1;
		text = next ? next + 1 : end;
	}
	return NULL;
}

static bool is_config(const char *text, size_t size)
{
	return memmem(text, size, "\nCONFIG_", strlen("\nCONFIG_")) != NULL;
}

void kernel_config_find(
	const struct manifest *manifest, const char *path, struct kernel_config *ret)
{
	static const char *const keys[FS_KIND_COUNT] = {
		[FS_EXT4] = "CONFIG_EXT4_FS",
		[FS_VFAT] = "CONFIG_VFAT_FS",
		[FS_F2FS] = "CONFIG_F2FS_FS",
		[FS_BTRFS] = "CONFIG_BTRFS_FS",
	};
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const char *version = strchr(name, '-'), *initrd;
	char config[PATH_MAX];
	struct manifest_entry entry;

	*ret = (struct kernel_config){.found = false};
	if (!version || !STR_FORMAT(config, "%.*sconfig%s", (int)(name - path), path, version) ||
		!manifest_find(manifest, config, &entry) || !entry.content ||
		!is_config(entry.content, entry.size))
		return;
	ret->found = true;
	initrd = find_value(entry.content, entry.size, "CONFIG_INITRAMFS_SOURCE");
	ret->has_initrd = initrd && !str_has_prefix(initrd, "\"\"");
	for (size_t i = 0; i < FS_KIND_COUNT; i++) {
		const char *value = keys[i] ? find_value(entry.content, entry.size, keys[i]) : NULL;

		ret->fs[i] = !value ? KERNEL_LACKS : *value == 'y' ? KERNEL_HAS : KERNEL_MODULE;
	}
}
