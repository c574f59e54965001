/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The object store: signed objects, found by the hash of their content, and
 * signed names. Server: user/services/store, endpoint "fs".
 *
 * What is stored says itself who made it: records are signed by a key that the
 * client has in the vault, encoded and checked by lib/object_record.h and
 * lib/object_name.h; docs/protocols/object.md has every byte. The store verifies
 * each before it keeps it, and a client verifies what it gets.
 *
 * Bytes travel in a window, memory that store and client share: content from its
 * start, a record that goes to the store at STORE_RECORD_AT. store_attach makes it.
 * The store copies what is in it before it looks at it.
 *
 * A client is its badge: the id of a process. It acts as the principal the kernel
 * stamps, and besides, once it has proved to have a key (store_challenge,
 * store_prove), as that key's AID: that is its session. An access list may name either.
 * Only records of the session's own key change anything (DENIED), so nobody
 * replays what another signed.
 *
 * Rights are OBJECT_READ and OBJECT_NAME (lib/object_record.h); the owner has both.
 * Whoever has neither is told NOT_FOUND, as if the object were not there. DENIED
 * means one thing for each method, and names the right that is missing.
 *
 * A change is answered when it is durable; many share one commit. All methods but
 * one may be asked twice. CLOSED: the store does not know this client (any more), because
 * it was restarted or others needed the place; attach, prove, and ask again. So
 * does os/store.h by itself.
 *
 * Statuses of every method that changes something: DENIED also if the disk is
 * read-only; NO_SPACE, QUOTA (more keys than memory for the index allows), IO_ERROR,
 * DAMAGED: not done. Of every method but store_info: UNSUPPORTED, the store refused
 * its disk and serves nothing.
 */
#pragma once
#include <abi/iface.h>

#define STORE_BADGE_CONTROL (1ull << 63) /* manifest: `uses fs control` */

#define STORE_PART_SIZE     65536u
#define STORE_RECORD_AT     STORE_PART_SIZE /* place of a record in the window */
#define STORE_RECORD_ROOM   4096u
#define STORE_WINDOW_SIZE   (STORE_PART_SIZE + STORE_RECORD_ROOM)
#define STORE_CLIENTS_MAX   32u
#define STORE_HASH_SIZE     32u
#define STORE_CHALLENGE_SIZE 32u
#define STORE_NAME_MAX      65u /* with its NUL */
#define STORE_TYPE_MAX      32u /* likewise */
#define STORE_STATE_MAX     61408u /* bytes that a service may keep */

/* A content and its author. */
struct store_id {
	uint8_t hash[STORE_HASH_SIZE];
	struct aid author;
};

/* ---- what it is ---- */
enum store_medium {
	STORE_ON_DISK = 1,
	STORE_IN_MEMORY = 2, /* there is no disk: nothing outlives the machine's power */
	STORE_ON_NOTHING = 3, /* the disk was refused; `problem` says why. It was not touched */
};
enum store_flag {
	STORE_IS_READ_ONLY = 1u << 0,
	STORE_IS_ENCRYPTED = 1u << 1,
	STORE_WAS_FORMATTED = 1u << 2, /* since it started: the disk was blank */
	STORE_WAS_RESTARTED = 1u << 3, /* a predecessor ended */
};
struct store_info_req {
	uint8_t none[0];
};
struct store_info_rep {
	uint32_t medium;  /* enum store_medium */
	uint32_t flags;   /* enum store_flag */
	uint32_t problem; /* status_t of mounting; 0: none */
	uint32_t format;  /* version of the layout of objects */
	char model[32];   /* of the disk, terminated */
	/* For controllers; 0 for others, whom the numbers would tell what somebody else keeps: */
	uint64_t blocks;  /* of 4096 bytes, of the disk or what stands for it */
	uint64_t free_blocks;
	uint64_t keys;           /* records of all kinds */
	uint64_t value_bytes;    /* live */
	uint64_t mounts;         /* of this disk, ever */
	/* Since the store started: */
	uint64_t changes;        /* answered */
	uint64_t commits;        /* in which they became durable */
	uint64_t flushes;
	uint64_t written_blocks;
	uint64_t cleaned_segments;
	uint64_t reads;          /* parts of content given out */
	uint64_t clients;        /* attached now */
	uint64_t sessions;       /* of them, with a proved key */
};

/* Totals of everything in steps, for controllers (DENIED): each answer is about the keys from `cursor` on, as many as
 * one step takes; whoever asks adds up. A cursor of size 0 begins; `next` of size 0: that was all. */
struct store_cursor {
	uint32_t size;
	uint32_t reserved;
	uint8_t key[128];
};
struct store_totals_req {
	struct store_cursor cursor;
};
struct store_totals_rep {
	struct store_cursor next;
	uint64_t objects;
	uint64_t names;         /* that point to something */
	uint64_t long_contents; /* of more than one part */
	uint64_t parts;         /* each kept once */
	uint64_t part_bytes;
	uint64_t object_bytes;  /* sizes of all objects */
	uint64_t unowned_lists; /* uploads under way, and what waits to be given back */
};

/*
 * Is everything true: every checksum, digest, signature, history and count. Controllers (DENIED); in steps, one check
 * at a time. `step` 0 begins, and then counts up by one. CLOSED: it is not this check's next step; begin again.
 * `data` is what was found wrong, lines of text.
 */
struct store_check_req {
	uint64_t step;
};
struct store_check_rep {
	uint64_t finished; /* 1: there is no next step */
	uint64_t problems; /* so far */
	uint64_t keys_done;
	uint64_t keys;
	uint64_t changed; /* 1: the store was changed meanwhile, so counts of references were not compared */
	char data[192];
};

/* ---- who is asking ---- */
/* Reply, capability 0: the window, to read and write. A client that has one gets the same again.
 * TABLE_FULL: STORE_CLIENTS_MAX processes are attached, all run, and none is of the caller's principal. */
struct store_attach_req {
	uint8_t none[0];
};
struct store_attach_rep {
	uint64_t bytes; /* STORE_WINDOW_SIZE */
};
/* Forget the client: window, session and upload. */
struct store_detach_req {
	uint8_t none[0];
};
struct store_detach_rep {
	uint8_t none[0];
};
/* What to sign, once, under SIGN_DOMAIN_SESSION: the BLAKE3 digest of challenge, the client's principal and its process
 * id (8 bytes, little-endian). A new one replaces the one before. NOT_SEEDED. */
struct store_challenge_req {
	uint8_t none[0];
};
struct store_challenge_rep {
	uint8_t challenge[STORE_CHALLENGE_SIZE];
};
/* From now on the client acts as this key's AID too. BAD_SIGNATURE; NOT_FOUND: no challenge is open. Either way the
 * challenge is used up. */
struct store_prove_req {
	uint8_t key[32];
	uint8_t signature[64];
};
struct store_prove_rep {
	struct aid aid;
};

/* ---- objects; records in the window, at STORE_RECORD_AT ---- */
/* Content of `size` bytes (at most STORE_PART_SIZE) in the window, and its birth. INVALID: the birth is of another
 * content, or no birth; BAD_SIGNATURE; UNKNOWN_FORMAT; BUSY: the author has this content already, born otherwise.
 * DENIED: the author is not the session's key. */
struct store_put_req {
	uint32_t size;
	uint32_t record_size;
};
struct store_put_rep {
	uint64_t made; /* 0: exactly this was there already */
};

/* Longer contents. `upload` is a number the client chooses, not 0; a client has one upload at a time, and beginning
 * another gives up the one before. `offset` is how much the store has: go on there. */
struct store_upload_begin_req {
	uint64_t upload;
};
struct store_upload_begin_rep {
	uint64_t offset;
};
/* `size` bytes in the window; STORE_PART_SIZE, only the last part may be shorter. A part that is there already is
 * answered as it was. INVALID: not at the end. NOT_FOUND: no such upload (any more): begin again from 0. */
struct store_upload_part_req {
	uint64_t upload;
	uint64_t offset;
	uint64_t size;
};
struct store_upload_part_rep {
	uint64_t offset; /* of the next */
};
/* The birth. Statuses as store_put, and NOT_FOUND as above. */
struct store_upload_finish_req {
	uint64_t upload;
	uint64_t record_size;
};
struct store_upload_finish_rep {
	uint64_t made;
};
/* NOT_FOUND: there is none. */
struct store_upload_cancel_req {
	uint64_t upload;
};
struct store_upload_cancel_rep {
	uint8_t none[0];
};

/* The signed history, at the start of the window, for the client to verify (object_replay). An author of zeroes: the
 * first in order whose object of this content the client may read, or else know of; `id` says which.
 * DENIED: OBJECT_READ is missing. */
struct store_find_req {
	struct store_id id;
};
struct store_find_rep {
	struct store_id id;
	uint64_t history_size;
	uint64_t rights; /* of the client */
};
/* Part `index` of a content into the window. DENIED: OBJECT_READ is missing. INVALID: there is no such part. */
struct store_read_req {
	struct store_id id;
	uint64_t index;
};
struct store_read_rep {
	uint64_t size;
};

/* The next object after `cursor` (zeroes: from the first) in order of hash and author. `on` in the answer: the store
 * looked at many and saw none that the client may be told of; the row is zero, and the same question with this `on`
 * goes on from there (a cursor would tell of what was seen). It ascends. 0: from the cursor. NOT_FOUND: that was all. */
enum store_listing {
	STORE_LIST_OWN = 1,   /* what the client owns, as `who` (its session's AID or its principal: DENIED) */
	STORE_LIST_KNOWN = 2, /* all for which it has OBJECT_NAME; `who` is zero */
};
struct store_list_req {
	struct store_id cursor;
	struct aid who;
	uint64_t listing; /* enum store_listing */
	uint64_t on;
};
struct store_row {
	struct store_id id;
	struct aid owner;
	uint64_t rights; /* of the client; what follows is zero without OBJECT_READ */
	uint64_t size;
	uint64_t time_ns;
	uint32_t transfers;
	uint32_t entries; /* of the access list */
	char type[STORE_TYPE_MAX];
};
struct store_list_rep {
	uint64_t on;
	struct store_row row;
};

/* A transfer or a change of the access list: a record that follows (object_follows). The same again: OK.
 * DENIED: the session's key is not the owner's. INVALID, OUTDATED, BAD_SIGNATURE, QUOTA (a transfer too many). */
struct store_amend_req {
	uint64_t record_size;
};
struct store_amend_rep {
	uint8_t none[0];
};
/* The owner's deletion. DENIED: the session's key is not the owner's. What it freed is not said: that would tell
 * whether somebody else keeps the same content. ONCE: asked again, the answer is NOT_FOUND; os/store.h knows when
 * that is no error. */
struct store_delete_req {
	uint64_t record_size;
};
struct store_delete_rep {
	uint8_t none[0];
};

/* ---- names; a client is told of its own, and of others' that point to what it may be told of ---- */
/* A record that follows the newest of its name (object_name_follows). The same again: OK.
 * DENIED: it is not of the session's key. INVALID, OUTDATED, BAD_SIGNATURE. */
struct store_name_set_req {
	uint64_t record_size;
};
struct store_name_set_rep {
	uint8_t none[0];
};
/* The record at the start of the window, for the client to verify (object_name_decode). Sequence 0: the newest. */
struct store_name_get_req {
	struct aid owner;
	uint64_t sequence;
	char name[STORE_NAME_MAX];
	uint8_t reserved[7];
};
struct store_name_get_rep {
	uint64_t record_size;
};
/* The newest record of the owner's next name after `cursor` (empty: from the first), removed ones too; as store_name_get.
 * `on` as of store_list: then there is no record. NOT_FOUND: that was all. */
struct store_name_next_req {
	struct aid owner;
	char cursor[STORE_NAME_MAX];
	uint8_t reserved[7];
	uint64_t on;
};
struct store_name_next_rep {
	uint64_t on;
	uint64_t record_size;
	char name[STORE_NAME_MAX];
	uint8_t reserved[7];
};

/* ---- what a system service keeps for itself: under its principal, as the kernel stamps it; sessions do not count ---- */
/* `size` bytes in the window replace what was kept. Versions ascend: OUTDATED if there is this one already with other
 * bytes, or a later one. DENIED: the caller is anonymous. INVALID: more than STORE_STATE_MAX, or version 0. */
struct store_state_put_req {
	uint64_t version;
	uint64_t size;
};
struct store_state_put_rep {
	uint8_t none[0];
};
/* Into the window. NOT_FOUND: nothing is kept. */
struct store_state_get_req {
	uint8_t none[0];
};
struct store_state_get_rep {
	uint64_t version;
	uint64_t size;
};

#define STORE_METHODS(M)                                                                                   \
	M(1, store_info, STORE_INFO, FIXED, REPEAT)                                                        \
	M(2, store_totals, STORE_TOTALS, FIXED, REPEAT)                                                    \
	M(3, store_check, STORE_CHECK, OUT, REPEAT)                                                        \
	M(4, store_attach, STORE_ATTACH, FIXED, REPEAT)                                                    \
	M(5, store_detach, STORE_DETACH, FIXED, REPEAT)                                                    \
	M(6, store_challenge, STORE_CHALLENGE, FIXED, REPEAT)                                              \
	M(7, store_prove, STORE_PROVE, FIXED, REPEAT)                                                      \
	M(8, store_put, STORE_PUT, FIXED, REPEAT)                                                          \
	M(9, store_upload_begin, STORE_UPLOAD_BEGIN, FIXED, REPEAT)                                        \
	M(10, store_upload_part, STORE_UPLOAD_PART, FIXED, REPEAT)                                         \
	M(11, store_upload_finish, STORE_UPLOAD_FINISH, FIXED, REPEAT)                                     \
	M(12, store_upload_cancel, STORE_UPLOAD_CANCEL, FIXED, REPEAT)                                     \
	M(13, store_find, STORE_FIND, FIXED, REPEAT)                                                       \
	M(14, store_read, STORE_READ, FIXED, REPEAT)                                                       \
	M(15, store_list, STORE_LIST, FIXED, REPEAT)                                                       \
	M(16, store_amend, STORE_AMEND, FIXED, REPEAT)                                                     \
	M(17, store_delete, STORE_DELETE, FIXED, ONCE)                                                     \
	M(18, store_name_set, STORE_NAME_SET, FIXED, REPEAT)                                               \
	M(19, store_name_get, STORE_NAME_GET, FIXED, REPEAT)                                               \
	M(20, store_name_next, STORE_NAME_NEXT, FIXED, REPEAT)                                             \
	M(21, store_state_put, STORE_STATE_PUT, FIXED, REPEAT)                                             \
	M(22, store_state_get, STORE_STATE_GET, FIXED, REPEAT)
IFACE_ENUM(store, STORE_METHODS);
IFACE_FIT(STORE_METHODS)
ABI_SIZE(struct store_id, 64);
ABI_SIZE(struct store_info_rep, 152);
ABI_SIZE(struct store_cursor, 136);
ABI_SIZE(struct store_totals_rep, 192);
ABI_SIZE(struct store_check_rep, 232);
ABI_AT(struct store_check_rep, data, 40);
ABI_SIZE(struct store_put_req, 8);
ABI_SIZE(struct store_find_rep, 80);
ABI_SIZE(struct store_list_req, 112);
ABI_SIZE(struct store_row, 160);
ABI_SIZE(struct store_list_rep, 168);
ABI_SIZE(struct store_name_get_req, 112);
ABI_SIZE(struct store_name_next_req, 112);
ABI_SIZE(struct store_name_next_rep, 88);
