/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How large the tables are: a pure function of RAM and the tier policy. A share
 * of RAM, clamped, is the budget; the budget divided by what a process needs in
 * all tables is the number of processes, clamped; every table follows from it.
 */
#pragma once
#include <kernel/object.h>

struct tier_policy {
	const char *name;
	uint32_t processes_min, processes_max;
	uint32_t share_ppm;              /* of RAM, for tables */
	uint64_t budget_floor, budget_ceiling; /* bytes */
};
enum tier { TIER_EMBEDDED, TIER_STANDARD, TIER_FULL, TIER_COUNT };
extern const struct tier_policy tier_policies[TIER_COUNT];
/* Which one this kernel was built for. */
#ifndef TIER_POLICY
#define TIER_POLICY TIER_STANDARD
#endif

struct tier_sizes {
	uint32_t count[OBJECT_TYPE_COUNT]; /* capacity per object table */
	uint32_t mappings, queued;
	uint32_t caps;                   /* CSPACE_SLOTS per process */
	const char *clamp;               /* "none", "budget floor", "budget ceiling", "minimum", "maximum" */
	uint64_t bytes;                  /* all tables together */
};

/*@ predicate tier_policy_ok(struct tier_policy *policy) =
      \valid_read(policy) && 1 <= policy->processes_min <= policy->processes_max <= PROCESS_MAX &&
      policy->budget_floor <= policy->budget_ceiling && policy->share_ppm <= 1000000;

    predicate tier_within(uint32_t count, integer maximum) = 1 <= count <= maximum;
*/
#define TIER_WITHIN(NAME, tag, prefix, maximum) && tier_within(out_sizes->count[OBJECT_##NAME], maximum)

/* Every count lies within its table's maximum and is at least 1. Of two clamps the one on the number of
 * processes is reported, for it acted last. */
/*@ requires tier_policy_ok(policy) && \valid(out_sizes) && \separated(policy, out_sizes);
    assigns *out_sizes;
    ensures processes: policy->processes_min <= out_sizes->count[OBJECT_PROCESS] <= policy->processes_max;
    ensures tables: \true OBJECT_TABLES(TIER_WITHIN);
    ensures inside: tier_within(out_sizes->mappings, MAPPING_MAX) && tier_within(out_sizes->queued, QUEUED_MAX);
    ensures windows: out_sizes->caps == out_sizes->count[OBJECT_PROCESS] * CSPACE_SLOTS; */
void tier_sizes(const struct tier_policy *policy, uint64_t ram_bytes, struct tier_sizes *out_sizes);
