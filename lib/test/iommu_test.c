/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * IOMMUs against simulated units: each walks the tables as its specification says,
 * from the registers it was given, and remembers what it found, also that it found
 * nothing, until it is told to forget.
 */
#include "test.h"
#include <lib/iommu.h>
#include <string.h>

#define POOL_PAGES 24u
#define POOL_AT    0x40000000ull
#define MEMORY_AT  0x12345000ull
#define REMEMBERED 64u
#define A          0x0018u /* requesters */
#define B          0x0120u

static uint8_t pool[POOL_PAGES * IOMMU_PAGE] __attribute__((aligned(IOMMU_PAGE)));
static struct iommu iommu;
static struct iommu_space first, second;
static uint64_t registers[0x200];
static bool stuck;  /* the unit answers no command */
static bool settles; /* what was not settled is not seen; a unit that looks into caches sees all */
static uint8_t seen[sizeof(pool)];

/* ---- what it remembers ---- */

static struct {
	uint32_t requester, domain;
	uint64_t page;
	bool reached;
} remembered[REMEMBERED];
static uint32_t remembered_count;

static void forget(uint32_t domain) /* 0: all */
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < remembered_count; i++) {
		if (domain != 0 && remembered[i].domain != domain)
			remembered[left++] = remembered[i];
	}
	remembered_count = left;
}

/* ---- memory, as the unit sees it ---- */

static void settle(const void *from, uint32_t bytes)
{
	size_t at = (size_t)((const uint8_t *)from - pool);

	assert_true(at + bytes <= sizeof(pool));
	memcpy(seen + at, from, bytes);
}

static uint64_t word(uint64_t address)
{
	uint64_t value;

	assert_true(address >= POOL_AT && address - POOL_AT + 8u <= sizeof(pool) && address % 8u == 0);
	memcpy(&value, (settles ? seen : pool) + (address - POOL_AT), sizeof(value));
	return value;
}

static uint64_t address_in(uint64_t entry)
{
	return entry & 0x000ffffffffff000ull;
}

/* ---- VT-d ---- */

#define CAP(levels) ((levels) == 4 ? 2ull | 1ull << 10 : 2ull | 1ull << 9)

static bool vtd_walk(uint32_t requester, uint64_t address, uint32_t *out_domain)
{
	uint64_t root = word(registers[0x20] + 16u * (requester >> 8));

	*out_domain = 0;
	if ((registers[0x1c] >> 31) == 0)
		return true;
	if ((root & 1u) == 0)
		return false;
	uint64_t low = word(address_in(root) + 16u * (requester & 0xffu));
	uint64_t high = word(address_in(root) + 16u * (requester & 0xffu) + 8u);
	if ((low & 1u) == 0)
		return false;
	assert_int_equal(low & 0xeu, 0);
	*out_domain = (uint32_t)(high >> 8) & 0xffffu;
	uint32_t levels = (uint32_t)(high & 7u) + 2u;
	assert_true(*out_domain != 0 && (registers[0x08] >> (6u + levels) & 1u) != 0);
	uint64_t entry = low;
	for (uint32_t level = levels; level-- > 0;) {
		entry = word(address_in(entry) + 8u * (address >> (12u + 9u * level) & 0x1ffu));
		if ((entry & 3u) != 3u)
			return false;
		assert_int_equal(entry & 0xffcu, 0);
	}
	assert_int_equal(address_in(entry), address & ~0xfffull);
	return true;
}

static void vtd_write(uint32_t offset, uint64_t value)
{
	uint32_t invalidate = ((uint32_t)(registers[0x10] >> 8) & 0x3ffu) * 16u + 8u;

	if (stuck)
		return;
	if (offset == 0x18) {
		registers[0x1c] = (value & 0x86800000u) | ((value >> 30 & 1u) != 0 ? 1u << 30 : registers[0x1c] & 1u << 30);
	} else if (offset == 0x28 && value >> 63 != 0) {
		assert_int_equal(registers[0x1c] >> 26 & 1u, 0); /* not while the queue is on */
		registers[offset] = value & ~(1ull << 63);
	} else if (offset == invalidate && value >> 63 != 0) {
		assert_int_equal(registers[0x1c] >> 26 & 1u, 0);
		assert_int_not_equal(value >> 60 & 3u, 0);
		forget((value >> 60 & 3u) == 1u ? 0 : (uint32_t)(value >> 32) & 0xffffu);
	}
}

/* ---- SMMUv3 ---- */

static void smmu_commands(void)
{
	uint64_t base = registers[0x90] & 0xfffffffffffe0ull;
	uint32_t length = 1u << (registers[0x90] & 31u);

	while (!stuck && (registers[0x20] & 8u) != 0 && registers[0x9c] != registers[0x98]) {
		uint64_t at = base + 16u * (registers[0x9c] % length);
		uint64_t command = word(at);

		switch (command & 0xffu) {
		case 0x03: assert_int_equal(word(at + 8u) & 1u, 1); break;
		case 0x04: assert_int_equal(word(at + 8u) & 31u, 31); break;
		case 0x11: forget((uint32_t)(command >> 48)); break;
		case 0x30: forget(0); break;
		case 0x46: break;
		default: fail_msg("command %x", (unsigned)(command & 0xffu));
		}
		registers[0x9c] = (registers[0x9c] + 1u) % (2u * length);
	}
}

static bool smmu_walk(uint32_t requester, uint64_t address, uint32_t *out_domain)
{
	uint32_t split = (uint32_t)(registers[0x88] >> 6) & 31u;

	*out_domain = 0;
	if ((registers[0x20] & 1u) == 0)
		return (registers[0x44] >> 20 & 1u) == 0;
	assert_int_equal(registers[0x88] >> 16 & 3u, 1);
	if (requester >> (registers[0x88] & 63u) != 0)
		return false;
	uint64_t table = word((registers[0x80] & 0xfffffffffffc0ull) + 8u * (requester >> split));
	if ((table & 31u) == 0)
		return false;
	assert_int_equal(table & 31u, split + 1u);
	uint64_t stream = (table & 0xfffffffffffc0ull) + 64u * (requester & ((1u << split) - 1u));
	if ((word(stream) & 1u) == 0)
		return false;
	assert_int_equal(word(stream) >> 1 & 7u, 5);
	assert_int_equal(word(stream) >> 59, 0);
	uint64_t context = word(stream) & 0xfffffffffffc0ull;
	uint64_t first_word = word(context);
	assert_int_equal(first_word >> 31 & 1u, 1);
	assert_int_equal(first_word >> 41 & 1u, 1);
	assert_int_equal(first_word >> 30 & 1u, 1);
	assert_int_equal(first_word >> 46 & 1u, 1);
	assert_int_equal(first_word & 0xffu, 16); /* 48 bits, pages of 4 KiB */
	*out_domain = (uint32_t)(first_word >> 48);
	uint64_t entry = word(context + 8u);
	for (uint32_t level = 4; level-- > 0;) {
		entry = word(address_in(entry) + 8u * (address >> (12u + 9u * level) & 0x1ffu));
		if ((entry & 1u) == 0)
			return false;
		assert_int_equal(entry & 3u, 3);
	}
	assert_int_equal(entry >> 6 & 3u, 1);  /* read and write */
	assert_int_equal(entry >> 10 & 1u, 1); /* was used */
	uint64_t memory = word(context + 24u) >> (8u * (entry >> 2 & 7u)) & 0xffu;
	assert_true(memory == 0xffu || memory == 4u);
	assert_int_equal(address_in(entry), address & ~0xfffull);
	return true;
}

static void smmu_write(uint32_t offset, uint64_t value)
{
	registers[offset] = value;
	if (offset == 0x20 && !stuck)
		registers[0x24] = value;
	if (offset == 0x44)
		registers[offset] = value & ~(1ull << 31);
	if (offset == 0x98)
		smmu_commands();
}

/* ---- both ---- */

static uint64_t sim_read(void *unit, uint32_t offset, uint32_t bytes)
{
	assert_ptr_equal(unit, registers);
	assert_true(offset < 0x200 && (bytes == 4 || bytes == 8));
	return registers[offset];
}

static void sim_write(void *unit, uint32_t offset, uint32_t bytes, uint64_t value)
{
	assert_ptr_equal(unit, registers);
	assert_true(offset < 0x200 && (bytes == 8 || value <= UINT32_MAX));
	if (iommu.kind == IOMMU_SMMU_V3) {
		smmu_write(offset, value);
		return;
	}
	if (offset != 0x28 && offset != 0x1c && offset != 0x18)
		registers[offset] = value;
	vtd_write(offset, value);
	if (offset != 0x20 && offset != 0x28 && offset != 0x1c)
		registers[offset] &= ~(1ull << 63) | (stuck ? 1ull << 63 : 0);
}

static const struct iommu_access access = {sim_read, sim_write, settle};

/* Does what it sends to this address arrive? */
static bool reaches(uint32_t requester, uint64_t address)
{
	uint32_t domain;

	for (uint32_t i = 0; i < remembered_count; i++) {
		if (remembered[i].requester == requester && remembered[i].page == address / IOMMU_PAGE)
			return remembered[i].reached;
	}
	bool reached = iommu.kind == IOMMU_VTD ? vtd_walk(requester, address, &domain)
	                                       : smmu_walk(requester, address, &domain);
	/* Where there is no entry for the function at all, there is nothing to remember under. */
	if (domain != 0) {
		assert_true(remembered_count < REMEMBERED);
		remembered[remembered_count].requester = requester;
		remembered[remembered_count].domain = domain;
		remembered[remembered_count].page = address / IOMMU_PAGE;
		remembered[remembered_count++].reached = reached;
	}
	return reached;
}

static void machine(enum iommu_kind kind, uint32_t levels)
{
	memset(registers, 0, sizeof(registers));
	memset(pool, 0xff, sizeof(pool)); /* what somebody left */
	memset(seen, 0xff, sizeof(seen));
	iommu = (struct iommu){.access = &access, .unit = registers, .kind = kind, .pool = pool, .pool_at = POOL_AT,
	                       .pool_pages = POOL_PAGES};
	first = (struct iommu_space){.number = 0};
	second = (struct iommu_space){.number = IOMMU_SPACES_MAX - 1u};
	remembered_count = 0;
	stuck = false;
	settles = kind == IOMMU_VTD;
	if (kind == IOMMU_VTD) {
		registers[0x08] = CAP(levels);
		registers[0x10] = 0x0full << 8; /* invalidation at 0xf0 */
		return;
	}
	registers[0x00] = 1u << 1 | 2u << 2 | 1u << 4 | 1u << 27;
	registers[0x04] = 16;
	registers[0x14] = 1u << 4 | 4u;
}

static uint32_t taken(void)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < IOMMU_POOL_MAX / 64u; i++)
		count += (uint32_t)__builtin_popcountll(iommu.pool_taken[i]);
	return count;
}

static void confined(enum iommu_kind kind, uint32_t levels)
{
	machine(kind, levels);
	assert_int_equal(iommu_open(&iommu), STATUS_OK);
	assert_false(reaches(A, MEMORY_AT));
	assert_false(reaches(A, 0));
	assert_int_equal(iommu_attach(&iommu, A, &first), STATUS_OK);
	assert_false(reaches(A, MEMORY_AT));
	assert_int_equal(iommu_map(&iommu, &first, MEMORY_AT, 3, false), STATUS_OK);
	assert_int_equal(iommu_map(&iommu, &second, MEMORY_AT + 0x10000, 1, true), STATUS_OK);
	assert_int_equal(iommu_attach(&iommu, B, &second), STATUS_OK);
	for (uint32_t turn = 0; turn < 2; turn++) { /* found, and remembered */
		assert_true(reaches(A, MEMORY_AT) && reaches(A, MEMORY_AT + 0x2fff));
		assert_false(reaches(A, MEMORY_AT - 1u) || reaches(A, MEMORY_AT + 0x3000));
		assert_false(reaches(A, MEMORY_AT + 0x10000) || reaches(A, MEMORY_AT + (1ull << 30)));
		assert_true(reaches(B, MEMORY_AT + 0x10000));
		assert_false(reaches(B, MEMORY_AT) || reaches(A + 1u, MEMORY_AT) || reaches(A + 0x100u, MEMORY_AT));
	}
	assert_int_equal(iommu_unmap(&iommu, &first, MEMORY_AT, 2), STATUS_OK);
	assert_false(reaches(A, MEMORY_AT) || reaches(A, MEMORY_AT + 0x1000));
	assert_true(reaches(A, MEMORY_AT + 0x2000) && reaches(B, MEMORY_AT + 0x10000));
	assert_int_equal(iommu_detach(&iommu, A, &first), STATUS_OK);
	assert_int_equal(iommu_detach(&iommu, A ^ 0x7f00u, &first), STATUS_OK); /* was never attached */
	forget(0); /* what it looks up now is what there is */
	assert_false(reaches(A, MEMORY_AT + 0x2000));
	assert_true(reaches(B, MEMORY_AT + 0x10000));
	assert_int_equal(iommu_attach(&iommu, A, &first), STATUS_OK);
	assert_true(reaches(A, MEMORY_AT + 0x2000));
	/* Taken over: nothing of before is left. */
	assert_int_equal(iommu_open(&iommu), STATUS_OK);
	assert_false(reaches(A, MEMORY_AT + 0x2000) || reaches(B, MEMORY_AT + 0x10000));
}

static void test_confined(void **state)
{
	(void)state;
	confined(IOMMU_VTD, 4);
	confined(IOMMU_VTD, 3);
	confined(IOMMU_SMMU_V3, 4);
}

/* Firmware left its queue on: it is off before the registers are used. */
static void test_queue_left_on(void **state)
{
	(void)state;
	machine(IOMMU_VTD, 4);
	registers[0x1c] = 1u << 26;
	assert_int_equal(iommu_open(&iommu), STATUS_OK);
	assert_int_equal(registers[0x1c] >> 26 & 1u, 0);
	assert_int_equal(registers[0x1c] >> 31, 1);
}

/* Tables that hold nothing any more go back, so that memory may come and go for ever. */
static void test_pool(void **state)
{
	(void)state;
	for (uint32_t kind = IOMMU_VTD; kind <= IOMMU_SMMU_V3; kind++) {
		machine((enum iommu_kind)kind, 4);
		assert_int_equal(iommu_open(&iommu), STATUS_OK);
		assert_int_equal(iommu_attach(&iommu, A, &first), STATUS_OK);
		assert_int_equal(iommu_map(&iommu, &first, 0, 1, false), STATUS_OK);
		uint32_t before = taken();
		for (uint64_t i = 1; i < 200; i++) {
			assert_int_equal(iommu_map(&iommu, &first, i << 21, 700, false), STATUS_OK);
			assert_int_equal(iommu_unmap(&iommu, &first, i << 21, 700), STATUS_OK);
		}
		assert_int_equal(taken(), before);
		assert_true(reaches(A, 0));
		/* Used up: what had been mapped of it is gone again. */
		assert_int_equal(iommu_map(&iommu, &first, 1ull << 21, 512u * POOL_PAGES, false), STATUS_NO_MEMORY);
		assert_int_equal(taken(), before);
		assert_false(reaches(A, 1ull << 21));
		assert_true(reaches(A, 0));
	}
}

static void test_out_of_reach(void **state)
{
	(void)state;
	machine(IOMMU_VTD, 3);
	assert_int_equal(iommu_open(&iommu), STATUS_OK);
	assert_int_equal(iommu_map(&iommu, &first, 1ull << 39, 1, false), STATUS_INVALID);
	assert_int_equal(iommu_map(&iommu, &first, (1ull << 39) - IOMMU_PAGE, 2, false), STATUS_INVALID);
	assert_int_equal(iommu_map(&iommu, &first, 12, 1, false), STATUS_INVALID);
	assert_int_equal(iommu_map(&iommu, &first, 0, 0, false), STATUS_INVALID);
	assert_int_equal(iommu_map(&iommu, &first, 0x1000, UINT64_MAX, false), STATUS_INVALID);
	assert_int_equal(iommu_unmap(&iommu, &first, 1ull << 39, 1), STATUS_INVALID);
	assert_int_equal(iommu_unmap(&iommu, &first, 0x1000, 1), STATUS_OK);
	assert_int_equal(iommu_attach(&iommu, 0x10000, &first), STATUS_INVALID);
	machine(IOMMU_SMMU_V3, 4);
	assert_int_equal(iommu_open(&iommu), STATUS_OK);
	assert_int_equal(iommu_attach(&iommu, 0x8000, &first), STATUS_UNSUPPORTED);
	assert_false(reaches(0x8000, MEMORY_AT));
}

/* A unit that lacks something is left as it was. */
static void test_unfit(void **state)
{
	static const struct {
		enum iommu_kind kind;
		uint32_t offset;
		uint64_t clear, set;
	} lacks[] = {
		{IOMMU_VTD, 0x08, 3ull << 9, 0},      {IOMMU_VTD, 0x08, 7, 1},
		{IOMMU_SMMU_V3, 0x00, 1u << 1, 0},    {IOMMU_SMMU_V3, 0x00, 2u << 2, 0},
		{IOMMU_SMMU_V3, 0x00, 1u << 4, 0},    {IOMMU_SMMU_V3, 0x00, 1u << 27, 0},
		{IOMMU_SMMU_V3, 0x04, 63, 14},        {IOMMU_SMMU_V3, 0x04, 0, 1u << 30},
		{IOMMU_SMMU_V3, 0x14, 1u << 4, 0},
	};

	(void)state;
	for (uint32_t i = 0; i < sizeof(lacks) / sizeof(lacks[0]); i++) {
		uint64_t before[0x200];

		machine(lacks[i].kind, 4);
		registers[lacks[i].offset] = (registers[lacks[i].offset] & ~lacks[i].clear) | lacks[i].set;
		memcpy(before, registers, sizeof(before));
		assert_int_equal(iommu_open(&iommu), STATUS_UNSUPPORTED);
		assert_memory_equal(before, registers, sizeof(before));
	}
}

/* A unit that no longer answers: whoever asks is told, and nobody is let in. */
static void test_stuck(void **state)
{
	(void)state;
	for (uint32_t kind = IOMMU_VTD; kind <= IOMMU_SMMU_V3; kind++) {
		machine((enum iommu_kind)kind, 4);
		assert_int_equal(iommu_open(&iommu), STATUS_OK);
		assert_int_equal(iommu_attach(&iommu, A, &first), STATUS_OK);
		stuck = true;
		assert_int_equal(iommu_map(&iommu, &first, MEMORY_AT, 1, false), STATUS_IO_ERROR);
		assert_int_equal(iommu_unmap(&iommu, &first, MEMORY_AT, 1), STATUS_IO_ERROR);
		assert_int_equal(iommu_attach(&iommu, B, &second), STATUS_IO_ERROR);
		assert_false(reaches(B, MEMORY_AT));
		machine((enum iommu_kind)kind, 4);
		stuck = true;
		assert_int_equal(iommu_open(&iommu), STATUS_IO_ERROR);
	}
}

TEST_MAIN(cmocka_unit_test(test_confined), cmocka_unit_test(test_queue_left_on), cmocka_unit_test(test_pool),
          cmocka_unit_test(test_out_of_reach), cmocka_unit_test(test_unfit), cmocka_unit_test(test_stuck))
