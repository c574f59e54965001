/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A tree walked and searched, its properties, its reservations and its console. */
#include "fdt_tree.h"

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

/* A console is named by nobody, by an alias that is none or leads nowhere or is right, or by a path. */
static void consoles(void **state)
{
	(void)state;
	static const struct {
		const char *said, *path;
	} cases[] = {
		{NULL, NULL}, {"serial1:9600", NULL}, {"serial0", NULL}, {"serial", "/aliases"}, {":9600", NULL},
		{"/uart@0:9600", "/uart@0"},
	};
	struct fdt_node node;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		tree_start();
		tree_begin("");
		tree_begin("chosen");
		if (cases[i].said != NULL)
			tree_text("stdout-path", cases[i].said);
		tree_end();
		tree_begin("aliases");
		tree_text("serial0", "/nowhere");
		tree_text("serial", "/aliases");
		tree_text(":9600", "/aliases"); /* options are no name */
		tree_end();
		tree_begin("uart@0");
		tree_property("compatible", "first\0second", 12); /* the second never ends */
		tree_text("status", "ok");
		tree_end();
		tree_end();
		tree_use();
		assert_int_equal(fdt_find_stdout(&fdt, &node), cases[i].path != NULL);
		if (cases[i].path != NULL)
			assert_int_equal(node.offset, at(cases[i].path).offset);
	}
	assert_true(fdt_compatible(&fdt, node, "first"));
	assert_false(fdt_compatible(&fdt, node, "second"));
	assert_false(fdt_compatible(&fdt, node, "third"));
	assert_true(fdt_enabled(&fdt, node));
}

TEST_MAIN(T(walking), T(no_nodes), T(finding), T(properties), T(reservations), cmocka_unit_test(consoles))
