/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Several CPUs as coroutines under one seeded scheduler. The kernel's code
 * runs on them unchanged; every lock operation and every turn of a spin loop
 * is a point where another CPU may go on, so one seed is one interleaving, and
 * the same seed is the same run.
 */
#include <arch/host.h>
#include <kernel/cpu.h>
#include <kernel/sched.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#define STACK_BYTES (256u * 1024u)
#define BOOT_DECISIONS 100000u /* many times what a boot takes */
#define USER_STEP_NS 2000u
#define KERNEL_POINT_NS 20u

struct coroutine {
	ucontext_t first; /* the very first entry, on its own stack */
	jmp_buf place;    /* where it goes on */
	bool started;
	bool entered;
	bool in_kernel;
	bool idle;
};

static struct coroutine coroutine_table[CPU_MAX];
static _Alignas(PAGE_SIZE) uint8_t stacks[CPU_MAX][STACK_BYTES];
static jmp_buf scheduler;
static bool simulating;
static uint64_t random_state;
static host_user_step *user_step;
static void *user_context;
static void (*user_check)(void *);
static uint64_t user_steps;
void (*host_meanwhile)(void);

uint64_t host_random(void)
{
	/* xorshift64*: small, fast, good enough to pick schedules. */
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1dull;
}

void host_reseed(uint64_t seed)
{
	random_state = seed * 0x9e3779b97f4a7c15ull + 1u;
}

static void give_way(void)
{
	uint32_t self = host_cpu->index;
	if (_setjmp(coroutine_table[self].place) == 0)
		_longjmp(scheduler, 1);
}

static void let_run(struct coroutine *coroutine)
{
	if (_setjmp(scheduler) != 0)
		return;
	if (coroutine->entered)
		_longjmp(coroutine->place, 1);
	coroutine->entered = true;
	setcontext(&coroutine->first);
	abort(); /* not reached; and no tail call, for this frame is what _longjmp comes back to */
}

/* A unit test decides itself who comes between. */
static void meanwhile(void)
{
	void (*other)(void) = host_meanwhile;
	struct cpu *self = host_cpu;
	host_meanwhile = NULL;
	if (other != NULL)
		other();
	host_cpu = self;
}

void host_interleave(void)
{
	if (!simulating) {
		meanwhile();
		return;
	}
	host_ticks += KERNEL_POINT_NS;
	give_way();
}

/* Take what is pending on this CPU. */
static bool take_interrupts(void)
{
	struct cpu *cpu = host_cpu;
	bool any = false;
	if (cpu->arch.ipi) {
		cpu->arch.ipi = false;
		trap_ipi();
		any = true;
	}
	if (host_ticks >= cpu->arch.timer_ticks) {
		cpu->arch.timer_ticks = UINT64_MAX;
		trap_timer();
		any = true;
	}
	return any;
}

void arch_irq_poll(void)
{
	host_interleave();
	take_interrupts();
}

/* When the next timer goes off, if until then no CPU has anything to do; else one step from now. */
static uint64_t next_event(void)
{
	uint64_t next = UINT64_MAX;
	for (uint32_t cpu = 0; cpu < cpu_count; cpu++) {
		if (!coroutine_table[cpu].started)
			continue;
		if (!coroutine_table[cpu].idle || cpu_table[cpu].arch.ipi)
			return host_ticks + USER_STEP_NS;
		if (cpu_table[cpu].arch.timer_ticks < next)
			next = cpu_table[cpu].arch.timer_ticks;
	}
	return next == UINT64_MAX || next < host_ticks ? host_ticks + USER_STEP_NS : next;
}

void arch_idle(void)
{
	uint32_t self = host_cpu->index;
	coroutine_table[self].in_kernel = false;
	coroutine_table[self].idle = true;
	if (simulating)
		give_way();
	coroutine_table[self].in_kernel = true;
	if (!take_interrupts())
		host_ticks = next_event();
	coroutine_table[self].idle = false;
}

void arch_user_return(struct thread *thread)
{
	uint32_t self = host_cpu->index;
	for (;;) {
		coroutine_table[self].in_kernel = false;
		give_way();
		coroutine_table[self].in_kernel = true;
		host_ticks += USER_STEP_NS;
		if (take_interrupts()) {
			thread = trap_return(thread);
		} else {
			user_steps++;
			thread = user_step(thread, user_context);
		}
	}
}

static void boot_entry(void)
{
	kernel_main(host_boot_info());
}

static void cpu_entry(void)
{
	kernel_cpu_main(host_cpu->index);
}

static void start(uint32_t cpu, void (*entry)(void))
{
	struct coroutine *coroutine = &coroutine_table[cpu];
	getcontext(&coroutine->first);
	coroutine->first.uc_stack.ss_sp = stacks[cpu];
	coroutine->first.uc_stack.ss_size = STACK_BYTES;
	coroutine->first.uc_link = NULL;
	makecontext(&coroutine->first, entry, 0);
	coroutine->entered = false;
	coroutine->started = true;
	coroutine->in_kernel = true;
	coroutine->idle = false;
}

CC_BOOT status_t arch_cpu_start(uint32_t index, const struct boot_info *info)
{
	(void)info;
	start(index, cpu_entry);
	return STATUS_OK;
}

static bool anyone_in_kernel(void)
{
	for (uint32_t cpu = 0; cpu < cpu_count; cpu++)
		if (coroutine_table[cpu].started && coroutine_table[cpu].in_kernel)
			return true;
	return false;
}

static uint32_t choose(void)
{
	uint32_t cpu;
	do
		cpu = (uint32_t)(host_random() % cpu_count);
	while (!coroutine_table[cpu].started);
	return cpu;
}

/* One decision: a CPU goes on to its next interleaving point. */
static void decide(void)
{
	uint32_t cpu = choose();
	host_cpu = &cpu_table[cpu];
	simulating = true;
	let_run(&coroutine_table[cpu]);
	simulating = false; /* a check may take locks, and is no CPU that could give way */
	if (user_check != NULL && !anyone_in_kernel())
		user_check(user_context);
}

bool host_simulate_boot(uint64_t seed, host_user_step *step, void (*check)(void *), void *context)
{
	for (uint32_t cpu = 0; cpu < CPU_MAX; cpu++)
		coroutine_table[cpu].started = false;
	host_reseed(seed);
	host_entropy = random_state;
	user_step = step;
	user_check = check;
	user_context = context;
	user_steps = 0;
	start(0, boot_entry);
	for (uint64_t i = 0; i < BOOT_DECISIONS && user_steps == 0 && !host_powered_off; i++)
		decide();
	return user_steps != 0;
}

uint64_t host_simulate(uint64_t decisions)
{
	for (uint64_t i = 0; i < decisions && !host_powered_off; i++)
		decide();
	return user_steps;
}

/* Where a machine that is expected to stop goes on. */
static jmp_buf stopped;
static bool may_stop;

bool host_stops(void (*function)(void))
{
	bool stops = _setjmp(stopped) != 0;
	may_stop = !stops;
	if (may_stop)
		function();
	may_stop = false;
	return stops;
}

void arch_halt(void)
{
	host_powered_off = true;
	if (may_stop)
		_longjmp(stopped, 1);
	if (!simulating) {
		fprintf(stderr, "host: the machine stopped\n");
		abort();
	}
	for (;;)
		give_way();
}

void arch_power(enum power_action action)
{
	if (action == POWER_FAIL && !may_stop) {
		fprintf(stderr, "host: the kernel stopped with a failure (HOST_CONSOLE=1 shows its log)\n");
		abort();
	}
	host_powered_off = true;
	if (may_stop)
		_longjmp(stopped, 1);
}
