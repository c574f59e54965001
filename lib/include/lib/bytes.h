/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Integers in byte buffers, with the bound checked.
 *
 * Everything that reads bytes somebody else wrote goes through these loads: no
 * casts, no alignment, no byte order of the machine. A load that does not fit
 * returns false and leaves *out alone; so does a store.
 * The proof of every parser above rests on the contracts here.
 */
#pragma once
#include <abi/cc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*@ predicate bytes_in(uint8_t *data, integer length) = \valid_read(data + (0 .. length - 1));

    logic integer le16_at{L}(uint8_t *p) = p[0] + 0x100 * p[1];
    logic integer le32_at{L}(uint8_t *p) = le16_at(p) + 0x10000 * le16_at(p + 2);
    logic integer le64_at{L}(uint8_t *p) = le32_at(p) + 0x100000000 * le32_at(p + 4);
    logic integer be16_at{L}(uint8_t *p) = p[1] + 0x100 * p[0];
    logic integer be32_at{L}(uint8_t *p) = be16_at(p + 2) + 0x10000 * be16_at(p);
    logic integer be64_at{L}(uint8_t *p) = be32_at(p + 4) + 0x100000000 * be32_at(p);
*/

/* Unchecked: the caller knows that the bytes are there. */
/*@ requires \valid_read(p + (0 .. 1)); assigns \nothing; ensures \result == le16_at(p); */
CC_INLINE uint16_t bytes_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] + 0x100u * p[1]);
}

/*@ requires \valid_read(p + (0 .. 3)); assigns \nothing; ensures \result == le32_at(p); */
CC_INLINE uint32_t bytes_le32(const uint8_t *p)
{
	return (uint32_t)bytes_le16(p) + 0x10000u * (uint32_t)bytes_le16(p + 2);
}

/*@ requires \valid_read(p + (0 .. 7)); assigns \nothing; ensures \result == le64_at(p); */
CC_INLINE uint64_t bytes_le64(const uint8_t *p)
{
	return (uint64_t)bytes_le32(p) + 0x100000000u * (uint64_t)bytes_le32(p + 4);
}

/*@ requires \valid_read(p + (0 .. 1)); assigns \nothing; ensures \result == be16_at(p); */
CC_INLINE uint16_t bytes_be16(const uint8_t *p)
{
	return (uint16_t)(p[1] + 0x100u * p[0]);
}

/*@ requires \valid_read(p + (0 .. 3)); assigns \nothing; ensures \result == be32_at(p); */
CC_INLINE uint32_t bytes_be32(const uint8_t *p)
{
	return (uint32_t)bytes_be16(p + 2) + 0x10000u * (uint32_t)bytes_be16(p);
}

/*@ requires \valid_read(p + (0 .. 7)); assigns \nothing; ensures \result == be64_at(p); */
CC_INLINE uint64_t bytes_be64(const uint8_t *p)
{
	return (uint64_t)bytes_be32(p + 4) + 0x100000000u * (uint64_t)bytes_be32(p);
}

/* [offset, offset + bytes) lies within [0, length). */
/*@ assigns \nothing; ensures \result <==> offset + bytes <= length; */
CC_INLINE bool bytes_fit(size_t length, size_t offset, size_t bytes)
{
	return offset <= length && bytes <= length - offset;
}

/*@ requires bytes_in(data, length) && \valid(out);
    assigns *out;
    ensures \result <==> offset + 1 <= length;
    ensures \result ==> *out == \old(data[offset]);
    ensures !\result ==> *out == \old(*out); */
CC_INLINE bool load_u8(const uint8_t *data, size_t length, size_t offset, uint8_t *out)
{
	if (!bytes_fit(length, offset, 1))
		return false;
	*out = data[offset];
	return true;
}

/*@ requires bytes_in(data, length) && \valid(out);
    assigns *out;
    ensures \result <==> offset + 2 <= length;
    ensures \result ==> *out == \old(le16_at(data + offset));
    ensures !\result ==> *out == \old(*out); */
CC_INLINE bool load_le16(const uint8_t *data, size_t length, size_t offset, uint16_t *out)
{
	if (!bytes_fit(length, offset, 2))
		return false;
	*out = bytes_le16(data + offset);
	return true;
}

/*@ requires bytes_in(data, length) && \valid(out);
    assigns *out;
    ensures \result <==> offset + 4 <= length;
    ensures \result ==> *out == \old(le32_at(data + offset));
    ensures !\result ==> *out == \old(*out); */
CC_INLINE bool load_le32(const uint8_t *data, size_t length, size_t offset, uint32_t *out)
{
	if (!bytes_fit(length, offset, 4))
		return false;
	*out = bytes_le32(data + offset);
	return true;
}

/*@ requires bytes_in(data, length) && \valid(out);
    assigns *out;
    ensures \result <==> offset + 8 <= length;
    ensures \result ==> *out == \old(le64_at(data + offset));
    ensures !\result ==> *out == \old(*out); */
CC_INLINE bool load_le64(const uint8_t *data, size_t length, size_t offset, uint64_t *out)
{
	if (!bytes_fit(length, offset, 8))
		return false;
	*out = bytes_le64(data + offset);
	return true;
}

/*@ requires bytes_in(data, length) && \valid(out);
    assigns *out;
    ensures \result <==> offset + 2 <= length;
    ensures \result ==> *out == \old(be16_at(data + offset));
    ensures !\result ==> *out == \old(*out); */
CC_INLINE bool load_be16(const uint8_t *data, size_t length, size_t offset, uint16_t *out)
{
	if (!bytes_fit(length, offset, 2))
		return false;
	*out = bytes_be16(data + offset);
	return true;
}

/*@ requires bytes_in(data, length) && \valid(out);
    assigns *out;
    ensures \result <==> offset + 4 <= length;
    ensures \result ==> *out == \old(be32_at(data + offset));
    ensures !\result ==> *out == \old(*out); */
CC_INLINE bool load_be32(const uint8_t *data, size_t length, size_t offset, uint32_t *out)
{
	if (!bytes_fit(length, offset, 4))
		return false;
	*out = bytes_be32(data + offset);
	return true;
}

/*@ requires bytes_in(data, length) && \valid(out);
    assigns *out;
    ensures \result <==> offset + 8 <= length;
    ensures \result ==> *out == \old(be64_at(data + offset));
    ensures !\result ==> *out == \old(*out); */
CC_INLINE bool load_be64(const uint8_t *data, size_t length, size_t offset, uint64_t *out)
{
	if (!bytes_fit(length, offset, 8))
		return false;
	*out = bytes_be64(data + offset);
	return true;
}

/* The NUL-terminated string at `offset`, cut to fit and terminated. False, and `out` untouched, if it does
 * not end within the data. */
/*@ requires bytes_in(data, length) && size > 0 && \valid(out + (0 .. size - 1));
    requires \separated(data + (0 .. length - 1), out + (0 .. size - 1));
    assigns out[0 .. size - 1];
    ensures \result ==> \exists integer end; 0 <= end < size && out[end] == 0; */
CC_INLINE bool load_text(const uint8_t *data, size_t length, size_t offset, char *out, size_t size)
{
	size_t end = offset;

	/*@ loop invariant offset <= end && (offset <= length ==> end <= length);
	    loop assigns end;
	    loop variant length - end; */
	while (end < length && data[end] != 0)
		end++;
	if (end >= length)
		return false;
	const size_t count = end - offset < size ? end - offset : size - 1;
	/*@ loop invariant 0 <= i <= count;
	    loop assigns i, out[0 .. size - 1];
	    loop variant count - i; */
	for (size_t i = 0; i < count; i++)
		out[i] = (char)data[offset + i];
	out[count] = '\0';
	return true;
}

/* Copying, clearing and comparing whole fields, unchecked: of bytes alone, so that a proof can follow. The bodies
 * are the compiler's, and trusted. What is copied lies apart from where it goes. */
/*@ requires \valid(to + (0 .. count - 1)) && \valid_read(from + (0 .. count - 1));
    requires \separated(to + (0 .. count - 1), from + (0 .. count - 1));
    assigns to[0 .. count - 1]; */
CC_INLINE void bytes_put(uint8_t *to, const uint8_t *from, size_t count)
{
	__builtin_memcpy(to, from, count);
}

/*@ requires \valid(to + (0 .. count - 1)) && \valid_read(from + (0 .. count - 1));
    requires \separated(to + (0 .. count - 1), from + (0 .. count - 1));
    assigns to[0 .. count - 1]; */
CC_INLINE void bytes_get_text(char *to, const uint8_t *from, size_t count)
{
	__builtin_memcpy(to, from, count);
}

/*@ requires \valid(to + (0 .. count - 1)) && \valid_read(from + (0 .. count - 1));
    requires \separated(to + (0 .. count - 1), from + (0 .. count - 1));
    assigns to[0 .. count - 1]; */
CC_INLINE void bytes_put_text(uint8_t *to, const char *from, size_t count)
{
	__builtin_memcpy(to, from, count);
}

/*@ requires \valid(to + (0 .. count - 1));
    assigns to[0 .. count - 1]; */
CC_INLINE void bytes_clear(uint8_t *to, size_t count)
{
	__builtin_memset(to, 0, count);
}

/*@ requires \valid_read(a + (0 .. count - 1)) && \valid_read(b + (0 .. count - 1));
    assigns \nothing; */
CC_INLINE int bytes_compare(const uint8_t *a, const uint8_t *b, size_t count)
{
	return __builtin_memcmp(a, b, count);
}

/* Stores, for writers of the same formats; first the unchecked ones. */
/*@ requires \valid(p + (0 .. 1)); assigns p[0 .. 1]; ensures le16_at(p) == value; */
CC_INLINE void bytes_put_le16(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)(value % 0x100u);
	p[1] = (uint8_t)(value / 0x100u);
}

/*@ requires \valid(p + (0 .. 3)); assigns p[0 .. 3]; ensures le32_at(p) == value; */
CC_INLINE void bytes_put_le32(uint8_t *p, uint32_t value)
{
	bytes_put_le16(p, (uint16_t)(value % 0x10000u));
	bytes_put_le16(p + 2, (uint16_t)(value / 0x10000u));
	//@ assert low: le16_at(p) == value % 0x10000;
}

/*@ requires \valid(p + (0 .. 7)); assigns p[0 .. 7]; ensures le64_at(p) == value; */
CC_INLINE void bytes_put_le64(uint8_t *p, uint64_t value)
{
	bytes_put_le32(p, (uint32_t)(value % 0x100000000u));
	bytes_put_le32(p + 4, (uint32_t)(value / 0x100000000u));
	//@ assert low: le32_at(p) == value % 0x100000000;
}

/*@ requires \valid(data + (0 .. length - 1));
    assigns data[offset .. offset + 1];
    ensures \result <==> offset + 2 <= length;
    ensures \result ==> le16_at(data + offset) == value; */
CC_INLINE bool store_le16(uint8_t *data, size_t length, size_t offset, uint16_t value)
{
	if (!bytes_fit(length, offset, 2))
		return false;
	bytes_put_le16(data + offset, value);
	return true;
}

/*@ requires \valid(data + (0 .. length - 1));
    assigns data[offset .. offset + 3];
    ensures \result <==> offset + 4 <= length;
    ensures \result ==> le32_at(data + offset) == value; */
CC_INLINE bool store_le32(uint8_t *data, size_t length, size_t offset, uint32_t value)
{
	if (!bytes_fit(length, offset, 4))
		return false;
	bytes_put_le32(data + offset, value);
	return true;
}

/*@ requires \valid(data + (0 .. length - 1));
    assigns data[offset .. offset + 7];
    ensures \result <==> offset + 8 <= length;
    ensures \result ==> le64_at(data + offset) == value; */
CC_INLINE bool store_le64(uint8_t *data, size_t length, size_t offset, uint64_t value)
{
	if (!bytes_fit(length, offset, 8))
		return false;
	bytes_put_le64(data + offset, value);
	return true;
}
