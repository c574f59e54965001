/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Bitmap arithmetic of the frame allocator. A proved file: what holds for every
 * input is written in frame_pool.h, the lines that begin with an at sign lead
 * the prover there.
 *
 * Finding a free frame is one look at the hinted word as a rule: everything
 * before the hint is taken, and giving a frame back moves the hint down.
 */
#include <kernel/frame_pool.h>

/*@ requires pool_shape(pool) && index < pool->count;
    requires !bitmap_bit(pool->words, index);
    assigns pool->words[0 .. pool_words(pool->count) - 1];
    ensures taken: bitmap_bit(pool->words, index);
    ensures same: pool_same{Pre,Post}(pool, index, index + 1);
    ensures count: pool_free(pool->words, pool->count) == pool_free{Pre}(pool->words, pool->count) - 1; */
static inline void pool_mark(struct frame_pool *pool, uint32_t index)
{
	bitmap_set(pool->words, index);
	//@ assert same: pool_same{Pre,Here}(pool, index, index + 1);
	/*@ ghost
	  uint32_t at = 0;
	  /@ loop invariant 0 <= at <= index;
	     loop invariant pool_free(pool->words, at) == pool_free{Pre}(pool->words, at);
	     loop assigns at;
	     loop variant index - at; @/
	  while (at < index) { at++; }
	  at = index + 1;
	  /@ loop invariant index + 1 <= at <= pool->count;
	     loop invariant pool_free(pool->words, at) == pool_free{Pre}(pool->words, at) - 1;
	     loop assigns at;
	     loop variant pool->count - at; @/
	  while (at < pool->count) { at++; }
	*/
}

/*@ requires pool_shape(pool) && index < pool->count;
    requires bitmap_bit(pool->words, index);
    assigns pool->words[0 .. pool_words(pool->count) - 1];
    ensures free: !bitmap_bit(pool->words, index);
    ensures same: pool_same{Pre,Post}(pool, index, index + 1);
    ensures count: pool_free(pool->words, pool->count) == pool_free{Pre}(pool->words, pool->count) + 1; */
static inline void pool_unmark(struct frame_pool *pool, uint32_t index)
{
	bitmap_clear(pool->words, index);
	//@ assert same: pool_same{Pre,Here}(pool, index, index + 1);
	/*@ ghost
	  uint32_t at = 0;
	  /@ loop invariant 0 <= at <= index;
	     loop invariant pool_free(pool->words, at) == pool_free{Pre}(pool->words, at);
	     loop assigns at;
	     loop variant index - at; @/
	  while (at < index) { at++; }
	  at = index + 1;
	  /@ loop invariant index + 1 <= at <= pool->count;
	     loop invariant pool_free(pool->words, at) == pool_free{Pre}(pool->words, at) + 1;
	     loop assigns at;
	     loop variant pool->count - at; @/
	  while (at < pool->count) { at++; }
	*/
}

/* Taken frames are not free: the count of free ones never exceeds the number of frames. */
/*@ ghost
  /@ requires \valid_read(words + (0 .. pool_words(count) - 1)) && count <= FRAME_POOL_MAX;
     assigns \nothing;
     ensures 0 <= pool_free(words, count) <= count; @/
  static void pool_free_bounds(uint64_t *words, uint32_t count)
  {
    uint32_t at = 0;
    /@ loop invariant 0 <= at <= count;
       loop invariant 0 <= pool_free(words, at) <= at;
       loop assigns at;
       loop variant count - at; @/
    while (at < count) { at++; }
  }
*/

uint32_t frame_pool_take(struct frame_pool *pool)
{
	const uint32_t words = BITMAP_WORDS(pool->count);

	/*@ loop invariant pool->hint <= at <= words;
	    loop invariant pool_taken(pool->words, 0, 64 * at);
	    loop assigns at;
	    loop variant words - at; */
	for (uint32_t at = pool->hint; at < words; at++) {
		const uint32_t bit = bit_first_zero(pool->words[at]);
		if (bit == BIT_NONE) {
			//@ assert \forall integer k; 0 <= k < 64 ==> bit(pool->words[at], k);
			//@ assert \forall integer k; 64 * at <= k < 64 * at + 64 ==> k / 64 == at && k % 64 == k - 64 * at;
			//@ assert \forall integer k; 64 * at <= k < 64 * at + 64 ==> bit(pool->words[at], k - 64 * at);
			//@ assert pool_taken(pool->words, 64 * at, 64 * at + 64);
			continue;
		}
		const uint32_t index = at * 64u + bit;
		//@ assert index / 64 == at && index % 64 == bit;
		//@ assert !bitmap_bit(pool->words, index);
		pool_mark(pool, index);
		//@ ghost pool_free_bounds(pool->words, pool->count);
		pool->free--;
		pool->hint = at;
		return index;
	}
	pool->hint = words;
	return FRAME_POOL_NONE;
}

bool frame_pool_give(struct frame_pool *pool, uint32_t index)
{
	if (index >= pool->count || !bitmap_get(pool->words, index))
		return false;
	pool_unmark(pool, index);
	//@ ghost pool_free_bounds(pool->words, pool->count);
	pool->free++;
	if (index / 64u < pool->hint)
		pool->hint = index / 64u;
	return true;
}

/* The first free run: where it starts, or FRAME_POOL_NONE. */
/*@ requires pool_ok(pool) && 0 < frames <= pool->count && 0 < align <= FRAME_POOL_MAX;
    assigns \nothing;
    ensures bounds: \result != FRAME_POOL_NONE ==> \result + frames <= pool->count && multiple(\result, align);
    ensures free: \result != FRAME_POOL_NONE ==>
      \forall integer k; \result <= k < \result + frames ==> !bitmap_bit(pool->words, k); */
static uint32_t pool_find_run(const struct frame_pool *pool, uint32_t frames, uint32_t align)
{
	const uint32_t count = pool->count;
	uint32_t start = 0;
	uint32_t at = 0;

	/*@ loop invariant start <= at + align && multiple(start, align) && start <= 2 * FRAME_POOL_MAX;
	    loop invariant at <= count;
	    loop invariant start <= at ==> at - start < frames;
	    loop invariant \forall integer k; start <= k < at ==> !bitmap_bit(pool->words, k);
	    loop assigns at, start;
	    loop variant count - at; */
	while (at < count) {
		if (bitmap_get(pool->words, at)) {
			//@ assert multiple(at - at % align, align);
			start = at - at % align + align;
			//@ assert multiple(start, align);
		} else if (start <= at && at - start + 1u == frames) {
			return start;
		}
		at++;
	}
	return FRAME_POOL_NONE;
}

uint32_t frame_pool_take_run(struct frame_pool *pool, uint32_t frames, uint32_t align)
{
	if (frames == 0 || frames > pool->count)
		return FRAME_POOL_NONE;
	const uint32_t start = pool_find_run(pool, frames, align);
	if (start == FRAME_POOL_NONE)
		return FRAME_POOL_NONE;

	/*@ loop invariant 0 <= done <= frames;
	    loop invariant pool_shape(pool);
	    loop invariant \forall integer k; start <= k < start + done ==> bitmap_bit(pool->words, k);
	    loop invariant \forall integer k; start + done <= k < start + frames ==> !bitmap_bit(pool->words, k);
	    loop invariant pool_same{Pre,Here}(pool, start, start + frames);
	    loop invariant pool_free(pool->words, pool->count) == pool_free{Pre}(pool->words, pool->count) - done;
	    loop assigns done, pool->words[0 .. pool_words(pool->count) - 1];
	    loop variant frames - done; */
	for (uint32_t done = 0; done < frames; done++)
		pool_mark(pool, start + done);
	//@ ghost pool_free_bounds(pool->words, pool->count);
	pool->free -= frames;
	return start;
}

CC_BOOT bool frame_span_inside(uint64_t base, uint64_t size, struct frame_span *out)
{
	out->first = 0;
	out->count = 0;
	if (size > UINT64_MAX - base)
		return false;
	const uint64_t first = base / 4096u + (base % 4096u != 0 ? 1u : 0u);
	const uint64_t end = (base + size) / 4096u;
	if (first >= end)
		return false;
	out->first = first;
	out->count = end - first;
	return true;
}
