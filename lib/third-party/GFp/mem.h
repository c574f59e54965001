/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* In place of the ring package's header: the one comparison that curve25519.c uses, in constant time. */
#pragma once
#include "base.h"

/* 0 if the bytes are equal, something else if not. */
static inline int GFp_memcmp(const uint8_t *a, const uint8_t *b, size_t length)
{
	uint8_t difference = 0;

	for (size_t i = 0; i < length; i++)
		difference |= a[i] ^ b[i];
	return difference;
}
