/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The wait word of a thread: in the lower 8 bits what it does or waits for, above them a sequence number, one more for
 * each wait. A reply handle names one wait: its thread and the lower half of that number.
 */
#pragma once
#include <abi/types.h>
#include <stdbool.h>
#include <stdint.h>

enum thread_state {
#define THREAD_STATE(name, value, text) THREAD_##name = (value),
#include <abi/thread_state.def>
#undef THREAD_STATE
};

#define WAIT_STATE(wait) ((enum thread_state)wait_state(wait))
#define WAIT_NEXT(wait, state) wait_next(wait, state)
#define WAIT_WITH(wait, state) wait_with(wait, state)

/*@ logic integer wait_number(integer wait) = wait / 256;

    // the same wait, whatever became of it
    predicate wait_same(integer a, integer b) = wait_number(a) == wait_number(b);

    predicate reply_is(integer handle, integer slot, integer wait) =
      handle == (wait_number(wait) % 0x100000000) * 0x100000000 + HANDLE_REPLY + slot;
*/

/*@ assigns \nothing;
    ensures \result == wait % 256; */
CC_INLINE uint32_t wait_state(uint64_t wait)
{
	return (uint32_t)(wait % 256u);
}

/* The next wait, after any other. */
/*@ requires state < 256;
    assigns \nothing;
    ensures state: \result % 256 == state;
    ensures next: wait_number(\result) == (wait_number(wait) + 1) % 0x100000000000000; */
CC_INLINE uint64_t wait_next(uint64_t wait, uint32_t state)
{
	return (wait / 256u + 1u) % 0x100000000000000u * 256u + state;
}

/* The same wait, in another state. */
/*@ requires state < 256;
    assigns \nothing;
    ensures state: \result % 256 == state;
    ensures same: wait_same(\result, wait); */
CC_INLINE uint64_t wait_with(uint64_t wait, uint32_t state)
{
	return wait / 256u * 256u + state;
}

/* The handle by which a server answers a thread that is REPLYING with this wait word. */
/*@ requires thread < HANDLE_REPLY;
    assigns \nothing;
    ensures reply_is(\result, thread, wait); */
CC_INLINE handle_t reply_handle(uint32_t thread, uint64_t wait)
{
	return wait / 256u % 0x100000000u * 0x100000000u + (HANDLE_REPLY + thread);
}

/* Does the handle answer the wait this thread is in? What does answers nothing else: no wait of this thread from
 * here on until the numbers' lower halves repeat, none of another thread, and not this one in another state. */
/*@ requires thread < HANDLE_REPLY;
    assigns \nothing;
    ensures \result <==> wait % 256 == THREAD_REPLYING && reply_is(handle, thread, wait);
    ensures once: \result ==> \forall integer later;
      wait_number(wait) < wait_number(later) < wait_number(wait) + 0x100000000 ==> !reply_is(handle, thread, later);
    ensures own: \result ==> \forall integer other, theirs;
      0 <= other < HANDLE_REPLY && other != thread && 0 <= theirs ==> !reply_is(handle, other, theirs); */
CC_INLINE bool reply_answers(handle_t handle, uint32_t thread, uint64_t wait)
{
	return wait_state(wait) == (uint32_t)THREAD_REPLYING && reply_handle(thread, wait) == handle;
}
