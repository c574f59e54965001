/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The heap of one program.
 *
 *   chunk   1 MiB of demand-zero memory, 64 spans; aligned, so that an address
 *           leads to its span by masking
 *   span    16 KiB: a header, then pieces of one class; or, in a run of spans,
 *           one large piece
 *   huge    a piece that is more than half a chunk has a memory object of its own,
 *           at an address that is not used again
 *
 * A span's header has a bit per piece that is given out, and a seal that is its
 * address under a secret: heap_give trusts neither the address nor the header.
 * Pages are paid for when first touched; what was freed is used again but not
 * returned to the system, except huge pieces.
 */
#include <os/heap.h>
#include "heap_priv.h"
#include <lib/bitops.h>
#include <lib/string.h>
#include <os/panic.h>
#include <os/startup.h>
#include <os/sync.h>

#define HEADER_BYTES 192u
#define PIECES_MAX   ((HEAP_SPAN_BYTES - HEADER_BYTES) / 16u)
#define LARGE_MAX    (HEAP_CHUNK_BYTES / 2u)

static const uint16_t class_bytes[] = {16,  32,  48,  64,   96,   128,  192,  256,
                                       384, 512, 768, 1024, 1520, 2016, 4032, 8096};
#define CLASSES (sizeof(class_bytes) / sizeof(class_bytes[0]))
#define LARGE   CLASSES

struct span {
	uint64_t seal;
	struct span *next;                        /* spans of the class with room */
	uint32_t class;                           /* index into class_bytes, or LARGE */
	uint32_t used;                            /* pieces given out; of a large one: spans */
	uint64_t bytes;                           /* of a large piece, header included */
	handle_t huge;                            /* memory object of a huge piece */
	uint64_t given[BITMAP_WORDS(PIECES_MAX)]; /* bit per piece */
};
_Static_assert(sizeof(struct span) <= HEADER_BYTES, "the header fits its place");

static struct mutex lock;
static struct span *with_room[CLASSES];
static struct heap_use use;

static uint64_t seal_of(const struct span *span)
{
	return (uint64_t)span ^ startup_random(1);
}

static uint32_t class_of(size_t bytes)
{
	for (uint32_t class = 0; class < CLASSES; class ++) {
		if (bytes <= class_bytes[class])
			return class;
	}
	return LARGE;
}

static uint32_t pieces_of(uint32_t class)
{
	return (uint32_t)((HEAP_SPAN_BYTES - HEADER_BYTES) / class_bytes[class]);
}

static struct span *span_make(struct span *span, uint32_t class)
{
	if (span == NULL)
		return NULL;
	memset(span, 0, sizeof(*span));
	span->seal = seal_of(span);
	span->class = class;
	return span;
}

static void *small_take(uint32_t class)
{
	struct span *span = with_room[class];

	if (span == NULL) {
		span = span_make(heap_run_take(1), class);
		if (span == NULL)
			return NULL;
		with_room[class] = span;
	}
	uint32_t piece = bitmap_find_zero(span->given, pieces_of(class), 0);
	assert(piece != BITMAP_NONE);
	bitmap_set(span->given, piece);
	if (++span->used == pieces_of(class))
		with_room[class] = span->next;
	use.bytes += class_bytes[class];
	return (uint8_t *)span + HEADER_BYTES + (size_t)piece * class_bytes[class];
}

static void small_unlink(struct span *span)
{
	struct span **link = &with_room[span->class];

	while (*link != span)
		link = &(*link)->next;
	*link = span->next;
}

static void small_give(struct span *span, uint64_t offset)
{
	uint32_t piece = (uint32_t)((offset - HEADER_BYTES) / class_bytes[span->class]);

	if ((offset - HEADER_BYTES) % class_bytes[span->class] != 0 || piece >= pieces_of(span->class) ||
	    !bitmap_get(span->given, piece))
		panic("heap: %p is freed twice or was never allocated", (void *)((uint8_t *)span + offset));
	bitmap_clear(span->given, piece);
	use.bytes -= class_bytes[span->class];
	if (span->used-- == pieces_of(span->class)) {
		span->next = with_room[span->class];
		with_room[span->class] = span;
	}
	if (span->used == 0) {
		small_unlink(span);
		span->seal = 0;
		heap_run_give(span, 1);
	}
}

static void *large_take(size_t bytes)
{
	uint64_t whole = (bytes + HEADER_BYTES + PAGE_MASK) & ~(uint64_t)PAGE_MASK;
	uint32_t spans = (uint32_t)((whole + HEAP_SPAN_BYTES - 1u) / HEAP_SPAN_BYTES);
	handle_t huge = HANDLE_NONE;
	void *place = whole > LARGE_MAX ? heap_huge_take(whole, &huge) : heap_run_take(spans);
	struct span *span = span_make(place, LARGE);

	if (span == NULL)
		return NULL;
	span->used = spans;
	span->bytes = whole;
	span->huge = huge;
	use.bytes += whole;
	return (uint8_t *)span + HEADER_BYTES;
}

static void large_give(struct span *span, uint64_t offset)
{
	if (offset != HEADER_BYTES)
		panic("heap: %p was never allocated", (void *)((uint8_t *)span + offset));
	span->seal = 0;
	use.bytes -= span->bytes;
	if (span->huge == HANDLE_NONE)
		heap_run_give(span, span->used);
	else
		heap_huge_give(span->huge, span->bytes);
}

/* The span of a piece, or the end of the program. */
static struct span *span_of(const void *memory)
{
	uint64_t address = (uint64_t)memory;
	struct span *span = (struct span *)(address & ~(HEAP_SPAN_BYTES - 1u));

	if (!heap_owns(address) || address % HEAP_SPAN_BYTES < HEADER_BYTES)
		panic("heap: %p was never allocated", memory);
	if (span->seal != seal_of(span) || span->class > LARGE)
		panic("heap: %p is not allocated, or the heap is overwritten there", memory);
	return span;
}

void *heap_take(size_t bytes)
{
	uint32_t class = class_of(bytes);

	if (bytes > SIZE_MAX / 2u)
		return NULL;
	mutex_lock(&lock);
	void *memory = class == LARGE ? large_take(bytes) : small_take(class);
	use.pieces += memory != NULL;
	mutex_unlock(&lock);
	return memory;
}

void *heap_zeroed(size_t count, size_t bytes)
{
	size_t whole;
	void *memory = __builtin_mul_overflow(count, bytes, &whole) ? NULL : heap_take(whole);

	return memory == NULL ? NULL : memset(memory, 0, whole);
}

void heap_give(void *memory)
{
	if (memory == NULL)
		return;
	mutex_lock(&lock);
	struct span *span = span_of(memory);
	uint64_t offset = (uint64_t)memory % HEAP_SPAN_BYTES;
	if (span->class == LARGE)
		large_give(span, offset);
	else
		small_give(span, offset);
	use.pieces--;
	mutex_unlock(&lock);
}

void *heap_resize(void *old, size_t bytes)
{
	if (old == NULL)
		return heap_take(bytes);
	mutex_lock(&lock);
	const struct span *span = span_of(old);
	size_t room = span->class == LARGE ? span->bytes - HEADER_BYTES : class_bytes[span->class];
	mutex_unlock(&lock);
	if (bytes <= room && bytes >= room / 2u)
		return old;
	void *memory = heap_take(bytes);
	if (memory != NULL) {
		memcpy(memory, old, bytes < room ? bytes : room);
		heap_give(old);
	}
	return memory;
}

struct heap_use heap_use(void)
{
	mutex_lock(&lock);
	struct heap_use copy = use;
	copy.mapped = heap_mapped();
	mutex_unlock(&lock);
	return copy;
}
