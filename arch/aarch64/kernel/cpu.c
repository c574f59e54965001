/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One CPU: its protections and per-CPU registers, how it is started, how it
 * waits, how its threads begin. The boot CPU's part of the interrupt controller
 * is set up by arch_irq_init, that of the others here.
 */
#include <arch/port.h>
#include <lib/string.h>

#define COUNTER_ENABLE 1u        /* PMCR_EL0.E */
#define COUNTER_LONG (1u << 6)   /* PMCR_EL0.LC: 64 bits */
#define COUNTER_CYCLES (1u << 31)
#define COUNTER_USER_CYCLES (1u << 2) /* PMUSERENR_EL0.CR */
#define DEBUG_CHANNEL_TRAP (1u << 12) /* MDSCR_EL1.TDCC: no debugger's mailbox for programs; no debug traps */

_Static_assert(__builtin_offsetof(struct cpu, arch) == 0, "entry code finds struct arch_cpu in struct cpu");

static const struct boot_info *boot; /* [c] */

uint64_t cpu_hardware_id(uint32_t cpu)
{
	return boot->cpu_hardware_ids[cpu];
}

static CC_COLD void feature_add(struct cpu *cpu, const char *name)
{
	size_t length = strlen(cpu->features);
	if (length > 0u && length + 1u < sizeof cpu->features)
		cpu->features[length++] = ' ';
	(void)string_copy(cpu->features + length, sizeof cpu->features - length, name);
}

/* Branch targets are checked in kernel and user pages that arch_pte_leaf marked as guarded. */
static void protections_init(struct cpu *cpu)
{
	cpu->features[0] = '\0';
	feature_add(cpu, "wxn pxn uxn");
	/* PAN: closed by every exception since SCTLR_EL1.SPAN is clear; not lifted anywhere. */
	if (SYSREG_FIELD(SYSREG_READ(id_aa64mmfr1_el1), 20) != 0u) {
		__asm__ volatile("msr s0_0_c4_c1_4, xzr"); /* MSR PAN, #1 */
		feature_add(cpu, "pan");
	}
	if (memory_guarded != 0u) {
		SYSREG_WRITE(sctlr_el1, SYSREG_READ(sctlr_el1) | SCTLR_BTI_USER | SCTLR_BTI_KERNEL);
		feature_add(cpu, "bti");
	}
	if ((SYSREG_READ(tcr_el1) >> TCR_E0PD1_SHIFT & 1u) != 0u)
		feature_add(cpu, "e0pd");
	sync_instructions();
}

/* The cycle counter runs for benchmarks and programs may read it; they see no other counter. */
static void cycle_counter_init(void)
{
	uint32_t version = SYSREG_FIELD(SYSREG_READ(id_aa64dfr0_el1), 8);
	if (SYSREG_FIELD(SYSREG_READ(id_aa64pfr0_el1), 44) != 0u)
		SYSREG_WRITE(s3_3_c13_c2_3, 0); /* AMUSERENR_EL0: activity monitors */
	if (version == 0u || version == 0xfu)
		return;
	SYSREG_WRITE(pmcr_el0, COUNTER_ENABLE | COUNTER_LONG);
	SYSREG_WRITE(pmccfiltr_el0, 0);
	SYSREG_WRITE(pmintenclr_el1, UINT32_MAX);
	SYSREG_WRITE(pmcntenset_el0, COUNTER_CYCLES);
	SYSREG_WRITE(pmuserenr_el0, COUNTER_USER_CYCLES);
}

void arch_cpu_init(struct cpu *cpu, const struct boot_info *info)
{
	boot = info;
	SYSREG_WRITE(tpidr_el1, (uintptr_t)cpu);
	SYSREG_WRITE(tpidrro_el0, 0);
	SYSREG_WRITE(cpacr_el1, 0);
	SYSREG_WRITE(mdscr_el1, DEBUG_CHANNEL_TRAP);
	SYSREG_WRITE(vbar_el1, (uintptr_t)vectors);
	protections_init(cpu);
	cycle_counter_init();
	timer_cpu_init();
	if (cpu->index != 0u)
		gic_cpu_init(&cpu->arch);
}

CC_BOOT void arch_irq_init(const struct boot_info *info)
{
	boot = info;
	gic_init();
	gic_cpu_init(&arch_cpu_self()->arch);
}

/* ---- other CPUs ---- */
CC_BOOT status_t arch_cpu_start(uint32_t index, const struct boot_info *info)
{
	boot = info;
	uint64_t entry = memory_image_address((const void *)(uintptr_t)head_secondary).a;
	__asm__ volatile("dsb sy" ::: "memory");
	int64_t result = psci_cpu_on(info->cpu_hardware_ids[index], entry, (uintptr_t)&cpu_table[index]);
	return result == 0 ? STATUS_OK : STATUS_UNSUPPORTED;
}

void cpu_secondary_main(struct cpu *cpu)
{
	arch_aspace_activate(arch_kernel_root(), 0); /* leaves the identity map */
	kernel_cpu_main((uint32_t)(cpu - cpu_table));
}

/* ---- waiting ---- */
/* Interrupts stay masked: WFI ends when one is pending, and it is dispatched by a call, not by a trap. */
void arch_idle(void)
{
	__asm__ volatile("isb\n\tdsb sy\n\twfi" ::: "memory");
	gic_dispatch();
}

void arch_irq_poll(void)
{
	gic_dispatch();
}

void arch_halt(void)
{
	for (;;)
		__asm__ volatile("msr daifset, #15\n\twfi" ::: "memory");
}

/* ---- threads ---- */
void arch_thread_init(struct arch_regs *regs, uint64_t entry, uint64_t stack_top, uint64_t argument,
                      uint64_t page)
{
	(void)page; /* loaded by arch_thread_switch */
	*regs = (struct arch_regs){ .arg = { argument }, .sp = stack_top, .pc = entry };
}

status_t arch_port(uint16_t port, enum port_operation operation, uint64_t value, uint64_t *out_result)
{
	(void)port;
	(void)operation;
	(void)value;
	(void)out_result;
	return STATUS_UNSUPPORTED;
}
