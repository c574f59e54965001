/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What completion offers of the store: only what begins like the word, so that it does not matter how much there is. */
#include "arcobj.h"
#include <lib/format.h>
#include <lib/identity.h>
#include <lib/string.h>

static char listed[ARCOBJ_LISTED_MAX][OBJECT_NAME_MAX];

/* The word itself is a name too: completion must not go past it. */
static uint32_t names_add(const char *word, size_t length, uint32_t count, const char **out_candidates)
{
	struct object_name name;
	char cursor[OBJECT_NAME_MAX];

	string_copy(cursor, sizeof(cursor), word);
	status_t status = store_client_name_get(arcobj_store, NULL, cursor, 0, &name);
	if (status != STATUS_OK || name.removed)
		status = store_client_name_next(arcobj_store, NULL, cursor, &name);
	while (status == STATUS_OK && count < ARCOBJ_LISTED_MAX && strncmp(name.name, word, length) == 0) {
		string_copy(cursor, sizeof(cursor), name.name);
		if (!name.removed) {
			string_copy(listed[count], sizeof(listed[0]), name.name);
			out_candidates[count] = listed[count];
			count++;
		}
		status = store_client_name_next(arcobj_store, NULL, cursor, &name);
	}
	return count;
}

/* The first hash that can begin with so many digits, all zero behind them; false: they are no digits. */
static bool hash_from(const char *word, size_t length, uint8_t out_hash[HASH_SIZE])
{
	char digits[2u * HASH_SIZE + 1u];

	if (length > 2u * HASH_SIZE)
		return false;
	memset(digits, '0', sizeof(digits));
	memcpy(digits, word, length);
	return hex_to_bytes(digits, 2u * HASH_SIZE, out_hash, HASH_SIZE);
}

static uint32_t hashes_add(const char *word, size_t length, uint32_t count, const char **out_candidates)
{
	struct object_id cursor = {.hash = {0}};
	struct store_row row;

	if (!hash_from(word, length, cursor.hash))
		return count;
	while (count < ARCOBJ_LISTED_MAX && store_client_list(arcobj_store, true, &cursor, &row) == STATUS_OK) {
		hex_of_bytes(row.id.hash, length < ARCOBJ_DIGITS ? ARCOBJ_DIGITS / 2u : HASH_SIZE, listed[count]);
		if (strncmp(listed[count], word, length) != 0)
			break;
		out_candidates[count] = listed[count];
		count++;
		store_id_to(&row.id, &cursor);
	}
	return count;
}

uint32_t arcobj_candidates(bool hashes, const char *word, size_t length, const char **out_candidates)
{
	char text[OBJECT_NAME_MAX];
	status_t status;
	uint32_t count = 0;

	arcobj_store = arcobj_client(&status);
	if (arcobj_store == NULL || length >= sizeof(text))
		return 0;
	memcpy(text, word, length);
	text[length] = '\0';
	count = names_add(text, length, count, out_candidates);
	return hashes ? hashes_add(text, length, count, out_candidates) : count;
}
