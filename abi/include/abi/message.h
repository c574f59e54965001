/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Messages and the page they travel through.
 *
 * Every thread shares one page with the kernel. The first 32 bytes of a
 * payload travel in registers (four words); bytes 32 and up travel through
 * `payload` at their own offset. The kernel copies page to page, so no user
 * pointer is ever checked on the message path.
 */
#pragma once
#include <abi/types.h>

#define MESSAGE_PAYLOAD_MAX 256u
#define MESSAGE_WORD_BYTES 32u
#define MESSAGE_WORDS 4u
#define MESSAGE_CAPS_MAX 4u

/*
 * Tag word: payload length in bits 0..15, number of capabilities in bits
 * 16..22, bit 23: the caller's loan comes with it (call only), kind in bits
 * 24..31 (written by the kernel on delivery), the method or status of the
 * protocol in bits 32..63.
 */
#define MESSAGE_TAG(label, length, caps)                                                          \
	(((uint64_t)(uint32_t)(label) << 32) | ((uint64_t)(caps) << 16) | (uint64_t)(length))
#define MESSAGE_LENGTH(tag) ((uint32_t)((tag) & 0xffffu))
#define MESSAGE_CAPS(tag) ((uint32_t)(((tag) >> 16) & 0x7fu))
#define MESSAGE_LEND (1ull << 23)
#define MESSAGE_KIND(tag) ((uint32_t)(((tag) >> 24) & 0xffu))
#define MESSAGE_LABEL(tag) ((uint32_t)((tag) >> 32))

enum message_kind {
	MESSAGE_CALL = 0,         /* the sender waits; answer with the reply handle */
	MESSAGE_SEND = 1,         /* queued; there is nobody to answer */
	MESSAGE_NOTIFICATION = 2, /* the bound notification's bits are in the badge register */
};

/* A capability to send (in) or received (out). */
struct message_cap {
	handle_t handle;
	uint32_t rights; /* in: rights to pass on, a subset; out: rights received */
	uint32_t flags;  /* MESSAGE_CAP_*; out: enum object_type */
};
#define MESSAGE_CAP_MOVE 1u /* move mine; without it, derive a copy (needs the grant right) */

/*
 * Behind its message page every thread has its loan, a page that comes into
 * being when it is touched, and its window, where the loan of a call it has
 * received is seen, to be read and written, until it answers, receives another
 * one, or ends. A caller who goes on without an answer loses the page to the
 * server; the next touch makes a new one.
 */
#define MESSAGE_LOAN_OFFSET 4096u
#define MESSAGE_WINDOW_OFFSET 8192u

#define MESSAGE_LOCAL_SIZE 640u
#define MESSAGE_BULK_SIZE 3072u

struct message_page {
	uint64_t self;           /* user address of this page: the thread pointer leads here */
	uint32_t thread_id;      /* kernel slot of the thread, for display */
	uint32_t process_id;     /* kernel slot of the process, for display */
	struct aid sender;       /* stamped by the kernel on each delivery */
	uint8_t reserved[16];
	struct message_cap caps[MESSAGE_CAPS_MAX];
	uint8_t payload[MESSAGE_PAYLOAD_MAX];
	uint8_t local[MESSAGE_LOCAL_SIZE]; /* the system library's thread-local data */
	uint8_t bulk[MESSAGE_BULK_SIZE];   /* startup block; info results; text for log_write */
};
ABI_SIZE(struct message_cap, 16);
ABI_SIZE(struct message_page, 4096);
ABI_AT(struct message_page, sender, 16);
ABI_AT(struct message_page, caps, 64);
ABI_AT(struct message_page, payload, 128);
ABI_AT(struct message_page, local, 384);
ABI_AT(struct message_page, bulk, 1024);
