/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The end of a program that has found its own invariant broken: one line, then
 * a fault, so that whoever started it gets a report with a backtrace.
 * Not for what a caller or the system may cause: that is a status.
 */
#pragma once
#include <abi/cc.h>
#include <abi/status.h>

CC_NORETURN CC_COLD void panic(const char *text, ...) CC_PRINTF(1, 2);
CC_NORETURN CC_COLD void assert_failed(const char *condition, const char *file, int line);
CC_NORETURN CC_COLD void must_failed(const char *what, status_t status);

#define assert(condition)                                                                                  \
	do {                                                                                               \
		if (CC_UNLIKELY(!(condition)))                                                             \
			assert_failed(#condition, __FILE_NAME__, __LINE__);                                \
	} while (0)

/* For calls that can only fail if the program itself is wrong. */
#define must(call)                                                                                         \
	do {                                                                                               \
		status_t must_status = (call);                                                             \
		if (CC_UNLIKELY(must_status != STATUS_OK))                                                 \
			must_failed(#call, must_status);                                                   \
	} while (0)
