/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The largest tables the kernel can have: the address space the linker
 * reserves. How much of it is backed is decided at boot (tier.h). Plain numbers
 * without dependencies, so that pure code and proofs can see them.
 */
#pragma once
#include <stdint.h>

#define NONE UINT32_MAX /* no slot */
/* A slot whose generation reaches this is retired, so that a stale reference never matches. */
#define GENERATION_RETIRED 0xfffffffeu

/* ROW(NAME, struct tag, variable prefix, maximum): the arrays are `struct tag prefix_table[NAME_MAX]`. */
#define OBJECT_TABLES(ROW)                                                                         \
	ROW(PROCESS, process, process, 1024)                                                       \
	ROW(THREAD, thread, thread, 4096)                                                          \
	ROW(ENDPOINT, endpoint, endpoint, 4096)                                                    \
	ROW(NOTIFICATION, notification, notification, 4096)                                        \
	ROW(MEMORY, memory, memory, 16384)                                                         \
	ROW(CHANNEL, channel, channel, 1024)                                                       \
	ROW(IRQ, irq, irq, 256)                                                                    \
	ROW(REGION, region, region, 512)                                                           \
	ROW(IMAGE, image, image, 256)

enum {
#define OBJECT_MAX_ROW(NAME, tag, prefix, maximum) NAME##_MAX = (maximum),
	OBJECT_TABLES(OBJECT_MAX_ROW)
#undef OBJECT_MAX_ROW
	MAPPING_MAX = 65536,  /* kernel-internal: struct mapping mapping_table[] */
	QUEUED_MAX = 16384,   /* kernel-internal: struct queued queued_table[], messages of send */
	CSPACE_SLOTS = 256,   /* capability slots per process */
	CAP_MAX = PROCESS_MAX * CSPACE_SLOTS, /* struct cap cap_table[], window per process slot */
};
