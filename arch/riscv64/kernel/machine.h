/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the port itself knows of the machine, all of it read from the device tree by boot/, constant after. */
#pragma once
#include <kernel/cpu.h>

#define CONTEXT_NONE UINT32_MAX
#define MACHINE_UNMAPPED_MAX 16u
#define MACHINE_SOURCES_MAX 1023u /* what PLIC and APLIC have registers for */

enum machine_controller {
	CONTROLLER_PLIC = 1,
	CONTROLLER_APLIC = 2,       /* wired to the harts */
	CONTROLLER_APLIC_IMSIC = 3, /* sends messages to each hart's IMSIC */
};

struct machine {
	uint64_t image;             /* physical address of KERNEL_BASE */
	uint32_t cpu_count;
	uint64_t hart[CPU_MAX];     /* by CPU */
	uint64_t timebase;          /* counter ticks per second */
	bool sstc;                  /* every hart has its own timer compare register */
	bool fpu;                   /* every hart has F and D */
	bool zkr;                   /* every hart has an entropy source; firmware may still keep it from us */

	struct boot_range uart;     /* size 0: none */
	uint32_t uart_shift;        /* log2 of the distance of registers */
	uint32_t uart_width;        /* bytes per access: 1 or 4 */
	struct boot_range finisher; /* the emulator's exit device; size 0: none */

	enum machine_controller controller;
	struct boot_range lines;    /* registers of the PLIC, or of the supervisor's APLIC */
	uint32_t sources;           /* lines are 1..sources */
	uint32_t context[CPU_MAX];  /* by CPU: PLIC context, or index of the hart in APLIC and IMSIC */
	struct boot_range imsic;    /* the supervisor's interrupt files */
	uint32_t imsic_stride_log2; /* bytes from one hart's file to the next */
	uint32_t imsic_ids;

	/* Reserved memory that nobody may map: firmware keeps it for itself. */
	struct boot_range unmapped[MACHINE_UNMAPPED_MAX];
	uint32_t unmapped_count;
};

extern struct machine machine;

/* Registers of a device, mapped for the kernel: before arch_memory_init in the early direct map, later in a
 * window of their own. */
volatile void *device_map(uint64_t base, uint64_t size);
/* The console and power devices, again, once the final page tables exist. */
void console_map(void);
void power_map(void);
/* CPU-local parts of arch_cpu_init. */
void time_cpu_init(void);
void irq_cpu_init(void);
/* Take what is pending on this CPU: trap_irq, trap_timer, trap_ipi. */
void interrupts_dispatch(void);
void time_dispatch(void);
void irq_dispatch(void);
/* What a CPU has to forget before it runs a program again. */
enum {
	OWED_TRANSLATIONS = 1u,
	OWED_INSTRUCTIONS = 2u,
};
/* Pay what others left to this CPU while it idled. */
void memory_pay(struct arch_cpu *cpu);
/* True if the controller carries IPIs itself. */
bool irq_ipi_send(uint32_t cpu);
/* How many ASIDs satp takes; the boot CPU only. */
void memory_probe_asid(void);
/* satp of the kernel's own address space, for CPUs that start. */
extern uint64_t memory_kernel_satp;
/* The instruction at `pc` trapped as illegal: true if it only wanted the FPU, which it now has. */
bool fpu_first_use(struct thread *thread, uint64_t instruction);
