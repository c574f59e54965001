/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of boot/ share. */
#pragma once
#include <arch/port.h>
#include <lib/fdt.h>

/* Append a range; nothing happens if it is empty or the array is full. */
void range_add(struct boot_range *ranges, uint32_t *count, uint64_t base, uint64_t size);
/* Is `word` one of the words of `text`? */
bool text_has(const char *text, const char *word);

/* The console first, so that everything after it can say what is missing. */
void machine_read_console(const struct fdt *fdt);
/* Interrupt controller, timer, firmware, and the devices for drivers. Refuses a machine without the first two. */
void machine_read(const struct fdt *fdt, struct boot_info *info);
