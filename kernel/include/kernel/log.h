/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The kernel log: text with a time at the start of each line, in a ring that
 * programs read by position, and on the boot console until a driver takes that
 * device over. log_print itself is declared in arch.h, for ports use it too.
 * Text may contain line breaks; a line ends where the text says so.
 */
#pragma once
#include <kernel/arch.h>

#define LOG_BYTES 65536u

/* A program claims a device: if it is what the boot console writes to, the kernel stops writing there. */
void log_device_claimed(enum region_kind kind, uint64_t base, uint64_t size);
/* The same, said outright. */
void log_console_release(void);
/* From here on everything goes to the console, and no lock is taken: the other CPUs have stopped. */
void log_panic(void);

/* Text of a program as lines of their own, each beginning with `name`. Other than line feed and tab, control
 * characters become '?'. */
void log_write(const char *name, const volatile uint8_t *text, uint32_t length);
/* Copy up to `size` bytes from `position` (bytes since boot), or from the oldest there is if that is gone.
 * Returns how many; *out_next is the position after them. */
uint32_t log_read(uint64_t position, uint8_t *to, uint32_t size, uint64_t *out_next);
