/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Between the three parts of the parser: lines, statements, and what follows from the whole. */
#pragma once
#include <lib/manifest.h>
#include <lib/text.h>

struct parser {
	struct manifest *manifest;
	struct manifest_entry *entry;     /* section we are in, or NULL */
	struct manifest_profile *profile; /* likewise */
	uint32_t line;                    /* the one being read, from 1 */
	uint64_t seen;                    /* statements of this section, a bit per row of their table */
};

/* One line's words, at least one. NULL: understood; else what is wrong. */
/*@ requires \valid(parser) && \valid(parser->manifest) && count > 0 && words_ok(words, count);
    assigns parser->entry, parser->profile, parser->seen, *parser->manifest; */
const char *manifest_statement(struct parser *parser, char **words, uint32_t count);

/* Every name leads somewhere, profiles and principals are there, services have an order: fills what follows
 * from the whole. False: why not is in *out_error. */
CC_NODISCARD bool manifest_check(struct manifest *manifest, struct manifest_error *out_error);
