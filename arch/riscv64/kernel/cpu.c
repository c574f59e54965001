/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Harts: their registers in kernel mode, starting them, poking them, idling. */
#include "csr.h"
#include "machine.h"
#include "sbi.h"
#include <arch/offsets.h>
#include <kernel/thread.h>
#include <lib/string.h>

#define SCOUNTEREN_ALL 7u /* programs may read cycle, time and instret */

CC_NORETURN void boot_secondary_main(struct cpu *cpu); /* called by head.S */
extern char trap_entry[];

/* Stands for "the thread we came for" on a CPU that has none yet: entry.S writes to it unasked. */
static struct thread nobody;

static void cpu_features(struct cpu *cpu)
{
	/* SMEP has no name here: supervisor mode never executes user pages. */
	string_copy(cpu->features, sizeof cpu->features, "wx nx sum smep guard sv39");
	size_t length = strlen(cpu->features);
	if (riscv_asid_mask != 0)
		length += string_copy(cpu->features + length, sizeof cpu->features - length, " asid");
	if (machine.sstc)
		length += string_copy(cpu->features + length, sizeof cpu->features - length, " sstc");
	if (riscv_pte_device != 0)
		string_copy(cpu->features + length, sizeof cpu->features - length, " svpbmt");
}

void arch_cpu_init(struct cpu *cpu, const struct boot_info *info)
{
	uint32_t index = (uint32_t)(cpu - cpu_table);
	cpu->arch.hart = info->cpu_hardware_ids[index];
	cpu->arch.entered = &nobody;
	cpu->arch.fpu_owner = NULL;
	csr_write(stvec, trap_entry);
	csr_write(sscratch, 0);
	csr_clear(sstatus, SSTATUS_SUM | SSTATUS_MXR | SSTATUS_FS | SSTATUS_SPP);
	csr_write(scounteren, SCOUNTEREN_ALL);
	time_cpu_init();
	irq_cpu_init();
	csr_write(sie, 1u << IRQ_SOFTWARE | 1u << IRQ_TIMER | 1u << IRQ_EXTERNAL);
	cpu_features(cpu);
}

/* By this a hart that starts finds out who it is (boot/head.S). */
struct boot_hart {
	uint64_t number; /* 1 + hart id; 0: not to be started yet */
	struct cpu *cpu;
};
extern struct boot_hart boot_harts[BOOT_HARTS];
_Static_assert(BOOT_HARTS == CPU_MAX && sizeof(struct boot_hart) == 16, "head.S knows");

CC_BOOT status_t arch_cpu_start(uint32_t index, const struct boot_info *info)
{
	uint64_t hart = info->cpu_hardware_ids[index];
	boot_harts[index].cpu = &cpu_table[index];
	__atomic_store_n(&boot_harts[index].number, 1u + hart, __ATOMIC_RELEASE);
	struct sbi_result result = sbi_call(SBI_HSM, SBI_HSM_START, hart, machine.image, 0, 0, 0); /* _start */
	return result.error == 0 ? STATUS_OK : STATUS_UNSUPPORTED;
}

void boot_secondary_main(struct cpu *cpu)
{
	kernel_cpu_main((uint32_t)(cpu - cpu_table));
}

/* WFI ends when an enabled interrupt is pending, although none is taken in the kernel. */
void arch_idle(void)
{
	struct arch_cpu *cpu = &arch_cpu_self()->arch;
	__atomic_store_n(&cpu->idle, 1u, __ATOMIC_RELAXED);
	if ((csr_read(sip) & csr_read(sie)) == 0)
		__asm__ volatile("wfi" ::: "memory");
	interrupts_dispatch();
	__atomic_store_n(&cpu->idle, 0u, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* memory.c writes `owed` first and reads `idle` after */
	if (CC_UNLIKELY(__atomic_load_n(&cpu->owed, __ATOMIC_RELAXED) != 0))
		memory_pay(cpu);
}

void arch_irq_poll(void)
{
	interrupts_dispatch();
}

void arch_ipi_send(uint32_t cpu)
{
	if (!irq_ipi_send(cpu))
		(void)sbi_call(SBI_IPI, SBI_IPI_SEND, 1, machine.hart[cpu], 0, 0, 0);
}

void arch_halt(void)
{
	csr_write(sie, 0);
	for (;;)
		__asm__ volatile("wfi" ::: "memory");
}

status_t arch_port(uint16_t port, enum port_operation operation, uint64_t value, uint64_t *out_result)
{
	(void)port;
	(void)operation;
	(void)value;
	(void)out_result;
	return STATUS_UNSUPPORTED;
}

void arch_thread_init(struct arch_regs *regs, uint64_t entry, uint64_t stack_top, uint64_t argument,
                      uint64_t page)
{
	*regs = (struct arch_regs){
		.arg = { argument },
		.pc = entry,
		.sp = stack_top,
		.tp = page,
	};
}
