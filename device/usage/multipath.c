/* SPDX-License-Identifier: MIT */
#include "device/usage/multipath.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "device/disk/disk_scan.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct walk {
	int root;
	struct multipath multipath;
};

/* NVMe: attribute of the namespace; SCSI: of the device behind the disk. */
static bool read_wwid(int root, const char *name, char *ret, size_t size)
{
	if (sysroot_read(root, ret, size, "sys/block/%s/wwid", name) < 0 &&
		sysroot_read(root, ret, size, "sys/block/%s/device/wwid", name) < 0)
		return false;
	sysroot_trim(ret);
	return true;
}

/* True if @text has a character that is neither filler nor a separator. Zeros and Fs, and blanks,
 * stand for a number that was never set. */
static bool is_number(const char *text, size_t length)
{
	bool zeros = true, ones = true;

	for (size_t i = 0; i < length; i++) {
		if (!isalnum((unsigned char)text[i]))
			continue;
		zeros = zeros && text[i] == '0';
		ones = ones && tolower((unsigned char)text[i]) == 'f';
	}
	return !zeros && !ones;
}

/* Network Address Authority (SPC-5, 7.8.6.6): a digit for the format, then the maker's OUI, in
 * format 2 after three digits of the vendor. */
static bool is_unique_naa(const char *digits)
{
	size_t skip = digits[0] == '2' ? 10 : digits[0] == '3' ? 1 : 7, length = strlen(digits);

	return length > skip && is_number(digits + skip, length - skip);
}

/* An EUI-64 begins with the OUI. The NGUID of NVMe has 16 digits of the vendor before it (NVM
 * Express Base, Identify Namespace). */
static bool is_unique_eui(const char *digits)
{
	size_t length = strlen(digits), before = length == 32 ? 16 : 0, oui = before + 6;

	return length > oui && (is_number(digits + oui, length - oui) || is_number(digits, before));
}

/* What the kernel makes of the vendor's number, serial and model if there is nothing better:
 * "1b36-3132333435-51454d55-00000001", the texts in hexadecimal (nvme_core: wwid_show). */
static bool is_unique_nvme(const char *text)
{
	const char *serial = strchr(text, '-');
	size_t length = serial ? strcspn(serial + 1, "-") : 0;

	for (size_t i = 0; i + 1 < length; i += 2)
		if (memcmp(serial + 1 + i, "20", 2) != 0 && memcmp(serial + 1 + i, "30", 2) != 0)
			return true;
	return false;
}

/* "ATA     ", the model in 40 columns and the serial (SAT, 10.3.4.2); or the vendor in eight columns
 * and whatever it likes. */
static bool is_unique_t10(const char *text, const char *model)
{
	size_t vendor = 8, length = strlen(text);

	if (length <= vendor)
		return false;
	if (str_has_prefix(text, "ATA "))
		return length > vendor + 40 && is_number(text + vendor + 40, length - vendor - 40);
	text += vendor;
	if (str_has_prefix(text, model))
		text += strlen(model);
	return is_number(text, strlen(text));
}

bool multipath_is_unique(const char *wwid, const char *model)
{
	if (str_has_prefix(wwid, "naa."))
		return is_unique_naa(wwid + 4);
	if (str_has_prefix(wwid, "eui."))
		return is_unique_eui(wwid + 4);
	if (str_has_prefix(wwid, "nvme."))
		return is_unique_nvme(wwid + 5);
	if (str_has_prefix(wwid, "t10."))
		return is_unique_t10(wwid + 4, model);
	if (strchr(wwid, '.')) /* "uuid." */
		wwid = strchr(wwid, '.') + 1;
	return is_number(wwid, strlen(wwid));
}

static int add_disk(void *arg, const char *name)
{
	struct walk *walk = arg;
	struct multipath *multipath = &walk->multipath;
	struct multipath_id id, *disks;
	struct disk disk;

	if (!STR_COPY(id.disk, name) || !read_wwid(walk->root, name, id.wwid, sizeof(id.wwid)) ||
		disk_scan_name(walk->root, name, &disk) < 0 ||
		!multipath_is_unique(id.wwid, disk.model))
		return 0;
	id.size_bytes = disk.size_bytes;
	(void)STR_COPY(id.vendor, disk.vendor);
	(void)STR_COPY(id.model, disk.model);
	(void)STR_COPY(id.serial, disk.id.serial);
	disks = reallocarray(multipath->disks, multipath->count + 1, sizeof(*disks));
	if (!disks)
		return -ENOMEM;
	disks[multipath->count++] = id;
	multipath->disks = disks;
	return 0;
}

int multipath_load(int root, struct multipath *ret)
{
	struct walk walk = {.root = root};
	int r = sysroot_each(root, add_disk, &walk, "sys/block");

	if (r < 0) {
		multipath_finish(&walk.multipath);
		return r;
	}
	*ret = walk.multipath;
	return 0;
}

void multipath_finish(struct multipath *multipath)
{
	free(multipath->disks);
	*multipath = (struct multipath){0};
}

static const struct multipath_id *find(const struct multipath *multipath, const char *disk)
{
	for (size_t i = 0; i < multipath->count; i++)
		if (strcmp(multipath->disks[i].disk, disk) == 0)
			return &multipath->disks[i];
	return NULL;
}

static bool is_known(const char *text)
{
	return is_number(text, strlen(text));
}

static bool agree(const char *a, const char *b)
{
	return !is_known(a) || !is_known(b) || strcmp(a, b) == 0;
}

bool multipath_is_same(const struct multipath *multipath, const char *a, const char *b)
{
	const struct multipath_id *one = find(multipath, a), *other = find(multipath, b);

	return one && other && strcmp(one->wwid, other->wwid) == 0 &&
	       one->size_bytes == other->size_bytes && agree(one->vendor, other->vendor) &&
	       agree(one->model, other->model) && agree(one->serial, other->serial);
}
