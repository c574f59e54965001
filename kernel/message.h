/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Moving a message between two threads: registers, the rest of the payload
 * from page to page, the sender's principal, and capabilities.
 *
 * message_copy is the one place where a delivered message gets its sender: it
 * is the principal the sending thread's process was bound to at creation.
 */
#pragma once
#include <kernel/cap.h>
#include <kernel/principal.h>
#include <kernel/thread.h>

/* Capabilities named by a message, read once from the sender's page. */
struct message_caps {
	uint32_t count;
	uint32_t holder; /* process slot they are looked up in */
	struct message_cap cap[MESSAGE_CAPS_MAX];
};

extern const struct message_caps message_no_caps;

/* A tag that says: payload of a length that may be, no capabilities, nothing else to check. */
CC_INLINE bool message_is_plain(uint64_t tag) { return (uint32_t)tag <= MESSAGE_PAYLOAD_MAX; }

/* The part of message_check for what is not plain. */
CC_NODISCARD status_t message_check_tag(struct thread *from, uint64_t tag, struct message_caps *out_caps);
/* Check a tag: INVALID, or the capability's own error. Fills out_caps. */
CC_NODISCARD CC_INLINE status_t message_check(struct thread *from, uint64_t tag, struct message_caps *out_caps)
{
	out_caps->count = 0;
	return message_is_plain(tag) ? STATUS_OK : message_check_tag(from, tag, out_caps);
}

/* Pass on capabilities to `to`, which the caller owns; one that cannot be passed (its source died, the
 * receiver's table is full) arrives as HANDLE_NONE. No lock held. */
void message_pass_caps(struct thread *to, const struct message_caps *caps);

/* Bytes 32.. of a longer payload, in whole words. */
/*@ requires MESSAGE_WORD_BYTES < length && length <= MESSAGE_PAYLOAD_MAX;
    assigns to->payload[0 .. MESSAGE_PAYLOAD_MAX - 1]; */
CC_INLINE void message_copy_payload(struct message_page *to, const struct message_page *from, uint32_t length)
{
	uint64_t *target = (uint64_t *)(void *)(to->payload + MESSAGE_WORD_BYTES);
	const uint64_t *source = (const uint64_t *)(const void *)(from->payload + MESSAGE_WORD_BYTES);
	uint32_t words = (length - MESSAGE_WORD_BYTES + 7u) / 8u;
	/* In pairs, so that two registers do: the path this is on has none to spare. */
	for (; words >= 4u; words -= 4u, source += 4, target += 4) {
		uint64_t a = source[0], b = source[1];
		target[0] = a;
		target[1] = b;
		uint64_t c = source[2], d = source[3];
		target[2] = c;
		target[3] = d;
	}
	CC_NO_UNROLL
	for (; words > 0; words--)
		*target++ = *source++;
}

/* Tag, words, principal and payload; the sender's registers and page hold still (it is current or queued). */
/*@ requires \valid(to) && \valid(to->page) && \valid_read(from) && \valid_read(from->page) && \valid_read(from->owner);
    requires (tag & 0xffff) <= MESSAGE_PAYLOAD_MAX;
    requires \separated(to, to->page, from->owner) && \separated(from, to->page, to);
    assigns to->regs.arg[1 .. 5], to->page->sender, to->page->payload[0 .. MESSAGE_PAYLOAD_MAX - 1];
    ensures sender: to->page->sender == from->owner->principal; */
CC_INLINE void message_copy(struct thread *to, const struct thread *from, uint64_t tag)
{
	to->regs.arg[1] = tag;
	to->regs.arg[2] = from->regs.arg[2];
	to->regs.arg[3] = from->regs.arg[3];
	to->regs.arg[4] = from->regs.arg[4];
	to->regs.arg[5] = from->regs.arg[5];
	principal_stamp(&to->page->sender, from->owner);
	if (CC_UNLIKELY(MESSAGE_LENGTH(tag) > MESSAGE_WORD_BYTES))
		message_copy_payload(to->page, from->page, MESSAGE_LENGTH(tag));
}

/* The same, where size counts more than speed. */
void message_copy_shared(struct thread *to, const struct thread *from, uint64_t tag);
