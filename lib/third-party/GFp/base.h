/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * In place of the header of this name in the ring package, which lists the CPUs
 * its authors know and stops at any other. Ours are all 64-bit and little-endian,
 * which is what the C sources rely on.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define OPENSSL_64_BIT
#define OPENSSL_EXPORT
#define OPENSSL_STATIC_ASSERT(condition, message) _Static_assert(condition, message)

OPENSSL_STATIC_ASSERT(sizeof(void *) == 8, "pointers of 64 bits");
OPENSSL_STATIC_ASSERT(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "little-endian");
