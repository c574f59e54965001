/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What lies on a device, from its superblocks alone: nothing is mounted, and no damage beyond them is seen. */
#include "volume_priv.h"

/* The statement that helps most: a whole one, then one of another version, then a damaged one. */
/*@ assigns \nothing; */
static bool says_more(status_t status, status_t said)
{
	if (said == STATUS_OK || status == said)
		return false;
	return status == STATUS_OK || status == STATUS_UNSUPPORTED || said == STATUS_NOT_FOUND;
}

status_t volume_label(struct block_device *device, uint8_t *memory, size_t memory_size, struct volume_label *out_label)
{
	const uint8_t *bytes = memory;
	status_t said = STATUS_NOT_FOUND;
	uint64_t newest = 0;

	if (memory_size < SUPER_BLOCKS * BLOCK_SIZE)
		return STATUS_INVALID;
	if (device->blocks < SUPER_BLOCKS)
		return STATUS_NOT_FOUND;
	const status_t status = block_read(device, 0, SUPER_BLOCKS, memory);
	if (status != STATUS_OK)
		return status;
	/*@ loop invariant 0 <= i <= SUPER_BLOCKS && bytes == memory + i * BLOCK_SIZE;
	    loop assigns i, bytes, said, newest, *out_label;
	    loop variant SUPER_BLOCKS - i; */
	for (uint32_t i = 0; i < SUPER_BLOCKS; i++, bytes += BLOCK_SIZE) {
		const status_t judged = bytes_le32(bytes) == SUPER_MAGIC ? super_judge(bytes) : STATUS_NOT_FOUND;
		if (!says_more(judged, said) && (judged != STATUS_OK || bytes_le64(bytes + 40) <= newest))
			continue;
		said = judged;
		newest = judged == STATUS_OK ? bytes_le64(bytes + 40) : 0;
		out_label->version = bytes_le32(bytes + 8);
		out_label->blocks = bytes_le64(bytes + 32);
		bytes_put(out_label->identity, bytes + 16, sizeof out_label->identity);
	}
	return said;
}
