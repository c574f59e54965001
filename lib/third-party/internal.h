/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * In place of crypto/internal.h of the ring package: the little of it that
 * curve25519.c and aes_nohw.c need. Theirs is under the OpenSSL licences, which ours cannot be
 * combined with; with this and GFp/mem.h, all we compile of that package is
 * under the ISC and MIT licences.
 */
#pragma once
#include "GFp/base.h"
#include "string.h"

#define BORINGSSL_HAS_UINT128
/* Checks of secrets stay off: they would branch on them. */
#define dev_assert_secret(condition) ((void)0)
#define debug_assert_nonsecret(condition) ((void)0)
#define GFp_memcpy memcpy
#define GFp_memset memset
#define CRYPTO_bswap4 __builtin_bswap32
#define alignas _Alignas

/* The same value, of which the compiler no longer knows that it is one of two: it keeps the mask a mask. */
static inline uint64_t value_barrier_u64(uint64_t value)
{
	__asm__("" : "+r"(value));
	return value;
}
