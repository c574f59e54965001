/* SPDX-License-Identifier: MPL-2.0 */
/* Answers of every length and status, to a client that has room for some: what is taken, and that nothing else is
 * written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include <abi/syscall.h>
#include <os/ipc.h>

#define LENGTH_MAX 0xffffu /* what a tag can say */

struct message_page host_message_page;
static uint64_t answer; /* tag of the next */

void host_syscall(uint64_t number, uint64_t regs[8])
{
	assert_int_equal(number, SYSCALL_call);
	regs[0] = STATUS_OK;
	regs[1] = answer;
}

/* One answer, to a block of just as many bytes as it may have: the sanitizer sees whatever lies beyond. */
static status_t ask(uint32_t status, size_t length, size_t least, size_t most, size_t *out_extra)
{
	uint8_t request[8] = {0};
	uint8_t *reply = malloc(most + 1u);

	reply[most] = 0x5a;
	answer = MESSAGE_TAG(status, length, 0);
	status_t result = ipc_request(1, DEADLINE_NEVER, 1, request, sizeof(request), reply, least, most, out_extra);
	assert_int_equal(reply[most], 0x5a);
	free(reply);
	return result;
}

static void lengths(void **state)
{
	static const size_t rooms[][2] = {{0, 0}, {8, 8}, {32, 32}, {33, 33}, {0, 40}, {16, 256}, {256, 256}};
	size_t extra;

	(void)state;
	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		size_t least = rooms[i][0], most = rooms[i][1];

		for (size_t length = 0; length <= LENGTH_MAX; length += length < 300u ? 1u : 97u) {
			bool fits = least <= length && length <= most;

			extra = SIZE_MAX;
			assert_int_equal(ask(STATUS_OK, length, least, most, &extra),
			                 fits ? STATUS_OK : STATUS_INVALID);
			assert_true(extra == (fits ? length - least : SIZE_MAX));
		}
	}
}

/* A refusal is a refusal, however long, and nothing of it is taken. */
static void refusals(void **state)
{
	size_t extra = SIZE_MAX;

	(void)state;
	for (uint32_t status = 1; status < 64; status++) {
		assert_int_equal(ask(status, LENGTH_MAX, 8, 8, &extra), status);
		assert_int_equal(ask(status, 0, 8, 8, &extra), status);
	}
	assert_true(extra == SIZE_MAX);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(lengths), cmocka_unit_test(refusals)};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	printf("%d passed, %d failed\n", (int)(sizeof(tests) / sizeof(tests[0])) - failed, failed);
	return failed != 0;
}
