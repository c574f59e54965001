/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* CRC-32C a byte at a time: entry i of the table is the remainder of byte i (the test derives each anew). */
#include <lib/crc32c.h>
#include "crc32c_priv.h"

static const uint32_t remainder_of[256] =
	CRC32C_TABLE(0xf26b8303, 0xe13b70f7, 0xc79a971f, 0x8ad958cf, 0x105ec76f, 0x20bd8ede, 0x417b1dbc, 0x82f63b78);

uint32_t crc32c(uint32_t crc, const uint8_t *data, size_t length)
{
	uint32_t sum = ~crc;

	/*@ loop invariant 0 <= i <= length;
	    loop assigns i, sum;
	    loop variant length - i; */
	for (size_t i = 0; i < length; i++)
		sum = (sum >> 8) ^ remainder_of[(sum ^ data[i]) % 256u];
	return ~sum;
}
