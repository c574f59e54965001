/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * From a CPU's events to the ring: staging, the count of what found no room, and the copy. What each step keeps is
 * written here and proved: nothing is written outside, and no event that was dropped is forgotten or counted twice.
 * Whose turn it is (the lock, the pending CPUs) is audit.c.
 */
#pragma once
#include <kernel/audit_index.h>
#include <kernel/boot_info.h>

struct audit_staged {
	struct audit_event event[AUDIT_STAGED_MAX]; /* [p]; read by the holder of U */
} CC_ALIGNED(PAGE_SIZE);

struct audit_staging {
	uint32_t staged;   /* [a] written by its CPU */
	uint32_t drained;  /* [a] written under U */
	uint32_t sequence; /* [p] of the next event */
	uint64_t dropped;  /* [p] not reported yet */
} CC_ALIGNED(64);

extern struct audit_staged audit_staged[CPU_MAX] CC_FAR; /* a page per CPU, there if the CPU is */
extern struct audit_staging audit_staging[CPU_MAX];
extern struct audit_header *audit_header;             /* [c]; contents [U]. NULL: not yet */
extern struct audit_event *audit_pages[AUDIT_PAGES]; /* [c]; contents [U] */

/*@ logic integer audit_queued(integer cpu) =
      audit_distance(audit_staging[cpu].staged, audit_staging[cpu].drained);

    logic integer audit_loss(struct audit_event event) = event.kind == AUDIT_DROPPED ? event.arguments[0] : 0;

    // Drops that the `count` staged events from `first` on tell of.
    logic integer audit_told(struct audit_staged table, integer first, integer count) = count <= 0 ? 0 :
      audit_told(table, first, count - 1) + audit_loss(table.event[(first + count - 1) % AUDIT_STAGED_MAX]);

    // Drops of a CPU that are not in the ring's sum yet.
    logic integer audit_lost(integer cpu) = audit_staging[cpu].dropped +
      audit_told(audit_staged[cpu], audit_staging[cpu].drained, audit_queued(cpu));

    predicate audit_staging_ok(integer cpu) = 0 <= cpu < CPU_MAX && audit_queued(cpu) <= AUDIT_STAGED_MAX;

    predicate audit_ring_ok = \valid(audit_header) && (\forall integer p; 0 <= p < AUDIT_PAGES ==>
      \valid(audit_pages[p] + (0 .. AUDIT_PAGE_EVENTS - 1)) &&
      \separated(audit_header, audit_pages[p] + (0 .. AUDIT_PAGE_EVENTS - 1)));
*/

/* How many more `cpu` can stage. */
/*@ requires audit_staging_ok(cpu);
    assigns \nothing;
    ensures \result == AUDIT_STAGED_MAX - audit_queued(cpu); */
uint32_t audit_staging_room(uint32_t cpu);

/* One event, of this moment; there is room. It gets the CPU's next number. */
/*@ requires audit_staging_ok(cpu) && audit_queued(cpu) < AUDIT_STAGED_MAX && \valid_read(event);
    assigns audit_staged[cpu].event[audit_staging[cpu].staged % AUDIT_STAGED_MAX];
    assigns audit_staging[cpu].staged, audit_staging[cpu].sequence;
    ensures ok: audit_staging_ok(cpu) && audit_queued(cpu) == \old(audit_queued(cpu)) + 1;
    ensures number: audit_staging[cpu].sequence == (\old(audit_staging[cpu].sequence) + 1) % AUDIT_WRAP;
    ensures exact: audit_lost(cpu) == \old(audit_lost(cpu)) + audit_loss(\old(*event)); */
void audit_stage(uint32_t cpu, const struct audit_event *event, uint64_t now_ns);

/* There is no room for an event that may be dropped. */
/*@ requires audit_staging_ok(cpu) && audit_staging[cpu].dropped < UINT64_MAX;
    assigns audit_staging[cpu].dropped;
    ensures exact: audit_lost(cpu) == \old(audit_lost(cpu)) + 1; */
void audit_drop(uint32_t cpu);

/* Tell how many were dropped; there is room, and they are some. They had numbers too: their hole lies before the
 * event that counts them. */
/*@ requires audit_staging_ok(cpu) && audit_queued(cpu) < AUDIT_STAGED_MAX;
    assigns audit_staged[cpu].event[audit_staging[cpu].staged % AUDIT_STAGED_MAX], audit_staging[cpu];
    ensures ok: audit_staging_ok(cpu) && audit_queued(cpu) == \old(audit_queued(cpu)) + 1;
    ensures told: audit_staging[cpu].dropped == 0;
    ensures number: audit_staging[cpu].sequence ==
      (\old(audit_staging[cpu].sequence) + \old(audit_staging[cpu].dropped) + 1) % AUDIT_WRAP;
    ensures exact: audit_lost(cpu) == \old(audit_lost(cpu)); */
void audit_stage_dropped(uint32_t cpu, uint64_t now_ns);

/* Move what `cpu` has staged into the ring; returns how many. U held. */
/*@ requires audit_staging_ok(cpu) && audit_ring_ok;
    requires audit_header->produced <= UINT64_MAX - AUDIT_STAGED_MAX;
    requires audit_header->dropped + audit_lost(cpu) <= UINT64_MAX;
    assigns audit_pages[0 .. AUDIT_PAGES - 1][0 .. AUDIT_PAGE_EVENTS - 1];
    assigns audit_header->produced, audit_header->dropped, audit_staging[cpu].drained;
    ensures all: \result == \old(audit_queued(cpu)) && audit_staging_ok(cpu) && audit_queued(cpu) == 0;
    ensures published: audit_header->produced == \old(audit_header->produced) + \result;
    ensures exact: audit_header->dropped + audit_lost(cpu) == \old(audit_header->dropped + audit_lost(cpu)); */
uint32_t audit_drain(uint32_t cpu);
