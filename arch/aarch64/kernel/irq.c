/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Interrupts: lines of the distributor, and the dispatch of what is pending.
 * A level line is masked before the kernel hears of it (its driver unmasks it
 * when it has served the device); an edge is only acknowledged. All lines have
 * one priority, and nothing nests. Messages (gic_its.c) are edges, numbered on.
 */
#include "gic_priv.h"

#define DISPATCH_MAX 64u /* then let the rest of the kernel go on; what is pending stays so */

static const struct gic_driver *gic; /* [c] */
uint64_t gic_distributor;
static uint32_t line_count;           /* [c] */
static uint32_t edge[GIC_SPECIAL / 32u + 1u]; /* bit per line; written while the line is masked */

static void line_write(uint32_t registers, uint32_t irq)
{
	device_write32(gic_distributor + registers + irq / 32u * 4u, 1u << irq % 32u);
}

static bool line_is_device(uint32_t irq)
{
	return irq >= GIC_SPI_FIRST && irq < line_count;
}

CC_BOOT void gic_init(void)
{
	gic = machine.gic_is_v2 ? &gic_v2 : &gic_v3;
	gic_distributor = early_map_device(machine.distributor.base, machine.distributor.size);
	if (gic_distributor == 0u)
		boot_refuse("the interrupt controller's registers are too many to map");
	line_count = ((device_read32(gic_distributor + GICD_TYPER) & 0x1fu) + 1u) * 32u;
	if (line_count > GIC_SPECIAL)
		line_count = GIC_SPECIAL;
	if (machine.gic_is_v2)
		gic_v2_distributor_init(line_count);
	else
		gic_v3_distributor_init(line_count);
}

void gic_cpu_init(struct arch_cpu *cpu)
{
	gic->cpu_init(cpu);
}

uint32_t arch_irq_count(void)
{
	return line_count;
}

void arch_irq_mask(uint32_t irq)
{
	if (!line_is_device(irq))
		return;
	line_write(GICD_ICENABLER, irq);
	gic->distributor_wait();
}

void arch_irq_unmask(uint32_t irq)
{
	if (line_is_device(irq))
		line_write(GICD_ISENABLER, irq);
}

/* The controller knows active-high levels and rising edges; a board that has others inverts them itself. */
status_t arch_irq_configure(uint32_t irq, enum irq_trigger trigger, uint32_t cpu)
{
	if (!line_is_device(irq) || cpu >= cpu_count)
		return STATUS_INVALID;
	arch_irq_mask(irq);
	uint64_t config = gic_distributor + GICD_ICFGR + irq / 16u * 4u;
	uint32_t bit = 2u << irq % 16u * 2u;
	uint32_t value = device_read32(config) & ~bit;
	edge[irq / 32u] &= ~(1u << irq % 32u);
	if (trigger == IRQ_TRIGGER_EDGE) {
		value |= bit;
		edge[irq / 32u] |= 1u << irq % 32u;
	}
	device_write32(config, value);
	device_write8(gic_distributor + GICD_IPRIORITYR + irq, GIC_PRIORITY);
	gic->route(irq, cpu);
	return STATUS_OK;
}

void arch_ipi_send(uint32_t cpu)
{
	/* What the other CPU is to see must be in memory before the interrupt is. */
	__asm__ volatile("dsb ishst" ::: "memory");
	gic->ipi(cpu_table[cpu].arch.ipi_target);
}

static void dispatch(uint32_t irq, uint32_t token)
{
	if (irq == machine.timer_irq) {
		timer_fired();
		gic->finish(token);
		trap_timer();
	} else if (irq < 16u) {
		gic->finish(token);
		trap_ipi();
	} else {
		if (line_is_device(irq) && (edge[irq / 32u] & 1u << irq % 32u) == 0u)
			arch_irq_mask(irq);
		gic->finish(token);
		trap_irq(irq < GIC_LPI_FIRST ? irq : irq - GIC_LPI_FIRST + line_count);
	}
}

void gic_dispatch(void)
{
	for (uint32_t i = 0; i < DISPATCH_MAX; i++) {
		uint32_t token = gic->acknowledge();
		uint32_t irq = token & gic->line_mask;
		if (irq >= GIC_SPECIAL && irq < GIC_LPI_FIRST)
			return;
		dispatch(irq, token);
	}
}
