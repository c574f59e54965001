/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The mutex is the three-state one: whoever finds it held marks it 2 before
 * waiting, and whoever frees it from 2 signals. A notification's bit stays set
 * until taken, so a wake-up between the mark and the wait is not lost; one that
 * nobody needed only costs the next waiter a turn.
 *
 * A condition's waiters queue on their own stacks, each at its thread's parking
 * notification, so that two signals wake two threads.
 */
#include <os/sync.h>
#include <os/local.h>
#include <os/panic.h>

enum { FREE = 0, HELD = 1, WAITED_FOR = 2 };

struct condition_waiter {
	struct condition_waiter *next;
	handle_t parking;
	bool signalled;
};

static uint32_t self(void)
{
	return arch_message_page()->thread_id + 1u;
}

/* The notification in *slot, made now if there was none; safe against another thread doing the same. */
static handle_t notification_of(handle_t *slot)
{
	handle_t present = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
	handle_t fresh;

	if (present != HANDLE_NONE)
		return present;
	must(sys_notification_create(&fresh));
	if (__atomic_compare_exchange_n(slot, &present, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return fresh;
	must(sys_cap_drop(fresh));
	return present;
}

bool mutex_try(struct mutex *mutex)
{
	uint32_t expected = FREE;

	if (!__atomic_compare_exchange_n(&mutex->state, &expected, HELD, false, __ATOMIC_ACQUIRE,
	                                 __ATOMIC_RELAXED))
		return false;
	__atomic_store_n(&mutex->owner, self(), __ATOMIC_RELAXED);
	return true;
}

static CC_COLD void lock_slowly(struct mutex *mutex)
{
	handle_t waiters = notification_of(&mutex->waiters);
	uint64_t bits;

	if (__atomic_load_n(&mutex->owner, __ATOMIC_RELAXED) == self())
		panic("mutex %p is already held by this thread", (void *)mutex);
	while (__atomic_exchange_n(&mutex->state, WAITED_FOR, __ATOMIC_ACQUIRE) != FREE)
		must(sys_notification_wait(waiters, DEADLINE_NEVER, &bits));
	__atomic_store_n(&mutex->owner, self(), __ATOMIC_RELAXED);
}

void mutex_lock(struct mutex *mutex)
{
	if (CC_UNLIKELY(!mutex_try(mutex)))
		lock_slowly(mutex);
}

void mutex_unlock(struct mutex *mutex)
{
	if (CC_UNLIKELY(__atomic_load_n(&mutex->owner, __ATOMIC_RELAXED) != self()))
		panic("mutex %p is not held by this thread", (void *)mutex);
	__atomic_store_n(&mutex->owner, 0, __ATOMIC_RELAXED);
	if (__atomic_exchange_n(&mutex->state, FREE, __ATOMIC_RELEASE) == WAITED_FOR)
		must(sys_notification_signal(__atomic_load_n(&mutex->waiters, __ATOMIC_ACQUIRE), 1));
}

void mutex_release(struct mutex *mutex)
{
	assert(mutex->state == FREE);
	if (mutex->waiters != HANDLE_NONE)
		must(sys_cap_drop(mutex->waiters));
	mutex->waiters = HANDLE_NONE;
}

static void append(struct condition *condition, struct condition_waiter *waiter)
{
	struct condition_waiter **link = &condition->head;

	while (*link != NULL)
		link = &(*link)->next;
	*link = waiter;
}

static void unlink(struct condition *condition, const struct condition_waiter *waiter)
{
	struct condition_waiter **link = &condition->head;

	while (*link != waiter)
		link = &(*link)->next;
	*link = waiter->next;
}

status_t condition_wait(struct condition *condition, struct mutex *mutex, deadline_t deadline)
{
	struct condition_waiter waiter = {.parking = notification_of(&local_get()->parking)};
	status_t status = STATUS_OK;
	uint64_t bits;

	append(condition, &waiter);
	while (!waiter.signalled && status == STATUS_OK) {
		mutex_unlock(mutex);
		status = sys_notification_wait(waiter.parking, deadline, &bits);
		mutex_lock(mutex);
	}
	if (waiter.signalled)
		return STATUS_OK;
	unlink(condition, &waiter);
	assert(status == STATUS_TIMED_OUT);
	return status;
}

void condition_signal(struct condition *condition)
{
	struct condition_waiter *waiter = condition->head;

	if (waiter == NULL)
		return;
	condition->head = waiter->next;
	waiter->signalled = true;
	must(sys_notification_signal(waiter->parking, 1));
}

void condition_broadcast(struct condition *condition)
{
	while (condition->head != NULL)
		condition_signal(condition);
}
