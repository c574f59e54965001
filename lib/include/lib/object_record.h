/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What is said of an object, signed: its birth by its author, then transfers,
 * changes of the access list and its deletion by whoever owns it at that moment.
 * From these bytes alone a stranger can tell who made an object, who owns it and
 * who may read it. docs/protocols/object.md has every byte.
 *
 * A record is OBJECT_RECORD_FIXED bytes, then its access list, then the Ed25519
 * signature (under SIGN_DOMAIN_OBJECT) of the BLAKE3 digest of all before it. It
 * has one encoding: what is not used is zero, entries ascend by reader.
 *
 * The history of an object is its birth, every transfer, and the newest access
 * record since the last of them. Sequences ascend by one for each record ever
 * made; `previous` is the digest of the birth or transfer before, so an access
 * record can be replaced by a newer one without breaking the chain. A transfer
 * clears the access list: whom to let in is the new owner's affair.
 *
 * Everything here is pure, and safe on bytes of a stranger. A decoded record is
 * about 1.2 KiB, an object about 1.4 KiB.
 */
#pragma once
#include <abi/status.h>
#include <abi/types.h>
#include <lib/bytes.h>
#include <lib/hash.h>
#include <lib/signature.h>

#define OBJECT_RECORD_VERSION 1u
#define OBJECT_ALGORITHM 1u /* BLAKE3 and Ed25519 */
#define OBJECT_RECORD_FIXED 288u
#define OBJECT_ENTRY_SIZE 48u
#define OBJECT_ENTRIES_MAX 16u
#define OBJECT_RECORD_MAX (OBJECT_RECORD_FIXED + OBJECT_ENTRIES_MAX * OBJECT_ENTRY_SIZE + SIGNATURE_SIZE)
#define OBJECT_TYPE_MAX 32u /* with the terminating NUL */
#define OBJECT_TRANSFERS_MAX 128u
#define OBJECT_HISTORY_MAX (2u * OBJECT_RECORD_MAX + OBJECT_TRANSFERS_MAX * (OBJECT_RECORD_FIXED + SIGNATURE_SIZE))

enum object_record_kind { OBJECT_BIRTH = 1, OBJECT_TRANSFER = 2, OBJECT_ACCESS = 3, OBJECT_DELETE = 4 };

/* Rights. The owner has all; the author as such has none, only the authorship. */
#define OBJECT_READ 1u  /* content and records */
#define OBJECT_NAME 2u  /* be told that it exists, in listings of others' objects */
#define OBJECT_RIGHTS 3u

struct object_id {
	uint8_t hash[HASH_SIZE]; /* of the content: its address */
	struct aid author;
};

struct object_entry {
	struct aid reader; /* OBJECT_EVERYONE: anybody, anonymous ones too */
	uint32_t rights;   /* not 0 */
	uint64_t expiry_ns; /* of the wall clock; 0: never */
};

struct object_record {
	enum object_record_kind kind;
	struct object_id id;
	uint64_t sequence; /* birth: 0 */
	uint64_t time_ns;  /* of the wall clock, as the signer says */
	uint8_t key[SIGNATURE_KEY_SIZE]; /* the signer's */
	struct aid owner;  /* from this record on */
	uint8_t previous[HASH_SIZE]; /* birth: zero */
	/* Birth alone, else zero: */
	uint64_t size; /* bytes of content */
	struct object_id parent; /* zero: none */
	char type[OBJECT_TYPE_MAX]; /* of content, printable; may be empty */
	/* Birth and access: */
	uint32_t entry_count;
	struct object_entry entries[OBJECT_ENTRIES_MAX];
};

/* What a history comes to. */
struct object {
	struct object_record birth; /* entries: as they are now */
	struct aid owner;
	uint64_t sequence;  /* of the newest record; the next has one more */
	uint8_t previous[HASH_SIZE]; /* what the next record must say */
	uint32_t transfers;
	uint32_t anchor_size; /* bytes of history up to the last transfer: an access record after it is replaced */
};

/*@ predicate record_ok{L}(struct object_record *record) =
      OBJECT_BIRTH <= record->kind <= OBJECT_DELETE && record->entry_count <= OBJECT_ENTRIES_MAX &&
      (record->kind == OBJECT_TRANSFER || record->kind == OBJECT_DELETE ==> record->entry_count == 0);
    logic integer record_size{L}(struct object_record *record) =
      OBJECT_RECORD_FIXED + record->entry_count * OBJECT_ENTRY_SIZE + SIGNATURE_SIZE;
*/

extern const struct aid OBJECT_EVERYONE; /* no key has it: 32 bytes 0xff */

/* The record without its signature, and what is to be signed; returns its size, 0 if it breaks a rule above. */
/*@ requires \valid_read(record) && \valid(out_bytes + (0 .. OBJECT_RECORD_MAX - 1)) && \valid(out_digest + (0 .. HASH_SIZE - 1));
    requires \separated(record, out_bytes + (0 .. OBJECT_RECORD_MAX - 1), out_digest + (0 .. HASH_SIZE - 1));
    assigns out_bytes[0 .. OBJECT_RECORD_MAX - 1], out_digest[0 .. HASH_SIZE - 1];
    ensures \result != 0 ==> record_ok(record) && \result == record_size(record) - SIGNATURE_SIZE; */
CC_NODISCARD size_t object_record_encode(const struct object_record *record, uint8_t out_bytes[OBJECT_RECORD_MAX],
                                         uint8_t out_digest[HASH_SIZE]);
/* The first record of `bytes`, its signature not yet looked at; *out_size is what it takes with its signature.
 * INVALID: cut short, or not the one encoding; UNKNOWN_FORMAT: of a version or algorithm this code does not know. */
/*@ requires bytes_in(bytes, length) && \valid(out_record) && \valid(out_size);
    requires \separated(out_record, out_size, bytes + (0 .. length - 1));
    assigns *out_record, *out_size;
    ensures \result == STATUS_OK ==> record_ok(out_record);
    ensures \result == STATUS_OK ==> *out_size == record_size(out_record) && *out_size <= length; */
CC_NODISCARD status_t object_record_decode(const uint8_t *bytes, size_t length, struct object_record *out_record,
                                           size_t *out_size);
/* What the signature at the end of a record of `size` bytes is of. */
/*@ requires SIGNATURE_SIZE <= size && \valid_read(bytes + (0 .. size - 1)) && \valid(out_digest + (0 .. HASH_SIZE - 1));
    assigns out_digest[0 .. HASH_SIZE - 1]; */
void object_record_digest(const uint8_t *bytes, size_t size, uint8_t out_digest[HASH_SIZE]);

/*@ predicate object_ok{L}(struct object *object) =
      object->birth.kind == OBJECT_BIRTH && object->birth.entry_count <= OBJECT_ENTRIES_MAX &&
      object->transfers <= OBJECT_TRANSFERS_MAX &&
      OBJECT_RECORD_FIXED + SIGNATURE_SIZE <= object->anchor_size <=
        OBJECT_RECORD_MAX + object->transfers * (OBJECT_RECORD_FIXED + SIGNATURE_SIZE);
*/

/* A birth by itself: of its kind, complete, signed by its author. BAD_SIGNATURE; INVALID. */
/*@ requires bytes_in(bytes, size) && \valid(out_object) && \separated(out_object, bytes + (0 .. size - 1));
    assigns *out_object;
    ensures \result == STATUS_OK ==> object_ok(out_object); */
CC_NODISCARD status_t object_born(const uint8_t *bytes, size_t size, struct object *out_object);
/* May this record come next? INVALID: of another object or another place in the chain; OUTDATED: its sequence was
 * used before; DENIED: its signer is not the owner; BAD_SIGNATURE; QUOTA: a transfer too many. */
/*@ requires bytes_in(bytes, size) && \valid_read(object) && object_ok(object) && \valid(out_record);
    requires \separated(out_record, object, bytes + (0 .. size - 1));
    assigns *out_record;
    ensures \result == STATUS_OK ==> record_ok(out_record) && size == record_size(out_record); */
CC_NODISCARD status_t object_follows(const struct object *object, const uint8_t *bytes, size_t size,
                                     struct object_record *out_record);
/* From birth to now: every record, signature and link. INVALID and the statuses above; a deletion is never in one. */
/*@ requires bytes_in(history, length) && \valid(out_object) && \separated(out_object, history + (0 .. length - 1));
    assigns *out_object;
    ensures \result == STATUS_OK ==> object_ok(out_object); */
CC_NODISCARD status_t object_replay(const uint8_t *history, size_t length, struct object *out_object);
/* The same record by record, where not all of it fits at once: `rest` bytes of the history are left, and the first of
 * them, OBJECT_RECORD_MAX unless there are fewer, are at `bytes`; *out_size of them are done. An object of zeroes begins. */
/*@ requires bytes_in(bytes, rest < OBJECT_RECORD_MAX ? rest : OBJECT_RECORD_MAX);
    requires \valid(object) && (object->anchor_size == 0 || object_ok(object)) && \valid(out_size);
    requires \separated(object, out_size, bytes + (0 .. (rest < OBJECT_RECORD_MAX ? rest : OBJECT_RECORD_MAX) - 1));
    assigns *object, *out_size;
    ensures \result == STATUS_OK ==> object_ok(object) && 0 < *out_size <= rest; */
CC_NODISCARD status_t object_replay_next(struct object *object, const uint8_t *bytes, size_t rest, size_t *out_size);
/* The same, signatures aside: for a history whose records this code verified when they came, kept under checksums. */
/*@ requires bytes_in(history, length) && \valid(out_object) && \separated(out_object, history + (0 .. length - 1));
    assigns *out_object;
    ensures \result == STATUS_OK ==> object_ok(out_object); */
CC_NODISCARD status_t object_recall(const uint8_t *history, size_t length, struct object *out_object);
/* Put a record that follows, and is no deletion, at its place in the object's history; returns the new length. */
/*@ requires \valid(object) && object_ok(object) && \valid_read(record) && record_ok(record);
    requires record->kind == OBJECT_TRANSFER ==> object->transfers < OBJECT_TRANSFERS_MAX;
    requires size == record_size(record) && \valid_read(bytes + (0 .. size - 1));
    requires \valid(history + (0 .. OBJECT_HISTORY_MAX - 1));
    requires \separated(object, record, bytes + (0 .. size - 1), history + (0 .. OBJECT_HISTORY_MAX - 1));
    assigns *object, history[0 .. OBJECT_HISTORY_MAX - 1];
    ensures object_ok(object) && \result <= OBJECT_HISTORY_MAX; */
CC_NODISCARD size_t object_history_add(struct object *object, const struct object_record *record,
                                       const uint8_t *bytes, size_t size, uint8_t history[OBJECT_HISTORY_MAX]);

/* Does anyone of `readers` hold all of `rights` at this time? The owner does; others by one entry each that is
 * still valid. Time 0 (the clock is not set): entries that expire give nothing. */
/*@ requires \valid_read(object) && object_ok(object) && \valid_read(readers + (0 .. reader_count - 1));
    assigns \nothing; */
CC_NODISCARD bool object_may(const struct object *object, const struct aid *readers, size_t reader_count,
                             uint32_t rights, uint64_t time_ns);
/*@ requires \valid_read(a) && \valid_read(b);
    assigns \nothing; */
CC_NODISCARD bool object_id_equal(const struct object_id *a, const struct object_id *b);
