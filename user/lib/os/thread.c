/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A thread says that it is done while it still stands on its stack, so the
 * stack is not taken apart by whoever joins: it stays in its slot, and is used
 * again once the kernel says that the thread is gone.
 */
#include <os/thread.h>
#include <os/heap.h>
#include <os/layout.h>
#include <os/local.h>
#include <os/panic.h>
#include <os/startup.h>
#include <os/sync.h>

#define STACKS_MAX 64u

struct stack {
	handle_t memory; /* HANDLE_NONE: the slot was never used */
	uint64_t pages;
	handle_t last; /* thread that stood on it last; HANDLE_NONE: none, or known to be gone */
	bool taken;
};

struct thread {
	struct startup_thread start; /* first: what _start is given */
	uint64_t (*function)(void *);
	void *argument;
	uint64_t result;
	handle_t handle;
	struct stack *stack;
	struct condition ended;
	bool done;
};

static struct mutex lock;
static struct stack stacks[STACKS_MAX]; /* under the lock, as is every thread's `done` */

static uint64_t stack_address(const struct stack *stack)
{
	return LAYOUT_STACKS_BASE + (uint64_t)(stack - stacks) * LAYOUT_STACK_STRIDE + PAGE_SIZE;
}

/* Nobody stands on it: setting the priority of a thread that ended fails. */
static bool stack_left(struct stack *stack)
{
	if (stack->last == HANDLE_NONE)
		return true;
	if (sys_thread_control(stack->last, THREAD_CONTROL_PRIORITY, PRIORITY_IDLE) == STATUS_OK)
		return false;
	must(sys_cap_drop(stack->last));
	stack->last = HANDLE_NONE;
	return true;
}

static status_t stack_map(struct stack *stack, uint64_t pages)
{
	uint64_t address;
	status_t status = sys_memory_create(pages, &stack->memory);

	if (status != STATUS_OK)
		return status;
	status = sys_memory_map(stack->memory, stack_address(stack), 0, pages, PROT_READ | PROT_WRITE,
	                        &address);
	if (status != STATUS_OK) {
		must(sys_cap_drop(stack->memory));
		stack->memory = HANDLE_NONE;
		return status;
	}
	stack->pages = pages;
	return STATUS_OK;
}

/* A mapped stack of that size, an old one if there is one. */
static status_t stack_take(uint64_t pages, struct stack **out_stack)
{
	struct stack *fresh = NULL;

	for (struct stack *stack = stacks; stack < stacks + STACKS_MAX; stack++) {
		if (stack->taken)
			continue;
		if (stack->memory == HANDLE_NONE) {
			fresh = fresh == NULL ? stack : fresh;
		} else if (stack->pages == pages && stack_left(stack)) {
			stack->taken = true;
			*out_stack = stack;
			return STATUS_OK;
		}
	}
	if (fresh == NULL)
		return STATUS_QUOTA;
	status_t status = stack_map(fresh, pages);
	if (status == STATUS_OK) {
		fresh->taken = true;
		*out_stack = fresh;
	}
	return status;
}

static void thread_main(struct startup_thread *start)
{
	struct thread *thread = (struct thread *)(void *)start;

	local_get()->thread = thread;
	thread->result = thread->function(thread->argument);
	if (local_get()->parking != HANDLE_NONE)
		must(sys_cap_drop(local_get()->parking));
	local_get()->parking = HANDLE_NONE;
	mutex_lock(&lock);
	thread->done = true;
	condition_broadcast(&thread->ended);
	mutex_unlock(&lock);
	(void)sys_thread_exit();
	CC_UNREACHABLE();
}

static status_t launch(struct thread *thread, const struct thread_options *options, uint64_t pages)
{
	status_t status = stack_take(pages, &thread->stack);

	if (status != STATUS_OK)
		return status;
	uint64_t top = stack_address(thread->stack) + pages * PAGE_SIZE;
	bool given = options != NULL && options->set_priority;
	uint64_t priority = given ? options->priority : PRIORITY_NORMAL;
	do { /* without a wish, as high as the process may */
		status = sys_thread_create((uint64_t)&_start, top, (uint64_t)thread, priority,
		                           &thread->handle);
	} while (!given && status == STATUS_DENIED && priority-- > 0);
	if (status != STATUS_OK)
		thread->stack->taken = false;
	return status;
}

status_t thread_run(uint64_t (*function)(void *argument), void *argument,
                    const struct thread_options *options, struct thread **out_thread)
{
	uint64_t bytes =
		options != NULL && options->stack_bytes != 0 ? options->stack_bytes : THREAD_STACK_BYTES;
	struct thread *thread = heap_zeroed(1, sizeof(*thread));

	if (thread == NULL)
		return STATUS_NO_MEMORY;
	if (bytes > LAYOUT_STACK_STRIDE - 2u * PAGE_SIZE) {
		heap_give(thread);
		return STATUS_INVALID;
	}
	thread->start.enter = thread_main;
	thread->function = function;
	thread->argument = argument;
	mutex_lock(&lock);
	status_t status = launch(thread, options, (bytes + PAGE_MASK) / PAGE_SIZE);
	mutex_unlock(&lock);
	if (status == STATUS_OK)
		*out_thread = thread;
	else
		heap_give(thread);
	return status;
}

void thread_join(struct thread *thread, uint64_t *out_result)
{
	mutex_lock(&lock);
	while (!thread->done)
		must(condition_wait(&thread->ended, &lock, DEADLINE_NEVER));
	thread->stack->last = thread->handle;
	thread->stack->taken = false;
	mutex_unlock(&lock);
	if (out_result != NULL)
		*out_result = thread->result;
	heap_give(thread);
}

handle_t thread_handle(const struct thread *thread)
{
	return thread->handle;
}
