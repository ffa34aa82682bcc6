/* SPDX-License-Identifier: MIT */
/*
 * genimage - reads the description of a disk image as Buildroot has them for its boards: genimage.cfg. Its
 * partitions and loaders have images as their content, which become blobs of the layout; an MBR or a GPT is placed
 * as genimage places it (genimage, image-hd.c). A word for something that boardstrap does not do is an error with its line. Not
 * reentrant, as libConfuse passes no user data to its callbacks.
 */
#ifndef DEVICE_LAYOUT_GENIMAGE_H
#define DEVICE_LAYOUT_GENIMAGE_H

#include "device/layout/layout.h"

/* The files that the description is about. */
struct genimage_files {
	const char *folder; /* of the images; for copies */
	/* True if the image is there, or (@partition not NULL) was given for that partition. */
	bool (*has)(void *arg, const char *partition, const char *image);
	void *arg;
};

/*
 * Reads the only disk image of @text, which it overwrites, into @ret: its name, table, partitions and blobs. Each
 * blob has the name of its partition, and as file the name of the image, relative to the folder of the images. An
 * image that is not there, but that @text describes as a vfat with files, becomes such a partition with copies,
 * mounted on a folder with its name. @size is that of @text without its NUL.
 *
 * Returns 0; -EINVAL with the reason and the line in @diag; or -ENOMEM. On failure @ret is undefined.
 */
_must_check_ int genimage_read(char *text, size_t size, const struct genimage_files *files,
	struct layout *ret, struct diag *diag);

#endif
