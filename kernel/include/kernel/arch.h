/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The whole interface between the kernel and a port.
 *
 * The kernel runs with interrupts disabled, on one stack per CPU, and is left
 * only through arch_user_return. A trap from user mode saves the complete user
 * state in the current thread's `regs` (except FPU state, which stays in the
 * CPU until arch_fpu_save), so a blocked thread is wholly in memory and any CPU
 * may resume it. Interrupts are taken inside the kernel only by arch_idle.
 *
 * Virtual layout, the same on all ports:
 *   0 .. USER_LIMIT              programs
 *   DIRECT_MAP_BASE              all RAM, writable, not executable; kernel text and
 *                                read-only data are read-only here too
 *   KERNEL_BASE                  the kernel image, then its tables (section .tables:
 *                                address space reserved by the linker, backed with frames
 *                                by table_back() to the size the machine deserves)
 *
 * arch/inline.h defines the functions marked [inline].
 */
#pragma once
#include <abi/status.h>
#include <abi/syscall.h>
#include <kernel/boot_info.h>

struct cpu;
struct thread;

#define DIRECT_MAP_BASE 0xffffffc000000000ull
#define KERNEL_BASE 0xffffffff80000000ull

/* Types a port defines in <arch/types.h>:
 *   struct arch_regs    user state of a thread; begins with `uint64_t arg[8]; uint64_t number;`
 *   struct arch_fpu     FPU state of a thread, with `bool live` (it has used the FPU)
 *   struct arch_cpu     what entry code needs per CPU; begins with `struct thread *current` (kept by the
 *                       kernel) and `uint64_t stack_top` (set by the kernel before arch_cpu_init/start)
 * struct thread (kernel/thread.h) begins with `struct arch_regs regs; struct arch_fpu fpu;`,
 * struct cpu (kernel/cpu.h) with `struct arch_cpu arch;`, and CPUs are cpu_table[index],
 * and the constants ARCH_NAME, ARCH_ELF_MACHINE (of lib/elf.h), ARCH_PAGE_LEVELS (3 or 4: levels of 512 entries). */
#include <arch/types.h>

/* ---- CPU ---- */
/* Protections, trap vectors and per-CPU state of the calling CPU. Called on each CPU once;
 * `features` gets the names of the protections in force. */
void arch_cpu_init(struct cpu *cpu, const struct boot_info *info);
/* Start CPU `index` of the boot info; it comes up in kernel_cpu_main(index) on its own stack.
 * UNSUPPORTED if the firmware refuses. Returns after it was told to start, not after it did. */
CC_NODISCARD status_t arch_cpu_start(uint32_t index, const struct boot_info *info);
/* [inline] struct cpu *arch_cpu_self(void): the calling CPU. */
/* [inline] void arch_spin_hint(void): one turn of a spin loop; answers shootdowns meant for this CPU. */
/* Wait until an interrupt is pending and dispatch it (trap_irq, trap_timer, trap_ipi), then return
 * with interrupts disabled. May return early. */
void arch_idle(void);
/* Dispatch what is pending now, without waiting; interrupts are disabled before and after. For long work
 * inside the kernel, between bounded steps. */
void arch_irq_poll(void);
/* Make another CPU run trap_ipi soon. */
void arch_ipi_send(uint32_t cpu);
CC_NORETURN void arch_halt(void);
/* Power action; returns only if the machine cannot do it. POWER_FAIL ends an emulator with a failing code. */
void arch_power(enum power_action action);

/* ---- interrupts ---- */
void arch_irq_init(const struct boot_info *info);
uint32_t arch_irq_count(void);
/* Route a line to a CPU, masked. INVALID: no such line. */
CC_NODISCARD status_t arch_irq_configure(uint32_t irq, enum irq_trigger trigger, uint32_t cpu);
/* A line that fired is masked (level) or acknowledged (edge) before trap_irq is called. */
void arch_irq_mask(uint32_t irq);
void arch_irq_unmask(uint32_t irq);

/* Messages: interrupts that a PCI function raises by a write. They are numbered on from arch_irq_count(), are edges,
 * and are neither masked nor unmasked: the two calls above ignore them. */
struct irq_message {
	uint64_t address; /* physical, as seen from the bus */
	uint32_t data;
};
uint32_t arch_irq_message_count(void); /* 0: this machine has no controller for them */
/* Route message `irq`, which is free, from the function `requester` (bus << 8 | device << 3 | function) to a CPU.
 * UNSUPPORTED (a function or CPU out of the controller's reach), NO_MEMORY, TABLE_FULL (too many functions). */
CC_NODISCARD status_t arch_irq_message(uint32_t irq, uint32_t requester, uint32_t cpu, struct irq_message *out);
void arch_irq_message_end(uint32_t irq);

/* ---- time ---- */
/* [inline] uint64_t arch_time_now(void): monotonic counter, the same on all CPUs. */
uint64_t arch_time_frequency(void); /* counter ticks per second */
/* One interrupt (trap_timer) on this CPU when the counter reaches `ticks`; UINT64_MAX disarms. */
void arch_timer_arm(uint64_t ticks);

/* ---- threads ---- */
/* First user state: enter at `entry` with `argument` in arg[0] and the thread pointer leading to `page`
 * (the user address of the message page, whose first word is its own address). */
void arch_thread_init(struct arch_regs *regs, uint64_t entry, uint64_t stack_top, uint64_t argument,
                      uint64_t page);
/* [inline] void arch_thread_switch(uint64_t page): load what the entry path does not (the user thread
 * pointer, as arch_thread_init set it up for a thread whose message page is at user address `page`). */
/* Leave the kernel into the current thread. */
CC_NORETURN void arch_user_return(struct thread *thread);
/* [inline] uint64_t arch_regs_pc(regs), arch_regs_sp(regs), arch_regs_frame(regs) (frame pointer). */
/* [inline] void arch_regs_restart(regs): resume at the system-call instruction, not after it; the
 * argument registers must still hold the arguments. */
/* [inline] void arch_regs_arguments(regs, a, b, c): second to fourth argument of the C function that arch_thread_init
 * prepared (the first is its own).
 * [inline] void arch_regs_resume(regs, pc): the registers of a trap that was no system call become the current
 * thread's during one, which is left by loading all of them; it goes on at pc, below USER_LIMIT. */
/* Given a frame pointer value of user code, where its saved frame pointer and return address lie
 * relative to it (bytes): ARCH_FRAME_SAVED, ARCH_FRAME_RETURN. */

/* FPU: disabled until a thread first uses it. A first use is handled inside the port (state is
 * loaded, thread->fpu.live set). */
/* [inline] bool arch_fpu_held(cpu, fpu): does this CPU hold that live state?
 * [inline] void arch_fpu_leave(struct cpu *cpu, struct arch_fpu *from): if this CPU holds from's live state,
 * save it and disable the FPU. Called before a thread that ran on this CPU can be seen by another.
 * [inline] void arch_fpu_enter(struct cpu *cpu, struct arch_fpu *to): make it available again if it is live.
 * Both are two or three instructions for threads that never used the FPU (cpu->arch.fpu_owner tells). */

/* ---- memory ---- */
/* Build the kernel's own final page tables over the RAM in `info` with frame_alloc, W^X, no user
 * mapping, and switch to them. Secondary CPUs use them from the start. */
void arch_memory_init(const struct boot_info *info);
/* Physical address of the kernel's root table; its upper half is in every address space. */
paddr_t arch_kernel_root(void);
/* A new root table (zeroed frame) becomes able to run user code: copies the kernel half where one
 * root serves both. */
void arch_root_init(uint64_t *root);
/* [inline] void arch_aspace_activate(paddr_t root, uint32_t asid)  (asid: 1 + process slot; 0: the
 * kernel's own root, no user half) */
/* [inline] uint64_t arch_aspace_token(root, asid): what arch_aspace_enter(token) needs to do the same at once;
 * 0 where it takes more than that. */
/* Page table entries. Level 0 is the leaf (4 KiB). A zero entry is not present. [inline]
 *   uint64_t arch_pte_table(paddr_t table)
 *   uint64_t arch_pte_leaf(paddr_t frame, uint32_t prot, bool user, bool device)   accessed and dirty set
 *   bool arch_pte_present(uint64_t pte)
 *   paddr_t arch_pte_address(uint64_t pte)
 *   uint32_t arch_pte_prot(uint64_t pte) */
/* [inline] void arch_pte_published(void): after new entries were written, before they are used. */
/* Forget cached translations of `pages` pages at `address` in the address space `asid` on this CPU and
 * on the CPUs in `cpus` (bit per CPU), and wait until they have. pages = 0: everything of it. asid 0: kernel. */
void arch_tlb_flush(uint32_t asid, uint64_t address, uint64_t pages, uint64_t cpus);
/* Instructions were written at this kernel address: make them fetchable. */
void arch_cache_sync(const void *address, size_t bytes);
/* Copy between the kernel and the user half of the active address space, honouring the page's own user
 * and write permission (user access is opened only here). False: a byte was not accessible; the copy may
 * be partial. The caller has checked that [user, user + bytes) lies below USER_LIMIT. */
CC_NODISCARD bool arch_copy_from_user(void *to, uint64_t user, size_t bytes);
CC_NODISCARD bool arch_copy_to_user(uint64_t user, const void *from, size_t bytes);
/* Physical to kernel virtual and back, within the direct map. */
/* [inline] void *arch_direct(paddr_t address) */
/* [inline] void arch_page_zero(void *page), arch_page_copy(void *to, const void *from) */

/* ---- devices ---- */
/* One port access; UNSUPPORTED where there is no port space. */
CC_NODISCARD status_t arch_port(uint16_t port, enum port_operation operation, uint64_t value,
                                uint64_t *out_result);

/* ---- randomness ---- */
/* A word of the calling CPU's own random number generator; false: it has none, or it failed at each of a few
 * tries. Usable from the first C line on. */
CC_NODISCARD bool arch_random(uint64_t *out_word);

/* ---- debugging ---- */
/* Polled; usable from the first C line on; silent if there is no UART. */
void arch_console_put(char c);
/* Return addresses of the calling kernel stack, innermost first. */
uint32_t arch_backtrace(uint64_t *out_addresses, uint32_t max);
/* Print the registers of an interrupted kernel context (opaque, port's own) or user regs with log_print. */
void arch_regs_print(const struct arch_regs *regs);

/* ---- upcalls: what a port calls ---- */
CC_NORETURN void kernel_main(const struct boot_info *info); /* boot CPU, early page tables, own stack */
CC_NORETURN void kernel_cpu_main(uint32_t index);           /* secondary CPU, final page tables */
/* Secret bytes that firmware left for this boot, before kernel_main. The port wipes where it read them. */
void random_boot_seed(const void *seed, size_t length);
/* A system call of the current thread, whose regs are saved. Returns whom to resume. */
struct thread *trap_syscall(struct thread *current);
/* A fault in user mode. Returns whom to resume. */
struct thread *trap_fault(struct thread *current, enum fault_kind kind, enum fault_access access,
                          uint64_t address);
void trap_irq(uint32_t irq); /* a device line fired */
void trap_timer(void);       /* the timer armed on this CPU fired */
void trap_ipi(void);         /* another CPU asked for attention */
/* After interrupts taken in user mode: whom to resume. */
struct thread *trap_return(struct thread *current);
/* A fault in kernel mode that no fix-up covers: never returns. */
CC_NORETURN void trap_kernel_fault(const char *what, uint64_t address, uint64_t pc,
                                   uint64_t frame_pointer);
/* Early and late text output; printf subset of <lib/format.h>. */
void log_print(const char *format, ...) CC_PRINTF(1, 2);
/* Stop with one clear sentence: the machine cannot run us. Not for our own bugs (panic). */
/*@ assigns \nothing;
    ensures \false; */
CC_NORETURN void boot_refuse(const char *format, ...) CC_PRINTF(1, 2);

#include <arch/inline.h>
