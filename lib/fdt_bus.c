/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Addresses and interrupts: properties that are arrays of cells, whose widths
 * other nodes give. Numbers wider than 64 bits do not occur in what we read; a
 * three-cell PCI address is its flags and a 64-bit number.
 */
#include <lib/fdt.h>

#define PCI_CELLS 3u
#define ADDRESS_CELLS_MAX 3u
#define SIZE_CELLS_MAX 2u

/* Arrays and not literals: a prover sees what is in them. */
static const char name_address_cells[] = "#address-cells";
static const char name_size_cells[] = "#size-cells";
static const char name_reg[] = "reg";
static const char name_ranges[] = "ranges";

/* The number in `count` cells at cell `at`, the low two if there are more. No cells: 0. */
/*@ requires fdt_value_ok(value) && \valid(out) && \separated(out, value.data + (0 .. value.size - 1));
    requires count <= ADDRESS_CELLS_MAX && at <= FDT_SIZE_MAX;
    assigns *out; */
static bool number_at(struct fdt_value value, uint32_t at, uint32_t count, uint64_t *out)
{
	uint32_t high = 0;
	uint32_t low = 0;

	if (count >= 2u && !fdt_cell(value, at + count - 2u, &high))
		return false;
	if (count >= 1u && !fdt_cell(value, at + count - 1u, &low))
		return false;
	*out = high * 0x100000000u + low;
	return true;
}

/* An array of entries of `entry` cells: entry `index` begins at cell *out. */
/*@ requires value.size <= FDT_SIZE_MAX && 0 < entry <= 16 && \valid(out);
    assigns *out;
    ensures \result ==> 4 * (*out + entry) <= value.size && index <= *out; */
static bool entry_at(struct fdt_value value, uint32_t index, uint32_t entry, uint32_t *out)
{
	const uint64_t at = (uint64_t)index * entry;

	//@ assert index <= at <= 16 * index;
	if (at + entry > value.size / 4u)
		return false;
	*out = (uint32_t)at;
	return true;
}

void fdt_cells(const struct fdt *fdt, struct fdt_node node, uint32_t *out_address, uint32_t *out_size)
{
	if (!fdt_property_u32(fdt, node, name_address_cells, out_address))
		*out_address = 2;
	if (!fdt_property_u32(fdt, node, name_size_cells, out_size))
		*out_size = 1;
}

bool fdt_reg_local(const struct fdt *fdt, struct fdt_node node, uint32_t index, uint64_t *out_base,
                   uint64_t *out_size)
{
	struct fdt_value value = { fdt->data, 0 };
	struct fdt_node parent = { 0, 0 };
	uint32_t address_cells = 0;
	uint32_t size_cells = 0;
	uint32_t at = 0;

	if (!fdt_parent(fdt, node, &parent) || !fdt_property(fdt, node, name_reg, &value))
		return false;
	fdt_cells(fdt, parent, &address_cells, &size_cells);
	if (address_cells == 0 || address_cells > ADDRESS_CELLS_MAX || size_cells > SIZE_CELLS_MAX ||
	    !entry_at(value, index, address_cells + size_cells, &at))
		return false;
	return number_at(value, at, address_cells, out_base) &&
	       number_at(value, at + address_cells, size_cells, out_size);
}

/* The ranges of a bus: entries of child address, parent address, size. */
struct ranges {
	struct fdt_value value;
	uint32_t child_cells;
	uint32_t parent_cells;
	uint32_t size_cells;
};

/*@ predicate ranges_ok{L}(struct ranges *ranges) =
      \valid_read(ranges) && fdt_value_ok(ranges->value) &&
      1 <= ranges->child_cells <= ADDRESS_CELLS_MAX && 1 <= ranges->parent_cells <= ADDRESS_CELLS_MAX &&
      1 <= ranges->size_cells <= SIZE_CELLS_MAX;
*/

/* The ranges of `bus`, whose parent is `above`. */
/*@ requires fdt_ok(fdt) && \valid(out) && \separated(out, fdt, fdt->data + (0 .. fdt->size - 1));
    assigns *out;
    ensures \result ==> ranges_ok(out);
    ensures \result ==> \exists integer at; 0 <= at <= at + out->value.size <= fdt->size &&
      out->value.data == fdt->data + at; */
static bool ranges_read(const struct fdt *fdt, struct fdt_node bus, struct fdt_node above, struct ranges *out)
{
	uint32_t unused = 0;

	if (!fdt_property(fdt, bus, name_ranges, &out->value))
		return false;
	fdt_cells(fdt, bus, &out->child_cells, &out->size_cells);
	fdt_cells(fdt, above, &out->parent_cells, &unused);
	return out->child_cells >= 1u && out->child_cells <= ADDRESS_CELLS_MAX && out->parent_cells >= 1u &&
	       out->parent_cells <= ADDRESS_CELLS_MAX && out->size_cells >= 1u &&
	       out->size_cells <= SIZE_CELLS_MAX;
}

struct range {
	uint32_t flags; /* first cell of a three-cell child address, else 0 */
	uint64_t child;
	uint64_t parent;
	uint64_t size;
};

/*@ requires ranges_ok(ranges) && \valid(out);
    requires \separated(out, ranges, ranges->value.data + (0 .. ranges->value.size - 1));
    assigns *out;
    ensures \result ==> index < ranges->value.size;
    ensures \result ==> out->child + out->size <= UINT64_MAX && out->parent + out->size <= UINT64_MAX; */
static bool range_read(const struct ranges *ranges, uint32_t index, struct range *out)
{
	const uint32_t entry = ranges->child_cells + ranges->parent_cells + ranges->size_cells;
	uint32_t at = 0;

	out->flags = 0;
	if (!entry_at(ranges->value, index, entry, &at))
		return false;
	if (ranges->child_cells == PCI_CELLS && !fdt_cell(ranges->value, at, &out->flags))
		return false;
	if (!number_at(ranges->value, at, ranges->child_cells, &out->child) ||
	    !number_at(ranges->value, at + ranges->child_cells, ranges->parent_cells, &out->parent) ||
	    !number_at(ranges->value, at + ranges->child_cells + ranges->parent_cells, ranges->size_cells,
	               &out->size))
		return false;
	return out->size <= UINT64_MAX - out->child && out->size <= UINT64_MAX - out->parent;
}

/* [base, base + size) of the bus, in terms of its parent. */
/*@ requires fdt_ok(fdt) && \valid(base) && \separated(base, fdt, fdt->data + (0 .. fdt->size - 1));
    requires *base + size <= UINT64_MAX;
    assigns *base;
    ensures *base + size <= UINT64_MAX; */
static bool translate(const struct fdt *fdt, struct fdt_node bus, struct fdt_node above, uint64_t size,
                      uint64_t *base)
{
	struct ranges ranges = { { fdt->data, 0 }, 0, 0, 0 };
	struct range range = { 0 };

	if (!ranges_read(fdt, bus, above, &ranges))
		return false;
	if (ranges.value.size == 0)
		return true; /* empty ranges: the bus is transparent */
	if (ranges.child_cells == PCI_CELLS)
		return false;
	/*@ loop invariant 0 <= i <= ranges.value.size;
	    loop assigns i, range;
	    loop variant ranges.value.size - i; */
	for (uint32_t i = 0; range_read(&ranges, i, &range); i++) {
		if (*base >= range.child && size <= range.size && *base - range.child <= range.size - size) {
			*base = range.parent + (*base - range.child);
			return true;
		}
	}
	return false;
}

/* [base, base + size) of the children of `bus`, as the CPU sees it. */
/*@ requires fdt_ok(fdt) && \valid(base) && \separated(base, fdt, fdt->data + (0 .. fdt->size - 1));
    assigns *base;
    ensures \result ==> *base + size <= UINT64_MAX; */
static bool translate_up(const struct fdt *fdt, struct fdt_node bus, uint64_t size, uint64_t *base)
{
	struct fdt_node above = { 0, 0 };

	if (size > UINT64_MAX - *base)
		return false;
	/*@ loop invariant *base + size <= UINT64_MAX;
	    loop assigns bus, above, *base;
	    loop variant bus.depth; */
	while (bus.depth > 1u) {
		if (!fdt_parent(fdt, bus, &above) || !translate(fdt, bus, above, size, base))
			return false;
		bus = above;
	}
	return true;
}

bool fdt_reg(const struct fdt *fdt, struct fdt_node node, uint32_t index, uint64_t *out_base,
             uint64_t *out_size)
{
	struct fdt_node bus = { 0, 0 };

	return fdt_parent(fdt, node, &bus) && fdt_reg_local(fdt, node, index, out_base, out_size) &&
	       translate_up(fdt, bus, *out_size, out_base);
}

bool fdt_pci_window(const struct fdt *fdt, struct fdt_node bridge, uint32_t index,
                    struct fdt_pci_window *out)
{
	struct ranges ranges = { { fdt->data, 0 }, 0, 0, 0 };
	struct range range = { 0 };
	struct fdt_node above = { 0, 0 };

	if (!fdt_parent(fdt, bridge, &above) || !ranges_read(fdt, bridge, above, &ranges) ||
	    ranges.child_cells != PCI_CELLS || !range_read(&ranges, index, &range) ||
	    !translate_up(fdt, above, range.size, &range.parent))
		return false;
	out->space = (enum fdt_pci_space)(range.flags / 0x1000000u % 4u);
	out->prefetchable = range.flags / 0x40000000u % 2u == 1u;
	out->pci_base = range.child;
	out->cpu_base = range.parent;
	out->size = range.size;
	return true;
}
