/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * printf in two halves: spec_read turns "%-08.3llx" into a struct, the put_*
 * functions print a value by it. Output goes to a sink one character at a time,
 * so that nothing is buffered here and a panic can print.
 */
#include <lib/format.h>
#include <stdbool.h>
#include <stdint.h>

enum length { LENGTH_CHAR, LENGTH_SHORT, LENGTH_INT, LENGTH_LONG, LENGTH_LONG_LONG };

struct spec {
	bool left;       /* - */
	bool zero;       /* 0 */
	bool plus;       /* + */
	bool space;
	bool alternate;  /* # */
	bool has_precision;
	uint32_t width;
	uint32_t precision;
	enum length length;
	char conversion;
};

struct sink {
	void (*put)(void *context, char c);
	void *context;
};

/* A field wider than this is a mistake in the format, not a wish. */
#define FIELD_MAX 4096u
#define DIGITS_MAX 20u /* of UINT64_MAX in decimal */

static void put_many(const struct sink *sink, char c, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		sink->put(sink->context, c);
}

static void put_bytes(const struct sink *sink, const char *text, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		sink->put(sink->context, text[i]);
}

static uint32_t above(uint32_t a, uint32_t b)
{
	return a > b ? a - b : 0;
}

static void put_text(const struct sink *sink, const struct spec *spec, const char *text)
{
	const uint32_t max = spec->has_precision ? spec->precision : UINT32_MAX;
	uint32_t length = 0;

	if (text == NULL)
		text = "(null)";
	while (length < max && text[length] != '\0')
		length++;
	if (!spec->left)
		put_many(sink, ' ', above(spec->width, length));
	put_bytes(sink, text, length);
	if (spec->left)
		put_many(sink, ' ', above(spec->width, length));
}

/* Writes backwards from the end of `digits`; returns how many. Zero has no digit: precision adds it. */
static uint32_t digits_of(uint64_t value, uint32_t base, bool upper, char digits[DIGITS_MAX])
{
	const char *const set = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	uint32_t count = 0;

	for (; value != 0; value /= base)
		digits[DIGITS_MAX - ++count] = set[value % base];
	return count;
}

static void put_number(const struct sink *sink, const struct spec *spec, uint64_t value, uint32_t base,
                       const char *prefix)
{
	char digits[DIGITS_MAX];
	const uint32_t count = digits_of(value, base, spec->conversion == 'X', digits);
	const uint32_t least = spec->has_precision ? spec->precision : 1;
	uint32_t prefix_length = 0;
	uint32_t zeroes = above(least, count);

	while (prefix[prefix_length] != '\0')
		prefix_length++;
	uint32_t blanks = above(spec->width, prefix_length + zeroes + count);
	if (spec->zero && !spec->left && !spec->has_precision) {
		zeroes += blanks;
		blanks = 0;
	}
	if (!spec->left)
		put_many(sink, ' ', blanks);
	put_bytes(sink, prefix, prefix_length);
	put_many(sink, '0', zeroes);
	put_bytes(sink, digits + DIGITS_MAX - count, count);
	if (spec->left)
		put_many(sink, ' ', blanks);
}

static uint32_t number_read(const char **at)
{
	uint32_t value = 0;

	for (; **at >= '0' && **at <= '9'; ++*at) {
		value = value * 10 + (uint32_t)(**at - '0');
		if (value > FIELD_MAX)
			value = FIELD_MAX;
	}
	return value;
}

static bool flag_read(struct spec *spec, char c)
{
	switch (c) {
	case '-': spec->left = true; return true;
	case '0': spec->zero = true; return true;
	case '+': spec->plus = true; return true;
	case ' ': spec->space = true; return true;
	case '#': spec->alternate = true; return true;
	default: return false;
	}
}

static enum length length_read(const char **at)
{
	const char c = **at;

	if (c != 'h' && c != 'l' && c != 'z' && c != 't' && c != 'j')
		return LENGTH_INT;
	const bool twice = (c == 'h' || c == 'l') && (*at)[1] == c;
	*at += twice ? 2 : 1;
	switch (c) {
	case 'h': return twice ? LENGTH_CHAR : LENGTH_SHORT;
	case 'l': return twice ? LENGTH_LONG_LONG : LENGTH_LONG;
	case 'j': return LENGTH_LONG_LONG;
	default: return LENGTH_LONG; /* size_t and ptrdiff_t are as wide as long on every machine of ours */
	}
}

/* A struct around va_list, so that functions can draw from one list whatever type it is. */
struct arguments {
	va_list list;
};

static uint32_t star_or_number(const char **at, struct arguments *arguments, bool *out_negative)
{
	*out_negative = false;
	if (**at != '*')
		return number_read(at);
	++*at;
	const int value = va_arg(arguments->list, int);
	*out_negative = value < 0;
	const uint32_t size = value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
	return size > FIELD_MAX ? FIELD_MAX : size;
}

/* Reads what follows '%', up to and including the conversion. */
static struct spec spec_read(const char **at, struct arguments *arguments)
{
	struct spec spec = { .length = LENGTH_INT };
	bool negative;

	while (flag_read(&spec, **at))
		++*at;
	spec.width = star_or_number(at, arguments, &negative);
	if (negative)
		spec.left = true;
	if (**at == '.') {
		++*at;
		spec.precision = star_or_number(at, arguments, &negative);
		spec.has_precision = !negative;
	}
	spec.length = length_read(at);
	spec.conversion = **at;
	if (spec.conversion != '\0')
		++*at;
	return spec;
}

/* An integer of that length as 64 bits. Shorter than an int it was passed as one, whose upper part says nothing. */
static uint64_t integer_next(struct arguments *arguments, enum length length, bool is_signed)
{
	static const uint8_t unused_bits[] = {56, 48, 32, 0, 0};
	const uint32_t unused = unused_bits[length];
	uint64_t value = length < LENGTH_LONG ? va_arg(arguments->list, unsigned int) : va_arg(arguments->list, unsigned long);

	value <<= unused;
	return is_signed ? (uint64_t)((int64_t)value >> unused) : value >> unused;
}

static void put_signed(const struct sink *sink, const struct spec *spec, int64_t value)
{
	const char *sign = "";

	if (value < 0)
		sign = "-";
	else if (spec->plus)
		sign = "+";
	else if (spec->space)
		sign = " ";
	put_number(sink, spec, value < 0 ? 0u - (uint64_t)value : (uint64_t)value, 10, sign);
}

static void put_pointer(const struct sink *sink, const struct spec *spec, uint64_t pointer)
{
	struct spec whole = *spec;

	whole.has_precision = true;
	whole.precision = 16;
	put_number(sink, &whole, pointer, 16, "0x");
}

/* False: not a conversion of ours; nothing was drawn or printed. */
static bool put_conversion(const struct sink *sink, const struct spec *spec, struct arguments *arguments)
{
	switch (spec->conversion) {
	case 'd':
	case 'i':
		put_signed(sink, spec, (int64_t)integer_next(arguments, spec->length, true));
		return true;
	case 'u':
		put_number(sink, spec, integer_next(arguments, spec->length, false), 10, "");
		return true;
	case 'x':
	case 'X': {
		const uint64_t value = integer_next(arguments, spec->length, false);
		const char *const prefix = spec->conversion == 'x' ? "0x" : "0X";
		put_number(sink, spec, value, 16, spec->alternate && value != 0 ? prefix : "");
		return true;
	}
	case 'p':
		put_pointer(sink, spec, integer_next(arguments, LENGTH_LONG, false));
		return true;
	case 's':
		put_text(sink, spec, va_arg(arguments->list, const char *));
		return true;
	case 'c': {
		const char c = (char)va_arg(arguments->list, int);
		put_many(sink, ' ', spec->left ? 0 : above(spec->width, 1));
		sink->put(sink->context, c);
		put_many(sink, ' ', spec->left ? above(spec->width, 1) : 0);
		return true;
	}
	case '%':
		sink->put(sink->context, '%');
		return true;
	default:
		return false;
	}
}

void format_sink(void (*put)(void *context, char c), void *context, const char *text, va_list list)
{
	const struct sink sink = { put, context };
	struct arguments arguments;

	va_copy(arguments.list, list);
	for (const char *at = text; *at != '\0';) {
		if (*at != '%') {
			put(context, *at++);
			continue;
		}
		const char *const start = at++;
		const struct spec spec = spec_read(&at, &arguments);
		if (!put_conversion(&sink, &spec, &arguments))
			put_bytes(&sink, start, (uint32_t)(at - start));
	}
	va_end(arguments.list);
}

struct buffer {
	char *text;
	size_t size;
	size_t length; /* of the whole text, also beyond size */
};

static void buffer_put(void *context, char c)
{
	struct buffer *const buffer = context;

	if (buffer->length + 1 < buffer->size)
		buffer->text[buffer->length] = c;
	buffer->length++;
}

size_t format_list(char *buffer, size_t size, const char *text, va_list arguments)
{
	struct buffer out = { buffer, size, 0 };

	format_sink(buffer_put, &out, text, arguments);
	if (size > 0)
		buffer[out.length < size ? out.length : size - 1] = '\0';
	return out.length;
}

size_t format(char *buffer, size_t size, const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	const size_t length = format_list(buffer, size, text, arguments);
	va_end(arguments);
	return length;
}
