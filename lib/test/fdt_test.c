/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A tree with what real machines have (buses with ranges, a PCI bridge, two kinds
 * of interrupt controller), asked in every way; then trees that do not nest,
 * truncation at every length, and damage.
 */
#include "fdt_writer.h"
#include <lib/fdt.h>

static uint8_t tree[12288];
static size_t tree_size;
static struct fdt fdt;

static bool is_named(struct fdt_node node, const char *name)
{
	const struct fdt_value value = fdt_name(&fdt, node);
	return value.size == strlen(name) && memcmp(value.data, name, value.size) == 0;
}

static bool value_inside(const struct fdt *any, struct fdt_value value)
{
	return value.data >= any->data && value.size <= any->size - (size_t)(value.data - any->data);
}

static void build_cpus(void)
{
	tree_begin("cpus");
	tree_cells("#address-cells", 1);
	tree_cells("#size-cells", 0);
	for (uint32_t i = 0; i < 2; i++) {
		tree_begin(i == 0 ? "cpu@0" : "cpu@1");
		tree_cells("reg", i);
		tree_text("status", i == 0 ? "okay" : "disabled");
		tree_begin("interrupt-controller");
		tree_cells("phandle", i + 1);
		tree_cells("#interrupt-cells", 1);
		tree_end();
		tree_end();
	}
	tree_end();
}

static void build_device(const char *name, uint32_t base, uint32_t size)
{
	tree_begin(name);
	tree_cells("reg", base, size);
	tree_end();
}

static void build_soc(void)
{
	static const char compatible[] = "vendor,uart\0ns16550a";

	tree_begin("soc");
	tree_text("compatible", "simple-bus");
	tree_cells("#address-cells", 1);
	tree_cells("#size-cells", 1);
	tree_cells("ranges", 0, 0, 0x10000000, 0x100000, 0x40000000, 1, 0, 0x1000);
	tree_begin("serial@1000");
	tree_cells("reg", 0x1000, 0x100, 0x2000, 0x10);
	tree_property("compatible", compatible, sizeof compatible);
	tree_cells("interrupts", 10, 11);
	tree_cells("interrupt-parent", 3);
	tree_end();
	tree_begin("plic@c000");
	tree_cells("phandle", 3);
	tree_cells("#interrupt-cells", 1);
	tree_cells("interrupts-extended", 1, 11, 1, 9, 2, 11, 2, 9);
	tree_end();
	build_device("edge@40000f00", 0x40000f00, 0x100);
	build_device("beyond@40000f00", 0x40000f00, 0x101);
	build_device("outside@50000000", 0x50000000, 0x100);
	tree_begin("bus");
	tree_cells("#address-cells", 1);
	tree_cells("#size-cells", 1);
	tree_property("ranges", "", 0);
	build_device("inner@3000", 0x3000, 0x20);
	tree_end();
	tree_begin("isolated");
	tree_cells("#address-cells", 1);
	tree_cells("#size-cells", 1);
	build_device("hidden@0", 0, 0x20);
	tree_end();
	tree_end();
}

static void build_pci(void)
{
	tree_begin("pcie@30000000");
	tree_text("compatible", "pci-host-ecam-generic");
	tree_cells("#address-cells", 3);
	tree_cells("#size-cells", 2);
	tree_cells("#interrupt-cells", 1);
	tree_cells("reg", 0, 0x30000000, 0, 0x10000000);
	tree_cells("ranges", 0x01000000, 0, 0, 0, 0x3eff0000, 0, 0x10000, 0x02000000, 0, 0x10000000, 0,
	           0x10000000, 0, 0x2eff0000, 0x43000000, 0x80, 0, 0x80, 0, 0x80, 0);
	tree_cells("interrupt-map-mask", 0x1800, 0, 0, 7);
	tree_cells("interrupt-map", 0x0000, 0, 0, 1, 4, 0, 0, 0, 3, 4, 0x0000, 0, 0, 2, 4, 0, 0, 0, 4, 4,
	           0x0800, 0, 0, 1, 4, 0, 0, 0, 4, 4, 0x0800, 0, 0, 2, 3, 77);
	tree_end();
}

static void build(void)
{
	tree_start();
	tree_nop();
	tree_begin("");
	tree_cells("#address-cells", 2);
	tree_cells("#size-cells", 2);
	tree_cells("interrupt-parent", 4);
	tree_text("model", "test,machine");
	tree_begin("chosen");
	tree_text("stdout-path", "serial0:115200n8");
	tree_nop();
	tree_cells("linux,initrd-start", 1, 0x88200000);
	tree_end();
	tree_begin("aliases");
	tree_text("serial0", "/soc/serial@1000");
	tree_end();
	tree_begin("memory@80000000");
	tree_text("device_type", "memory");
	tree_cells("reg", 0, 0x80000000, 0, 0x10000000, 1, 0, 0, 0x1000);
	tree_end();
	build_cpus();
	build_soc();
	tree_begin("timer");
	tree_cells("interrupts", 1, 13, 8, 1, 14, 8);
	tree_end();
	tree_begin("intc");
	tree_cells("phandle", 4);
	tree_cells("#interrupt-cells", 3);
	tree_cells("#address-cells", 2);
	tree_end();
	build_pci();
	tree_end();
	tree_size = tree_finish(tree, sizeof tree);
}

static int setup(void **state)
{
	(void)state;
	build();
	return fdt_open(tree, tree_size, &fdt) == FDT_OK ? 0 : -1;
}

static struct fdt_node at(const char *path)
{
	struct fdt_node node = {0, 0};

	assert_true(fdt_find_path(&fdt, path, &node));
	return node;
}

static void walking(void **state)
{
	(void)state;
	static const char *const top[] = {
		"chosen", "aliases", "memory@80000000", "cpus", "soc", "timer", "intc", "pcie@30000000",
	};
	struct fdt_node node = fdt_root(&fdt), child, parent;
	uint32_t count = 1;

	assert_true(is_named(node, ""));
	assert_false(fdt_parent(&fdt, node, &parent));
	assert_true(fdt_child(&fdt, node, &child));
	for (size_t i = 0; i < sizeof top / sizeof top[0]; i++) {
		assert_true(is_named(child, top[i]));
		assert_int_equal(child.depth, 2);
		assert_true(fdt_parent(&fdt, child, &parent));
		assert_int_equal(parent.offset, node.offset);
		assert_int_equal(fdt_sibling(&fdt, &child), i + 1 < sizeof top / sizeof top[0]);
	}
	while (fdt_next(&fdt, &node))
		count++;
	assert_int_equal(count, 22);
	assert_false(fdt_child(&fdt, at("/cpus/cpu@1/interrupt-controller"), &child));
	assert_false(fdt_child(&fdt, at("/aliases"), &child)); /* what follows is beside it */
	node = at("/cpus/cpu@1/interrupt-controller");
	assert_false(fdt_sibling(&fdt, &node));
	assert_true(fdt_parent(&fdt, node, &parent));
	assert_true(is_named(parent, "cpu@1"));
	node.depth++; /* not a node of the tree */
	assert_false(fdt_parent(&fdt, node, &parent));
	node.offset = 12345678;
	assert_false(fdt_next(&fdt, &node));
	assert_true(is_named(node, ""));
}

/* What is no node has no name, no next one and no property: a property's place, a depth that nothing has, a token
 * cut short. */
static void no_nodes(void **state)
{
	(void)state;
	struct fdt_node node = fdt_root(&fdt);
	struct fdt_value value;
	struct fdt cut = fdt;

	node.offset += 8;
	assert_false(fdt_next(&fdt, &node));
	assert_false(fdt_property(&fdt, node, "#size-cells", &value));
	assert_int_equal(fdt_name(&fdt, node).size, 0);
	node = (struct fdt_node){ fdt_root(&fdt).offset, FDT_DEPTH_MAX };
	assert_false(fdt_next(&fdt, &node));
	node = at("/soc");
	cut.structure_size = node.offset + 8;
	assert_true(is_named(node, "soc") && fdt_name(&cut, node).size == 3);
	for (cut.structure_size = 0; cut.structure_size < node.offset + 8; cut.structure_size++) {
		assert_int_equal(fdt_name(&cut, node).size, 0);
		assert_false(fdt_next(&cut, &node));
	}
}

static void finding(void **state)
{
	(void)state;
	struct fdt_node node;

	assert_int_equal(at("/").offset, fdt_root(&fdt).offset);
	assert_int_equal(at("/soc/serial").offset, at("/soc/serial@1000").offset);
	assert_int_equal(at("//soc//serial:rest/of:it").offset, at("/soc/serial@1000").offset);
	assert_false(fdt_find_path(&fdt, "soc", &node));
	assert_false(fdt_find_path(&fdt, "/so", &node));
	assert_false(fdt_find_path(&fdt, "/xoc", &node));
	assert_false(fdt_find_path(&fdt, "/aliases/soc", &node)); /* it has no children */
	assert_false(fdt_find_path(&fdt, "/socket", &node));
	assert_false(fdt_find_path(&fdt, "/soc/serial@1001", &node));
	assert_false(fdt_find_path(&fdt, "/soc/serial@100", &node));
	assert_true(fdt_find_phandle(&fdt, 3, &node));
	assert_true(is_named(node, "plic@c000"));
	assert_false(fdt_find_phandle(&fdt, 99, &node));
	node = fdt_root(&fdt);
	assert_true(fdt_next_compatible(&fdt, &node, "ns16550a"));
	assert_true(is_named(node, "serial@1000"));
	assert_false(fdt_next_compatible(&fdt, &node, "ns16550a"));
	assert_true(fdt_find_stdout(&fdt, &node));
	assert_int_equal(node.offset, at("/soc/serial").offset);
}

static void properties(void **state)
{
	(void)state;
	struct fdt_value value;
	uint32_t cell = 7;
	uint64_t number = 7;
	char text[8];

	assert_true(fdt_property(&fdt, at("/memory"), "reg", &value));
	assert_int_equal(value.size, 32);
	assert_true(fdt_cell(value, 7, &cell) && cell == 0x1000);
	assert_false(fdt_cell(value, 8, &cell));
	assert_false(fdt_cell(value, UINT32_MAX, &cell));
	assert_false(fdt_property(&fdt, at("/memory"), "re", &value));
	assert_false(fdt_property(&fdt, at("/memory"), "regs", &value));
	assert_false(fdt_property(&fdt, at("/cpus"), "reg", &value)); /* that of a child is not ours */
	assert_true(fdt_property_u32(&fdt, at("/intc"), "phandle", &cell) && cell == 4);
	assert_false(fdt_property_u32(&fdt, at("/memory"), "reg", &cell));
	assert_true(fdt_property_u64(&fdt, at("/chosen"), "linux,initrd-start", &number));
	assert_int_equal(number, 0x188200000);
	assert_true(fdt_property_u64(&fdt, at("/intc"), "phandle", &number) && number == 4);
	assert_false(fdt_property_u64(&fdt, at("/memory"), "reg", &number));
	assert_true(fdt_property_text(&fdt, at("/"), "model", text, sizeof text));
	assert_string_equal(text, "test,ma");
	assert_false(fdt_property_text(&fdt, at("/intc"), "phandles", text, sizeof text));
	assert_string_equal(text, "");
	assert_true(fdt_compatible(&fdt, at("/soc/serial"), "vendor,uart"));
	assert_true(fdt_compatible(&fdt, at("/soc/serial"), "ns16550a"));
	assert_false(fdt_compatible(&fdt, at("/soc/serial"), "ns16550"));
	assert_false(fdt_compatible(&fdt, at("/soc/serial"), "16550a"));
	assert_true(fdt_enabled(&fdt, at("/cpus/cpu@0")));
	assert_false(fdt_enabled(&fdt, at("/cpus/cpu@1")));
	assert_true(fdt_enabled(&fdt, at("/intc")));
}

static void reservations(void **state)
{
	(void)state;
	uint64_t base = 0, size = 0;

	assert_true(fdt_reservation(&fdt, 0, &base, &size));
	assert_int_equal(base, 0x80000000);
	assert_int_equal(size, 0x40000);
	assert_false(fdt_reservation(&fdt, 1, &base, &size));
	assert_false(fdt_reservation(&fdt, UINT32_MAX, &base, &size));
	put_be32(tree + 40 + 16 + 12, 0x1000); /* one from address 0 on */
	assert_true(fdt_reservation(&fdt, 1, &base, &size));
	assert_int_equal(base, 0);
	assert_int_equal(size, 0x1000);
	put_be32(tree + 40 + 16 + 4, 0x90000000);
	put_be32(tree + 40 + 16 + 12, 0);
	assert_true(fdt_reservation(&fdt, 1, &base, &size));
	assert_int_equal(base, 0x90000000);
	assert_int_equal(size, 0);
}

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

/* What a careless firmware writes: values cut short, too many cells, a path where others have an alias. */
static void oddities(void **state)
{
	(void)state;
	struct fdt_interrupt interrupt;
	struct fdt_node node;

	tree_start();
	tree_begin("");
	tree_begin("chosen");
	tree_text("stdout-path", "/uart@0:9600");
	tree_end();
	tree_begin("uart@0");
	tree_property("compatible", "first\0second", 12); /* the second never ends */
	tree_end();
	tree_begin("four");
	tree_text("status", "ok");
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
	tree_end();
	tree_size = tree_finish(tree, sizeof tree);
	assert_int_equal(fdt_open(tree, tree_size, &fdt), FDT_OK);

	assert_true(fdt_find_stdout(&fdt, &node));
	assert_true(is_named(node, "uart@0"));
	assert_true(fdt_compatible(&fdt, node, "first"));
	assert_false(fdt_compatible(&fdt, node, "second"));
	assert_false(fdt_compatible(&fdt, node, "third"));
	assert_true(fdt_enabled(&fdt, at("/four")));
	assert_true(fdt_interrupt(&fdt, at("/whole"), 0, &interrupt));
	assert_int_equal(interrupt.cell_count, 4);
	assert_int_equal(interrupt.cells[3], 13);
	assert_false(fdt_interrupt(&fdt, at("/whole"), 1, &interrupt));
	assert_false(fdt_interrupt(&fdt, at("/whole"), 2, &interrupt));
	assert_false(fdt_interrupt(&fdt, at("/wide"), 0, &interrupt));
	assert_false(fdt_interrupt(&fdt, at("/orphan"), 0, &interrupt));
	assert_false(fdt_reg(&fdt, at("/orphan"), 0, &(uint64_t){0}, &(uint64_t){0}));
}

/* A console is named by nobody, by an alias that is none, or by one that leads nowhere. */
static void no_stdout(void **state)
{
	(void)state;
	static const char *const said[] = { NULL, "serial1:9600", "serial0", "serial" };
	struct fdt_node node;

	for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
		tree_start();
		tree_begin("");
		tree_begin("chosen");
		if (said[i] != NULL)
			tree_text("stdout-path", said[i]);
		tree_end();
		tree_begin("aliases");
		tree_text("serial0", "/nowhere");
		tree_text("serial", "/aliases");
		tree_end();
		tree_end();
		tree_size = tree_finish(tree, sizeof tree);
		assert_int_equal(fdt_open(tree, tree_size, &fdt), FDT_OK);
		assert_int_equal(fdt_find_stdout(&fdt, &node), i == 3);
	}
	assert_int_equal(node.offset, at("/aliases").offset);
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
	tree_size = tree_finish(tree, sizeof tree);
	assert_int_equal(fdt_open(tree, tree_size, &fdt), FDT_OK);

	expect_reg("/device", 0, 0x100000002, 3);
	expect_reg("/device", 1, 0x400000005, 6);
	assert_false(fdt_reg(&fdt, at("/sizeless/at"), 0, &(uint64_t){0},
	                     &(uint64_t){0})); /* a bus of nothing */
	assert_true(fdt_pci_interrupt(&fdt, at("/exact"), 0x0800, 1, &interrupt));
	assert_int_equal(interrupt.cells[0], 71);
	assert_true(fdt_pci_interrupt(&fdt, at("/exact"), 0x1000, 9, &interrupt));
	assert_int_equal(interrupt.cells[0], 70);
	assert_false(fdt_pci_interrupt(&fdt, at("/exact"), 0x0801, 1, &interrupt));
	assert_false(fdt_pci_interrupt(&fdt, at("/exact"), 0x80000800, 1, &interrupt));
	assert_false(fdt_pci_interrupt(&fdt, at("/exact"), 0x0800, 9, &interrupt));
	assert_false(fdt_pci_interrupt(&fdt, at("/exact"), 0x1000, 1, &interrupt));
	assert_true(
		fdt_pci_interrupt(&fdt, at("/short"), 0x0800, 1, &interrupt)); /* as if it were not there */
	assert_false(fdt_pci_interrupt(&fdt, at("/short"), 0x2800, 1, &interrupt));
}

static enum fdt_verdict open_with(size_t offset, uint32_t value)
{
	struct fdt out;

	build();
	put_be32(tree + offset, value);
	return fdt_open(tree, tree_size, &out);
}

static void headers(void **state)
{
	(void)state;
	assert_int_equal(open_with(0, 0xd00dfeee), FDT_NOT_A_TREE);
	assert_int_equal(open_with(4, FDT_SIZE_MAX + 1), FDT_NOT_A_TREE);
	assert_int_equal(open_with(4, 39), FDT_TRUNCATED);
	assert_int_equal(open_with(4, (uint32_t)tree_size + 1), FDT_TRUNCATED);
	assert_int_equal(open_with(20, 16), FDT_OTHER_VERSION);
	assert_int_equal(open_with(24, 18), FDT_OTHER_VERSION);
	assert_int_equal(open_with(20, 18), FDT_OK);
	assert_int_equal(open_with(8, 73), FDT_BLOCK_RANGE);
	assert_int_equal(open_with(8, UINT32_MAX - 3), FDT_BLOCK_RANGE);
	assert_int_equal(open_with(12, UINT32_MAX), FDT_BLOCK_RANGE);
	assert_int_equal(open_with(16, UINT32_MAX), FDT_BLOCK_RANGE);
	assert_int_equal(open_with(16, (uint32_t)tree_size + 1), FDT_BLOCK_RANGE);
	assert_int_equal(open_with(16, (uint32_t)tree_size), FDT_OK);
	assert_int_equal(open_with(32, UINT32_MAX), FDT_BLOCK_RANGE);
	assert_int_equal(open_with(36, UINT32_MAX), FDT_BLOCK_RANGE);
	assert_int_equal(open_with(36, 0), FDT_BAD_TOKEN);
	assert_int_equal(open_with(32, 0), FDT_BAD_NAME);
	assert_int_equal(open_with(32, (uint32_t)writer_strings_size - 1),
	                 FDT_BAD_NAME); /* the last name never ends */
	assert_int_equal(fdt_total_size(tree, 7), 0);
	assert_int_equal(fdt_total_size(tree, 8), tree_size);
	put_be32(tree + 4, FDT_SIZE_MAX);
	assert_int_equal(fdt_total_size(tree, 8), FDT_SIZE_MAX);
	for (uint32_t i = 0; i < FDT_VERDICT_COUNT; i++)
		assert_true(strlen(fdt_verdict_text((enum fdt_verdict)i)) > 10);
	assert_string_equal(fdt_verdict_text(FDT_VERDICT_COUNT), "unknown verdict");
	build();
}

static enum fdt_verdict open_finished(void)
{
	struct fdt out;
	uint8_t bytes[2048];
	const size_t size = tree_finish(bytes, sizeof bytes);

	return fdt_open(bytes, size, &out);
}

static void nesting(void **state)
{
	(void)state;
	tree_start();
	assert_int_equal(open_finished(), FDT_UNBALANCED); /* no root */
	tree_start();
	tree_begin("");
	assert_int_equal(open_finished(), FDT_UNBALANCED); /* never ends */
	tree_start();
	tree_end();
	assert_int_equal(open_finished(), FDT_UNBALANCED); /* ends before it begins */
	tree_start();
	tree_begin("");
	tree_end();
	tree_begin("");
	tree_end();
	assert_int_equal(open_finished(), FDT_UNBALANCED); /* two roots */
	tree_start();
	tree_cells("stray", 1);
	assert_int_equal(open_finished(), FDT_UNBALANCED);
	tree_start();
	tree_begin("");
	writer_cell(5);
	assert_int_equal(open_finished(), FDT_BAD_TOKEN);
	tree_start();
	tree_begin("");
	writer_cell(3); /* a property of more bytes than there are, as many as the number of a token */
	writer_cell(9);
	writer_cell(0);
	assert_int_equal(open_finished(), FDT_BAD_TOKEN);
	for (uint32_t depth = FDT_DEPTH_MAX; depth <= FDT_DEPTH_MAX + 1; depth++) {
		tree_start();
		for (uint32_t i = 0; i < depth; i++)
			tree_begin("n");
		for (uint32_t i = 0; i < depth; i++)
			tree_end();
		assert_int_equal(open_finished(), depth <= FDT_DEPTH_MAX ? FDT_OK : FDT_TOO_DEEP);
	}
}

/* Ask everything of every node; the sanitizer watches. */
static void ask_all(const struct fdt *any)
{
	struct fdt_node node = fdt_root(any);
	uint32_t nodes = 0;

	do {
		struct fdt_node other;
		struct fdt_interrupt interrupt;
		struct fdt_pci_window window;
		uint64_t base, size;
		assert_true(value_inside(any, fdt_name(any, node)));
		(void)!fdt_parent(any, node, &other);
		(void)fdt_enabled(any, node);
		(void)fdt_compatible(any, node, "ns16550a");
		for (uint32_t i = 0; i < 4; i++) {
			if (fdt_reg(any, node, i, &base, &size))
				assert_true(size <= UINT64_MAX - base);
			if (fdt_pci_window(any, node, i, &window))
				assert_true(window.size <= UINT64_MAX - window.cpu_base);
			if (fdt_interrupt(any, node, i, &interrupt))
				assert_in_range(interrupt.cell_count, 1, FDT_INTERRUPT_CELLS_MAX);
		}
		(void)!fdt_pci_interrupt(any, node, 1 << 11, 2, &interrupt);
	} while (fdt_next(any, &node) && ++nodes < 10000);
	assert_true(nodes < 10000);
	(void)!fdt_find_stdout(any, &node);
	(void)!fdt_find_phandle(any, 5, &node);
}

static void ask_bytes(const uint8_t *bytes, size_t length)
{
	uint8_t *copy = test_copy(bytes, length);
	struct fdt any;

	if (fdt_open(copy, length, &any) == FDT_OK)
		ask_all(&any);
	free(copy);
}

static void truncated(void **state)
{
	(void)state;
	for (size_t length = 0; length < tree_size; length++) {
		struct fdt out;
		uint8_t *copy = test_copy(tree, length);
		assert_int_not_equal(fdt_open(copy, length, &out), FDT_OK);
		if (length > 8) { /* the same with a header that tells the truth */
			put_be32(copy + 4, (uint32_t)length);
			ask_bytes(copy, length);
		}
		free(copy);
	}
}

static void damaged(void **state)
{
	(void)state;
	uint64_t seed = 19;

	for (uint32_t i = 0; i < 6000; i++) {
		uint8_t bytes[sizeof tree];
		memcpy(bytes, tree, tree_size);
		for (uint32_t k = 0; k <= i % 5; k++) {
			const size_t position = test_random(&seed) % (i % 3 == 0 ? 72 : tree_size);
			bytes[position] =
				(uint8_t)(i % 2 == 0 ? test_random(&seed) : test_random(&seed) % 10);
		}
		ask_bytes(bytes, tree_size);
	}
}

/* After fdt_open the bytes change (somebody else's memory): wrong answers, nothing worse. */
static void changing(void **state)
{
	(void)state;
	uint64_t seed = 20;

	for (uint32_t i = 0; i < 300; i++) {
		uint8_t *copy = test_copy(tree, tree_size);
		struct fdt any;
		assert_int_equal(fdt_open(copy, tree_size, &any), FDT_OK);
		for (uint32_t k = 0; k < 20; k++)
			copy[72 + test_random(&seed) % (tree_size - 72)] =
				(uint8_t)(test_random(&seed) % 10);
		struct fdt_node node = fdt_root(&any);
		uint64_t base, size;
		struct fdt_interrupt interrupt;
		do {
			(void)!fdt_reg(&any, node, 0, &base, &size);
			(void)!fdt_interrupt(&any, node, 1, &interrupt);
			(void)fdt_compatible(&any, node, "ns16550a");
		} while (fdt_next(&any, &node));
		free(copy);
	}
}

static void random_bytes(void **state)
{
	(void)state;
	uint64_t seed = 21;

	for (uint32_t i = 0; i < 20000; i++) {
		uint8_t bytes[256];
		for (size_t k = 0; k < sizeof bytes; k++)
			bytes[k] = (uint8_t)(test_random(&seed) % 4 == 0 ? test_random(&seed)
			                                                 : test_random(&seed) % 4);
		memcpy(bytes, tree, 40);
		put_be32(bytes + 4, sizeof bytes);
		put_be32(bytes + 8, 40);
		put_be32(bytes + 12, 200);
		put_be32(bytes + 32, 56);
		put_be32(bytes + 36, 160);
		ask_bytes(bytes, sizeof bytes);
	}
}

TEST_MAIN(cmocka_unit_test_setup(walking, setup), cmocka_unit_test_setup(no_nodes, setup),
          cmocka_unit_test_setup(finding, setup),
          cmocka_unit_test_setup(properties, setup), cmocka_unit_test_setup(reservations, setup),
          cmocka_unit_test_setup(addresses, setup), cmocka_unit_test_setup(pci_windows, setup),
          cmocka_unit_test_setup(interrupts, setup), cmocka_unit_test_setup(pci_interrupts, setup),
          cmocka_unit_test(oddities), cmocka_unit_test(no_stdout), cmocka_unit_test(left_out), cmocka_unit_test_setup(headers, setup),
          cmocka_unit_test_setup(nesting, setup), cmocka_unit_test_setup(truncated, setup),
          cmocka_unit_test_setup(damaged, setup), cmocka_unit_test_setup(changing, setup),
          cmocka_unit_test_setup(random_bytes, setup))
