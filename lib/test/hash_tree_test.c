/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tree taken apart against the digest of the whole, at every shape of tree up to 40 parts. */
#include "test.h"
#include <lib/hash_tree.h>
#include <string.h>

#define PARTS_MAX 40u

static uint8_t content[PARTS_MAX * HASH_PART_SIZE];

static void digest_by_parts(const uint8_t *data, size_t length, uint8_t out_digest[HASH_SIZE])
{
	struct hash_tree tree;
	uint8_t value[HASH_SIZE];

	hash_tree_begin(&tree);
	for (size_t done = 0; done < length; done += HASH_PART_SIZE) {
		const size_t part = length - done < HASH_PART_SIZE ? length - done : HASH_PART_SIZE;
		uint8_t *copy = test_copy(data + done, part);

		hash_part(copy, part, done / HASH_PART_SIZE, value);
		hash_tree_add(&tree, value);
		free(copy);
	}
	hash_tree_end(&tree, out_digest);
}

static void equal(size_t length)
{
	uint8_t whole[HASH_SIZE], parts[HASH_SIZE];

	hash_bytes(content, length, whole);
	digest_by_parts(content, length, parts);
	assert_memory_equal(whole, parts, HASH_SIZE);
}

static void shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof content; i++)
		content[i] = (uint8_t)(i * 31u + i / 251u);
	for (size_t parts = 2; parts <= PARTS_MAX; parts++)
		equal(parts * HASH_PART_SIZE);
}

static void ends(void **state)
{
	static const size_t TAILS[] = { 1, 63, 64, 65, 1023, 1024, 1025, 2048, 3000, 32768, 65535 };

	(void)state;
	for (size_t i = 0; i < sizeof TAILS / sizeof *TAILS; i++) {
		for (size_t parts = 1; parts <= 5; parts++)
			equal(parts * HASH_PART_SIZE + TAILS[i]);
	}
}

/* A part in another place, or altered, has another value. */
static void place(void **state)
{
	uint8_t here[HASH_SIZE], there[HASH_SIZE];

	(void)state;
	hash_part(content, HASH_PART_SIZE, 0, here);
	hash_part(content, HASH_PART_SIZE, 1, there);
	assert_memory_not_equal(here, there, HASH_SIZE);
	content[40000] ^= 1;
	hash_part(content, HASH_PART_SIZE, 0, there);
	assert_memory_not_equal(here, there, HASH_SIZE);
}

TEST_MAIN(cmocka_unit_test(shapes), cmocka_unit_test(ends), cmocka_unit_test(place))
