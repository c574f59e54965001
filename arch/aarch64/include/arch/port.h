/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of this port share among themselves. Nobody else includes it. */
#pragma once
#include <arch/sysreg.h>
#include <kernel/cpu.h>

/* ---- the machine, as the device tree describes it (boot/machine.c) ---- */
#define REDISTRIBUTOR_RANGES_MAX 8u

enum machine_conduit {
	CONDUIT_NONE = 0,
	CONDUIT_HVC = 1,
	CONDUIT_SMC = 2,
};

struct machine {
	uint64_t image; /* physical address of the kernel image */
	bool gic_is_v2;
	struct boot_range distributor; /* physical */
	struct boot_range cpu_interface; /* GICv2 */
	struct boot_range redistributors[REDISTRIBUTOR_RANGES_MAX]; /* GICv3 */
	uint32_t redistributor_ranges;
	uint64_t redistributor_stride; /* 0: what each frame says */
	struct boot_range its; /* GICv3: takes messages of PCI functions; size 0: none */
	uint32_t timer_irq; /* virtual timer; 0: none named */
	enum machine_conduit conduit;
	bool semihosting; /* asked for on the command line */
};
extern struct machine machine; /* [c] */

/* ---- device registers ---- */
CC_INLINE uint32_t device_read32(uint64_t address)
{
	return *(volatile uint32_t *)(uintptr_t)address;
}
CC_INLINE void device_write32(uint64_t address, uint32_t value)
{
	*(volatile uint32_t *)(uintptr_t)address = value;
}
CC_INLINE uint64_t device_read64(uint64_t address)
{
	return *(volatile uint64_t *)(uintptr_t)address;
}
CC_INLINE void device_write64(uint64_t address, uint64_t value)
{
	*(volatile uint64_t *)(uintptr_t)address = value;
}
CC_INLINE void device_write8(uint64_t address, uint8_t value)
{
	*(volatile uint8_t *)(uintptr_t)address = value;
}

/* ---- memory (boot/early_map.c, kernel/memory.c) ---- */
/* Add RAM to the early direct map. */
void early_map_ram(uint64_t base, uint64_t size);
/* Map device registers in the kernel, for ever; works from boot_main on. Returns the kernel address, 0 if
 * there is no room. Boot only. */
uint64_t early_map_device(uint64_t base, uint64_t size);
/* Physical address of something in the kernel image. */
paddr_t memory_image_address(const void *object);
/* The kernel image maps nothing writable and executable from now on, on this CPU. */
void memory_write_no_execute(void);
/* Learn what this kind of CPU can do (memory_guarded and its like). Boot CPU, before kernel_main. */
void memory_detect(void);

/* In boot/head.S: tables, entered by physical address. */
extern uint64_t head[], head_root[512], head_identity[512];
extern uint64_t memory_root[512], memory_empty[512];
void head_exchange_root(uint64_t root);
void head_secondary(void);

/* ---- the rest of kernel/ ---- */
extern uint64_t vectors[];
void console_init(uint64_t pl011);

void gic_init(void);     /* distributor and the boot CPU's part */
void gic_cpu_init(struct arch_cpu *cpu);
uint64_t cpu_hardware_id(uint32_t cpu); /* MPIDR affinity */
void gic_dispatch(void); /* run the upcalls of all that is pending on this CPU */

void timer_cpu_init(void);
void timer_fired(void);

void fpu_first_use(struct thread *thread);

/* PSCI calls; the return value of the firmware (0: success), or -1 without firmware. */
int64_t psci_cpu_on(uint64_t hardware_id, uint64_t entry, uint64_t context);
void psci_off(void);
void psci_reset(void);

/* Entered from assembly. */
CC_NORETURN void boot_main(uint64_t tree, uint64_t image, uint64_t entry_ticks);
CC_NORETURN void cpu_secondary_main(struct cpu *cpu);
struct thread *trap_user_fault(struct thread *thread, uint64_t syndrome, uint64_t address);
struct thread *trap_user_irq(struct thread *thread);
CC_NORETURN void trap_kernel(const struct arch_regs *regs, uint64_t syndrome, uint64_t address, uint64_t vector);
CC_NORETURN void trap_kernel_again(void);

/* struct thread begins like this; the port needs no more of it. */
struct thread_head {
	struct arch_regs regs;
	struct arch_fpu fpu;
};
CC_INLINE struct thread_head *thread_head(struct thread *thread)
{
	return (struct thread_head *)(void *)thread;
}
