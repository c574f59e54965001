/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What lies where the next batch would: one that a power cut tore and one that was
 * damaged look alike, and mounting has to take both for the end of the log.
 * Whoever checks a disk that lies still wants to be told.
 */
#include "volume_priv.h"

#define BITS_OFF_MAX 4u /* of 320 that are known: what was here before differs in more */

/*@ requires size <= BLOCK_SIZE && \valid_read(a + (0 .. size - 1)) && \valid_read(b + (0 .. size - 1));
    assigns \nothing; */
static uint32_t bits_off(const uint8_t *a, const uint8_t *b, size_t size)
{
	uint32_t count = 0;

	/*@ loop invariant 0 <= i <= size && count <= 8 * i;
	    loop assigns i, count;
	    loop variant size - i; */
	for (size_t i = 0; i < size; i++) {
		/*@ loop invariant 0 <= bit <= 8 && count <= 8 * i + bit;
		    loop assigns bit, count;
		    loop variant 8 - bit; */
		for (uint32_t bit = 0; bit < 8; bit++)
			count += (uint32_t)(a[i] ^ b[i]) >> bit & 1u;
	}
	return count;
}

/* A whole header of the next batch says that its records are not; one that is not whole is known by what it must say. */
/*@ requires \valid_read(volume) && geometry_ok(volume) && \valid_read(bytes + (0 .. BATCH_HEADER - 1));
    requires \separated(volume, bytes + (0 .. BATCH_HEADER - 1));
    assigns \nothing; */
static bool is_torn(const struct volume *volume, const uint8_t *bytes, uint64_t address)
{
	struct batch_header header;
	uint8_t wanted[BATCH_HEADER];

	if (batch_header_read(volume, bytes, address, &header))
		return header.sequence == volume->sequence + 1 && header.previous == volume->previous;
	bytes_put(wanted, bytes, BATCH_HEADER);
	batch_header_known(volume, address, wanted);
	return bits_off(wanted, bytes, BATCH_HEADER) <= BITS_OFF_MAX;
}

/*@ requires reader_ok(volume) && \valid(out_torn);
    requires \separated(out_torn, volume, volume->window + (0 .. WINDOW_BLOCKS * BLOCK_SIZE - 1));
    assigns *out_torn, WINDOW_CHANGES;
    ensures window_ok(volume); */
static status_t torn_at(struct volume *volume, uint64_t address, bool *out_torn)
{
	const uint8_t *bytes;
	const status_t status = window_read(volume, address, BATCH_HEADER, false, &bytes);

	if (status == STATUS_OK)
		*out_torn = is_torn(volume, bytes, address);
	return status;
}

/*@ requires reader_ok(volume) && head_ok(volume) && \valid(out_torn);
    requires \separated(out_torn, volume, volume->window + (0 .. WINDOW_BLOCKS * BLOCK_SIZE - 1));
    assigns *out_torn, WINDOW_CHANGES;
    ensures window_ok(volume); */
status_t volume_tail(struct volume *volume, bool *out_torn)
{
	bool at_head = false, at_next = false;
	status_t status = STATUS_OK;

	if (volume->head_block < volume->segment_blocks)
		status = torn_at(volume, segment_address(volume, volume->head_segment) +
		                         (uint64_t)volume->head_block * BLOCK_SIZE, &at_head);
	if (status == STATUS_OK)
		status = torn_at(volume, segment_address(volume, volume->next_segment), &at_next);
	*out_torn = at_head || at_next;
	return status;
}
