/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The bitmap under the frame allocator: which of `count` frames are taken.
 *
 * Pure arithmetic over one array of words, proved for every size. Knows nothing
 * of addresses, locks or who pays; frame.h does.
 */
#pragma once
#include <lib/bitops.h>

#define FRAME_POOL_NONE UINT32_MAX
#define FRAME_POOL_MAX 0x40000000u

struct frame_pool {
	uint64_t *words; /* bit per frame, 1: taken; the bits of the last word past `count` are 1 */
	uint32_t count;  /* frames */
	uint32_t free;   /* of them not taken */
	uint32_t hint;   /* every word before this one is all ones */
};

/*@ logic integer pool_words(integer count) = (count + 63) / 64;

    logic integer pool_free{L}(uint64_t *words, integer count) =
      count <= 0 ? 0 : pool_free(words, count - 1) +
        ((((words[(count - 1) / 64] >> ((count - 1) % 64)) & 1) == 1) ? 0 : 1);

    predicate pool_shape{L}(struct frame_pool *pool) =
      \valid(pool) && 0 < pool->count <= FRAME_POOL_MAX &&
      \valid(pool->words + (0 .. pool_words(pool->count) - 1)) &&
      \separated(pool, pool->words + (0 .. pool_words(pool->count) - 1));

    predicate pool_taken{L}(uint64_t *words, integer first, integer end) =
      \forall integer k; first <= k < end ==> bitmap_bit(words, k);

    predicate pool_ok{L}(struct frame_pool *pool) =
      pool_shape(pool) && pool->free == pool_free(pool->words, pool->count) &&
      pool->hint <= pool_words(pool->count) &&
      pool_taken(pool->words, 0, 64 * pool->hint) &&
      pool_taken(pool->words, pool->count, 64 * pool_words(pool->count));

    predicate multiple(integer a, integer b) = a % b == 0;
    lemma multiple_down: \forall integer a, b; b > 0 && a >= 0 ==> multiple(a - a % b, b);
    lemma multiple_next: \forall integer a, b; b > 0 && a >= 0 && multiple(a, b) ==> multiple(a + b, b);

    // Nothing outside [first, end) changed.
    predicate pool_same{L1,L2}(struct frame_pool *pool, integer first, integer end) =
      \forall integer k; 0 <= k < 64 * pool_words(\at(pool->count, L1)) && !(first <= k < end) ==>
        (bitmap_bit{L1}(\at(pool->words, L1), k) <==> bitmap_bit{L2}(\at(pool->words, L1), k));

    // Some frame of the run is taken. Named so that the quantifier over runs has a trigger.
    predicate pool_blocked{L}(uint64_t *words, integer first, integer frames) =
      \exists integer k; first <= k < first + frames && bitmap_bit(words, k);
*/

/* Take the lowest free frame; FRAME_POOL_NONE only if there is none. */
/*@ requires pool_ok(pool);
    assigns pool->words[0 .. pool_words(pool->count) - 1], pool->free, pool->hint;
    ensures ok: pool_ok(pool);
    ensures fresh: \result != FRAME_POOL_NONE ==> \result < pool->count &&
      !bitmap_bit{Pre}(pool->words, \result) && bitmap_bit(pool->words, \result) &&
      pool_same{Pre,Post}(pool, \result, \result + 1) && pool->free == \old(pool->free) - 1;
    ensures full: \result == FRAME_POOL_NONE ==> pool_taken(pool->words, 0, pool->count) &&
      pool_same{Pre,Post}(pool, 0, 0) && pool->free == \old(pool->free); */
uint32_t frame_pool_take(struct frame_pool *pool);

/* Give a taken frame back; false, and nothing changed, if it is out of range or was not taken. */
/*@ requires pool_ok(pool);
    assigns pool->words[0 .. pool_words(pool->count) - 1], pool->free, pool->hint;
    ensures ok: pool_ok(pool);
    ensures verdict: \result <==> index < pool->count && bitmap_bit{Pre}(pool->words, index);
    ensures given: \result ==> !bitmap_bit(pool->words, index) &&
      pool_same{Pre,Post}(pool, index, index + 1) && pool->free == \old(pool->free) + 1;
    ensures refused: !\result ==> pool_same{Pre,Post}(pool, 0, 0) && pool->free == \old(pool->free); */
bool frame_pool_give(struct frame_pool *pool, uint32_t index);

/* Take `frames` neighbours, the first a multiple of `align` (a power of two): the lowest such run.
 * FRAME_POOL_NONE, and nothing changed, if there is none. */
/*@ requires pool_ok(pool) && 0 < align <= FRAME_POOL_MAX;
    assigns pool->words[0 .. pool_words(pool->count) - 1], pool->free;
    ensures ok: pool_ok(pool);
    ensures bounds: \result != FRAME_POOL_NONE ==>
      frames > 0 && \result + frames <= pool->count && multiple(\result, align);
    ensures fresh: \result != FRAME_POOL_NONE ==>
      \forall integer k; \result <= k < \result + frames ==>
        !bitmap_bit{Pre}(pool->words, k) && bitmap_bit(pool->words, k);
    ensures frame: \result != FRAME_POOL_NONE ==> pool_same{Pre,Post}(pool, \result, \result + frames);
    ensures count: \result != FRAME_POOL_NONE ==> pool->free == \old(pool->free) - frames;
    ensures none: \result == FRAME_POOL_NONE ==>
      pool_same{Pre,Post}(pool, 0, 0) && pool->free == \old(pool->free); */
uint32_t frame_pool_take_run(struct frame_pool *pool, uint32_t frames, uint32_t align);

struct frame_span {
	uint64_t first; /* frame number */
	uint64_t count;
};

/* The whole frames inside [base, base + size); false if there is none. */
/*@ requires \valid(out);
    assigns *out;
    ensures some: \result ==> out->count > 0;
    ensures inside: \result ==> base <= out->first * 4096 && (out->first + out->count) * 4096 <= base + size;
    ensures all: \result ==> out->first * 4096 < base + 4096 &&
      base + size < (out->first + out->count + 1) * 4096; */
bool frame_span_inside(uint64_t base, uint64_t size, struct frame_span *out);
