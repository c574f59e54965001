/* SPDX-License-Identifier: MPL-2.0 */
/* Counting for test programs; several threads may count. */
#include <os/check.h>
#include <os/print.h>
#include <os/status.h>

static uint32_t passed;
static uint32_t failed;

static void count(bool holds)
{
	__atomic_fetch_add(holds ? &passed : &failed, 1u, __ATOMIC_RELAXED);
}

void check_that(bool holds, const char *statement, const char *file, int line)
{
	count(holds);
	if (!holds)
		print("%s:%d: failed: %s\n", file, line, statement);
}

void check_status_is(status_t status, status_t expected, const char *call, const char *file, int line)
{
	count(status == expected);
	if (status != expected)
		print("%s:%d: failed: %s is %s, not %s\n", file, line, call, status_name(status),
		      status_name(expected));
}

int check_finish(void)
{
	print("%u passed, %u failed\n", passed, failed);
	return failed == 0 ? 0 : 1;
}
