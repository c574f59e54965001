/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Audit: what happened, as 64-byte events (abi/audit.h) in one ring that its
 * readers have mapped read-only.
 *
 * A CPU stages its events where only it writes, then tries the ring's lock:
 * whoever holds that moves every CPU's staged events into the ring, and looks
 * again after letting go. So nobody waits for anybody, unless a CPU's staging
 * is full: then it takes the lock for real. Only sampled events may be dropped
 * instead, and those are counted.
 *
 * No function here takes a lock other than LOCK_AUDIT, the innermost, unless it
 * says so: audit_emit may be called wherever the kernel is.
 */
#pragma once
#include <kernel/audit_index.h>
#include <kernel/cpu.h>

struct cap;
struct thread;

extern struct lock audit_lock; /* U: LOCK_AUDIT; the ring and its header */

/* The ring, and staging for `cpus` CPUs. Once, after the object tables; before it nothing is recorded. */
void audit_init(uint32_t cpus);

/* Record one event, of this moment, on this CPU. `subject`: id of the process that did it, 0 the kernel. */
void audit_emit(enum audit_kind kind, uint64_t subject, uint64_t object, uint64_t a, uint64_t b, uint64_t c,
                uint64_t d);
/* The object of an event about a capability. */
#define AUDIT_OBJECT(type, slot) ((uint64_t)(type) << 32 | (slot))

/* A message of IPC_CALL or IPC_SEND on its way; called for one of AUDIT_SAMPLE_EVERY. `to`: process slot or NONE. */
CC_COLD void audit_message(enum audit_kind kind, const struct thread *from, const struct cap *cap, uint32_t to,
                           uint64_t tag);
/* The current system call ends with this status: recorded if it is a refusal. Argument registers untouched. */
void audit_outcome(const struct thread *current, status_t status);
/* A capability in a message of process `holder` could not be passed on at delivery: refused there and then. */
CC_COLD void audit_not_passed(uint32_t holder, handle_t handle, status_t status);

/* This CPU asked itself back (IPI_AUDIT): move what is staged, tell the readers. Takes LOCK_NOTIFICATION. */
void audit_turn(void);

/* Slot of the ring's memory object: a page of header, AUDIT_PAGES of events; sealed. */
uint32_t audit_memory(void);

/* Is anybody to be told of new events? Set by sys_audit.c, which keeps the readers; it takes no other lock than
 * LOCK_AUDIT, but in audit_readers_tell LOCK_NOTIFICATION. */
void audit_listen(bool anybody);
void audit_readers_tell(void);
/* An audit capability died (slot not yet reused): its reader is told nothing more. True: it had opened the ring
 * by the capability that is returned, if that is still there. */
CC_NODISCARD bool audit_cap_died(uint32_t cap, uint32_t *out_ring, handle_t *out_ring_handle);
/* A capability for the ring was moved, from that slot and handle to this. cap_lock is held. */
void audit_ring_moved(uint32_t from, handle_t from_handle, uint32_t to, handle_t to_handle);

/* Header and staging agree. Takes the ring's lock. */
bool audit_valid(void);
