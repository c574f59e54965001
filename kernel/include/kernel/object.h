/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Object tables. Every kernel object lives in a static array whose address
 * space the linker reserves and whose memory is backed at boot to the size the
 * machine deserves (tier.h). An object is named inside the kernel by its slot
 * and generation; slots are type-stable, so a stale reference can always be
 * locked and then found out.
 *
 * An object lives while it has references: one per capability that names it,
 * one per kernel structure that relies on it. The last one destroys it.
 */
#pragma once
#include <kernel/arch.h>
#include <kernel/limits.h>
#include <kernel/lock.h>

/* First member of every object (of a thread: after what entry code saves). */
struct object {
	uint32_t generation; /* [a] even: free; odd: live. Bumped on both changes */
	uint32_t references; /* [a] same word as generation for object_retain_if */
	uint32_t next_free;  /* [T] */
	uint32_t owner;      /* [c] process slot charged for it, or NONE (the kernel) */
	uint32_t owner_generation; /* [c] of that process */
	uint32_t reserved;
} CC_ALIGNED(8);

/* A slot allocator over one table. */
struct table {
	const char *name;
	struct object *first; /* [c] header of entry 0 */
	uint32_t capacity;   /* [c] slots that are backed */
	uint32_t used;       /* [T] */
	uint32_t free_head;  /* [T] */
	uint32_t fresh;      /* [T] slots from here on were never used */
	uint32_t entry_bytes; /* [c] */
	uint32_t type;       /* [c] enum object_type, or OBJECT_NONE for kernel-internal tables */
	const char *clamp;   /* [c] which clamp of the tier policy bound the capacity */
	struct lock lock;    /* T: LOCK_FRAME rank */
};

/* One struct table per object type, indexed by enum object_type; then the internal ones. */
extern struct table object_tables[OBJECT_TYPE_COUNT];
extern struct table mapping_slots, queued_slots;

struct tier_sizes;
/* Once, at boot: capacities of all tables. The caller backs the arrays. */
void object_tables_init(const struct tier_sizes *sizes);

/* Empty table over entries of `entry_bytes`, the first of whose headers is at `first`. */
void table_init(struct table *table, struct object *first, uint32_t entry_bytes, uint32_t capacity);
/* Take a free slot; its object header gets a new odd generation, one reference and `owner`.
 * TABLE_FULL changes nothing. */
CC_NODISCARD status_t table_take(struct table *table, uint32_t owner, uint32_t *out_slot);
/* Give a live slot back: generation becomes even. The caller has undone everything else. */
void table_give(struct table *table, uint32_t slot);
/* Header of an entry. */
CC_INLINE struct object *table_header(const struct table *table, uint32_t slot)
{
	return (struct object *)(void *)((uint8_t *)table->first + (uint64_t)slot * table->entry_bytes);
}
/* The free list and the counts agree. Takes the lock. */
bool table_valid(struct table *table);

/* Is this a type of which there is exactly one object, slot 0, that lives for ever? */
CC_INLINE bool object_is_singleton(enum object_type type)
{
	return type >= OBJECT_FACTORY;
}
/* Header of an object. */
struct object *object_header(enum object_type type, uint32_t slot);
/* Name of a type, as in object.def. */
const char *object_type_name(enum object_type type);

/* object_take(type, owner, &slot): table_take plus the owner's object quota (QUOTA, TABLE_FULL). */
CC_NODISCARD status_t object_take(enum object_type type, uint32_t owner, uint32_t *out_slot);
/* Add a reference to a live object the caller knows to be alive (holds a reference or its lock). */
void object_retain(enum object_type type, uint32_t slot);
/* Add one only if `generation` is still that of the slot and somebody else still holds one. */
CC_NODISCARD bool object_retain_if(enum object_type type, uint32_t slot, uint32_t generation);
/* Remove one; the last destroys the object through its type's destroy function. No locks of rank
 * LOCK_NOTIFICATION or above may be held. */
void object_release(enum object_type type, uint32_t slot);

/* Destroy functions: called once, with no reference left, nothing else can reach the object. Each undoes
 * what the object holds and calls table_give. Owner quota is returned by object_release. */
void process_destroy(uint32_t slot);
void thread_destroy(uint32_t slot);
void endpoint_destroy(uint32_t slot);
void notification_destroy(uint32_t slot);
void memory_destroy(uint32_t slot);
void channel_destroy(uint32_t slot);
void irq_destroy(uint32_t slot);
void region_destroy(uint32_t slot);
void image_destroy(uint32_t slot);
