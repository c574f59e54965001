/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Table sizes from RAM and policy; pure. docs/kernel/tier.md has the resulting numbers. */
#include <kernel/cap.h>
#include <kernel/channel.h>
#include <kernel/endpoint.h>
#include <kernel/image.h>
#include <kernel/irq.h>
#include <kernel/memory.h>
#include <kernel/notification.h>
#include <kernel/process.h>
#include <kernel/tier.h>

#define KIB 1024ull
#define MIB (1024ull * KIB)

const struct tier_policy tier_policies[TIER_COUNT] = {
	[TIER_EMBEDDED] = {"embedded", 16, 128, 5000, 512 * KIB, 4 * MIB},
	[TIER_STANDARD] = {"standard", 32, PROCESS_MAX, 10000, 1 * MIB, 32 * MIB},
	[TIER_FULL] = {"full", 64, PROCESS_MAX, 30000, 4 * MIB, 128 * MIB},
};

/* Slots per process: as many as the largest tables have. Small machines still have as many devices. */
#define SHARE(maximum, processes) ((uint32_t)((uint64_t)(maximum) * (processes) / PROCESS_MAX))
#define IRQ_MIN 64u
#define REGION_MIN 64u
#define IMAGE_MIN 32u

/*@ assigns \nothing;
    ensures 0 < \result; */
static uint64_t process_bytes(void)
{
	uint64_t bytes = (uint64_t)CAP_MAX * sizeof(struct cap) + (uint64_t)MAPPING_MAX * sizeof(struct mapping) +
	                 (uint64_t)QUEUED_MAX * sizeof(struct queued);
#define BYTES_ROW(NAME, tag, prefix, maximum) bytes += (uint64_t)(maximum) * sizeof(struct tag);
	OBJECT_TABLES(BYTES_ROW)
#undef BYTES_ROW
	return bytes / PROCESS_MAX;
}

/*@ requires low <= high && \valid(out_clamp);
    assigns *out_clamp;
    ensures low <= \result <= high; */
static uint64_t clamp(uint64_t value, uint64_t low, uint64_t high, const char *if_low,
                      const char *if_high, const char **out_clamp)
{
	if (value < low) {
		*out_clamp = if_low;
		return low;
	}
	if (value > high) {
		*out_clamp = if_high;
		return high;
	}
	return value;
}

/*@ assigns \nothing;
    ensures \result == \max(count, minimum); */
static uint32_t at_least(uint32_t count, uint32_t minimum)
{
	return count < minimum ? minimum : count;
}

/*@ requires 1 <= processes <= PROCESS_MAX && \valid(sizes);
    assigns sizes->count[0 .. OBJECT_TYPE_COUNT - 1], sizes->mappings, sizes->queued, sizes->caps;
    ensures \let out_sizes = sizes; \true OBJECT_TABLES(TIER_WITHIN);
    ensures sizes->count[OBJECT_PROCESS] == processes;
    ensures tier_within(sizes->mappings, MAPPING_MAX) && tier_within(sizes->queued, QUEUED_MAX);
    ensures sizes->caps == processes * CSPACE_SLOTS; */
static void counts_fill(uint32_t processes, struct tier_sizes *sizes)
{
	/*@ loop invariant 0 <= type <= OBJECT_TYPE_COUNT;
	    loop assigns type, sizes->count[0 .. OBJECT_TYPE_COUNT - 1];
	    loop variant OBJECT_TYPE_COUNT - type; */
	for (uint32_t type = 0; type < OBJECT_TYPE_COUNT; type++)
		sizes->count[type] = 0;
#define COUNT_ROW(NAME, tag, prefix, maximum) sizes->count[OBJECT_##NAME] = SHARE(maximum, processes);
	OBJECT_TABLES(COUNT_ROW)
#undef COUNT_ROW
	sizes->count[OBJECT_IRQ] = at_least(sizes->count[OBJECT_IRQ], IRQ_MIN);
	sizes->count[OBJECT_REGION] = at_least(sizes->count[OBJECT_REGION], REGION_MIN);
	sizes->count[OBJECT_IMAGE] = at_least(sizes->count[OBJECT_IMAGE], IMAGE_MIN);
	sizes->mappings = SHARE(MAPPING_MAX, processes);
	sizes->queued = SHARE(QUEUED_MAX, processes);
	sizes->caps = processes * CSPACE_SLOTS;
}

/*@ requires \valid_read(sizes) && sizes->caps <= CAP_MAX && sizes->mappings <= MAPPING_MAX &&
      sizes->queued <= QUEUED_MAX;
    requires \let out_sizes = sizes; \true OBJECT_TABLES(TIER_WITHIN);
    assigns \nothing; */
static uint64_t sizes_bytes(const struct tier_sizes *sizes)
{
	uint64_t bytes = (uint64_t)sizes->caps * sizeof(struct cap) +
	                 (uint64_t)sizes->mappings * sizeof(struct mapping) +
	                 (uint64_t)sizes->queued * sizeof(struct queued);
#define BYTES_ROW(NAME, tag, prefix, maximum)                                                      \
	bytes += (uint64_t)sizes->count[OBJECT_##NAME] * sizeof(struct tag);
	OBJECT_TABLES(BYTES_ROW)
#undef BYTES_ROW
	return bytes;
}

/* In whole MiB first, so that no amount of RAM overflows. */
/*@ requires ppm <= 1000000;
    assigns \nothing;
    ensures \result <= ram_bytes; */
static uint64_t ram_share(uint64_t ram_bytes, uint32_t ppm)
{
	uint64_t mib = ram_bytes / MIB;
	//@ assert mib * ppm <= mib * 1000000;
	uint64_t millionths = mib * ppm;
	return millionths / 1000000u * MIB + millionths % 1000000u * MIB / 1000000u;
}

void tier_sizes(const struct tier_policy *policy, uint64_t ram_bytes, struct tier_sizes *out_sizes)
{
	out_sizes->clamp = "none";
	uint64_t budget = clamp(ram_share(ram_bytes, policy->share_ppm), policy->budget_floor,
	                        policy->budget_ceiling, "budget floor", "budget ceiling", &out_sizes->clamp);
	uint64_t processes = clamp(budget / process_bytes(), policy->processes_min, policy->processes_max,
	                           "minimum", "maximum", &out_sizes->clamp);
	counts_fill((uint32_t)processes, out_sizes);
	out_sizes->bytes = sizes_bytes(out_sizes);
}
