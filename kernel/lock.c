/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Lock order, checked at run time in LOCK_DEBUG builds: each CPU keeps a stack
 * of the locks it holds, and a lock of a rank not above the last one's panics.
 * In other builds there is nothing here but the copy of the locks themselves that
 * files compiled for size share.
 */
#include <kernel/cpu.h>
#include <kernel/lock.h>
#include <kernel/panic.h>

#ifdef __OPTIMIZE_SIZE__

void lock_acquire_shared(struct lock *lock)
{
	lock_await(lock, __atomic_fetch_add(&lock->next, 1u, __ATOMIC_RELAXED));
}

void lock_release_shared(struct lock *lock)
{
	__atomic_store_n(&lock->serving, lock->serving + 1u, __ATOMIC_RELEASE);
}

#endif

#ifdef LOCK_DEBUG

#define HELD_MAX 8u

struct held {
	const struct lock *lock[HELD_MAX];
	enum lock_rank rank[HELD_MAX];
	uint32_t count;
};
static struct held held_table[CPU_MAX]; /* [p] */

/* NULL until the calling CPU knows itself, when there is nothing to order against. */
static struct held *held_here(void)
{
	if (__atomic_load_n(&cpu_table[0].online, __ATOMIC_ACQUIRE) == 0)
		return NULL;
	return &held_table[arch_cpu_self()->index];
}

void lock_debug_acquire(struct lock *lock, enum lock_rank rank)
{
	struct held *held = held_here();
	if (held == NULL)
		return;
	arch_spin_hint(); /* in the simulation, another CPU may come in here */
	if (held->count == HELD_MAX) {
		held->count = 0;
		panic("more than %u locks held", HELD_MAX);
	}
	if (held->count > 0 && held->rank[held->count - 1u] >= rank) {
		uint32_t last = held->count - 1u;
		held->count = 0;
		panic("lock order: rank %u at %p while holding rank %u at %p", (unsigned)rank,
		      (const void *)lock, (unsigned)held->rank[last], (const void *)held->lock[last]);
	}
	held->lock[held->count] = lock;
	held->rank[held->count] = rank;
	held->count++;
}

/* Not necessarily the last one taken. */
void lock_debug_release(struct lock *lock, enum lock_rank rank)
{
	struct held *held = held_here();
	if (held == NULL)
		return;
	arch_spin_hint(); /* and here, while it is still held */
	uint32_t at = 0;
	while (at < held->count && held->lock[at] != lock)
		at++;
	if (at == held->count) {
		held->count = 0;
		panic("lock of rank %u at %p released by a CPU that does not hold it", (unsigned)rank,
		      (const void *)lock);
	}
	for (held->count--; at < held->count; at++) {
		held->lock[at] = held->lock[at + 1u];
		held->rank[at] = held->rank[at + 1u];
	}
}

bool lock_debug_held(const struct lock *lock)
{
	const struct held *held = held_here();
	for (uint32_t i = 0; held != NULL && i < held->count; i++) {
		if (held->lock[i] == lock)
			return true;
	}
	return held == NULL;
}

#endif
