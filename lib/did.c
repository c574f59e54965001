/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * did:key: base 58 of a two-byte codec and the key. The codec makes the first
 * digit never zero, so no leading `1` stands for a zero byte, and each key has
 * exactly one text.
 */
#include <lib/identity.h>

#define DID_PREFIX "did:key:z"
#define DID_PREFIX_LENGTH (sizeof DID_PREFIX - 1)
#define DID_PAYLOAD_SIZE 34u /* codec, key */
#define DID_CODEC_0 0xedu /* multicodec ed25519-pub, as a varint */
#define DID_CODEC_1 0x01u
#define DID_DIGITS_MAX 47u /* 34 bytes in base 58: log(256^34) / log(58), rounded up */
#define BASE 58u

_Static_assert(DID_PREFIX_LENGTH + DID_DIGITS_MAX < DID_TEXT_MAX, "a text fits");

static const char BASE58[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/* ---- base 58: one big number, its most significant byte or digit first ---- */

/* Divide the number in bytes[0 .. size) by 58, return the remainder. */
static uint32_t divide(uint8_t *bytes, size_t size)
{
	uint32_t rest = 0;

	for (size_t i = 0; i < size; i++) {
		const uint32_t value = rest * 256u + bytes[i];
		bytes[i] = (uint8_t)(value / BASE);
		rest = value % BASE;
	}
	return rest;
}

/* Multiply by 58 and add a digit; false if the number no longer fits. */
static bool multiply_add(uint8_t *bytes, size_t size, uint32_t digit)
{
	uint32_t carry = digit;

	for (size_t i = size; i > 0; i--) {
		const uint32_t value = bytes[i - 1] * BASE + carry;
		bytes[i - 1] = (uint8_t)(value % 256u);
		carry = value / 256u;
	}
	return carry == 0;
}

/* The value of a digit, or BASE if it is none. */
static uint32_t digit_value(char digit)
{
	for (uint32_t value = 0; value < BASE; value++) {
		if (BASE58[value] == digit)
			return value;
	}
	return BASE;
}

size_t did_of_key(const uint8_t key[32], char out_text[DID_TEXT_MAX])
{
	uint8_t payload[DID_PAYLOAD_SIZE] = { DID_CODEC_0, DID_CODEC_1 };
	char digits[DID_DIGITS_MAX];
	size_t first = DID_DIGITS_MAX; /* of the digits that are not leading zeroes */
	size_t length = 0;

	for (size_t i = 0; i < 32; i++)
		payload[i + 2] = key[i];
	for (size_t i = DID_DIGITS_MAX; i > 0; i--) {
		const uint32_t value = divide(payload, sizeof payload);
		digits[i - 1] = BASE58[value];
		if (value != 0)
			first = i - 1;
	}
	for (size_t i = 0; i < DID_PREFIX_LENGTH; i++)
		out_text[length++] = DID_PREFIX[i];
	for (size_t i = first; i < DID_DIGITS_MAX; i++)
		out_text[length++] = digits[i];
	out_text[length] = '\0';
	return length;
}

/* The number that the digits spell; false for another character or one too large. A leading zero digit would
 * be a second text of the same number. */
static bool digits_to_payload(const char *digits, size_t count, uint8_t payload[DID_PAYLOAD_SIZE])
{
	for (size_t i = 0; i < DID_PAYLOAD_SIZE; i++)
		payload[i] = 0;
	if (count == 0 || digits[0] == BASE58[0])
		return false;
	for (size_t i = 0; i < count; i++) {
		const uint32_t value = digit_value(digits[i]);
		if (value == BASE || !multiply_add(payload, DID_PAYLOAD_SIZE, value))
			return false;
	}
	return true;
}

bool did_to_key(const char *text, size_t length, uint8_t out_key[32])
{
	uint8_t payload[DID_PAYLOAD_SIZE];

	if (length < DID_PREFIX_LENGTH || length > DID_PREFIX_LENGTH + DID_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < DID_PREFIX_LENGTH; i++) {
		if (text[i] != DID_PREFIX[i])
			return false;
	}
	if (!digits_to_payload(text + DID_PREFIX_LENGTH, length - DID_PREFIX_LENGTH, payload))
		return false;
	if (payload[0] != DID_CODEC_0 || payload[1] != DID_CODEC_1)
		return false;
	for (size_t i = 0; i < 32; i++)
		out_key[i] = payload[i + 2];
	return true;
}
