/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The C string functions, for machines without a C library.
 *
 * Copies move eight-byte words where both sides can be aligned together and
 * bytes elsewhere: memory may be mapped so that unaligned access traps (before
 * the MMU is on, device memory). Nothing here knows the machine.
 */
#include <lib/string.h>
#include <stdbool.h>
#include <stdint.h>

/* Words that may hold objects of any type. */
typedef uint64_t word_t __attribute__((may_alias));

#define WORD sizeof(word_t)

static bool aligned_alike(const void *a, const void *b)
{
	return ((uintptr_t)a ^ (uintptr_t)b) % WORD == 0;
}

static void copy_up(uint8_t *to, const uint8_t *from, size_t bytes)
{
	if (bytes >= 2 * WORD && aligned_alike(to, from)) {
		for (; (uintptr_t)to % WORD != 0; bytes--)
			*to++ = *from++;
		for (; bytes >= 4 * WORD; bytes -= 4 * WORD) {
			word_t *t = (word_t *)(void *)to;
			const word_t *f = (const word_t *)(const void *)from;
			const uint64_t a = f[0], b = f[1], c = f[2], d = f[3];
			t[0] = a;
			t[1] = b;
			t[2] = c;
			t[3] = d;
			to += 4 * WORD;
			from += 4 * WORD;
		}
		for (; bytes >= WORD; bytes -= WORD) {
			*(word_t *)(void *)to = *(const word_t *)(const void *)from;
			to += WORD;
			from += WORD;
		}
	}
	for (; bytes > 0; bytes--)
		*to++ = *from++;
}

static void copy_down(uint8_t *to, const uint8_t *from, size_t bytes)
{
	to += bytes;
	from += bytes;
	if (bytes >= 2 * WORD && aligned_alike(to, from)) {
		for (; (uintptr_t)to % WORD != 0; bytes--)
			*--to = *--from;
		for (; bytes >= WORD; bytes -= WORD) {
			to -= WORD;
			from -= WORD;
			*(word_t *)(void *)to = *(const word_t *)(const void *)from;
		}
	}
	for (; bytes > 0; bytes--)
		*--to = *--from;
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
	copy_up(to, from, bytes);
	return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
	/* One comparison: `to` lies outside [from, from + bytes) exactly if the difference does not wrap below. */
	if ((uintptr_t)to - (uintptr_t)from >= bytes)
		copy_up(to, from, bytes);
	else
		copy_down(to, from, bytes);
	return to;
}

void *memset(void *to, int value, size_t bytes)
{
	uint8_t *at = to;
	const uint8_t byte = (uint8_t)value;

	if (bytes >= 2 * WORD) {
		const uint64_t word = byte * 0x0101010101010101u;
		for (; (uintptr_t)at % WORD != 0; bytes--)
			*at++ = byte;
		for (; bytes >= 4 * WORD; bytes -= 4 * WORD) {
			word_t *words = (word_t *)(void *)at;
			words[0] = word;
			words[1] = word;
			words[2] = word;
			words[3] = word;
			at += 4 * WORD;
		}
	}
	for (; bytes > 0; bytes--)
		*at++ = byte;
	return to;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
	const uint8_t *x = a;
	const uint8_t *y = b;

	for (size_t i = 0; i < bytes; i++) {
		if (x[i] != y[i])
			return x[i] - y[i];
	}
	return 0;
}

size_t strlen(const char *text)
{
	size_t length = 0;

	while (text[length] != '\0')
		length++;
	return length;
}

size_t strnlen(const char *text, size_t max)
{
	size_t length = 0;

	while (length < max && text[length] != '\0')
		length++;
	return length;
}

int strncmp(const char *a, const char *b, size_t max)
{
	for (size_t i = 0; i < max; i++) {
		const uint8_t x = (uint8_t)a[i];
		const uint8_t y = (uint8_t)b[i];
		if (x != y)
			return x - y;
		if (x == 0)
			return 0;
	}
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}
