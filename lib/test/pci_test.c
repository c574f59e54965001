/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A simulated machine: bridges that forward by the numbers they are told, BARs that can be measured, and devices
 * that answer nonsense. */
#include "test.h"
#include "../pci_priv.h"
#include <lib/bytes.h>
#include <string.h>

#define DEVICES_MAX 80u
#define SPACE       256u

struct device {
	int parent; /* index of the bridge it is behind; -1: first bus */
	uint32_t place; /* device << 3 | function */
	uint8_t space[SPACE];
	uint8_t writable[SPACE];
	bool noise; /* answers at random */
	uint32_t measured_while_decoding;
};
static struct device devices[DEVICES_MAX];
static uint32_t device_count;
static uint64_t seed;
static uint32_t accesses;
static bool mirrors; /* the first device answers wherever it is asked */

static void put(uint8_t *at, uint32_t value)
{
	for (uint32_t i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (8u * i));
}

static bool answers(const struct device *device, uint32_t address)
{
	uint32_t bus = 0;

	if (device->parent >= 0) {
		const struct device *bridge = &devices[device->parent];

		/* The bridge is reachable itself, and forwards to its own bus. */
		bus = bridge->space[0x19];
		for (const struct device *up = bridge; up->parent >= 0; up = &devices[up->parent]) {
			const uint8_t *numbers = devices[up->parent].space + 0x18;

			if (bus < numbers[1] || bus > numbers[2])
				return false;
		}
		if (bus == 0)
			return false;
	}
	return address == (bus << 8 | device->place);
}

static struct device *device_at(uint32_t address)
{
	if (mirrors)
		return &devices[0];
	for (uint32_t i = 0; i < device_count; i++) {
		if (answers(&devices[i], address))
			return &devices[i];
	}
	return NULL;
}

static uint32_t sim_read(void *space, uint32_t address, uint32_t offset)
{
	struct device *device = device_at(address);

	assert_ptr_equal(space, devices);
	assert_int_equal(offset % 4u, 0);
	assert_true(offset < SPACE);
	accesses++;
	if (device == NULL)
		return UINT32_MAX;
	return device->noise && offset != 0 ? (uint32_t)test_random(&seed) : bytes_le32(device->space + offset);
}

static void sim_write(void *space, uint32_t address, uint32_t offset, uint32_t value)
{
	struct device *device = device_at(address);
	uint8_t bytes[4];

	assert_ptr_equal(space, devices);
	assert_true(offset < SPACE && offset % 4u == 0);
	accesses++;
	if (device == NULL)
		return;
	put(bytes, value);
	if (offset >= 0x10 && offset < 0x28 && value == UINT32_MAX && (device->space[4] & 3u) != 0)
		device->measured_while_decoding++;
	for (uint32_t i = 0; i < 4; i++) {
		uint8_t mask = device->writable[offset + i];

		device->space[offset + i] = (uint8_t)((device->space[offset + i] & ~mask) | (bytes[i] & mask));
	}
}

static const struct pci_access access = {sim_read, sim_write};

static int add(int parent, uint32_t place, uint32_t class, uint32_t header)
{
	struct device *device = &devices[device_count];

	assert_true(device_count < DEVICES_MAX);
	memset(device, 0, sizeof(*device));
	device->parent = parent;
	device->place = place;
	put(device->space, 0x10421af4u);
	put(device->space + 8, class << 8 | 1u);
	put(device->space + 0xc, header << 16);
	put(device->writable + 4, 0x0407u);
	return (int)device_count++;
}

static void bar(int device, uint32_t index, uint64_t size, uint32_t flags)
{
	uint8_t *space = devices[device].space + 0x10 + 4 * index;
	uint8_t *writable = devices[device].writable + 0x10 + 4 * index;

	put(space, flags);
	put(writable, (uint32_t)~(size - 1u) & ~15u);
	if ((flags & 6u) == 4u)
		put(writable + 4, (uint32_t)(~(size - 1u) >> 32));
}

static int add_bridge(int parent, uint32_t place)
{
	int bridge = add(parent, place, 0x060400, 1);
	uint8_t *writable = devices[bridge].writable;

	put(writable + 0x18, 0x00ffffffu);
	put(writable + 0x1c, 0x0000f0f0u);
	put(writable + 0x20, 0xfff0fff0u);
	put(writable + 0x24, 0xfff0fff0u);
	put(writable + 0x28, UINT32_MAX);
	put(writable + 0x2c, UINT32_MAX);
	put(devices[bridge].space + 0x24, 0x00010001u);
	return bridge;
}

static struct pci pci;

static void machine(void)
{
	device_count = 0;
	pci = (struct pci){
		.access = &access,
		.space = devices,
		.bus_last = 255,
		.windows = {{PCI_PORT, 0, 0x10000},
		            {PCI_MEMORY, 0x10000000, 0x2eff0000},
		            {PCI_MEMORY64, 0x8000000000ull, 0x8000000000ull}},
		.window_count = 3,
	};
	seed = 7;
	mirrors = false;
}

/* ---- finding ---- */

static void test_found(void **state)
{
	(void)state;
	machine();
	add(-1, 0, 0x060000, 0);
	add(-1, 2u << 3, 0x010000, 0x80);
	add(-1, 2u << 3 | 3u, 0x010000, 0);
	add(-1, 3u << 3, 0x010000, 0);
	add(-1, 3u << 3 | 1u, 0x010000, 0); /* hidden: function 0 says that it is alone */
	pci_scan(&pci);
	assert_int_equal(pci.count, 4);
	assert_false(pci.left_out);
	assert_int_equal(pci.functions[2].address, PCI_ADDRESS(0, 2, 3));
	assert_int_equal(pci.functions[1].vendor, 0x1af4);
	assert_int_equal(pci.functions[1].device, 0x1042);
	assert_int_equal(pci.functions[1].class, 0x010000);
	assert_int_equal(pci.functions[1].parent, PCI_NONE);
}

static void test_nothing_there(void **state)
{
	(void)state;
	machine();
	pci_scan(&pci);
	assert_int_equal(pci.count, 0);
	assert_int_equal(pci_assign(&pci), 0);
}

static void test_tree(void **state)
{
	(void)state;
	machine();
	int outer = add_bridge(-1, 1u << 3);
	int inner = add_bridge(outer, 0);
	int leaf = add(inner, 4u << 3, 0x010000, 0);
	int second = add_bridge(-1, 5u << 3);
	int other = add(second, 0, 0x020000, 0);

	devices[leaf].space[0x3d] = 1;
	devices[other].space[0x3d] = 9; /* there is no such pin */
	pci_scan(&pci);
	assert_int_equal(pci.count, 5);
	assert_int_equal(pci.functions[0].end, 3);
	assert_int_equal(pci.functions[1].end, 3);
	assert_int_equal(pci.functions[2].parent, 1);
	assert_int_equal(pci.functions[2].address, PCI_ADDRESS(2, 4, 0));
	assert_int_equal(pci.functions[4].address, PCI_ADDRESS(3, 0, 0));
	assert_memory_equal(devices[outer].space + 0x18, "\0\1\2", 3);
	assert_memory_equal(devices[inner].space + 0x18, "\1\2\2", 3);
	assert_memory_equal(devices[second].space + 0x18, "\0\3\3", 3);

	uint32_t device, pin;
	assert_true(pci_pin(&pci, &pci.functions[2], &device, &pin));
	assert_int_equal(device, 1);
	assert_int_equal(pin, 1); /* A, turned by 4 and by 0 */
	assert_false(pci_pin(&pci, &pci.functions[4], &device, &pin));
}

static void test_too_much(void **state)
{
	(void)state;
	machine();
	for (uint32_t i = 0; i < 70; i++)
		add(-1, i, 0x010000, 0x80);
	pci_scan(&pci);
	assert_int_equal(pci.count, PCI_FUNCTIONS_MAX);
	assert_true(pci.left_out);

	machine();
	int bridge = -1;
	for (uint32_t i = 0; i < 12; i++)
		bridge = add_bridge(bridge, 0);
	pci_scan(&pci);
	assert_int_equal(pci.count, PCI_DEPTH_MAX);
	assert_true(pci.left_out);
	(void)pci_assign(&pci);

	machine();
	pci.bus_last = 0;
	(void)add(add_bridge(-1, 0), 0, 0x010000, 0);
	pci_scan(&pci);
	assert_int_equal(pci.count, 1);
	assert_true(pci.left_out);
}

/* ---- places ---- */

static void test_bars(void **state)
{
	(void)state;
	machine();
	int device = add(-1, 1u << 3, 0x010000, 0);
	bar(device, 0, 32, 1);
	bar(device, 1, 4096, 0);
	bar(device, 2, 0x100000000ull, 12);
	bar(device, 4, 16384, 4);
	devices[device].space[4] = 7;
	devices[device].writable[4] = 7;
	pci_scan(&pci);

	const struct pci_function *function = &pci.functions[0];
	assert_int_equal(devices[device].measured_while_decoding, 0);
	assert_int_equal(devices[device].space[4], 3); /* decodes as before, and no longer uses memory */
	assert_int_equal(function->bars[0].size, 32);
	assert_int_equal(function->bars[0].space, PCI_PORT);
	assert_int_equal(function->bars[2].size, 0x100000000ull);
	assert_int_equal(function->bars[2].space, PCI_MEMORY64);
	assert_int_equal(function->bars[3].size, 0);
	assert_int_equal(function->bars[4].space, PCI_MEMORY);
	assert_true(function->bars[4].wide);

	assert_int_equal(pci_assign(&pci), 0);
	assert_int_equal(function->bars[0].base, 0x1000);
	assert_int_equal(function->bars[1].base, 0x10000000);
	assert_int_equal(function->bars[2].base, 0x8000000000ull);
	assert_int_equal(function->bars[4].base, 0x10004000);
	assert_int_equal(bytes_le32(devices[device].space + 0x10), 0x1001);
	assert_int_equal(bytes_le32(devices[device].space + 0x18), 0xc);
	assert_int_equal(bytes_le32(devices[device].space + 0x1c), 0x80);

	/* Whoever comes later finds it as it is and changes nothing. */
	struct pci before = pci;
	pci_scan(&pci);
	assert_int_equal(pci_assign(&pci), 0);
	assert_memory_equal(before.functions, pci.functions, sizeof(pci.functions));
}

static void test_no_room(void **state)
{
	(void)state;
	machine();
	pci.window_count = 2; /* what may lie high goes low */
	pci.windows[1] = (struct pci_window){PCI_MEMORY, 0xfffff000u, 0x4000};
	bar(add(-1, 0, 0x010000, 0), 0, 4096, 12);
	bar(add(-1, 8, 0x010000, 0), 0, 16, 0);
	bar(add(-1, 16, 0x010000, 0), 0, 1ull << 62, 12);
	pci_scan(&pci);
	assert_int_equal(pci_assign(&pci), 2);
	assert_int_equal(pci.functions[0].bars[0].base, 0xfffff000u);
	assert_int_equal(pci.functions[1].bars[0].base, 0);
}

/* What lies behind a bridge is inside what it forwards, what does not is outside; no page has two owners. */
static void bar_check(uint32_t index, const struct pci_bar *bar)
{
	for (uint32_t i = 0; i < pci.count; i++) {
		const struct pci_function *bridge = &pci.functions[i];
		if (!bridge->bridge || index == i)
			continue;
		bool behind = index > i && index < bridge->end;
		uint64_t low = (uint64_t)pci_read(&pci, bridge->address, PCI_BRIDGE_MEMORY);
		uint64_t high = pci_read(&pci, bridge->address, PCI_BRIDGE_MEMORY64);
		uint64_t from = (low & 0xfff0u) << 16, to = (low & 0xfff00000u) | 0xfffffu;
		uint64_t from64 = (high & 0xfff0u) << 16 |
		                  (uint64_t)pci_read(&pci, bridge->address, PCI_BRIDGE_MEMORY64_BASE) << 32;
		uint64_t to64 = (high & 0xfff00000u) | 0xfffffu |
		                (uint64_t)pci_read(&pci, bridge->address, PCI_BRIDGE_MEMORY64_LIMIT) << 32;
		uint64_t last = bar->base + bar->size - 1u;

		if (behind)
			assert_true((bar->base >= from && last <= to) || (bar->base >= from64 && last <= to64));
		else
			assert_true((last < from || bar->base > to) && (last < from64 || bar->base > to64));
	}
}

static void test_behind_bridges(void **state)
{
	(void)state;
	for (uint64_t run = 1; run <= 200; run++) {
		machine();
		seed = run;
		int bridges[4] = {-1, -1, -1, -1};
		for (uint32_t i = 1; i < 4; i++)
			bridges[i] = add_bridge(bridges[test_random(&seed) % i], i << 3);
		for (uint32_t i = 0; i < 12; i++) {
			int device = add(bridges[test_random(&seed) % 4u], (i + 8u) << 3, 0x010000, 0);
			bar(device, 0, 16u << test_random(&seed) % 16u, 0);
			bar(device, 2, 4096ull << test_random(&seed) % 22u, 12);
			if (i % 3u == 0)
				bar(device, 4, 4096ull << test_random(&seed) % 8u, 4);
		}
		if (run % 2u == 0) { /* forwards low memory only */
			put(devices[bridges[1]].space + 0x24, 0);
			memset(devices[bridges[1]].writable + 0x28, 0, 8);
		}
		pci_scan(&pci);
		assert_int_equal(pci.count, 15);
		assert_false(pci.left_out);
		uint32_t unplaced = pci_assign(&pci);
		for (uint32_t i = 0; i < pci.count; i++) {
			for (uint32_t b = 0; b < PCI_BARS_MAX; b++) {
				const struct pci_bar *one = &pci.functions[i].bars[b];
				if (one->base == 0) {
					unplaced -= one->size != 0;
					continue;
				}
				assert_int_equal(one->base % one->size, 0);
				assert_false(pci_bar_shared(&pci, &pci.functions[i], b));
				bar_check(i, one);
			}
		}
		assert_int_equal(unplaced, 0);
	}
}

static void test_shared(void **state)
{
	(void)state;
	machine();
	int one = add(-1, 0, 0x010000, 0), two = add(-1, 8, 0x010000, 0);
	bar(one, 0, 256, 0);
	bar(two, 0, 256, 0);
	put(devices[one].space + 0x10, 0xfebf1000u);
	put(devices[two].space + 0x10, 0xfebf1100u); /* firmware packed them */
	pci_scan(&pci);
	assert_int_equal(pci_assign(&pci), 0);
	assert_true(pci_bar_shared(&pci, &pci.functions[0], 0));
	assert_int_equal(pci.functions[1].bars[0].base, 0xfebf1100u);
}

/* ---- capabilities ---- */

static void test_capabilities(void **state)
{
	(void)state;
	machine();
	uint8_t *space = devices[add(-1, 0, 0x010000, 0)].space;
	pci_scan(&pci);
	const struct pci_function *function = &pci.functions[0];

	space[0x34] = 0x98;
	assert_int_equal(pci_capability(&pci, function, PCI_CAPABILITY_VENDOR, 0), 0); /* it says that it has none */
	space[6] = 0x10;
	memcpy(space + 0x98, "\x11\x84", 2);
	memcpy(space + 0x84, "\x09\x70", 2);
	memcpy(space + 0x70, "\x09\x98", 2); /* in a circle */
	assert_int_equal(pci_capability(&pci, function, PCI_CAPABILITY_MSIX, 0), 0x98);
	assert_int_equal(pci_capability(&pci, function, PCI_CAPABILITY_VENDOR, 0), 0x84);
	assert_int_equal(pci_capability(&pci, function, PCI_CAPABILITY_VENDOR, 0x84), 0x70);
	assert_int_equal(pci_capability(&pci, function, PCI_CAPABILITY_MSI, 0), 0);
	space[0x71] = 0x20; /* into the header */
	assert_int_equal(pci_capability(&pci, function, PCI_CAPABILITY_VENDOR, 0x70), 0);
}

/* ---- reset ---- */

static void test_reset(void **state)
{
	(void)state;
	machine();
	int device = add(-1, 0, 0x010000, 0);
	uint8_t *space = devices[device].space;
	bar(device, 0, 4096, 12);
	space[6] = 0x10;
	space[0x34] = 0x40;
	space[0x40] = PCI_CAPABILITY_EXPRESS;
	put(devices[device].writable + 0x48, 0xffffu);
	pci_scan(&pci);
	assert_int_equal(pci_assign(&pci), 0);
	const struct pci_function *function = &pci.functions[0];
	pci_command(&pci, function, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	assert_false(pci_reset_begin(&pci, function)); /* it cannot be reset, but is stopped */
	assert_int_equal(bytes_le16(space + 4), PCI_COMMAND_NO_INTERRUPT);
	assert_int_equal(bytes_le16(space + 0x48), 0);

	put(space + 0x44, 1u << 28);
	pci_command(&pci, function, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, PCI_COMMAND_NO_INTERRUPT);
	assert_true(pci_reset_begin(&pci, function));
	assert_int_equal(bytes_le16(space + 0x48), 1u << 15);
	put(space + 4, 0); /* what a reset loses */
	put(space + 0x10, 0xc);
	put(space + 0x14, 0);
	pci_reset_end(&pci, function);
	assert_int_equal(bytes_le64(space + 0x10), function->bars[0].base | 0xcu);
	assert_int_equal(bytes_le16(space + 4), PCI_COMMAND_NO_INTERRUPT);
}

/* Devices that answer at random: all ends, within bounds, and soon. */
static void test_noise(void **state)
{
	(void)state;
	for (uint64_t run = 1; run <= 300; run++) {
		machine();
		seed = run;
		for (uint32_t i = 0; i < 20; i++)
			devices[add(-1, i << 3, 0, 0)].noise = true;
		accesses = 0;
		pci_scan(&pci);
		(void)pci_assign(&pci);
		for (uint32_t i = 0; i < pci.count; i++) {
			uint32_t device, pin;
			(void)pci_capability(&pci, &pci.functions[i], PCI_CAPABILITY_MSIX, 0);
			if (pci_pin(&pci, &pci.functions[i], &device, &pin))
				assert_true(device < 32u && pin >= 1u && pin <= 4u);
			for (uint32_t b = 0; b < PCI_BARS_MAX; b++) {
				const struct pci_bar *one = &pci.functions[i].bars[b];
				assert_int_equal(one->size & (one->size - 1u), 0);
				(void)pci_bar_shared(&pci, &pci.functions[i], b);
			}
		}
		assert_true(accesses < 200000);
	}
}

/* A bridge behind which there is nothing but itself, again and again. */
static void test_mirrored(void **state)
{
	(void)state;
	machine();
	devices[add_bridge(-1, 0)].space[0xe] |= 0x80;
	mirrors = true;
	accesses = 0;
	pci_scan(&pci);
	assert_int_equal(pci.count, PCI_FUNCTIONS_MAX);
	assert_true(pci.left_out);
	(void)pci_assign(&pci);
	assert_true(accesses < 20000);
}

TEST_MAIN(cmocka_unit_test(test_found), cmocka_unit_test(test_nothing_there), cmocka_unit_test(test_tree),
          cmocka_unit_test(test_too_much), cmocka_unit_test(test_bars), cmocka_unit_test(test_no_room),
          cmocka_unit_test(test_behind_bridges), cmocka_unit_test(test_shared),
          cmocka_unit_test(test_capabilities), cmocka_unit_test(test_reset), cmocka_unit_test(test_noise),
          cmocka_unit_test(test_mirrored))
