/* SPDX-License-Identifier: MIT */
#include "device/layout/id.h"

#include "device/base/util.h"

#include <ctype.h>
#include <string.h>

#define UUID_FORM "########-####-####-####-############"
#define VFAT_FORM "####-####"
#define MBR_FORM  "########"
#define PART_FORM "########-##"

/* Copies @text to @ret, each digit changed by @to_case, if it matches @form, in which '#' stands for a
 * hexadecimal digit, and is not zero. */
static bool convert(const char *text, const char *form, int (*to_case)(int c), char ret[ID_BYTES])
{
	char copy[ID_BYTES];
	bool zero = true;
	size_t i;

	for (i = 0; form[i]; i++) {
		unsigned char c = (unsigned char)text[i];

		if (form[i] == '#' ? !isxdigit(c) : c != form[i])
			return false;
		zero = zero && (form[i] != '#' || c == '0');
		copy[i] = (char)to_case(c);
	}
	if (text[i] || zero)
		return false;
	copy[i] = '\0';
	return str_copy(ret, ID_BYTES, copy);
}

bool id_of_uuid(const char *text, char ret[ID_BYTES])
{
	return convert(text, UUID_FORM, tolower, ret);
}

bool id_of_fs(enum fs_kind fs, const char *text, char ret[ID_BYTES])
{
	if (fs == FS_VFAT)
		return convert(text, VFAT_FORM, toupper, ret);
	return fs != FS_NONE && id_of_uuid(text, ret);
}

bool id_of_disk(enum table_kind table, const char *text, char ret[ID_BYTES])
{
	if (table == TABLE_GPT)
		return id_of_uuid(text, ret);
	return convert(text + (str_has_prefix(text, "0x") ? 2 : 0), MBR_FORM, tolower, ret);
}

bool id_of_partition(enum table_kind table, const char *text, char ret[ID_BYTES])
{
	return table == TABLE_GPT ? id_of_uuid(text, ret) : convert(text, PART_FORM, tolower, ret);
}

void id_make_mbr(const char *disk, unsigned number, char ret[ID_BYTES])
{
	(void)str_format(ret, ID_BYTES, "%s-%02x", disk, number);
}
