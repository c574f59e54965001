/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Ticket spin locks. Interrupts are always off in the kernel, so a lock needs
 * no more than this. Order, outermost first (docs/kernel/locks.md):
 *
 *   [t] process table   [c] capability tree   [n] notification   [e] endpoint
 *   [L] loan   [a] address space   [o] memory object   [h] channel   [q] run queue and timers
 *   [f] frames   [r] randomness   [w] wall clock   [l] log   [u] audit ring
 *
 * A CPU that waits answers TLB shootdowns (arch_spin_hint), so holding a lock
 * while asking for one cannot deadlock. Debug builds record the holder and
 * check the order.
 */
#pragma once
#include <kernel/arch.h>

enum lock_rank {
	LOCK_PROCESS = 1,
	LOCK_CAP,
	LOCK_NOTIFICATION,
	LOCK_ENDPOINT,
	LOCK_LOAN,
	LOCK_ASPACE,
	LOCK_MEMORY,
	LOCK_CHANNEL,
	LOCK_QUEUE,
	LOCK_QUEUE_SECOND, /* a second run queue, in ascending CPU order */
	LOCK_FRAME,
	LOCK_RANDOM,
	LOCK_CLOCK,
	LOCK_LOG,
	LOCK_AUDIT,
};

struct lock {
	uint32_t next;   /* [a] ticket to draw */
	uint32_t serving; /* [a] ticket that holds the lock */
};

#ifdef LOCK_DEBUG
void lock_debug_acquire(struct lock *lock, enum lock_rank rank);
void lock_debug_release(struct lock *lock, enum lock_rank rank);
bool lock_debug_held(const struct lock *lock);
#else
CC_INLINE void lock_debug_acquire(struct lock *lock, enum lock_rank rank) { (void)lock; (void)rank; }
CC_INLINE void lock_debug_release(struct lock *lock, enum lock_rank rank) { (void)lock; (void)rank; }
CC_INLINE bool lock_debug_held(const struct lock *lock) { (void)lock; return true; }
#endif

/* lock_acquire in two parts, for a path that would rather go elsewhere than wait: draw a ticket; once it is served
 * the lock is held. A ticket that was drawn must be waited for. */
CC_NODISCARD CC_INLINE uint32_t lock_draw(struct lock *lock, enum lock_rank rank)
{
	lock_debug_acquire(lock, rank);
	return __atomic_fetch_add(&lock->next, 1u, __ATOMIC_RELAXED);
}

CC_NODISCARD CC_INLINE bool lock_serves(const struct lock *lock, uint32_t ticket)
{
	return __atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) == ticket;
}

CC_INLINE void lock_await(const struct lock *lock, uint32_t ticket)
{
	while (CC_UNLIKELY(!lock_serves(lock, ticket)))
		arch_spin_hint();
}

/* Take it if it is free. */
CC_NODISCARD CC_INLINE bool lock_try(struct lock *lock, enum lock_rank rank)
{
	uint32_t ticket = __atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE);
	uint32_t next = ticket;
	if (!__atomic_compare_exchange_n(&lock->next, &next, ticket + 1u, false, __ATOMIC_ACQUIRE,
	                                 __ATOMIC_RELAXED))
		return false;
	lock_debug_acquire(lock, rank);
	return true;
}

/* Inline in a file that is compiled for speed; one shared copy for all that are compiled for size. */
#ifdef __OPTIMIZE_SIZE__
void lock_acquire_shared(struct lock *lock);
void lock_release_shared(struct lock *lock);
#else
CC_INLINE void lock_acquire_shared(struct lock *lock)
{
	lock_await(lock, __atomic_fetch_add(&lock->next, 1u, __ATOMIC_RELAXED));
}

CC_INLINE void lock_release_shared(struct lock *lock)
{
	__atomic_store_n(&lock->serving, lock->serving + 1u, __ATOMIC_RELEASE);
}
#endif

CC_INLINE void lock_acquire(struct lock *lock, enum lock_rank rank)
{
	lock_debug_acquire(lock, rank);
	lock_acquire_shared(lock);
}

CC_INLINE void lock_release(struct lock *lock, enum lock_rank rank)
{
	lock_debug_release(lock, rank);
	lock_release_shared(lock);
}
