/* SPDX-License-Identifier: MIT */
/*
 * progress - computes gauges, rates and the remaining time of an install: samples in, a view out,
 * no side effects. Every gauge is monotone and never exceeds its total. The overall percent is
 * weighted by phase and stays below 100 until progress_finish.
 *
 * The medium's gauge counts bytes that the device has written. Its total is the blocks of the files
 * plus the filesystem's overhead; it grows when more is written, and is reached only when the flush
 * is done. For a tar that never answers, the extracted gauge follows the bytes read from the
 * archive.
 */
#ifndef CORE_INSTALL_PROGRESS_H
#define CORE_INSTALL_PROGRESS_H

#include "core/install/steps.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gauge {
	uint64_t done, total; /* bytes; total 0: unknown, no percent is shown */
};

/* Returns whole percent, rounded down; 100 only if done has reached total, -1 if total is 0. */
int gauge_percent(struct gauge gauge);

/* One measurement; counters that a step does not have keep their value. */
struct progress_sample {
	uint64_t now_ms;
	enum step_id step;		/* the running step, STEP_COUNT after the last */
	uint64_t archive_bytes;		/* read from the archive file (source_position) */
	uint64_t extracted_bytes;	/* tar's count; 0 if it never answers */
	uint64_t medium_bytes;		/* written to the device since extract began (block stat) */
	uint64_t step_done, step_total; /* bytes, of a step that reports (scan, wipe, verify) */
	uint64_t in_flight;		/* requests queued at the device, for the stall text */
	bool tar_answers;		/* extracted_bytes comes from tar */
};

/* Expected totals in bytes; 0: unknown. */
struct progress_totals {
	uint64_t archive_bytes;	  /* of the archive file */
	uint64_t extracted_bytes; /* of the tar stream, in tar's records */
	uint64_t medium_bytes;	  /* blocks of the files; progress adds the overhead */
	uint64_t verify_bytes;
	uint64_t commit_bytes; /* of blobs, beside files */
	bool verify;	       /* false: the step is skipped */
	enum scope scope;
};

struct progress_view {
	struct gauge archive, extracted, medium, step;
	int percent;	   /* 0..99, 100 only after progress_finish */
	uint64_t rate_bps; /* bytes a second of the running step, over the last 8 s */
	uint64_t mean_bps; /* extracted bytes a second since extract began */
	int64_t eta_s;	   /* until the end, flush and verify included; -1: unknown */
	uint64_t stall_ms; /* since the last change of any counter; 0 after a change */
	uint64_t stall_in_flight;
};

#define PROGRESS_RING 32

struct progress {
	struct progress_totals totals;
	struct progress_view view;
	struct progress_sample last; /* the highest value of each counter */
	uint64_t step_start_ms, extract_start_ms, moved_ms;
	uint64_t write_bps; /* mean rate of the medium since extract began, for the estimates */
	enum step_id step;
	bool finished;
	/* samples of the bytes that the running step has moved */
	struct {
		uint64_t ms, bytes;
	} ring[PROGRESS_RING];
	unsigned ring_next, ring_count;
};

void progress_init(
	struct progress *progress, const struct progress_totals *totals, uint64_t now_ms);
/* Sets totals that were not known before extract began. */
void progress_expect(struct progress *progress, const struct progress_totals *totals);
/* Updates the view from @sample. Gauges never fall, whatever goes backwards: time, counters or
 * totals. */
void progress_update(struct progress *progress, const struct progress_sample *sample);
/* Sets 100 % and ends all estimates. Call it when the install has passed. */
void progress_finish(struct progress *progress);
const struct progress_view *progress_view(const struct progress *progress);

/* Writes "no progress for 12 s: the device is not answering (2 writes in flight)" to @ret, or ""
 * for a stall below 5 s. */
void progress_stall_text(
	const struct progress_view *view, enum step_id step, char *ret, size_t size);

#endif
