/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The key of an encrypted device in a header: under a pad made of the passphrase and a
 * salt that is used once, and a code over all of it, so that a wrong passphrase and an
 * altered header are refused. Bytes only: no device.
 */
#include "block_xts_priv.h"
#include <lib/bytes.h>
#include <lib/hash.h>
#include <lib/hmac.h>
#include <lib/string.h>

#define CONTEXT "CambiOS block_xts 2026-11 wrap of the device key"

/* What a passphrase comes to, for one salt. */
struct wrap {
	uint8_t pad[XTS_KEY_SIZE];
	uint8_t check_key[HASH_SIZE];
};

static void wrap_begin(struct wrap *wrap, const struct passphrase *passphrase,
                       const uint8_t header[BLOCK_XTS_HEADER_SIZE])
{
	uint8_t key[SHA512_SIZE];
	struct hash hash;

	pbkdf2(passphrase->bytes, passphrase->size, header + AT_SALT, BLOCK_XTS_SALT_SIZE,
	       bytes_le32(header + AT_ITERATIONS), key);
	hash_begin_derive(&hash, CONTEXT);
	hash_update(&hash, key, sizeof key);
	hash_end(&hash, wrap, sizeof *wrap);
	secret_wipe(&hash, sizeof hash);
	secret_wipe(key, sizeof key);
}

static void check_of(const struct wrap *wrap, const uint8_t header[BLOCK_XTS_HEADER_SIZE], uint8_t out_check[HASH_SIZE])
{
	struct hash hash;

	hash_begin_keyed(&hash, wrap->check_key);
	hash_update(&hash, header, AT_CHECK);
	hash_end(&hash, out_check, HASH_SIZE);
	secret_wipe(&hash, sizeof hash);
}

static void pad_apply(const struct wrap *wrap, const uint8_t *in, uint8_t *out)
{
	for (size_t i = 0; i < XTS_KEY_SIZE; i++)
		out[i] = in[i] ^ wrap->pad[i];
}

status_t block_xts_key(const uint8_t header[BLOCK_XTS_HEADER_SIZE], const struct passphrase *passphrase,
                       uint8_t out_key[XTS_KEY_SIZE])
{
	struct wrap wrap;
	uint8_t check[HASH_SIZE];
	status_t status = block_xts_judge(header);

	if (status != STATUS_OK)
		return status;
	wrap_begin(&wrap, passphrase, header);
	check_of(&wrap, header, check);
	status = hash_equal(check, header + AT_CHECK) ? STATUS_OK : STATUS_DENIED;
	if (status == STATUS_OK)
		pad_apply(&wrap, header + AT_WRAPPED, out_key);
	secret_wipe(&wrap, sizeof wrap);
	return status;
}

void block_xts_wrap(const struct passphrase *passphrase, uint32_t iterations, const uint8_t key[XTS_KEY_SIZE],
                    const uint8_t salt[BLOCK_XTS_SALT_SIZE], uint8_t out_header[BLOCK_XTS_HEADER_SIZE])
{
	struct wrap wrap;

	memcpy(out_header, BLOCK_XTS_MAGIC, MAGIC_SIZE);
	bytes_put_le32(out_header + AT_VERSION, VERSION);
	bytes_put_le32(out_header + AT_ALGORITHM, ALGORITHM);
	bytes_put_le32(out_header + AT_ITERATIONS, iterations);
	memcpy(out_header + AT_SALT, salt, BLOCK_XTS_SALT_SIZE);
	wrap_begin(&wrap, passphrase, out_header);
	pad_apply(&wrap, key, out_header + AT_WRAPPED);
	check_of(&wrap, out_header, out_header + AT_CHECK);
	secret_wipe(&wrap, sizeof wrap);
}
