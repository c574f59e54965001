/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * GICv3: CPU interface in system registers, affinity routing, one redistributor
 * per CPU. Each CPU sets up its own redistributor and interface, all of it: with
 * any step left out, or done on another CPU's frame, its timer never ticks.
 */
#include "gic_priv.h"

#define CTLR_GROUP1 (1u << 1)
#define CTLR_AFFINITY (1u << 4)
#define CTLR_PENDING (1u << 31)

/* Redistributor frame, and the frame of the lines 0..31 behind it */
#define GICR_CTLR 0x000u
#define GICR_CTLR_PENDING (1u << 3)
#define GICR_TYPER 0x008u
#define GICR_TYPER_VIRTUAL (1ull << 1) /* two more frames follow */
#define GICR_TYPER_LAST (1ull << 4)
#define GICR_WAKER 0x014u
#define GICR_WAKER_SLEEP (1u << 1)
#define GICR_WAKER_ASLEEP (1u << 2)
#define GICR_LINES 0x10000u
#define FRAME_SIZE 0x20000ull

static uint64_t redistributors[REDISTRIBUTOR_RANGES_MAX]; /* [c] kernel addresses */

static void v3_wait(void)
{
	while ((device_read32(gic_distributor + GICD_CTLR) & CTLR_PENDING) != 0u)
		arch_spin_hint();
}

CC_BOOT void gic_v3_distributor_init(uint32_t lines)
{
	for (uint32_t i = 0; i < machine.redistributor_ranges; i++)
		redistributors[i] = early_map_device(machine.redistributors[i].base, machine.redistributors[i].size);
	device_write32(gic_distributor + GICD_CTLR, 0);
	v3_wait();
	device_write32(gic_distributor + GICD_CTLR, CTLR_AFFINITY | CTLR_GROUP1);
	v3_wait();
	for (uint32_t word = 1; word < lines / 32u; word++) {
		device_write32(gic_distributor + GICD_ICENABLER + word * 4u, UINT32_MAX);
		device_write32(gic_distributor + GICD_IGROUPR + word * 4u, UINT32_MAX);
	}
	v3_wait();
	gic_its_init();
}

/* Aff3.Aff2.Aff1.Aff0 in one word, as GICR_TYPER has it. */
static uint32_t packed_affinity(uint64_t id)
{
	return (uint32_t)(id >> 32 & 0xffu) << 24 | (uint32_t)(id & 0xffffffu);
}

static uint64_t find_in_range(uint64_t frame, uint64_t end, uint32_t affinity)
{
	while (frame != 0u && frame + FRAME_SIZE <= end) {
		uint64_t type = device_read64(frame + GICR_TYPER);
		if ((uint32_t)(type >> 32) == affinity)
			return frame;
		if ((type & GICR_TYPER_LAST) != 0u)
			return 0;
		if (machine.redistributor_stride != 0u)
			frame += machine.redistributor_stride;
		else
			frame += (type & GICR_TYPER_VIRTUAL) != 0u ? 2u * FRAME_SIZE : FRAME_SIZE;
	}
	return 0;
}

static uint64_t find_own(uint32_t affinity)
{
	for (uint32_t i = 0; i < machine.redistributor_ranges; i++) {
		uint64_t end = redistributors[i] + machine.redistributors[i].size;
		uint64_t frame = find_in_range(redistributors[i], end, affinity);
		if (frame != 0u)
			return frame;
	}
	boot_refuse("the interrupt controller has no redistributor for CPU %#x", affinity);
}

static void redistributor_init(uint64_t frame)
{
	uint64_t lines = frame + GICR_LINES;
	device_write32(frame + GICR_WAKER, device_read32(frame + GICR_WAKER) & ~GICR_WAKER_SLEEP);
	while ((device_read32(frame + GICR_WAKER) & GICR_WAKER_ASLEEP) != 0u)
		arch_spin_hint();
	device_write32(lines + GICD_ICENABLER, UINT32_MAX);
	while ((device_read32(frame + GICR_CTLR) & GICR_CTLR_PENDING) != 0u)
		arch_spin_hint();
	device_write32(lines + GICD_IGROUPR, UINT32_MAX);
	for (uint32_t i = 0; i < 8u; i++)
		device_write32(lines + GICD_IPRIORITYR + i * 4u, GIC_PRIORITY_ALL);
	device_write32(lines + GICD_ISENABLER, 0xffffu | 1u << machine.timer_irq);
}

static void v3_cpu_init(struct arch_cpu *cpu)
{
	uint64_t id = SYSREG_READ(mpidr_el1);
	uint64_t frame = find_own(packed_affinity(id));
	redistributor_init(frame);
	gic_its_cpu_init(frame, arch_cpu_self()->index);
	SYSREG_WRITE(s3_0_c12_c12_5, SYSREG_READ(s3_0_c12_c12_5) | 1u); /* ICC_SRE_EL1 */
	sync_instructions();
	SYSREG_WRITE(s3_0_c4_c6_0, 0xff); /* ICC_PMR_EL1: every priority passes */
	SYSREG_WRITE(s3_0_c12_c12_3, 0);  /* ICC_BPR1_EL1 */
	SYSREG_WRITE(s3_0_c12_c12_4, 0);  /* ICC_CTLR_EL1: finishing also deactivates */
	SYSREG_WRITE(s3_0_c12_c12_7, 1);  /* ICC_IGRPEN1_EL1 */
	sync_instructions();
	/* ICC_SGI1R_EL1: Aff3, range of 16, Aff2, interrupt 0, Aff1, bit of Aff0 */
	cpu->ipi_target = (id >> 32 & 0xffu) << 48 | (id >> 4 & 0xfu) << 44 | (id >> 16 & 0xffu) << 32 |
	                  (id >> 8 & 0xffu) << 16 | 1ull << (id & 0xfu);
}

static void v3_route(uint32_t irq, uint32_t cpu)
{
	/* Hardware ids are affinities already, in the layout of GICD_IROUTER. */
	device_write64(gic_distributor + GICD_IROUTER + irq * 8u, cpu_hardware_id(cpu));
}

static uint32_t v3_acknowledge(void)
{
	uint64_t token = SYSREG_READ(s3_0_c12_c12_0); /* ICC_IAR1_EL1 */
	__asm__ volatile("dsb sy" ::: "memory");
	return (uint32_t)token;
}

static void v3_finish(uint32_t token)
{
	SYSREG_WRITE(s3_0_c12_c12_1, token); /* ICC_EOIR1_EL1 */
	sync_instructions();
}

static void v3_ipi(uint64_t target)
{
	SYSREG_WRITE(s3_0_c12_c11_5, target); /* ICC_SGI1R_EL1 */
	sync_instructions();
}

const struct gic_driver gic_v3 = {
	.cpu_init = v3_cpu_init,
	.route = v3_route,
	.distributor_wait = v3_wait,
	.acknowledge = v3_acknowledge,
	.finish = v3_finish,
	.ipi = v3_ipi,
	.line_mask = 0xffffffu,
};
