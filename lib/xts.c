/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* AES-256-XTS: each block is whitened before and after by the encrypted tweak times a power of x in GF(2^128). */
#include <lib/bytes.h>
#include <lib/xts.h>

#define BATCH 4u /* blocks: what lib/aes.c does at once */

void xts_begin(struct xts *xts, const uint8_t key[XTS_KEY_SIZE])
{
	aes_begin(&xts->data, key);
	aes_begin(&xts->tweak, key + AES_KEY_SIZE);
}

/* Times x, modulo x^128 + x^7 + x^2 + x + 1; the lowest bit is the first byte's lowest. */
/*@ requires \valid(mask + (0 .. 1));
    assigns mask[0 .. 1]; */
static void mask_next(uint64_t mask[2])
{
	const uint64_t carry = mask[1] >> 63;

	mask[1] = mask[1] << 1 | mask[0] >> 63;
	mask[0] = mask[0] << 1 ^ (carry * 0x87u);
}

/*@ requires blocks <= BATCH && \valid_read(masks + (0 .. BATCH - 1)) && \valid_read(in + (0 .. blocks * AES_BLOCK_SIZE - 1));
    requires \valid(out + (0 .. blocks * AES_BLOCK_SIZE - 1));
    assigns out[0 .. blocks * AES_BLOCK_SIZE - 1]; */
static void whiten(const uint64_t masks[BATCH][2], const uint8_t *in, uint8_t *out, size_t blocks)
{
	/*@ loop invariant 0 <= i <= 2 * blocks;
	    loop assigns i, out[0 .. blocks * AES_BLOCK_SIZE - 1];
	    loop variant 2 * blocks - i; */
	for (size_t i = 0; i < 2 * blocks; i++)
		bytes_put_le64(out + 8 * i, bytes_le64(in + 8 * i) ^ masks[i / 2][i % 2]);
}

/*@ requires \valid_read(xts) && \valid_read(tweak + (0 .. AES_BLOCK_SIZE - 1)) && size % AES_BLOCK_SIZE == 0;
    requires \valid_read(in + (0 .. size - 1)) && \valid(out + (0 .. size - 1)) && \separated(xts, out + (0 .. size - 1));
    assigns out[0 .. size - 1]; */
static void transform(const struct xts *xts, const uint8_t *tweak, const uint8_t *in, uint8_t *out, size_t size,
                      bool encrypt)
{
	uint8_t start[AES_BLOCK_SIZE];
	uint64_t mask[2], masks[BATCH][2];

	aes_encrypt(&xts->tweak, tweak, start, 1);
	mask[0] = bytes_le64(start);
	mask[1] = bytes_le64(start + 8);
	/*@ loop invariant 0 <= at && at % AES_BLOCK_SIZE == 0 && at <= size;
	    loop assigns at, blocks, mask[0 .. 1], masks[0 .. BATCH - 1][0 .. 1], out[0 .. size - 1];
	    loop variant size - at; */
	for (size_t at = 0, blocks; at < size; at += blocks * AES_BLOCK_SIZE) {
		const size_t left = (size - at) / AES_BLOCK_SIZE;
		blocks = left < BATCH ? left : BATCH;
		/*@ loop invariant 0 <= i <= blocks;
		    loop assigns i, mask[0 .. 1], masks[0 .. BATCH - 1][0 .. 1];
		    loop variant blocks - i; */
		for (size_t i = 0; i < blocks; i++) {
			masks[i][0] = mask[0];
			masks[i][1] = mask[1];
			mask_next(mask);
		}
		whiten(masks, in + at, out + at, blocks);
		if (encrypt)
			aes_encrypt(&xts->data, out + at, out + at, blocks);
		else
			aes_decrypt(&xts->data, out + at, out + at, blocks);
		whiten(masks, out + at, out + at, blocks);
	}
}

void xts_encrypt(const struct xts *xts, const uint8_t tweak[AES_BLOCK_SIZE], const uint8_t *in, uint8_t *out, size_t size)
{
	transform(xts, tweak, in, out, size, true);
}

void xts_decrypt(const struct xts *xts, const uint8_t tweak[AES_BLOCK_SIZE], const uint8_t *in, uint8_t *out, size_t size)
{
	transform(xts, tweak, in, out, size, false);
}
