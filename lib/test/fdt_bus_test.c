/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Addresses through buses and PCI windows, interrupts through controllers and maps, and what is left out or odd. */
#include "fdt_tree.h"

static void expect_reg(const char *path, uint32_t index, uint64_t want_base, uint64_t want_size)
{
	uint64_t base = 0, size = 0;

	assert_true(fdt_reg(&fdt, at(path), index, &base, &size));
	assert_int_equal(base, want_base);
	assert_int_equal(size, want_size);
}

static void addresses(void **state)
{
	(void)state;
	uint64_t base = 0, size = 0;

	expect_reg("/memory", 0, 0x80000000, 0x10000000);
	expect_reg("/memory", 1, 0x100000000, 0x1000);
	assert_false(fdt_reg(&fdt, at("/memory"), 2, &base, &size));
	assert_false(fdt_reg(&fdt, at("/memory"), UINT32_MAX, &base, &size));
	expect_reg("/soc/serial", 0, 0x10001000, 0x100);
	expect_reg("/soc/serial", 1, 0x10002000, 0x10);
	expect_reg("/soc/edge", 0, 0x100000f00, 0x100);
	assert_false(fdt_reg(&fdt, at("/soc/beyond"), 0, &base, &size));
	assert_false(fdt_reg(&fdt, at("/soc/outside"), 0, &base, &size));
	expect_reg("/soc/bus/inner", 0, 0x10003000, 0x20);
	assert_false(fdt_reg(&fdt, at("/soc/isolated/hidden"), 0, &base, &size));
	assert_true(fdt_reg_local(&fdt, at("/soc/isolated/hidden"), 0, &base, &size));
	assert_int_equal(size, 0x20);
	assert_true(fdt_reg_local(&fdt, at("/cpus/cpu@1"), 0, &base, &size));
	assert_int_equal(base, 1);
	assert_int_equal(size, 0);
	assert_false(fdt_reg_local(&fdt, at("/cpus/cpu@1"), 1, &base, &size));
	assert_false(fdt_reg(&fdt, at("/"), 0, &base, &size));
}

static void pci_windows(void **state)
{
	(void)state;
	const struct fdt_node bridge = at("/pcie@30000000");
	struct fdt_pci_window window;

	assert_true(fdt_pci_window(&fdt, bridge, 0, &window));
	assert_int_equal(window.space, FDT_PCI_PORT);
	assert_int_equal(window.pci_base, 0);
	assert_int_equal(window.cpu_base, 0x3eff0000);
	assert_int_equal(window.size, 0x10000);
	assert_true(fdt_pci_window(&fdt, bridge, 1, &window));
	assert_int_equal(window.space, FDT_PCI_MEMORY32);
	assert_int_equal(window.pci_base, 0x10000000);
	assert_int_equal(window.size, 0x2eff0000);
	assert_false(window.prefetchable);
	assert_true(fdt_pci_window(&fdt, bridge, 2, &window));
	assert_int_equal(window.space, FDT_PCI_MEMORY64);
	assert_true(window.prefetchable);
	assert_int_equal(window.cpu_base, 0x8000000000);
	assert_int_equal(window.size, 0x8000000000);
	assert_false(fdt_pci_window(&fdt, bridge, 3, &window));
	assert_false(fdt_pci_window(&fdt, at("/soc"), 0, &window));
}

static void interrupts(void **state)
{
	(void)state;
	struct fdt_interrupt interrupt;

	assert_true(fdt_interrupt(&fdt, at("/soc/serial"), 1, &interrupt));
	assert_true(is_named(interrupt.controller, "plic@c000"));
	assert_int_equal(interrupt.cell_count, 1);
	assert_int_equal(interrupt.cells[0], 11);
	assert_false(fdt_interrupt(&fdt, at("/soc/serial"), 2, &interrupt));
	assert_true(fdt_interrupt(&fdt, at("/timer"), 1, &interrupt)); /* the parent is the root's */
	assert_true(is_named(interrupt.controller, "intc"));
	assert_int_equal(interrupt.cell_count, 3);
	assert_int_equal(interrupt.cells[1], 14);
	assert_false(fdt_interrupt(&fdt, at("/timer"), 2, &interrupt));
	assert_true(fdt_interrupt(&fdt, at("/soc/plic"), 3, &interrupt));
	assert_int_equal(interrupt.controller.offset, at("/cpus/cpu@1/interrupt-controller").offset);
	assert_int_equal(interrupt.cells[0], 9);
	assert_false(fdt_interrupt(&fdt, at("/soc/plic"), 4, &interrupt));
	assert_false(fdt_interrupt(&fdt, at("/soc/plic"), UINT32_MAX, &interrupt));
	assert_false(fdt_interrupt(&fdt, at("/memory"), 0, &interrupt));
}

static void pci_interrupts(void **state)
{
	(void)state;
	const struct fdt_node bridge = at("/pcie@30000000");
	struct fdt_interrupt interrupt;

	assert_true(fdt_pci_interrupt(&fdt, bridge, 0, 1, &interrupt));
	assert_int_equal(interrupt.cells[1], 3);
	assert_true(fdt_pci_interrupt(&fdt, bridge, 4 << 11, 2, &interrupt)); /* device 4 is masked to 0 */
	assert_int_equal(interrupt.cells[1], 4);
	assert_true(fdt_pci_interrupt(&fdt, bridge, 5 << 11, 1, &interrupt));
	assert_int_equal(interrupt.cells[1], 4);
	assert_true(fdt_pci_interrupt(&fdt, bridge, 1 << 11, 2, &interrupt)); /* another controller */
	assert_true(is_named(interrupt.controller, "plic@c000"));
	assert_int_equal(interrupt.cells[0], 77);
	assert_false(fdt_pci_interrupt(&fdt, bridge, 0, 3, &interrupt));
	assert_false(fdt_pci_interrupt(&fdt, at("/soc"), 0, 1, &interrupt));
}

/* What a careless firmware writes: values cut short, too many cells, no controller. */
static void oddities(void **state)
{
	(void)state;
	struct fdt_interrupt interrupt;

	tree_start();
	tree_begin("");
	tree_begin("four");
	tree_cells("phandle", 1);
	tree_cells("#interrupt-cells", 4);
	tree_end();
	tree_begin("five");
	tree_cells("phandle", 2);
	tree_cells("#interrupt-cells", 5);
	tree_end();
	tree_begin("whole");
	tree_cells("interrupts-extended", 1, 10, 11, 12, 13, 1, 20, 21, 22);
	tree_end();
	tree_begin("wide");
	tree_cells("interrupts-extended", 2, 10, 11, 12, 13, 14);
	tree_end();
	tree_begin("orphan");
	tree_cells("interrupts", 1);
	tree_end();
	tree_begin("zero"); /* nobody's parent */
	tree_cells("phandle", 0);
	tree_cells("#interrupt-cells", 1);
	tree_end();
	tree_begin("one");
	tree_cells("phandle", 3);
	tree_cells("#interrupt-cells", 1);
	tree_end();
	tree_begin("many");
	tree_cells("interrupts-extended", 3, 20, 3, 21, 3, 22, 3, 23, 3, 24, 3, 25, 3, 26, 3, 27);
	tree_end();
	tree_end();
	tree_use();

	assert_true(fdt_interrupt(&fdt, at("/whole"), 0, &interrupt));
	assert_int_equal(interrupt.cell_count, 4);
	assert_int_equal(interrupt.cells[3], 13);
	assert_false(fdt_interrupt(&fdt, at("/whole"), 1, &interrupt));
	assert_false(fdt_interrupt(&fdt, at("/whole"), 2, &interrupt));
	assert_false(fdt_interrupt(&fdt, at("/wide"), 0, &interrupt));
	assert_false(fdt_interrupt(&fdt, at("/orphan"), 0, &interrupt));
	assert_true(fdt_interrupt(&fdt, at("/many"), 7, &interrupt));
	assert_int_equal(interrupt.cells[0], 27);
	assert_false(fdt_interrupt(&fdt, at("/many"), 8, &interrupt));
	assert_false(fdt_reg(&fdt, at("/orphan"), 0, &(uint64_t){0}, &(uint64_t){0}));
}

/* What a tree may leave out has a value all the same: two cells of address, one of size; a mask of all ones. */
static void left_out(void **state)
{
	(void)state;
	struct fdt_interrupt interrupt;

	tree_start();
	tree_begin("");
	tree_begin("device");
	tree_cells("reg", 1, 2, 3, 4, 5, 6);
	tree_end();
	tree_begin("intc");
	tree_cells("phandle", 1);
	tree_cells("#interrupt-cells", 1);
	tree_end();
	tree_begin("exact");
	tree_cells("interrupt-map", 0x1000, 0, 0, 9, 1, 70, 0x0800, 0, 0, 1, 1, 71);
	tree_end();
	tree_begin("sizeless");
	tree_cells("#address-cells", 1);
	tree_cells("#size-cells", 0);
	tree_cells("ranges", 0, 0, 0x1000);
	tree_begin("at");
	tree_cells("reg", 0);
	tree_end();
	tree_end();
	tree_begin("short");
	tree_cells("interrupt-map-mask", 0x1800, 0, 0);
	tree_cells("interrupt-map", 0x0800, 0, 0, 1, 1, 72);
	tree_end();
	tree_end();
	tree_use();

	expect_reg("/device", 0, 0x100000002, 3);
	expect_reg("/device", 1, 0x400000005, 6);
	assert_false(fdt_reg(&fdt, at("/sizeless/at"), 0, &(uint64_t){0}, &(uint64_t){0})); /* a bus of nothing */
	assert_true(fdt_pci_interrupt(&fdt, at("/exact"), 0x0800, 1, &interrupt));
	assert_int_equal(interrupt.cells[0], 71);
	assert_true(fdt_pci_interrupt(&fdt, at("/exact"), 0x1000, 9, &interrupt));
	assert_int_equal(interrupt.cells[0], 70);
	assert_false(fdt_pci_interrupt(&fdt, at("/exact"), 0x0801, 1, &interrupt));
	assert_false(fdt_pci_interrupt(&fdt, at("/exact"), 0x80000800, 1, &interrupt));
	assert_false(fdt_pci_interrupt(&fdt, at("/exact"), 0x0800, 9, &interrupt));
	assert_false(fdt_pci_interrupt(&fdt, at("/exact"), 0x1000, 1, &interrupt));
	assert_true(fdt_pci_interrupt(&fdt, at("/short"), 0x0800, 1, &interrupt)); /* as if it were not there */
	assert_false(fdt_pci_interrupt(&fdt, at("/short"), 0x2800, 1, &interrupt));
}

static void tree_controller(const char *name, uint32_t phandle, uint32_t address_cells)
{
	tree_begin(name);
	tree_cells("phandle", phandle);
	tree_cells("#interrupt-cells", 1);
	if (address_cells != 0)
		tree_cells("#address-cells", address_cells);
	tree_end();
}

/* In a map, controllers may have addresses, of three cells at most; what is cut short is no entry. */
static void maps(void **state)
{
	(void)state;
	struct fdt_interrupt interrupt;

	tree_start();
	tree_begin("");
	tree_controller("plain", 1, 0);
	tree_controller("wide", 2, 3);
	tree_controller("wider", 3, 4);
	tree_begin("three");
	tree_cells("interrupt-map", 0, 0, 0, 1, 2, 8, 8, 8, 50, 0x800, 0, 0, 1, 1, 51, 0x1000, 0, 0, 1, 1);
	tree_end();
	tree_begin("four");
	tree_cells("interrupt-map", 0, 0, 0, 1, 3, 8, 8, 8, 8, 52, 0x800, 0, 0, 1, 1, 53);
	tree_end();
	tree_end();
	tree_use();
	assert_true(fdt_pci_interrupt(&fdt, at("/three"), 0, 1, &interrupt));
	assert_int_equal(interrupt.cells[0], 50);
	assert_true(is_named(interrupt.controller, "wide"));
	assert_true(fdt_pci_interrupt(&fdt, at("/three"), 0x800, 1, &interrupt));
	assert_int_equal(interrupt.cells[0], 51);
	assert_true(is_named(interrupt.controller, "plain"));
	assert_false(fdt_pci_interrupt(&fdt, at("/three"), 0x1000, 1, &interrupt));
	assert_false(fdt_pci_interrupt(&fdt, at("/four"), 0, 1, &interrupt));
	assert_false(fdt_pci_interrupt(&fdt, at("/four"), 0x800, 1, &interrupt));
}

/* A bus of so many cells, and a device there: its first address, or 0. */
static uint64_t base_with_cells(uint32_t address_cells, uint32_t size_cells)
{
	uint64_t base = 0, size = 0;

	tree_start();
	tree_begin("");
	tree_cells("#address-cells", address_cells);
	tree_cells("#size-cells", size_cells);
	tree_begin("device");
	tree_cells("reg", 1, 2, 3, 4, 5, 6, 7, 8);
	tree_end();
	tree_end();
	tree_use();
	return fdt_reg_local(&fdt, at("/device"), 0, &base, &size) ? base : 0;
}

static void widths(void **state)
{
	(void)state;
	assert_int_equal(base_with_cells(0, 1), 0);
	assert_int_equal(base_with_cells(1, 0), 1);
	assert_int_equal(base_with_cells(2, 2), 0x100000002);
	assert_int_equal(base_with_cells(3, 2), 0x200000003); /* PCI's first cell is no part of the number */
	assert_int_equal(base_with_cells(4, 2), 0);
	assert_int_equal(base_with_cells(2, 3), 0);
}

/* Regions that end where numbers do, or fill their bus; buses below wide addresses; nothing of PCI is memory by itself. */
static void ends(void **state)
{
	(void)state;
	uint64_t base = 0, size = 0;

	tree_start();
	tree_begin("");
	tree_cells("#address-cells", 3);
	tree_cells("#size-cells", 2);
	tree_begin("last");
	tree_cells("reg", 0, 0xffffffff, 0, 0, 0xffffffff, 0, 0xffffffff, 0, 1, 0);
	tree_end();
	tree_begin("bus");
	tree_cells("#address-cells", 1);
	tree_cells("#size-cells", 1);
	tree_cells("ranges", 0x100, 0, 0, 0x5000, 0x200);
	tree_device("whole", 0x100, 0x200);
	tree_device("more", 0x100, 0x201);
	tree_end();
	tree_begin("pcie");
	tree_cells("#address-cells", 3);
	tree_cells("#size-cells", 2);
	tree_cells("ranges", 0, 0, 0, 0, 0, 0, 1, 0);
	tree_begin("function");
	tree_cells("reg", 0, 0, 0, 0, 0x100);
	tree_end();
	tree_end();
	tree_end();
	tree_use();
	expect_reg("/last", 0, 0xffffffff00000000, 0xffffffff);
	assert_false(fdt_reg(&fdt, at("/last"), 1, &base, &size));
	expect_reg("/bus/whole", 0, 0x5000, 0x200);
	assert_false(fdt_reg(&fdt, at("/bus/more"), 0, &base, &size));
	assert_true(fdt_reg_local(&fdt, at("/pcie/function"), 0, &base, &size));
	assert_false(fdt_reg(&fdt, at("/pcie/function"), 0, &base, &size));
}

/* Of a window's first cell one bit says prefetchable, two the space, none more; one may end where numbers do. */
static void window_flags(void **state)
{
	(void)state;
	static const uint32_t flags[] = {0x40000000, 0x3fffffff, 0x83000000, 0xc2000000};
	struct fdt_pci_window window;

	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
		tree_start();
		tree_begin("");
		tree_begin("pcie");
		tree_cells("#address-cells", 3);
		tree_cells("#size-cells", 2);
		tree_cells("ranges", flags[i], 0xffffffff, 0, 0, 0x1000, 0, 0xffffffff, 0, 0xffffffff, 1, 0, 0x1000, 0, 0xffffffff);
		tree_end();
		tree_end();
		tree_use();
		assert_true(fdt_pci_window(&fdt, at("/pcie"), 0, &window));
		assert_int_equal(window.prefetchable, flags[i] >> 30 & 1u);
		assert_int_equal(window.space, flags[i] >> 24 & 3u);
		assert_int_equal(window.pci_base, 0xffffffff00000000);
		assert_false(fdt_pci_window(&fdt, at("/pcie"), 1, &window)); /* it would wrap */
	}
}

TEST_MAIN(T(addresses), T(pci_windows), T(interrupts), T(pci_interrupts), cmocka_unit_test(oddities),
          cmocka_unit_test(left_out), cmocka_unit_test(maps), cmocka_unit_test(widths),
          cmocka_unit_test(ends), cmocka_unit_test(window_flags))
