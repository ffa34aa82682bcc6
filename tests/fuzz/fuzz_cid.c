/* SPDX-License-Identifier: MIT */
/* Fuzzes cid_decode() and its users with any string as the CID of a card. */
#include "device/disk/cid.h"
#include "tests/fuzz/fuzz_machine.h"

#include <ctype.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = machine_string(data, size);
	size_t digits = 0;

	while (isxdigit((unsigned char)text[digits]))
		digits++;
	for (enum cid_standard standard = 0; standard < CID_STANDARD_COUNT; standard++) {
		struct cid cid;
		int r = cid_decode(text, standard, &cid);

		/* Valid if and only if it has exactly 32 hex digits. */
		assert((r == 0) == (digits == 32 && text[32] == '\0'));
		if (r < 0)
			continue;
		CHECK_TEXT(cid.name);
		(void)cid_maker_name(standard, cid.maker);
	}
	/* The same CID in a disk. */
	for (enum disk_kind kind = 0; kind < DISK_KIND_COUNT; kind++) {
		struct disk disk = {.kind = kind, .name = "mmcblk0"};
		char word[32];

		(void)STR_COPY(disk.id.cid, text);
		assert(disk_confirm_word(&disk, word) == (strlen(disk.id.cid) == 32));
		assert(word[0]);
		disk_identity_short(&disk, word);
	}
	free(text);
	return 0;
}
