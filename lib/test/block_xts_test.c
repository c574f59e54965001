/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The encrypted device over one in memory: what goes through it, who may open it, and what damage it notices. */
#include "test.h"
#include <lib/block_xts.h>
#include <lib/hash.h>
#include <string.h>

#define BLOCKS 40u
#define INSIDE (BLOCKS - BLOCK_XTS_HEADERS)
#define WHOLE UINT32_MAX

static struct {
	struct block_device device;
	uint8_t bytes[BLOCKS][BLOCK_SIZE];
	uint32_t writes_left; /* then the next is torn in its middle, and nothing arrives after it */
	uint32_t flushes;
	bool failing;
} memory;

static status_t memory_read(struct block_device *device, uint64_t block, uint32_t count, void *out_bytes)
{
	(void)device;
	assert_true(block + count <= BLOCKS);
	if (memory.failing)
		return STATUS_IO_ERROR;
	memcpy(out_bytes, memory.bytes[block], (size_t)count * BLOCK_SIZE);
	return STATUS_OK;
}

static status_t memory_write(struct block_device *device, uint64_t block, uint32_t count, const void *bytes)
{
	(void)device;
	assert_true(block + count <= BLOCKS);
	if (memory.failing)
		return STATUS_IO_ERROR;
	if (memory.writes_left == 0) {
		memcpy(memory.bytes[block], bytes, 100);
		memory.failing = true;
		return STATUS_IO_ERROR;
	}
	memory.writes_left--;
	memcpy(memory.bytes[block], bytes, (size_t)count * BLOCK_SIZE);
	return STATUS_OK;
}

static status_t memory_flush(struct block_device *device)
{
	(void)device;
	memory.flushes++;
	return memory.failing ? STATUS_IO_ERROR : STATUS_OK;
}

static const struct block_operations MEMORY = { memory_read, memory_write, memory_flush, NULL };
static const struct passphrase RIGHT = { "correct horse", 13 }, OTHER = { "battery staple", 14 },
                               WRONG = { "correct hors", 12 };
static uint8_t key[XTS_KEY_SIZE], salt[BLOCK_XTS_SALT_SIZE];
static struct block_xts xts;

static int begin(void **state)
{
	(void)state;
	memset(&memory, 0, sizeof memory);
	memory.device = (struct block_device){ &MEMORY, BLOCKS, 0, 0 };
	memory.writes_left = WHOLE;
	for (size_t i = 0; i < sizeof key; i++)
		key[i] = (uint8_t)(i * 5 + 1);
	for (size_t i = 0; i < sizeof salt; i++)
		salt[i] = (uint8_t)(i * 3);
	return block_xts_format(&memory.device, &RIGHT, 20, key, salt) != STATUS_OK;
}

static status_t opens(const struct passphrase *passphrase)
{
	uint8_t found[XTS_KEY_SIZE];
	const status_t status = block_xts_unwrap(&memory.device, passphrase, found);

	if (status == STATUS_OK)
		block_xts_open(&xts, &memory.device, found);
	return status;
}

/* ---- contents ---- */
static void what_goes_through(void **state)
{
	static uint8_t in[INSIDE * BLOCK_SIZE], out[INSIDE * BLOCK_SIZE];
	uint64_t seed = 3;

	(void)state;
	for (size_t i = 0; i < sizeof in; i++)
		in[i] = (uint8_t)test_random(&seed);
	assert_int_equal(opens(&RIGHT), STATUS_OK);
	assert_int_equal(xts.device.blocks, INSIDE);
	assert_int_equal(xts.device.operations->write(&xts.device, 0, INSIDE, in), STATUS_OK);
	for (uint32_t count = 1; count <= INSIDE; count += 6) {
		assert_int_equal(xts.device.operations->read(&xts.device, INSIDE - count, count, out), STATUS_OK);
		assert_memory_equal(out, in + (size_t)(INSIDE - count) * BLOCK_SIZE, (size_t)count * BLOCK_SIZE);
	}
	const uint32_t before = memory.flushes;
	assert_int_equal(xts.device.operations->flush(&xts.device), STATUS_OK);
	assert_int_equal(memory.flushes, before + 1);
	assert_int_equal(opens(&RIGHT), STATUS_OK);
	assert_int_equal(xts.device.operations->read(&xts.device, 0, INSIDE, out), STATUS_OK);
	assert_memory_equal(out, in, sizeof in);
}

/* The form on disk is XTS itself: key as it was given, tweak the number of the block. */
static void form(void **state)
{
	static uint8_t in[BLOCK_SIZE], expected[BLOCK_SIZE];
	uint8_t tweak[AES_BLOCK_SIZE] = { 5 };
	struct xts plain;

	(void)state;
	assert_int_equal(opens(&RIGHT), STATUS_OK);
	assert_int_equal(xts.device.operations->write(&xts.device, 5, 1, in), STATUS_OK);
	assert_int_equal(xts.device.operations->write(&xts.device, 6, 1, in), STATUS_OK);
	xts_begin(&plain, key);
	xts_encrypt(&plain, tweak, in, expected, BLOCK_SIZE);
	assert_memory_equal(memory.bytes[5 + BLOCK_XTS_HEADERS], expected, BLOCK_SIZE);
	assert_memory_not_equal(memory.bytes[6 + BLOCK_XTS_HEADERS], expected, BLOCK_SIZE);
}

static void bounds(void **state)
{
	static uint8_t room[2 * BLOCK_SIZE];

	(void)state;
	assert_int_equal(opens(&RIGHT), STATUS_OK);
	assert_int_equal(xts.device.operations->read(&xts.device, INSIDE - 1, 2, room), STATUS_INVALID);
	assert_int_equal(xts.device.operations->write(&xts.device, INSIDE, 1, room), STATUS_INVALID);
	assert_int_equal(xts.device.operations->write(&xts.device, UINT64_MAX, 1, room), STATUS_INVALID);
	memory.device.read_only = 1;
	assert_int_equal(opens(&RIGHT), STATUS_OK);
	assert_int_equal(xts.device.operations->write(&xts.device, 0, 1, room), STATUS_DENIED);
	memory.failing = true;
	assert_int_equal(xts.device.operations->read(&xts.device, 0, 1, room), STATUS_IO_ERROR);
	assert_int_equal(xts.device.operations->flush(&xts.device), STATUS_IO_ERROR);
}

/* ---- who may open it ---- */
static void passphrases(void **state)
{
	const struct passphrase none = { "", 0 };
	bool there;

	(void)state;
	assert_int_equal(opens(&WRONG), STATUS_DENIED);
	assert_int_equal(opens(&none), STATUS_DENIED);
	assert_int_equal(block_xts_is_there(&memory.device, &there), STATUS_OK);
	assert_true(there);
	assert_int_equal(block_xts_format(&memory.device, &none, 20, key, salt), STATUS_INVALID);
	assert_int_equal(block_xts_format(&memory.device, &RIGHT, 0, key, salt), STATUS_INVALID);
	assert_int_equal(block_xts_format(&memory.device, &RIGHT, BLOCK_XTS_ITERATIONS_MAX + 1, key, salt),
	                 STATUS_INVALID);
	memcpy(key + AES_KEY_SIZE, key, AES_KEY_SIZE);
	assert_int_equal(block_xts_format(&memory.device, &RIGHT, 20, key, salt), STATUS_INVALID);
	assert_int_equal(opens(&RIGHT), STATUS_OK);
	memset(memory.bytes, 0, sizeof memory.bytes);
	assert_int_equal(opens(&RIGHT), STATUS_NOT_FOUND);
	assert_int_equal(block_xts_is_there(&memory.device, &there), STATUS_OK);
	assert_false(there);
	memory.device.blocks = BLOCK_XTS_HEADERS;
	assert_int_equal(opens(&RIGHT), STATUS_NOT_FOUND);
}

static void change(void **state)
{
	static uint8_t in[BLOCK_SIZE] = "kept", out[BLOCK_SIZE];

	(void)state;
	assert_int_equal(opens(&RIGHT), STATUS_OK);
	assert_int_equal(xts.device.operations->write(&xts.device, 1, 1, in), STATUS_OK);
	salt[0] ^= 1;
	assert_int_equal(block_xts_change(&memory.device, &WRONG, &OTHER, 30, salt), STATUS_DENIED);
	assert_int_equal(block_xts_change(&memory.device, &RIGHT, &OTHER, 30, salt), STATUS_OK);
	assert_int_equal(opens(&RIGHT), STATUS_DENIED);
	assert_int_equal(opens(&OTHER), STATUS_OK);
	assert_int_equal(xts.device.operations->read(&xts.device, 1, 1, out), STATUS_OK);
	assert_memory_equal(out, in, sizeof in);
}

/* Power is lost at each write of a change, which is torn: one of the two passphrases opens what is there. */
static void change_interrupted(void **state)
{
	for (uint32_t writes = 0; writes < BLOCK_XTS_HEADERS; writes++) {
		assert_int_equal(begin(state), 0);
		salt[0] ^= 1;
		memory.writes_left = writes;
		assert_int_equal(block_xts_change(&memory.device, &RIGHT, &OTHER, 30, salt), STATUS_IO_ERROR);
		memory.failing = false;
		assert_true(opens(&RIGHT) == STATUS_OK || opens(&OTHER) == STATUS_OK);
	}
}

/* ---- damage ---- */
static status_t opens_seen_alone(size_t copy)
{
	static uint8_t kept[BLOCK_SIZE];

	memcpy(kept, memory.bytes[1 - copy], BLOCK_SIZE);
	memset(memory.bytes[1 - copy], 0, BLOCK_SIZE);
	const status_t status = opens(&RIGHT);
	memcpy(memory.bytes[1 - copy], kept, BLOCK_SIZE);
	return status;
}

/* Any bit of one header flipped: refused if it is alone, and of no consequence beside the other. */
static void header_damaged(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < 8u * BLOCK_SIZE; bit += bit < 8 * 200 ? 1 : 131) {
		uint8_t *byte = &memory.bytes[bit % 2][bit / 8];

		*byte ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(opens_seen_alone(bit % 2), bit < 64 ? STATUS_NOT_FOUND : STATUS_DAMAGED);
		if (bit % 50 == 0)
			assert_int_equal(opens(&RIGHT), STATUS_OK);
		*byte ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(opens(&RIGHT), STATUS_OK);
}

static void header_seal(uint8_t header[BLOCK_SIZE])
{
	hash_bytes(header, BLOCK_SIZE - HASH_SIZE, header + BLOCK_SIZE - HASH_SIZE);
}

/* Altered by somebody who makes the digest right again: the code under the passphrase does not verify. */
static void header_forged(void **state)
{
	static const struct {
		size_t at;
		status_t status;
	} PLACES[] = { { 8, STATUS_UNSUPPORTED }, { 12, STATUS_UNSUPPORTED }, { 16, STATUS_DENIED },
		       { 19, STATUS_DAMAGED },    { 32, STATUS_DENIED },      { 64, STATUS_DENIED },
		       { 127, STATUS_DENIED },    { 128, STATUS_DENIED },     { 20, STATUS_DENIED } };

	(void)state;
	for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++) {
		memory.bytes[0][PLACES[i].at] ^= 2;
		header_seal(memory.bytes[0]);
		assert_int_equal(opens_seen_alone(0), PLACES[i].status);
		memory.bytes[0][PLACES[i].at] ^= 2;
	}
	header_seal(memory.bytes[0]);
	assert_int_equal(opens_seen_alone(0), STATUS_OK);
}

/* From one iteration to as many as anybody may be made to wait for, as it is read, before any is counted. */
static void iterations_read(void **state)
{
	static const struct {
		uint32_t iterations;
		status_t status;
	} CASES[] = { { 0, STATUS_DAMAGED }, { 1, STATUS_OK }, { BLOCK_XTS_ITERATIONS_MAX, STATUS_OK },
		      { BLOCK_XTS_ITERATIONS_MAX + 1, STATUS_DAMAGED } };

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		for (size_t byte = 0; byte < 4; byte++)
			memory.bytes[0][16 + byte] = (uint8_t)(CASES[i].iterations >> 8 * byte);
		header_seal(memory.bytes[0]);
		assert_int_equal(block_xts_check(&memory.device), CASES[i].status);
	}
}

/* ---- header and key, apart from the device ---- */
static void headers_read(void **state)
{
	struct block_xts_headers headers;

	(void)state;
	assert_int_equal(block_xts_read(&memory.device, &headers), STATUS_OK);
	assert_int_equal(headers.count, 1); /* the second says the same */
	assert_memory_equal(headers.bytes[0], memory.bytes[1], BLOCK_XTS_HEADER_SIZE);
	memory.bytes[0][8] ^= 2;
	header_seal(memory.bytes[0]);
	assert_int_equal(block_xts_read(&memory.device, &headers), STATUS_OK);
	assert_int_equal(headers.count, 1);
	memory.bytes[1][9] ^= 1;
	assert_int_equal(block_xts_read(&memory.device, &headers), STATUS_UNSUPPORTED); /* says more than damage */
	assert_int_equal(headers.count, 0);
	memory.failing = true;
	assert_int_equal(block_xts_read(&memory.device, &headers), STATUS_IO_ERROR);
}

/* Between the two writes of a change there are two headers, one for each passphrase. */
static void headers_of_two(void **state)
{
	struct block_xts_headers headers;
	uint8_t before[BLOCK_SIZE], found[XTS_KEY_SIZE];

	(void)state;
	memcpy(before, memory.bytes[1], BLOCK_SIZE);
	salt[0] ^= 1;
	assert_int_equal(block_xts_change(&memory.device, &RIGHT, &OTHER, 30, salt), STATUS_OK);
	memcpy(memory.bytes[1], before, BLOCK_SIZE);
	assert_int_equal(block_xts_read(&memory.device, &headers), STATUS_OK);
	assert_int_equal(headers.count, 2);
	assert_int_equal(block_xts_key(headers.bytes[0], &RIGHT, found), STATUS_DENIED);
	assert_int_equal(block_xts_key(headers.bytes[0], &OTHER, found), STATUS_OK);
	assert_memory_equal(found, key, sizeof key);
	assert_int_equal(block_xts_key(headers.bytes[1], &RIGHT, found), STATUS_OK);
	assert_memory_equal(found, key, sizeof key);
	assert_int_equal(opens(&RIGHT), STATUS_OK);
	assert_int_equal(opens(&OTHER), STATUS_OK);
	assert_int_equal(opens(&WRONG), STATUS_DENIED);
}

/* Any bit of what a header says: no key, and none is written. */
static void key_refused(void **state)
{
	uint8_t header[BLOCK_XTS_HEADER_SIZE], found[XTS_KEY_SIZE] = { 0 }, nothing[XTS_KEY_SIZE] = { 0 };

	(void)state;
	for (size_t bit = 0; bit < 8u * sizeof header; bit++) {
		memcpy(header, memory.bytes[0], sizeof header);
		header[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (bit / 8 >= 17 && bit / 8 < 20)
			continue; /* iterations nobody waits for, or too many of them */
		const status_t status = block_xts_key(header, &RIGHT, found);
		assert_int_equal(status, bit < 64 ? STATUS_NOT_FOUND : bit < 128 ? STATUS_UNSUPPORTED : STATUS_DENIED);
		assert_memory_equal(found, nothing, sizeof found);
	}
	memcpy(header, memory.bytes[0], sizeof header);
	header[19] = 0xff;
	assert_int_equal(block_xts_key(header, &RIGHT, found), STATUS_DAMAGED);
	memset(header + 16, 0, 4);
	assert_int_equal(block_xts_key(header, &RIGHT, found), STATUS_DAMAGED);
}

#define CASE(name) cmocka_unit_test_setup(name, begin)
TEST_MAIN(CASE(what_goes_through), CASE(form), CASE(bounds), CASE(passphrases), CASE(change), CASE(change_interrupted),
          CASE(header_damaged), CASE(header_forged), CASE(iterations_read), CASE(headers_read), CASE(headers_of_two), CASE(key_refused))
