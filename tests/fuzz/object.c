/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What strangers say of objects and names: one encoding of each, and a history is nothing but its records. */
#include "fuzz.h"
#include <lib/object_name.h>
#include <lib/object_record.h>
#include <string.h>

static void record_try(const uint8_t *data, size_t size)
{
	static struct object_record record;
	uint8_t bytes[OBJECT_RECORD_MAX], digest[HASH_SIZE], expected[HASH_SIZE];
	size_t taken = 0;

	if (object_record_decode(data, size, &record, &taken) != STATUS_OK)
		return;
	require(taken <= size && taken <= OBJECT_RECORD_MAX && record.entry_count <= OBJECT_ENTRIES_MAX);
	const size_t length = object_record_encode(&record, bytes, digest);
	require(length + SIGNATURE_SIZE == taken && memcmp(bytes, data, length) == 0);
	object_record_digest(data, taken, expected);
	require(memcmp(digest, expected, HASH_SIZE) == 0);
}

static void name_try(const uint8_t *data, size_t size)
{
	struct object_name name;

	if (object_name_decode(data, size, &name) == STATUS_OK)
		require(object_name_valid(name.name) && name.sequence > 0);
}

static void history_try(const uint8_t *data, size_t size)
{
	static struct object object, again;

	if (size == 0 || object_recall(data, size, &object) != STATUS_OK)
		return;
	require(object.transfers <= OBJECT_TRANSFERS_MAX && object.anchor_size <= size);
	require(object_recall(data, size, &again) == STATUS_OK && memcmp(&object, &again, sizeof object) == 0);
	(void)object_replay(data, size, &object);
	(void)object_may(&again, &again.owner, 1, OBJECT_READ, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	record_try(data, size);
	name_try(data, size);
	history_try(data, size);
	return 0;
}
