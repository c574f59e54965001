/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What lies where the next batch would: one that a power cut tore and one that was
 * damaged look alike, and mounting has to take both for the end of the log.
 * Whoever checks a disk that lies still wants to be told.
 */
#include "volume_priv.h"

#define BITS_OFF_MAX 4u /* of 320 that are known: what was here before differs in more */

static uint32_t bits_off(const uint8_t *a, const uint8_t *b, size_t size)
{
	uint32_t count = 0;

	for (size_t i = 0; i < size; i++) {
		for (uint32_t bits = a[i] ^ b[i]; bits != 0; bits &= bits - 1)
			count++;
	}
	return count;
}

/* A whole header of the next batch says that its records are not; one that is not whole is known by what it must say. */
static bool is_torn(const struct volume *volume, const uint8_t *bytes, uint64_t address)
{
	struct batch_header header;
	uint8_t wanted[BATCH_HEADER];

	if (batch_header_read(volume, bytes, address, &header))
		return header.sequence == volume->sequence + 1 && header.previous == volume->previous;
	memcpy(wanted, bytes, BATCH_HEADER);
	batch_header_known(volume, address, wanted);
	return bits_off(wanted, bytes, BATCH_HEADER) <= BITS_OFF_MAX;
}

static status_t torn_at(struct volume *volume, uint64_t address, bool *out_torn)
{
	const uint8_t *bytes;
	const status_t status = window_read(volume, address, BATCH_HEADER, false, &bytes);

	if (status == STATUS_OK)
		*out_torn = is_torn(volume, bytes, address);
	return status;
}

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
