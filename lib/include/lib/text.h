/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a command line needs of text: numbers, words, near misses, sizes.
 * Strings are NUL-terminated; nothing is allocated.
 */
#pragma once
#include <abi/cc.h>
#include <lib/string.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_DISTANCE_MAX 32u

/*@ // What begins within a text is one, up to the same end.
    predicate within(char *word, char *text, integer end) =
      \base_addr(word) == \base_addr(text) && text <= word <= text + end;
    lemma text_within{L}: \forall char *text, *word, integer end;
      text_ends(text, 0, end) && within(word, text, end) ==> text_ends(word, 0, end - (word - text));

    predicate words_ok{L}(char **words, integer count) =
      \valid_read(words + (0 .. count - 1)) && \forall integer i; 0 <= i < count ==> text_ok(words[i]); */

/* The whole of `text` is one unsigned number, decimal or 0x and hexadecimal, at most UINT64_MAX.
 * False, and *out untouched, if not. */
/*@ requires text_ok(text) && \valid(out);
    assigns *out;
    ensures !\result ==> *out == \old(*out); */
CC_NODISCARD bool text_number(const char *text, uint64_t *out);

enum text_split {
	TEXT_SPLIT_OK,
	TEXT_SPLIT_TOO_MANY, /* more than `max` words */
	TEXT_SPLIT_QUOTE,    /* a quote is never closed */
};
/* Split `line` in place at blanks and tabs. '...' and "..." keep blanks; a backslash takes the next
 * character as it is, except within '...'. words[0 .. *out_count) point into `line`. */
/*@ requires text_ok(line) && \valid(words + (0 .. max - 1)) && \valid(out_count);
    requires \exists integer end; text_ends(line, 0, end) && \valid(line + (0 .. end));
    requires \separated(out_count, words + (0 .. max - 1));
    assigns line[0 .. 0x7fffffff], words[0 .. max - 1], *out_count;
    ensures *out_count <= max;
    ensures \forall integer end; text_ends{Pre}(line, 0, end) ==> text_ends(line, 0, end);
    ensures \forall integer end, i; text_ends{Pre}(line, 0, end) && 0 <= i < *out_count ==>
      within(words[i], line, end); */
CC_NODISCARD enum text_split text_split(char *line, char **words, uint32_t max, uint32_t *out_count);

/* Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`; only the first
 * TEXT_DISTANCE_MAX characters of each are looked at. */
/*@ requires text_ok(a) && text_ok(b);
    assigns \nothing; */
uint32_t text_distance(const char *a, const char *b);

/* Which of `count` candidates is nearest to `word`, for "did you mean"; `count` if none is near
 * (more edits than a third of its length, rounded up). The first of equals. */
/*@ requires \valid_read(candidates + (0 .. count - 1)) && text_ok(word);
    requires \forall integer i; 0 <= i < count ==> text_ok(candidates[i]);
    assigns \nothing;
    ensures \result <= count; */
uint32_t text_nearest(const char *word, const char *const *candidates, uint32_t count);

/* "0 B", "1023 B", "1.0 KiB", "3.5 MiB", "15 EiB": one digit after the point below ten, rounded down.
 * Returns the length; the buffer is always terminated, unless size is 0. 12 bytes always suffice. */
size_t text_size(char *buffer, size_t size, uint64_t bytes);

/* What a noun ends in that is counted: "1 object", "2 objects". */
/*@ assigns \nothing; */
CC_INLINE const char *text_plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}
