/* SPDX-License-Identifier: MIT */
/* install_story - a fake install of two minutes, reported as the engine would, with the same
 * snapshots on every run. */
#ifndef TESTS_INSTALL_STORY_H
#define TESTS_INSTALL_STORY_H

#include "tests/lib/screen_model.h"

#define STORY_MS      120000u
#define STORY_TICK_MS 250u

struct story {
	uint64_t start_ms, ms; /* ms since the start */
	struct progress progress;
	struct progress_sample sample;
	struct snapshot snap;
	uint32_t random;
};

/* The end of each step. */
static const unsigned story_ends_ms[STEP_COUNT] = {
	[STEP_OPEN] = 3100,
	[STEP_CHECK] = 3200,
	[STEP_LOCK] = 3600,
	[STEP_WIPE] = 5700,
	[STEP_TABLE] = 5800,
	[STEP_MKFS] = 7400,
	[STEP_EXTRACT] = 79000,
	[STEP_FLUSH] = 87000,
	[STEP_VERIFY] = 118500,
	[STEP_COMMIT] = STORY_MS,
};

#define STORY_CALL static inline __attribute__((unused))

STORY_CALL uint32_t story_random(struct story *story, uint32_t below)
{
	story->random = story->random * 1664525u + 1013904223u;
	return (story->random >> 8) % below;
}

STORY_CALL void story_begin(struct story *story, uint64_t start_ms)
{
	const struct progress_totals totals = {
		.archive_bytes = 1042 * MIB(1),
		.extracted_bytes = 2786 * MIB(1),
		.medium_bytes = 2750 * MIB(1),
		.verify_bytes = 2690 * MIB(1),
		.verify = true,
	};

	*story = (struct story){.start_ms = start_ms, .random = 7};
	progress_init(&story->progress, &totals, start_ms);
	story->snap = make_snapshot(STEP_OPEN);
	story->snap.tar = (struct tar_counts){0};
	memset(story->snap.messages, 0, sizeof(story->snap.messages));
	story->snap.message_count = 0;
	story->snap.elapsed_ms = 0;
	story->snap.steps[STEP_OPEN].ms = 0;
	story->snap.written = false;
	story->snap.progress = *progress_view(&story->progress);
}

STORY_CALL void story_message(struct story *story)
{
	static const char *const texts[] = {
		"tar: usr/share/zoneinfo/x: time stamp 2027-01-02 03:04:05 is 12345.6 s in the "
		"future",
		"tar: var/cache: implausibly old time stamp 1970-01-01 00:00:00",
		"the kernel: mmc1: tried to HW reset card, got error -110",
		"tar: etc/very/long/path/that/goes/on/and/on/until/it/does/not/fit/into/one/line/"
		"of/a/terminal/any/more: cannot change ownership to uid 100000, gid 100000",
	};
	uint64_t number = ++story->snap.message_count;
	struct snapshot_message *at = &story->snap.messages[(number - 1) % SNAPSHOT_MESSAGES];

	at->number = number;
	STR_COPY(at->text, texts[number % ARRAY_SIZE(texts)]);
}

/* The share of @total after @part of @whole milliseconds. */
STORY_CALL uint64_t story_share(uint64_t total, uint64_t part, uint64_t whole)
{
	return part >= whole ? total : total / whole * part;
}

STORY_CALL void story_measure(
	struct story *story, enum step_id step, uint64_t into, uint64_t length)
{
	const struct progress_totals *totals = &story->progress.totals;
	struct progress_sample *s = &story->sample;
	/* No medium has a steady rate. */
	uint64_t wobble = story_random(story, 12) * MIB(1);

	s->now_ms = story->start_ms + story->ms;
	s->step = step;
	s->step_done = s->step_total = 0;
	switch (step) {
	case STEP_OPEN:
		s->step_total = totals->archive_bytes;
		s->step_done = story_share(s->step_total, into, length);
		break;
	case STEP_WIPE:
		s->step_total = 7818182656;
		s->step_done = story_share(s->step_total, into, length);
		break;
	case STEP_EXTRACT:
		s->tar_answers = true;
		s->archive_bytes = story_share(totals->archive_bytes, into, length);
		s->extracted_bytes =
			story_share(totals->extracted_bytes, into, length + 500) + wobble;
		s->medium_bytes =
			story_share(totals->medium_bytes, into, length * 11 / 10) + wobble;
		story->snap.tar = (struct tar_counts){.pid = 77,
			.confirmed = true,
			.signals = (unsigned)(into / 250),
			.replies = (unsigned)(into / 250)};
		break;
	case STEP_FLUSH:
		s->medium_bytes = totals->medium_bytes * 10 / 11 +
				  story_share(totals->medium_bytes / 11, into, length);
		break;
	case STEP_VERIFY:
		s->step_total = totals->verify_bytes;
		s->step_done = story_share(s->step_total, into, length) + wobble;
		break;
	case STEP_CHECK:
	case STEP_LOCK:
	case STEP_TABLE:
	case STEP_MKFS:
	case STEP_COMMIT:
	case STEP_COUNT:
		break;
	}
	progress_update(&story->progress, s);
	story->snap.progress = *progress_view(&story->progress);
}

/* Advances by one tick of the engine. Returns false after the last snapshot, which has passed. */
STORY_CALL bool story_tick(struct story *story)
{
	struct snapshot *snap = &story->snap;
	uint64_t from = 0;
	int step = 0;

	story->ms += STORY_TICK_MS;
	snap->elapsed_ms = story->ms;
	for (; step < STEP_COUNT && story->ms >= story_ends_ms[step]; step++) {
		snap->steps[step].state = STEP_DONE;
		snap->steps[step].ms = story_ends_ms[step] - from;
		from = story_ends_ms[step];
	}
	snap->step = (enum step_id)step;
	snap->written = step >= STEP_WIPE;
	if (step == STEP_COUNT) {
		progress_finish(&story->progress);
		snap->progress = *progress_view(&story->progress);
		snap->state = INSTALL_PASSED;
		snap->verify.entries = snap->entries;
		return false;
	}
	snap->steps[step].state = STEP_ACTIVE;
	snap->steps[step].ms = story->ms - from;
	story_measure(story, (enum step_id)step, story->ms - from, story_ends_ms[step] - from);
	/* A message now and then, and one stall of some seconds. */
	if (story->ms % 6500 == 0)
		story_message(story);
	snap->stall[0] = '\0';
	if (story->ms > 55000 && story->ms < 62000)
		STR_FORMAT(snap->stall,
			"no progress for %u s: the device is not answering (2 writes in flight)",
			(unsigned)(story->ms - 50000) / 1000);
	return true;
}

#endif
