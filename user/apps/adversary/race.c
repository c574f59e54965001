/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Use against revocation, on as many CPUs as there are: what a revocation has
 * returned from is never used again, by anybody, however they raced.
 */
#include "adversary.h"

#define USERS  3u
#define ROUNDS 150u

static handle_t root;
static handle_t shared;     /* [a] the copy that is raced for; 0: between rounds */
static uint64_t revoked;    /* [a] rounds whose revocation has returned */
static uint64_t given;      /* [a] rounds whose copy was given out */
static uint32_t violations; /* [a] */
static bool done;           /* [a] */

static bool is_fair(status_t status)
{
	return status == STATUS_OK || status == STATUS_BAD_HANDLE || status == STATUS_REVOKED;
}

static uint64_t use(void *argument)
{
	(void)argument;
	while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
		handle_t copy = __atomic_load_n(&shared, __ATOMIC_ACQUIRE);
		uint64_t round = __atomic_load_n(&given, __ATOMIC_ACQUIRE);
		bool dead = copy != HANDLE_NONE && __atomic_load_n(&revoked, __ATOMIC_ACQUIRE) >= round &&
		            __atomic_load_n(&shared, __ATOMIC_ACQUIRE) == copy;

		(void)!sys_thread_yield(); /* on one CPU the others must get to race */
		if (copy == HANDLE_NONE)
			continue;
		status_t status = ATTEMPT(notification_signal, copy, 1, 0, 0);
		/* It was taken back before we began, and is still the one we know: it must be dead. */
		if (!is_fair(status) || (dead && status == STATUS_OK))
			__atomic_fetch_add(&violations, 1u, __ATOMIC_RELAXED);
	}
	return 0;
}

static void round_run(void)
{
	uint64_t removed;
	handle_t copy;

	must(sys_cap_mint(root, RIGHT_SIGNAL, 0, &copy));
	__atomic_fetch_add(&given, 1u, __ATOMIC_RELEASE);
	__atomic_store_n(&shared, copy, __ATOMIC_RELEASE);
	(void)!sys_thread_yield();
	must(sys_cap_revoke(root, &removed));
	check(removed == 1);
	__atomic_fetch_add(&revoked, 1u, __ATOMIC_RELEASE);
	check(ATTEMPT(notification_signal, copy, 1, 0, 0) == STATUS_BAD_HANDLE);
	(void)!sys_thread_yield();
	__atomic_store_n(&shared, HANDLE_NONE, __ATOMIC_RELEASE);
}

void attack_race(uint64_t part)
{
	struct thread *users[USERS];

	(void)part;
	must(sys_notification_create(&root));
	for (uint32_t i = 0; i < USERS; i++)
		must(thread_run(use, NULL, NULL, &users[i]));
	for (uint32_t i = 0; i < ROUNDS; i++)
		round_run();
	__atomic_store_n(&done, true, __ATOMIC_RELEASE);
	for (uint32_t i = 0; i < USERS; i++)
		thread_join(users[i], NULL);
	check(violations == 0);
	belongings_remember();
}
