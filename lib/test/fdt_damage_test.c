/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Trees that lie in their headers or do not nest, truncation at every length, and damage: the sanitizer watches. */
#include "fdt_tree.h"

static bool value_inside(const struct fdt *any, struct fdt_value value)
{
	return value.data >= any->data && value.size <= any->size - (size_t)(value.data - any->data);
}

static enum fdt_verdict open_with(size_t offset, uint32_t value)
{
	struct fdt out;

	tree_machine();
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
	assert_int_equal(open_with(32, (uint32_t)writer_strings_size - 1), FDT_BAD_NAME); /* the last name never ends */
	assert_int_equal(fdt_total_size(tree, 7), 0);
	assert_int_equal(fdt_total_size(tree, 8), tree_size);
	put_be32(tree + 4, FDT_SIZE_MAX);
	assert_int_equal(fdt_total_size(tree, 8), FDT_SIZE_MAX);
	for (uint32_t i = 0; i < FDT_VERDICT_COUNT; i++)
		assert_true(strlen(fdt_verdict_text((enum fdt_verdict)i)) > 10);
	assert_string_equal(fdt_verdict_text(FDT_VERDICT_COUNT), "unknown verdict");
	tree_machine();
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

TEST_MAIN(T(headers), T(nesting), T(truncated), T(damaged), T(changing), T(random_bytes))
