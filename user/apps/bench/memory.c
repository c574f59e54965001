/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pages: touched for the first time, mapped many at once. */
#include "bench.h"

#define PAGES  256u
#define ROUNDS 20u

static volatile uint8_t *mapped(handle_t memory, uint64_t how)
{
	uint64_t address;

	must(sys_memory_map(memory, 0, 0, PAGES, PROT_READ | PROT_WRITE | how, &address));
	return (volatile uint8_t *)address;
}

static void touch_all(volatile uint8_t *pages)
{
	for (uint32_t page = 0; page < PAGES; page++)
		pages[page * PAGE_SIZE] = 1;
}

/* A page nobody has touched: found, zeroed, entered. */
static void page_touch(void)
{
	uint64_t least = UINT64_MAX;
	handle_t memory;

	must(sys_memory_create(PAGES, &memory));
	volatile uint8_t *pages = mapped(memory, 0);
	for (uint32_t page = 0; page < PAGES; page++) {
		uint64_t from = arch_counter();
		pages[page * PAGE_SIZE] = 1;
		uint64_t ticks = arch_counter() - from;
		least = ticks < least ? ticks : least;
	}
	measure_report("page_touch", least, 1);
	must(sys_cap_drop(memory));
}

/* Pages that exist, mapped in one call and entered by it (or by touch): the call, and the call with a touch of each. */
static void map_batch(uint64_t how, const char *call_name, const char *touch_name)
{
	uint64_t map_least = UINT64_MAX, touch_least = UINT64_MAX;
	handle_t memory;

	must(sys_memory_create(PAGES, &memory));
	touch_all(mapped(memory, 0));
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint64_t from = arch_counter();
		volatile uint8_t *pages = mapped(memory, how);
		uint64_t map_ticks = arch_counter() - from;
		touch_all(pages);
		uint64_t touch_ticks = arch_counter() - from;

		map_least = map_ticks < map_least ? map_ticks : map_least;
		touch_least = touch_ticks < touch_least ? touch_ticks : touch_least;
		must(sys_memory_unmap((uint64_t)pages, PAGES));
	}
	measure_report(call_name, map_least, PAGES);
	measure_report(touch_name, touch_least, PAGES);
	must(sys_cap_drop(memory));
}

void bench_memory(void)
{
	page_touch();
	map_batch(0, "map_page", "map_and_touch_page");
	map_batch(MAP_POPULATE, "populate_page", "populate_and_touch_page");
}
