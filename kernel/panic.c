/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The epitaph. What may be broken is used as late as possible and each part
 * stands alone: a second panic on the way says so and stops.
 */
#include <kernel/boot.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/process.h>
#include <kernel/thread.h>
#include <kernel/trace.h>
#include <lib/format.h>
#include <lib/symbols.h>

#define BACKTRACE_MAX 32u
#define TRACE_TAIL 16u

static uint32_t panic_cpu = CPU_NONE; /* [a] */
static const uint8_t *symbols;        /* [c] */
static size_t symbols_length;

uintptr_t __stack_chk_guard = (uintptr_t)0x5bd1e995a7f3c600ull;

CC_NORETURN void __stack_chk_fail(void);
void __stack_chk_fail(void)
{
	panic("stack overrun in the kernel");
}

/* The lowest byte in memory stays zero: a string copy cannot reproduce it. */
void panic_guard(uint64_t secret)
{
	__stack_chk_guard = (uintptr_t)(secret << 8);
}

CC_BOOT void panic_symbols(const uint8_t *data, size_t length)
{
	symbols = data;
	symbols_length = length;
}

/* `back`: 1 for a return address. The call before it is in the function; what follows it may not be. */
static void address_print(uint64_t address, uint64_t back)
{
	char name[64];
	uint64_t offset;
	if (symbols != NULL &&
	    symbols_find(symbols, symbols_length, address - back, name, sizeof name, &offset))
		log_print("  %016llx %s+0x%llx\n", (unsigned long long)address, name,
		          (unsigned long long)(offset + back));
	else
		log_print("  %016llx\n", (unsigned long long)address);
}

static void backtrace_print(const uint64_t *addresses, uint32_t count)
{
	log_print("backtrace:\n");
	for (uint32_t i = 0; i < count; i++)
		address_print(addresses[i], 1);
}

/* Frame pointers only ever lead up, within one stack's size of where they began. */
static uint32_t frames_walk(uint64_t frame, uint64_t *out_addresses, uint32_t max)
{
	uint64_t limit = frame + KERNEL_STACK_SIZE - 2u * sizeof(uint64_t);
	struct cpu *cpu = arch_cpu_self();
	if (frame < cpu->arch.stack_top && frame >= cpu->arch.stack_top - KERNEL_STACK_SIZE)
		limit = cpu->arch.stack_top - 2u * sizeof(uint64_t);
	uint32_t count = 0;
	for (uint64_t at = frame; count < max && at % sizeof(uint64_t) == 0 && at >= KERNEL_BASE && at <= limit;) {
		out_addresses[count++] = *(const uint64_t *)(uintptr_t)(at + (uint64_t)ARCH_FRAME_RETURN);
		uint64_t next = *(const uint64_t *)(uintptr_t)(at + (uint64_t)ARCH_FRAME_SAVED);
		if (next <= at)
			break;
		at = next;
	}
	return count;
}

static void cpus_stop(const struct cpu *self)
{
	for (uint32_t i = 0; i < cpu_count; i++) {
		struct cpu *cpu = &cpu_table[i];
		if (cpu == self || __atomic_load_n(&cpu->online, __ATOMIC_ACQUIRE) == 0)
			continue;
		__atomic_fetch_or(&cpu->ipi_pending, IPI_STOP, __ATOMIC_RELEASE);
		arch_ipi_send(i);
	}
}

/* The first CPU to panic goes on; it gives the others' last words a moment to end. */
static void panic_enter(struct cpu *self)
{
	uint32_t nobody = CPU_NONE;
	if (!__atomic_compare_exchange_n(&panic_cpu, &nobody, self->index, false, __ATOMIC_ACQ_REL,
	                                 __ATOMIC_ACQUIRE)) {
		if (nobody != self->index)
			arch_halt();
		log_print("panic during the epitaph\n");
		arch_power(POWER_FAIL);
		arch_halt();
	}
	if (self->online != 0)
		cpus_stop(self);
	log_panic();
}

static void current_print(const struct cpu *cpu)
{
	const struct thread *thread = cpu->arch.current;
	log_print("CPU %u of %u, kernel %s for %s\n", cpu->index, cpu_count, KERNEL_VERSION, ARCH_NAME);
	if (thread < thread_table || thread >= thread_table + object_tables[OBJECT_THREAD].capacity) {
		log_print("no current thread\n");
		return;
	}
	const struct process *process = process_of(thread->process);
	log_print("thread %u of process %llu '%s', in system call %llu; its registers:\n",
	          thread_slot(thread), (unsigned long long)process->id, process->name,
	          (unsigned long long)thread->regs.number);
	arch_regs_print(&thread->regs);
}

CC_NORETURN static void panic_leave(void)
{
	log_print("trace, newest last:\n");
	trace_print_tail(TRACE_TAIL);
	log_print("end of epitaph\n");
	arch_power(POWER_FAIL);
	arch_halt();
}

void panic(const char *text, ...)
{
	struct cpu *self = cpu_table[0].online != 0 ? arch_cpu_self() : &cpu_table[0];
	uint64_t frames[BACKTRACE_MAX];
	char message[160];
	va_list arguments;
	va_start(arguments, text);
	(void)format_list(message, sizeof message, text, arguments);
	va_end(arguments);
	panic_enter(self);
	log_print("KERNEL PANIC: %s\n", message);
	current_print(self);
	backtrace_print(frames, arch_backtrace(frames, BACKTRACE_MAX));
	panic_leave();
}

void assert_failed(const char *what)
{
	panic("%s", what);
}

void trap_kernel_fault(const char *what, uint64_t address, uint64_t pc, uint64_t frame_pointer)
{
	struct cpu *self = arch_cpu_self();
	uint64_t frames[BACKTRACE_MAX];
	panic_enter(self);
	log_print("KERNEL PANIC: %s at address %016llx, pc %016llx, frame %016llx\n", what,
	          (unsigned long long)address, (unsigned long long)pc, (unsigned long long)frame_pointer);
	current_print(self);
	log_print("at:\n");
	address_print(pc, 0);
	backtrace_print(frames, frames_walk(frame_pointer, frames, BACKTRACE_MAX));
	panic_leave();
}

void boot_refuse(const char *text, ...)
{
	char message[200];
	va_list arguments;
	va_start(arguments, text);
	(void)format_list(message, sizeof message, text, arguments);
	va_end(arguments);
	log_print("cannot start: %s\n", message);
	arch_power(POWER_FAIL);
	arch_halt();
}
