/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * CRC-32C eight bytes at a time: table n has the remainders of a byte that n bytes of zero follow, so that the
 * eight look-ups do not wait for each other, as those of crc32c.c do.
 */
#include <lib/bytes.h>
#include <lib/crc32c.h>
#include "crc32c_priv.h"

static const uint32_t remainder_of[8][256] = {
	CRC32C_TABLE(0xf26b8303, 0xe13b70f7, 0xc79a971f, 0x8ad958cf, 0x105ec76f, 0x20bd8ede, 0x417b1dbc, 0x82f63b78),
	CRC32C_TABLE(0x13a29877, 0x274530ee, 0x4e8a61dc, 0x9d14c3b8, 0x3fc5f181, 0x7f8be302, 0xff17c604, 0xfbc3faf9),
	CRC32C_TABLE(0xa541927e, 0x4f6f520d, 0x9edea41a, 0x38513ec5, 0x70a27d8a, 0xe144fb14, 0xc76580d9, 0x8b277743),
	CRC32C_TABLE(0xdd45aab8, 0xbf672381, 0x7b2231f3, 0xf64463e6, 0xe964b13d, 0xd725148b, 0xaba65fe7, 0x52a0c93f),
	CRC32C_TABLE(0x38116fac, 0x7022df58, 0xe045beb0, 0xc5670b91, 0x8f2261d3, 0x1ba8b557, 0x37516aae, 0x6ea2d55c),
	CRC32C_TABLE(0xef306b19, 0xdb8ca0c3, 0xb2f53777, 0x6006181f, 0xc00c303e, 0x85f4168d, 0x0e045beb, 0x1c08b7d6),
	CRC32C_TABLE(0x68032cc8, 0xd0065990, 0xa5e0c5d1, 0x4e2dfd53, 0x9c5bfaa6, 0x3d5b83bd, 0x7ab7077a, 0xf56e0ef4),
	CRC32C_TABLE(0x493c7d27, 0x9278fa4e, 0x211d826d, 0x423b04da, 0x847609b4, 0x0d006599, 0x1a00cb32, 0x34019664),
};

/* The remainder of four bytes that `zeros` bytes of zero follow. */
/*@ requires zeros <= 4;
    assigns \nothing; */
static uint32_t word_remainder(uint32_t word, uint32_t zeros)
{
	return remainder_of[zeros + 3][word % 256u] ^ remainder_of[zeros + 2][(word >> 8) % 256u] ^
	       remainder_of[zeros + 1][(word >> 16) % 256u] ^ remainder_of[zeros][(word >> 24) % 256u];
}

uint32_t crc32c_long(uint32_t crc, const uint8_t *data, size_t length)
{
	uint32_t sum = ~crc;
	size_t at = 0;

	/*@ loop invariant at <= length;
	    loop assigns at, sum;
	    loop variant length - at; */
	for (; length - at >= 8; at += 8)
		sum = word_remainder(sum ^ bytes_le32(data + at), 4) ^ word_remainder(bytes_le32(data + at + 4), 0);
	return crc32c(~sum, data + at, length - at);
}
