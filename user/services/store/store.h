/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The parts of the object store. The store itself is lib/object.h; here is who may
 * do what, and when it is answered.
 *
 *   medium.c   the disk or the memory it lies on
 *   unlock.c   the key of an encrypted disk
 *   client.c   who asks: windows and sessions
 *   change.c   changes under one commit, answered when it is durable
 *   object.c   put, upload, amend, delete
 *   look.c     find, read, list
 *   name.c     names
 *   whole.c    numbers, totals, the check, what services keep
 *   tidy.c     what is done when nobody asks
 *   main.c     start
 */
#pragma once
#include <lib/object.h>
#include <os/service.h>
#include <proto/store.h>

IFACE_HANDLERS(STORE_METHODS)

extern struct object_store objects;
/* Bytes on their way between a window and the store: one call at a time uses them. */
extern uint8_t part_bytes[OBJECT_PART_SIZE];
extern uint8_t record_bytes[STORE_RECORD_ROOM];

/* ---- medium.c ---- */
struct medium {
	enum store_medium kind;
	uint32_t flags;   /* enum store_flag */
	status_t problem; /* why the disk was refused */
	char model[32];
	uint64_t blocks;
	struct volume *volume; /* NULL: on nothing */
};
extern struct medium medium;
/* The disk failed under a change: the volume takes no more before it was mounted again. */
extern bool medium_failed;
/* Mount it again. A disk that cannot be is the end of this process: the next one says why. */
void medium_mend(void);
/* Mount what there is. Only a machine without memory or randomness fails here: a disk that is refused leaves the store
 * on nothing, and a machine without one on memory. */
CC_NODISCARD status_t medium_open(void);

/* ---- unlock.c ---- */
/* The device in an encrypted one. DENIED: nobody had the passphrase, at the one time somebody was asked. */
CC_NODISCARD status_t unlock(struct block_device *below, struct block_device **out_device);
/* Nobody needs to be asked any more, nor is there anybody whom this process could ask. */
void unlock_end(void);

/* ---- client.c ---- */
struct client {
	uint64_t process; /* id, its badge without flags; 0: the slot is free */
	struct aid principal;
	handle_t memory;
	uint8_t *window;
	uint64_t used; /* when, in calls */
	bool challenged, proved;
	uint8_t challenge[STORE_CHALLENGE_SIZE];
	struct aid aid; /* of the session's key */
	uint64_t upload_number; /* 0: none */
	struct object_upload upload;
	struct object_reader reader; /* size 0 and no page: nothing was read yet */
	/* Listings that saw none to tell of yet: how far they are is kept here, since it would tell of what they saw. */
	uint64_t on; /* counts them */
	struct {
		uint64_t on; /* 0: none */
		struct object_id reached;
	} listing;
	struct {
		uint64_t on; /* 0: none */
		char reached[STORE_NAME_MAX];
	} naming;
};
/* Of whoever called. CLOSED: not attached. UNSUPPORTED: the store serves nothing. */
CC_NODISCARD status_t client_of(const struct service_call *call, struct client **out_client);
/* The same, and it has a session: DENIED. */
CC_NODISCARD status_t client_signed(const struct service_call *call, struct client **out_client);
/* Rights of a client to an object, OBJECT_*; 0: it must not even be told that it exists. */
CC_NODISCARD uint32_t client_rights(const struct client *client, const struct object *object);
CC_NODISCARD bool client_is(const struct client *client, const struct aid *aid);
/* The window's content or record into part_bytes or record_bytes. INVALID: more than there is room for. */
CC_NODISCARD status_t client_part(const struct client *client, uint64_t size);
CC_NODISCARD status_t client_record(const struct client *client, uint64_t size);
void client_upload_end(struct client *client);
/* Nobody is known when a medium is opened. */
void clients_forget(void);
void client_numbers(uint64_t *out_clients, uint64_t *out_sessions);

/* ---- change.c ---- */
/* Before anything is changed: there is room for one more change in the open transaction. */
CC_NODISCARD status_t change_begin(void);
/* `status` of a change that may have been made: the result of the handler. On OK the caller is answered with the
 * reply's bytes when the change is durable. */
CC_NODISCARD status_t change_end(struct service_call *call, status_t status, const void *reply);
/* Commit, and answer all who wait. */
void change_commit(void);
CC_NODISCARD bool change_waits(void);
extern uint64_t changes_answered, changes_commits;
extern uint64_t changes_made; /* counts up at each: whether something was changed since */

/* ---- look.c ---- */
extern uint64_t reads_answered; /* parts of content given out */

/* ---- tidy.c ---- */
/* Something may be there to be given back. */
extern bool reclaim_wanted;
/* Give back a piece of what was deleted, or make room on a disk that fills up. True: there is more. */
CC_NODISCARD bool tidy(void);
