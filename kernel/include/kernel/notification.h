/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Notifications: 64 bits, set by signallers, taken whole by one waiter. */
#pragma once
#include <kernel/thread.h>

struct notification {
	struct object object;
	uint64_t bits;         /* [a] pending */
	uint32_t endpoint;     /* [n] bound: delivered through recv there; NONE: by notification_wait */
	uint32_t waiter_head;  /* [n] */
	uint32_t waiter_tail;
	struct timer timer;
	uint64_t timer_bits;   /* [n] */
	struct lock lock;      /* n: LOCK_NOTIFICATION */
};
extern struct notification notification_table[NOTIFICATION_MAX] CC_FAR;

/* Set bits and wake. Callable from interrupts and with any lock below LOCK_NOTIFICATION not held. */
void notification_signal(uint32_t notification, uint64_t bits);
/* Same, if the generation still matches. */
void notification_signal_if(uint32_t notification, uint32_t generation, uint64_t bits);
void notification_expired(uint32_t notification);
bool notification_valid(const struct notification *notification);
