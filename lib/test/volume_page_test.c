/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pages of the index as somebody else wrote them, every checksum right: what a page may not say of itself and of keys. */
#include "volume_parts.h"

static uint8_t *page; /* the only one */
static uint64_t place; /* of a record */

static void page_seal(void)
{
	bytes_put_le32(page + 4, crc32c(volume->seed, page + 8, BLOCK_SIZE - 8));
}

/* Keys "a", "bb", "ccc". */
static int begin(void **state)
{
	(void)state;
	volume = fresh(&disk, BLOCKS);
	for (size_t i = 1; i <= 3; i++)
		assert_int_equal(volume_put(volume, i == 1 ? "a" : i == 2 ? "bb" : "ccc", i, "value", 5), STATUS_OK);
	assert_int_equal(volume_commit(volume), STATUS_OK);
	assert_int_equal(volume_unmount(volume), STATUS_OK);
	assert_int_equal(mount(&disk, &volume), STATUS_OK);
	assert_int_equal(volume->dump_pages, 1);
	page = disk.cache + segment_address(volume, volume->dump[0]);
	place = bytes_le64(page + PAGE_HEADER);
	return 0;
}

/* How many keys there are then; it is as it was afterwards. 1000: the page is damaged. */
static uint64_t keys_with(size_t at, size_t width, uint64_t value)
{
	uint8_t before[BLOCK_SIZE];

	memcpy(before, page, BLOCK_SIZE);
	for (size_t i = 0; i < width; i++)
		page[at + i] = (uint8_t)(value >> 8 * i);
	page_seal();
	const status_t status = mount(&disk, &volume);
	memcpy(page, before, BLOCK_SIZE);
	assert_true(status == STATUS_OK || status == STATUS_DAMAGED);
	return status == STATUS_OK ? volume->statistics.keys : 1000;
}

static void headers(void **state)
{
	(void)state;
	const uint32_t used = bytes_le32(page + 24);
	const uint64_t checkpoint = bytes_le64(page + 8);

	assert_int_equal(used, PAGE_HEADER + 3 * ENTRY_HEADER + 6);
	assert_int_equal(keys_with(0, 4, PAGE_MAGIC), 3);
	assert_int_equal(keys_with(0, 4, PAGE_MAGIC + 1), 1000);
	assert_int_equal(keys_with(8, 8, checkpoint + 1), 1000);
	assert_int_equal(keys_with(8, 8, checkpoint - 1), 1000);
	assert_int_equal(keys_with(16, 8, 1), 1000);
	page[5] ^= 1;
	assert_int_equal(mount(&disk, &volume), STATUS_DAMAGED);
	page[5] ^= 1;
	for (uint32_t i = 0; i < 200; i++) { /* where the keys end */
		const uint64_t keys = i == PAGE_HEADER ? 0 : i == PAGE_HEADER + 17 ? 1 : i == PAGE_HEADER + 35 ? 2 : i == used ? 3 : 1000;
		assert_int_equal(keys_with(24, 4, i), keys);
	}
	assert_int_equal(keys_with(24, 4, BLOCK_SIZE), 1000); /* what follows is no key */
	assert_int_equal(keys_with(24, 4, BLOCK_SIZE + 1), 1000);
	assert_int_equal(keys_with(24, 4, UINT32_MAX), 1000);
}

static void entries(void **state)
{
	(void)state;
	const uint64_t last = segment_address(volume, volume->segment_count);

	assert_int_equal(keys_with(PAGE_HEADER, 8, place + 4), 1000);
	assert_int_equal(keys_with(PAGE_HEADER, 8, place + 8), 3);
	assert_int_equal(keys_with(PAGE_HEADER, 8, 0), 1000);
	assert_int_equal(keys_with(PAGE_HEADER, 8, 4 * BLOCK_SIZE - 8), 1000);
	assert_int_equal(keys_with(PAGE_HEADER, 8, 4 * BLOCK_SIZE), 3);
	assert_int_equal(keys_with(PAGE_HEADER, 8, last - 8), 3);
	assert_int_equal(volume->segments[volume->segment_count - 1].live, record_size(1, 5));
	assert_int_equal(keys_with(PAGE_HEADER, 8, last), 1000);
	assert_int_equal(keys_with(PAGE_HEADER + 8, 4, VOLUME_VALUE_MAX), 3);
	assert_int_equal(keys_with(PAGE_HEADER + 8, 4, VOLUME_VALUE_MAX + 1), 1000);
	assert_int_equal(keys_with(PAGE_HEADER + 12, 1, 0), 1000);
	assert_int_equal(keys_with(PAGE_HEADER + 17 + 16, 1, 'a'), 3); /* "ab" */
	assert_int_equal(keys_with(PAGE_HEADER + 17 + 16, 1, 'A'), 1000); /* in ascending order alone */
	assert_int_equal(keys_with(PAGE_HEADER + 35 + 16, 2, 'b' | 'b' << 8), 3); /* "bbc" */
	assert_int_equal(keys_with(PAGE_HEADER + 35 + 16, 2, 'b' | 'a' << 8), 1000);
}

/* So many keys of one size, which differ in their last byte, and nothing else. */
static uint64_t keys_of(uint32_t count, uint32_t size)
{
	for (uint32_t i = 0, at = PAGE_HEADER; i < count; i++, at += ENTRY_HEADER + size) {
		bytes_put_le64(page + at, place);
		bytes_put_le64(page + at + 8, 1);
		page[at + 12] = (uint8_t)size;
		memset(page + at + ENTRY_HEADER, 'k', size);
		page[at + ENTRY_HEADER + size - 1] = (uint8_t)i;
	}
	return keys_with(24, 4, PAGE_HEADER + count * (ENTRY_HEADER + size));
}

static void sizes(void **state)
{
	(void)state;
	assert_int_equal(keys_of(127, 16), 127); /* which fill it */
	page[PAGE_HEADER + 126 * 32 + 12]++;
	assert_int_equal(keys_with(24, 4, BLOCK_SIZE), 1000);
	for (uint32_t size = 1; size < 200; size++)
		assert_int_equal(keys_of(3, size), size <= VOLUME_KEY_MAX ? 3 : 1000);
	assert_int_equal(keys_of(1, VOLUME_KEY_MAX), 1);
	assert_int_equal(keys_of(1, VOLUME_KEY_MAX + 1), 1000);
}

TEST_MAIN(T(headers), T(entries), T(sizes))
