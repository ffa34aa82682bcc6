/* SPDX-License-Identifier: MIT */
#include "core/disks/judge.h"

#include "device/base/util.h"
#include "device/usage/rules.h"

#include <errno.h>
#include <string.h>

int judge_load(int root, const struct judge_job *job, struct inuse *ret)
{
	int r = inuse_load(root, ret);

	if (r < 0)
		return r;
	for (size_t i = 0; i < job->file_count; i++) {
		r = inuse_add_file(ret, root, &job->files[i]);
		/* A missing file is on no disk. */
		if (r < 0 && r != -ENOENT && r != -ENOTDIR)
			ret->incomplete = true;
	}
	return 0;
}

void judge_add_content(struct inuse *inuse, const struct disk *disk)
{
	if (inuse_add_content(inuse, disk) < 0)
		inuse->incomplete = true;
}

void judge_known(const struct inuse *inuse, const struct judge_job *job, struct disk *disk)
{
	const struct rules_facts facts = {
		.inuse = inuse,
		.allow = job->allow,
		.need_bytes = job->need_bytes,
	};

	rules_judge(disk, &facts);
}

void judge_disk(int root, const struct judge_job *job, struct disk *disk)
{
	struct inuse inuse;
	int r = judge_load(root, job, &inuse);

	if (r < 0) {
		disk->reason_count = 0;
		disk_refuse(disk, REASON_UNKNOWN, "cannot determine which disks are in use: %s",
			strerror(-r));
		return;
	}
	judge_add_content(&inuse, disk);
	judge_known(&inuse, job, disk);
	inuse_finish(&inuse);
}

const char *judge_target_error(int error)
{
	static const struct {
		int error;
		const char *why;
	} causes[] = {
		{-ENOENT, "it does not exist"},
		{-ENODEV, "there is no such device on this machine"},
		{-ENXIO, "it has no node in /dev"},
		{-ENOTUNIQ, "a device of this machine and a file here have this name. Write "
			    "/dev/NAME for the device, or ./NAME for the file"},
		{-ENOTBLK, "it is a partition or a boot area; name the whole disk"},
		{-EINVAL, "it is neither a disk nor an image file"},
		{-ENOMEDIUM, "it has no medium in it"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(causes); i++)
		if (causes[i].error == error)
			return causes[i].why;
	return strerror(-error);
}
