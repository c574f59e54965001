/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * printf for the kernel and programs, into a buffer or a sink.
 *
 *   %d %i %u %x %X   with hh, h, l, ll, z, t, j; flags 0 - + space #; width;
 *                    precision for integers; width and precision may be *
 *   %s               NULL prints "(null)"; precision bounds the bytes read
 *   %c %p %%         %p is 0x and sixteen digits
 * No floating point, no octal, no %n. A conversion it does not know is printed
 * as written and takes no argument.
 */
#pragma once
#include <abi/cc.h>
#include <stdarg.h>
#include <stddef.h>

/* Returns the length of the whole text; at least `size` means that it was cut. The buffer is always
 * terminated, unless size is 0. */
size_t format(char *buffer, size_t size, const char *text, ...) CC_PRINTF(3, 4);
size_t format_list(char *buffer, size_t size, const char *text, va_list arguments) CC_PRINTF(3, 0);

/* Every character goes to put(context, c), in order. */
void format_sink(void (*put)(void *context, char c), void *context, const char *text,
                 va_list arguments) CC_PRINTF(3, 0);
