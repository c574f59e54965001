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
#include <os/layout.h>
#include <os/panic.h>
#include <os/startup.h>
#include <os/sync.h>

#define HEAP_BYTES (LAYOUT_HEAP_LIMIT - LAYOUT_HEAP_BASE)
#define CHUNK_BYTES 0x100000ull
#define SPAN_BYTES 0x4000ull
#define SPANS 64u
#define CHUNKS_MAX 128u
#define HEADER_BYTES 192u
#define PIECES_MAX ((SPAN_BYTES - HEADER_BYTES) / 16u)
#define LARGE_MAX (CHUNK_BYTES / 2u)

static const uint16_t class_bytes[] = { 16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1520, 2016, 4032, 8096 };
#define CLASSES (sizeof(class_bytes) / sizeof(class_bytes[0]))
#define LARGE CLASSES

struct span {
	uint64_t seal;
	struct span *next;      /* spans of the class with room */
	uint32_t class;         /* index into class_bytes, or LARGE */
	uint32_t used;          /* pieces given out; of a large one: spans */
	uint64_t bytes;         /* of a large piece, header included */
	handle_t huge;          /* memory object of a huge piece */
	uint64_t given[BITMAP_WORDS(PIECES_MAX)]; /* bit per piece */
};
_Static_assert(sizeof(struct span) <= HEADER_BYTES, "the header fits its place");

struct chunk {
	handle_t memory;
	uint64_t spans;         /* bit per span in use */
};

static struct mutex lock;
static struct chunk chunks[CHUNKS_MAX];
static struct span *with_room[CLASSES];
static uint64_t base = LAYOUT_HEAP_BASE;
static uint64_t huge_next = LAYOUT_HEAP_BASE + CHUNKS_MAX * CHUNK_BYTES;
static struct heap_use use;

void heap_place(uint64_t address)
{
	base = address;
	huge_next = address + CHUNKS_MAX * CHUNK_BYTES;
}

static uint64_t seal_of(const struct span *span)
{
	return (uint64_t)span ^ startup_random(1);
}

static uint64_t chunk_address(uint32_t index)
{
	return base + index * CHUNK_BYTES;
}

static bool chunk_make(uint32_t index)
{
	struct chunk *chunk = &chunks[index];
	uint64_t address;

	if (sys_memory_create(CHUNK_BYTES / PAGE_SIZE, &chunk->memory) != STATUS_OK)
		return false;
	if (sys_memory_map(chunk->memory, chunk_address(index), 0, CHUNK_BYTES / PAGE_SIZE,
	                   PROT_READ | PROT_WRITE, &address) != STATUS_OK) {
		must(sys_cap_drop(chunk->memory));
		chunk->memory = HANDLE_NONE;
		return false;
	}
	use.mapped += CHUNK_BYTES;
	return true;
}

static uint64_t run_mask(uint32_t first, uint32_t count)
{
	return (count == SPANS ? UINT64_MAX : (1ull << count) - 1u) << first;
}

/* A run of free spans in some chunk; NULL: none can be had. */
static struct span *spans_take(uint32_t count)
{
	for (uint32_t i = 0; i < CHUNKS_MAX; i++) {
		if (chunks[i].memory == HANDLE_NONE && !chunk_make(i))
			return NULL;
		for (uint32_t first = 0; first + count <= SPANS; first++) {
			if ((chunks[i].spans & run_mask(first, count)) != 0)
				continue;
			chunks[i].spans |= run_mask(first, count);
			return (struct span *)(chunk_address(i) + first * SPAN_BYTES);
		}
	}
	return NULL;
}

static void spans_give(const struct span *span, uint32_t count)
{
	uint64_t offset = (uint64_t)span - base;

	chunks[offset / CHUNK_BYTES].spans &= ~run_mask((uint32_t)(offset % CHUNK_BYTES / SPAN_BYTES), count);
}

static uint32_t class_of(size_t bytes)
{
	for (uint32_t class = 0; class < CLASSES; class++) {
		if (bytes <= class_bytes[class])
			return class;
	}
	return LARGE;
}

static uint32_t pieces_of(uint32_t class)
{
	return (uint32_t)((SPAN_BYTES - HEADER_BYTES) / class_bytes[class]);
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
		span = span_make(spans_take(1), class);
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
		spans_give(span, 1);
	}
}

static struct span *huge_make(uint64_t bytes)
{
	handle_t memory;
	uint64_t address;

	if (bytes > base + HEAP_BYTES - huge_next || sys_memory_create(bytes / PAGE_SIZE, &memory) != STATUS_OK)
		return NULL;
	if (sys_memory_map(memory, huge_next, 0, bytes / PAGE_SIZE, PROT_READ | PROT_WRITE, &address) != STATUS_OK) {
		must(sys_cap_drop(memory));
		return NULL;
	}
	/* A gap, and back to a span's boundary. */
	huge_next = (huge_next + bytes + 2u * SPAN_BYTES - 1u) & ~(SPAN_BYTES - 1u);
	struct span *span = span_make((struct span *)address, LARGE);
	span->huge = memory;
	use.mapped += bytes;
	return span;
}

static void *large_take(size_t bytes)
{
	uint64_t whole = (bytes + HEADER_BYTES + PAGE_MASK) & ~(uint64_t)PAGE_MASK;
	uint32_t count = (uint32_t)((whole + SPAN_BYTES - 1u) / SPAN_BYTES);
	struct span *span = whole > LARGE_MAX ? huge_make(whole) : span_make(spans_take(count), LARGE);

	if (span == NULL)
		return NULL;
	span->used = count;
	span->bytes = whole;
	use.bytes += whole;
	return (uint8_t *)span + HEADER_BYTES;
}

static void large_give(struct span *span, uint64_t offset)
{
	handle_t huge = span->huge;

	if (offset != HEADER_BYTES)
		panic("heap: %p was never allocated", (void *)((uint8_t *)span + offset));
	span->seal = 0;
	use.bytes -= span->bytes;
	if (huge == HANDLE_NONE) {
		spans_give(span, span->used);
	} else {
		use.mapped -= span->bytes;
		must(sys_cap_drop(huge)); /* takes the mapping with it */
	}
}

/* The span of a piece, or the end of the program. */
static struct span *span_of(const void *memory)
{
	uint64_t address = (uint64_t)memory;
	struct span *span = (struct span *)(address & ~(SPAN_BYTES - 1u));

	if (address < base || address >= huge_next || address % SPAN_BYTES < HEADER_BYTES ||
	    (address < chunk_address(CHUNKS_MAX) &&
	     chunks[(address - base) / CHUNK_BYTES].memory == HANDLE_NONE))
		panic("heap: %p was never allocated", memory);
	if (span->seal != seal_of(span) || span->class > LARGE)
		panic("heap: %p is not allocated, or the heap is overwritten there", memory);
	return span;
}

void *heap_take(size_t bytes)
{
	uint32_t class = class_of(bytes);

	if (bytes > HEAP_BYTES)
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
	uint64_t offset = (uint64_t)memory % SPAN_BYTES;
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
	mutex_unlock(&lock);
	return copy;
}
