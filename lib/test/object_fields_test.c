/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One record without its signature: where each field lies (docs/protocols/object.md), and each rule broken by itself. */
#include "test.h"
#include <lib/bytes.h>
#include <lib/object_record.h>
#include <string.h>

static struct object_record record;
static uint8_t bytes[OBJECT_RECORD_MAX], digest[HASH_SIZE];

static int birth(void **state)
{
	(void)state;
	memset(&record, 0, sizeof record);
	record.kind = OBJECT_BIRTH;
	record.owner.bytes[31] = 7;
	return 0;
}

static void later(enum object_record_kind kind)
{
	(void)birth(NULL);
	record.kind = kind;
	record.sequence = 1;
}

static size_t size(void)
{
	return object_record_encode(&record, bytes, digest);
}

#define assert_refused() assert_int_equal(size(), 0)
#define assert_taken() assert_int_equal(size(), OBJECT_RECORD_FIXED + record.entry_count * OBJECT_ENTRY_SIZE)

/* Each byte of a field makes it one that is not zero. */
#define refused_with(field)                                                                        \
	for (size_t i = 0; i < sizeof(field); i++) {                                               \
		((uint8_t *)&(field))[i] = 1;                                                      \
		assert_refused();                                                                  \
		((uint8_t *)&(field))[i] = 0;                                                      \
	}                                                                                          \
	assert_taken()

static void entries(uint32_t count)
{
	record.entry_count = count;
	for (uint32_t i = 0; i < count; i++) {
		record.entries[i] = (struct object_entry){ .rights = OBJECT_READ };
		record.entries[i].reader.bytes[31] = (uint8_t)(i + 1);
	}
}

static void zero_where_unused(void **state)
{
	(void)state;
	refused_with(record.previous);
	refused_with(record.sequence);
	for (uint32_t kind = OBJECT_TRANSFER; kind <= OBJECT_DELETE; kind++) {
		later((enum object_record_kind)kind);
		refused_with(record.size);
		refused_with(record.parent);
		refused_with(record.type);
		record.sequence = 0;
		assert_refused();
	}
}

static void kinds(void **state)
{
	(void)state;
	for (uint32_t kind = 0; kind < 256; kind++) {
		later((enum object_record_kind)kind);
		record.sequence = kind != OBJECT_BIRTH;
		assert_int_equal(size() != 0, kind >= OBJECT_BIRTH && kind <= OBJECT_DELETE);
		entries(1);
		assert_int_equal(size() != 0, kind == OBJECT_BIRTH || kind == OBJECT_ACCESS);
	}
}

static void types(void **state)
{
	(void)state;
	for (uint32_t byte = 0; byte < 256; byte++) {
		record.type[0] = (char)byte;
		assert_int_equal(size() != 0, byte == 0 || (byte > ' ' && byte < 127));
	}
	memset(record.type, 'a', sizeof record.type);
	assert_refused(); /* it never ends */
	record.type[OBJECT_TYPE_MAX - 1] = '\0';
	assert_taken();
	record.type[OBJECT_TYPE_MAX - 2] = '\0';
	record.type[OBJECT_TYPE_MAX - 1] = 'a';
	assert_refused();
}

static void owners(void **state)
{
	(void)state;
	record.owner = OBJECT_EVERYONE;
	assert_refused();
	record.owner.bytes[0] = 0;
	assert_taken();
	memset(&record.owner, 0, sizeof record.owner);
	assert_refused();
}

static void lists(void **state)
{
	(void)state;
	for (uint32_t count = 0; count <= OBJECT_ENTRIES_MAX; count++) {
		entries(count);
		assert_taken();
	}
	record.entry_count = OBJECT_ENTRIES_MAX + 1;
	assert_refused();
	for (uint32_t i = 0; i < OBJECT_ENTRIES_MAX; i++) {
		entries(OBJECT_ENTRIES_MAX);
		record.entries[i].rights = 0;
		assert_refused();
		record.entries[i].rights = OBJECT_RIGHTS;
		assert_taken();
		record.entries[i].rights = 1u << 31 | OBJECT_READ;
		assert_refused();
		entries(OBJECT_ENTRIES_MAX);
		memset(&record.entries[i].reader, 0, sizeof record.entries[i].reader);
		assert_refused(); /* also first in order */
		record.entries[i].reader = record.entries[i == 0 ? 1 : i - 1].reader;
		assert_refused();
	}
	entries(OBJECT_ENTRIES_MAX);
	record.entries[OBJECT_ENTRIES_MAX - 1].reader = OBJECT_EVERYONE;
	assert_taken();
}

/* Every byte another one, as far as rules allow. */
static void fill(void)
{
	uint8_t next = 1;
	uint8_t *const fields[] = { record.id.hash, record.id.author.bytes, record.key, record.owner.bytes, record.parent.hash,
		                    record.parent.author.bytes };

	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		for (size_t k = 0; k < 32; k++)
			fields[i][k] = next++;
	record.time_ns = 0x1112131415161718;
	record.size = 0x2122232425262728;
	strcpy(record.type, "text/plain");
	entries(2);
	record.entries[1].rights = OBJECT_NAME;
	record.entries[1].expiry_ns = 0x3132333435363738;
}

static void places(void **state)
{
	static const uint8_t head[8] = { OBJECT_RECORD_VERSION, OBJECT_BIRTH, OBJECT_ALGORITHM, 2 };

	(void)state;
	fill();
	memset(bytes, 0xa5, sizeof bytes);
	assert_int_equal(size(), 288 + 2 * 48);
	assert_memory_equal(bytes, head, sizeof head);
	assert_int_equal(bytes_le64(bytes + 8), 0);
	assert_int_equal(bytes_le64(bytes + 16), record.time_ns);
	assert_int_equal(bytes_le64(bytes + 24), record.size);
	for (size_t i = 0; i < 4 * 32; i++) /* content, author, key, owner */
		assert_int_equal(bytes[32 + i], i + 1);
	assert_int_equal(bytes_le64(bytes + 160) | bytes_le64(bytes + 184), 0);
	for (size_t i = 0; i < 2 * 32; i++)
		assert_int_equal(bytes[192 + i], 4 * 32 + i + 1);
	assert_memory_equal(bytes + 256, record.type, OBJECT_TYPE_MAX);
	assert_memory_equal(bytes + 336, &record.entries[1].reader, 32);
	assert_int_equal(bytes_le32(bytes + 368), OBJECT_NAME);
	assert_int_equal(bytes_le32(bytes + 372), 0);
	assert_int_equal(bytes_le64(bytes + 376), record.entries[1].expiry_ns);
	uint8_t expected[HASH_SIZE];
	hash_bytes(bytes, 288 + 2 * 48, expected);
	assert_memory_equal(digest, expected, HASH_SIZE);
	object_record_digest(bytes, 288 + 2 * 48 + SIGNATURE_SIZE, digest);
	assert_memory_equal(digest, expected, HASH_SIZE);
}

static status_t read(size_t length, struct object_record *out)
{
	uint8_t *copy = test_copy(bytes, length);
	size_t used = 0;
	const status_t status = object_record_decode(copy, length, out, &used);

	free(copy);
	assert_int_equal(used, status == STATUS_OK ? OBJECT_RECORD_FIXED + out->entry_count * OBJECT_ENTRY_SIZE + SIGNATURE_SIZE : 0);
	return status;
}

static void there_and_back(void **state)
{
	struct object_record again;

	(void)state;
	fill();
	const size_t whole = size() + SIGNATURE_SIZE;
	for (size_t length = 0; length < whole; length++)
		assert_int_equal(read(length, &again), STATUS_INVALID);
	assert_int_equal(read(whole, &again), STATUS_OK);
	assert_memory_equal(&again, &record, sizeof again);
	assert_int_equal(read(whole + 1, &again), STATUS_OK); /* what comes after is not looked at */
	later(OBJECT_ACCESS);
	memset(record.previous, 0xee, sizeof record.previous);
	record.sequence = 0x4142434445464748;
	entries(OBJECT_ENTRIES_MAX);
	assert_int_equal(read(size() + SIGNATURE_SIZE, &again), STATUS_OK);
	assert_memory_equal(&again, &record, sizeof again);
}

/* What is reserved is zero; a version or algorithm of tomorrow is not damage. */
static void strangers_bytes(void **state)
{
	static const size_t reserved[] = { 4, 5, 6, 7, 324, 325, 326, 327, 372, 375 };
	struct object_record again;

	(void)state;
	fill();
	const size_t whole = size() + SIGNATURE_SIZE;
	for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
		bytes[reserved[i]] = 1;
		assert_int_equal(read(whole, &again), STATUS_INVALID);
		bytes[reserved[i]] = 0;
	}
	for (size_t i = 0; i < 3; i += 2) {
		bytes[i]++;
		assert_int_equal(read(whole, &again), STATUS_UNKNOWN_FORMAT);
		bytes[i]--;
	}
	bytes[0]++; /* cut short before anything else */
	assert_int_equal(read(OBJECT_RECORD_FIXED + SIGNATURE_SIZE - 1, &again), STATUS_INVALID);
	bytes[0]--;
	bytes[3] = OBJECT_ENTRIES_MAX + 1;
	assert_int_equal(read(sizeof bytes, &again), STATUS_INVALID);
}

static void identities(void **state)
{
	(void)state;
	struct object_id a = { .hash = { 1 } }, b = a;

	assert_true(object_id_equal(&a, &b));
	b.hash[31] = 1;
	assert_false(object_id_equal(&a, &b));
	b = a;
	b.author.bytes[31] = 1;
	assert_false(object_id_equal(&a, &b));
}

#define T(name) cmocka_unit_test_setup(name, birth)
TEST_MAIN(T(zero_where_unused), T(kinds), T(types), T(owners), T(lists), T(places), T(there_and_back), T(strangers_bytes),
          T(identities))
