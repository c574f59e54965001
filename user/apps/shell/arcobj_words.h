/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What words after `arcobj` mean. Pure. */
#pragma once
#include <abi/cc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "read", "name", "read,name", "all": OBJECT_*. */
CC_NODISCARD bool arcobj_words_rights(const char *text, uint32_t *out_rights);
/* "90s", "10m", "2h", "7d"; not 0. */
CC_NODISCARD bool arcobj_words_duration(const char *text, uint64_t *out_ns);
/* "plan@3": the name, of `size` bytes, and 3. */
CC_NODISCARD bool arcobj_words_version(const char *text, char *out_name, size_t size, uint64_t *out_version);

/* "hello/plan": whose, of `size` bytes, and the name after the first slash. */
CC_NODISCARD bool arcobj_words_whose(const char *text, char *out_who, size_t size, const char **out_name);

/* What `put` was told, in any order; words that are not options are the text. */
struct arcobj_put_words {
	const char *type, *name, *parent, *module; /* NULL: not said */
	int text_count;
};
/* The words of the text are moved to the front of `words`. False: an option without its word, or one there is not. */
CC_NODISCARD bool arcobj_words_put(int count, char **words, struct arcobj_put_words *out);

/* As much of bytes as fits, so that a terminal shows them and does nothing else: printable characters, line ends and
 * tabs stay, others become \xNN. Returns the length of the text; *out_taken bytes are in it. */
size_t arcobj_words_safe(char *text, size_t size, const uint8_t *bytes, size_t count, size_t *out_taken);
