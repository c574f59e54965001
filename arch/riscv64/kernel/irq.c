/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Device interrupts, whichever controller the machine has. */
#include "controller.h"
#include "csr.h"

static const struct controller *controller; /* [c] null: not yet */
static uint32_t edge[MACHINE_SOURCES_MAX / 32u + 1u]; /* [a] bit per line */

bool irq_is_level(uint32_t irq)
{
	return (__atomic_load_n(&edge[irq / 32u], __ATOMIC_RELAXED) >> irq % 32u & 1u) == 0;
}

CC_BOOT void arch_irq_init(const struct boot_info *info)
{
	(void)info;
	volatile void *registers = device_map(machine.lines.base, machine.lines.size);
	if (machine.controller == CONTROLLER_PLIC)
		plic_init(registers);
	else
		aplic_init(registers);
	controller = machine.controller == CONTROLLER_PLIC ? &plic_controller : &aplic_controller;
	irq_cpu_init();
}

/* Once per CPU; the boot CPU may come here before arch_irq_init, which then calls again. */
void irq_cpu_init(void)
{
	uint32_t cpu = (uint32_t)(arch_cpu_self() - cpu_table);
	if (controller != NULL && machine.context[cpu] != CONTEXT_NONE)
		controller->cpu_init(cpu);
}

uint32_t arch_irq_count(void)
{
	return controller != NULL ? machine.sources + 1u : 0;
}

static bool irq_exists(uint32_t irq)
{
	return controller != NULL && irq >= 1 && irq <= machine.sources;
}

status_t arch_irq_configure(uint32_t irq, enum irq_trigger trigger, uint32_t cpu)
{
	if (!irq_exists(irq) || trigger > IRQ_TRIGGER_LEVEL_LOW)
		return STATUS_INVALID;
	if (cpu >= machine.cpu_count || machine.context[cpu] == CONTEXT_NONE)
		return STATUS_INVALID;
	uint32_t bit = 1u << irq % 32u;
	if (trigger == IRQ_TRIGGER_EDGE)
		__atomic_fetch_or(&edge[irq / 32u], bit, __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(&edge[irq / 32u], ~bit, __ATOMIC_RELAXED);
	controller->configure(irq, trigger, cpu);
	return STATUS_OK;
}

void arch_irq_mask(uint32_t irq)
{
	if (irq_exists(irq))
		controller->mask(irq);
}

void arch_irq_unmask(uint32_t irq)
{
	if (irq_exists(irq))
		controller->unmask(irq);
}

uint32_t arch_irq_message_count(void)
{
	return machine.controller == CONTROLLER_APLIC_IMSIC ? machine.imsic_ids - 1u - machine.sources : 0;
}

/* The hart's interrupt file takes any number from anybody who can write there. */
status_t arch_irq_message(uint32_t irq, uint32_t requester, uint32_t cpu, struct irq_message *out)
{
	(void)requester;
	if (machine.context[cpu] == CONTEXT_NONE)
		return STATUS_UNSUPPORTED;
	out->address = machine.imsic.base + ((uint64_t)machine.context[cpu] << machine.imsic_stride_log2);
	out->data = irq + IMSIC_FIRST;
	return STATUS_OK;
}

void arch_irq_message_end(uint32_t irq)
{
	(void)irq; /* one that still comes finds nobody */
}

void irq_dispatch(void)
{
	if (controller != NULL)
		controller->dispatch((uint32_t)(arch_cpu_self() - cpu_table));
}
