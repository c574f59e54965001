/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The two generations of the interrupt controller behind one table. The
 * distributor registers they share are handled in irq.c.
 */
#pragma once
#include <arch/port.h>

#define GIC_SPI_FIRST 32u
#define GIC_SPECIAL 1020u /* from here on, below the first LPI: nothing pending */
#define GIC_LPI_FIRST 8192u
#define GIC_MESSAGES 128u
#define GIC_PRIORITY 0xa0u
#define GIC_PRIORITY_ALL 0xa0a0a0a0u

/* Distributor */
#define GICD_CTLR 0x000u
#define GICD_TYPER 0x004u
#define GICD_IGROUPR 0x080u
#define GICD_ISENABLER 0x100u
#define GICD_ICENABLER 0x180u
#define GICD_IPRIORITYR 0x400u
#define GICD_ITARGETSR 0x800u
#define GICD_ICFGR 0xc00u
#define GICD_SGIR 0xf00u
#define GICD_IROUTER 0x6000u

struct gic_driver {
	void (*cpu_init)(struct arch_cpu *cpu);
	void (*route)(uint32_t irq, uint32_t cpu);
	void (*distributor_wait)(void);        /* until a register write there has taken effect */
	uint32_t (*acknowledge)(void);         /* token, low bits the line */
	void (*finish)(uint32_t token);
	void (*ipi)(uint64_t target);
	uint32_t line_mask; /* the line in a token */
};
extern const struct gic_driver gic_v3, gic_v2;
/* Boot, once. */
void gic_v2_distributor_init(uint32_t lines);
void gic_v3_distributor_init(uint32_t lines);
void gic_its_init(void);
/* Each CPU, with its redistributor's frame (kernel address); after gic_its_init. */
void gic_its_cpu_init(uint64_t redistributor, uint32_t cpu);
extern uint64_t gic_distributor; /* [c] kernel address */
