/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How the store lies in the volume. A key is one letter and what follows:
 *
 *   D digest               a part, or a content of one part: its bytes
 *   R digest               references to it, le64, if there is more than one
 *   C hash                 a content of more parts: size le64, list le64
 *   L list be64 page be32  a page of its list: digest and chaining value of each part
 *   U list be64            the list is no content's: le64 0 while it is uploaded, 1 when it is to be given back
 *   O hash author          the object's history
 *   P owner hash author    it is this owner's: no value
 *   N owner name           sequence of its newest record, le64
 *   H owner name 00 be64   record of that sequence
 *   S principal            what a service keeps
 *   V                      layout version le64, next list le64
 */
#pragma once
#include <lib/object.h>

#define KEY_DIGEST (1u + HASH_SIZE)
#define KEY_OBJECT (1u + HASH_SIZE + AID_SIZE)
#define KEY_OWNED (1u + AID_SIZE + HASH_SIZE + AID_SIZE)
#define KEY_LIST 9u
#define KEY_PAGE 13u
#define ENTRY_SIZE (2u * HASH_SIZE)

struct object_content {
	uint64_t size;
	uint64_t list; /* 0: one part */
};

_Static_assert(1u + AID_SIZE + OBJECT_NAME_MAX + 8u <= VOLUME_KEY_MAX, "every key fits");

/*@ requires \valid(out_key + (0 .. a_size + b_size)) && a_size <= VOLUME_KEY_MAX && b_size <= VOLUME_KEY_MAX;
    assigns out_key[0 .. a_size + b_size];
    ensures \result == 1 + a_size + b_size; */
size_t object_key(uint8_t *out_key, char letter, const void *a, size_t a_size, const void *b, size_t b_size);
size_t object_key_id(uint8_t out_key[KEY_OBJECT], const struct object_id *id);
/*@ requires \valid(out_key + (0 .. KEY_PAGE - 1));
    assigns out_key[0 .. KEY_PAGE - 1];
    ensures \result == KEY_PAGE; */
size_t object_key_page(uint8_t out_key[KEY_PAGE], uint64_t list, uint32_t page);
/*@ requires \valid(out_key + (0 .. KEY_LIST - 1));
    assigns out_key[0 .. KEY_LIST - 1];
    ensures \result == KEY_LIST; */
size_t object_key_list(uint8_t out_key[KEY_LIST], uint64_t list);
size_t object_key_owned(uint8_t out_key[KEY_OWNED], const struct aid *owner, const struct object_id *id);
/* A value of exactly `count` numbers; DAMAGED if it is another size. */
CC_NODISCARD status_t object_numbers_get(struct object_store *store, const uint8_t *key, size_t key_size,
                                         uint64_t *out_numbers, size_t count);
CC_NODISCARD status_t object_numbers_put(struct object_store *store, const uint8_t *key, size_t key_size,
                                         const uint64_t *numbers, size_t count);
/* After the first change: anything but OK gives up the transaction. */
CC_NODISCARD status_t object_changed(struct object_store *store, status_t status);
/* The first key from `key` on (after it, unless inclusive) that starts with its first `prefix` bytes; NOT_FOUND. */
CC_NODISCARD status_t object_key_next(struct object_store *store, const uint8_t *key, size_t key_size, size_t prefix,
                                      bool inclusive, uint8_t out_key[VOLUME_KEY_MAX], size_t *out_size,
                                      size_t *out_value_size);

/* A list number nobody had, part of the transaction. */
CC_NODISCARD status_t object_list_new(struct object_store *store, uint64_t *out_list);
CC_NODISCARD status_t object_part_add(struct object_store *store, const uint8_t digest[HASH_SIZE],
                                      const uint8_t *bytes, size_t size);
CC_NODISCARD status_t object_part_drop(struct object_store *store, const uint8_t digest[HASH_SIZE],
                                       uint64_t *in_out_freed);
CC_NODISCARD status_t object_references(struct object_store *store, const uint8_t digest[HASH_SIZE],
                                        uint64_t *out_count);
/* What is kept under this address; NOT_FOUND. */
/*@ requires \valid(store) && \valid(store->volume) && \valid_read(hash + (0 .. HASH_SIZE - 1)) && \valid(out_content);
    assigns *store->volume, *out_content; */
CC_NODISCARD status_t object_content_find(struct object_store *store, const uint8_t hash[HASH_SIZE],
                                          struct object_content *out_content);
/* One object fewer has this content; `shared`: others still do. */
CC_NODISCARD status_t object_content_drop(struct object_store *store, const struct object *object, bool shared,
                                          uint64_t *in_out_freed);
/* Is there another object of the same content? */
CC_NODISCARD status_t object_content_shared(struct object_store *store, const struct object_id *id, bool *out_shared);
/* Load the history into the store's buffer and judge it. */
CC_NODISCARD status_t object_load(struct object_store *store, const struct object_id *id, struct object *out_object,
                                  size_t *out_size);
/* The object's birth (`whole`: its history) is right, and whether it is here already. `hash`, `size`: of the content
 * that came. */
CC_NODISCARD status_t object_birth_check(struct object_store *store, const uint8_t *birth, size_t birth_size,
                                         bool whole, const uint8_t hash[HASH_SIZE], uint64_t size, struct object *out_object,
                                         bool *out_here);
CC_NODISCARD status_t object_birth_put(struct object_store *store, const struct object *object, const uint8_t *birth,
                                       size_t birth_size);

/*@ requires size <= OBJECT_CONTENT_MAX;
    assigns \nothing;
    ensures 1 <= \result <= OBJECT_CONTENT_MAX / OBJECT_PART_SIZE && (\result - 1) * OBJECT_PART_SIZE <= size;
    ensures size <= \result * OBJECT_PART_SIZE && (size > 0 ==> (\result - 1) * OBJECT_PART_SIZE < size); */
CC_INLINE uint64_t object_parts(uint64_t size)
{
	return size == 0 ? 1 : (size + OBJECT_PART_SIZE - 1) / OBJECT_PART_SIZE;
}
