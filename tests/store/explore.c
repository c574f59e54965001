/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a power cut can leave: of everything written since the last flush that was
 * answered, each sector is there or not, in any combination. Where there are few
 * such sectors all combinations are judged, else a sample: runs of them, one
 * missing, one alone, whole writes, chance. A sector is left out of this only if
 * writing it changed nothing.
 */
#include "store.h"
#include <string.h>

#define PENDING_MAX 16384u

struct pending {
	uint32_t sector;
	uint32_t write; /* which one it came with */
	const uint8_t *bytes;
};

static struct pending pending[PENDING_MAX];
static bool chosen[PENDING_MAX];
static uint32_t pending_count, write_count;
static uint8_t *writers; /* of each sector, how many of them are pending */
static uint64_t random_state;
static bool base_judged; /* the disk as it is without anything pending */
static bool blank_allowed;

/* So many sectors are tried in all combinations, and so many samples taken of more. */
struct effort {
	uint32_t bits, samples;
};
static const struct effort QUICK = { 2, 4 };
static struct effort effort_of_seed;

void explore_start(uint64_t seed, uint64_t blocks)
{
	random_state = seed * 77 + 5;
	writers = memory(blocks * SECTORS);
	/* Most seeds see many disks, every eighth looks closer. */
	effort_of_seed = seed % 8 == 0 ? (struct effort){ 8, 32 } : (struct effort){ 5, 16 };
}

static uint32_t below(uint64_t bound)
{
	return (uint32_t)random_below(&random_state, bound);
}

/* ---- what is pending ---- */
static void pending_add(const struct disk_event *write)
{
	for (uint32_t i = 0; i < write->count * SECTORS; i++) {
		if (pending_count == PENDING_MAX)
			store_fail("too much is written without a flush");
		const uint32_t sector = (uint32_t)write->block * SECTORS + i;
		pending[pending_count++] = (struct pending){ sector, write_count, write->bytes + (size_t)i * SECTOR };
		writers[sector] += writers[sector] < 255;
	}
	write_count++;
}

/* Keep what makes a difference; from here on, it is the bits of a combination. */
static void pending_reduce(const struct disk *media)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < pending_count; i++) {
		const struct pending *one = &pending[i];
		if (writers[one->sector] > 1 || memcmp(media->image + (size_t)one->sector * SECTOR, one->bytes, SECTOR) != 0)
			pending[kept++] = *one;
		else
			writers[one->sector] = 0;
	}
	pending_count = kept;
}

static void chosen_put(struct disk *media)
{
	for (uint32_t i = 0; i < pending_count; i++) {
		if (chosen[i])
			disk_sector_put(media, pending[i].sector, pending[i].bytes);
	}
}

/* ---- combinations ---- */
static void choose_bits(uint64_t bits)
{
	for (uint32_t i = 0; i < pending_count; i++)
		chosen[i] = (bits >> i & 1) != 0;
}

static void choose_sample(void)
{
	const uint32_t shape = below(7), edge = below(pending_count), density = 1 + below(7);
	const uint64_t writes = random_next(&random_state);

	for (uint32_t i = 0; i < pending_count; i++) {
		switch (shape) {
		case 0: chosen[i] = i < edge; break;
		case 1: chosen[i] = i >= edge; break;
		case 2: chosen[i] = i != edge; break;
		case 3: chosen[i] = i == edge; break;
		case 4: chosen[i] = (writes >> pending[i].write % 64 & 1) != 0; break;
		default: chosen[i] = below(8) < density; break;
		}
	}
}

static unsigned chosen_judge(struct disk *media, const struct model *const models[], unsigned count)
{
	disk_mark(media);
	chosen_put(media);
	tally->states++;
	const unsigned which = judge(media, models, count, blank_allowed);
	disk_back(media);
	disk_unmark(media);
	return which;
}

/* The i-th state: nothing and all are in every sample. */
static void choose(uint64_t i, bool exhaustive)
{
	if (exhaustive || i == 0)
		choose_bits(i);
	else if (i == 1)
		memset(chosen, true, pending_count);
	else
		choose_sample();
}

static void combinations(struct disk *media, const struct model *const models[], unsigned count, struct effort effort)
{
	pending_reduce(media);
	const bool exhaustive = pending_count <= effort.bits;
	const uint64_t states = exhaustive ? 1ull << pending_count : effort.samples;

	tally->windows++;
	tally->exhausted += exhaustive;
	for (uint64_t i = base_judged; i < states; i++) {
		choose(i, exhaustive);
		(void)chosen_judge(media, models, count);
	}
	base_judged = true;
}

/* ---- along what was recorded ---- */
static void pending_settle(struct disk *media)
{
	for (uint32_t i = 0; i < pending_count; i++) {
		disk_sector_put(media, pending[i].sector, pending[i].bytes);
		writers[pending[i].sector] = 0;
	}
	pending_count = write_count = 0;
}

static void acknowledged(struct disk *media, const struct model *next, struct effort effort)
{
	base_judged = false; /* it could still be the other model */
	combinations(media, &next, 1, effort);
}

static void walk(const struct disk *recorded, struct disk *media, const struct model *now, const struct model *next,
                 struct effort effort)
{
	const struct model *models[2] = { now, next };
	unsigned count = 2;

	for (uint32_t i = 0; i < recorded->event_count; i++) {
		const struct disk_event *event = &recorded->events[i];
		if (event->kind == DISK_WRITE) {
			pending_add(event);
		} else if (event->kind == DISK_FLUSH) {
			if (pending_count > 0)
				combinations(media, models, count, effort);
			pending_settle(media);
		} else {
			acknowledged(media, next, effort);
			models[0] = next;
			count = 1;
		}
	}
	if (pending_count > 0) /* nobody was told that it is durable */
		combinations(media, models, count, effort);
	pending_settle(media);
}

void explore(const struct disk *recorded, struct disk *media, const struct model *now, const struct model *next, bool maybe_blank)
{
	blank_allowed = maybe_blank;
	base_judged = true;
	walk(recorded, media, now, next, effort_of_seed);
	blank_allowed = false;
}

void explore_some(const struct disk *recorded, struct disk *media, const struct model *now, const struct model *next)
{
	base_judged = true;
	walk(recorded, media, now, next, QUICK);
}

/* ---- one of them comes true ---- */
static uint32_t flush_draw(const struct disk *recorded)
{
	uint32_t flushes = 0;

	for (uint32_t i = 0; i < recorded->event_count; i++)
		flushes += recorded->events[i].kind == DISK_FLUSH;
	return flushes == 0 ? 0 : 1 + below(flushes);
}

unsigned explore_die(const struct disk *recorded, struct disk *media, const struct model *now, const struct model *next)
{
	const struct model *models[2] = { now, next };
	uint32_t left = flush_draw(recorded);

	for (uint32_t i = 0; left > 0; i++) {
		if (recorded->events[i].kind == DISK_WRITE)
			pending_add(&recorded->events[i]);
		if (recorded->events[i].kind == DISK_ACKNOWLEDGED)
			models[0] = next;
		if (recorded->events[i].kind == DISK_FLUSH && --left > 0)
			pending_settle(media);
	}
	pending_reduce(media);
	if (pending_count > 0)
		choose_sample();
	const unsigned which = chosen_judge(media, models, 2);
	chosen_put(media);
	for (uint32_t i = 0; i < pending_count; i++)
		writers[pending[i].sector] = 0;
	pending_count = write_count = 0;
	return models[which] == next;
}
