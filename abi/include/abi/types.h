/* SPDX-License-Identifier: MPL-2.0 */
/* Scalars and small wrappers shared by the kernel and programs. */
#pragma once
#include <abi/cc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SHIFT 12u
#define PAGE_SIZE 4096u
#define PAGE_MASK (PAGE_SIZE - 1u)

/*
 * A handle names a capability in the caller's own table: slot number in the
 * low 32 bits, generation of the slot in the high 32. A generation is at least
 * 1, so 0 is never a handle; a slot whose generation is used up is retired, so
 * a stale handle never matches.
 */
typedef uint64_t handle_t;
#define HANDLE_NONE ((handle_t)0)
#define HANDLE(slot, generation) (((uint64_t)(generation) << 32) | (uint32_t)(slot))
#define HANDLE_SLOT(handle) ((uint32_t)(handle))
#define HANDLE_GENERATION(handle) ((uint32_t)((handle) >> 32))
/* Bit 31 of the slot marks a one-time reply handle (see endpoint.md). */
#define HANDLE_REPLY 0x80000000u

/* A point of monotonic time, nanoseconds since boot. */
typedef uint64_t deadline_t;
#define DEADLINE_NEVER UINT64_MAX
#define DEADLINE_NOW ((deadline_t)0)

/*
 * A principal's identifier: algorithm byte, hash byte, 30 bytes of digest of
 * the inception key. All zero is anonymous. Compared only by programs: the
 * kernel copies it and decides nothing by its value.
 */
#define AID_SIZE 32u
struct aid {
	uint8_t bytes[AID_SIZE] CC_ALIGNED(8);
};
#define AID_ALGORITHM_ED25519 1u
#define AID_HASH_BLAKE3 1u

/* Programs live in [USER_BASE, USER_LIMIT) on every architecture. */
#define USER_BASE 0x0000000000010000ull
#define USER_LIMIT 0x0000004000000000ull
