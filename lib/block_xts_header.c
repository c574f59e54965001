/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The headers of an encrypted device where they lie: two copies, each whole by a digest that needs no passphrase. */
#include "block_xts_priv.h"
#include <lib/bytes.h>
#include <lib/hash.h>
#include <lib/string.h>

#define AT_DIGEST (BLOCK_SIZE - HASH_SIZE) /* zeroes up to there */

static const uint8_t MAGIC[MAGIC_SIZE] = BLOCK_XTS_MAGIC;

/* ---- reading ---- */
/*@ requires \valid_read(header + (0 .. BLOCK_XTS_HEADER_SIZE - 1));
    assigns \nothing;
    ensures \result == STATUS_OK ==> 0 < le32_at(header + AT_ITERATIONS) <= BLOCK_XTS_ITERATIONS_MAX; */
status_t block_xts_judge(const uint8_t header[BLOCK_XTS_HEADER_SIZE])
{
	if (bytes_compare(header, MAGIC, sizeof MAGIC) != 0)
		return STATUS_NOT_FOUND;
	if (bytes_le32(header + AT_VERSION) != VERSION || bytes_le32(header + AT_ALGORITHM) != ALGORITHM)
		return STATUS_UNSUPPORTED;
	const uint32_t iterations = bytes_le32(header + AT_ITERATIONS);
	return iterations > 0 && iterations <= BLOCK_XTS_ITERATIONS_MAX ? STATUS_OK : STATUS_DAMAGED;
}

/*@ requires \valid_read(block + (0 .. BLOCK_SIZE - 1));
    assigns \nothing;
    ensures \result == STATUS_OK ==> 0 < le32_at(block + AT_ITERATIONS) <= BLOCK_XTS_ITERATIONS_MAX; */
static status_t block_judge(const uint8_t block[BLOCK_SIZE])
{
	uint8_t digest[HASH_SIZE];

	if (bytes_compare(block, MAGIC, sizeof MAGIC) != 0)
		return STATUS_NOT_FOUND;
	hash_bytes(block, AT_DIGEST, digest);
	return hash_equal(digest, block + AT_DIGEST) ? block_xts_judge(block) : STATUS_DAMAGED;
}

static status_t header_read(struct block_device *below, uint64_t copy, uint8_t out_header[BLOCK_XTS_HEADER_SIZE])
{
	uint8_t block[BLOCK_SIZE];
	status_t status = below->operations->read(below, copy, 1, block);

	if (status == STATUS_OK)
		status = block_judge(block);
	if (status == STATUS_OK)
		memcpy(out_header, block, BLOCK_XTS_HEADER_SIZE);
	return status;
}

/* What is to be said of two copies neither of which is whole: the statement that helps most. */
static status_t worse_of(status_t a, status_t b)
{
	static const status_t ORDER[] = { STATUS_UNSUPPORTED, STATUS_IO_ERROR, STATUS_DAMAGED };

	for (size_t i = 0; i < sizeof ORDER / sizeof *ORDER; i++) {
		if (a == ORDER[i] || b == ORDER[i])
			return ORDER[i];
	}
	return a;
}

status_t block_xts_read(struct block_device *below, struct block_xts_headers *out_headers)
{
	status_t said = STATUS_NOT_FOUND;

	out_headers->count = 0;
	if (below->blocks <= BLOCK_XTS_HEADERS)
		return STATUS_NOT_FOUND;
	for (uint64_t copy = 0; copy < BLOCK_XTS_HEADERS; copy++) {
		uint8_t *header = out_headers->bytes[out_headers->count];
		const status_t status = header_read(below, copy, header);

		if (status != STATUS_OK)
			said = worse_of(said, status);
		else if (out_headers->count == 0 || memcmp(out_headers->bytes[0], header, BLOCK_XTS_HEADER_SIZE) != 0)
			out_headers->count++;
	}
	return out_headers->count > 0 ? STATUS_OK : said;
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
	uint8_t header[BLOCK_XTS_HEADER_SIZE];
	status_t status = STATUS_OK;

	for (uint64_t copy = 0; status == STATUS_OK && copy < BLOCK_XTS_HEADERS; copy++)
		status = header_read(below, copy, header);
	return status;
}

status_t block_xts_unwrap(struct block_device *below, const struct passphrase *passphrase,
                          uint8_t out_key[XTS_KEY_SIZE])
{
	struct block_xts_headers headers;
	status_t status = block_xts_read(below, &headers);

	if (status != STATUS_OK)
		return status;
	status = STATUS_DENIED;
	for (uint32_t i = 0; status == STATUS_DENIED && i < headers.count; i++)
		status = block_xts_key(headers.bytes[i], passphrase, out_key);
	return status;
}

/* ---- writing ---- */
status_t block_xts_format(struct block_device *below, const struct passphrase *passphrase, uint32_t iterations,
                          const uint8_t key[XTS_KEY_SIZE], const uint8_t salt[BLOCK_XTS_SALT_SIZE])
{
	uint8_t block[BLOCK_SIZE] = { 0 };
	status_t status = STATUS_OK;

	if (passphrase->size == 0 || iterations == 0 || iterations > BLOCK_XTS_ITERATIONS_MAX ||
	    hash_equal(key, key + AES_KEY_SIZE) || below->blocks <= BLOCK_XTS_HEADERS)
		return STATUS_INVALID;
	block_xts_wrap(passphrase, iterations, key, salt, block);
	hash_bytes(block, AT_DIGEST, block + AT_DIGEST);
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
