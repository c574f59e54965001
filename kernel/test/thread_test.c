/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Threads: quotas and what creation refuses, sleep, priorities and affinity by call, and the rules of exit. */
#include "harness.h"

static struct thread *first;
static struct inventory before;

static int setup(void **state)
{
	(void)state;
	harness_start(1);
	before = take_inventory();
	first = make_process(16);
	return 0;
}

static uint32_t create(uint64_t entry, uint64_t stack, uint64_t argument, uint64_t priority)
{
	return SYS(first, thread_create, entry, stack, argument, priority);
}

/* The thread behind a handle that `first` holds. */
static struct thread *thread_at(handle_t handle)
{
	return &thread_table[cap_of(first, handle)->object];
}

static struct thread *create_ok(uint64_t priority, handle_t *out_handle)
{
	assert_int_equal(create(TEXT, USER_STACK_TOP - PAGE_SIZE, 42, priority), STATUS_OK);
	*out_handle = first->regs.arg[1];
	return thread_at(*out_handle);
}

static void created(void **state)
{
	(void)state;
	handle_t handle;
	struct thread *thread = create_ok(10, &handle);
	assert_int_equal(thread->process, first->process);
	assert_int_equal(state_of(thread), THREAD_READY);
	assert_int_equal(thread->regs.pc, TEXT);
	assert_int_equal(thread->regs.sp, USER_STACK_TOP - PAGE_SIZE);
	assert_int_equal(thread->regs.arg[0], 42);
	assert_int_equal(thread->priority, 10);
	assert_int_equal(thread->page->self, thread->page_user);
	assert_true(thread->page_user != first->page_user);
	assert_int_equal(thread->page_user % PAGE_SIZE, 0);
	/* Two pages of its own are there for the program to write; the window after them is not. */
	run(thread);
	assert_true(user_copy_out(thread->page_user + 1024, "x", 1));
	assert_int_equal(thread->page->bulk[0], 'x');
	assert_true(user_copy_out(thread->page_user + MESSAGE_LOAN_OFFSET, "x", 1));
	assert_false(user_copy_out(thread->page_user + MESSAGE_WINDOW_OFFSET, "x", 1));
	assert_int_equal(host_cpu->arch.page, thread->page_user);
	assert_int_equal(SYS(thread, process_id), STATUS_OK);
	assert_int_equal(thread->regs.arg[1], process_of(first->process)->id);
}

static void arguments_refused(void **state)
{
	(void)state;
	uint32_t used = object_tables[OBJECT_THREAD].used;
	assert_int_equal(create(0, USER_STACK_TOP, 0, 5), STATUS_INVALID);
	assert_int_equal(create(USER_BASE - 1, USER_STACK_TOP, 0, 5), STATUS_INVALID);
	assert_int_equal(create(USER_LIMIT, USER_STACK_TOP, 0, 5), STATUS_INVALID);
	assert_int_equal(create(UINT64_MAX, USER_STACK_TOP, 0, 5), STATUS_INVALID);
	assert_int_equal(create(TEXT, USER_LIMIT + 16, 0, 5), STATUS_INVALID);
	assert_int_equal(create(TEXT, USER_STACK_TOP - 8, 0, 5), STATUS_INVALID);
	assert_int_equal(create(TEXT, USER_STACK_TOP, 0, 32), STATUS_INVALID);
	assert_int_equal(create(TEXT, USER_STACK_TOP, 0, UINT64_MAX), STATUS_INVALID);
	assert_int_equal(object_tables[OBJECT_THREAD].used, used);
}

static void priority_limit(void **state)
{
	(void)state;
	process_of(first->process)->priority_limit = 20;
	uint32_t used = object_tables[OBJECT_THREAD].used;
	uint32_t refusal = create(TEXT, USER_STACK_TOP, 0, 21);
	assert_int_not_equal(refusal, STATUS_OK);
	assert_int_equal(object_tables[OBJECT_THREAD].used, used);
	assert_int_equal(SYS(first, thread_control, 0, THREAD_CONTROL_PRIORITY, 21), refusal);
	assert_int_equal(first->priority, 16);
	assert_int_equal(create(TEXT, USER_STACK_TOP, 0, 20), STATUS_OK);
	assert_int_equal(SYS(first, thread_control, 0, THREAD_CONTROL_PRIORITY, 20), STATUS_OK);
	assert_int_equal(first->priority, 20);
}

static void quotas(void **state)
{
	(void)state;
	struct process *process = process_of(first->process);
	process->threads_limit = 5;
	for (uint32_t i = 1; i < 5; i++)
		assert_int_equal(create(TEXT, USER_STACK_TOP, 0, 1), STATUS_OK);
	assert_int_equal(create(TEXT, USER_STACK_TOP, 0, 1), STATUS_QUOTA);
	assert_int_equal(process->threads, 5);
	/* Room for threads, not for objects; then none for the page. Nothing is left of the attempts. */
	process->threads_limit = 64;
	uint32_t frames = frame_free_count();
	process->objects_limit = process->objects;
	assert_int_equal(create(TEXT, USER_STACK_TOP, 0, 1), STATUS_QUOTA);
	process->objects_limit = 1000;
	process->pages_limit = process->pages;
	assert_int_equal(create(TEXT, USER_STACK_TOP, 0, 1), STATUS_QUOTA);
	process->pages_limit = 1000;
	assert_int_equal(process->threads, 5);
	assert_int_equal(frame_free_count(), frames);
	assert_int_equal(create(TEXT, USER_STACK_TOP, 0, 1), STATUS_OK);
}

static void no_handle_slot(void **state)
{
	(void)state;
	handle_t one = make_notification(first);
	while (SYS(first, cap_mint, one, RIGHT_SIGNAL, 0) == STATUS_OK)
		continue;
	uint32_t frames = frame_free_count();
	uint32_t used = object_tables[OBJECT_THREAD].used;
	assert_int_equal(create(TEXT, USER_STACK_TOP, 0, 1), STATUS_TABLE_FULL);
	assert_int_equal(frame_free_count(), frames);
	assert_int_equal(object_tables[OBJECT_THREAD].used, used);
	assert_int_equal(process_of(first->process)->threads, 1);
}

/* All 64 places; one that ended makes room for one. */
static void as_many_as_there_are(void **state)
{
	(void)state;
	struct thread *last = NULL;
	process_of(first->process)->pages_limit = 2000;
	for (uint32_t i = 1; i < 64; i++)
		last = make_thread(first, 1);
	assert_int_equal(create(TEXT, USER_STACK_TOP, 0, 1), STATUS_QUOTA);
	uint64_t page = last->page_user;
	assert_int_equal(SYS(last, thread_exit), ENDED);
	assert_int_equal(create(TEXT, USER_STACK_TOP, 0, 1), STATUS_OK);
	assert_int_equal(thread_at(first->regs.arg[1])->page_user, page);
	process_end(first->process, 0, true, NULL);
	settle();
	assert_same(&before);
}

static void sleeps(void **state)
{
	(void)state;
	host_ticks = 10000;
	assert_int_equal(SYS(first, thread_sleep, 0), STATUS_OK);
	assert_int_equal(SYS(first, thread_sleep, 10000), STATUS_OK);
	assert_int_equal(SYS(first, thread_sleep, 20000), BLOCKED);
	assert_int_equal(state_of(first), THREAD_SLEEPING);
	pass_until(19999);
	assert_int_equal(state_of(first), THREAD_SLEEPING);
	pass_until(20002);
	assert_int_equal(outcome(first), STATUS_OK);
	assert_int_equal(SYS(first, clock_now), STATUS_OK);
	assert_int_equal(first->regs.arg[1], 20002);
	assert_int_equal(SYS(first, thread_sleep, DEADLINE_NEVER), BLOCKED);
	pass_until(1ull << 62);
	assert_int_equal(state_of(first), THREAD_SLEEPING);
}

/* The kernel's own idle loop: nothing is ready, so time passes until the sleeper is due. */
static void sleeps_on_an_idle_machine(void **state)
{
	(void)state;
	run(first);
	assert_true(sched_withdraw(harness_idlers[0]));
	deadline_t deadline = host_ticks + 1000000;
	first->regs.arg[0] = deadline;
	first->regs.number = SYSCALL_thread_sleep;
	assert_ptr_equal(trap_syscall(first), first);
	assert_true(host_ticks >= deadline && host_ticks < deadline + 10000);
	assert_true(host_cpu->idle_ticks >= 900000);
	assert_int_equal(host_cpu->timer_interrupts, 1);
}

static void control_refused(void **state)
{
	(void)state;
	handle_t handle;
	struct thread *thread = create_ok(5, &handle);
	assert_int_equal(SYS(first, thread_control, handle, 2, 5), STATUS_INVALID);
	assert_int_equal(SYS(first, thread_control, handle, THREAD_CONTROL_PRIORITY, 32), STATUS_INVALID);
	assert_int_equal(SYS(first, thread_control, handle, THREAD_CONTROL_AFFINITY, 0), STATUS_INVALID);
	assert_int_equal(SYS(first, thread_control, handle, THREAD_CONTROL_AFFINITY, 2), STATUS_INVALID);
	assert_int_equal(SYS(first, thread_control, handle + (1ull << 33), THREAD_CONTROL_PRIORITY, 3), STATUS_BAD_HANDLE);
	handle_t weak = share(first, handle, first, RIGHT_INSPECT, 0);
	assert_int_equal(SYS(first, thread_control, weak, THREAD_CONTROL_PRIORITY, 3), STATUS_DENIED);
	assert_int_equal(first->regs.arg[1], RIGHT_MANAGE);
	assert_int_equal(thread->priority, 5);
	assert_int_equal(SYS(first, thread_control, handle, THREAD_CONTROL_PRIORITY, 3), STATUS_OK);
	assert_int_equal(thread->priority, 3);
	assert_int_equal(SYS(thread, thread_exit), ENDED);
	assert_int_equal(SYS(first, thread_control, handle, THREAD_CONTROL_PRIORITY, 3), STATUS_GONE);
	assert_int_equal(SYS(first, cap_drop, handle), STATUS_OK);
}

/* ---- exit ---- */

static void ends_process_with(uint32_t code)
{
	settle();
	assert_int_equal(object_tables[OBJECT_PROCESS].used, before.used[OBJECT_PROCESS]);
	assert_int_equal(process_table[first->process].exit_code, code);
	assert_int_equal(process_table[first->process].killed, 0);
	assert_same(&before);
}

static void only_thread_exits(void **state)
{
	(void)state;
	assert_int_equal(SYS(first, thread_exit), ENDED);
	ends_process_with(0);
}

static void main_exits_last(void **state)
{
	(void)state;
	handle_t handle;
	struct thread *a = create_ok(16, &handle);
	struct thread *b = create_ok(16, &handle);
	assert_int_equal(SYS(a, thread_exit), ENDED);
	assert_int_equal(process_of(first->process)->state, PROCESS_RUNNING);
	assert_int_equal(SYS(b, thread_exit), ENDED);
	assert_int_equal(process_of(first->process)->state, PROCESS_RUNNING);
	assert_int_equal(process_of(first->process)->threads, 1);
	assert_int_equal(SYS(first, thread_exit), ENDED);
	ends_process_with(0);
}

static void main_exits_first(void **state)
{
	(void)state;
	handle_t handle;
	struct thread *a = create_ok(16, &handle);
	struct thread *b = create_ok(16, &handle);
	assert_int_equal(SYS(first, thread_exit), ENDED);
	assert_int_equal(process_of(first->process)->state, PROCESS_RUNNING);
	assert_int_equal(SYS(b, process_id), STATUS_OK);
	assert_int_equal(SYS(a, thread_exit), ENDED);
	assert_int_equal(process_of(first->process)->state, PROCESS_RUNNING);
	assert_int_equal(SYS(b, thread_exit), ENDED);
	ends_process_with(0);
}

static void process_exit_after_main_has_gone(void **state)
{
	(void)state;
	handle_t handle;
	struct thread *a = create_ok(16, &handle);
	assert_int_equal(SYS(first, thread_exit), ENDED);
	assert_int_equal(SYS(a, process_exit, 31), ENDED);
	ends_process_with(31);
}

/* A thread that has ended is nobody: its slot is used again, and its old handle names nothing of the new one. */
static void stale_handle(void **state)
{
	(void)state;
	handle_t handle;
	struct thread *a = create_ok(16, &handle);
	uint32_t frames = frame_free_count();
	assert_int_equal(SYS(a, thread_exit), ENDED);
	assert_int_equal(frame_free_count(), frames + 1);
	assert_int_equal(SYS(first, cap_drop, handle), STATUS_OK);
	handle_t again;
	assert_ptr_equal(create_ok(16, &again), a);
	assert_int_equal(SYS(first, thread_control, handle, THREAD_CONTROL_PRIORITY, 1), STATUS_BAD_HANDLE);
	assert_int_equal(a->priority, 16);
}

/* Its last capability may go while it runs; it goes on. */
static void unnamed_thread_runs_on(void **state)
{
	(void)state;
	handle_t handle;
	struct thread *a = create_ok(16, &handle);
	assert_int_equal(SYS(first, cap_drop, handle), STATUS_OK);
	assert_int_equal(SYS(a, process_id), STATUS_OK);
	assert_int_equal(SYS(a, thread_exit), ENDED);
	assert_int_equal(a->object.generation % 2u, 0);
}

/* What the FPU holds goes with the thread. */
static void fpu_travels(void **state)
{
	(void)state;
	struct thread *other = make_thread(first, 16);
	run(first);
	first->fpu.live = true;
	host_cpu->arch.fpu_owner = &first->fpu;
	host_cpu->arch.fpu_value = 1234;
	run(other);
	assert_ptr_not_equal(host_cpu->arch.fpu_owner, &first->fpu);
	assert_int_equal(host_cpu->arch.fpu_value, 0);
	other->fpu.live = true;
	host_cpu->arch.fpu_owner = &other->fpu;
	host_cpu->arch.fpu_value = 77;
	run(first);
	assert_int_equal(host_cpu->arch.fpu_value, 1234);
	assert_int_equal(other->fpu.value, 77);
	/* A wait that does not happen leaves it in place. */
	handle_t notification = make_notification(first);
	assert_int_equal(SYS(first, notification_wait, notification, DEADLINE_NOW), STATUS_TIMED_OUT);
	assert_int_equal(host_cpu->arch.fpu_value, 1234);
	assert_ptr_equal(host_cpu->arch.fpu_owner, &first->fpu);
}

#define T(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(T(created), T(arguments_refused), T(priority_limit), T(quotas), T(no_handle_slot), T(as_many_as_there_are),
          T(sleeps), T(sleeps_on_an_idle_machine), T(control_refused), T(only_thread_exits), T(main_exits_last),
          T(main_exits_first), T(process_exit_after_main_has_gone), T(stale_handle), T(unnamed_thread_runs_on),
          T(fpu_travels))
