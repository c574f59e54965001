/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Interrupts as objects: claimed once, bound to a notification, acknowledged by the driver. Lines come first in the
 * numbering, then messages, as <kernel/arch.h> has it.
 */
#pragma once
#include <kernel/object.h>

struct irq {
	struct object object;
	uint32_t number;       /* [c] the port's number of the line or message */
	uint32_t trigger;      /* [c] */
	uint32_t notification; /* [O] bound, referenced, or NONE */
	uint32_t notification_generation; /* [O] */
	uint64_t bits;         /* [O] */
	uint64_t bound_by;     /* [O] id of the process that bound it, 0: nobody yet; for display */
	struct lock lock;      /* O: LOCK_MEMORY */
};
extern struct irq irq_table[IRQ_MAX] CC_FAR;
#define IRQ_LINES_MAX 1024u
#define IRQ_MESSAGES_MAX 128u
#define IRQ_NUMBERS_MAX (IRQ_LINES_MAX + IRQ_MESSAGES_MAX)

/* What is known of a line or message: how often it fired, and the slot that has claimed it, or NONE. False: no such
 * number. */
CC_NODISCARD bool irq_line_get(uint32_t number, uint64_t *out_count, uint32_t *out_slot);
/* Claims and lines agree. */
bool irq_valid(void);
