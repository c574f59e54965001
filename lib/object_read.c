/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Reading content against nothing but its address: the chaining values of all
 * parts against the address, at each new page of the list; each part against its
 * value. The page lies in the reader, so what was checked cannot change after.
 */
#include "object_priv.h"
#include <lib/string.h>

void object_reader_begin(struct object_reader *reader, const struct object *object)
{
	memcpy(reader->hash, object->birth.id.hash, HASH_SIZE);
	reader->size = object->birth.size;
	reader->page_number = 0;
}

static size_t entries_on(uint64_t parts, uint64_t page)
{
	const uint64_t left = parts - page * OBJECT_PAGE_ENTRIES;

	return left < OBJECT_PAGE_ENTRIES ? (size_t)left : OBJECT_PAGE_ENTRIES;
}

static status_t page_add(struct object_store *store, uint64_t list, uint64_t page, size_t entries,
                         struct hash_tree *tree, uint8_t *out_page)
{
	uint8_t key[KEY_PAGE];
	const uint8_t *value;
	size_t size;
	const status_t status = volume_look(store->volume, key, object_key_page(key, list, (uint32_t)page), &value,
	                                    &size);

	if (status == STATUS_NOT_FOUND || (status == STATUS_OK && size != entries * ENTRY_SIZE))
		return STATUS_DAMAGED;
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < entries; i++)
		hash_tree_add(tree, value + i * ENTRY_SIZE + HASH_SIZE);
	if (out_page != NULL)
		memcpy(out_page, value, size);
	return STATUS_OK;
}

static status_t page_read(struct object_store *store, struct object_reader *reader, uint64_t wanted)
{
	const uint64_t parts = object_parts(reader->size);
	struct object_content content;
	struct hash_tree tree;
	uint8_t digest[HASH_SIZE];
	status_t status = object_content_find(store, reader->hash, &content);

	if (status == STATUS_OK && (content.size != reader->size || content.list == 0))
		status = STATUS_DAMAGED;
	reader->page_number = 0;
	hash_tree_begin(&tree);
	for (uint64_t page = 0; status == STATUS_OK && page * OBJECT_PAGE_ENTRIES < parts; page++)
		status = page_add(store, content.list, page, entries_on(parts, page), &tree,
		                  page == wanted ? reader->page : NULL);
	if (status != STATUS_OK)
		return status;
	hash_tree_end(&tree, digest);
	if (!hash_equal(digest, reader->hash))
		return STATUS_DAMAGED;
	reader->page_number = wanted + 1;
	return STATUS_OK;
}

static status_t part_read(struct object_store *store, const uint8_t digest[HASH_SIZE], size_t expected,
                          uint8_t out_part[OBJECT_PART_SIZE])
{
	uint8_t key[KEY_DIGEST];
	size_t size;
	const status_t status = volume_get(store->volume, key, object_key(key, 'D', digest, HASH_SIZE, "", 0),
	                                   out_part, OBJECT_PART_SIZE, &size);

	return status == STATUS_OK && size != expected ? STATUS_DAMAGED : status;
}

static status_t read_only_part(struct object_store *store, const struct object_reader *reader,
                               uint8_t out_part[OBJECT_PART_SIZE])
{
	uint8_t digest[HASH_SIZE];
	const status_t status = part_read(store, reader->hash, (size_t)reader->size, out_part);

	if (status != STATUS_OK)
		return status;
	hash_bytes(out_part, (size_t)reader->size, digest);
	return hash_equal(digest, reader->hash) ? STATUS_OK : STATUS_DAMAGED;
}

static status_t read_listed_part(struct object_store *store, struct object_reader *reader, uint64_t index,
                                 uint8_t out_part[OBJECT_PART_SIZE], size_t size)
{
	const uint64_t page = index / OBJECT_PAGE_ENTRIES;
	const uint8_t *entry = reader->page + index % OBJECT_PAGE_ENTRIES * ENTRY_SIZE;
	uint8_t value[HASH_SIZE];
	status_t status = reader->page_number == page + 1 ? STATUS_OK : page_read(store, reader, page);

	if (status == STATUS_OK)
		status = part_read(store, entry, size, out_part);
	if (status != STATUS_OK)
		return status;
	hash_part(out_part, size, index, value);
	return hash_equal(value, entry + HASH_SIZE) ? STATUS_OK : STATUS_DAMAGED;
}

status_t object_read(struct object_store *store, struct object_reader *reader, uint64_t index,
                     uint8_t out_part[OBJECT_PART_SIZE], size_t *out_size)
{
	const uint64_t before = index * OBJECT_PART_SIZE;
	status_t status;

	if (reader->size > OBJECT_CONTENT_MAX || index >= object_parts(reader->size))
		return STATUS_INVALID;
	const size_t size = reader->size - before < OBJECT_PART_SIZE ? (size_t)(reader->size - before) : OBJECT_PART_SIZE;
	if (reader->size <= OBJECT_PART_SIZE)
		status = read_only_part(store, reader, out_part);
	else
		status = read_listed_part(store, reader, index, out_part, size);
	if (status == STATUS_OK)
		*out_size = size;
	return status;
}
