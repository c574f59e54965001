/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Several CPUs: starting them, calling them, and making them forget translations.
 *
 * A shootdown is a request in the asker's own structure, a bit in each target's `asked_by`, and an interrupt.
 * Whoever waits answers others meanwhile (arch_spin_hint comes here too), so two CPUs that ask each other, or
 * one that spins for a lock the asker holds, cannot block. Answering twice is harmless: the bit is taken
 * once, the interrupt finds nothing more to do.
 */
#include "x86.h"

#include <lib/string.h>

#define FLUSH_PAGES_MAX 32u /* beyond, everything is cheaper */
#define START_DELAY_US  200u

/* Once: CPUs may be running on the page from then on. */
static void trampoline_prepare(void)
{
	if (x86_start_root != 0)
		return;
	size_t bytes = (size_t)(x86_trampoline_end - x86_trampoline_start);
	uint8_t *page = arch_direct((paddr_t){x86_platform.trampoline});
	memcpy(page, x86_trampoline_start, bytes);
	uint32_t *pointers =
		(uint32_t *)(void *)(page + ((char *)x86_trampoline_pointers - x86_trampoline_start));
	for (uint32_t i = 0; i < X86_TRAMPOLINE_POINTERS; i++)
		pointers[2 * i] += x86_platform.trampoline;
	x86_start_root = arch_kernel_root().a;
}

CC_BOOT status_t arch_cpu_start(uint32_t index, const struct boot_info *info)
{
	if (x86_platform.trampoline == 0 || index >= info->cpu_count)
		return STATUS_UNSUPPORTED;
	uint32_t apic_id = (uint32_t)info->cpu_hardware_ids[index];
	trampoline_prepare();
	x86_start_ids[index] = apic_id;
	__atomic_store_n(&x86_start_stacks[index], cpu_table[index].arch.stack_top, __ATOMIC_RELEASE);

	x86_apic_send(apic_id, X86_APIC_INIT);
	x86_delay_us(START_DELAY_US);
	x86_apic_send(apic_id, X86_APIC_STARTUP | x86_platform.trampoline >> PAGE_SHIFT);
	x86_delay_us(START_DELAY_US);
	/* A CPU that missed the first one; any other ignores it. */
	x86_apic_send(apic_id, X86_APIC_STARTUP | x86_platform.trampoline >> PAGE_SHIFT);
	return STATUS_OK;
}

void arch_ipi_send(uint32_t cpu)
{
	x86_apic_send(cpu_table[cpu].arch.apic_id, X86_APIC_FIXED | X86_VECTOR_IPI);
}

static void flush_all(uint32_t asid)
{
	if (asid != 0) {
		x86_cr3_write(x86_cr3_read());
		return;
	}
	uint64_t cr4 = x86_cr4_read();
	x86_cr4_write(cr4 & ~X86_CR4_GLOBAL); /* a change of this bit forgets global ones too */
	x86_cr4_write(cr4);
}

static void flush_here(uint32_t asid, uint64_t address, uint64_t pages)
{
	if (pages == 0 || pages > FLUSH_PAGES_MAX) {
		flush_all(asid);
		return;
	}
	for (uint64_t i = 0; i < pages; i++)
		__asm__ volatile("invlpg (%0)" : : "r"(address + i * PAGE_SIZE) : "memory");
}

void x86_shootdown_answer(void)
{
	struct cpu *self = arch_cpu_self();
	uint32_t own = 1u << self->arch.index;
	uint32_t askers = __atomic_exchange_n(&self->arch.shootdown.asked_by, 0, __ATOMIC_ACQUIRE);

	for (; askers != 0; askers &= askers - 1u) {
		struct arch_shootdown *request = &cpu_table[__builtin_ctz(askers)].arch.shootdown;
		flush_here(request->asid, request->address, request->pages);
		__atomic_fetch_and(&request->waiting_for, ~own, __ATOMIC_RELEASE);
		self->shootdowns++;
	}
}

void arch_tlb_flush(uint32_t asid, uint64_t address, uint64_t pages, uint64_t cpus)
{
	struct cpu *self = arch_cpu_self();
	struct arch_shootdown *request = &self->arch.shootdown;
	uint32_t own = 1u << self->arch.index;
	uint32_t targets = (uint32_t)cpus & ~own;

	flush_here(asid, address, pages);
	if (targets == 0)
		return;
	request->asid = asid;
	request->address = address;
	request->pages = pages;
	__atomic_store_n(&request->waiting_for, targets, __ATOMIC_RELEASE);
	for (uint32_t rest = targets; rest != 0; rest &= rest - 1u) {
		struct arch_cpu *target = &cpu_table[__builtin_ctz(rest)].arch;
		__atomic_fetch_or(&target->shootdown.asked_by, own, __ATOMIC_ACQ_REL);
		x86_apic_send(target->apic_id, X86_APIC_FIXED | X86_VECTOR_SHOOTDOWN);
	}
	while (__atomic_load_n(&request->waiting_for, __ATOMIC_ACQUIRE) != 0)
		arch_spin_hint();
}
