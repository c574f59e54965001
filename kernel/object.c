/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Lives of objects: quota at birth, references, destruction by type. The
 * arrays belong to the nouns; their slots to table.c.
 */
#include <kernel/channel.h>
#include <kernel/endpoint.h>
#include <kernel/image.h>
#include <kernel/irq.h>
#include <kernel/memory.h>
#include <kernel/notification.h>
#include <kernel/object.h>
#include <kernel/panic.h>
#include <kernel/process.h>
#include <kernel/tier.h>

struct table object_tables[OBJECT_TYPE_COUNT] = {
#define TABLE_ROW(NAME, tag, prefix, maximum) [OBJECT_##NAME] = {.name = #tag, .type = OBJECT_##NAME},
	OBJECT_TABLES(TABLE_ROW)
#undef TABLE_ROW
};
struct table mapping_slots = {.name = "mapping", .type = OBJECT_NONE};
struct table queued_slots = {.name = "queued message", .type = OBJECT_NONE};

/* All singletons share one header: it never changes. */
static struct object singleton = {.generation = 1, .references = 1, .owner = NONE};

CC_BOOT void object_tables_init(const struct tier_sizes *sizes)
{
#define TABLE_ROW(NAME, tag, prefix, maximum)                                                      \
	table_init(&object_tables[OBJECT_##NAME], &prefix##_table[0].object, sizeof(struct tag),   \
	           sizes->count[OBJECT_##NAME]);                                                   \
	object_tables[OBJECT_##NAME].clamp = sizes->clamp;
	OBJECT_TABLES(TABLE_ROW)
#undef TABLE_ROW
	table_init(&mapping_slots, &mapping_table[0].object, sizeof(struct mapping), sizes->mappings);
	table_init(&queued_slots, &queued_table[0].object, sizeof(struct queued), sizes->queued);
	mapping_slots.clamp = sizes->clamp;
	queued_slots.clamp = sizes->clamp;
}

const char *object_type_name(enum object_type type)
{
	static const char *const names[OBJECT_TYPE_COUNT] = {
#define OBJECT(name, value, text) [value] = (text),
#include <abi/object.def>
#undef OBJECT
	};
	return type < OBJECT_TYPE_COUNT && names[type] != NULL ? names[type] : "unknown";
}

struct object *object_header(enum object_type type, uint32_t slot)
{
	if (object_is_singleton(type))
		return &singleton;
	return table_header(&object_tables[type], slot);
}

static bool quota_take(uint32_t owner)
{
	if (owner == NONE)
		return true;
	struct process *process = process_of(owner);
	if (__atomic_add_fetch(&process->objects, 1u, __ATOMIC_RELAXED) <= process->objects_limit)
		return true;
	__atomic_fetch_sub(&process->objects, 1u, __ATOMIC_RELAXED);
	return false;
}

/* An object may outlive the process that paid for it; then there is nobody to pay back. The table's lock
 * keeps the slot from changing hands meanwhile. */
static void quota_give(uint32_t owner, uint32_t generation)
{
	if (owner == NONE)
		return;
	struct table *table = &object_tables[OBJECT_PROCESS];
	struct process *process = process_of(owner);
	lock_acquire(&table->lock, LOCK_FRAME);
	if (process->object.generation == generation)
		__atomic_fetch_sub(&process->objects, 1u, __ATOMIC_RELAXED);
	lock_release(&table->lock, LOCK_FRAME);
}

status_t object_take(enum object_type type, uint32_t owner, uint32_t *out_slot)
{
	if (!quota_take(owner))
		return STATUS_QUOTA;
	status_t status = table_take(&object_tables[type], owner, out_slot);
	if (status != STATUS_OK && owner != NONE)
		__atomic_fetch_sub(&process_of(owner)->objects, 1u, __ATOMIC_RELAXED);
	return status;
}

void object_retain(enum object_type type, uint32_t slot)
{
	if (object_is_singleton(type))
		return;
	uint32_t before = __atomic_fetch_add(&object_header(type, slot)->references, 1u, __ATOMIC_RELAXED);
	ASSERT(before != 0 && before != UINT32_MAX);
}

/* Generation and count are one 64-bit word, so that both are tested and one is changed at once. */
bool object_retain_if(enum object_type type, uint32_t slot, uint32_t generation)
{
	if (object_is_singleton(type))
		return generation == singleton.generation;
	uint64_t *word = (uint64_t *)(void *)object_header(type, slot);
	uint64_t seen = __atomic_load_n(word, __ATOMIC_RELAXED);
	do {
		if ((uint32_t)seen != generation || seen >> 32 == 0)
			return false;
	} while (!__atomic_compare_exchange_n(word, &seen, seen + (1ull << 32), true, __ATOMIC_ACQUIRE,
	                                      __ATOMIC_RELAXED));
	return true;
}
_Static_assert(__builtin_offsetof(struct object, generation) == 0, "low half of the word");
_Static_assert(__builtin_offsetof(struct object, references) == 4, "high half of the word");

static void object_destroy(enum object_type type, uint32_t slot)
{
	static void (*const destroy[OBJECT_TYPE_COUNT])(uint32_t slot) = {
#define DESTROY_ROW(NAME, tag, prefix, maximum) [OBJECT_##NAME] = prefix##_destroy,
		OBJECT_TABLES(DESTROY_ROW)
#undef DESTROY_ROW
	};
	ASSERT(type < OBJECT_TYPE_COUNT && destroy[type] != NULL);
	destroy[type](slot);
}

void object_release(enum object_type type, uint32_t slot)
{
	if (object_is_singleton(type))
		return;
	struct object *header = object_header(type, slot);
	uint32_t left = __atomic_sub_fetch(&header->references, 1u, __ATOMIC_ACQ_REL);
	ASSERT(left != UINT32_MAX);
	if (left != 0)
		return;
	uint32_t owner = header->owner;
	uint32_t generation = header->owner_generation;
	object_destroy(type, slot);
	quota_give(owner, generation);
}
