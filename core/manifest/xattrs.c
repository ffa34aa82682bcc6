/* SPDX-License-Identifier: MIT */
#include "core/manifest/xattrs.h"

#include "device/base/util.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

static const char *const kernel_labels[] = {
	"security.selinux",
	"security.SMACK64",
	"security.ima",
	"security.evm",
};

static unsigned label_bit(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(kernel_labels); i++)
		if (strcmp(name, kernel_labels[i]) == 0)
			return 1u << i;
	return 0;
}

unsigned xattrs_labels(const struct xattr *list, size_t count)
{
	unsigned labels = 0;

	for (size_t i = 0; i < count; i++)
		labels |= label_bit(list[i].name);
	return labels;
}

static bool is_view(const char *name)
{
	return strncmp(name, "system.", 7) == 0 && strcmp(name, XATTR_ACL_ACCESS) != 0 &&
	       strcmp(name, XATTR_ACL_DEFAULT) != 0;
}

/* Some programs store a label of SELinux with a NUL, others without; the kernel does not care. */
static size_t significant_bytes(const struct xattr *xattr)
{
	size_t size = xattr->size;

	if (size > 0 && strcmp(xattr->name, "security.selinux") == 0 &&
		((const char *)xattr->value)[size - 1] == '\0')
		size--;
	return size;
}

static int compare_names(const void *a, const void *b)
{
	const struct xattr *left = a, *right = b;

	return strcmp(left->name, right->name);
}

int xattrs_digest(struct sha256 *sha, struct xattr *list, size_t count, unsigned keep,
	unsigned char ret[SHA256_BYTES])
{
	const char *last = "";
	int used = 0;

	memset(ret, 0, SHA256_BYTES);
	if (count == 0)
		return 0;
	qsort(list, count, sizeof(*list), compare_names);
	sha256_begin(sha);
	for (size_t i = 0; i < count; i++) {
		unsigned label = label_bit(list[i].name);
		uint64_t size = significant_bytes(&list[i]);

		if (is_view(list[i].name) || (label && !(label & keep)) ||
			strcmp(list[i].name, last) == 0)
			continue;
		last = list[i].name;
		sha256_add(sha, last, strlen(last) + 1);
		sha256_add(sha, &size, sizeof(size));
		sha256_add(sha, list[i].value, size);
		used++;
	}
	if (used == 0)
		return 0;
	return sha256_end(sha, ret) < 0 ? -EIO : used;
}

static int grow(void *ptr_to_ptr, size_t *capacity, size_t count, size_t size)
{
	void **ptr = ptr_to_ptr;
	void *grown;

	if (*capacity >= count)
		return 0;
	grown = realloc(*ptr, count * size);
	if (!grown)
		return -ENOMEM;
	*ptr = grown;
	*capacity = count;
	return 0;
}

int xattrs_read(struct xattrs *xattrs, int dir_fd, const char *name)
{
	char path[NAME_MAX + 64];
	size_t used = 0, count = 0;
	ssize_t length;
	int r;

	xattrs->count = 0;
	/* Linux before 6.13 has no *at() calls for attributes; this path replaces them. */
	if (!STR_FORMAT(path, "/proc/self/fd/%d/%s", dir_fd, name))
		return -ENAMETOOLONG;
	length = llistxattr(path, NULL, 0);
	if (length == 0 || (length < 0 && errno == ENOTSUP))
		return 0;
	if (length < 0)
		return -errno;
	r = grow(&xattrs->names, &xattrs->names_size, XATTR_LIST_MAX, 1);
	if (r < 0)
		return r;
	length = llistxattr(path, xattrs->names, XATTR_LIST_MAX);
	if (length < 0)
		return -errno;

	for (ssize_t at = 0; at < length; at += (ssize_t)strlen(xattrs->names + at) + 1)
		count++;
	r = grow(&xattrs->list, &xattrs->capacity, count, sizeof(*xattrs->list));
	if (r < 0)
		return r;
	for (ssize_t at = 0; at < length; at += (ssize_t)strlen(xattrs->names + at) + 1) {
		ssize_t size = lgetxattr(path, xattrs->names + at, NULL, 0);

		if (size < 0)
			return -errno;
		xattrs->list[xattrs->count++] =
			(struct xattr){.name = xattrs->names + at, .size = (size_t)size};
		used += (size_t)size;
	}
	/* The values are stored one after the other, in a buffer that may not move any more. */
	r = grow(&xattrs->values, &xattrs->values_size, used, 1);
	if (r < 0)
		return r;
	used = 0;
	for (size_t i = 0; i < xattrs->count; i++) {
		struct xattr *xattr = &xattrs->list[i];
		ssize_t size = 0;

		if (xattr->size > 0)
			size = lgetxattr(path, xattr->name, xattrs->values + used, xattr->size);
		if (size < 0)
			return -errno;
		xattr->value = xattrs->values + used;
		xattr->size = (size_t)size;
		used += (size_t)size;
	}
	return 0;
}

void xattrs_finish(struct xattrs *xattrs)
{
	free(xattrs->list);
	free(xattrs->names);
	free(xattrs->values);
	*xattrs = (struct xattrs){0};
}
