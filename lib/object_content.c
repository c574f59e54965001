/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Parts and how many refer to them, lists of parts, and reading against the
 * address. A list is a list before it is a content's: while it is uploaded, and
 * after its content is deleted, a record says so, and giving it back is the same
 * act for both, a page at a time.
 */
#include "object_priv.h"
#include <lib/bytes.h>
#include <lib/string.h>

enum list_state { LIST_UPLOADED = 0, LIST_RECLAIMED = 1 };

static status_t part_size(struct object_store *store, const uint8_t digest[HASH_SIZE], size_t *out_size)
{
	uint8_t key[KEY_DIGEST];

	return volume_size(store->volume, key, object_key(key, 'D', digest, HASH_SIZE, "", 0), out_size);
}

/* ---- references ---- */
status_t object_references(struct object_store *store, const uint8_t digest[HASH_SIZE], uint64_t *out_count)
{
	uint8_t key[KEY_DIGEST];
	size_t size;
	status_t status = part_size(store, digest, &size);

	if (status != STATUS_OK)
		return status;
	*out_count = 1;
	status = object_numbers_get(store, key, object_key(key, 'R', digest, HASH_SIZE, "", 0), out_count, 1);
	if (status == STATUS_NOT_FOUND)
		return STATUS_OK;
	return status == STATUS_OK && *out_count < 2 ? STATUS_DAMAGED : status;
}

static status_t references_put(struct object_store *store, const uint8_t digest[HASH_SIZE], uint64_t count)
{
	uint8_t key[KEY_DIGEST];
	const size_t key_size = object_key(key, 'R', digest, HASH_SIZE, "", 0);

	if (count > 1)
		return object_numbers_put(store, key, key_size, &count, 1);
	return volume_delete(store->volume, key, key_size);
}

status_t object_part_add(struct object_store *store, const uint8_t digest[HASH_SIZE], const uint8_t *bytes,
                         size_t size)
{
	uint8_t key[KEY_DIGEST];
	uint64_t count;
	const status_t status = object_references(store, digest, &count);

	if (status == STATUS_OK)
		return references_put(store, digest, count + 1);
	if (status != STATUS_NOT_FOUND)
		return status;
	return volume_put(store->volume, key, object_key(key, 'D', digest, HASH_SIZE, "", 0), bytes, size);
}

status_t object_part_drop(struct object_store *store, const uint8_t digest[HASH_SIZE], uint64_t *in_out_freed)
{
	uint8_t key[KEY_DIGEST];
	size_t size = 0;
	uint64_t count;
	status_t status = object_references(store, digest, &count);

	if (status == STATUS_OK && count > 1)
		return references_put(store, digest, count - 1);
	if (status == STATUS_OK)
		status = part_size(store, digest, &size);
	if (status == STATUS_OK)
		status = volume_delete(store->volume, key, object_key(key, 'D', digest, HASH_SIZE, "", 0));
	if (status == STATUS_OK)
		*in_out_freed += size;
	return status;
}

/* ---- contents ---- */
status_t object_content_find(struct object_store *store, const uint8_t hash[HASH_SIZE],
                             struct object_content *out_content)
{
	uint8_t key[KEY_DIGEST];
	uint64_t numbers[2];
	size_t size;
	status_t status = object_numbers_get(store, key, object_key(key, 'C', hash, HASH_SIZE, "", 0), numbers, 2);

	if (status == STATUS_OK) {
		*out_content = (struct object_content){ numbers[0], numbers[1] };
		return numbers[0] > OBJECT_PART_SIZE && numbers[0] <= OBJECT_CONTENT_MAX && numbers[1] != 0 ?
		               STATUS_OK :
		               STATUS_DAMAGED;
	}
	if (status == STATUS_NOT_FOUND)
		status = part_size(store, hash, &size);
	if (status == STATUS_OK)
		*out_content = (struct object_content){ size, 0 };
	return status;
}

/* ---- uploads ---- */
static status_t list_mark(struct object_store *store, uint64_t list, uint64_t state)
{
	uint8_t key[KEY_LIST];

	return object_numbers_put(store, key, object_key_list(key, list), &state, 1);
}

status_t object_upload_begin(struct object_store *store, struct object_upload *out_upload)
{
	uint64_t list;
	status_t status = object_list_new(store, &list);

	if (status == STATUS_OK)
		status = list_mark(store, list, LIST_UPLOADED);
	status = object_changed(store, status);
	if (status != STATUS_OK)
		return status;
	memset(out_upload, 0, sizeof *out_upload);
	out_upload->list = list;
	out_upload->lost = store->lost;
	hash_tree_begin(&out_upload->tree);
	return STATUS_OK;
}

/* The page the next part goes to, as it is now: `entries` of it are there. */
static status_t page_load(struct object_store *store, const uint8_t *key, size_t entries)
{
	size_t size = 0;
	status_t status = STATUS_OK;

	if (entries > 0)
		status = volume_get(store->volume, key, KEY_PAGE, store->page, sizeof store->page, &size);
	if (status == STATUS_NOT_FOUND || status == STATUS_QUOTA || (status == STATUS_OK && size != entries * ENTRY_SIZE))
		return STATUS_DAMAGED;
	return status;
}

static status_t part_check(const struct object_store *store, const struct object_upload *upload, size_t size)
{
	if (upload->lost != store->lost)
		return STATUS_GONE;
	if (size == 0 || size > OBJECT_PART_SIZE || upload->short_part || upload->size + size > OBJECT_CONTENT_MAX)
		return STATUS_INVALID;
	return STATUS_OK;
}

status_t object_upload_part(struct object_store *store, struct object_upload *upload, const uint8_t *part, size_t size)
{
	const uint64_t index = upload->tree.count;
	const size_t entries = index % OBJECT_PAGE_ENTRIES;
	uint8_t key[KEY_PAGE], *entry = store->page + entries * ENTRY_SIZE;
	const size_t key_size = object_key_page(key, upload->list, (uint32_t)(index / OBJECT_PAGE_ENTRIES));
	status_t status = part_check(store, upload, size);

	if (status == STATUS_OK)
		status = page_load(store, key, entries);
	if (status != STATUS_OK)
		return status;
	hash_bytes(part, size, entry);
	hash_part(part, size, index, entry + HASH_SIZE);
	status = object_part_add(store, entry, part, size);
	if (status == STATUS_OK)
		status = volume_put(store->volume, key, key_size, store->page, (entries + 1) * ENTRY_SIZE);
	status = object_changed(store, status);
	if (status != STATUS_OK)
		return status;
	if (index == 0)
		memcpy(upload->first, entry, HASH_SIZE);
	hash_tree_add(&upload->tree, entry + HASH_SIZE);
	upload->size += size;
	upload->short_part = size < OBJECT_PART_SIZE;
	return STATUS_OK;
}

void object_upload_address(const struct object_upload *upload, uint8_t out_hash[HASH_SIZE])
{
	if (upload->tree.count == 0) {
		hash_bytes((const uint8_t *)"", 0, out_hash);
	} else if (upload->tree.count == 1) {
		memcpy(out_hash, upload->first, HASH_SIZE);
	} else {
		struct hash_tree tree = upload->tree;

		hash_tree_end(&tree, out_hash);
	}
}

/* The list becomes the content's, unless it needs none (one part) or has one already. */
static status_t content_put(struct object_store *store, const struct object_upload *upload,
                            const uint8_t hash[HASH_SIZE])
{
	const uint64_t numbers[2] = { upload->size, upload->list };
	uint8_t key[KEY_DIGEST];
	struct object_content content;
	status_t status;

	if (upload->size <= OBJECT_PART_SIZE) {
		status = object_part_add(store, hash, (const uint8_t *)"", 0);
		return status == STATUS_OK ? list_mark(store, upload->list, LIST_RECLAIMED) : status;
	}
	status = object_content_find(store, hash, &content);
	if (status == STATUS_OK)
		return list_mark(store, upload->list, LIST_RECLAIMED);
	if (status != STATUS_NOT_FOUND)
		return status;
	status = object_numbers_put(store, key, object_key(key, 'C', hash, HASH_SIZE, "", 0), numbers, 2);
	return status == STATUS_OK ? volume_delete(store->volume, key, object_key_list(key, upload->list)) : status;
}

static status_t finish(struct object_store *store, const struct object_upload *upload, const uint8_t *birth,
                       size_t birth_size, bool whole)
{
	uint8_t hash[HASH_SIZE];
	struct object object;
	bool here;

	if (upload->lost != store->lost)
		return STATUS_GONE;
	object_upload_address(upload, hash);
	status_t status = object_birth_check(store, birth, birth_size, whole, hash, upload->size, &object, &here);
	if (status != STATUS_OK)
		return status;
	if (here)
		return object_changed(store, list_mark(store, upload->list, LIST_RECLAIMED));
	status = content_put(store, upload, hash);
	if (status == STATUS_OK)
		status = object_birth_put(store, &object, birth, birth_size);
	return object_changed(store, status);
}

status_t object_upload_finish(struct object_store *store, struct object_upload *upload, const uint8_t *birth,
                              size_t birth_size)
{
	return finish(store, upload, birth, birth_size, false);
}

status_t object_upload_restore(struct object_store *store, struct object_upload *upload, const uint8_t *history,
                               size_t history_size)
{
	return finish(store, upload, history, history_size, true);
}

status_t object_upload_cancel(struct object_store *store, struct object_upload *upload)
{
	uint8_t key[KEY_LIST];
	uint64_t state;
	const status_t status = object_numbers_get(store, key, object_key_list(key, upload->list), &state, 1);

	if (status == STATUS_NOT_FOUND)
		return STATUS_OK;
	return status == STATUS_OK ? object_changed(store, list_mark(store, upload->list, LIST_RECLAIMED)) : status;
}

status_t object_content_drop(struct object_store *store, const struct object *object, bool shared,
                             uint64_t *in_out_freed)
{
	const uint8_t *hash = object->birth.id.hash;
	uint8_t key[KEY_DIGEST];
	struct object_content content;

	if (object->birth.size <= OBJECT_PART_SIZE)
		return object_part_drop(store, hash, in_out_freed);
	if (shared)
		return STATUS_OK;
	status_t status = object_content_find(store, hash, &content);
	if (status == STATUS_OK)
		status = volume_delete(store->volume, key, object_key(key, 'C', hash, HASH_SIZE, "", 0));
	return status == STATUS_OK ? list_mark(store, content.list, LIST_RECLAIMED) : status;
}

/* ---- giving back ---- */
static status_t reclaimable_next(struct object_store *store, uint8_t out_key[VOLUME_KEY_MAX], uint64_t *out_list)
{
	size_t size = 1, value_bytes;
	uint64_t state;

	out_key[0] = 'U';
	for (;;) { /* over the uploads under way */
		status_t status = object_key_next(store, out_key, size, 1, false, out_key, &size, &value_bytes);

		if (status == STATUS_OK && size != KEY_LIST)
			status = STATUS_DAMAGED;
		if (status == STATUS_OK)
			status = object_numbers_get(store, out_key, size, &state, 1);
		if (status != STATUS_OK)
			return status;
		*out_list = bytes_be64(out_key + 1);
		if (state != LIST_UPLOADED || *out_list < store->first_list)
			return STATUS_OK;
	}
}

static status_t page_drop(struct object_store *store, const uint8_t *key, uint64_t *in_out_freed)
{
	size_t size;
	status_t status = volume_get(store->volume, key, KEY_PAGE, store->page, sizeof store->page, &size);

	if (status == STATUS_OK && (size == 0 || size > sizeof store->page || size % ENTRY_SIZE != 0))
		return STATUS_DAMAGED;
	for (size_t at = 0; status == STATUS_OK && at < size; at += ENTRY_SIZE)
		status = object_part_drop(store, store->page + at, in_out_freed);
	return status == STATUS_OK ? volume_delete(store->volume, key, KEY_PAGE) : status;
}

status_t object_reclaim(struct object_store *store, uint64_t *out_freed)
{
	uint8_t key[VOLUME_KEY_MAX], page[VOLUME_KEY_MAX];
	size_t size, value_bytes;
	uint64_t list, freed = 0;
	status_t status = reclaimable_next(store, key, &list);

	if (status != STATUS_OK)
		return status;
	(void)object_key_page(page, list, 0);
	status = object_key_next(store, page, KEY_PAGE, KEY_LIST, true, page, &size, &value_bytes);
	if (status == STATUS_OK)
		status = size == KEY_PAGE ? page_drop(store, page, &freed) : STATUS_DAMAGED;
	else if (status == STATUS_NOT_FOUND)
		status = volume_delete(store->volume, key, KEY_LIST);
	status = object_changed(store, status);
	if (status == STATUS_OK)
		*out_freed = freed;
	return status;
}
