/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who is there and what there is to store: from the seed alone. */
#include "store.h"
#include <abi/module.h>
#include <lib/identity.h>
#include <stdio.h>
#include <string.h>

struct world world;

static void person_make(struct person *person, uint64_t *random)
{
	for (size_t i = 0; i < sizeof person->seed; i++)
		person->seed[i] = (uint8_t)random_next(random);
	signature_public(person->seed, person->key);
	aid_of_key(person->key, &person->aid);
}

/* Small ones mostly; a few of several parts. */
static size_t size_draw(uint64_t *random, uint32_t number)
{
	static const size_t LIMITS[] = { 300, 300, 300, 2000, 2000, 9000, 300, 2000, 20000, 40000 };

	if (number == 0)
		return 0;
	if (number == 1)
		return OBJECT_PART_SIZE;
	if (number >= CONTENTS - 3)
		return OBJECT_PART_SIZE + 1 + random_below(random, 2u * OBJECT_PART_SIZE);
	return 1 + random_below(random, LIMITS[number % 10]);
}

static void content_make(struct content *content, size_t size, uint8_t first)
{
	content->size = size;
	content->bytes = memory(size + 1);
	memset(content->bytes, first, size);
	/* Enough that no two parts, sectors or contents are alike, but where they are meant to be. */
	for (size_t at = 0; at < size; at += 61)
		content->bytes[at] = (uint8_t)(first + at / 61 * 7 + at / 4096);
	hash_bytes(content->bytes, size, content->hash);
}

/* The long ones begin with the same parts, which are kept once. */
static void contents_make(uint64_t *random)
{
	for (uint32_t i = 0; i < CONTENTS; i++)
		content_make(&world.contents[i], size_draw(random, i), (uint8_t)(i < CONTENTS - 3 ? i + 1 : 200));
}

size_t record_sign(struct object_record *record, const struct person *signer, uint8_t out_bytes[OBJECT_RECORD_MAX])
{
	uint8_t digest[HASH_SIZE];

	memcpy(record->key, signer->key, sizeof record->key);
	const size_t size = object_record_encode(record, out_bytes, digest);
	if (size == 0)
		store_fail("a record that cannot be encoded");
	signature_sign_digest(signer->seed, signer->key, SIGN_DOMAIN_OBJECT, digest, out_bytes + size);
	return size + SIGNATURE_SIZE;
}

void name_sign(struct object_name *name, const struct person *signer, uint8_t out_bytes[OBJECT_NAME_SIZE])
{
	uint8_t digest[HASH_SIZE];

	memcpy(name->key, signer->key, sizeof name->key);
	name->owner = signer->aid;
	if (!object_name_encode(name, out_bytes, digest))
		store_fail("a name that cannot be encoded");
	signature_sign_digest(signer->seed, signer->key, SIGN_DOMAIN_NAME, digest, out_bytes + OBJECT_NAME_SIZE - SIGNATURE_SIZE);
}

struct object_id object_id_of(uint32_t author, uint32_t content)
{
	struct object_id id = { .author = world.people[author].aid };

	memcpy(id.hash, world.contents[content].hash, HASH_SIZE);
	return id;
}

void state_make(uint32_t person, uint32_t version, uint8_t *out_bytes, size_t *out_size)
{
	*out_size = (version * 577u + person * 31u) % STATE_MAX;
	for (size_t i = 0; i < *out_size; i++)
		out_bytes[i] = (uint8_t)(i / 97 + version * 5 + person);
}

/* Of somebody the models do not know. */
static void fresh_make(uint64_t *random)
{
	static const char TEXT[] = "after the power cut";
	struct person stranger;
	struct object_name name = { .name = "fresh", .sequence = 1 };

	person_make(&stranger, random);
	content_make(&world.fresh, 777, 0xf5);
	struct object_record record = { .kind = OBJECT_BIRTH, .size = world.fresh.size, .owner = stranger.aid };
	record.id.author = stranger.aid;
	memcpy(record.id.hash, world.fresh.hash, HASH_SIZE);
	memcpy(record.type, TEXT, 5);
	world.fresh_birth_size = record_sign(&record, &stranger, world.fresh_birth);
	name.target = record.id;
	name_sign(&name, &stranger, world.fresh_name);
}

void world_make(uint64_t seed)
{
	static const uint64_t BLOCKS[] = { 260, 292, 324, 420, 700 };
	uint64_t random = seed;

	world = (struct world){ .seed = seed, .blocks = BLOCKS[seed % 5] };
	for (uint32_t i = 0; i < PEOPLE; i++)
		person_make(&world.people[i], &random);
	contents_make(&random);
	fresh_make(&random);
}
