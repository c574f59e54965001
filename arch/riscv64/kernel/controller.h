/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What irq.c asks of an interrupt controller. Lines are 1..machine.sources, checked by irq.c. */
#pragma once
#include "machine.h"

struct controller {
	void (*cpu_init)(uint32_t cpu);         /* lets the calling CPU receive */
	void (*configure)(uint32_t irq, enum irq_trigger trigger, uint32_t cpu); /* masked */
	void (*mask)(uint32_t irq);
	void (*unmask)(uint32_t irq);
	void (*dispatch)(uint32_t cpu);         /* trap_irq for what is pending */
};

/* Boot, once: every line masked. */
void plic_init(volatile void *registers);
void aplic_init(volatile void *registers);
extern const struct controller plic_controller, aplic_controller;

/* Identity of line 0, which does not exist, in an IMSIC: identity 1 is the IPI, then come lines, then messages. */
#define IMSIC_FIRST 1u

/* The line's trigger, as irq.c remembers it. */
bool irq_is_level(uint32_t irq);
CC_INLINE void register_write(uint64_t address, uint32_t value)
{
	*(volatile uint32_t *)address = value;
}
CC_INLINE uint32_t register_read(uint64_t address)
{
	return *(volatile uint32_t *)address;
}
/* A stuck line must not hold a CPU in the kernel: what is left comes back as the next interrupt. */
#define DISPATCH_MAX 32u
