/* SPDX-License-Identifier: MIT */
/*
 * The last step: what makes a board boot. Blobs and boot areas, then the partition table, then what
 * the card tells a boot ROM; each is read back, the table by the kernel as well. Until the table is
 * there nothing boots half of it.
 */
#include "core/install/job.h"

#include "device/base/util.h"
#include "device/target/blob.h"
#include "device/target/emmc.h"
#include "device/target/partitions.h"
#include "device/target/ptable.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct blob_call {
	int report_fd;
	uint64_t done, total; /* of the blobs before, of all of them; each is written and read */
};

static int blob_progressed(void *arg, uint64_t done_bytes, uint64_t total_bytes)
{
	const struct blob_call *call = arg;

	(void)total_bytes;
	child_report_send(call->report_fd, call->done + done_bytes, call->total);
	return 0;
}

/* The device that @blob goes to; *ret_offset is where on it. */
static int blob_device(
	const struct install *in, const struct layout_blob *blob, uint64_t *ret_offset)
{
	const struct layout *layout = &in->plan.layout;

	*ret_offset = blob->offset_bytes;
	switch (blob->target) {
	case BLOB_BOOT0:
	case BLOB_BOOT1:
		return in->target.boot_fds[blob->target == BLOB_BOOT1];
	case BLOB_PARTITION:
		*ret_offset +=
			layout->partitions[layout_partition_named(layout, blob->partition)].start *
			SECTOR_BYTES;
		return in->target.excl_fd;
	case BLOB_DISK:
		break;
	}
	return in->target.excl_fd;
}

static int blobs_work(void *arg, int report_fd)
{
	struct install *in = arg;
	const struct layout *layout = &in->plan.layout;
	struct blob_call call = {.report_fd = report_fd};

	for (size_t i = 0; i < layout->blob_count; i++)
		call.total += 2 * layout->blobs[i].size_bytes;
	for (size_t i = 0; i < layout->blob_count; i++) {
		const struct layout_blob *spec = &layout->blobs[i];
		_cleanup_close_ int file = open(spec->file, O_RDONLY | O_CLOEXEC);
		struct blob blob = {
			.src = file,
			.size_bytes = spec->size_bytes,
			.progress = blob_progressed,
			.arg = &call,
		};
		struct diag diag = {0};
		int r;

		if (file < 0)
			return child_report_fail(report_fd, -errno, "%s could not be opened: %s",
				spec->file, strerror(errno));
		if (!file_id_is(&spec->id, spec->file))
			return child_report_fail(report_fd, -ESTALE,
				"%s has changed since the layout was read", spec->file);
		blob.dst = blob_device(in, spec, &blob.offset_bytes);
		r = blob_write(&blob, &diag);
		if (r < 0)
			return child_report_fail(report_fd, r, "%s could not be written to %s: %s",
				spec->file, install_target_name(in), diag.text);
		call.done += 2 * spec->size_bytes;
	}
	return 0;
}

static bool uses_boot_area(const struct layout *layout, unsigned index)
{
	for (size_t i = 0; i < layout->blob_count; i++)
		if (layout->blobs[i].target == (index == 0 ? BLOB_BOOT0 : BLOB_BOOT1))
			return true;
	return false;
}

/* Their write protection is journalled by the engine itself, for it is to outlive the work child. */
static int boot_areas_open(struct install *in)
{
	struct diag diag = {0};

	for (unsigned i = 0; i < ARRAY_SIZE(in->target.boot_fds); i++) {
		int r = 0;

		if (!uses_boot_area(&in->plan.layout, i))
			continue;
		if (!in->knobs_set)
			r = settings_open(&in->knobs, in->world.root, in->world.settings_journal);
		in->knobs_set = true;
		if (r == 0)
			r = emmc_unlock_boot_area(&in->knobs, in->target.disk.boot[i].name, &diag);
		if (r == 0)
			r = target_open_boot(&in->target, i, &diag);
		if (r < 0)
			return install_fail(in, EXIT_FAILED, "Boot area boot%u of %s: %s", i,
				install_target_name(in), diag.text[0] ? diag.text : strerror(-r));
	}
	return 0;
}

static void boot_areas_close(struct install *in)
{
	target_close_boot(&in->target);
	if (in->knobs_set)
		(void)settings_restore(&in->knobs);
	in->knobs_set = false;
}

/* A card that is no eMMC has no such register, and needs none. */
static int set_boot_configuration(const struct install *in, struct diag *diag)
{
	const struct emmc_card card = {.fd = in->target.excl_fd, .command = emmc_command};
	const struct layout_emmc *emmc = &in->plan.layout.emmc;
	int r = 0;

	if (in->target.disk.kind != DISK_EMMC)
		return 0;
	if (emmc->set_boot_bus)
		r = emmc_write_byte(&card, EXT_CSD_BOOT_BUS_CONDITIONS, emmc->boot_bus, diag);
	return r < 0 ? r : emmc_set_boot(&card, emmc->boot, emmc->ack, diag);
}

static int commit_work(void *arg, int report_fd)
{
	struct install *in = arg;
	struct diag diag = {0};
	int r = ptable_write(in->target.excl_fd, &in->plan.layout, &diag);

	if (r == 0)
		r = ptable_compare(in->target.excl_fd, &in->plan.layout, &diag);
	if (r < 0)
		return child_report_fail(report_fd, r,
			"The partition table of %s could not be written: %s",
			install_target_name(in),
			diag.text[0] ? diag.text : install_error_text(in, r));
	r = partitions_reread(
		in->target.excl_fd, in->world.root, &in->target.disk, &in->plan.layout, &diag);
	if (r < 0)
		return child_report_fail(report_fd, r,
			"The kernel does not know the new partitions of %s: %s",
			install_target_name(in), diag.text);
	r = set_boot_configuration(in, &diag);
	return r < 0 ? child_report_fail(report_fd, r, "%s cannot be told what to boot: %s",
			       install_target_name(in), diag.text)
		     : 0;
}

int install_commit_run(struct install *in, unsigned turn)
{
	struct diag diag = {0};

	switch (turn) {
	case 0:
		if (target_take_exclusive(&in->target, &diag) < 0)
			return install_fail(in, EXIT_FAILED, "%s", diag.text);
		if (boot_areas_open(in) < 0)
			return -1;
		return install_work(in, "blobs", blobs_work);
	case 1:
		boot_areas_close(in);
		target_close_partitions(&in->target);
		return install_work(in, "commit", commit_work);
	}
	return 0;
}
