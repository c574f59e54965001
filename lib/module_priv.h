/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Between module.c, catalog_check.c and catalog.c: the name all carry, the trailer modules and catalogs end in. */
#pragma once
#include <lib/module.h>

#define MODULE_STATEMENT_SIZE 96u
#define MODULE_TRAILER_SIZE 72u
#define CATALOG_HEADER_SIZE 64u
#define CATALOG_ENTRY_SIZE 128u

/*@ requires \valid_read(from + (0 .. count - 1)) && \valid(to + (0 .. count - 1));
    requires \separated(from + (0 .. count - 1), to + (0 .. count - 1));
    assigns to[0 .. count - 1]; */
void module_copy(uint8_t *to, const uint8_t *from, size_t count);

/* The bytes of a name. */
/*@ requires \valid_read(from + (0 .. MODULE_NAME_MAX - 1)) && \valid(to + (0 .. MODULE_NAME_MAX - 1));
    requires \separated(from + (0 .. MODULE_NAME_MAX - 1), to + (0 .. MODULE_NAME_MAX - 1));
    assigns to[0 .. MODULE_NAME_MAX - 1]; */
void module_copy_name(char *to, const uint8_t *from);

/*@ requires \valid_read(bytes + (0 .. count - 1));
    assigns \nothing;
    ensures \result <==> \forall integer i; 0 <= i < count ==> bytes[i] == 0; */
CC_NODISCARD bool module_zero(const uint8_t *bytes, size_t count);

/* Printable, not empty, terminated, and zero from there on: one name has one spelling. */
/*@ requires \valid_read(bytes + (0 .. MODULE_NAME_MAX - 1));
    assigns \nothing;
    ensures \result ==> \exists integer end; 0 < end < MODULE_NAME_MAX && bytes[end] == 0; */
CC_NODISCARD bool module_name_valid(const uint8_t *bytes);

/* Two names as far as they are terminated; `b` may be shorter than MODULE_NAME_MAX bytes. */
/*@ requires \valid_read(a + (0 .. MODULE_NAME_MAX - 1)) && module_text_ok(b);
    assigns \nothing; */
CC_NODISCARD bool module_name_equal(const char *a, const char *b);

/* Do the bytes end in a trailer of the kind this system knows? OK, UNSIGNED or UNKNOWN_FORMAT. */
/*@ requires bytes_in(data, length);
    assigns \nothing;
    ensures \result == MODULE_OK ==> length >= MODULE_TRAILER_SIZE; */
CC_NODISCARD enum module_verdict module_trailer_check(const uint8_t *data, size_t length);

/* The trusted key of that identifier, or NULL. */
/*@ requires \valid_read(trust) && \valid_read(signer);
    assigns \result \from *trust, *signer;
    ensures \result == \null || \valid_read(\result + (0 .. MODULE_KEY_SIZE - 1)); */
const uint8_t *module_trusted_key(const struct trust *trust, const struct aid *signer);

/* The bytes of an entry. */
/*@ requires catalog_ok(catalog) && index < catalog->count;
    assigns \result \from *catalog, index;
    ensures \result == catalog->data + (CATALOG_HEADER_SIZE + index * CATALOG_ENTRY_SIZE);
    ensures \valid_read(\result + (0 .. CATALOG_ENTRY_SIZE - 1)); */
const uint8_t *catalog_entry_at(const struct catalog *catalog, uint32_t index);
