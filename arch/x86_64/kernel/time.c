/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Time is the TSC. What it and the APIC timer run at is measured once, against the best reference the
 * machine has: HPET, else the ACPI timer, else the PIT.
 *
 * The timer of a CPU is one-shot. The kernel moves its deadline often and mostly later, and each write to the
 * hardware is slow, so only an earlier deadline is written: an interrupt that comes too early arms the timer
 * again and is not told to the kernel.
 */
#include "x86.h"

#define MSR_TSC_DEADLINE 0x6e0u
#define MEASURE_US       4000u
#define TRIES            5u
#define TIMER_COUNT_MAX  0xffffffffu

#define HPET_PERIOD        0x04u
#define HPET_CONFIGURATION 0x10u
#define HPET_COUNTER       0xf0u
#define HPET_PERIOD_MAX    100000000u /* femtoseconds, by its specification */

#define PIT_CHANNEL2 0x42u
#define PIT_COMMAND  0x43u
#define PIT_GATE     0x61u

static uint64_t tsc_hz;
static uint64_t tsc_to_apic; /* APIC timer counts per TSC tick, 32 fraction bits */
bool x86_time_deadline;

/* A counter of known frequency that counts up within `mask`. */
struct reference {
	uint64_t hz;
	uint32_t mask;
	uint32_t (*read)(void);
};

CC_BOOT static uint32_t hpet_read(void)
{
	return x86_device_read32(x86_platform.hpet_base + HPET_COUNTER);
}

CC_BOOT static uint32_t pm_timer_read(void)
{
	return x86_in32(x86_platform.pm_timer_port);
}

CC_BOOT static uint32_t pit_read(void)
{
	x86_out8(PIT_COMMAND, 0x80); /* latch channel 2 */
	uint32_t low = x86_in8(PIT_CHANNEL2);
	uint32_t high = x86_in8(PIT_CHANNEL2);
	return ~(low | high << 8);
}

CC_BOOT static struct reference reference_choose(void)
{
	if (x86_platform.hpet_base != 0) {
		uint32_t period = x86_device_read32(x86_platform.hpet_base + HPET_PERIOD);
		uint32_t configuration = x86_device_read32(x86_platform.hpet_base + HPET_CONFIGURATION);
		x86_device_write32(x86_platform.hpet_base + HPET_CONFIGURATION, configuration | 1u);
		if (period != 0 && period <= HPET_PERIOD_MAX)
			return (struct reference){1000000000000000ull / period, UINT32_MAX, hpet_read};
	}
	if (x86_platform.pm_timer_port != 0)
		return (struct reference){3579545, 0xffffffu, pm_timer_read};
	x86_out8(PIT_GATE, (uint8_t)((x86_in8(PIT_GATE) & ~2u) | 1u)); /* gate open, speaker off */
	x86_out8(PIT_COMMAND, 0xb0);                                   /* channel 2 counts down once */
	x86_out8(PIT_CHANNEL2, 0xff);
	x86_out8(PIT_CHANNEL2, 0xff);
	return (struct reference){1193182, 0xffffu, pit_read};
}

struct sample {
	uint64_t tsc;
	uint32_t reference;
	uint32_t apic;
};

/* The three counters as nearly at once as one of a few tries gets. */
CC_BOOT static struct sample sample_take(const struct reference *reference)
{
	struct sample best = {0, 0, 0};
	uint64_t width = UINT64_MAX;
	for (uint32_t i = 0; i < TRIES; i++) {
		uint64_t before = arch_time_now();
		uint32_t at = reference->read();
		uint64_t after = arch_time_now();
		uint32_t apic = x86_apic_timer_count();
		if (after - before < width) {
			width = after - before;
			best = (struct sample){before + width / 2, at, apic};
		}
	}
	return best;
}

CC_BOOT void x86_time_init(void)
{
	x86_apic_init();
	struct reference reference = reference_choose();
	x86_apic_timer_start(TIMER_COUNT_MAX);
	struct sample first = sample_take(&reference);
	uint32_t wait = (uint32_t)(reference.hz * MEASURE_US / 1000000u);
	while (((reference.read() - first.reference) & reference.mask) < wait)
		__asm__ volatile("pause");
	struct sample last = sample_take(&reference);
	x86_apic_timer_start(0);

	uint64_t passed = (last.reference - first.reference) & reference.mask;
	uint64_t ticks = last.tsc - first.tsc;
	tsc_hz = ticks * reference.hz / passed;
	tsc_to_apic = ((uint64_t)(first.apic - last.apic) << 32) / ticks;
	x86_time_deadline = (x86_cpuid(1).ecx & (1u << 24)) != 0;
}

uint64_t arch_time_frequency(void)
{
	return tsc_hz;
}

void x86_delay_us(uint32_t us)
{
	uint64_t end = arch_time_now() + tsc_hz / 1000000u * us;
	while (arch_time_now() < end)
		__asm__ volatile("pause");
}

/* Make the hardware fire at `ticks`, or as late before it as it can. */
static void timer_program(struct arch_cpu *cpu, uint64_t ticks)
{
	cpu->timer_fires = ticks;
	if (x86_time_deadline) {
		x86_msr_write(MSR_TSC_DEADLINE, ticks);
		return;
	}
	uint64_t now = arch_time_now();
	uint64_t distance = ticks > now ? ticks - now : 0;
	uint64_t count = distance < 1ull << 32 ? distance * tsc_to_apic >> 32 : UINT64_MAX;
	if (distance >= 1ull << 32)
		count = (distance >> 32) * tsc_to_apic;
	x86_apic_timer_start(count < TIMER_COUNT_MAX ? (uint32_t)count + 1u : TIMER_COUNT_MAX);
}

void arch_timer_arm(uint64_t ticks)
{
	struct arch_cpu *cpu = (struct arch_cpu *)(void *)arch_cpu_self();
	cpu->timer_deadline = ticks;
	if (ticks < cpu->timer_fires)
		timer_program(cpu, ticks);
}

bool x86_timer_due(struct arch_cpu *cpu)
{
	cpu->timer_fires = UINT64_MAX;
	if (cpu->timer_deadline == UINT64_MAX)
		return false;
	if (arch_time_now() < cpu->timer_deadline) {
		timer_program(cpu, cpu->timer_deadline);
		return false;
	}
	cpu->timer_deadline = UINT64_MAX;
	return true;
}
