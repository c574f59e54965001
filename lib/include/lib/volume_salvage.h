/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What is left of a volume that cannot be mounted. Every record says of which
 * volume it is, where and when it was written; so they are looked for at every place
 * of the device where one may begin, and of each key the newest whole one
 * counts. Neither superblocks nor pages are needed, and headers of batches only to learn of
 * which volumes there are records.
 *
 * What was deleted may be there again, as it was once: until something is written over it,
 * only a later record says that it was, and that one may be lost or gone. What
 * is not to be believed is for the caller to know (lib/object.h: signatures, hashes).
 */
#pragma once
#include <lib/volume.h>

struct volume_trace {
	uint8_t identity[16];
	uint64_t batches; /* whole headers of batches */
};

struct volume_salvaged {
	uint64_t records;    /* whole ones, of all keys and times */
	uint64_t unreadable; /* blocks the device does not give */
};

/* Volumes of which there are batches, in the order they are found; those beyond `room` are not told. `block` is room
 * for one. */
/*@ requires \valid_read(device) && \valid(block + (0 .. BLOCK_SIZE - 1));
    requires \valid(out_traces + (0 .. room - 1)) && \valid(out_count);
    requires \separated(device, block + (0 .. BLOCK_SIZE - 1), out_traces + (0 .. room - 1), out_count);
    assigns block[0 .. BLOCK_SIZE - 1], out_traces[0 .. room - 1], *out_count;
    ensures *out_count <= room; */
void volume_traces(struct block_device *device, uint8_t block[BLOCK_SIZE], struct volume_trace *out_traces,
                   uint32_t room, uint32_t *out_count);
/* The volume of that identity, to be read only: volume_get, volume_look, volume_next and volume_unmount. Memory as for
 * volume_mount; QUOTA. */
/*@ requires \valid_read(device) && \valid_read(identity + (0 .. 15)) && \valid((char *)arena + (0 .. arena_size - 1));
    requires \valid(out_volume) && \valid(out_found) && \separated(out_volume, out_found, device, identity + (0 .. 15));
    requires \base_addr(arena) != \base_addr(device) && \base_addr(arena) != \base_addr(identity);
    requires \base_addr(arena) != \base_addr(out_volume) && \base_addr(arena) != \base_addr(out_found); */
CC_NODISCARD status_t volume_salvage(struct block_device *device, void *arena, size_t arena_size,
                                     const uint8_t identity[16], struct volume **out_volume,
                                     struct volume_salvaged *out_found);
