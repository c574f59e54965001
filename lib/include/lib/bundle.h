/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Reader of bundles (abi/bundle.h), on bytes of any length.
 *
 * bundle_check looks at the header and the table, not at the modules: a module
 * is checked by bundle_module_check when it is used, so that boot does not read
 * what nobody runs. After BUNDLE_OK every module lies inside the bytes.
 */
#pragma once
#include <abi/bundle.h>
#include <lib/bytes.h>

enum bundle_verdict {
#define BUNDLE_VERDICT(name, sentence) BUNDLE_##name,
#include <lib/bundle_verdict.def>
#undef BUNDLE_VERDICT
	BUNDLE_VERDICT_COUNT,
};

struct bundle {
	const uint8_t *data;
	size_t size;    /* bytes of the bundle: what its header says, at most what was given */
	uint32_t count; /* modules */
};

struct bundle_module {
	char name[BUNDLE_NAME_MAX]; /* terminated */
	uint64_t offset;            /* from the start of the bundle, page aligned */
	uint64_t size;              /* bytes, without padding */
	uint32_t checksum;
	uint32_t kind;              /* enum bundle_kind */
};

/*@ predicate bundle_ok{L}(struct bundle *bundle) =
      \valid_read(bundle) && bytes_in(bundle->data, bundle->size) &&
      bundle->count <= BUNDLE_MODULES_MAX && 32 + 64 * bundle->count <= bundle->size;

    logic integer entry_offset{L}(uint8_t *entry) = le64_at(entry + 32);
    logic integer entry_bytes{L}(uint8_t *entry) = le64_at(entry + 40);

    predicate entry_inside{L}(uint8_t *entry, integer count, integer size) =
      entry_offset(entry) % PAGE_SIZE == 0 && 32 + 64 * count <= entry_offset(entry) &&
      entry_offset(entry) + entry_bytes(entry) <= size;

    predicate entries_apart{L}(uint8_t *a, uint8_t *b) =
      entry_offset(a) + entry_bytes(a) <= entry_offset(b) ||
      entry_offset(b) + entry_bytes(b) <= entry_offset(a);

    predicate module_inside{L}(uint8_t *data, integer i, integer count, integer size) =
      entry_inside(data + (32 + 64 * i), count, size);

    predicate modules_apart{L}(uint8_t *data, integer k, integer i) =
      entries_apart(data + (32 + 64 * k), data + (32 + 64 * i));

    predicate bundle_modules_ok{L}(uint8_t *data, integer count, integer size) =
      (\forall integer i; 0 <= i < count ==> module_inside(data, i, count, size)) &&
      (\forall integer i, k; 0 <= k < i < count ==> modules_apart(data, k, i));

    predicate bundle_text_ok{L}(char *text) =
      \exists integer end; 0 <= end && \valid_read(text + (0 .. end)) && text[end] == 0;
*/

/* *out means something only when the verdict is BUNDLE_OK. */
/*@ requires bytes_in(data, length) && \valid(out) && \separated(out, data + (0 .. length - 1));
    assigns *out;
    ensures \result == BUNDLE_OK ==> bundle_ok(out) && out->size <= length && out->data == data;
    ensures \result == BUNDLE_OK ==> bundle_modules_ok(data, out->count, out->size); */
CC_NODISCARD enum bundle_verdict bundle_check(const uint8_t *data, size_t length, struct bundle *out);

/* One sentence without a full stop. */
/*@ assigns \result \from verdict; */
const char *bundle_verdict_text(enum bundle_verdict verdict);

/* Module number `index`. False: there is no such module. */
/*@ requires bundle_ok(bundle) && \valid(out);
    requires \separated(out, bundle, bundle->data + (0 .. bundle->size - 1));
    assigns *out;
    ensures \result ==> index < bundle->count && out->offset + out->size <= bundle->size; */
CC_NODISCARD bool bundle_module(const struct bundle *bundle, uint32_t index, struct bundle_module *out);

/* The module of that name. *out means something only when the result is true. */
/*@ requires bundle_ok(bundle) && \valid(out) && bundle_text_ok(name);
    requires \separated(out, bundle, bundle->data + (0 .. bundle->size - 1), name + (..));
    assigns *out;
    ensures \result ==> out->offset + out->size <= bundle->size; */
CC_NODISCARD bool bundle_find(const struct bundle *bundle, const char *name, struct bundle_module *out);

/* The module's bytes are those its checksum was made of. */
/*@ requires bundle_ok(bundle) && \valid_read(module);
    assigns \nothing; */
CC_NODISCARD bool bundle_module_check(const struct bundle *bundle, const struct bundle_module *module);
