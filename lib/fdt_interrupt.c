/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which controller an interrupt goes to, and what it is called there. */
#include <lib/fdt.h>

#define PCI_ADDRESS_CELLS 3u

/* Arrays and not literals: a prover sees what is in them. */
static const char name_interrupt_cells[] = "#interrupt-cells";
static const char name_address_cells[] = "#address-cells";
static const char name_extended[] = "interrupts-extended";
static const char name_interrupts[] = "interrupts";
static const char name_parent[] = "interrupt-parent";
static const char name_map_mask[] = "interrupt-map-mask";
static const char name_map[] = "interrupt-map";

/* The controller with that phandle, and how many cells name one of its interrupts. */
/*@ requires fdt_ok(fdt) && \valid(out) && \separated(out, fdt, fdt->data + (0 .. fdt->size - 1));
    assigns *out;
    ensures \result ==> 1 <= out->cell_count <= FDT_INTERRUPT_CELLS_MAX; */
static bool controller_find(const struct fdt *fdt, uint32_t phandle, struct fdt_interrupt *out)
{
	return fdt_find_phandle(fdt, phandle, &out->controller) &&
	       fdt_property_u32(fdt, out->controller, name_interrupt_cells, &out->cell_count) &&
	       out->cell_count >= 1u && out->cell_count <= FDT_INTERRUPT_CELLS_MAX;
}

/* The cells from cell `at` on are the interrupt. */
/*@ requires fdt_value_ok(value) && \valid(out) && \separated(out, value.data + (0 .. value.size - 1));
    requires 1 <= out->cell_count <= FDT_INTERRUPT_CELLS_MAX && at <= FDT_SIZE_MAX;
    assigns out->cells[0 .. FDT_INTERRUPT_CELLS_MAX - 1]; */
static bool cells_read(struct fdt_value value, uint32_t at, struct fdt_interrupt *out)
{
	/*@ loop invariant 0 <= i <= out->cell_count;
	    loop assigns i, out->cells[0 .. FDT_INTERRUPT_CELLS_MAX - 1];
	    loop variant out->cell_count - i; */
	for (uint32_t i = 0; i < out->cell_count; i++) {
		uint32_t cell = 0;
		if (!fdt_cell(value, at + i, &cell))
			return false;
		out->cells[i] = cell;
	}
	return true;
}

/* Entries of a phandle and as many cells as its controller wants. */
/*@ requires fdt_ok(fdt) && \valid(out) && \separated(out, fdt, fdt->data + (0 .. fdt->size - 1));
    requires fdt_value_ok(value) && \separated(out, value.data + (0 .. value.size - 1));
    assigns *out;
    ensures \result ==> 1 <= out->cell_count <= FDT_INTERRUPT_CELLS_MAX; */
static bool extended_read(const struct fdt *fdt, struct fdt_value value, uint32_t index,
                          struct fdt_interrupt *out)
{
	uint32_t at = 0;
	uint32_t phandle = 0;

	/*@ loop invariant 0 <= i <= index && 0 <= at <= FDT_SIZE_MAX;
	    loop assigns i, at, phandle, *out;
	    loop variant index - i; */
	for (uint32_t i = 0; i < index; i++) {
		if (!fdt_cell(value, at, &phandle) || !controller_find(fdt, phandle, out))
			return false;
		at += 1u + out->cell_count;
		if (at > value.size / 4u)
			return false;
	}
	return fdt_cell(value, at, &phandle) && controller_find(fdt, phandle, out) &&
	       cells_read(value, at + 1u, out);
}

/* The interrupt-parent of the node or of the nearest ancestor that has one. */
/*@ requires fdt_ok(fdt) && \valid(out) && \separated(out, fdt, fdt->data + (0 .. fdt->size - 1));
    assigns *out; */
static bool interrupt_parent(const struct fdt *fdt, struct fdt_node node, uint32_t *out)
{
	struct fdt_node above = { 0, 0 };

	/*@ loop assigns node, above, *out;
	    loop variant node.offset; */
	while (!fdt_property_u32(fdt, node, name_parent, out)) {
		if (!fdt_parent(fdt, node, &above))
			return false;
		node = above;
	}
	return true;
}

bool fdt_interrupt(const struct fdt *fdt, struct fdt_node node, uint32_t index, struct fdt_interrupt *out)
{
	struct fdt_value value = { fdt->data, 0 };
	uint32_t phandle = 0;

	if (fdt_property(fdt, node, name_extended, &value))
		return extended_read(fdt, value, index, out);
	if (!fdt_property(fdt, node, name_interrupts, &value) || !interrupt_parent(fdt, node, &phandle) ||
	    !controller_find(fdt, phandle, out) || index >= value.size / 4u / out->cell_count)
		return false;
	return cells_read(value, index * out->cell_count, out);
}

/* One entry of an interrupt-map: PCI address (3 cells), pin, phandle, address of the parent, interrupt. */
struct map_entry {
	uint32_t address; /* high cell: bus, device, function */
	uint32_t pin;
	uint32_t cells;   /* the interrupt begins at this cell */
};

/*@ requires fdt_ok(fdt) && fdt_value_ok(map) && at <= FDT_SIZE_MAX && \valid(entry) && \valid(out);
    requires \separated(entry, out, fdt, fdt->data + (0 .. fdt->size - 1));
    requires \separated(entry, out, map.data + (0 .. map.size - 1));
    assigns *entry, *out;
    ensures \result ==> at < entry->cells <= map.size;
    ensures \result ==> 1 <= out->cell_count <= FDT_INTERRUPT_CELLS_MAX; */
static bool map_read(const struct fdt *fdt, struct fdt_value map, uint32_t at, struct map_entry *entry,
                     struct fdt_interrupt *out)
{
	uint32_t phandle = 0;
	uint32_t parent_cells = 0;

	if (!fdt_cell(map, at, &entry->address) || !fdt_cell(map, at + PCI_ADDRESS_CELLS, &entry->pin) ||
	    !fdt_cell(map, at + PCI_ADDRESS_CELLS + 1u, &phandle) || !controller_find(fdt, phandle, out))
		return false;
	/* In a map, a controller without #address-cells has no address. */
	if (!fdt_property_u32(fdt, out->controller, name_address_cells, &parent_cells))
		parent_cells = 0;
	if (parent_cells > PCI_ADDRESS_CELLS)
		return false;
	entry->cells = at + PCI_ADDRESS_CELLS + 2u + parent_cells;
	return entry->cells <= map.size / 4u;
}

/* interrupt-map-mask, of which the high address cell and the pin count; all ones if absent. */
/*@ requires fdt_ok(fdt) && \valid(out_address) && \valid(out_pin);
    requires \separated(out_address, out_pin, fdt, fdt->data + (0 .. fdt->size - 1));
    assigns *out_address, *out_pin; */
static void mask_read(const struct fdt *fdt, struct fdt_node bridge, uint32_t *out_address,
                      uint32_t *out_pin)
{
	struct fdt_value mask = { fdt->data, 0 };

	*out_address = UINT32_MAX;
	*out_pin = UINT32_MAX;
	if (!fdt_property(fdt, bridge, name_map_mask, &mask))
		return;
	if (!fdt_cell(mask, 0, out_address) || !fdt_cell(mask, PCI_ADDRESS_CELLS, out_pin))
		*out_address = UINT32_MAX;
}

bool fdt_pci_interrupt(const struct fdt *fdt, struct fdt_node bridge, uint32_t address, uint32_t pin,
                       struct fdt_interrupt *out)
{
	struct fdt_value map = { fdt->data, 0 };
	struct map_entry entry = { 0 };
	uint32_t address_mask = 0;
	uint32_t pin_mask = 0;
	uint32_t at = 0;

	if (!fdt_property(fdt, bridge, name_map, &map))
		return false;
	mask_read(fdt, bridge, &address_mask, &pin_mask);
	/*@ loop invariant 0 <= at <= map.size;
	    loop assigns at, entry, *out;
	    loop variant map.size - at; */
	while (at < map.size / 4u && map_read(fdt, map, at, &entry, out)) {
		if ((entry.address & address_mask) == (address & address_mask) &&
		    (entry.pin & pin_mask) == (pin & pin_mask))
			return cells_read(map, entry.cells, out);
		at = entry.cells + out->cell_count;
		if (at > map.size / 4u)
			return false;
	}
	return false;
}
