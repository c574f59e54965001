/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The local APIC: timer, messages between CPUs, end of interrupt.
 *
 * Reached through its registers in memory, or through MSRs (x2APIC) where the CPU has that. The timer counts
 * down once; time.c decides what to. Everything the firmware may have wired to it (LINT pins, performance
 * counters, thermal) stays masked: devices come through the I/O APICs.
 */
#include "x86.h"

#define MSR_APIC_BASE    0x1bu
#define APIC_BASE_ENABLE (1u << 11)
#define APIC_BASE_X2     (1u << 10)
#define MSR_X2APIC       0x800u

#define REGISTER_ID            0x20u
#define REGISTER_VERSION       0x30u
#define REGISTER_PRIORITY      0x80u
#define REGISTER_END           0xb0u
#define REGISTER_SPURIOUS      0xf0u
#define REGISTER_COMMAND       0x300u
#define REGISTER_COMMAND_HIGH  0x310u
#define REGISTER_TIMER         0x320u
#define REGISTER_THERMAL       0x330u
#define REGISTER_PERFORMANCE   0x340u
#define REGISTER_LINT0         0x350u
#define REGISTER_LINT1         0x360u
#define REGISTER_ERROR         0x370u
#define REGISTER_TIMER_INITIAL 0x380u
#define REGISTER_TIMER_CURRENT 0x390u
#define REGISTER_TIMER_DIVIDE  0x3e0u

#define MASKED          (1u << 16)
#define DIVIDE_BY_16    3u
#define TIMER_DEADLINE  (2u << 17)
#define COMMAND_PENDING (1u << 12)
#define SOFTWARE_ENABLE 0x100u

static bool x2apic;

static uint32_t apic_read(uint32_t offset)
{
	if (x2apic)
		return (uint32_t)x86_msr_read(MSR_X2APIC + (offset >> 4));
	return x86_device_read32(x86_platform.lapic_base + offset);
}

static void apic_write(uint32_t offset, uint32_t value)
{
	if (x2apic)
		x86_msr_write(MSR_X2APIC + (offset >> 4), value);
	else
		x86_device_write32(x86_platform.lapic_base + offset, value);
}

void x86_apic_init(void)
{
	uint64_t base = x86_msr_read(MSR_APIC_BASE) | APIC_BASE_ENABLE;
	x2apic = (x86_cpuid(1).ecx & (1u << 21)) != 0;
	x86_msr_write(MSR_APIC_BASE, base);
	if (x2apic)
		x86_msr_write(MSR_APIC_BASE, base | APIC_BASE_X2);

	uint32_t last_entry = apic_read(REGISTER_VERSION) >> 16 & 0xffu;
	apic_write(REGISTER_PRIORITY, 0);
	apic_write(REGISTER_LINT0, MASKED);
	apic_write(REGISTER_LINT1, MASKED);
	apic_write(REGISTER_ERROR, MASKED);
	if (last_entry >= 4)
		apic_write(REGISTER_PERFORMANCE, MASKED);
	if (last_entry >= 5)
		apic_write(REGISTER_THERMAL, MASKED);
	apic_write(REGISTER_TIMER_DIVIDE, DIVIDE_BY_16);
	apic_write(REGISTER_TIMER, X86_VECTOR_TIMER | (x86_time_deadline ? TIMER_DEADLINE : 0));
	apic_write(REGISTER_SPURIOUS, SOFTWARE_ENABLE | X86_VECTOR_SPURIOUS);
	__asm__ volatile("mfence" : : : "memory"); /* before the first deadline goes to an MSR */
}

uint32_t x86_apic_id(void)
{
	uint32_t id = apic_read(REGISTER_ID);
	return x2apic ? id : id >> 24;
}

void x86_apic_done(void)
{
	apic_write(REGISTER_END, 0);
}

void x86_apic_send(uint32_t apic_id, uint32_t command)
{
	if (x2apic) {
		/* This MSR write does not wait for earlier stores, which the other CPU is to see. */
		__asm__ volatile("mfence" : : : "memory");
		x86_msr_write(MSR_X2APIC + (REGISTER_COMMAND >> 4), (uint64_t)apic_id << 32 | command);
		return;
	}
	apic_write(REGISTER_COMMAND_HIGH, apic_id << 24);
	apic_write(REGISTER_COMMAND, command);
	while ((apic_read(REGISTER_COMMAND) & COMMAND_PENDING) != 0)
		__asm__ volatile("pause");
}

void x86_apic_timer_start(uint32_t count)
{
	apic_write(REGISTER_TIMER_INITIAL, count);
}

uint32_t x86_apic_timer_count(void)
{
	return apic_read(REGISTER_TIMER_CURRENT);
}
