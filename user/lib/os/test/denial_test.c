/* SPDX-License-Identifier: MPL-2.0 */
/* The sentences, word for word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include <os/denial.h>

static void expect(uint32_t missing, const char *granter, const char *sentence)
{
	const struct denial denial = {"shell", missing, "store", granter};
	char text[DENIAL_TEXT_MAX];

	assert_int_equal(denial_text(text, sizeof(text), &denial), strlen(sentence));
	assert_string_equal(text, sentence);
}

static void test_sentences(void **state)
{
	(void)state;
	expect(RIGHT_SEND, "init", "denied: shell lacks 'send' on store (could be granted by init)");
	expect(RIGHT_SEND | RIGHT_GRANT, "init or policy",
	       "denied: shell lacks 'send' and 'grant' on store (could be granted by init or policy)");
	expect(RIGHT_READ | RIGHT_WRITE | RIGHT_INSPECT, NULL,
	       "denied: shell lacks 'read', 'write' and 'inspect' on store (nobody holds it to give)");
	expect(0, "init", "denied: what shell holds on store does not allow this");
	expect(~RIGHTS_ALL, "init", "denied: what shell holds on store does not allow this");
}

static void test_policy(void **state)
{
	(void)state;
	char text[DENIAL_TEXT_MAX];

	denial_text_policy(text, sizeof(text), "hello", "irq_create");
	assert_string_equal(text, "denied: the profile of hello does not allow 'irq_create' "
	                          "(the policy service decides)");
}

static void test_fits(void **state)
{
	(void)state;
	char text[DENIAL_TEXT_MAX];
	const struct denial all = {"a-program-name-of-23-ch", RIGHTS_ALL, "an endpoint's name",
	                           "three of them"};

	assert_true(denial_text(text, sizeof(text), &all) < sizeof(text));
	memset(text, 0x7f, sizeof(text));
	assert_true(denial_text(text, 10, &all) > 10);
	assert_string_equal(text, "denied: a");
	assert_int_equal(text[10], 0x7f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_fits),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	printf("%d passed, %d failed\n", (int)(sizeof(tests) / sizeof(tests[0])) - failed, failed);
	return failed != 0;
}
