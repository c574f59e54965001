/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where audit events lie: index arithmetic alone, pure, so that it can be proved. */
#pragma once
#include <abi/audit.h>

#define AUDIT_PAGES 16u                                               /* of events */
#define AUDIT_PAGE_EVENTS 64u
#define AUDIT_CAPACITY (AUDIT_PAGES * AUDIT_PAGE_EVENTS)
#define AUDIT_STAGED_MAX 64u /* per CPU */
_Static_assert(AUDIT_PAGE_EVENTS * sizeof(struct audit_event) == PAGE_SIZE, "events fill their page");
_Static_assert((AUDIT_CAPACITY & (AUDIT_CAPACITY - 1u)) == 0, "numbers wrap without a gap");
_Static_assert(AUDIT_STAGED_MAX <= AUDIT_DRAIN_MAX, "a batch is no longer than readers were told");

/* The page of events in which event `number` lies. */
/*@ assigns \nothing;
    ensures inside: \result < AUDIT_PAGES;
    ensures exact: \result == (number % AUDIT_CAPACITY) / AUDIT_PAGE_EVENTS; */
CC_INLINE uint32_t audit_page(uint64_t number)
{
	return (uint32_t)(number % AUDIT_CAPACITY) / AUDIT_PAGE_EVENTS;
}

/* Its place in that page. */
/*@ assigns \nothing;
    ensures inside: \result < AUDIT_PAGE_EVENTS;
    ensures exact: \result == (number % AUDIT_CAPACITY) % AUDIT_PAGE_EVENTS; */
CC_INLINE uint32_t audit_place(uint64_t number)
{
	return (uint32_t)(number % AUDIT_CAPACITY) % AUDIT_PAGE_EVENTS;
}

/* A CPU's place for its staged event `index`; indices count on and wrap. */
/*@ assigns \nothing;
    ensures inside: \result < AUDIT_STAGED_MAX;
    ensures exact: \result == index % AUDIT_STAGED_MAX; */
CC_INLINE uint32_t audit_staging_place(uint32_t index)
{
	return index % AUDIT_STAGED_MAX;
}

/* Indices and sequence numbers count on and wrap. */
#define AUDIT_WRAP 0x100000000ull

/*@ logic integer audit_distance(integer staged, integer drained) = (AUDIT_WRAP + staged - drained) % AUDIT_WRAP; */

/* What comes `count` after an index or number. */
/*@ assigns \nothing;
    ensures exact: \result == (index + count) % AUDIT_WRAP; */
CC_INLINE uint32_t audit_after(uint32_t index, uint32_t count)
{
	return (uint32_t)(((uint64_t)index + count) % AUDIT_WRAP);
}

/* How many events wait in a CPU's staging that has staged up to `staged` and of which `drained` were taken. */
/*@ assigns \nothing;
    ensures exact: \result == audit_distance(staged, drained); */
CC_INLINE uint32_t audit_waiting(uint32_t staged, uint32_t drained)
{
	return (uint32_t)((AUDIT_WRAP + staged - drained) % AUDIT_WRAP);
}

/* How many more it can stage. */
/*@ requires audit_distance(staged, drained) <= AUDIT_STAGED_MAX;
    assigns \nothing;
    ensures inside: \result <= AUDIT_STAGED_MAX;
    ensures exact: \result == AUDIT_STAGED_MAX - audit_distance(staged, drained); */
CC_INLINE uint32_t audit_room(uint32_t staged, uint32_t drained)
{
	return AUDIT_STAGED_MAX - audit_waiting(staged, drained);
}
