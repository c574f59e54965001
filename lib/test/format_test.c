/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Formats, one expectation a line; then against the host's own printf; then every size of buffer. */
#include "test.h"
#include <lib/format.h>
#include <limits.h>
#include <string.h>

#define EXPECT(want, ...)                                                                         \
	do {                                                                                      \
		char out[128];                                                                    \
		assert_int_equal(format(out, sizeof out, __VA_ARGS__), strlen(want));             \
		assert_string_equal(out, want);                                                   \
	} while (0)

/* Formats that a compiler warns about reach us through a variable. */
static const char *volatile unchecked;

static void conversions(void **state)
{
	(void)state;
	EXPECT("plain", "plain");
	EXPECT("", "%s", "");
	EXPECT("-1 0 2147483647 -2147483648", "%d %d %d %i", -1, 0, INT_MAX, INT_MIN);
	EXPECT("4294967295", "%u", UINT_MAX);
	EXPECT("18446744073709551615", "%llu", ULLONG_MAX);
	EXPECT("-9223372036854775808", "%lld", LLONG_MIN);
	EXPECT("-9223372036854775808 18446744073709551615", "%ld %zu", LONG_MIN, SIZE_MAX);
	EXPECT("-1 255 -1 65535", "%hhd %hhu %hd %hu", -1, 255, -1, 65535);
	EXPECT("deadbeef DEADBEEF 0xab 0XAB 0", "%x %X %#x %#X %#x", 0xdeadbeef, 0xdeadbeef, 0xab, 0xab, 0);
	EXPECT("0x0000000000001000", "%p", (void *)0x1000);
	EXPECT("0xffffffff80001234", "%p", (void *)0xffffffff80001234u);
	EXPECT("a%b", "%c%%%c", 'a', 'b');
}

static void fields(void **state)
{
	(void)state;
	EXPECT("[   42][42   ][00042][  -42][-0042]", "[%5d][%-5d][%05d][%5d][%05d]", 42, 42, 42, -42, -42);
	EXPECT("[+42][ 42][+0042]", "[%+d][% d][%+05d]", 42, 42, 42);
	EXPECT("[  042][042  ][  042]", "[%5.3d][%-5.3d][%*.*d]", 42, 42, 5, 3, 42);
	unchecked = "[%05.3d]"; /* with a precision, zeroes do not pad */
	EXPECT("[  042]", unchecked, 42);
	EXPECT("[0x00ff][  0xff][0xff  ]", "[%#06x][%#6x][%-#6x]", 255, 255, 255);
	EXPECT("[]", "[%.0d]", 0);
	EXPECT("[abc  ][  abc][ab][   ab]", "[%-5s][%5s][%.2s][%5.2s]", "abc", "abc", "abc", "abc");
	EXPECT("[42   ]", "[%*d]", -5, 42);
	EXPECT("[abc]", "[%.*s]", -1, "abc");
	EXPECT("[  x][x  ]", "[%3c][%-3c]", 'x', 'x');
	unchecked = "%s"; /* the compiler objects to a constant NULL */
	EXPECT("(null)", unchecked, (char *)NULL);
}

static void precision_bounds_reading(void **state)
{
	(void)state;
	char *three = (char *)test_copy("abc", 3); /* not terminated */

	EXPECT("abc", "%.3s", three);
	free(three);
}

static void unknown(void **state)
{
	(void)state;
	unchecked = "%f|%q|%";
	EXPECT("%f|%q|%", unchecked, 0);
	unchecked = "%5.2k%-08l";
	EXPECT("%5.2k%-08l", unchecked, 0);
	unchecked = "%99999999999999d"; /* an absurd field is bounded */
	assert_int_equal(format(NULL, 0, unchecked, 1), 4096);
}

/* Random flags, widths and values against the C library (which knows no other truth than we do). */
static void against_host(void **state)
{
	(void)state;
	static const char kinds[] = "diuxX";
	static const char *const lengths[] = { "", "l", "ll", "z", "h", "hh" };
	uint64_t seed = 9;

	for (uint32_t i = 0; i < 20000; i++) {
		char text[32] = "<%", ours[256], hosts[256];
		const uint64_t choice = test_random(&seed);
		const char kind = kinds[choice % 5];
		size_t at = 2;
		if (choice & 0x100)
			text[at++] = '-';
		if (choice & 0x200)
			text[at++] = '0';
		if ((choice & 0x400) && kind != 'x' && kind != 'X' && kind != 'u')
			text[at++] = '+';
		if (choice & 0x800 && (kind == 'x' || kind == 'X'))
			text[at++] = '#';
		at += (size_t)sprintf(text + at, "%u", (unsigned)(choice >> 12) % 30);
		if (choice & 0x100000)
			at += (size_t)sprintf(text + at, ".%u", (unsigned)(choice >> 21) % 25);
		sprintf(text + at, "%s%c>", lengths[(choice >> 30) % 6], kind);
		if (strstr(text, "%0") != NULL && text[2] == '0' && text[3] == '0')
			continue;
		unchecked = text;
		const uint64_t value = test_random(&seed) >> (choice >> 40) % 53;
		const size_t length = format(ours, sizeof ours, unchecked, value);
		const int want = snprintf(hosts, sizeof hosts, unchecked, value);
		assert_string_equal(ours, hosts);
		assert_int_equal(length, want);
	}
}

static void every_size(void **state)
{
	(void)state;
	static const char want[] = "value 0x002a, name";

	for (size_t size = 0; size <= sizeof want + 2; size++) {
		char *out = malloc(size + 1);
		out[size] = '!';
		assert_int_equal(format(out, size, "value %#06x, %s", 42, "name"), sizeof want - 1);
		assert_int_equal(out[size], '!');
		if (size > 0) {
			assert_int_equal(strlen(out), size < sizeof want ? size - 1 : sizeof want - 1);
			assert_int_equal(strncmp(out, want, strlen(out)), 0);
		}
		free(out);
	}
}

TEST_MAIN(cmocka_unit_test(conversions), cmocka_unit_test(fields), cmocka_unit_test(precision_bounds_reading),
          cmocka_unit_test(unknown), cmocka_unit_test(against_host), cmocka_unit_test(every_size))
