/* SPDX-License-Identifier: MPL-2.0 */
/* Words for numbers, and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include <abi/cap.h>
#include <os/names.h>

static void test_rights(void **state)
{
	(void)state;
	char text[128];

	rights_text(text, sizeof(text), 0);
	assert_string_equal(text, "none");
	assert_int_equal(rights_text(text, sizeof(text), RIGHTS_ALL), strlen(text));
	assert_string_equal(text, "all");
	rights_text(text, sizeof(text), RIGHTS_ALL & ~(uint64_t)RIGHT_SEND);
	assert_string_equal(text, "all but send");
	rights_text(text, sizeof(text), RIGHTS_ALL & ~(uint64_t)(RIGHT_SEND | RIGHT_READ));
	assert_string_equal(text, "write execute receive signal wait manage grant revoke inspect");
	assert_int_equal(rights_text(text, 3, RIGHT_READ | RIGHT_WRITE), 10);
	assert_string_equal(text, "re");
}

static void test_rights_read(void **state)
{
	(void)state;
	uint32_t rights = 77;

	assert_true(rights_read("read", &rights));
	assert_int_equal(rights, RIGHT_READ);
	assert_true(rights_read("read,write,inspect", &rights));
	assert_int_equal(rights, RIGHT_READ | RIGHT_WRITE | RIGHT_INSPECT);
	rights = 77;
	assert_false(rights_read("", &rights) || rights_read("rea", &rights) || rights_read("reads", &rights) ||
	             rights_read("read,", &rights) || rights_read(",read", &rights) ||
	             rights_read("read,,write", &rights) || rights_read("read write", &rights));
	assert_int_equal(rights, 77);
}

static void test_object_types(void **state)
{
	(void)state;
	assert_string_equal(object_type_name(OBJECT_ENDPOINT), "endpoint");
	assert_string_equal(object_type_name(OBJECT_AUDIT), "audit");
	assert_string_equal(object_type_name(15), "?");
}

static void test_principal_text(void **state)
{
	(void)state;
	char text[PRINCIPAL_TEXT_MAX];
	struct aid aid = {.bytes = {1, 1, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67}};

	assert_string_equal(principal_text(text, &aid), "abcdef012345");
	memset(&aid, 0, sizeof(aid));
	assert_string_equal(principal_text(text, &aid), "anonymous");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_rights_read),
		cmocka_unit_test(test_object_types),
		cmocka_unit_test(test_principal_text),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	printf("%d passed, %d failed\n", (int)(sizeof(tests) / sizeof(tests[0])) - failed, failed);
	return failed != 0;
}
