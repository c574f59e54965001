/* SPDX-License-Identifier: MPL-2.0 */
/* Between the parts of the store's client: one request, with what lies in the window for it. */
#pragma once
#include <os/store.h>

/* What is copied between the window and memory of one's own at once; divides STORE_PART_SIZE. */
#define STORE_SLICE 2048u

struct store_question {
	uint32_t method;
	uint32_t request_size;
	const void *request;
	uint32_t reply_size;
	uint32_t once;       /* 1: of a method that is ONCE */
	void *reply;
	const void *content; /* to the start of the window; NULL: it is there, or there is none */
	size_t content_size;
	const void *record;  /* to STORE_RECORD_AT; NULL: none */
	size_t record_size;
	bool lost; /* told: a store ended over it, and may have done it */
};
#define STORE_QUESTION(NAME, request_, reply_)                                                             \
	.method = (NAME), .request = &(request_), .request_size = sizeof(request_), .reply = &(reply_),    \
	.reply_size = sizeof(reply_)

/* The store does not know this client (any more): begin the session anew, and ask again. */
CC_NODISCARD bool store_is_new(status_t status);
/* How often a request is asked anew, of one store after the other, before it is given up. */
#define STORE_ATTEMPTS_MAX 8u

/* Attached, and the key proved, if there is one. store_is_new: try again. */
CC_NODISCARD status_t store_session(struct store_client *client, deadline_t deadline);
void store_session_forget(struct store_client *client);
/* Within the session there is; store_is_new: it is over, and what was in the window gone with it. */
CC_NODISCARD status_t store_ask_once(struct store_client *client, struct store_question *question, deadline_t deadline);
/* In as many sessions as it takes. */
CC_NODISCARD status_t store_ask(struct store_client *client, struct store_question *question);

/* The vault's signature of a digest; `purpose` is of KEYS_PURPOSES. DENIED: the client has no key. */
CC_NODISCARD status_t store_sign(struct store_client *client, uint64_t purpose, const uint8_t digest[HASH_SIZE],
                                 uint8_t out_signature[SIGNATURE_SIZE]);
/* Encoded, with the client's key, and signed. INVALID: it breaks a rule of object_record.h. */
CC_NODISCARD status_t store_record_sign(struct store_client *client, struct object_record *record,
                                        uint8_t out_bytes[OBJECT_RECORD_MAX], size_t *out_size);
/* Of the wall clock; 0: nobody set it. */
uint64_t store_time(void);
/* The history of an object, verified piece by piece: what is looked at was copied out of the window first. */
CC_NODISCARD status_t store_find_verified(struct store_client *client, const struct object_id *id,
                                          struct object *out_object, struct store_find_rep *out_reply);
