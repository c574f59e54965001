/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A block device as the volume sees it: blocks of BLOCK_SIZE bytes that may be
 * lost, torn, reordered between two flushes, or refused. Behind it stand a
 * driver, a file of the host, memory, or a simulated disk that loses power.
 *
 * A transfer is of whole blocks, and complete when the call returns; a write is
 * durable only when a later flush has returned OK.
 *
 * Statuses: OK; IO_ERROR (the device failed; contents of the blocks written are
 * then unknown); DENIED (it is read-only); INVALID (beyond its end).
 */
#pragma once
#include <abi/status.h>
#include <abi/cc.h>
#include <stddef.h>
#include <stdint.h>

#define BLOCK_SIZE 4096u

struct block_device {
	const struct block_operations *operations;
	uint64_t blocks;
	uint32_t read_only; /* 1: every write is refused */
	uint32_t reserved;
};

/* `device` is the first member of whatever struct the implementation keeps. */
struct block_operations {
	status_t (*read)(struct block_device *device, uint64_t block, uint32_t count, void *out_bytes);
	status_t (*write)(struct block_device *device, uint64_t block, uint32_t count, const void *bytes);
	status_t (*flush)(struct block_device *device);
	/* Contents become zeroes, or stay as they are: the space is not needed. May be NULL. */
	status_t (*discard)(struct block_device *device, uint64_t block, uint64_t count);
};

/* Whatever the device says the blocks hold; what it keeps for itself lies elsewhere. The call itself is trusted. */
/*@ requires \valid(out_bytes + (0 .. count * BLOCK_SIZE - 1));
    assigns out_bytes[0 .. count * BLOCK_SIZE - 1]; */
CC_INLINE status_t block_read(struct block_device *device, uint64_t block, uint32_t count, uint8_t *out_bytes)
{
	return device->operations->read(device, block, count, out_bytes);
}
