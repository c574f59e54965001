/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Between the three parts of the parser: lines, statements, and what follows from the whole. */
#pragma once
#include <lib/bitops.h>
#include <lib/manifest.h>
#include <lib/text.h>

struct parser {
	struct manifest *manifest;
	struct manifest_entry *entry;     /* section we are in, or NULL */
	struct manifest_profile *profile; /* likewise */
	uint32_t line;                    /* the one being read, from 1 */
	uint64_t seen;                    /* statements of this section, a bit per row of their table */
};

/*@ // Sections are the last of their kind.
    predicate parser_whole{L}(struct parser *parser) =
      \separated(parser, parser->manifest) && manifest_whole(parser->manifest) &&
      (parser->entry == NULL || (parser->manifest->entry_count > 0 &&
        parser->entry == &parser->manifest->entries[parser->manifest->entry_count - 1])) &&
      (parser->profile == NULL || (parser->manifest->profile_count > 0 &&
        parser->profile == &parser->manifest->profiles[parser->manifest->profile_count - 1]));
    predicate parser_ok{L}(struct parser *parser) =
      \valid(parser) && \valid(parser->manifest) && parser_whole(parser);

    // Words that lie elsewhere.
    predicate apart{L}(struct parser *parser, char **words, integer count) =
      words_ok(words, count) && \separated(parser, words + (0 .. count - 1)) &&
      \separated(parser->manifest, words + (0 .. count - 1)) &&
      \forall integer i; 0 <= i < count ==> \separated(parser->manifest, words[i] + (0 .. 0x7fffffff));
*/

/* One line's words, at least one. NULL: understood; else what is wrong. */
/*@ requires parser_ok(parser) && count > 0 && apart(parser, words, count);
    assigns parser->entry, parser->profile, parser->seen, *parser->manifest;
    ensures parser_ok(parser); */
const char *manifest_statement(struct parser *parser, char **words, uint32_t count);

/*@ // What entry_ok looks at is the same in both states.
    predicate counts_same{K, L}(struct manifest_entry *entry) =
      \at(entry->argument_bytes, K) == \at(entry->argument_bytes, L) &&
      \at(entry->argument_count, K) == \at(entry->argument_count, L) &&
      \at(entry->use_count, K) == \at(entry->use_count, L) && \at(entry->depend_count, K) == \at(entry->depend_count, L) &&
      \at(entry->handle_count, K) == \at(entry->handle_count, L) &&
      \at(entry->pci_id_count, K) == \at(entry->pci_id_count, L);
*/

/* Every name leads somewhere, profiles and principals are there, services have an order: fills what follows
 * from the whole. False: why not is in *out_error. */
/*@ requires \valid(manifest) && manifest_ok(manifest) && \valid(out_error) && \separated(manifest, out_error);
    assigns *manifest, *out_error;
    ensures \result ==> manifest_ok(manifest) && order_ok(manifest); */
CC_NODISCARD bool manifest_check(struct manifest *manifest, struct manifest_error *out_error);
