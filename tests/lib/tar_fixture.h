/* SPDX-License-Identifier: MIT */
/*
 * tar_fixture - a small tar archive in memory: one file "f" and the end mark. Feed it to tar in
 * pieces, since bsdtar answers only while content arrives.
 */
#ifndef TESTS_TAR_FIXTURE_H
#define TESTS_TAR_FIXTURE_H

#include <stdio.h>
#include <string.h>

#define USTAR_FILE_BYTES 200000
#define USTAR_BYTES	 204800 /* whole records of 10,240 bytes */
#define USTAR_PIECE	 512

static inline void ustar_make(unsigned char archive[USTAR_BYTES])
{
	char *header = (char *)archive;
	unsigned sum = 0;

	memset(archive, 0, USTAR_BYTES);
	memset(archive + 512, 'c', USTAR_FILE_BYTES);
	snprintf(header, 100, "f");
	snprintf(header + 100, 8, "%07o", 0644);
	snprintf(header + 108, 8, "%07o", 0);
	snprintf(header + 116, 8, "%07o", 0);
	snprintf(header + 124, 12, "%011o", USTAR_FILE_BYTES);
	snprintf(header + 136, 12, "%011o", 1000000000);
	memset(header + 148, ' ', 8);
	header[156] = '0';
	memcpy(header + 257, "ustar\00000", 8);
	for (unsigned i = 0; i < 512; i++)
		sum += archive[i];
	snprintf(header + 148, 8, "%06o", sum);
}

#endif
