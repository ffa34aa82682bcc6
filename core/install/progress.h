/* SPDX-License-Identifier: MIT */
/*
 * progress - gauges that never lie, pure: samples in, a view out. Every gauge is monotone and never
 * beyond its total; the overall percent is weighted by phase and stays below 100 until the install
 * says that everything, commit included, is done.
 *
 * The medium's gauge counts what the device has taken, expects the blocks of the files and what a
 * filesystem adds to them, grows where more is written, and is full only once the flush is done. A
 * tar that never answers is shown by how far the archive has been read.
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

/* Whole percent, rounded down; 100 only where done is total. -1 where the total is unknown. */
int gauge_percent(struct gauge gauge);

/* What the install measured; counters that a step does not have stay as they were. */
struct progress_sample {
	uint64_t now_ms;
	enum step_id step;		/* the one that runs, STEP_COUNT once all are done */
	uint64_t archive_bytes;		/* read from the archive file (source_position) */
	uint64_t extracted_bytes;	/* tar's own count, 0 where it never answers */
	uint64_t medium_bytes;		/* written to the device since extract began (block stat) */
	uint64_t step_done, step_total; /* of a step that reports (scan, wipe, verify) */
	uint64_t in_flight;		/* requests at the device, for the stall's cause */
	bool tar_answers;		/* extracted_bytes is tar's, not derived */
};

/* What is expected; 0: not known. */
struct progress_totals {
	uint64_t archive_bytes;	  /* of the archive file */
	uint64_t extracted_bytes; /* of the tar stream, in tar's records */
	uint64_t medium_bytes;	  /* in the files' blocks; the overhead is added here */
	uint64_t verify_bytes;
	bool verify; /* false: the step is skipped */
};

struct progress_view {
	struct gauge archive, extracted, medium, step;
	int percent;	   /* 0..99, 100 only after progress_finish */
	uint64_t rate_bps; /* over the last seconds, of what the phase moves */
	uint64_t mean_bps; /* since extract began: extracted bytes a second */
	int64_t eta_s;	   /* to the very end, flush and verify included; -1: unknown yet */
	uint64_t stall_ms; /* since anything moved; 0 while it moves */
	uint64_t stall_in_flight;
};

#define PROGRESS_RING 32

struct progress {
	struct progress_totals totals;
	struct progress_view view;
	struct progress_sample last; /* each counter at its highest */
	uint64_t step_start_ms, extract_start_ms, moved_ms;
	uint64_t write_bps; /* of the medium since extract began, for what comes later */
	enum step_id step;
	bool finished;
	/* what the phase moves, over the last seconds */
	struct {
		uint64_t ms, bytes;
	} ring[PROGRESS_RING];
	unsigned ring_next, ring_count;
};

void progress_init(
	struct progress *progress, const struct progress_totals *totals, uint64_t now_ms);
/* Takes a sample. Time that goes backwards, counters that shrink and totals that were too small
 * leave the gauges where they were. */
void progress_update(struct progress *progress, const struct progress_sample *sample);
/* Everything is done and verified: the only way to 100. */
void progress_finish(struct progress *progress);
const struct progress_view *progress_view(const struct progress *progress);

/* "no progress for 12 s: the device is not answering (2 writes in flight)", or "" below 5 s. */
void progress_stall_text(
	const struct progress_view *view, enum step_id step, char *ret, size_t size);

#endif
