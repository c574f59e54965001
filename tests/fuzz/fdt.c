/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A tree that fdt_open accepts can be asked everything of every node, and each walk ends. */
#include "fuzz.h"
#include <lib/fdt.h>
#include <string.h>

static void ask(const struct fdt *fdt, struct fdt_node node)
{
	char text[16];
	uint64_t base, length;
	uint32_t cells, sizes;
	struct fdt_node other;
	struct fdt_value value = fdt_name(fdt, node);
	struct fdt_interrupt interrupt;
	struct fdt_pci_window window;

	require(value.data >= fdt->data && value.size < fdt->size - (size_t)(value.data - fdt->data));
	fdt_cells(fdt, node, &cells, &sizes);
	if (fdt_parent(fdt, node, &other))
		require(other.offset < node.offset && other.depth + 1u == node.depth);
	if (fdt_property(fdt, node, "reg", &value))
		require(value.data >= fdt->data && value.size <= fdt->size - (size_t)(value.data - fdt->data));
	if (fdt_property_text(fdt, node, "compatible", text, sizeof text))
		require(memchr(text, '\0', sizeof text) != NULL);
	for (uint32_t i = 0; i < 3; i++) {
		if (fdt_reg(fdt, node, i, &base, &length))
			require(base <= UINT64_MAX - length);
		(void)fdt_reg_local(fdt, node, i, &base, &length);
		if (fdt_interrupt(fdt, node, i, &interrupt))
			require(interrupt.cell_count >= 1 && interrupt.cell_count <= FDT_INTERRUPT_CELLS_MAX);
		if (fdt_pci_window(fdt, node, i, &window))
			require(window.cpu_base <= UINT64_MAX - window.size);
		(void)fdt_pci_interrupt(fdt, node, i << 11, i + 1u, &interrupt);
	}
	(void)fdt_enabled(fdt, node);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fdt fdt;
	struct fdt_node found;
	uint64_t base, length;

	if (fdt_open(data, size, &fdt) != FDT_OK)
		return 0;
	struct fdt_node node = fdt_root(&fdt);
	for (uint32_t last = node.offset;; last = node.offset) {
		ask(&fdt, node);
		if (!fdt_next(&fdt, &node))
			break;
		require(node.offset > last && node.depth >= 1 && node.depth <= FDT_DEPTH_MAX);
	}
	for (uint32_t i = 0; i < 8 && fdt_reservation(&fdt, i, &base, &length); i++)
		;
	(void)fdt_find_path(&fdt, "/cpus/cpu", &found);
	(void)fdt_find_stdout(&fdt, &found);
	return 0;
}
