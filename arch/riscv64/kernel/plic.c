/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The PLIC. A line is masked by priority 0, which needs no lock and, unlike its
 * enable bit, does not make the controller ignore the completion of a claim.
 * Its gateways know by themselves which lines are edges.
 */
#include "controller.h"

#define PLIC_PRIORITY 0x0u
#define PLIC_ENABLE 0x2000u
#define PLIC_ENABLE_STRIDE 0x80u
#define PLIC_CONTEXT 0x200000u
#define PLIC_CONTEXT_STRIDE 0x1000u
#define PLIC_THRESHOLD 0x0u
#define PLIC_CLAIM 0x4u

static uint64_t plic;
static uint32_t enable_lock; /* [a] around read-modify-write of enable words */

static uint64_t plic_context(uint32_t cpu)
{
	return plic + PLIC_CONTEXT + (uint64_t)machine.context[cpu] * PLIC_CONTEXT_STRIDE;
}

static uint64_t plic_enable(uint32_t cpu)
{
	return plic + PLIC_ENABLE + (uint64_t)machine.context[cpu] * PLIC_ENABLE_STRIDE;
}

static void plic_priority(uint32_t irq, uint32_t priority)
{
	register_write(plic + PLIC_PRIORITY + 4ull * irq, priority);
}

CC_BOOT void plic_init(volatile void *registers)
{
	plic = (uint64_t)registers;
	for (uint32_t irq = 1; irq <= machine.sources; irq++)
		plic_priority(irq, 0);
	for (uint32_t cpu = 0; cpu < machine.cpu_count; cpu++)
		for (uint32_t word = 0; machine.context[cpu] != CONTEXT_NONE && word <= machine.sources / 32u; word++)
			register_write(plic_enable(cpu) + 4ull * word, 0);
}

static void plic_cpu_init(uint32_t cpu)
{
	register_write(plic_context(cpu) + PLIC_THRESHOLD, 0);
}

static void plic_configure(uint32_t irq, enum irq_trigger trigger, uint32_t target)
{
	(void)trigger;
	plic_priority(irq, 0);
	while (__atomic_exchange_n(&enable_lock, 1u, __ATOMIC_ACQUIRE) != 0)
		arch_spin_hint();
	for (uint32_t cpu = 0; cpu < machine.cpu_count; cpu++) {
		if (machine.context[cpu] == CONTEXT_NONE)
			continue;
		uint64_t word = plic_enable(cpu) + 4ull * (irq / 32u);
		uint32_t others = register_read(word) & ~(1u << irq % 32u);
		register_write(word, others | (uint32_t)(cpu == target) << irq % 32u);
	}
	__atomic_store_n(&enable_lock, 0u, __ATOMIC_RELEASE);
}

static void plic_mask(uint32_t irq)
{
	plic_priority(irq, 0);
}

static void plic_unmask(uint32_t irq)
{
	plic_priority(irq, 1);
}

static void plic_dispatch(uint32_t cpu)
{
	uint64_t claim = plic_context(cpu) + PLIC_CLAIM;
	for (uint32_t i = 0; i < DISPATCH_MAX; i++) {
		uint32_t irq = register_read(claim);
		if (irq == 0)
			return;
		if (irq_is_level(irq))
			plic_mask(irq);
		register_write(claim, irq);
		trap_irq(irq);
	}
}

const struct controller plic_controller = {
	.cpu_init = plic_cpu_init,
	.configure = plic_configure,
	.mask = plic_mask,
	.unmask = plic_unmask,
	.dispatch = plic_dispatch,
};
