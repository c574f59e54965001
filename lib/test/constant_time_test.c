/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Nothing that handles a secret branches on it or uses it as an address:
 * secret_flow.c under valgrind, compiled as programs are and as the kernel is.
 */
#include "test.h"

/* secret_flow's exit status under valgrind; its sentences, if any, are shown. */
static int watch(const char *level)
{
	char command[1024];

	snprintf(command, sizeof command, "valgrind --quiet --log-file=/dev/null %s/%s/secret_flow", SECRET_FLOW, level);
	const int status = system(command);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void as_programs_are(void **state)
{
	(void)state;
	assert_int_equal(watch("O2"), 0);
}

static void as_the_kernel_is(void **state)
{
	(void)state;
	assert_int_equal(watch("Oz"), 0);
}

TEST_MAIN(cmocka_unit_test(as_programs_are), cmocka_unit_test(as_the_kernel_is))
