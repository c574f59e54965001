/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Numbers, words, near misses and sizes. */
#include "test.h"
#include <lib/text.h>
#include <string.h>

static void numbers(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t value;
	} good[] = {
		{ "0", 0 }, { "00017", 17 }, { "0x1F", 31 }, { "0Xff", 255 }, { "0xaAfF09", 0xaaff09 },
		{ "18446744073709551615", UINT64_MAX }, { "0xffffffffffffffff", UINT64_MAX },
		{ "0x00000000000000000001", 1 },
	};
	static const char *const bad[] = {
		"", "0x", "x", " 1", "1 ", "-1", "+1", "1a", "0xg", "18446744073709551616",
		"0x10000000000000000", "99999999999999999999999", "1.5",
		"1:", "1?", "1@", "0x@", "0x/", "0xG", "0x`",
	};

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		uint64_t value = 12345;
		assert_true(text_number(good[i].text, &value));
		assert_int_equal(value, good[i].value);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		uint64_t value = 12345;
		assert_false(text_number(bad[i], &value));
		assert_int_equal(value, 12345);
	}
}

/* Words joined with '|'; "!" for an open quote, "#" for too many. */
static void expect_words(const char *line, const char *want)
{
	char *copy = strdup(line);
	char joined[128] = "";
	char *words[4];
	uint32_t count = 4; /* what it was does not matter */
	const enum text_split verdict = text_split(copy, words, 4, &count);

	for (uint32_t i = 0; i < count; i++) {
		strcat(joined, i > 0 ? "|" : "");
		strcat(joined, words[i]);
	}
	if (verdict != TEXT_SPLIT_OK)
		strcpy(joined, verdict == TEXT_SPLIT_QUOTE ? "!" : "#");
	assert_string_equal(joined, want);
	free(copy);
}

static void words(void **state)
{
	(void)state;
	expect_words("", "");
	expect_words("  \t ", "");
	expect_words("run hello", "run|hello");
	expect_words("  run \t hello  ", "run|hello");
	expect_words("a 'b c' \"d e\"", "a|b c|d e");
	expect_words("a'b'c", "abc");
	expect_words("'' x", "|x");
	expect_words("'a\"b' \"c'd\"", "a\"b|c'd");
	expect_words("a\\ b \\\"c \"d\\\"e\"", "a b|\"c|d\"e");
	expect_words("'a\\b'", "a\\b");
	expect_words("end\\", "end\\");
	expect_words("'open", "!");
	expect_words("a \"open b", "!");
	expect_words("1 2 3 4", "1|2|3|4");
	expect_words("1 2 3 4 5", "#");
	expect_words("'1' '2' '3' '4' ", "1|2|3|4");
}

static void random_lines(void **state)
{
	(void)state;
	static const char alphabet[] = "ab \t'\"\\";
	uint64_t seed = 10;

	for (uint32_t i = 0; i < 20000; i++) {
		const size_t length = test_random(&seed) % 20;
		char *line = malloc(length + 1);
		char *found[4];
		uint32_t count = 0;
		for (size_t k = 0; k < length; k++)
			line[k] = alphabet[test_random(&seed) % 7];
		line[length] = '\0';
		if (text_split(line, found, 4, &count) == TEXT_SPLIT_OK) {
			for (uint32_t k = 0; k < count; k++)
				assert_true(found[k] + strlen(found[k]) <= line + length);
		}
		assert_true(count <= 4);
		free(line);
	}
}

static void distances(void **state)
{
	(void)state;
	assert_int_equal(text_distance("", ""), 0);
	assert_int_equal(text_distance("abc", ""), 3);
	assert_int_equal(text_distance("", "abc"), 3);
	assert_int_equal(text_distance("kitten", "sitting"), 3);
	assert_int_equal(text_distance("uptmie", "uptime"), 1);
	assert_int_equal(text_distance("ehlp", "help"), 1);
	assert_int_equal(text_distance("hepl", "help"), 1);
	assert_int_equal(text_distance("exit", "quit"), 2);
	assert_int_equal(text_distance("0123456789012345678901234567890123456789", ""), 32);
	assert_int_equal(text_distance("01234567890123456789012345678901xyz", "01234567890123456789012345678901"), 0);
}

static void nearest(void **state)
{
	(void)state;
	static const char *const commands[] = { "help", "ps", "mem", "uptime", "poweroff", "reboot" };

	assert_int_equal(text_nearest("hepl", commands, 6), 0);
	assert_int_equal(text_nearest("uptme", commands, 6), 3);
	assert_int_equal(text_nearest("powerof", commands, 6), 4);
	assert_int_equal(text_nearest("pz", commands, 6), 1);
	assert_int_equal(text_nearest("zzzzzz", commands, 6), 6);
	assert_int_equal(text_nearest("", commands, 6), 6);
	assert_int_equal(text_nearest("x", commands, 0), 0);
}

/* As many edits as a third of the length, rounded up, and no more; the fewest; the first of equals. */
static void near_enough(void **state)
{
	(void)state;
	static const char *const changed[] = { "axyz", "abxy" };
	static const char *const first[] = { "heap", "help", "helm", "held" };

	assert_int_equal(text_nearest("q", (const char *const[]){ "z" }, 1), 0);
	assert_int_equal(text_nearest("abc", (const char *const[]){ "axc" }, 1), 0);
	assert_int_equal(text_nearest("abc", (const char *const[]){ "axy" }, 1), 1);
	assert_int_equal(text_nearest("abcd", changed, 1), 1);
	assert_int_equal(text_nearest("abcd", changed, 2), 1);
	assert_int_equal(text_nearest("help", first, 4), 1);
	assert_int_equal(text_nearest("helq", first, 4), 1);
}

static void expect_size(uint64_t bytes, const char *want)
{
	char out[12];

	assert_int_equal(text_size(out, sizeof out, bytes), strlen(want));
	assert_string_equal(out, want);
}

static void sizes(void **state)
{
	(void)state;
	expect_size(0, "0 B");
	expect_size(1023, "1023 B");
	expect_size(1024, "1.0 KiB");
	expect_size(1536, "1.5 KiB");
	expect_size(10239, "9.9 KiB");
	expect_size(10240, "10 KiB");
	expect_size(1048575, "1023 KiB");
	expect_size(256ull << 20, "256 MiB");
	expect_size(16ull << 30, "16 GiB");
	expect_size(3ull << 40, "3.0 TiB");
	expect_size(7ull << 50, "7.0 PiB");
	expect_size(UINT64_MAX, "15 EiB");
}

TEST_MAIN(cmocka_unit_test(numbers), cmocka_unit_test(words), cmocka_unit_test(random_lines),
          cmocka_unit_test(distances), cmocka_unit_test(nearest), cmocka_unit_test(near_enough),
          cmocka_unit_test(sizes))
