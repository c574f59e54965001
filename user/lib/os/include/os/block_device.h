/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A disk behind proto/block.h as a device of lib/block.h: for whoever keeps a
 * volume on it. Bytes are copied between the caller and the memory shared with the
 * driver; a transfer uses as many requests at once as fit, so the device sees them
 * together.
 *
 * Statuses are those of lib/block.h; a disk that is late for good, or has no driver any more, is an IO_ERROR.
 * One thread. Needs the calls `call`, `cap_drop`, `clock_now`,
 * `memory_map` and `memory_unmap`. A driver that lost its clients' memory with the device manager is given new one.
 */
#pragma once
#include <lib/block.h>
#include <os/block.h>

#define BLOCK_DEVICE_BUFFER 256u        /* blocks shared with the driver: 1 MiB */
#define BLOCK_DEVICE_NS 120000000000ull /* the longest that one transfer waits, restarts of the driver included */

struct block_device_client {
	struct block_device device; /* for lib/volume.h */
	handle_t server;
	handle_t memory; /* of the buffer */
	uint8_t *buffer;
	struct block_info_rep info;
};

/* GONE: there is no disk. IO_ERROR: it has no blocks, or its driver makes no sense. */
CC_NODISCARD status_t block_device_open(struct block_device_client *disk, handle_t server);
