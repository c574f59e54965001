/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Reading content against nothing but its address: the chaining values of all
 * parts against the address, at each new page of the list; each part against its
 * value. The page lies in the reader, so what was checked cannot change after.
 */
#include "object_priv.h"
#include <lib/bytes.h>

/*@ // Neither is in the volume's memory, where what is looked at lies.
    predicate store_ok{L}(struct object_store *store, uint8_t *ours) = \valid(store) && \valid(store->volume) &&
      \base_addr(store->volume) != \base_addr(store) && \base_addr(store->volume) != \base_addr(ours) &&
      \base_addr(store) != \base_addr(ours); */

/* The volume's, of bytes alone, so that a proof can follow. */
/*@ requires \valid(volume) && \valid_read(key + (0 .. key_size - 1)) && \valid(out_value) && \valid(out_size);
    requires \separated(out_value, out_size, volume);
    assigns *volume, *out_value, *out_size;
    ensures \result == STATUS_OK ==> \valid_read(*out_value + (0 .. *out_size - 1)) && *out_size <= VOLUME_VALUE_MAX;
    ensures \result == STATUS_OK ==> \base_addr(*out_value) == \base_addr(volume); */
static status_t value_look(struct volume *volume, const uint8_t *key, size_t key_size, const uint8_t **out_value,
                           size_t *out_size)
{
	return volume_look(volume, key, key_size, out_value, out_size);
}

/*@ requires \valid(volume) && \valid_read(key + (0 .. key_size - 1)) && \valid(out_size);
    requires \valid(out_value + (0 .. room - 1)) && \base_addr(volume) != \base_addr(out_value);
    requires \separated(out_size, volume, out_value + (0 .. room - 1));
    assigns *volume, out_value[0 .. room - 1], *out_size;
    ensures \result == STATUS_OK ==> *out_size <= room; */
static status_t value_get(struct volume *volume, const uint8_t *key, size_t key_size, uint8_t *out_value, size_t room,
                          size_t *out_size)
{
	return volume_get(volume, key, key_size, out_value, room, out_size);
}

void object_reader_begin(struct object_reader *reader, const struct object *object)
{
	bytes_put(reader->hash, object->birth.id.hash, HASH_SIZE);
	reader->size = object->birth.size;
	reader->page_number = 0;
}

/*@ requires page * OBJECT_PAGE_ENTRIES < parts <= OBJECT_CONTENT_MAX;
    assigns \nothing;
    ensures 0 < \result <= OBJECT_PAGE_ENTRIES && page * OBJECT_PAGE_ENTRIES + \result <= parts;
    ensures \result == OBJECT_PAGE_ENTRIES || page * OBJECT_PAGE_ENTRIES + \result == parts; */
static size_t entries_on(uint64_t parts, uint64_t page)
{
	const uint64_t left = parts - page * OBJECT_PAGE_ENTRIES;

	return left < OBJECT_PAGE_ENTRIES ? (size_t)left : OBJECT_PAGE_ENTRIES;
}

/* A page of the list, whose values become the tree's next ones; it lies in the volume's memory. */
/*@ requires store_ok(store, &tree->stack[0][0]) && \valid(tree) && tree_ok(tree) && \valid(out_page);
    requires \separated(out_page, store, tree) && \base_addr(out_page) != \base_addr(store->volume);
    requires entries <= OBJECT_PAGE_ENTRIES && tree->count <= HASH_TREE_VALUES_MAX - OBJECT_PAGE_ENTRIES && page <= UINT32_MAX;
    assigns *store->volume, *tree, *out_page;
    ensures tree_ok(tree) && (\result == STATUS_OK ==> tree->count == \old(tree->count) + entries);
    ensures \result == STATUS_OK ==> \valid_read(*out_page + (0 .. entries * ENTRY_SIZE - 1));
    ensures \result == STATUS_OK ==> \base_addr(*out_page) == \base_addr(store->volume); */
static status_t page_add(struct object_store *store, uint64_t list, uint64_t page, size_t entries,
                         struct hash_tree *tree, const uint8_t **out_page)
{
	uint8_t key[KEY_PAGE];
	size_t size;
	const status_t status = value_look(store->volume, key, object_key_page(key, list, (uint32_t)page), out_page, &size);

	if (status == STATUS_NOT_FOUND || (status == STATUS_OK && size != entries * ENTRY_SIZE))
		return STATUS_DAMAGED;
	if (status != STATUS_OK)
		return status;
	/*@ loop invariant 0 <= i <= entries && tree_ok(tree) && tree->count == \at(tree->count, Pre) + i;
	    loop assigns i, *tree;
	    loop variant entries - i; */
	for (size_t i = 0; i < entries; i++)
		hash_tree_add(tree, *out_page + i * ENTRY_SIZE + HASH_SIZE);
	return STATUS_OK;
}

/*@ requires store_ok(store, &reader->hash[0]) && \valid(reader) && reader->size <= OBJECT_CONTENT_MAX;
    requires wanted * OBJECT_PAGE_ENTRIES * OBJECT_PART_SIZE < reader->size && reader->size > OBJECT_PART_SIZE;
    assigns *store->volume, reader->page_number, reader->page[0 .. OBJECT_PAGE_SIZE - 1];
    ensures \result == STATUS_OK ==> reader->page_number == wanted + 1; */
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
	//@ assert apart: store->volume == \at(store->volume, Pre) && \base_addr(store->volume) != \base_addr(&tree);
	/*@ loop invariant store->volume == \at(store->volume, Pre) && store_ok(store, &tree.stack[0][0]);
	    loop invariant tree_ok(&tree) && page * OBJECT_PAGE_ENTRIES <= parts + OBJECT_PAGE_ENTRIES - 1;
	    loop invariant status == STATUS_OK ==> tree.count == (page * OBJECT_PAGE_ENTRIES <= parts ? page * OBJECT_PAGE_ENTRIES : parts);
	    loop assigns page, status, tree, *\at(store->volume, Pre), reader->page[0 .. OBJECT_PAGE_SIZE - 1];
	    loop variant parts + OBJECT_PAGE_ENTRIES - page * OBJECT_PAGE_ENTRIES; */
	for (uint64_t page = 0; status == STATUS_OK && page * OBJECT_PAGE_ENTRIES < parts; page++) {
		const size_t entries = entries_on(parts, page);
		const uint8_t *entry;

		status = page_add(store, content.list, page, entries, &tree, &entry);
		if (status == STATUS_OK && page == wanted)
			bytes_put(reader->page, entry, entries * ENTRY_SIZE);
	}
	if (status != STATUS_OK)
		return status;
	hash_tree_end(&tree, digest);
	if (!hash_equal(digest, reader->hash))
		return STATUS_DAMAGED;
	reader->page_number = wanted + 1;
	return STATUS_OK;
}

/*@ requires store_ok(store, out_part) && \valid_read(digest + (0 .. HASH_SIZE - 1));
    requires \valid(out_part + (0 .. OBJECT_PART_SIZE - 1));
    assigns *store->volume, out_part[0 .. OBJECT_PART_SIZE - 1]; */
static status_t part_read(struct object_store *store, const uint8_t digest[HASH_SIZE], size_t expected,
                          uint8_t out_part[OBJECT_PART_SIZE])
{
	uint8_t key[KEY_DIGEST];
	size_t size;
	const status_t status = value_get(store->volume, key, object_key(key, 'D', digest, HASH_SIZE, "", 0), out_part,
	                                  OBJECT_PART_SIZE, &size);

	return status == STATUS_OK && size != expected ? STATUS_DAMAGED : status;
}

/*@ requires store_ok(store, out_part) && store_ok(store, &reader->hash[0]) && \valid_read(reader);
    requires \valid(out_part + (0 .. OBJECT_PART_SIZE - 1)) && \separated(reader, out_part + (0 .. OBJECT_PART_SIZE - 1));
    requires reader->size <= OBJECT_PART_SIZE;
    assigns *store->volume, out_part[0 .. OBJECT_PART_SIZE - 1]; */
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

/*@ requires store_ok(store, out_part) && store_ok(store, &reader->hash[0]) && \valid(reader);
    requires \valid(out_part + (0 .. OBJECT_PART_SIZE - 1)) && \separated(reader, out_part + (0 .. OBJECT_PART_SIZE - 1));
    requires OBJECT_PART_SIZE < reader->size <= OBJECT_CONTENT_MAX && index * OBJECT_PART_SIZE < reader->size;
    requires 0 < size <= OBJECT_PART_SIZE;
    assigns *store->volume, reader->page_number, reader->page[0 .. OBJECT_PAGE_SIZE - 1], out_part[0 .. OBJECT_PART_SIZE - 1]; */
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
	status_t status;

	if (reader->size > OBJECT_CONTENT_MAX || index >= object_parts(reader->size))
		return STATUS_INVALID;
	const uint64_t before = index * OBJECT_PART_SIZE;
	const size_t size = reader->size - before < OBJECT_PART_SIZE ? (size_t)(reader->size - before) : OBJECT_PART_SIZE;
	if (reader->size <= OBJECT_PART_SIZE)
		status = read_only_part(store, reader, out_part);
	else
		status = read_listed_part(store, reader, index, out_part, size);
	if (status == STATUS_OK)
		*out_size = size;
	return status;
}
