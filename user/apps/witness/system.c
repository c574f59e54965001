/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tables and frames of the whole system, before and after. */
#include "witness.h"

#define TABLES        32u
#define PATIENCE_MS   3000u
/* Frames that services may have touched meanwhile: a page of the console's or init's heap. */
#define FRAMES_SPARED 4u

static uint32_t used[TABLES];
static uint64_t free_frames;

static uint32_t table_used(uint32_t index)
{
	struct info_table table;
	uint64_t next;

	return info_read(startup_need("monitor"), INFO_TABLE, index, &table, sizeof(table), &next) == STATUS_OK
	               ? table.used
	               : 0;
}

static uint64_t frames(void)
{
	struct info_memory info;
	uint64_t next;

	must(info_read(startup_need("monitor"), INFO_MEMORY, 0, &info, sizeof(info), &next));
	return info.free_frames;
}

void system_remember(void)
{
	for (uint32_t i = 0; i < TABLES; i++)
		used[i] = table_used(i);
	free_frames = frames();
}

static bool is_restored(void)
{
	for (uint32_t i = 0; i < TABLES; i++) {
		if (table_used(i) > used[i])
			return false;
	}
	return frames() + FRAMES_SPARED >= free_frames;
}

bool system_restored(void)
{
	for (uint32_t waited = 0; waited < PATIENCE_MS; waited += 10u) {
		if (is_restored())
			return true;
		time_sleep(10u * NS_PER_MS);
	}
	return false;
}
