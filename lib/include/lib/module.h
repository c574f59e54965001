/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Readers of signed modules and of the catalog (abi/module.h), on bytes of any
 * length. Pure: who is trusted comes in, a verdict and what was found go out.
 */
#pragma once
#include <abi/module.h>
#include <lib/bytes.h>

#define TRUST_KEYS_MAX 4u
struct trust_key {
	struct aid aid;
	uint8_t key[MODULE_KEY_SIZE];
};
/* Keys whose signatures this system accepts. */
struct trust {
	uint32_t count;
	uint32_t release; /* the oldest catalog it accepts */
	struct trust_key keys[TRUST_KEYS_MAX];
};

/* The published test key (RFC 8032, 7.1, TEST 1): everybody has its secret half. */
#define MODULE_TEST_KEY                                                                                    \
	{                                                                                                  \
		0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07,  \
		0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07,  \
		0x51, 0x1a                                                                                 \
	}

enum module_verdict {
#define MODULE_VERDICT(name, sentence) MODULE_##name,
#include <lib/module_verdict.def>
#undef MODULE_VERDICT
	MODULE_VERDICT_COUNT,
};

/* What a signed module says of itself; all of it covered by the signature. */
struct module {
	size_t elf_length;
	uint32_t role; /* enum module_role */
	uint32_t version;
	char name[MODULE_NAME_MAX]; /* terminated */
	struct aid signer;
	uint8_t digest[MODULE_DIGEST_SIZE];
};

/*@ predicate module_text_ok{L}(char *text) =
      \exists integer end; 0 <= end && \valid_read(text + (0 .. end)) && text[end] == 0;
*/

/* Find trailer and statement, hash, verify. *out is filled as far as was found: the statement from
 * MODULE_UNTRUSTED on (for the sentence that says by whom), all of it on MODULE_OK. */
/*@ requires bytes_in(data, length) && \valid_read(trust) && \valid(out);
    requires \separated(out, data + (0 .. length - 1), trust);
    assigns *out; */
CC_NODISCARD enum module_verdict module_check(const uint8_t *data, size_t length, const struct trust *trust,
                                              struct module *out);
/* ---- the same in three parts, for a reader that cannot hash megabytes at a stretch (the kernel) ---- */
#define MODULE_TAIL_SIZE (sizeof(struct module_statement) + sizeof(struct module_trailer))

/* What the end of a module of `length` bytes says, before anything is hashed. `tail` is its last
 * MODULE_TAIL_SIZE bytes, or all of it if it has fewer. UNSIGNED, UNKNOWN_FORMAT, BAD_STATEMENT, UNTRUSTED, or
 * MODULE_OK: then out is complete but for the digest, and the signature is there to be checked. */
/*@ requires length >= 168 ==> bytes_in(tail, 168);
    requires length < 168 ==> bytes_in(tail, length);
    requires \valid_read(trust) && \valid(out) && \valid(out_signature + (0 .. MODULE_SIGNATURE_SIZE - 1));
    requires \separated(out, trust, out_signature + (0 .. MODULE_SIGNATURE_SIZE - 1));
    requires length >= 168 ==> \separated(tail + (0 .. 167), out, out_signature + (0 .. 63));
    assigns *out, out_signature[0 .. MODULE_SIGNATURE_SIZE - 1];
    ensures \result == MODULE_OK ==> out->elf_length == length - 168; */
CC_NODISCARD enum module_verdict module_tail_check(const uint8_t *tail, size_t length, const struct trust *trust,
                                                   struct module *out,
                                                   uint8_t out_signature[MODULE_SIGNATURE_SIZE]);
/* Only what it says of itself, whoever signed it and whether that is true or not: to be shown. False: nothing. */
/*@ requires length >= 168 ==> bytes_in(tail, 168);
    requires \valid(out) && (length >= 168 ==> \separated(out, tail + (0 .. 167)));
    assigns *out; */
CC_NODISCARD bool module_says(const uint8_t *tail, size_t length, struct module *out);
/* Then hash the module's first module_signed_length(length) bytes into module->digest. */
/*@ requires length >= 72; assigns \nothing; ensures \result == length - 72; */
CC_INLINE size_t module_signed_length(size_t length) { return length - sizeof(struct module_trailer); }
/* Then this: BAD_SIGNATURE, UNTRUSTED, or MODULE_OK. */
/*@ requires \valid_read(module) && \valid_read(trust);
    requires \valid_read(signature + (0 .. MODULE_SIGNATURE_SIZE - 1));
    assigns \nothing; */
CC_NODISCARD enum module_verdict module_signature_check(const struct module *module,
                                                        const uint8_t signature[MODULE_SIGNATURE_SIZE],
                                                        const struct trust *trust);

/* One sentence without a full stop. */
/*@ assigns \result \from verdict; */
const char *module_verdict_text(enum module_verdict verdict);

/* A verified catalog; points into the bytes it was read from. */
struct catalog {
	const uint8_t *data;
	uint32_t count;
	uint32_t release;
	struct aid signer;
};
/*@ predicate catalog_ok{L}(struct catalog *catalog) =
      \valid_read(catalog) && 0 < catalog->count <= CATALOG_ENTRIES_MAX &&
      bytes_in(catalog->data, 64 + catalog->count * 128);
*/

/* Magic, version, count, signature, release; names terminated, distinct; roles known. */
/*@ requires bytes_in(data, length) && \valid_read(trust) && \valid(out);
    requires \separated(out, data + (0 .. length - 1), trust);
    assigns *out;
    ensures \result == MODULE_OK ==> catalog_ok(out) && out->data == data; */
CC_NODISCARD enum module_verdict catalog_check(const uint8_t *data, size_t length, const struct trust *trust,
                                               struct catalog *out);
/* The same but for who signed it: for bytes that the kernel has checked already. */
/*@ requires bytes_in(data, length) && \valid(out) && \separated(out, data + (0 .. length - 1));
    assigns *out;
    ensures \result ==> catalog_ok(out) && out->data == data; */
CC_NODISCARD bool catalog_read(const uint8_t *data, size_t length, struct catalog *out);
/* Entry number `index` < count. */
/*@ requires catalog_ok(catalog) && index < catalog->count && \valid(out);
    requires \separated(out, catalog, catalog->data + (0 .. 64 + catalog->count * 128 - 1));
    assigns *out; */
void catalog_entry_read(const struct catalog *catalog, uint32_t index, struct catalog_entry *out);
/*@ requires catalog_ok(catalog) && \valid(out) && module_text_ok(name);
    requires \separated(out, catalog, catalog->data + (0 .. 64 + catalog->count * 128 - 1), name + (..));
    assigns *out; */
CC_NODISCARD bool catalog_find(const struct catalog *catalog, const char *name, struct catalog_entry *out);

/* Is this verified module the one the catalog lists under `name` in `role`? RENAMED, WRONG_ROLE, UNLISTED,
 * OUTDATED (its version is below the listed one), CHANGED, or MODULE_OK and the entry. */
/*@ requires catalog_ok(catalog) && \valid_read(module) && \valid(out) && module_text_ok(name);
    requires \separated(out, catalog, catalog->data + (0 .. 64 + catalog->count * 128 - 1), module, name + (..));
    assigns *out; */
CC_NODISCARD enum module_verdict catalog_admit(const struct catalog *catalog, const struct module *module,
                                               const char *name, uint32_t role, struct catalog_entry *out);
