/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Harts and what they can do. The one that boots is CPU 0, whichever it is. */
#include "boot_priv.h"
#include <lib/string.h>

#define ISA_MAX 512u
#define EXTERNAL_SUPERVISOR 9u

uint32_t boot_external_cpu(const struct fdt *fdt, const struct fdt_interrupt *interrupt)
{
	struct fdt_node hart;
	uint64_t id, size;
	if (interrupt->cell_count != 1 || interrupt->cells[0] != EXTERNAL_SUPERVISOR
	    || !fdt_parent(fdt, interrupt->controller, &hart) || !fdt_reg_local(fdt, hart, 0, &id, &size))
		return CPU_NONE;
	for (uint32_t cpu = 0; cpu < machine.cpu_count; cpu++)
		if (machine.hart[cpu] == id)
			return cpu;
	return CPU_NONE;
}

/* "rv64imafdc_zicsr_sstc": single letters up to the first '_', then names between underscores. */
static bool isa_string_has(const char *isa, const char *extension)
{
	size_t length = strlen(extension);
	const char *at = strnlen(isa, 4) == 4 ? isa + 4 : "";
	for (; length == 1 && *at != '\0' && *at != '_'; at++)
		if (*at == extension[0])
			return true;
	for (; *at != '\0'; at++)
		if (*at == '_' && strncmp(at + 1, extension, length) == 0
		    && (at[1 + length] == '_' || at[1 + length] == '\0'))
			return true;
	return false;
}

static bool hart_has(const struct fdt *fdt, struct fdt_node hart, const char *extension)
{
	static char isa[ISA_MAX];
	struct fdt_value list;
	if (fdt_property(fdt, hart, "riscv,isa-extensions", &list))
		return fdt_value_has(list, extension);
	return fdt_property_text(fdt, hart, "riscv,isa", isa, sizeof isa) && isa_string_has(isa, extension);
}

static void add_hart(const struct fdt *fdt, struct fdt_node hart, uint64_t id)
{
	machine.hart[machine.cpu_count++] = id;
	machine.sstc = machine.sstc && hart_has(fdt, hart, "sstc");
	machine.fpu = machine.fpu && hart_has(fdt, hart, "f") && hart_has(fdt, hart, "d");
	machine.zkr = machine.zkr && hart_has(fdt, hart, "zkr");
	if (!hart_has(fdt, hart, "svpbmt"))
		riscv_pte_device = 0;
}

/* Twice over the nodes: first the boot hart alone, then the others. */
static void add_harts(const struct fdt *fdt, struct fdt_node cpus, uint64_t boot_hart, bool boot)
{
	struct fdt_node node;
	uint64_t id, size;
	char type[8];
	for (bool more = fdt_child(fdt, cpus, &node); more; more = fdt_sibling(fdt, &node)) {
		if (!fdt_property_text(fdt, node, "device_type", type, sizeof type) || strcmp(type, "cpu") != 0
		    || !fdt_reg_local(fdt, node, 0, &id, &size))
			continue;
		bool wanted = boot ? id == boot_hart : id != boot_hart && fdt_enabled(fdt, node);
		if (wanted && machine.cpu_count < CPU_MAX)
			add_hart(fdt, node, id);
	}
}

void boot_cpus(const struct fdt *fdt, struct boot_info *info, uint64_t boot_hart)
{
	struct fdt_node cpus, node;
	if (!fdt_find_path(fdt, "/cpus", &cpus))
		boot_refuse("the device tree names no processors");
	/* What holds until a hart says otherwise. */
	machine.sstc = true;
	machine.fpu = true;
	machine.zkr = true;
	riscv_pte_device = 2ull << 61; /* Svpbmt: IO */
	add_harts(fdt, cpus, boot_hart, true);
	if (machine.cpu_count == 0)
		boot_refuse("the device tree does not name the processor that boots, hart %lu", boot_hart);
	add_harts(fdt, cpus, boot_hart, false);
	info->cpu_count = machine.cpu_count;
	memcpy(info->cpu_hardware_ids, machine.hart, sizeof machine.hart);
	/* The frequency stands at /cpus, or at each hart. */
	const char *frequency = "timebase-frequency";
	if (!fdt_property_u64(fdt, cpus, frequency, &machine.timebase)
	    && !(fdt_child(fdt, cpus, &node) && fdt_property_u64(fdt, node, frequency, &machine.timebase)))
		boot_refuse("the device tree does not say how fast the clock counts");
}
