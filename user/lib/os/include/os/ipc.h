/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Messages. Two layers: struct message with the message calls, inline and next
 * to the trap; and ipc_request, which carries a struct there and one back.
 *
 * The first 32 bytes of a payload are the words; the rest lies in the message
 * page at its own offset. Both are overwritten by the next message, so a
 * receiver copies before it does anything else.
 */
#pragma once
#include <os/local.h>

struct message {
	uint64_t tag; /* MESSAGE_TAG */
	uint64_t words[MESSAGE_WORDS];
	uint64_t badge; /* received: of the capability the sender used; bits of a notification */
	handle_t reply; /* received: who waits, if somebody does */
};

/* Send and wait for the reply, which replaces *message. */
CC_NODISCARD CC_INLINE status_t ipc_call(handle_t endpoint, struct message *message, deadline_t deadline);
/* Queue; the receiver answers nobody. FULL when the queue is. */
CC_NODISCARD CC_INLINE status_t ipc_send(handle_t endpoint, const struct message *message);
/* Wait for a message or the bound notification. */
CC_NODISCARD CC_INLINE status_t ipc_receive(handle_t endpoint, struct message *out_message,
                                            deadline_t deadline);
/* Answer the caller named by message->reply. */
CC_NODISCARD CC_INLINE status_t ipc_reply(const struct message *message);
/* Answer it, and wait for the next message, which replaces *message: one trap. */
CC_NODISCARD CC_INLINE status_t ipc_reply_receive(handle_t endpoint, struct message *message,
                                                  deadline_t deadline);

/* Attach a capability to this thread's next message (ipc_request, service_answer, a handler's reply);
 * at most MESSAGE_CAPS_MAX. rights: those to pass on. flags: MESSAGE_CAP_MOVE or 0. */
void ipc_attach(handle_t handle, uint32_t rights, uint32_t flags);
/* Put what was attached since the last message into the message page; returns how many, for the tag. */
uint32_t ipc_attached(void);
/* Capability `index` of the message just received: taken over by the caller, who must drop it.
 * HANDLE_NONE if there was none. Whoever does not take one may forget it with ipc_discard. */
handle_t ipc_take(const struct message *message, uint32_t index);
void ipc_discard(const struct message *message);

/* Send `bytes` (at most MESSAGE_PAYLOAD_MAX) and what was attached under `method`, and wait for the reply.
 * The status is the label of the reply, or why there was none. On OK reply_min..reply_max bytes were
 * copied to *reply; *out_extra (may be NULL) are those beyond reply_min. INVALID: a reply of another size. */
CC_NODISCARD status_t ipc_request(handle_t server, deadline_t deadline, uint32_t method,
                                  const void *request, size_t bytes, void *reply, size_t reply_min,
                                  size_t reply_max, size_t *out_extra);
/* The same, and again while the answer is RESTARTED: IFACE_REPEATS_MAX times at most, until the deadline,
 * with the same capabilities attached, which therefore must not be moved ones. */
CC_NODISCARD status_t ipc_request_repeat(handle_t server, deadline_t deadline, uint32_t method,
                                         const void *request, size_t bytes, void *reply, size_t reply_min,
                                         size_t reply_max, size_t *out_extra);
/* The capability that came with the last reply of ipc_request on this thread, likewise taken over. */
handle_t ipc_reply_take(uint32_t index);

/* This thread's loan, a page of its own, which goes with a call whose tag has MESSAGE_LEND: the server reads and writes
 * it until it answers. After a call that ended in any other way it is another, empty page. */
CC_INLINE void *ipc_loan(void) { return (uint8_t *)arch_message_page() + MESSAGE_LOAN_OFFSET; }
/* Where a server sees the page of the call received last, if it brought one (MESSAGE_LEND): there until it is answered.
 * The caller's other threads may be writing: look once, or copy. */
CC_INLINE void *ipc_window(void) { return (uint8_t *)arch_message_page() + MESSAGE_WINDOW_OFFSET; }

/* Between a struct and a message's words and page. */
void ipc_store(struct message *message, const void *from, size_t bytes);
void ipc_load(const struct message *message, void *to, size_t bytes);

#include <os/ipc_inline.h>
