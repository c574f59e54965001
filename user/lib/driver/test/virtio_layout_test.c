/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where a device says its registers are: QEMU's configuration space, and what else one could say. */
#include "../../../../lib/test/test.h"
#include <driver/virtio.h>
#include <lib/bytes.h>
#include <string.h>

#define CONFIG_BYTES 256u
#define BAR_BYTES    0x4000u

static uint8_t config[CONFIG_BYTES];
static struct device_bar bars[DEVICE_BARS_MAX];

static uint8_t *capability(uint8_t at, uint8_t next, uint8_t length, uint8_t kind, uint32_t offset, uint32_t size)
{
	uint8_t *bytes = config + at;

	bytes[0] = 0x09;
	bytes[1] = next;
	bytes[2] = length;
	bytes[3] = kind;
	bytes[4] = 4;
	bytes_put_le32(bytes + 8, offset);
	bytes_put_le32(bytes + 12, size);
	return bytes;
}

/* As QEMU has it: MSI-X first, all structures in BAR 4, a page each. */
static void usual(void)
{
	memset(config, 0, sizeof(config));
	memset(bars, 0, sizeof(bars));
	bars[4] = (struct device_bar){.size = BAR_BYTES, .kind = REGION_MEMORY};
	config[6] = 0x10;
	config[0x34] = 0x98;
	config[0x98] = 0x11;
	config[0x99] = 0x84;
	capability(0x84, 0x70, 20, 5, 0, 0); /* access through configuration space: not used */
	bytes_put_le32(capability(0x70, 0x60, 20, 2, 0x3000, 0x1000) + 16, 4);
	capability(0x60, 0x50, 16, 4, 0x2000, 0x1000);
	capability(0x50, 0x40, 16, 3, 0x1000, 0x1000);
	capability(0x40, 0, 16, 1, 0, 0x1000);
}

static status_t look(struct virtio_layout *out)
{
	return virtio_layout_read(config, sizeof(config), bars, out);
}

static void test_usual(void **state)
{
	struct virtio_layout layout;

	(void)state;
	usual();
	assert_int_equal(look(&layout), STATUS_OK);
	assert_int_equal(layout.parts[VIRTIO_COMMON].offset, 0);
	assert_int_equal(layout.parts[VIRTIO_ISR].offset, 0x1000);
	assert_int_equal(layout.parts[VIRTIO_CONFIG].offset, 0x2000);
	assert_int_equal(layout.parts[VIRTIO_NOTIFY].offset, 0x3000);
	assert_int_equal(layout.notify_step, 4);
	/* Without a configuration of its own. */
	config[0x60 + 3] = 77;
	assert_int_equal(look(&layout), STATUS_OK);
	assert_int_equal(layout.parts[VIRTIO_CONFIG].size, 0);
}

/* Of two, the first that is in order. */
static void test_first(void **state)
{
	struct virtio_layout layout;

	(void)state;
	usual();
	capability(0x98, 0x84, 16, 1, 0x800, 0x40);
	assert_int_equal(look(&layout), STATUS_OK);
	assert_int_equal(layout.parts[VIRTIO_COMMON].offset, 0x800);
	capability(0x98, 0x84, 16, 1, BAR_BYTES - 0x38, 0x40);
	assert_int_equal(look(&layout), STATUS_OK);
	assert_int_equal(layout.parts[VIRTIO_COMMON].offset, 0);
}

static void spoilt(uint32_t at, uint32_t value, uint32_t bytes)
{
	struct virtio_layout layout;

	usual();
	for (uint32_t i = 0; i < bytes; i++)
		config[at + i] = (uint8_t)(value >> (8u * i));
	assert_int_equal(look(&layout), STATUS_UNSUPPORTED);
}

static void test_spoilt(void **state)
{
	(void)state;
	spoilt(0x06, 0, 1);             /* no capabilities */
	spoilt(0x34, 0, 1);             /* none there */
	spoilt(0x34, 0x20, 1);          /* in the header */
	spoilt(0x40 + 4, 6, 1);         /* no such BAR */
	spoilt(0x40 + 4, 3, 1);         /* an empty one */
	spoilt(0x40 + 8, BAR_BYTES, 4); /* beyond it */
	spoilt(0x40 + 8, 0xfffffff0, 4);
	spoilt(0x40 + 8, 2, 4);  /* not aligned */
	spoilt(0x40 + 12, 0x37, 4); /* too small */
	spoilt(0x40 + 12, BAR_BYTES + 1u, 4);
	spoilt(0x40 + 12, UINT32_MAX, 4);
	spoilt(0x40 + 2, 15, 1);  /* the capability itself is too short */
	spoilt(0x70 + 2, 16, 1);
	spoilt(0x40 + 2, 255, 1); /* or longer than all there is */
	spoilt(0x50 + 1, 0x50, 1); /* its own successor */
	spoilt(0x50 + 1, 0x60, 1); /* a circle */
	spoilt(0x50 + 1, 0xfc, 1); /* the last bytes */
	usual();
	bars[4].kind = REGION_PORT;
	struct virtio_layout layout;
	assert_int_equal(look(&layout), STATUS_UNSUPPORTED);
}

/* Any bytes, of any length: an answer, and only places that lie in a BAR. */
static void test_any(void **state)
{
	uint64_t seed = 3;

	(void)state;
	for (uint32_t i = 0; i < 200000; i++) {
		struct virtio_layout layout;
		size_t length = i % 2u == 0 ? sizeof(config) : test_random(&seed) % (sizeof(config) + 1u);

		usual();
		for (uint64_t j = test_random(&seed) % 12u; j != 0; j--)
			config[test_random(&seed) % sizeof(config)] = (uint8_t)test_random(&seed);
		uint8_t *copy = test_copy(config, length);
		if (virtio_layout_read(copy, length, bars, &layout) == STATUS_OK) {
			for (uint32_t part = 0; part < VIRTIO_PARTS; part++)
				assert_true(layout.parts[part].size == 0 ||
				            (layout.parts[part].bar == 4 &&
				             bytes_fit(BAR_BYTES, layout.parts[part].offset, layout.parts[part].size)));
		}
		free(copy);
	}
}

TEST_MAIN(cmocka_unit_test(test_usual), cmocka_unit_test(test_first), cmocka_unit_test(test_spoilt),
          cmocka_unit_test(test_any))
