/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Between the three parts of the parser: lines, statements, and what follows from the whole. */
#pragma once
#include <lib/manifest.h>

struct parser {
	struct manifest *manifest;
	struct manifest_entry *entry;     /* section we are in, or NULL */
	struct manifest_profile *profile; /* likewise */
};

/* One line's words, at least one. NULL: understood; else what is wrong. */
const char *manifest_statement(struct parser *parser, char **words, uint32_t count);

/* Every endpoint used is served by one, profiles and principals are there; fills `order`.
 * NULL: all is well; else why not. */
const char *manifest_check(struct manifest *manifest);
