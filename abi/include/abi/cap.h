/* SPDX-License-Identifier: MPL-2.0 */
/* Object kinds and rights, as programs and the kernel name them. */
#pragma once
#include <abi/types.h>

enum object_type {
#define OBJECT(name, value, text) OBJECT_##name = (value),
#include <abi/object.def>
#undef OBJECT
	OBJECT_TYPE_COUNT = 25,
};

enum {
#define RIGHT(name, bit, text) RIGHT_##name = 1u << (bit),
#include <abi/right.def>
#undef RIGHT
};
#define RIGHTS_ALL 0x7ffu

/* What cap_info writes to the caller's message page (bulk area). Through whom a capability came is the chain of
 * those it was derived from: the process that holds each of them now, its granter first, the first holder last. */
#define CAP_CHAIN_MAX 24u
struct cap_info {
	uint32_t type;   /* enum object_type */
	uint32_t rights; /* RIGHT_* */
	uint64_t badge;
	uint32_t object; /* kernel slot of the object, for display */
	uint32_t depth;  /* derivations between the object's first capability and this one */
	uint64_t granter; /* id of the process whose capability this was derived from; 0: the kernel */
	handle_t handle;  /* in the table of the process that was asked about */
	uint64_t size;    /* memory, region, channel: bytes; else 0 */
	uint32_t chain_count; /* derivations above it; more than CAP_CHAIN_MAX: the last are not listed */
	uint32_t reserved;
	uint64_t chain[CAP_CHAIN_MAX]; /* process ids; [0] is the granter */
};
ABI_SIZE(struct cap_info, 248);
