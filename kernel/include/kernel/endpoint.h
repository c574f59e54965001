/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Endpoints: where servers receive. Two queues that are never both in use with
 * live entries: threads that wait to receive, and threads or queued messages
 * that wait to be received, in order of arrival.
 */
#pragma once
#include <kernel/cap.h>
#include <kernel/thread.h>

/* A message of `send` between queueing and delivery. */
struct queued {
	struct object object;
	uint32_t next;       /* [e] */
	uint32_t cap;        /* cap index it came through */
	uint64_t tag;
	uint64_t badge;
	struct aid sender;
	uint8_t payload[MESSAGE_PAYLOAD_MAX];
};
extern struct queued queued_table[QUEUED_MAX] CC_FAR;

struct endpoint {
	struct object object;
	struct lock lock;          /* e: LOCK_ENDPOINT */
	uint32_t receiver_head;    /* [e] threads RECEIVING */
	uint32_t receiver_tail;
	uint32_t sender_head;      /* [e] threads SENDING */
	uint32_t sender_tail;
	uint32_t queued_head;      /* [e] messages of send */
	uint32_t queued_tail;
	uint32_t queued_count;
	uint32_t queue_depth;      /* [c] slots reserved in queued_table */
	uint32_t receivers;        /* [a] capabilities with RIGHT_RECEIVE; 0: callers get GONE */
	uint32_t notification;     /* [e] bound, or NONE; referenced */
	uint32_t server;           /* [e] thread that received last, for priority inheritance */
	bool queued_turn;          /* [e] a queued message goes before a waiting caller */
};
extern struct endpoint endpoint_table[ENDPOINT_MAX] CC_FAR;

/* A process is going, and its capabilities have gone: everybody who waits for its reply gets RESTARTED if
 * somebody else can receive at the endpoint that was called, else GONE. Bounded by the thread table. */
void endpoint_process_gone(uint32_t process);
bool endpoint_valid(const struct endpoint *endpoint);
