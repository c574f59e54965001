/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Capabilities: object + rights + badge, in one global table with a window of
 * CSPACE_SLOTS per process slot, and the derivation tree over them (cap_tree.h).
 *
 * Only leaves are ever removed, so revocation is "remove a leaf below the root
 * until the root has no child": each step keeps the invariant, the work is
 * linear in what is revoked, and it can stop anywhere and go on later.
 *
 * Writers hold cap_lock. Readers do not: cap_lookup reads without a lock, the
 * caller locks the object, and cap_current re-checks under that lock. Whoever
 * kills a capability bumps its generation first, locks the object after, and
 * only then lets the slot be used again; so once a revocation has returned
 * nothing can act through it, and what a reader saw under the lock was one
 * capability, not parts of two.
 */
#pragma once
#include <kernel/cap_tree.h>
#include <kernel/object.h>
#include <kernel/thread.h>

extern struct lock cap_lock; /* C: LOCK_CAP */

/* Index of a handle's slot in cap_table, for a process slot. */
/*@ requires process < PROCESS_MAX && slot < CSPACE_SLOTS;
    assigns \nothing;
    ensures \result == process * CSPACE_SLOTS + slot && \result < CAP_MAX; */
CC_INLINE uint32_t cap_index(uint32_t process, uint32_t slot) { return process * CSPACE_SLOTS + slot; }
/* The handle by which its process names a live capability. */
handle_t cap_handle(uint32_t index);
/* Slot of the process that holds it. */
CC_INLINE uint32_t cap_holder(uint32_t index) { return index / CSPACE_SLOTS; }
/* Live capabilities in all windows, for display. */
uint32_t cap_count(void);

/* The window of a new process: every slot free; in ascending order the first time the process slot is used. */
void cap_window_init(uint32_t process);

/*@ predicate cap_answers{L}(struct cap *cap, integer generation, integer type, integer rights) =
      cap->generation == generation && generation % 2 == 1 && (type == OBJECT_NONE || cap->type == type) &&
      cap_subset(rights, cap->rights); */

/*
 * Find the capability a thread names. BAD_HANDLE, WRONG_TYPE, or DENIED with the missing rights left in the
 * thread's result register 1. type OBJECT_NONE: any type. Lock-free: re-check with cap_current under the
 * object's lock before acting.
 */
/*@ requires \valid(current) && \valid_read(current->window + (0 .. CSPACE_SLOTS - 1)) && \valid(out_cap);
    requires current->process < PROCESS_MAX;
    requires \separated(out_cap, current, current->window + (0 .. CSPACE_SLOTS - 1));
    ensures own: \result == STATUS_OK ==> *out_cap == \old(current->window + HANDLE_SLOT(handle)) &&
      HANDLE_SLOT(handle) < CSPACE_SLOTS;
    ensures held: \result == STATUS_OK ==> cap_answers(*out_cap, HANDLE_GENERATION(handle), type, rights); */
CC_NODISCARD status_t cap_lookup(struct thread *current, handle_t handle, enum object_type type, uint32_t rights,
                                 struct cap **out_cap);
/* The same without the reason, inline (cap_inline.h): NULL. For the paths that are measured. */
/*@ requires \valid_read(current) && \valid_read(current->window + (0 .. CSPACE_SLOTS - 1));
    assigns \nothing;
    ensures own: \result != \null ==> \result == current->window + HANDLE_SLOT(handle) &&
      HANDLE_SLOT(handle) < CSPACE_SLOTS;
    ensures held: \result != \null ==> cap_answers(\result, HANDLE_GENERATION(handle), type, rights); */
CC_NODISCARD CC_INLINE struct cap *cap_find(const struct thread *current, handle_t handle, enum object_type type,
                                            uint32_t rights);
/* Why it was not found; remembered for the audit record. */
/*@ requires \valid(current) && current->process < PROCESS_MAX;
    ensures refused: \result == STATUS_BAD_HANDLE || \result == STATUS_WRONG_TYPE || \result == STATUS_DENIED; */
CC_NODISCARD CC_COLD status_t cap_refuse(struct thread *current, handle_t handle, enum object_type type,
                                         uint32_t rights);
/* Still the same live capability, and its object still the same live object? With the object's lock held. */
/*@ requires \valid_read(cap) && \valid_read(object);
    assigns \nothing;
    ensures \result <==>
      cap->generation == HANDLE_GENERATION(handle) && object->generation == cap->object_generation; */
CC_INLINE bool cap_current(const struct cap *cap, handle_t handle, const struct object *object);
/* Hold the object of a capability beyond the object's lock: one reference, or BAD_HANDLE if it died meanwhile. */
CC_NODISCARD status_t cap_retain(const struct cap *cap, handle_t handle);
/* Look up and hold: *out_object is the slot of an object that the caller releases. As cap_lookup, cap_retain. */
CC_NODISCARD status_t cap_hold(struct thread *current, handle_t handle, enum object_type type, uint32_t rights,
                               uint32_t *out_object);

/* First capability of an object, in a process's window; takes over one reference. TABLE_FULL; GONE: that
 * process is ending. */
CC_NODISCARD status_t cap_create(uint32_t process, enum object_type type, uint32_t object,
                                 uint32_t rights, uint64_t badge, handle_t *out_handle);
/* Derive into `process`. rights must be a subset (DENIED), source must hold RIGHT_GRANT (DENIED).
 * badge 0 keeps the source's; a badge other than 0 is never
 * changed again (DENIED). Source given by index and handle: re-checked under cap_lock (BAD_HANDLE).
 * REVOKED: it is being revoked. TABLE_FULL: no slot, or CAP_DEPTH_MAX derivations; GONE as cap_create. */
CC_NODISCARD status_t cap_derive(uint32_t process, uint32_t source, handle_t source_handle,
                                 uint32_t rights, uint64_t badge, handle_t *out_handle);
/* Move a capability to another process: same place in the tree, old handle dead, what was waited for or
 * mapped through it ends as if it were dropped. BUSY: more than CAP_STEP were derived from it. REVOKED: it is
 * being revoked. */
CC_NODISCARD status_t cap_move(uint32_t process, uint32_t source, handle_t source_handle,
                               handle_t *out_handle);
/* Remove one; its children become children of its parent (or roots). Releases its reference.
 * SYSCALL_RESTART: more than CAP_STEP children; a part of them was handed over, call again. If a revocation has
 * reached it, its children go with it. */
CC_NODISCARD status_t cap_remove(uint32_t index, handle_t handle);
/* Remove up to `limit` (at most CAP_STEP) descendants of a capability; *out_more if there are others. Waiters
 * that came in through them are woken with REVOKED, mappings made through memory capabilities vanish. */
CC_NODISCARD status_t cap_revoke_some(uint32_t index, handle_t handle, uint32_t limit,
                                      uint32_t *out_removed, bool *out_more);
/* The same, and the capability itself last; *out_more until it is gone. It is closed by the first step, so that
 * it can neither be derived from, nor moved, nor leave its children behind. */
CC_NODISCARD status_t cap_take_some(uint32_t index, handle_t handle, uint32_t limit, uint32_t *out_removed,
                                    bool *out_more);
/* Remove up to `limit` capabilities of a dying process; true when the window is empty. */
bool cap_window_clear_some(uint32_t process, uint32_t limit);
#define CAP_STEP 64u /* capabilities touched in one go */

/* Called for each capability after it died (cap_lock not held), before its object reference is released:
 * dispatches to the object type below. After a move, `rights` is 0: the object still has as many holders. */
void endpoint_cap_died(uint32_t endpoint, uint32_t cap, uint32_t rights);     /* endpoint.c */
void notification_cap_died(uint32_t notification, uint32_t cap);              /* notification.c */
void memory_cap_died(uint32_t memory, uint32_t cap);                          /* memory.c: unmap what was mapped through it */
void region_cap_died(uint32_t region, uint32_t cap);                          /* memory.c likewise */
/* An endpoint capability with RIGHT_RECEIVE came to life. cap_lock is held. */
void endpoint_receiver_added(uint32_t endpoint);

/* The tree and the windows are consistent; for debug builds, tests and simulation. */
bool cap_valid(void);

#include <kernel/cap_inline.h>
