/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Completion of a word from a list. Pure. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct completion {
	uint32_t matches; /* candidates that begin with the word */
	uint32_t first;   /* index of the first of them */
	size_t common;    /* how many bytes they all share, the word's included */
};

struct completion complete_word(const char *word, size_t length, const char *const *candidates,
                                uint32_t count);

/* The word the cursor is in or behind: where it starts, and which word of its command it is (0: the
 * command itself; commands are separated by ';'). */
size_t complete_start(const char *line, size_t cursor, uint32_t *out_index);
/* Word `n` of the command that begins last before the cursor, cut to `size`; returns its length, 0: there is none. */
size_t complete_word_at(const char *line, size_t cursor, uint32_t n, char *out_word, size_t size);
