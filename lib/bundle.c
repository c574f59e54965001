/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The bundle's header and table, checked once; modules are read from the table again at each use. */
#include <lib/bundle.h>
#include <lib/crc32c.h>

#define HEADER_SIZE 32u
#define ENTRY_SIZE 64u

static const char *const sentences[BUNDLE_VERDICT_COUNT] = {
#define BUNDLE_VERDICT(name, sentence) [BUNDLE_##name] = sentence,
#include <lib/bundle_verdict.def>
#undef BUNDLE_VERDICT
};

const char *bundle_verdict_text(enum bundle_verdict verdict)
{
	return (uint32_t)verdict < BUNDLE_VERDICT_COUNT ? sentences[verdict] : "unknown verdict";
}

/*@ requires bytes_in(data, length) && \valid(out) && \separated(out, data + (0 .. length - 1));
    assigns *out;
    ensures \result == BUNDLE_OK ==> bundle_ok(out) && out->size <= length && out->data == data; */
static enum bundle_verdict header_check(const uint8_t *data, size_t length, struct bundle *out)
{
	if (length < HEADER_SIZE)
		return BUNDLE_TRUNCATED;
	if (bytes_le64(data) != BUNDLE_MAGIC)
		return BUNDLE_NOT_A_BUNDLE;
	if (bytes_le32(data + 8) != BUNDLE_VERSION)
		return BUNDLE_OTHER_VERSION;
	out->data = data;
	out->count = bytes_le32(data + 12);
	out->size = bytes_le64(data + 16);
	if (out->count == 0 || out->count > BUNDLE_MODULES_MAX)
		return BUNDLE_BAD_COUNT;
	if (out->size % PAGE_SIZE != 0 || out->size > length)
		return BUNDLE_BAD_SIZE;
	const size_t table = out->count * ENTRY_SIZE;
	if (table > length - HEADER_SIZE || HEADER_SIZE + table > out->size)
		return BUNDLE_TRUNCATED;
	if (bytes_le32(data + 24) != crc32c(CRC32C_INIT, data + HEADER_SIZE, table))
		return BUNDLE_TABLE_DAMAGED;
	return bytes_le32(data + 28) == 0 ? BUNDLE_OK : BUNDLE_RESERVED;
}

/*@ requires bundle_ok(bundle) && index < bundle->count;
    assigns \result \from *bundle, index;
    ensures \result == bundle->data + (32 + 64 * index);
    ensures \valid_read(\result + (0 .. ENTRY_SIZE - 1)); */
static const uint8_t *entry_at(const struct bundle *bundle, uint32_t index)
{
	return bundle->data + (HEADER_SIZE + index * ENTRY_SIZE);
}

/* Printable, not empty, terminated. */
/*@ requires \valid_read(entry + (0 .. ENTRY_SIZE - 1));
    assigns \nothing; */
static bool name_valid(const uint8_t *entry)
{
	/*@ loop invariant 0 <= i <= BUNDLE_NAME_MAX;
	    loop assigns i;
	    loop variant BUNDLE_NAME_MAX - i; */
	for (uint32_t i = 0; i < BUNDLE_NAME_MAX; i++) {
		if (entry[i] == 0)
			return i > 0;
		if (entry[i] <= 0x20 || entry[i] >= 0x7f)
			return false;
	}
	return false;
}

/*@ requires \valid_read(a + (0 .. ENTRY_SIZE - 1)) && \valid_read(b + (0 .. ENTRY_SIZE - 1));
    assigns \nothing; */
static bool names_equal(const uint8_t *a, const uint8_t *b)
{
	/*@ loop invariant 0 <= i <= BUNDLE_NAME_MAX;
	    loop assigns i;
	    loop variant BUNDLE_NAME_MAX - i; */
	for (uint32_t i = 0; i < BUNDLE_NAME_MAX; i++) {
		if (a[i] != b[i])
			return false;
		if (a[i] == 0)
			return true;
	}
	return true;
}

/* Does the module fit into the bundle, behind the table? */
/*@ requires bundle_ok(bundle) && \valid_read(entry + (0 .. ENTRY_SIZE - 1));
    assigns \nothing;
    ensures \result == BUNDLE_OK ==> entry_inside(entry, bundle->count, bundle->size); */
static enum bundle_verdict entry_check(const struct bundle *bundle, const uint8_t *entry)
{
	const uint64_t offset = bytes_le64(entry + 32);
	const uint64_t size = bytes_le64(entry + 40);
	const uint32_t kind = bytes_le32(entry + 52);

	if (!name_valid(entry))
		return BUNDLE_BAD_NAME;
	if (kind != BUNDLE_PROGRAM && kind != BUNDLE_DATA)
		return BUNDLE_BAD_KIND;
	if (bytes_le64(entry + 56) != 0)
		return BUNDLE_RESERVED;
	if (offset % PAGE_SIZE != 0)
		return BUNDLE_ALIGNMENT;
	if (offset < HEADER_SIZE + bundle->count * ENTRY_SIZE || !bytes_fit(bundle->size, offset, size))
		return BUNDLE_RANGE;
	return BUNDLE_OK;
}

/* Two entries that are each in order. */
/*@ requires \valid_read(a + (0 .. ENTRY_SIZE - 1)) && \valid_read(b + (0 .. ENTRY_SIZE - 1));
    assigns \nothing;
    ensures \result == BUNDLE_OK ==> entries_apart(a, b); */
static enum bundle_verdict pair_check(const uint8_t *a, const uint8_t *b)
{
	const uint64_t a_offset = bytes_le64(a + 32);
	const uint64_t b_offset = bytes_le64(b + 32);
	const uint64_t size = a_offset <= b_offset ? bytes_le64(a + 40) : bytes_le64(b + 40);
	const uint64_t apart = a_offset <= b_offset ? b_offset - a_offset : a_offset - b_offset;

	if (names_equal(a, b))
		return BUNDLE_NAME_TWICE;
	return size > apart ? BUNDLE_OVERLAP : BUNDLE_OK;
}

enum bundle_verdict bundle_check(const uint8_t *data, size_t length, struct bundle *out)
{
	enum bundle_verdict verdict = header_check(data, length, out);

	if (verdict != BUNDLE_OK)
		return verdict;
	/*@ loop invariant 0 <= i <= out->count;
	    loop invariant \forall integer m; 0 <= m < i ==> module_inside(data, m, out->count, out->size);
	    loop invariant \forall integer m, n; 0 <= n < m < i ==> modules_apart(data, n, m);
	    loop assigns i, verdict;
	    loop variant out->count - i; */
	for (uint32_t i = 0; i < out->count; i++) {
		verdict = entry_check(out, entry_at(out, i));
		/*@ loop invariant 0 <= k <= i;
		    loop invariant verdict == BUNDLE_OK ==> module_inside(data, i, out->count, out->size);
		    loop invariant verdict == BUNDLE_OK ==>
		      \forall integer n; 0 <= n < k ==> modules_apart(data, n, i);
		    loop assigns k, verdict;
		    loop variant i - k; */
		for (uint32_t k = 0; k < i && verdict == BUNDLE_OK; k++)
			verdict = pair_check(entry_at(out, k), entry_at(out, i));
		if (verdict != BUNDLE_OK)
			return verdict;
	}
	return BUNDLE_OK;
}

bool bundle_module(const struct bundle *bundle, uint32_t index, struct bundle_module *out)
{
	if (index >= bundle->count)
		return false;
	const uint8_t *const entry = entry_at(bundle, index);
	if (!load_text(entry, BUNDLE_NAME_MAX, 0, out->name, BUNDLE_NAME_MAX))
		return false;
	out->offset = bytes_le64(entry + 32);
	out->size = bytes_le64(entry + 40);
	out->checksum = bytes_le32(entry + 48);
	out->kind = bytes_le32(entry + 52);
	return bytes_fit(bundle->size, out->offset, out->size);
}

/*@ requires \valid_read(module) && bundle_text_ok(name);
    assigns \nothing; */
static bool name_is(const struct bundle_module *module, const char *name)
{
	/*@ loop invariant 0 <= i <= BUNDLE_NAME_MAX;
	    loop invariant \forall integer k; 0 <= k < i ==> name[k] != 0;
	    loop assigns i;
	    loop variant BUNDLE_NAME_MAX - i; */
	for (uint32_t i = 0; i < BUNDLE_NAME_MAX; i++) {
		if (module->name[i] != name[i])
			return false;
		if (name[i] == '\0')
			return true;
	}
	return false;
}

bool bundle_find(const struct bundle *bundle, const char *name, struct bundle_module *out)
{
	/*@ loop invariant 0 <= i <= bundle->count;
	    loop assigns i, *out;
	    loop variant bundle->count - i; */
	for (uint32_t i = 0; i < bundle->count; i++) {
		if (bundle_module(bundle, i, out) && name_is(out, name))
			return true;
	}
	return false;
}

bool bundle_module_check(const struct bundle *bundle, const struct bundle_module *module)
{
	if (!bytes_fit(bundle->size, module->offset, module->size))
		return false;
	return crc32c(CRC32C_INIT, bundle->data + module->offset, module->size) == module->checksum;
}
