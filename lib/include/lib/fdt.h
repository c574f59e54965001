/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Flattened device trees, read in place from bytes of any length.
 *
 * fdt_open walks the whole tree once and refuses what does not nest; after it a
 * tree can be asked in any order and as often as wanted, without allocation.
 * A node is named by its position and depth, so a look-up by path, phandle or
 * compatible is a walk from the front: thousands of steps, meant for boot.
 * Every function stays inside the bytes and ends, whatever the bytes say; a
 * property with a wrong size is an absent property.
 *
 *	struct fdt_node node = fdt_root(&fdt);
 *	while (fdt_next_compatible(&fdt, &node, "arm,pl011"))
 *		if (fdt_enabled(&fdt, node) && fdt_reg(&fdt, node, 0, &base, &size)) ...
 */
#pragma once
#include <lib/bytes.h>

#define FDT_DEPTH_MAX 16u         /* the root has depth 1 */
#define FDT_SIZE_MAX 0x04000000u  /* a bigger tree is refused */
#define FDT_INTERRUPT_CELLS_MAX 4u
#define FDT_NAME_MAX 128u         /* longest name of a node, property or compatible value that can be asked for */

enum fdt_verdict {
#define FDT_VERDICT(name, sentence) FDT_##name,
#include <lib/fdt_verdict.def>
#undef FDT_VERDICT
	FDT_VERDICT_COUNT,
};

struct fdt {
	const uint8_t *data;
	uint32_t size;           /* of the tree: what its header says */
	uint32_t structure;      /* offsets from data, sizes in bytes */
	uint32_t structure_size;
	uint32_t strings;
	uint32_t strings_size;
	uint32_t reservations;
};

/* A node: where its token lies in the structure block, and how deep. */
struct fdt_node {
	uint32_t offset;
	uint32_t depth; /* 1: the root */
};

/* The bytes of a property (or name), inside the tree. */
struct fdt_value {
	const uint8_t *data;
	uint32_t size;
};

/*@ predicate fdt_ok{L}(struct fdt *fdt) =
      \valid_read(fdt) && bytes_in(fdt->data, fdt->size) && fdt->size <= FDT_SIZE_MAX &&
      \separated(fdt, fdt->data + (0 .. fdt->size - 1)) &&
      fdt->structure + fdt->structure_size <= fdt->size &&
      fdt->strings + fdt->strings_size <= fdt->size && fdt->reservations <= fdt->size;

    predicate fdt_value_ok{L}(struct fdt_value value) =
      bytes_in(value.data, value.size) && value.size <= FDT_SIZE_MAX;

    predicate fdt_text_ok{L}(char *text) =
      \exists integer end; 0 <= end < FDT_NAME_MAX && \valid_read(text + (0 .. end)) && text[end] == 0;
*/

/* How many bytes the tree at `data` says it has, from the first 8 bytes; 0 if it is not a tree or says
 * more than FDT_SIZE_MAX. For firmware that passes an address without a size. */
/*@ requires bytes_in(data, length);
    assigns \nothing;
    ensures \result <= FDT_SIZE_MAX; */
uint32_t fdt_total_size(const uint8_t *data, size_t length);

/* Check the whole tree. *out means something only when the verdict is FDT_OK. */
/*@ requires bytes_in(data, length) && \valid(out) && \separated(out, data + (0 .. length - 1));
    assigns *out;
    ensures \result == FDT_OK ==> fdt_ok(out); */
CC_NODISCARD enum fdt_verdict fdt_open(const uint8_t *data, size_t length, struct fdt *out);

/* One sentence without a full stop. */
/*@ assigns \result \from verdict; */
const char *fdt_verdict_text(enum fdt_verdict verdict);

/* Entry `index` of the memory reservation block. False: there are no more. */
/*@ requires fdt_ok(fdt) && \valid(out_base) && \valid(out_size);
    requires \separated(fdt, out_base, out_size, fdt->data + (0 .. fdt->size - 1));
    assigns *out_base, *out_size; */
CC_NODISCARD bool fdt_reservation(const struct fdt *fdt, uint32_t index, uint64_t *out_base,
                                  uint64_t *out_size);

/* ---- walking ---- */
/*@ requires fdt_ok(fdt);
    assigns \nothing;
    ensures \result.depth == 1; */
struct fdt_node fdt_root(const struct fdt *fdt);

/* The node after *node in document order: its first child, else its next sibling, else an ancestor's.
 * False, and *node untouched, after the last. */
/*@ requires fdt_ok(fdt) && \valid(node) && \separated(node, fdt, fdt->data + (0 .. fdt->size - 1));
    assigns *node;
    ensures \result ==> \old(node->offset) < node->offset < fdt->structure_size;
    ensures \result ==> 1 <= node->depth <= FDT_DEPTH_MAX;
    ensures !\result ==> *node == \old(*node); */
CC_NODISCARD bool fdt_next(const struct fdt *fdt, struct fdt_node *node);

/* First child of `parent`; next node with the same parent. False: there is none. */
/*@ requires fdt_ok(fdt) && \valid(out) && \separated(out, fdt, fdt->data + (0 .. fdt->size - 1));
    assigns *out; */
CC_NODISCARD bool fdt_child(const struct fdt *fdt, struct fdt_node parent, struct fdt_node *out);
/*@ requires fdt_ok(fdt) && \valid(node) && \separated(node, fdt, fdt->data + (0 .. fdt->size - 1));
    assigns *node;
    ensures \result ==> \old(node->offset) < node->offset < fdt->structure_size;
    ensures \result ==> node->depth == \old(node->depth);
    ensures !\result ==> *node == \old(*node); */
CC_NODISCARD bool fdt_sibling(const struct fdt *fdt, struct fdt_node *node);

/* False for the root, and for what is no node of the tree. */
/*@ requires fdt_ok(fdt) && \valid(out) && \separated(out, fdt, fdt->data + (0 .. fdt->size - 1));
    assigns *out;
    ensures \result ==> out->offset < node.offset && out->depth == node.depth - 1; */
CC_NODISCARD bool fdt_parent(const struct fdt *fdt, struct fdt_node node, struct fdt_node *out);

/* Name with unit address ("cpu@0"), without its end; empty for the root or a bad node. */
/*@ requires fdt_ok(fdt);
    assigns \nothing;
    ensures fdt_value_ok(\result); */
struct fdt_value fdt_name(const struct fdt *fdt, struct fdt_node node);

/* ---- finding ---- */
/* By path from the root; a component without unit address also matches a node that has one:
 * "/soc/serial@10000000", "/chosen", "/cpus/cpu". The path ends at its end or at a ':'. */
/*@ requires fdt_ok(fdt) && \valid(out) && \separated(out, fdt, fdt->data + (0 .. fdt->size - 1));
    requires fdt_text_ok(path);
    assigns *out; */
CC_NODISCARD bool fdt_find_path(const struct fdt *fdt, const char *path, struct fdt_node *out);

/*@ requires fdt_ok(fdt) && \valid(out) && \separated(out, fdt, fdt->data + (0 .. fdt->size - 1));
    assigns *out; */
CC_NODISCARD bool fdt_find_phandle(const struct fdt *fdt, uint32_t phandle, struct fdt_node *out);

/* The next node after *node, in document order, that is compatible. Start from fdt_root. */
/*@ requires fdt_ok(fdt) && \valid(node) && \separated(node, fdt, fdt->data + (0 .. fdt->size - 1));
    requires fdt_text_ok(compatible) && \separated(node, compatible + (0 .. FDT_NAME_MAX - 1));
    assigns *node;
    ensures \result ==> \old(node->offset) < node->offset < fdt->structure_size; */
CC_NODISCARD bool fdt_next_compatible(const struct fdt *fdt, struct fdt_node *node, const char *compatible);

/* The node that /chosen's stdout-path names, through /aliases if need be. */
/*@ requires fdt_ok(fdt) && \valid(out) && \separated(out, fdt, fdt->data + (0 .. fdt->size - 1));
    assigns *out; */
CC_NODISCARD bool fdt_find_stdout(const struct fdt *fdt, struct fdt_node *out);

/* ---- properties ---- */
/*@ requires fdt_ok(fdt) && \valid(out) && \separated(out, fdt, fdt->data + (0 .. fdt->size - 1));
    requires fdt_text_ok(name) && \separated(out, name + (0 .. FDT_NAME_MAX - 1));
    assigns *out;
    ensures \result ==> fdt_value_ok(*out);
    ensures \result ==> \exists integer at; 0 <= at <= at + out->size <= fdt->size && out->data == fdt->data + at; */
CC_NODISCARD bool fdt_property(const struct fdt *fdt, struct fdt_node node, const char *name,
                               struct fdt_value *out);

/* Cell number `index` of a value (4 bytes, big-endian). */
/*@ requires fdt_value_ok(value) && \valid(out) && \separated(out, value.data + (0 .. value.size - 1));
    assigns *out;
    ensures \result <==> 4 * index + 4 <= value.size;
    ensures !\result ==> *out == \old(*out); */
CC_NODISCARD bool fdt_cell(struct fdt_value value, uint32_t index, uint32_t *out);

/* A property of exactly one cell. */
/*@ requires fdt_ok(fdt) && \valid(out) && \separated(out, fdt, fdt->data + (0 .. fdt->size - 1));
    requires fdt_text_ok(name) && \separated(out, name + (0 .. FDT_NAME_MAX - 1));
    assigns *out;
    ensures !\result ==> *out == \old(*out); */
CC_NODISCARD bool fdt_property_u32(const struct fdt *fdt, struct fdt_node node, const char *name,
                                   uint32_t *out);

/* A property of one or two cells, as a number. */
/*@ requires fdt_ok(fdt) && \valid(out) && \separated(out, fdt, fdt->data + (0 .. fdt->size - 1));
    requires fdt_text_ok(name) && \separated(out, name + (0 .. FDT_NAME_MAX - 1));
    assigns *out;
    ensures !\result ==> *out == \old(*out); */
CC_NODISCARD bool fdt_property_u64(const struct fdt *fdt, struct fdt_node node, const char *name,
                                   uint64_t *out);

/* The first string of a property, cut to fit and terminated. False, and "" in the buffer, if absent. */
/*@ requires fdt_ok(fdt) && size > 0 && \valid(buffer + (0 .. size - 1));
    requires \separated(buffer + (0 .. size - 1), fdt, fdt->data + (0 .. fdt->size - 1));
    requires fdt_text_ok(name) && \separated(buffer + (0 .. size - 1), name + (0 .. FDT_NAME_MAX - 1));
    assigns buffer[0 .. size - 1];
    ensures \exists integer end; 0 <= end < size && buffer[end] == 0; */
CC_NODISCARD bool fdt_property_text(const struct fdt *fdt, struct fdt_node node, const char *name,
                                    char *buffer, size_t size);

/* `text` is one of the strings of the value. */
/*@ requires fdt_value_ok(value) && fdt_text_ok(text);
    assigns \nothing; */
bool fdt_value_has(struct fdt_value value, const char *text);

/*@ requires fdt_ok(fdt) && fdt_text_ok(compatible);
    assigns \nothing; */
bool fdt_compatible(const struct fdt *fdt, struct fdt_node node, const char *compatible);

/* No status property, or "okay" or "ok". */
/*@ requires fdt_ok(fdt);
    assigns \nothing; */
bool fdt_enabled(const struct fdt *fdt, struct fdt_node node);

/* ---- addresses ---- */
/* #address-cells and #size-cells that govern the children of `node` (2 and 1 if absent). */
/*@ requires fdt_ok(fdt) && \valid(out_address) && \valid(out_size);
    requires \separated(out_address, out_size, fdt, fdt->data + (0 .. fdt->size - 1));
    assigns *out_address, *out_size; */
void fdt_cells(const struct fdt *fdt, struct fdt_node node, uint32_t *out_address, uint32_t *out_size);

/* Entry `index` of reg, as written: in the address space of the parent (CPU numbers, PCI functions).
 * Without #size-cells the size is 0. Addresses of up to three cells (of a PCI address the low two count),
 * sizes of up to two. False: no such entry. */
/*@ requires fdt_ok(fdt) && \valid(out_base) && \valid(out_size);
    requires \separated(out_base, out_size, fdt, fdt->data + (0 .. fdt->size - 1));
    assigns *out_base, *out_size; */
CC_NODISCARD bool fdt_reg_local(const struct fdt *fdt, struct fdt_node node, uint32_t index,
                                uint64_t *out_base, uint64_t *out_size);

/* The same as the CPU sees it: translated by the ranges of every bus above. False as well if a bus does
 * not pass it on, or base + size is beyond UINT64_MAX. */
/*@ requires fdt_ok(fdt) && \valid(out_base) && \valid(out_size);
    requires \separated(out_base, out_size, fdt, fdt->data + (0 .. fdt->size - 1));
    assigns *out_base, *out_size;
    ensures \result ==> *out_base + *out_size <= UINT64_MAX; */
CC_NODISCARD bool fdt_reg(const struct fdt *fdt, struct fdt_node node, uint32_t index, uint64_t *out_base,
                          uint64_t *out_size);

/* Window `index` in the ranges of a PCI host bridge. */
enum fdt_pci_space {
	FDT_PCI_CONFIG = 0,
	FDT_PCI_PORT = 1,
	FDT_PCI_MEMORY32 = 2,
	FDT_PCI_MEMORY64 = 3,
};
struct fdt_pci_window {
	enum fdt_pci_space space;
	bool prefetchable;
	uint64_t pci_base; /* as devices see it */
	uint64_t cpu_base; /* as the CPU sees it */
	uint64_t size;
};
/*@ requires fdt_ok(fdt) && \valid(out) && \separated(out, fdt, fdt->data + (0 .. fdt->size - 1));
    assigns *out;
    ensures \result ==> out->cpu_base + out->size <= UINT64_MAX;
    ensures \result ==> out->pci_base + out->size <= UINT64_MAX; */
CC_NODISCARD bool fdt_pci_window(const struct fdt *fdt, struct fdt_node bridge, uint32_t index,
                                 struct fdt_pci_window *out);

/* ---- interrupts ---- */
struct fdt_interrupt {
	struct fdt_node controller;
	uint32_t cell_count;
	uint32_t cells[FDT_INTERRUPT_CELLS_MAX]; /* in the controller's own terms */
};
/* Interrupt number `index` of a node, from interrupts-extended, else from interrupts and the nearest
 * interrupt-parent above. False: no such interrupt. */
/*@ requires fdt_ok(fdt) && \valid(out) && \separated(out, fdt, fdt->data + (0 .. fdt->size - 1));
    assigns *out;
    ensures \result ==> 1 <= out->cell_count <= FDT_INTERRUPT_CELLS_MAX; */
CC_NODISCARD bool fdt_interrupt(const struct fdt *fdt, struct fdt_node node, uint32_t index,
                                struct fdt_interrupt *out);

/* Where a PCI host bridge's interrupt-map sends pin 1..4 (INTA..INTD) of a function on its root bus;
 * `address` is bus << 16 | device << 11 | function << 8. */
/*@ requires fdt_ok(fdt) && \valid(out) && \separated(out, fdt, fdt->data + (0 .. fdt->size - 1));
    assigns *out;
    ensures \result ==> 1 <= out->cell_count <= FDT_INTERRUPT_CELLS_MAX; */
CC_NODISCARD bool fdt_pci_interrupt(const struct fdt *fdt, struct fdt_node bridge, uint32_t address,
                                    uint32_t pin, struct fdt_interrupt *out);
