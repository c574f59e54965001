/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Table sizes: every clamp, every policy over every plausible amount of RAM, nothing overflows. */
#include "../../lib/test/test.h"
#include <kernel/cap.h>
#include <kernel/tier.h>
#include <string.h>

#define MIB (1ull << 20)
#define GIB (1ull << 30)

static struct tier_sizes sizes_of(enum tier tier, uint64_t ram)
{
	struct tier_sizes sizes;
	memset(&sizes, 0xff, sizeof sizes); /* all of it is written */
	tier_sizes(&tier_policies[tier], ram, &sizes);
	return sizes;
}

/* What has no table needs no slots. */
static void check_rest(const struct tier_sizes *sizes)
{
	bool has_table[OBJECT_TYPE_COUNT] = {false};
#define HAS_ROW(NAME, tag, prefix, maximum) has_table[OBJECT_##NAME] = true;
	OBJECT_TABLES(HAS_ROW)
#undef HAS_ROW
	for (uint32_t type = 0; type < OBJECT_TYPE_COUNT; type++)
		assert_true(has_table[type] == (sizes->count[type] != 0));
}

static void check_bounds(const struct tier_sizes *sizes, const struct tier_policy *policy)
{
	uint32_t processes = sizes->count[OBJECT_PROCESS];
	assert_in_range(processes, policy->processes_min, policy->processes_max);
#define CHECK_ROW(NAME, tag, prefix, maximum)                                                      \
	assert_in_range(sizes->count[OBJECT_##NAME], 1, maximum);
	OBJECT_TABLES(CHECK_ROW)
#undef CHECK_ROW
	check_rest(sizes);
	assert_in_range(sizes->mappings, 1, MAPPING_MAX);
	assert_in_range(sizes->queued, 1, QUEUED_MAX);
	assert_int_equal(sizes->caps, processes * CSPACE_SLOTS);
	assert_true(sizes->count[OBJECT_THREAD] >= processes);
}

static void every_size(void **state)
{
	(void)state;
	for (uint32_t tier = 0; tier < TIER_COUNT; tier++) {
		uint32_t before = 0;
		for (uint64_t ram = 0; ram <= 32 * GIB; ram += ram < GIB ? MIB : 64 * MIB) {
			struct tier_sizes sizes = sizes_of((enum tier)tier, ram);
			check_bounds(&sizes, &tier_policies[tier]);
			assert_true(sizes.count[OBJECT_PROCESS] >= before); /* more RAM, never fewer */
			before = sizes.count[OBJECT_PROCESS];
		}
		struct tier_sizes most = sizes_of((enum tier)tier, UINT64_MAX);
		check_bounds(&most, &tier_policies[tier]);
	}
}

/* One policy per clamp. */
static void every_clamp(void **state)
{
	(void)state;
	struct tier_sizes sizes;
	const struct {
		struct tier_policy policy;
		uint64_t ram;
		const char *clamp;
	} cases[] = {
		{{"a", 1, 1024, 10000, 1, 1ull << 40}, 256 * MIB, "none"},
		{{"b", 1, 1024, 10000, 4 * MIB, 8 * MIB}, 64 * MIB, "budget floor"},
		{{"c", 1, 1024, 10000, 1, 2 * MIB}, GIB, "budget ceiling"},
		{{"d", 512, 1024, 10000, 1, 1ull << 40}, 64 * MIB, "minimum"},
		{{"e", 1, 16, 10000, 1, 1ull << 40}, GIB, "maximum"},
		{{"both: the last to act is named", 1, 16, 10000, 8 * MIB, 16 * MIB}, 64 * MIB, "maximum"},
	};
	for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		tier_sizes(&cases[i].policy, cases[i].ram, &sizes);
		assert_string_equal(sizes.clamp, cases[i].clamp);
		check_bounds(&sizes, &cases[i].policy);
	}
}

/* What docs/kernel/tier.md promises. */
static void promises(void **state)
{
	(void)state;
	struct tier_sizes small = sizes_of(TIER_EMBEDDED, 64 * MIB);
	assert_true(small.bytes <= MIB && small.count[OBJECT_PROCESS] >= 16);
	struct tier_sizes least = sizes_of(TIER_STANDARD, 64 * MIB);
	assert_true(least.bytes <= 2 * MIB && least.count[OBJECT_PROCESS] >= 32);
	struct tier_sizes usual = sizes_of(TIER_STANDARD, 256 * MIB);
	assert_true(usual.bytes <= 3 * MIB && usual.count[OBJECT_PROCESS] >= 64);
	struct tier_sizes full = sizes_of(TIER_FULL, 16 * GIB);
	assert_int_equal(full.count[OBJECT_PROCESS], PROCESS_MAX);
	assert_int_equal(full.caps, CAP_MAX);
	assert_string_equal(full.clamp, "maximum");
}

/* A machine for one process has as many devices as others. */
static void devices_of_the_smallest(void **state)
{
	(void)state;
	struct tier_policy policy = {"one", 1, 1, 5000, 1, 1ull << 40};
	struct tier_sizes sizes;
	tier_sizes(&policy, 64 * MIB, &sizes);
	assert_int_equal(sizes.count[OBJECT_PROCESS], 1);
	assert_int_equal(sizes.count[OBJECT_IRQ], 64);
	assert_int_equal(sizes.count[OBJECT_REGION], 64);
	assert_int_equal(sizes.count[OBJECT_IMAGE], 32);
}

static uint32_t processes_of(uint32_t share_ppm, uint64_t ram)
{
	struct tier_policy policy = {"share", 1, 1024, share_ppm, 1, 1ull << 40};
	struct tier_sizes sizes;
	tier_sizes(&policy, ram, &sizes);
	return sizes.count[OBJECT_PROCESS];
}

/* Of 300 MiB, 15,000 millionths are 4.5 MiB: half of what 9 MiB give. */
static void parts_of_a_mebibyte(void **state)
{
	(void)state;
	uint32_t whole = processes_of(30000, 300 * MIB);
	assert_true(whole > 100);
	assert_in_range(processes_of(15000, 300 * MIB), whole / 2 - 1, whole / 2 + 1);
}

/* A budget that is its floor and its ceiling already was moved by neither: so it is that of the RAM, to the byte. */
static void exactly(uint64_t ram, uint32_t share_ppm, uint64_t budget)
{
	struct tier_policy policy = {"exact", 1, 1024, share_ppm, budget, budget};
	struct tier_sizes sizes;
	tier_sizes(&policy, ram, &sizes);
	assert_string_equal(sizes.clamp, "none");
}

static void share_to_the_byte(void **state)
{
	(void)state;
	exactly(8 * MIB, 1000000, 8 * MIB);
	exactly(300 * MIB, 15000, 4 * MIB + MIB / 2);
	exactly(300 * MIB, 13000, 3 * MIB + 943718); /* 0.9 MiB, rounded down */
	exactly(300 * MIB + MIB - 1, 13000, 3 * MIB + 943718); /* whole MiB count */
}

static void bytes_add_up(void **state)
{
	(void)state;
	/* Without the minimum counts of small tables the sum stays within the budget. */
	struct tier_policy policy = {"even", 1, 1024, 0, 16 * MIB, 16 * MIB};
	struct tier_sizes sizes;
	tier_sizes(&policy, GIB, &sizes);
	assert_true(sizes.bytes <= 16 * MIB && sizes.bytes > 15 * MIB);
}

TEST_MAIN(cmocka_unit_test(every_size), cmocka_unit_test(every_clamp), cmocka_unit_test(promises),
	  cmocka_unit_test(devices_of_the_smallest), cmocka_unit_test(parts_of_a_mebibyte),
	  cmocka_unit_test(share_to_the_byte), cmocka_unit_test(bytes_add_up))
