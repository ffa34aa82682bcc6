/* SPDX-License-Identifier: MIT */
/* The steps that bring the files onto the medium and prove that they are there. */
#include "core/install/job.h"

#include "core/manifest/tar_fixup.h"
#include "device/base/util.h"
#include "device/target/flush.h"
#include "device/target/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define UNMOUNT_WAIT_MS 5000
#define LET_GO_MS	30000 /* a decompressor that has nothing left to do ends in less */
#define TAR_MUTE_MS	10000 /* a tar that has not answered by now is a wrapper, say */

/* ---- extract ---- */

void install_mount_path(const struct install *in, unsigned index, char ret[256])
{
	const char *mount = in->plan.layout.partitions[in->mounts[index].partition].mount;

	(void)str_format(ret, 256, "%s/target%s", in->world.dir, strcmp(mount, "/") ? mount : "");
}

/* The layout's mounted filesystems, parents first: a shorter path cannot lie in a longer one. */
static void mounts_list(struct install *in)
{
	const struct layout *layout = &in->plan.layout;

	in->mount_count = 0;
	for (unsigned i = 0; i < layout->count; i++) {
		unsigned at = in->mount_count;

		if (layout->partitions[i].fs == FS_NONE || layout->partitions[i].mount[0] == '\0')
			continue;
		for (; at > 0 && strlen(layout->partitions[in->mounts[at - 1].partition].mount) >
					 strlen(layout->partitions[i].mount);
			at--)
			in->mounts[at] = in->mounts[at - 1];
		in->mounts[at] = (struct install_mount){.partition = i, .dir_fd = -1};
		in->mount_count++;
	}
}

int install_mount_all(const struct install *in, bool read_only, int report_fd)
{
	for (unsigned i = 0; i < in->mount_count; i++) {
		unsigned partition = in->mounts[i].partition;
		enum fs_kind fs = in->plan.layout.partitions[partition].fs;
		char node[TARGET_NODE_MAX], path[256];
		int r;

		target_node(&in->target, partition + 1, node);
		install_mount_path(in, i, path);
		r = mount_fs(node, path, fs, read_only);
		if (r < 0)
			return child_report_fail(report_fd, r,
				"The %s of partition %u on %s could not be mounted: %s",
				fs_name(fs), partition + 1, install_target_name(in),
				install_error_text(in, r));
	}
	return 0;
}

int install_unmount_all(const struct install *in, int report_fd)
{
	for (unsigned i = in->mount_count; i-- > 0;) {
		char path[256], holders[160] = "";
		int r;

		install_mount_path(in, i, path);
		r = mount_unmount(path, UNMOUNT_WAIT_MS, holders, sizeof(holders));
		/* A clean-up may come before all of them were mounted. */
		if (r < 0 && r != -EINVAL && r != -ENOENT)
			return child_report_fail(report_fd, r,
				"Partition %u of %s could not be unmounted: %s%s%s",
				in->mounts[i].partition + 1, install_target_name(in),
				install_error_text(in, r), holders[0] ? ", held by " : "", holders);
	}
	return 0;
}

static int mount_work(void *arg, int report_fd)
{
	return install_mount_all(arg, false, report_fd);
}

/* One that has given all that the scan found in the archive, and then hangs, must not hold up the
 * install for ever: tar waits for the end of the stream as long as that is open. */
static void end_decompressor(struct install *in)
{
	bool whole = in->tar_done || in->tar.counts.bytes >= in->plan.totals.stream_bytes;

	if (!whole || in->source.let_go || !child_is_running(&in->source.decompressor) ||
		progress_view(&in->progress)->stall_ms < LET_GO_MS)
		return;
	install_message(in, "%s has read and given all of %s, but does not end: it is ended",
		in->source.program, in->snapshot.archive_name);
	source_let_go(&in->source);
}

void install_extract_tick(struct install *in)
{
	uint64_t now = now_ms();

	tar_tick(&in->tar, now);
	in->sample.archive_bytes = source_position(&in->source);
	in->sample.extracted_bytes = in->tar.counts.bytes;
	/* One that can answer is given time to: what the decompressor has read ahead is not extracted. */
	in->sample.tar_answers = in->tar.counts.replies > 0 ||
				 (tar_answers(in->plan.tar) && now - in->step_ms < TAR_MUTE_MS);
	end_decompressor(in);
}

static void tar_said(struct tar *tar, const char *text)
{
	struct install *in = tar->owner;

	install_message(in, "%s", text);
	/* tar would go on through the whole archive and fail file after file. */
	if (!in->ending && tar->no_space)
		(void)install_fail(
			in, EXIT_FAILED, "%s is full: %s", install_target_name(in), text);
}

/* The extraction is over when tar has ended well, the stream is read to its end and the
 * decompressor has ended well too: every exit status counts, never a gauge at 100 %. */
static void extract_ended(struct install *in)
{
	int fd = in->stream.fd;

	if (in->ending || !in->tar_done || fd >= 0 || child_is_running(&in->source.decompressor))
		return;
	if (!source_unchanged(&in->source)) {
		(void)install_fail(in, EXIT_FAILED,
			"%s was changed or removed while it was extracted", in->plan.archive);
		return;
	}
	in->sample.archive_bytes = in->source.id.size_bytes;
	in->sample.extracted_bytes = in->plan.totals.stream_bytes;
	in->sample.tar_answers = true;
	install_advance(in);
}

void install_stream_close(struct install *in)
{
	int fd = in->stream.fd;

	reactor_remove(in->reactor, &in->stream);
	in->stream.fd = -1;
	close_fd(&fd);
}

/* Padding behind the end of the archive, that tar did not read: left in the pipe it would kill the
 * decompressor, whose exit status is then worth nothing. */
static void stream_drain(struct watch *watch, uint32_t events)
{
	struct install *in = container_of(watch, struct install, stream);
	char buf[65536];
	ssize_t n = read(watch->fd, buf, sizeof(buf));

	(void)events;
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	install_stream_close(in);
	extract_ended(in);
}

static void decompressor_ended(struct child *child)
{
	struct install *in = child->spec.owner;
	struct diag diag;

	if (in->ending)
		return;
	if (!source_ok(&in->source, &diag))
		(void)install_fail(in, EXIT_FAILED, "%s could not be decompressed: %s",
			in->plan.archive, diag.text);
	else
		extract_ended(in);
}

static void tar_ended(struct tar *tar)
{
	struct install *in = tar->owner;
	char why[300];

	if (in->ending)
		return;
	if (!child_ok(&tar->child)) {
		child_why(&tar->child, why, sizeof(why));
		(void)install_fail(in, EXIT_FAILED, "tar could not extract to %s: %s",
			install_target_name(in), why);
		return;
	}
	in->tar_done = true;
	if (in->plan.compression == COMPRESSION_NONE) {
		install_stream_close(in);
		extract_ended(in);
		return;
	}
	(void)fcntl(in->stream.fd, F_SETFL, O_NONBLOCK);
	if (reactor_add(in->reactor, &in->stream, EPOLLIN) < 0)
		(void)install_fail(in, EXIT_FAILED, "The archive could not be read to its end");
}

static int extract_start(struct install *in)
{
	struct flush_stat stat = {0};
	char path[256];
	struct tar_spec spec = {
		.program = in->plan.tar_program,
		.flavour = in->plan.tar,
		.needs = in->plan.tar_needs,
		.dir = path,
		.on_message = tar_said,
		.on_exit = tar_ended,
		.owner = in,
	};
	int r;

	for (unsigned i = 0; i < in->mount_count; i++) {
		install_mount_path(in, i, path);
		in->mounts[i].dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (in->mounts[i].dir_fd < 0)
			return install_fail(in, EXIT_FAILED, "%s could not be opened: %s", path,
				strerror(errno));
	}
	if (flush_read_stat(in->world.root, in->target.disk.name, &stat) == 0) {
		in->medium_start = stat.written_bytes;
		in->medium_counts = true;
	}
	if (settings_open(&in->knobs, in->world.root, in->world.settings_journal) == 0) {
		in->knobs_set = true;
		(void)settings_write_back_early(&in->knobs, in->target.disk.name);
	}
	in->stream.ready = stream_drain;
	r = source_stream(&in->source, in->reactor, decompressor_ended, in, &in->stream.fd);
	if (r < 0)
		return install_fail(in, EXIT_FAILED, "%s could not be read: %s", in->plan.archive,
			strerror(-r));
	install_mount_path(in, 0, path);
	spec.archive = in->stream.fd;
	r = tar_start(&in->tar, in->reactor, in->world.root, &spec);
	if (r < 0)
		return install_fail(
			in, EXIT_FAILED, "%s could not be started: %s", spec.program, strerror(-r));
	return 1;
}

static int mend_work(void *arg, int report_fd)
{
	struct install *in = arg;
	struct diag diag = {0};
	int r = tar_fixup_tree(in->mounts[0].dir_fd, in->manifest, &diag);

	return r < 0 ? child_report_fail(report_fd, r, "%s on %s could not be completed: %s",
			       diag.text, install_target_name(in), install_error_text(in, r))
		     : 0;
}

int install_extract_run(struct install *in, unsigned turn)
{
	switch (turn) {
	case 0:
		mounts_list(in);
		in->mounted = true;
		return install_work(in, "mount", mount_work);
	case 1:
		return extract_start(in);
	case 2:
		/* What tar, or a wrapper of it, has left running would keep the target mounted. */
		if (in->world.end_strays)
			in->world.end_strays();
		return in->plan.tar != TAR_GNU ? install_work(in, "mend", mend_work) : 0;
	}
	return 0;
}

/* ---- flush ---- */

static int flush_work(void *arg, int report_fd)
{
	struct install *in = arg;

	for (unsigned i = in->mount_count; i-- > 0;) {
		int r = flush_filesystem(in->mounts[i].dir_fd);

		if (r < 0)
			return child_report_fail(report_fd, r,
				"%s lost data while it was written: %s", install_target_name(in),
				install_error_text(in, r));
	}
	return 0;
}

static int settle_work(void *arg, int report_fd)
{
	struct install *in = arg;
	int r = install_unmount_all(in, report_fd);

	for (unsigned i = 0; r == 0 && i < in->plan.layout.count; i++) {
		r = flush_device(in->target.partition_fds[i]);
		if (r < 0)
			return child_report_fail(report_fd, r,
				"Partition %u of %s lost data while it was written: %s", i + 1,
				install_target_name(in), install_error_text(in, r));
	}
	return r;
}

int install_flush_run(struct install *in, unsigned turn)
{
	switch (turn) {
	case 0:
		return install_work(in, "flush", flush_work);
	case 1:
		for (unsigned i = 0; i < in->mount_count; i++)
			close_fd(&in->mounts[i].dir_fd);
		return install_work(in, "unmount", settle_work);
	}
	in->mounted = false;
	if (in->knobs_set)
		(void)settings_restore(&in->knobs);
	in->knobs_set = false;
	return 0;
}

/* ---- verify ---- */

struct verify_call {
	struct install *in;
	int report_fd;
};

static int verify_progressed(void *arg, const struct verify_result *so_far)
{
	struct verify_call *call = arg;

	*call->in->verified = *so_far;
	child_report_send(call->report_fd, so_far->bytes, so_far->total_bytes);
	return 0;
}

static int verify_work(void *arg, int report_fd)
{
	struct install *in = arg;
	struct verify_call call = {.in = in, .report_fd = report_fd};
	struct verify_result result = {0};
	struct verify_spec spec = {
		.manifest = in->manifest,
		.layout = &in->plan.layout,
		.progress = verify_progressed,
		.arg = &call,
	};
	char path[256];
	int r, u;

	/* What is in memory proves nothing about the medium. */
	for (unsigned i = 0; i < in->plan.layout.count; i++)
		if (ioctl(in->target.partition_fds[i], BLKFLSBUF, 0) < 0)
			return child_report_fail(report_fd, -errno,
				"The caches of %s could not be dropped: %s",
				install_target_name(in), install_error_text(in, errno));
	r = install_mount_all(in, true, report_fd);
	if (r < 0)
		return r;
	install_mount_path(in, 0, path);
	spec.root_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (spec.root_fd < 0)
		return child_report_fail(
			report_fd, -errno, "%s could not be opened: %s", path, strerror(errno));
	r = verify_tree(&spec, &result);
	close_fd(&spec.root_fd);
	*in->verified = result;
	u = install_unmount_all(in, report_fd);
	if (r < 0)
		return child_report_fail(report_fd, r, "%s could not be read back: %s: %s",
			install_target_name(in), result.first, install_error_text(in, r));
	if (result.mismatches > 0)
		return child_report_fail(report_fd, -EILSEQ,
			"%llu of %llu entries on %s are wrong: %s",
			(unsigned long long)result.mismatches, (unsigned long long)result.entries,
			install_target_name(in), result.first);
	return u;
}

int install_verify_run(struct install *in, unsigned turn)
{
	if (!in->plan.verify) {
		in->snapshot.steps[STEP_VERIFY].state = STEP_SKIPPED;
		return 0;
	}
	if (turn == 0) {
		in->mounted = true;
		return install_work(in, "verify", verify_work);
	}
	in->mounted = false;
	return 0;
}
