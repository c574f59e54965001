/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Vendor capabilities that say where the registers are. Virtual I/O Device 1.1, 4.1.4. */
#include <driver/virtio.h>
#include <lib/bytes.h>

#define STATUS_OFFSET         0x06u
#define STATUS_CAPABILITIES   (1u << 4)
#define CAPABILITIES_OFFSET   0x34u
#define CAPABILITIES_FIRST    0x40u
#define CAPABILITIES_MAX      48u /* in the bytes there are, none shorter than 4 */
#define CAPABILITY_VENDOR     0x09u
/* In the capability. */
#define NEXT                  1u
#define LENGTH                2u
#define KIND                  3u
#define BAR                   4u
#define OFFSET                8u
#define SIZE                  12u
#define STEP                  16u
#define BYTES                 16u
#define BYTES_NOTIFY          20u

/* What each must have at least, up to the last register used here, and how it is aligned. */
static const struct {
	uint32_t bytes;
	uint32_t alignment;
} rules[VIRTIO_PARTS] = {
	[VIRTIO_COMMON] = {0x38, 4},
	[VIRTIO_NOTIFY] = {2, 2},
	[VIRTIO_ISR] = {1, 1},
	[VIRTIO_CONFIG] = {1, 4},
};

static bool place_ok(const struct virtio_place *place, uint32_t part,
                     const struct device_bar bars[DEVICE_BARS_MAX])
{
	return place->bar < DEVICE_BARS_MAX && bars[place->bar].kind == REGION_MEMORY &&
	       place->size >= rules[part].bytes && place->offset % rules[part].alignment == 0 &&
	       bytes_fit(bars[place->bar].size, place->offset, place->size);
}

/* `capability` is the vendor's, and all of its `length` bytes are there. */
static void part_read(const uint8_t *capability, uint32_t length, const struct device_bar bars[DEVICE_BARS_MAX],
                      struct virtio_layout *layout)
{
	uint32_t part = (uint32_t)capability[KIND] - 1u;

	if (part >= VIRTIO_PARTS || length < (part == VIRTIO_NOTIFY ? BYTES_NOTIFY : BYTES))
		return;
	struct virtio_place place = {
		.bar = capability[BAR],
		.offset = bytes_le32(capability + OFFSET),
		.size = bytes_le32(capability + SIZE),
	};
	if (layout->parts[part].size != 0 || !place_ok(&place, part, bars))
		return;
	layout->parts[part] = place;
	if (part == VIRTIO_NOTIFY)
		layout->notify_step = bytes_le32(capability + STEP);
}

status_t virtio_layout_read(const uint8_t *config, size_t length, const struct device_bar bars[DEVICE_BARS_MAX],
                            struct virtio_layout *out)
{
	struct virtio_layout layout = {.notify_step = 0};
	uint16_t status = 0;
	uint8_t at = 0;

	if (load_le16(config, length, STATUS_OFFSET, &status) && (status & STATUS_CAPABILITIES) != 0)
		(void)load_u8(config, length, CAPABILITIES_OFFSET, &at);
	for (uint32_t i = 0; i < CAPABILITIES_MAX; i++) {
		at &= 0xfcu;
		if (at < CAPABILITIES_FIRST || !bytes_fit(length, at, LENGTH + 1u))
			break;
		if (config[at] == CAPABILITY_VENDOR && bytes_fit(length, at, config[at + LENGTH]) &&
		    config[at + LENGTH] >= BYTES)
			part_read(config + at, config[at + LENGTH], bars, &layout);
		at = config[at + NEXT];
	}
	if (layout.parts[VIRTIO_COMMON].size == 0 || layout.parts[VIRTIO_NOTIFY].size == 0 ||
	    layout.parts[VIRTIO_ISR].size == 0)
		return STATUS_UNSUPPORTED;
	*out = layout;
	return STATUS_OK;
}
