/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * GICv2: CPU interface in memory, at one address for all CPUs, and at most eight
 * of them. All interrupts stay in group 0, which is delivered as IRQ while
 * GICC_CTLR.FIQEn is clear.
 */
#include "gic_priv.h"

#define GICC_CTLR 0x00u
#define GICC_PMR 0x04u
#define GICC_BPR 0x08u
#define GICC_IAR 0x0cu
#define GICC_EOIR 0x10u

static uint64_t cpu_interface; /* [c] kernel address */

CC_BOOT void gic_v2_distributor_init(uint32_t lines)
{
	cpu_interface = early_map_device(machine.cpu_interface.base, machine.cpu_interface.size);
	if (cpu_interface == 0u)
		boot_refuse("the interrupt controller's registers are too many to map");
	device_write32(gic_distributor + GICD_CTLR, 0);
	for (uint32_t word = 1; word < lines / 32u; word++)
		device_write32(gic_distributor + GICD_ICENABLER + word * 4u, UINT32_MAX);
	device_write32(gic_distributor + GICD_CTLR, 1);
}

static void v2_cpu_init(struct arch_cpu *cpu)
{
	/* The target registers of the lines 0..31 are read-only and say who is reading. */
	uint32_t self = device_read32(gic_distributor + GICD_ITARGETSR) & 0xffu;
	cpu->ipi_target = (uint64_t)self << 16;
	device_write32(gic_distributor + GICD_ICENABLER, UINT32_MAX);
	for (uint32_t i = 0; i < 8u; i++)
		device_write32(gic_distributor + GICD_IPRIORITYR + i * 4u, GIC_PRIORITY_ALL);
	device_write32(gic_distributor + GICD_ISENABLER, 0xffffu | 1u << machine.timer_irq);
	device_write32(cpu_interface + GICC_PMR, 0xff);
	device_write32(cpu_interface + GICC_BPR, 0);
	device_write32(cpu_interface + GICC_CTLR, 1);
}

static void v2_route(uint32_t irq, uint32_t cpu)
{
	device_write8(gic_distributor + GICD_ITARGETSR + irq, (uint8_t)(cpu_table[cpu].arch.ipi_target >> 16));
}

static void v2_wait(void)
{
	/* Writes take effect in order; there is nothing to wait for. */
}

static uint32_t v2_acknowledge(void)
{
	return device_read32(cpu_interface + GICC_IAR);
}

static void v2_finish(uint32_t token)
{
	device_write32(cpu_interface + GICC_EOIR, token);
}

static void v2_ipi(uint64_t target)
{
	device_write32(gic_distributor + GICD_SGIR, (uint32_t)target);
}

const struct gic_driver gic_v2 = {
	.cpu_init = v2_cpu_init,
	.route = v2_route,
	.distributor_wait = v2_wait,
	.acknowledge = v2_acknowledge,
	.finish = v2_finish,
	.ipi = v2_ipi,
	.line_mask = 0x3ffu,
};
