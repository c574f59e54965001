/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A tree with what real machines have: buses with ranges, a PCI bridge, two kinds of interrupt controller. */
#pragma once
#include "fdt_writer.h"
#include <lib/fdt.h>

static uint8_t tree[12288];
static size_t tree_size;
static struct fdt fdt;

static inline bool is_named(struct fdt_node node, const char *name)
{
	const struct fdt_value value = fdt_name(&fdt, node);
	return value.size == strlen(name) && memcmp(value.data, name, value.size) == 0;
}

static inline struct fdt_node at(const char *path)
{
	struct fdt_node node = {0, 0};

	assert_true(fdt_find_path(&fdt, path, &node));
	return node;
}

/* What was built since tree_start is the tree now. */
static inline void tree_use(void)
{
	tree_size = tree_finish(tree, sizeof tree);
	assert_int_equal(fdt_open(tree, tree_size, &fdt), FDT_OK);
}

static inline void tree_cpus(void)
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

static inline void tree_device(const char *name, uint32_t base, uint32_t size)
{
	tree_begin(name);
	tree_cells("reg", base, size);
	tree_end();
}

static inline void tree_soc(void)
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
	tree_device("edge@40000f00", 0x40000f00, 0x100);
	tree_device("beyond@40000f00", 0x40000f00, 0x101);
	tree_device("outside@50000000", 0x50000000, 0x100);
	tree_begin("bus");
	tree_cells("#address-cells", 1);
	tree_cells("#size-cells", 1);
	tree_property("ranges", "", 0);
	tree_device("inner@3000", 0x3000, 0x20);
	tree_end();
	tree_begin("isolated");
	tree_cells("#address-cells", 1);
	tree_cells("#size-cells", 1);
	tree_device("hidden@0", 0, 0x20);
	tree_end();
	tree_end();
}

static inline void tree_pci(void)
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

static inline void tree_machine(void)
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
	tree_cpus();
	tree_soc();
	tree_begin("timer");
	tree_cells("interrupts", 1, 13, 8, 1, 14, 8);
	tree_end();
	tree_begin("intc");
	tree_cells("phandle", 4);
	tree_cells("#interrupt-cells", 3);
	tree_cells("#address-cells", 2);
	tree_end();
	tree_pci();
	tree_end();
	tree_use();
}

static inline int setup(void **state)
{
	(void)state;
	tree_machine();
	return 0;
}

#define T(name) cmocka_unit_test_setup(name, setup)
