/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Which interrupt controller there is, and under which number each CPU's
 * supervisor mode is known to it: the place of that hart's external interrupt
 * (number 9) in interrupts-extended.
 */
#include "boot_priv.h"
#include <lib/string.h>

#define CONTEXTS_MAX 1024u

/* Fill machine.context; false if the node serves no supervisor. */
static bool read_contexts(const struct fdt *fdt, struct fdt_node node)
{
	struct fdt_value list;
	uint32_t contexts = 0;
	bool found = false;
	memset(machine.context, 0xff, sizeof machine.context);
	if (fdt_property(fdt, node, "interrupts-extended", &list))
		contexts = list.size / 8u; /* a phandle and a number each */
	for (uint32_t i = 0; i < contexts && i < CONTEXTS_MAX; i++) {
		struct fdt_interrupt interrupt;
		uint32_t cpu = fdt_interrupt(fdt, node, i, &interrupt) ? boot_external_cpu(fdt, &interrupt) : CPU_NONE;
		if (cpu == CPU_NONE)
			continue;
		machine.context[cpu] = i;
		found = true;
	}
	return found;
}

static bool read_lines(const struct fdt *fdt, struct fdt_node node, const char *count)
{
	if (!fdt_property_u32(fdt, node, count, &machine.sources))
		return false;
	if (machine.sources > MACHINE_SOURCES_MAX)
		machine.sources = MACHINE_SOURCES_MAX;
	return fdt_reg(fdt, node, 0, &machine.lines.base, &machine.lines.size);
}

static bool try_plic(const struct fdt *fdt, const char *name)
{
	struct fdt_node node = fdt_root(fdt);
	if (!fdt_next_compatible(fdt, &node, name) || !fdt_enabled(fdt, node) || !read_contexts(fdt, node)
	    || !read_lines(fdt, node, "riscv,ndev"))
		return false;
	machine.controller = CONTROLLER_PLIC;
	return true;
}

static bool read_imsic(const struct fdt *fdt, struct fdt_node node)
{
	uint32_t guest_bits;
	if (!fdt_compatible(fdt, node, "riscv,imsics") || !read_contexts(fdt, node)
	    || !fdt_property_u32(fdt, node, "riscv,num-ids", &machine.imsic_ids)
	    || !fdt_reg(fdt, node, 0, &machine.imsic.base, &machine.imsic.size))
		return false;
	if (!fdt_property_u32(fdt, node, "riscv,guest-index-bits", &guest_bits))
		guest_bits = 0;
	machine.imsic_stride_log2 = PAGE_SHIFT + guest_bits;
	return true;
}

/* The machine's and the supervisor's domain look alike; theirs is the one that leads to supervisors. */
static bool try_aplic(const struct fdt *fdt)
{
	struct fdt_node node = fdt_root(fdt), parent;
	uint32_t phandle;
	while (fdt_next_compatible(fdt, &node, "riscv,aplic")) {
		bool messages = fdt_property_u32(fdt, node, "msi-parent", &phandle);
		bool ours = messages ? fdt_find_phandle(fdt, phandle, &parent) && read_imsic(fdt, parent)
		                     : read_contexts(fdt, node);
		if (!ours || !fdt_enabled(fdt, node) || !read_lines(fdt, node, "riscv,num-sources"))
			continue;
		machine.controller = messages ? CONTROLLER_APLIC_IMSIC : CONTROLLER_APLIC;
		if (messages && machine.sources >= machine.imsic_ids)
			machine.sources = machine.imsic_ids - 1u;
		return true;
	}
	return false;
}

void boot_controller(const struct fdt *fdt)
{
	if (!try_plic(fdt, "riscv,plic0") && !try_plic(fdt, "sifive,plic-1.0.0") && !try_aplic(fdt))
		boot_refuse("this machine has no interrupt controller the system knows (PLIC, APLIC)");
}
