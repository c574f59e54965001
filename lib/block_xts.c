/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The encrypted device itself: reads decrypt in place, writes are encrypted in the struct's own room. */
#include <lib/block_xts.h>
#include <lib/bytes.h>
#include <lib/hash.h>
#include <lib/string.h>

static struct block_xts *xts_of(struct block_device *device)
{
	return (struct block_xts *)device;
}

static void tweak_of(uint64_t block, uint8_t out_tweak[AES_BLOCK_SIZE])
{
	bytes_put_le64(out_tweak, block);
	bytes_put_le64(out_tweak + 8, 0);
}

static bool inside(const struct block_device *device, uint64_t block, uint64_t count)
{
	return block <= device->blocks && count <= device->blocks - block;
}

static status_t xts_read(struct block_device *device, uint64_t block, uint32_t count, void *out_bytes)
{
	struct block_xts *xts = xts_of(device);
	struct block_device *below = xts->below;
	uint8_t *bytes = out_bytes, tweak[AES_BLOCK_SIZE];

	if (!inside(device, block, count))
		return STATUS_INVALID;
	const status_t status = below->operations->read(below, block + BLOCK_XTS_HEADERS, count, bytes);
	if (status != STATUS_OK)
		return status;
	for (uint32_t i = 0; i < count; i++, bytes += BLOCK_SIZE) {
		tweak_of(block + i, tweak);
		xts_decrypt(&xts->xts, tweak, bytes, bytes, BLOCK_SIZE);
	}
	return STATUS_OK;
}

static status_t room_write(struct block_xts *xts, uint64_t block, uint32_t count, const uint8_t *bytes)
{
	uint8_t tweak[AES_BLOCK_SIZE];

	for (size_t i = 0; i < count; i++) {
		tweak_of(block + i, tweak);
		xts_encrypt(&xts->xts, tweak, bytes + i * BLOCK_SIZE, xts->room + i * BLOCK_SIZE, BLOCK_SIZE);
	}
	return xts->below->operations->write(xts->below, block + BLOCK_XTS_HEADERS, count, xts->room);
}

static status_t xts_write(struct block_device *device, uint64_t block, uint32_t count, const void *bytes)
{
	const uint8_t *from = bytes;
	status_t status = STATUS_OK;

	if (!inside(device, block, count))
		return STATUS_INVALID;
	if (device->read_only != 0)
		return STATUS_DENIED;
	for (uint32_t done = 0; status == STATUS_OK && done < count; done += BLOCK_XTS_ROOM) {
		const uint32_t part = count - done < BLOCK_XTS_ROOM ? count - done : BLOCK_XTS_ROOM;

		status = room_write(xts_of(device), block + done, part, from + (size_t)done * BLOCK_SIZE);
	}
	return status;
}

static status_t xts_flush(struct block_device *device)
{
	struct block_device *below = xts_of(device)->below;

	return below->operations->flush(below);
}

/* No discard: zeroes below are noise here, and it would show which blocks are free. */
static const struct block_operations OPERATIONS = { xts_read, xts_write, xts_flush, NULL };

void block_xts_open(struct block_xts *out_xts, struct block_device *below, const uint8_t key[XTS_KEY_SIZE])
{
	out_xts->device = (struct block_device){ &OPERATIONS, below->blocks - BLOCK_XTS_HEADERS, below->read_only, 0 };
	out_xts->below = below;
	xts_begin(&out_xts->xts, key);
}

void block_xts_close(struct block_xts *xts)
{
	secret_wipe(xts, sizeof *xts);
}
