/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The wait word: its two parts, its next value at every carry, and which handle answers which wait. */
#include "../../lib/test/test.h"
#include <kernel/wait.h>

#define WAIT(number, state) ((uint64_t)(number) << 8 | (state))

/* Numbers about every power of two that fit in 56 bits. */
#define EACH_NUMBER(number)                                                                                            \
	for (uint32_t bit = 0; bit < 56; bit++)                                                                        \
		for (uint64_t number = (1ull << bit) - 1; number <= (1ull << bit) + 1; number++)

static void parts(void **state)
{
	(void)state;
	EACH_NUMBER(number) {
		for (uint32_t is = 0; is < 256; is += 15) {
			const uint64_t wait = WAIT(number, is);
			assert_int_equal(wait_state(wait), is);
			assert_int_equal(wait_with(wait, 255 - is), WAIT(number, 255 - is));
			assert_int_equal(wait_next(wait, 255 - is), WAIT(number + 1, 255 - is));
		}
	}
	assert_int_equal(wait_next(UINT64_MAX, 3), 3); /* after the last number comes the first */
	assert_int_equal(wait_with(UINT64_MAX, 3), WAIT((1ull << 56) - 1, 3));
}

static void handles(void **state)
{
	(void)state;
	EACH_NUMBER(number) {
		const uint64_t wait = WAIT(number, THREAD_REPLYING);
		const handle_t handle = reply_handle(17, wait);
		assert_int_equal(handle >> 32, number & UINT32_MAX);
		assert_int_equal((uint32_t)handle, HANDLE_REPLY + 17);
		assert_true(reply_answers(handle, 17, wait));
		assert_false(reply_answers(handle, 18, wait));
		assert_false(reply_answers(handle, 17, wait_next(wait, THREAD_REPLYING)));
		assert_false(reply_answers(handle ^ 1ull << 63, 17, wait));
		for (uint32_t other = 0; other < 256; other++)
			assert_int_equal(reply_answers(handle, 17, wait_with(wait, other)), other == THREAD_REPLYING);
	}
}

TEST_MAIN(cmocka_unit_test(parts), cmocka_unit_test(handles))
