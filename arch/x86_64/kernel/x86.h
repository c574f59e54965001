/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the files of this port share and nobody else sees: instructions C has no word for, the facts that
 * ACPI told (struct x86_platform, filled by boot/ before kernel_main), and each file's few entry points.
 */
#pragma once
#include <kernel/arch.h>
#include <kernel/cpu.h>

/* ---- instructions ---- */

CC_INLINE void x86_out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

CC_INLINE void x86_out16(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

CC_INLINE void x86_out32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

CC_INLINE uint8_t x86_in8(uint16_t port)
{
	uint8_t value;
	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

CC_INLINE uint16_t x86_in16(uint16_t port)
{
	uint16_t value;
	__asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

CC_INLINE uint32_t x86_in32(uint16_t port)
{
	uint32_t value;
	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

struct x86_cpuid {
	uint32_t eax, ebx, ecx, edx;
};

/*@ assigns \nothing; */
CC_INLINE struct x86_cpuid x86_cpuid(uint32_t leaf)
{
	struct x86_cpuid r;
	__asm__("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(0));
	return r;
}

#define X86_READ_REGISTER(name)                                                                    \
	CC_INLINE uint64_t x86_##name##_read(void)                                                 \
	{                                                                                          \
		uint64_t value;                                                                    \
		__asm__ volatile("movq %%" #name ", %0" : "=r"(value) : : "memory");               \
		return value;                                                                      \
	}
#define X86_WRITE_REGISTER(name)                                                                   \
	CC_INLINE void x86_##name##_write(uint64_t value)                                          \
	{                                                                                          \
		__asm__ volatile("movq %0, %%" #name : : "r"(value) : "memory");                   \
	}
X86_READ_REGISTER(cr0)
X86_READ_REGISTER(cr2)
X86_READ_REGISTER(cr3)
X86_READ_REGISTER(cr4)
X86_WRITE_REGISTER(cr0)
X86_WRITE_REGISTER(cr3)
X86_WRITE_REGISTER(cr4)

#define X86_CR0_TASK_SWITCHED (1ull << 3) /* the FPU traps */
#define X86_CR4_GLOBAL (1ull << 7)

/*
 * Device registers lie in the direct map, at their physical address, uncached. Never inline: QEMU 7.2 learns only
 * between two blocks of code that the map of devices changed (a BAR was placed). Of two accesses in one block the
 * second, after the first has waited for the CPU that changed it, reaches another device, or none: the emulator ends.
 */
uint32_t x86_device_read32(uint64_t address);
void x86_device_write32(uint64_t address, uint32_t value);

/* ---- linker script; `PHYSICAL` of an image address ---- */
extern char kernel_text_start[], kernel_text_end[], kernel_rodata_start[], kernel_rodata_end[],
	kernel_boot_text_start[], kernel_boot_text_end[], kernel_data_start[], kernel_image_end[];
extern char boot_stack_guard[], boot_stack_top[];

CC_INLINE paddr_t x86_image_physical(const void *address)
{
	return (paddr_t){(uint64_t)(uintptr_t)address - X86_IMAGE_OFFSET};
}

/* ---- the machine, as ACPI describes it; constant after boot ---- */
#define X86_IOAPICS_MAX 8u
#define X86_OVERRIDES_MAX 16u

struct x86_ioapic {
	uint64_t base;
	uint32_t line_first;
};

/* An ISA interrupt that is not the line of the same number, or not edge triggered and active high. */
struct x86_override {
	uint32_t isa;
	uint32_t line;
	enum irq_trigger trigger;
};

struct x86_platform {
	uint64_t lapic_base;
	uint32_t ioapic_count;
	uint32_t override_count;
	struct x86_ioapic ioapics[X86_IOAPICS_MAX];
	struct x86_override overrides[X86_OVERRIDES_MAX];

	uint64_t hpet_base;     /* 0: none */
	uint16_t pm_timer_port; /* 0: none */
	uint32_t trampoline;    /* page below 1 MiB where secondary CPUs start; 0: none was free */

	/* Power: 0 where the machine has no such thing. */
	uint16_t pm1a_control, pm1b_control;
	uint16_t smi_command;
	uint8_t acpi_enable;
	bool sleep_known;
	uint8_t sleep_a, sleep_b; /* SLP_TYP for soft off */
	bool sleep_reduced;       /* no PM1 registers: the sleep control register instead */
	bool sleep_memory;        /* it is memory, not a port */
	uint64_t sleep_control;
	bool reset_known;
	bool reset_memory; /* the register is memory, not a port */
	uint64_t reset_address;
	uint8_t reset_value;

	bool uart_known;
	bool uart_memory; /* registers are memory, not ports */
	uint64_t uart_base;
	uint32_t uart_shift; /* log2 of the distance of registers */
};
extern struct x86_platform x86_platform;

/* ---- kernel/traps.c, kernel/kernel_fault.c ---- */
enum x86_vector {
	X86_VECTOR_DIVIDE = 0,
	X86_VECTOR_DEBUG = 1,
	X86_VECTOR_NMI = 2,
	X86_VECTOR_BREAKPOINT = 3,
	X86_VECTOR_OVERFLOW = 4,
	X86_VECTOR_INVALID = 6,
	X86_VECTOR_NO_FPU = 7,
	X86_VECTOR_DOUBLE = 8,
	X86_VECTOR_STACK = 12,
	X86_VECTOR_PROTECTION = 13,
	X86_VECTOR_PAGE = 14,
	X86_VECTOR_FPU = 16,
	X86_VECTOR_ALIGNMENT = 17,
	X86_VECTOR_MACHINE = 18,
	X86_VECTOR_SIMD = 19,
	X86_VECTOR_CONTROL = 21,
};
/* State of an interrupted kernel context, as kernel/entry.S pushes it. */
struct x86_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
	uint64_t vector; /* less 128 */
	uint64_t error;
	uint64_t rip, cs, rflags, rsp, ss;
};
struct thread *x86_trap_user(struct thread *current, int64_t vector, uint64_t error);
void x86_trap_kernel(struct x86_frame *frame);
void x86_interrupt(int64_t vector);

/* ---- kernel/cpu.c ---- */
extern bool x86_smap; /* STAC and CLAC exist and are needed */
/* Segments, task state and vectors of a CPU: enough to tell of a fault. */
void x86_tables_load(uint32_t index, uint64_t stack_top, uint64_t fault_stack_top);
void x86_fault_stack_set(uint32_t index, uint64_t fault_stack_top);

/* ---- kernel/apic.c ---- */
/* This CPU's local APIC: on, nothing unmasked but the timer. */
void x86_apic_init(void);
uint32_t x86_apic_id(void);
void x86_apic_done(void); /* end of interrupt */
void x86_apic_send(uint32_t apic_id, uint32_t command);
#define X86_APIC_INIT 0x4500u
#define X86_APIC_STARTUP 0x4600u
#define X86_APIC_FIXED 0x4000u
void x86_apic_timer_start(uint32_t count);
uint32_t x86_apic_timer_count(void);

/* ---- kernel/ioapic.c ---- */
/* Mask a level line, so that the end of interrupt does not bring it back at once. */
void x86_ioapic_fired(uint32_t line);

/* ---- kernel/time.c ---- */
extern bool x86_time_deadline; /* the APIC timer compares with the TSC itself */
/* Measure TSC and APIC timer; boot CPU, before anything asks for the time. */
void x86_time_init(void);
/* The APIC timer interrupted: true if the deadline has passed, else it is armed again. */
bool x86_timer_due(struct arch_cpu *cpu);
void x86_delay_us(uint32_t us);

/* ---- kernel/memory.c ---- */
/* boot/entry.S: the early tables; [0] of the last is what remains for secondary CPUs. */
extern uint64_t x86_early_root[512], x86_early_low[512], x86_early_high[512], x86_early_directories[4 * 512];
/* Top of the stack a CPU uses for faults that the kernel stack cannot take. */
uint64_t x86_fault_stack_top(uint32_t index);
/* The bounds of the known kernel stack that `address` lies in; false: in none. */
bool x86_stack_find(uint64_t address, uint64_t *out_bottom, uint64_t *out_top);

/* ---- kernel/console.c ---- */
void x86_console_init(void);

/* ---- kernel/trampoline.S: what a secondary CPU finds; its index is where its APIC id stands ---- */
extern char x86_trampoline_start[], x86_trampoline_end[];
extern uint32_t x86_trampoline_pointers[]; /* on the page: every second word gets its address added */
#define X86_TRAMPOLINE_POINTERS 3u
extern uint64_t x86_start_root, x86_start_stacks[CPU_MAX];
extern uint32_t x86_start_ids[CPU_MAX];
