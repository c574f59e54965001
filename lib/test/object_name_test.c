/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Records of names: which names there are, what is no record, each field there and back, what follows what. */
#include "person.h"
#include <lib/bytes.h>
#include <lib/object_name.h>

static struct person ann;
static uint8_t first[OBJECT_NAME_SIZE];

static struct object_name record(void)
{
	struct object_name name = {.owner = ann.aid, .name = "draft", .sequence = 1, .time_ns = 0x123456789abcdef};

	memcpy(name.key, ann.key, sizeof name.key);
	memset(name.target.hash, 0x11, sizeof name.target.hash);
	memset(&name.target.author, 0x22, sizeof name.target.author);
	return name;
}

static void sign(const struct object_name *name, uint8_t *out_bytes)
{
	uint8_t digest[HASH_SIZE];

	assert_true(object_name_encode(name, out_bytes, digest));
	signature_sign_digest(ann.seed, ann.key, SIGN_DOMAIN_NAME, digest, out_bytes + OBJECT_NAME_SIZE - SIGNATURE_SIZE);
}

static int begin(void **state)
{
	(void)state;
	ann = person(1);
	const struct object_name name = record();
	sign(&name, first);
	return 0;
}

static bool encodes(const struct object_name *name)
{
	uint8_t bytes[OBJECT_NAME_SIZE], digest[HASH_SIZE];

	return object_name_encode(name, bytes, digest);
}

static void words(void **state)
{
	char name[OBJECT_NAME_MAX + 1];

	(void)state;
	assert_false(object_name_valid(""));
	for (int c = 1; c < 256; c++) {
		const char one[] = {(char)c, '\0'}, two[] = {'a', (char)c, '\0'};
		assert_int_equal(object_name_valid(one), c > ' ' && c < 0x7f);
		assert_int_equal(object_name_valid(two), c > ' ' && c < 0x7f);
	}
	memset(name, 'a', sizeof name);
	name[OBJECT_NAME_MAX - 1] = '\0';
	assert_true(object_name_valid(name));
	name[OBJECT_NAME_MAX - 1] = 'a';
	name[OBJECT_NAME_MAX] = '\0';
	assert_false(object_name_valid(name));
}

static void no_record(void **state)
{
	struct object_name name = record();

	(void)state;
	assert_true(encodes(&name));
	name.removed = true; /* and names something */
	assert_false(encodes(&name));
	memset(&name.target, 0, sizeof name.target);
	assert_true(encodes(&name));
	name.sequence = 0;
	assert_false(encodes(&name));
	name.sequence = 2; /* what is before it may be anything */
	assert_true(encodes(&name));
	name.previous[HASH_SIZE - 1] = 1;
	assert_true(encodes(&name));
	name.sequence = 1;
	assert_false(encodes(&name));
	name = record();
	name.name[0] = '\0';
	assert_false(encodes(&name));
}

static void there_and_back(void **state)
{
	struct object_name name = record(), out;
	uint8_t bytes[OBJECT_NAME_SIZE];

	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		memset(&out, 0xee, sizeof out);
		sign(&name, bytes);
		assert_int_equal(object_name_decode(bytes, sizeof bytes, &out), STATUS_OK);
		assert_true(aid_equal(&out.owner, &name.owner) && object_id_equal(&out.target, &name.target));
		assert_memory_equal(out.key, name.key, sizeof name.key);
		assert_memory_equal(out.previous, name.previous, sizeof name.previous);
		assert_string_equal(out.name, name.name);
		assert_int_equal(out.sequence, name.sequence);
		assert_int_equal(out.time_ns, name.time_ns);
		assert_int_equal(out.removed, name.removed);
		assert_int_equal(bytes[1], name.removed);
		name.removed = true;
		name.sequence = 1ull << 40;
		memset(&name.target, 0, sizeof name.target);
		memset(name.previous, 0x33, sizeof name.previous);
		memset(name.name, 'z', OBJECT_NAME_MAX - 1);
	}
}

/* Where each field is: docs/protocols/object.md. */
static void places(void **state)
{
	const struct object_name name = record();
	uint8_t digest[HASH_SIZE], expected[HASH_SIZE];

	(void)state;
	assert_int_equal(first[0], OBJECT_NAME_VERSION);
	assert_int_equal(first[1], 0);
	assert_int_equal(bytes_le64(first + 8), 1);
	assert_int_equal(bytes_le64(first + 16), name.time_ns);
	assert_memory_equal(first + 24, name.owner.bytes, 32);
	assert_memory_equal(first + 56, name.key, 32);
	assert_memory_equal(first + 88, name.target.hash, 32);
	assert_memory_equal(first + 120, name.target.author.bytes, 32);
	assert_memory_equal(first + 184, "draft\0", 6);
	for (uint32_t i = 2; i < 256; i++)
		if (i < 8 || (i >= 152 && i < 184) || i >= 189)
			assert_int_equal(first[i], 0);
	object_name_digest(first, digest);
	hash_bytes(first, 256, expected);
	assert_memory_equal(digest, expected, HASH_SIZE);
}

static status_t altered(size_t at, uint8_t value)
{
	uint8_t bytes[OBJECT_NAME_SIZE];
	struct object_name out;

	memcpy(bytes, first, sizeof bytes);
	bytes[at] ^= value;
	return object_name_decode(bytes, sizeof bytes, &out);
}

static void refused(void **state)
{
	uint8_t longer[OBJECT_NAME_SIZE + 1] = {0};
	struct object_name out = {.sequence = 77};

	(void)state;
	memcpy(longer, first, sizeof first);
	assert_int_equal(object_name_decode(longer, sizeof longer, &out), STATUS_INVALID);
	assert_int_equal(object_name_decode(longer, sizeof first - 1, &out), STATUS_INVALID);
	assert_int_equal(out.sequence, 77);
	assert_int_equal(altered(0, 0), STATUS_OK);
	assert_int_equal(altered(0, 1), STATUS_UNKNOWN_FORMAT);
	assert_int_equal(altered(1, 2), STATUS_INVALID);
	for (size_t at = 2; at < 8; at++)
		assert_int_equal(altered(at, 1), STATUS_INVALID); /* reserved */
	assert_int_equal(altered(184, 'd'), STATUS_INVALID);      /* no name */
	assert_int_equal(altered(190, 1), STATUS_INVALID);        /* behind its end */
	assert_int_equal(altered(255, 1), STATUS_INVALID);
	for (size_t at = 16; at < 152; at += 16)
		assert_int_equal(altered(at, 1), STATUS_BAD_SIGNATURE);
	assert_int_equal(altered(256, 1), STATUS_BAD_SIGNATURE);
	assert_int_equal(altered(OBJECT_NAME_SIZE - 1, 1), STATUS_BAD_SIGNATURE);
}

static void follows(void **state)
{
	struct object_name name = record();

	(void)state;
	assert_int_equal(object_name_follows(NULL, &name), STATUS_OK);
	assert_int_equal(object_name_follows(first, &name), STATUS_OUTDATED);
	name.sequence = 0;
	assert_int_equal(object_name_follows(NULL, &name), STATUS_INVALID);
	assert_int_equal(object_name_follows(first, &name), STATUS_OUTDATED);
	name.sequence = 2;
	assert_int_equal(object_name_follows(NULL, &name), STATUS_INVALID);
	assert_int_equal(object_name_follows(first, &name), STATUS_INVALID);
	object_name_digest(first, name.previous);
	assert_int_equal(object_name_follows(first, &name), STATUS_OK);
	name.sequence = 3;
	assert_int_equal(object_name_follows(first, &name), STATUS_INVALID);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)
TEST_MAIN(TEST(words), TEST(no_record), TEST(there_and_back), TEST(places), TEST(refused), TEST(follows))
