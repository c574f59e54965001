/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What test programs count with. Each says what failed as it fails, and ends
 * with "N passed, N failed" alone on a line.
 */
#pragma once
#include <abi/status.h>
#include <stdbool.h>
#include <stdint.h>

/* A statement that must hold. */
void check_that(bool holds, const char *statement, const char *file, int line);
void check_status_is(status_t status, status_t expected, const char *call, const char *file, int line);

#define check(condition) check_that((condition), #condition, __FILE_NAME__, __LINE__)
#define check_status(call, expected)                                                                       \
	check_status_is((call), STATUS_##expected, #call, __FILE_NAME__, __LINE__)

/* Print the count; the result is the program's exit code: 0 if nothing failed. */
int check_finish(void);
