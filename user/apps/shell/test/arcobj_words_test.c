/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What words after `arcobj` mean, and that content shown does nothing to a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lib/object_record.h>

#include "../arcobj_words.h"

static void test_rights(void **context)
{
	uint32_t rights = 77;

	(void)context;
	assert_true(arcobj_words_rights("read", &rights));
	assert_int_equal(rights, OBJECT_READ);
	assert_true(arcobj_words_rights("name", &rights));
	assert_int_equal(rights, OBJECT_NAME);
	assert_true(arcobj_words_rights("name,read", &rights) && arcobj_words_rights("all", &rights));
	assert_int_equal(rights, OBJECT_RIGHTS);
	assert_false(arcobj_words_rights("", &rights) || arcobj_words_rights("write", &rights) ||
	             arcobj_words_rights("read,", &rights));
	assert_int_equal(rights, OBJECT_RIGHTS);
}

static void test_duration(void **context)
{
	static const char *const wrong[] = {"", "s", "10", "0s", "10y", "s10", "-1s", "99999999999d", "1 s", "4294967296s"};
	uint64_t ns = 77;

	(void)context;
	assert_true(arcobj_words_duration("90s", &ns));
	assert_int_equal(ns, 90000000000ull);
	assert_true(arcobj_words_duration("2h", &ns));
	assert_int_equal(ns, 7200000000000ull);
	assert_true(arcobj_words_duration("7d", &ns));
	assert_int_equal(ns, 7ull * 86400 * 1000000000);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ns = 77;
		assert_false(arcobj_words_duration(wrong[i], &ns));
		assert_int_equal(ns, 77);
	}
}

static void test_whose(void **context)
{
	char who[6];
	const char *name;

	(void)context;
	assert_true(arcobj_words_whose("hello/plan", who, sizeof(who), &name));
	assert_string_equal(who, "hello");
	assert_string_equal(name, "plan");
	assert_true(arcobj_words_whose("me/a/b@2", who, sizeof(who), &name));
	assert_string_equal(who, "me");
	assert_string_equal(name, "a/b@2");
	assert_false(arcobj_words_whose("plan", who, sizeof(who), &name));
	assert_false(arcobj_words_whose("/plan", who, sizeof(who), &name));
	assert_false(arcobj_words_whose("hello/", who, sizeof(who), &name));
	assert_false(arcobj_words_whose("hellos/plan", who, sizeof(who), &name));
	assert_false(arcobj_words_whose("", who, sizeof(who), &name));
}

static void test_version(void **context)
{
	char name[5];
	uint64_t version = 0;

	(void)context;
	assert_true(arcobj_words_version("plan@3", name, sizeof(name), &version));
	assert_string_equal(name, "plan");
	assert_int_equal(version, 3);
	assert_true(arcobj_words_version("a@b@1", name, sizeof(name), &version));
	assert_string_equal(name, "a@b");
	assert_false(arcobj_words_version("plans@3", name, sizeof(name), &version)); /* too long */
	assert_false(arcobj_words_version("plan", name, sizeof(name), &version));
	assert_false(arcobj_words_version("plan@", name, sizeof(name), &version));
	assert_false(arcobj_words_version("plan@0", name, sizeof(name), &version));
	assert_false(arcobj_words_version("@3", name, sizeof(name), &version));
	assert_false(arcobj_words_version("", name, sizeof(name), &version));
}

static bool put(struct arcobj_put_words *out, char **words, const char *line)
{
	static char text[80];
	int count = 0;

	strcpy(text, line);
	for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " "))
		words[count++] = word;
	return arcobj_words_put(count, words, out);
}

static void test_put(void **context)
{
	struct arcobj_put_words found;
	char *words[16];

	(void)context;
	assert_true(put(&found, words, "-n plan first -t text/html draft -p 7d86"));
	assert_string_equal(found.name, "plan");
	assert_string_equal(found.type, "text/html");
	assert_string_equal(found.parent, "7d86");
	assert_null(found.module);
	assert_int_equal(found.text_count, 2);
	assert_string_equal(words[0], "first");
	assert_string_equal(words[1], "draft");
	assert_true(put(&found, words, "-f hello"));
	assert_string_equal(found.module, "hello");
	assert_false(put(&found, words, ""));
	assert_false(put(&found, words, "-f"));
	assert_false(put(&found, words, "-n plan"));
	assert_false(put(&found, words, "-f hello and text"));
}

static void test_safe(void **context)
{
	static const uint8_t bytes[] = "ab\tc\n\x1b[2J\r\0\x7f\xff";
	char text[64];
	size_t taken, length;

	(void)context;
	length = arcobj_words_safe(text, sizeof(text), bytes, sizeof(bytes) - 1u, &taken);
	assert_int_equal(taken, sizeof(bytes) - 1u);
	text[length] = '\0';
	assert_string_equal(text, "ab\tc\n\\x1b[2J\\x0d\\x00\\x7f\\xff");
	/* Whole bytes alone, whatever room there is, and always some. */
	for (size_t room = 5; room < sizeof(text); room++) {
		char *exact = malloc(room);
		size_t at = 0;

		for (; at < sizeof(bytes) - 1u; at += taken) {
			length = arcobj_words_safe(exact, room, bytes + at, sizeof(bytes) - 1u - at, &taken);
			assert_true(taken > 0 && length <= room);
		}
		assert_int_equal(at, sizeof(bytes) - 1u);
		free(exact);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_rights),
	cmocka_unit_test(test_duration),
	cmocka_unit_test(test_version), cmocka_unit_test(test_whose),
	cmocka_unit_test(test_put),
	cmocka_unit_test(test_safe),
};

int main(void)
{
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	printf("%d passed, %d failed\n", (int)(sizeof(tests) / sizeof(tests[0])) - failed, failed);
	return failed != 0;
}
