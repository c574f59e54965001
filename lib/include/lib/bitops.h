/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Single bits, in a word and in an array of words.
 *
 * The leaf functions are the only place where a proof has to look at shifts and
 * masks. Not atomic: the caller holds the lock.
 */
#pragma once
#include <abi/cc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BIT_NONE 64u              /* no such bit in the word */
#define BITMAP_NONE UINT32_MAX    /* no such bit in the bitmap */
#define BITMAP_WORDS(bits) (((bits) + 63u) / 64u)

/*@ predicate bit(uint64_t word, integer k) = ((word >> k) & 1) == 1;

    predicate bitmap_bit{L}(uint64_t *words, integer k) = bit(words[k / 64], k % 64);
*/

/*@ requires index < 64;
    assigns \nothing;
    ensures \result <==> bit(word, index); */
CC_INLINE bool bit_get(uint64_t word, uint32_t index)
{
	return ((word >> index) & 1u) == 1u;
}

/*@ requires index < 64;
    assigns \nothing;
    ensures set:  bit(\result, index);
    ensures keep: \forall integer k; 0 <= k < 64 && k != index ==> (bit(\result, k) <==> bit(word, k)); */
CC_INLINE uint64_t bit_set(uint64_t word, uint32_t index)
{
	return word | ((uint64_t)1 << index);
}

/*@ requires index < 64;
    assigns \nothing;
    ensures clear: !bit(\result, index);
    ensures keep: \forall integer k; 0 <= k < 64 && k != index ==> (bit(\result, k) <==> bit(word, k)); */
CC_INLINE uint64_t bit_clear(uint64_t word, uint32_t index)
{
	return word & ~((uint64_t)1 << index);
}

/* Lowest bit that is one, or BIT_NONE. (The builtin is trusted, not proved; the tests try every bit.) */
/*@ assigns \nothing;
    ensures \result <= BIT_NONE;
    ensures \result < BIT_NONE ==> bit(word, \result);
    ensures \forall integer k; 0 <= k < \result ==> !bit(word, k); */
CC_INLINE uint32_t bit_first_one(uint64_t word)
{
	return word == 0 ? BIT_NONE : (uint32_t)__builtin_ctzll(word);
}

/* Lowest bit that is zero, or BIT_NONE. */
/*@ assigns \nothing;
    ensures \result <= BIT_NONE;
    ensures \result < BIT_NONE ==> !bit(word, \result);
    ensures \forall integer k; 0 <= k < \result ==> bit(word, k); */
CC_INLINE uint32_t bit_first_zero(uint64_t word)
{
	return bit_first_one(~word);
}

/* Highest bit that is one, or BIT_NONE. */
/*@ assigns \nothing;
    ensures \result <= BIT_NONE;
    ensures \result < BIT_NONE ==> bit(word, \result);
    ensures \result < BIT_NONE ==> \forall integer k; \result < k < 64 ==> !bit(word, k);
    ensures \result == BIT_NONE ==> \forall integer k; 0 <= k < 64 ==> !bit(word, k); */
CC_INLINE uint32_t bit_last_one(uint64_t word)
{
	return word == 0 ? BIT_NONE : 63u - (uint32_t)__builtin_clzll(word);
}

/* A bitmap of `bits` bits is an array of BITMAP_WORDS(bits) words; bits past the end are never looked at. */
/*@ requires \valid_read(words + (index / 64));
    assigns \nothing;
    ensures \result <==> bitmap_bit(words, index); */
CC_INLINE bool bitmap_get(const uint64_t *words, uint32_t index)
{
	return bit_get(words[index / 64u], index % 64u);
}

/*@ requires \valid(words + (index / 64));
    assigns words[index / 64];
    ensures set:  bitmap_bit(words, index);
    ensures keep: \forall integer k; 0 <= k && k != index ==>
      (bitmap_bit(words, k) <==> \old(bitmap_bit(words, k))); */
CC_INLINE void bitmap_set(uint64_t *words, uint32_t index)
{
	words[index / 64u] = bit_set(words[index / 64u], index % 64u);
}

/*@ requires \valid(words + (index / 64));
    assigns words[index / 64];
    ensures clear: !bitmap_bit(words, index);
    ensures keep: \forall integer k; 0 <= k && k != index ==>
      (bitmap_bit(words, k) <==> \old(bitmap_bit(words, k))); */
CC_INLINE void bitmap_clear(uint64_t *words, uint32_t index)
{
	words[index / 64u] = bit_clear(words[index / 64u], index % 64u);
}

/* Lowest bit that is zero at or after `from`, below `bits`; or BITMAP_NONE. A word at a time. */
/*@ requires bits <= 0x7fffffff && \valid_read(words + (0 .. (bits + 63) / 64 - 1));
    assigns \nothing;
    ensures found: \result != BITMAP_NONE ==> from <= \result < bits && !bitmap_bit(words, \result);
    ensures first: \forall integer k; from <= k < bits && k < \result ==> bitmap_bit(words, k); */
CC_INLINE uint32_t bitmap_find_zero(const uint64_t *words, uint32_t bits, uint32_t from)
{
	uint32_t at = from;

	/*@ loop invariant from <= at && (at <= bits + 63 || at == from);
	    loop invariant \forall integer k; from <= k < at && k < bits ==> bitmap_bit(words, k);
	    loop assigns at;
	    loop variant bits - at; */
	while (at < bits) {
		if (!bitmap_get(words, at))
			return at;
		if (at % 64u == 0u && bit_first_zero(words[at / 64u]) == BIT_NONE) {
			//@ assert word: \forall integer k; at <= k < at + 64 ==> k / 64 == at / 64 && k % 64 == k - at;
			at += 64u;
		} else {
			at++;
		}
	}
	return BITMAP_NONE;
}
