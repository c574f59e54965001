/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A device's interrupt line, as bits of a notification. */
#pragma once
#include <os/syscall.h>

struct interrupt {
	handle_t irq;
};

/* Signal `bits` on the notification whenever the line fires; it stays quiet until interrupt_done. */
CC_NODISCARD status_t interrupt_open(handle_t irq, handle_t notification, uint64_t bits,
                                     struct interrupt *out_interrupt);
/* The device was looked after; the line may fire again. */
void interrupt_done(const struct interrupt *interrupt);
