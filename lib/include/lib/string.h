/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The C string functions a freestanding compiler expects, and string_copy.
 *
 * string.c defines the standard names and is linked into the kernel and into
 * programs; host programs and tests have their own C library and leave it out
 * (string_copy is here, so that it needs neither). Compile string.c with
 * -fno-builtin (part of -ffreestanding), or a loop becomes a call of itself.
 */
#pragma once
#include <stddef.h>

/*@ // The text from `at` on ends at `end`, or before it.
    predicate text_ends{L}(char *text, integer at, integer end) =
      0 <= at <= end < 0x80000000 && \valid_read(text + (0 .. end)) && text[end] == 0;
    predicate text_ok{L}(char *text) = \exists integer end; text_ends(text, 0, end);
    // What stands between quotes in a program, which is one.
    predicate literal{L}(char *text) = \offset(text) == 0 && text_ends(text, 0, \block_length(text) - 1);
    // A text that ends within its array.
    predicate ends_within{L}(char *text, integer size) = \exists integer end; 0 <= end < size && text[end] == 0;
    // What may be compared up to `max` characters.
    predicate comparable{L}(char *text, integer max) =
      \valid_read(text + (0 .. max - 1)) || text_ok(text) || literal(text);
*/

/* Regions must not overlap (memmove: may). Return `to`. */
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
/* Less than, equal to or greater than 0 as the first differing unsigned bytes compare. */
int memcmp(const void *a, const void *b, size_t bytes);

/*@ requires text_ok(text); assigns \nothing; ensures text_ends(text, 0, \result); */
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t max);
/*@ requires (text_ok(a) || literal(a)) && (text_ok(b) || literal(b)); assigns \nothing; */
int strcmp(const char *a, const char *b);
/*@ requires comparable(a, max) && comparable(b, max); assigns \nothing; */
int strncmp(const char *a, const char *b, size_t max);

/* Copy as much of `from` as fits into to[0 .. size), always terminated (unless size is 0).
 * Returns the length of `from`: at least `size` means that it was cut. */
/*@ requires text_ok(from) && \valid(to + (0 .. size - 1)) && size < 0x80000000;
    requires \separated(to + (0 .. size - 1), from + (0 .. 0x7fffffff));
    assigns to[0 .. size - 1];
    ensures \result < 0x80000000 && (size > 0 ==> ends_within(to, size));
    ensures \forall char *text, integer end; text_ends{Pre}(text, 0, end) &&
      \separated(to + (0 .. size - 1), text + (0 .. 0x7fffffff)) ==> text_ends(text, 0, end); */
static inline size_t string_copy(char *to, size_t size, const char *from)
{
	size_t length = 0;

	/*@ loop invariant \forall integer end; text_ends{Pre}(from, 0, end) ==> text_ends(from, length, end);
	    loop assigns length, to[0 .. size - 1];
	    loop variant 0x80000000 - length; */
	for (; from[length] != '\0'; length++) {
		if (length + 1 < size)
			to[length] = from[length];
	}
	if (size > 0)
		to[length < size ? length : size - 1] = '\0';
	return length;
}
