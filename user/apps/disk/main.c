/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of a disk: which, says the first argument. Whoever runs this may write to all of it. */
#include "disk.h"
#include <lib/string.h>
#include <lib/text.h>
#include <os/panic.h>
#include <os/print.h>

static bool is(int argc, char **argv, const char *word)
{
	return argc > 1 && strcmp(argv[1], word) == 0;
}

static void all(void)
{
	test_memory();
	test_refusals();
	test_data();
	test_erase();
	test_flight(0);
	check_status(detach(), OK);
}

int main(int argc, char **argv)
{
	uint64_t number = 0;

	if (argc > 3 || (argc == 3 && !text_number(argv[2], &number))) {
		print("usage: disk [steady MILLISECONDS | write SEED | verify SEED | read-only | failing BLOCK | slow]\n");
		return 2;
	}
	session_open();
	if (argc > 1)
		must(attach(MEMORY_BLOCKS));
	if (is(argc, argv, "steady"))
		test_flight(number);
	else if (is(argc, argv, "write"))
		test_write(number);
	else if (is(argc, argv, "verify"))
		test_verify(number);
	else if (is(argc, argv, "read-only"))
		test_read_only();
	else if (is(argc, argv, "failing"))
		test_failing(number);
	else if (is(argc, argv, "slow"))
		test_slow();
	else if (argc == 1)
		all();
	return check_finish();
}
