/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The headers of an encrypted device: its key under a pad made of the passphrase
 * and a salt that is used once, and a code over all of it, so that a wrong
 * passphrase and an altered header are refused; a digest tells the two apart.
 */
#include "block_xts_priv.h"
#include <lib/bytes.h>
#include <lib/hash.h>
#include <lib/hmac.h>
#include <lib/string.h>

#define VERSION 1u
#define ALGORITHM 1u /* AES-256-XTS of 4,096 bytes, PBKDF2-HMAC-SHA-512, BLAKE3 */
#define CONTEXT "CambiOS block_xts 2026-11 wrap of the device key"
#define AT_VERSION 8u
#define AT_ALGORITHM 12u
#define AT_ITERATIONS 16u
#define AT_SALT 32u
#define AT_WRAPPED 64u
#define AT_CHECK 128u
#define HEADER_SIZE 160u /* the rest of the block is zero, up to the digest */
#define AT_DIGEST (BLOCK_SIZE - HASH_SIZE)

static const uint8_t MAGIC[8] = "CAMBIXTS";

/* What a passphrase comes to, for one salt. */
struct wrap {
	uint8_t pad[XTS_KEY_SIZE];
	uint8_t check_key[HASH_SIZE];
};

static void wrap_begin(struct wrap *wrap, const struct passphrase *passphrase, const uint8_t header[HEADER_SIZE])
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

static void check_of(const struct wrap *wrap, const uint8_t header[HEADER_SIZE], uint8_t out_check[HASH_SIZE])
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

/* ---- reading ---- */
/*@ requires \valid_read(block + (0 .. BLOCK_SIZE - 1));
    assigns \nothing;
    ensures \result == STATUS_OK ==> 0 < le32_at(block + AT_ITERATIONS) <= BLOCK_XTS_ITERATIONS_MAX; */
static status_t header_judge(const uint8_t block[BLOCK_SIZE])
{
	uint8_t digest[HASH_SIZE];

	if (bytes_compare(block, MAGIC, sizeof MAGIC) != 0)
		return STATUS_NOT_FOUND;
	hash_bytes(block, AT_DIGEST, digest);
	if (!hash_equal(digest, block + AT_DIGEST))
		return STATUS_DAMAGED;
	if (bytes_le32(block + AT_VERSION) != VERSION || bytes_le32(block + AT_ALGORITHM) != ALGORITHM)
		return STATUS_UNSUPPORTED;
	const uint32_t iterations = bytes_le32(block + AT_ITERATIONS);
	return iterations > 0 && iterations <= BLOCK_XTS_ITERATIONS_MAX ? STATUS_OK : STATUS_DAMAGED;
}

static status_t header_read(struct block_device *below, uint64_t copy, uint8_t out_header[HEADER_SIZE])
{
	uint8_t block[BLOCK_SIZE];
	status_t status = below->operations->read(below, copy, 1, block);

	if (status == STATUS_OK)
		status = header_judge(block);
	if (status == STATUS_OK)
		memcpy(out_header, block, HEADER_SIZE);
	return status;
}

static status_t header_open(const uint8_t header[HEADER_SIZE], const struct passphrase *passphrase,
                            uint8_t out_key[XTS_KEY_SIZE])
{
	struct wrap wrap;
	uint8_t check[HASH_SIZE];
	status_t status = STATUS_DENIED;

	wrap_begin(&wrap, passphrase, header);
	check_of(&wrap, header, check);
	if (hash_equal(check, header + AT_CHECK)) {
		pad_apply(&wrap, header + AT_WRAPPED, out_key);
		status = STATUS_OK;
	}
	secret_wipe(&wrap, sizeof wrap);
	return status;
}

/* What is to be said of two copies neither of which opened: the statement that helps most. */
static status_t worse_of(status_t a, status_t b)
{
	static const status_t ORDER[] = { STATUS_DENIED, STATUS_UNSUPPORTED, STATUS_IO_ERROR, STATUS_DAMAGED };

	for (size_t i = 0; i < sizeof ORDER / sizeof *ORDER; i++) {
		if (a == ORDER[i] || b == ORDER[i])
			return ORDER[i];
	}
	return a;
}

status_t block_xts_unwrap(struct block_device *below, const struct passphrase *passphrase,
                          uint8_t out_key[XTS_KEY_SIZE])
{
	uint8_t headers[BLOCK_XTS_HEADERS][HEADER_SIZE] = { 0 };
	status_t said = STATUS_NOT_FOUND;

	if (below->blocks <= BLOCK_XTS_HEADERS)
		return STATUS_NOT_FOUND;
	for (uint64_t copy = 0; copy < BLOCK_XTS_HEADERS; copy++) {
		status_t status = header_read(below, copy, headers[copy]);

		if (status == STATUS_OK && copy > 0 && memcmp(headers[0], headers[copy], HEADER_SIZE) == 0)
			break; /* tried already */
		if (status == STATUS_OK)
			status = header_open(headers[copy], passphrase, out_key);
		if (status == STATUS_OK)
			return STATUS_OK;
		said = worse_of(said, status);
	}
	return said;
}

status_t block_xts_is_there(struct block_device *below, bool *out_there)
{
	uint8_t block[BLOCK_SIZE];
	status_t status = STATUS_OK;
	bool there = false;

	for (uint64_t copy = 0; status == STATUS_OK && copy < BLOCK_XTS_HEADERS && copy < below->blocks; copy++) {
		status = below->operations->read(below, copy, 1, block);
		there = there || (status == STATUS_OK && memcmp(block, MAGIC, sizeof MAGIC) == 0);
	}
	if (status == STATUS_OK)
		*out_there = there;
	return status;
}

status_t block_xts_check(struct block_device *below)
{
	uint8_t header[HEADER_SIZE];
	status_t status = STATUS_OK;

	for (uint64_t copy = 0; status == STATUS_OK && copy < BLOCK_XTS_HEADERS; copy++)
		status = header_read(below, copy, header);
	return status;
}

/* ---- writing ---- */
static void header_make(const struct passphrase *passphrase, uint32_t iterations, const uint8_t key[XTS_KEY_SIZE],
                        const uint8_t salt[BLOCK_XTS_SALT_SIZE], uint8_t out_block[BLOCK_SIZE])
{
	struct wrap wrap;

	memset(out_block, 0, BLOCK_SIZE);
	memcpy(out_block, MAGIC, sizeof MAGIC);
	bytes_put_le32(out_block + AT_VERSION, VERSION);
	bytes_put_le32(out_block + AT_ALGORITHM, ALGORITHM);
	bytes_put_le32(out_block + AT_ITERATIONS, iterations);
	memcpy(out_block + AT_SALT, salt, BLOCK_XTS_SALT_SIZE);
	wrap_begin(&wrap, passphrase, out_block);
	pad_apply(&wrap, key, out_block + AT_WRAPPED);
	check_of(&wrap, out_block, out_block + AT_CHECK);
	hash_bytes(out_block, AT_DIGEST, out_block + AT_DIGEST);
	secret_wipe(&wrap, sizeof wrap);
}

status_t block_xts_format(struct block_device *below, const struct passphrase *passphrase, uint32_t iterations,
                          const uint8_t key[XTS_KEY_SIZE], const uint8_t salt[BLOCK_XTS_SALT_SIZE])
{
	uint8_t block[BLOCK_SIZE];
	status_t status = STATUS_OK;

	if (passphrase->size == 0 || iterations == 0 || iterations > BLOCK_XTS_ITERATIONS_MAX ||
	    hash_equal(key, key + AES_KEY_SIZE) || below->blocks <= BLOCK_XTS_HEADERS)
		return STATUS_INVALID;
	header_make(passphrase, iterations, key, salt, block);
	for (uint64_t copy = 0; status == STATUS_OK && copy < BLOCK_XTS_HEADERS; copy++) {
		status = below->operations->write(below, copy, 1, block);
		if (status == STATUS_OK)
			status = below->operations->flush(below);
	}
	return status;
}

status_t block_xts_change(struct block_device *below, const struct passphrase *old, const struct passphrase *new,
                          uint32_t iterations, const uint8_t salt[BLOCK_XTS_SALT_SIZE])
{
	uint8_t key[XTS_KEY_SIZE];
	status_t status = block_xts_unwrap(below, old, key);

	if (status == STATUS_OK)
		status = block_xts_format(below, new, iterations, key, salt);
	secret_wipe(key, sizeof key);
	return status;
}
