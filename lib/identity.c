/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* AIDs, and hexadecimal; did:key is did.c. */
#include <lib/hash.h>
#include <lib/identity.h>

static const char HEX[] = "0123456789abcdef";

void aid_of_key(const uint8_t key[32], struct aid *out_aid)
{
	uint8_t digest[HASH_SIZE];

	hash_bytes(key, 32, digest);
	out_aid->bytes[0] = AID_ALGORITHM_ED25519;
	out_aid->bytes[1] = AID_HASH_BLAKE3;
	for (size_t i = 2; i < AID_SIZE; i++)
		out_aid->bytes[i] = digest[i - 2];
}

bool aid_equal(const struct aid *a, const struct aid *b)
{
	for (size_t i = 0; i < AID_SIZE; i++) {
		if (a->bytes[i] != b->bytes[i])
			return false;
	}
	return true;
}

bool aid_is_anonymous(const struct aid *aid)
{
	for (size_t i = 0; i < AID_SIZE; i++) {
		if (aid->bytes[i] != 0)
			return false;
	}
	return true;
}

/* ---- hexadecimal ---- */

void hex_of_bytes(const uint8_t *bytes, size_t length, char *out_text)
{
	for (size_t i = 0; i < length; i++) {
		out_text[2 * i] = HEX[bytes[i] / 16u];
		out_text[2 * i + 1] = HEX[bytes[i] % 16u];
	}
	out_text[2 * length] = '\0';
}

/* The value of a hexadecimal digit of either case, or 16 if it is none. */
static uint32_t hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return (uint32_t)(digit - '0');
	if (digit >= 'a' && digit <= 'f')
		return (uint32_t)(digit - 'a') + 10u;
	if (digit >= 'A' && digit <= 'F')
		return (uint32_t)(digit - 'A') + 10u;
	return 16;
}

bool hex_to_bytes(const char *text, size_t text_length, uint8_t *out_bytes, size_t length)
{
	if (text_length / 2 != length || text_length % 2 != 0)
		return false;
	for (size_t i = 0; i < text_length; i++) {
		if (hex_value(text[i]) == 16)
			return false;
	}
	for (size_t i = 0; i < length; i++)
		out_bytes[i] = (uint8_t)(hex_value(text[2 * i]) * 16u + hex_value(text[2 * i + 1]));
	return true;
}
