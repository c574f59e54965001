/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Tables of remainders, made by the compiler. Remainders are linear: a byte's is the sum of those of its
 * bits, so that the eight of the bits, from bit 0 on, say all 256.
 */
#pragma once

#define CRC32C_BIT(sum, a) (sum), (sum) ^ (a)
#define CRC32C_2_BITS(sum, a, b) CRC32C_BIT(sum, a), CRC32C_BIT((sum) ^ (b), a)
#define CRC32C_3_BITS(sum, a, b, c) CRC32C_2_BITS(sum, a, b), CRC32C_2_BITS((sum) ^ (c), a, b)
#define CRC32C_4_BITS(sum, a, b, c, d) CRC32C_3_BITS(sum, a, b, c), CRC32C_3_BITS((sum) ^ (d), a, b, c)
#define CRC32C_5_BITS(sum, a, b, c, d, e) CRC32C_4_BITS(sum, a, b, c, d), CRC32C_4_BITS((sum) ^ (e), a, b, c, d)
#define CRC32C_6_BITS(sum, a, b, c, d, e, f) \
	CRC32C_5_BITS(sum, a, b, c, d, e), CRC32C_5_BITS((sum) ^ (f), a, b, c, d, e)
#define CRC32C_7_BITS(sum, a, b, c, d, e, f, g) \
	CRC32C_6_BITS(sum, a, b, c, d, e, f), CRC32C_6_BITS((sum) ^ (g), a, b, c, d, e, f)
#define CRC32C_TABLE(a, b, c, d, e, f, g, h) \
	{ CRC32C_7_BITS(0u, a, b, c, d, e, f, g), CRC32C_7_BITS(h, a, b, c, d, e, f, g) }
