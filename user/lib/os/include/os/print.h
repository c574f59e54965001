/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Text for people: to the console if the program has a capability to it, else
 * to the kernel log, else nowhere. Formats are those of lib/format.h. One call
 * is one message where it fits into CONSOLE_DATA_MAX bytes, so lines of several
 * writers do not mix. A console that is being restarted is waited for.
 */
#pragma once
#include <abi/cc.h>
#include <stdarg.h>
#include <stddef.h>

void print(const char *text, ...) CC_PRINTF(1, 2);
void print_list(const char *text, va_list arguments) CC_PRINTF(1, 0);
void print_bytes(const char *bytes, size_t length);
