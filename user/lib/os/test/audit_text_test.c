/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Events as text: every word abi/audit.def uses is known, every name is found,
 * no length overflows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../audit_priv.h"
#include <abi/syscall.h>
#include <os/audit.h>
#include <os/names.h>

static const char *process(uint64_t id, char *text, size_t size)
{
	snprintf(text, size, "%s (%llu)", id == 1 ? "init" : "shell", (unsigned long long)id);
	return text;
}

static const char *object(uint32_t type, uint32_t slot, char *text, size_t size)
{
	snprintf(text, size, "%s %s", object_type_name(type), slot == 4 ? "store" : "?");
	return text;
}

static const struct audit_names names = {.process = process, .object = object};

static void expect(const struct audit_event *event, const struct audit_names *with, const char *expected)
{
	char text[256];
	size_t length = audit_text(text, sizeof(text), event, with);

	assert_string_equal(text, expected);
	assert_int_equal(length, strlen(expected));
}

static void test_every_word(void **state)
{
	(void)state;
	uint32_t kinds = 0;

	for (uint32_t kind = 0; kind < 256u; kind++) {
		const struct audit_kind_info *info = audit_kind_info(kind);
		enum audit_shape shape;

		if (info == NULL)
			continue;
		kinds++;
		if (!audit_shape_of(info->object, &shape))
			fail_msg("audit.def: nobody shows \"%s\" of %s", info->object, info->name);
		for (uint32_t i = 0; i < AUDIT_ARGUMENTS; i++) {
			if (!audit_shape_of(info->arguments[i], &shape))
				fail_msg("audit.def: nobody shows \"%s\" of %s", info->arguments[i],
				         info->name);
		}
	}
	assert_true(kinds >= 30);
}

static const struct audit_event denied = {
	.kind = AUDIT_CAP_DENIED,
	.subject = 3,
	.object = (uint64_t)OBJECT_ENDPOINT << 32 | 4u,
	.arguments = {SYSCALL_send, RIGHT_SEND | RIGHT_GRANT, HANDLE(7, 2), STATUS_DENIED},
};

static void test_denied(void **state)
{
	(void)state;
	expect(&denied, NULL, "endpoint 4, in send, lacks send grant, handle 7, DENIED");
	expect(&denied, &names,
	       "endpoint store, in send, lacks send grant, handle 7, DENIED");
}

static void test_granted(void **state)
{
	(void)state;
	struct audit_event event = {
		.kind = AUDIT_CAP_GRANTED,
		.object = (uint64_t)OBJECT_MEMORY << 32 | 9u,
		.arguments = {RIGHT_READ, 1, 0, HANDLE(3, 1)},
	};

	expect(&event, NULL, "memory 9, rights read, to process 1, handle 3");
	event.object = (uint64_t)OBJECT_POWER << 32;
	expect(&event, NULL, "power, rights read, to process 1, handle 3");
	event.object = (uint64_t)OBJECT_MEMORY << 32 | 9u;
	event.arguments[2] = 0x20;
	expect(&event, &names, "memory ?, rights read, to init (1), badge 32, handle 3");
	event.arguments[2] = 1ull << 63 | 2u;
	expect(&event, &names, "memory ?, rights read, to init (1), badge control 2, handle 3");
	event.arguments[2] = 0;
}

static void test_names_in_numbers(void **state)
{
	(void)state;
	struct audit_event event = {.kind = AUDIT_BINARY_REJECTED, .arguments = {STATUS_RENAMED}};

	memcpy(&event.arguments[1], "a-program-of-19-chs", 19);
	expect(&event, NULL, "RENAMED, a-program-of-19-chs");
	event.arguments[1] = 0x1b41;
	event.arguments[2] = 0;
	event.arguments[3] = 0;
	expect(&event, NULL, "RENAMED, A?");
}

static void test_principal(void **state)
{
	(void)state;
	struct audit_event event = {.kind = AUDIT_PROCESS_CREATED, .subject = 5, .object = 1};
	const struct aid aid = {.bytes = {1, 1, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89}};

	memcpy(event.arguments, &aid, sizeof(aid));
	expect(&event, &names, "parent init (1), principal abcdef012345");
}

static void test_fault_and_end(void **state)
{
	(void)state;
	struct audit_event event = {.kind = AUDIT_FAULT,
	                            .arguments = {FAULT_UNMAPPED, 0x10, 0x400267, FAULT_WRITE}};

	expect(&event, NULL, "nothing is mapped at the address, address 0x10, pc 0x400267, writing");
	event = (struct audit_event){.kind = AUDIT_PROCESS_ENDED,
	                             .arguments = {UINT64_MAX, 1234567890u, 1, FAULT_NONE}};
	expect(&event, NULL, "exit code -1, lived 1.234 s, killed");
}

static void test_unknown(void **state)
{
	(void)state;
	struct audit_event event = {.kind = 255, .object = 0x11};

	assert_null(audit_kind_info(255));
	assert_null(audit_kind_info(17));
	expect(&event, NULL, "kind 255, object 0x11");
	event = (struct audit_event){.kind = AUDIT_CAP_DENIED, .arguments = {63, 0, 0, 9999}};
	expect(&event, NULL, "in 63, handle none, ?");
	assert_string_equal(audit_class_name(99), "?");
	assert_string_equal(audit_class_name(AUDIT_CLASS_META), "meta");
}

/* Cut anywhere, nothing beyond the end is written, and the length is that of the whole. */
static void test_cut(void **state)
{
	(void)state;
	char whole[256], text[257];
	size_t length = audit_text(whole, sizeof(whole), &denied, &names);

	for (size_t size = 0; size <= length; size++) {
		memset(text, 0x7f, sizeof(text));
		assert_int_equal(audit_text(text, size, &denied, &names), length);
		assert_int_equal(text[size], 0x7f);
		if (size == 0)
			continue;
		assert_int_equal(strlen(text), size - 1u);
		assert_memory_equal(text, whole, size - 1u);
	}
}

static bool match(const char *words, const struct audit_event *event)
{
	struct audit_filter filter = {.process_count = 0};
	char word[32];

	for (int used = 0; sscanf(words, "%31s%n", word, &used) == 1; words += used)
		assert_true(audit_filter_add(&filter, word));
	return audit_filter_match(&filter, event);
}

static void test_filter(void **state)
{
	(void)state;
	const struct audit_event granted = {.kind = AUDIT_CAP_GRANTED, .subject = 1, .arguments = {RIGHT_READ, 7}};
	const struct audit_event unknown = {.kind = 255, .subject = 3};

	assert_true(match("", &denied) && match("", &unknown));
	assert_true(match("cap.denied", &denied) && match("cap", &denied) && match("security", &denied));
	assert_false(match("cap.granted", &denied) || match("channel", &denied) || match("meta", &denied));
	assert_true(match("meta cap", &denied) && match("3", &denied) && match("1 3", &denied));
	assert_false(match("4", &denied) || match("meta 3", &denied) || match("cap 4", &denied));
	assert_true(match("1", &granted) && match("7", &granted)); /* who did it, and to whom */
	assert_false(match("3", &granted));
	assert_false(match("cap", &unknown));
	assert_true(match("3", &unknown));
}

static void test_filter_words(void **state)
{
	(void)state;
	struct audit_filter filter = {.process_count = 0};

	assert_false(audit_filter_add(&filter, "ca") || audit_filter_add(&filter, "cap.") ||
	             audit_filter_add(&filter, "") || audit_filter_add(&filter, "denied") ||
	             audit_filter_add(&filter, "0") || audit_filter_add(&filter, "-1"));
	for (uint64_t id = 1; id <= AUDIT_FILTER_PROCESSES_MAX; id++)
		assert_true(audit_filter_add_process(&filter, id));
	assert_false(audit_filter_add(&filter, "99"));
	assert_true(audit_filter_add(&filter, "audit.dropped"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_word), cmocka_unit_test(test_denied),
		cmocka_unit_test(test_granted),    cmocka_unit_test(test_names_in_numbers),
		cmocka_unit_test(test_principal),  cmocka_unit_test(test_fault_and_end),
		cmocka_unit_test(test_unknown),    cmocka_unit_test(test_cut),
		cmocka_unit_test(test_filter),     cmocka_unit_test(test_filter_words),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	printf("%d passed, %d failed\n", (int)(sizeof(tests) / sizeof(tests[0])) - failed, failed);
	return failed != 0;
}
