/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Client of proto/store.h: objects and names of a person whose key is in the
 * vault. The generated store_*() send one message each; programs use those of
 * struct store_client, which keep the window, sign, verify all that comes from the
 * store (so neither it nor the disk has to be believed), and begin a session anew
 * by themselves when the store was restarted: whoever calls them sees a delay.
 *
 * Statuses are those of the methods (proto/store.h), of the vault (DENIED by
 * keys_sign: the key may not be used), and of the way there: GONE (there is no
 * store), TIMED_OUT. A client is for one thread, and a process has one: the store
 * knows processes. One call at a time uses the window; nothing given back lies in
 * it unless a comment says so. Stack: up to 12 KiB. Needs the calls `call`, `cap_drop`, `clock_now`, `clock_wall`, `memory_map`, `memory_unmap`,
 * `process_aid` and `process_id`.
 */
#pragma once
#include <lib/object_name.h>
#include <lib/object_record.h>
#include <os/ipc.h>
#include <proto/store.h>

IFACE_CLIENT(STORE_METHODS)

#define STORE_PATIENCE_NS 60000000000ull /* the longest that one request waits, a restart of the store included */

struct store_client {
	handle_t server;
	handle_t keys;     /* the vault; HANDLE_NONE: reads and keeps state, signs nothing */
	handle_t memory;   /* of the window; HANDLE_NONE: not attached yet */
	uint8_t *window;
	struct aid aid;    /* of the key: author and owner of what is put */
	uint8_t key[SIGNATURE_KEY_SIZE];
	uint64_t uploads;  /* numbers given to them */
};

/* Acts as the key of this context, made if there is none; or, `keys` being HANDLE_NONE, only as its principal. The
 * store itself is first asked by the first function that needs it. */
CC_NODISCARD status_t store_client_open(struct store_client *client, handle_t server, handle_t keys,
                                        const char *context);
void store_client_close(struct store_client *client);

/* ---- putting ---- */
/* What a birth says besides content, author and time. All may be zero. */
struct store_birth {
	const char *type; /* of content; NULL: none */
	const struct object_id *parent;
	const struct object_entry *entries; /* of the access list, in any order */
	uint32_t entry_count;
};
/* At most STORE_PART_SIZE bytes. BUSY: it was there before, by the same author; *out_id names it. */
CC_NODISCARD status_t store_client_put(struct store_client *client, const void *content, size_t size,
                                       const struct store_birth *birth, struct object_id *out_id);
/* Bytes of the content from `offset`: `room` of them, fewer only at the end. May be asked twice for the same, and
 * from 0 again after a restart of the store: it must give the same bytes. Any other status ends the upload. */
typedef status_t store_source(void *context, uint64_t offset, uint8_t *out_bytes, size_t room, size_t *out_size);
/* Of any length. */
CC_NODISCARD status_t store_client_put_from(struct store_client *client, store_source *source, void *context,
                                            const struct store_birth *birth, struct object_id *out_id);

/* ---- looking ---- */
/* An object, its history verified here; author zeroes: anybody's. *out_rights (may be NULL) are the client's.
 * NOT_FOUND; DENIED: it is there, and OBJECT_READ is missing; DAMAGED: what the store gave does not verify. */
CC_NODISCARD status_t store_client_find(struct store_client *client, const struct object_id *id,
                                        struct object *out_object, uint64_t *out_rights);
/* The history itself, for whoever takes it elsewhere; in the window, until the next call. Verified likewise. */
CC_NODISCARD status_t store_client_history(struct store_client *client, const struct object_id *id,
                                           const uint8_t **out_history, size_t *out_size);
/* The content, part by part, in order, compared with the address. DAMAGED is said after the part that is wrong or, of
 * all but contents of one part, at the end: what was given out before is then not to be trusted. A status of the
 * sink's but OK ends it. sink NULL: only verify. */
typedef status_t store_sink(void *context, uint64_t offset, const uint8_t *bytes, size_t size);
CC_NODISCARD status_t store_client_get(struct store_client *client, const struct object *object, store_sink *sink,
                                       void *context);
/* The next object after `cursor` (zeroes: from the first), one's own (`own`), or all that one may be told of.
 * NOT_FOUND past the last. What a row says is the store's word; store_client_find verifies. */
CC_NODISCARD status_t store_client_list(struct store_client *client, bool own, const struct object_id *cursor,
                                        struct store_row *out_row);
/* The only content one may be told of, or owns, whose hash begins with these 1 to 64 hexadecimal digits; of several
 * authors, oneself first, else the first in order. NOT_FOUND; BUSY: several contents; INVALID: no digits. */
CC_NODISCARD status_t store_client_resolve(struct store_client *client, const char *digits, struct object_id *out_id);
void store_id_of(const struct object_id *id, struct store_id *out_id);
void store_id_to(const struct store_id *id, struct object_id *out_id);

/* ---- what an owner does ---- */
CC_NODISCARD status_t store_client_transfer(struct store_client *client, const struct object_id *id,
                                            const struct aid *owner);
/* Put an entry on the access list, or replace the reader's. QUOTA: OBJECT_ENTRIES_MAX are there. */
CC_NODISCARD status_t store_client_grant(struct store_client *client, const struct object_id *id,
                                         const struct object_entry *entry);
/* Take a reader off it. NOT_FOUND also: it is not there. */
CC_NODISCARD status_t store_client_revoke(struct store_client *client, const struct object_id *id,
                                          const struct aid *reader);
CC_NODISCARD status_t store_client_delete(struct store_client *client, const struct object_id *id);

/* ---- names ---- */
/* Point one's name to an object; NULL: to nothing from now on. */
CC_NODISCARD status_t store_client_name_set(struct store_client *client, const char *name,
                                            const struct object_id *target);
/* owner NULL: oneself. Sequence 0: the newest, which may say that it was removed. */
CC_NODISCARD status_t store_client_name_get(struct store_client *client, const struct aid *owner, const char *name,
                                            uint64_t sequence, struct object_name *out_name);
/* The next name after `cursor` (empty: from the first), removed ones too. */
CC_NODISCARD status_t store_client_name_next(struct store_client *client, const struct aid *owner, const char *cursor,
                                             struct object_name *out_name);

/* ---- the whole store ---- */
CC_NODISCARD status_t store_client_info(struct store_client *client, struct store_info_rep *out_info);
/* Controllers (DENIED). */
CC_NODISCARD status_t store_client_totals(struct store_client *client, struct store_totals_rep *out_totals);
/* Controllers (DENIED). One step of a check: *step is 0 to begin, and counted up. `out->finished` says that it was the
 * last; `text`, terminated, is what was found wrong in this one. BUSY: it has to begin again, *step is 0. */
#define STORE_CHECK_TEXT_MAX 193u
CC_NODISCARD status_t store_client_check(struct store_client *client, uint64_t *step, struct store_check_rep *out,
                                         char text[STORE_CHECK_TEXT_MAX]);

/* ---- what a system service keeps ---- */
CC_NODISCARD status_t store_client_state_put(struct store_client *client, uint64_t version, const void *state,
                                             size_t size);
/* QUOTA: it is larger than `room`; *out_size says how large. */
CC_NODISCARD status_t store_client_state_get(struct store_client *client, void *out_state, size_t room,
                                             uint64_t *out_version, size_t *out_size);
