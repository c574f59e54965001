/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The object store: contents, objects and names in a volume.
 *
 * A content is known by the BLAKE3 digest of its bytes. Up to OBJECT_PART_SIZE
 * bytes it is one value; a longer one is a list of parts, each kept once under
 * its own digest however many contents have it, beside its chaining value in the
 * BLAKE3 tree of the whole: so each part is checked, as it is read, against
 * nothing but the address. An object is a content and an author, with its signed
 * history (lib/object_record.h); a name is an owner's signed reference
 * (lib/object_name.h).
 *
 * Every operation first checks and changes nothing if it refuses; what it changes
 * is part of the volume's open transaction, visible at once, and durable after
 * object_store_commit, which makes all of them durable together.
 *
 * If a change fails half-way (NO_SPACE, QUOTA, IO_ERROR, DAMAGED) the open
 * transaction is forgotten whole, so everything since the last commit is undone:
 * `lost` has then counted up, and whoever was not yet told that his change is
 * durable is told that it failed. The store remains usable.
 *
 * Who may do what is not decided here, beyond what signatures say: the caller
 * asks object_may first. Memory: this struct (about 52 KiB), a reader or
 * upload for each content on its way (about 4 and 2 KiB) and no other; stack below 12 KiB. Not reentrant. Every status of volume.h passes through.
 */
#pragma once
#include <lib/hash_tree.h>
#include <lib/object_name.h>
#include <lib/object_record.h>
#include <lib/volume.h>

#define OBJECT_LAYOUT_VERSION 1u /* of keys and values in the volume */
#define OBJECT_PART_SIZE HASH_PART_SIZE
#define OBJECT_PAGE_ENTRIES 64u /* a list page: 4 KiB for 4 MiB of content */
#define OBJECT_PAGE_SIZE (OBJECT_PAGE_ENTRIES * 2u * HASH_SIZE)
#define OBJECT_CONTENT_MAX (1ull << 47) /* bytes: 2^25 pages */
#define OBJECT_STATE_MAX 61440u

struct object_store {
	struct volume *volume;
	uint64_t lost;      /* transactions forgotten */
	uint64_t next_list;
	uint64_t first_list; /* since opening: uploads of lists before it were interrupted */
	uint8_t history[OBJECT_HISTORY_MAX];
	uint8_t page[OBJECT_PAGE_SIZE]; /* of the list that is being made or given back */
	uint8_t name[OBJECT_NAME_SIZE];
};

/* A content of unknown length as it arrives. */
struct object_upload {
	uint64_t list;
	uint64_t size;
	uint64_t lost; /* the store's, when it began */
	bool short_part; /* the last part was short: nothing can follow */
	struct hash_tree tree;
	uint8_t first[HASH_SIZE]; /* digest of the first part: of all, if it is alone */
};

/* A content as it is read; parts in order are cheapest: the list is checked against the address once per page. */
struct object_reader {
	uint8_t hash[HASH_SIZE];
	uint64_t size;
	uint64_t page_number; /* of `page`, from 1; 0: none yet */
	uint8_t page[OBJECT_PAGE_SIZE];
};

struct object_totals {
	uint64_t objects, names; /* names: that point to something */
	uint64_t long_contents; /* of more than one part */
	uint64_t parts;         /* values of content, each counted once */
	uint64_t part_bytes;    /* that they take */
	uint64_t object_bytes;  /* sizes of all objects: what it would be if nothing were kept once */
	uint64_t unowned_lists; /* uploads under way, and lists that wait for object_reclaim */
};

/* UNSUPPORTED: the volume holds something else, or a version of this layout unknown here. */
CC_NODISCARD status_t object_store_open(struct object_store *store, struct volume *volume);
CC_NODISCARD status_t object_store_commit(struct object_store *store);

/* ---- objects ---- */
/* A content of at most OBJECT_PART_SIZE bytes and its birth. INVALID: the birth is of another content; BUSY: this
 * author has an object of this content already, born otherwise (the same birth again: OK, nothing changes). */
CC_NODISCARD status_t object_put(struct object_store *store, const uint8_t *content, size_t size, const uint8_t *birth,
                                 size_t birth_size);
/* The same with a whole history instead of a birth, as object_history gave it somewhere: every record and signature
 * is verified. BUSY: this author's object of this content is here with another history. */
CC_NODISCARD status_t object_restore(struct object_store *store, const uint8_t *content, size_t size,
                                     const uint8_t *history, size_t history_size);
/* Longer, or of unknown length: parts of OBJECT_PART_SIZE bytes, the last may be shorter; then the birth. Each part
 * may be committed by itself. GONE: a part was lost with a transaction; cancel. An upload nobody finishes before the
 * store is opened again is reclaimed. After a finish that refuses, the upload is still there: finish again, or cancel. */
CC_NODISCARD status_t object_upload_begin(struct object_store *store, struct object_upload *out_upload);
CC_NODISCARD status_t object_upload_part(struct object_store *store, struct object_upload *upload, const uint8_t *part,
                                         size_t size);
/* The address of what arrived, for the birth. The upload does not change. */
void object_upload_address(const struct object_upload *upload, uint8_t out_hash[HASH_SIZE]);
CC_NODISCARD status_t object_upload_finish(struct object_store *store, struct object_upload *upload,
                                           const uint8_t *birth, size_t birth_size);
CC_NODISCARD status_t object_upload_restore(struct object_store *store, struct object_upload *upload,
                                            const uint8_t *history, size_t history_size);
CC_NODISCARD status_t object_upload_cancel(struct object_store *store, struct object_upload *upload);

/* NOT_FOUND; DAMAGED. Signatures were verified when they came, and are again by object_verify. What a history came to
 * is kept as a note (lib/volume.h), so that it is judged once for each time it is read. */
CC_NODISCARD status_t object_find(struct object_store *store, const struct object_id *id, struct object *out_object);
/* The signed history itself, for whoever wants to verify it: valid until the next call. */
CC_NODISCARD status_t object_history(struct object_store *store, const struct object_id *id,
                                     const uint8_t **out_history, size_t *out_size);
/* Part `index` of a content, checked against its address each time, also if it comes from memory: OBJECT_PART_SIZE
 * bytes, the last fewer, an empty content's only one none. INVALID: there is no such part; NOT_FOUND: the content is not
 * here (any more); DAMAGED. */
/*@ requires \valid(reader) && \valid_read(object) && \separated(reader, object);
    assigns reader->hash[0 .. HASH_SIZE - 1], reader->size, reader->page_number;
    ensures reader->size == object->birth.size && reader->page_number == 0; */
void object_reader_begin(struct object_reader *reader, const struct object *object);
/*@ requires \valid(store) && \valid(store->volume) && \valid(reader) && \valid(out_size);
    requires \valid(out_part + (0 .. OBJECT_PART_SIZE - 1)) && \separated(reader, out_part + (0 .. OBJECT_PART_SIZE - 1), out_size, store);
    requires \base_addr(store->volume) != \base_addr(store) && \base_addr(store->volume) != \base_addr(out_part) &&
      \base_addr(store->volume) != \base_addr(reader) && \base_addr(store->volume) != \base_addr(out_size);
    requires \base_addr(store) != \base_addr(out_part) && \base_addr(store) != \base_addr(reader);
    assigns *store->volume, reader->page_number, reader->page[0 .. OBJECT_PAGE_SIZE - 1],
      out_part[0 .. OBJECT_PART_SIZE - 1], *out_size;
    ensures \result == STATUS_OK ==> *out_size <= OBJECT_PART_SIZE; */
CC_NODISCARD status_t object_read(struct object_store *store, struct object_reader *reader, uint64_t index,
                                  uint8_t out_part[OBJECT_PART_SIZE], size_t *out_size);
/* Transfer or change of the access list: as object_follows. */
CC_NODISCARD status_t object_amend(struct object_store *store, const uint8_t *record, size_t size);
/* Delete: the owner's record. *out_freed: bytes of content given back (0: something else has the same); those of
 * a long content come back by object_reclaim. */
CC_NODISCARD status_t object_delete(struct object_store *store, const uint8_t *record, size_t size,
                                    uint64_t *out_freed);
/* Give back at most one page's parts of a deleted content or interrupted upload. NOT_FOUND: nothing is left to do. */
CC_NODISCARD status_t object_reclaim(struct object_store *store, uint64_t *out_freed);

/* The next object after `cursor` (zero: from the first) in order of hash, then author; of `owner` alone unless NULL. */
CC_NODISCARD status_t object_next(struct object_store *store, const struct aid *owner, const struct object_id *cursor,
                                  struct object_id *out_id);
/* The only content whose hash starts with these 1 to 64 hexadecimal digits. NOT_FOUND; BUSY: more than one. */
CC_NODISCARD status_t object_resolve(struct object_store *store, const char *digits, size_t count,
                                     uint8_t out_hash[HASH_SIZE]);

/* ---- names ---- */
/* A signed record that follows the newest one of its name. The target need not be here (NOT_FOUND is the reader's). */
CC_NODISCARD status_t object_name_set(struct object_store *store, const uint8_t *record, size_t size);
/* Record `sequence` of a name; 0: the newest, which may say that the name was removed. Its OBJECT_NAME_SIZE bytes are
 * in store->name until the next call. */
CC_NODISCARD status_t object_name_get(struct object_store *store, const struct aid *owner, const char *name,
                                      uint64_t sequence, struct object_name *out_name);
/* The owner's next name after `cursor` (empty: from the first), removed ones too. */
CC_NODISCARD status_t object_name_next(struct object_store *store, const struct aid *owner, const char *cursor,
                                       struct object_name *out_name);
/* The next record of any name after `cursor` (size 0: the first), in the order of owners, names and sequences; its bytes
 * are in store->name until the next call. NOT_FOUND: that was all. DAMAGED, IO_ERROR: what lies there is no such
 * record, and the cursor has gone on all the same. */
CC_NODISCARD status_t object_name_record_next(struct object_store *store, uint8_t cursor[VOLUME_KEY_MAX],
                                              size_t *cursor_size, struct object_name *out_name);
/* The next principal after `cursor` (zero: the first) that ever had a name. */
CC_NODISCARD status_t object_name_owner_next(struct object_store *store, const struct aid *cursor,
                                             struct aid *out_owner);

/* ---- what a system service keeps for itself: unsigned, in no listing ---- */
CC_NODISCARD status_t object_state_put(struct object_store *store, const struct aid *principal, const void *state,
                                       size_t size);
CC_NODISCARD status_t object_state_get(struct object_store *store, const struct aid *principal, void *out_state,
                                       size_t room, size_t *out_size);

/* ---- is everything true? ---- */
typedef void object_report(void *context, const char *text);
/* History, content and index of one object; of everything, names, counts of references and strays too. `part` is
 * room for one part. OK, or DAMAGED and each problem told in words. */
CC_NODISCARD status_t object_verify(struct object_store *store, const struct object_id *id,
                                    uint8_t part[OBJECT_PART_SIZE], object_report *report, void *context);
CC_NODISCARD status_t object_verify_all(struct object_store *store, uint8_t part[OBJECT_PART_SIZE],
                                        object_report *report, void *context);
/* The latter in steps, each one key or one part of a content, for whoever has others to serve in between. Until
 * `finished`; if the store was changed since the beginning, `changed` must be set before the last step: the counts of
 * references, which are sums over everything, are then not compared. About 7 KiB. */
#define OBJECT_SUM_WORDS 4u
struct object_sum {
	uint64_t words[OBJECT_SUM_WORDS]; /* of digests, each modulo 2^64 */
	uint64_t count;
};
struct object_check {
	uint64_t keys;     /* looked at */
	uint64_t problems; /* told */
	bool finished, changed;
	/* The rest is its own. */
	struct object_store *store;
	uint8_t *part;
	object_report *report;
	void *context;
	uint8_t key[VOLUME_KEY_MAX];
	size_t key_size;
	struct object_sum referred, kept;
	struct object_sum list_users, lists;
	struct object_reader reader; /* of the content being read */
	uint64_t parts, part_next;
};
void object_check_begin(struct object_check *check, struct object_store *store, uint8_t part[OBJECT_PART_SIZE],
                        object_report *report, void *context);
void object_check_step(struct object_check *check);
/* Totals of everything, and those of at most `keys` keys after `cursor` (size 0: from the first), added up; NOT_FOUND:
 * that was all. */
CC_NODISCARD status_t object_totals_some(struct object_store *store, uint8_t cursor[VOLUME_KEY_MAX],
                                         size_t *cursor_size, uint32_t keys, struct object_totals *totals);
CC_NODISCARD status_t object_totals(struct object_store *store, struct object_totals *out_totals);
