/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the log is read by: the window, records, headers and the tail, each asked at its limits; and the order of keys. */
#include "volume_parts.h"

#define SEGMENTS 8u
#define SEGMENT_BYTES (32u * BLOCK_SIZE)

static int begin(void **state)
{
	(void)state;
	volume = fresh(&disk, BLOCKS);
	assert_int_equal(volume->segment_count, SEGMENTS);
	assert_int_equal(volume->segment_blocks, 32);
	return 0;
}

static uint8_t *at(uint64_t address)
{
	volume->window_blocks = 0; /* what is read next is read anew */
	return disk.cache + address;
}

/* ---- places ---- */
static void places(void **state)
{
	uint32_t segment = 77;

	(void)state;
	for (uint32_t i = 0; i <= SEGMENTS; i++)
		assert_int_equal(segment_address(volume, i), 4 * BLOCK_SIZE + i * SEGMENT_BYTES);
	assert_false(address_segment(volume, 0, &segment));
	assert_false(address_segment(volume, 4 * BLOCK_SIZE - 1, &segment));
	assert_false(address_segment(volume, 4 * BLOCK_SIZE + SEGMENTS * SEGMENT_BYTES, &segment));
	assert_false(address_segment(volume, UINT64_MAX, &segment));
	assert_int_equal(segment, 77);
	for (uint32_t i = 0; i < SEGMENTS; i++) {
		assert_true(address_segment(volume, segment_address(volume, i), &segment) && segment == i);
		assert_true(address_segment(volume, segment_address(volume, i + 1) - 1, &segment) && segment == i);
	}
	for (uint32_t key = 0; key < 20; key++)
		for (uint32_t value = 0; value < 20; value++) {
			const uint32_t size = record_size(key, value);
			assert_true(size % 8 == 0 && size >= 24 + key + value && size < 32 + key + value);
		}
}

/* ---- the window ---- */
static void expect_window(uint64_t address, uint32_t size, bool ahead, bool there)
{
	const uint8_t *bytes = NULL;
	const uint64_t reads = disk.reads;

	assert_int_equal(window_read(volume, address, size, ahead, &bytes), there ? STATUS_OK : STATUS_DAMAGED);
	if (!there) {
		assert_int_equal(disk.reads, reads);
		return;
	}
	assert_true(bytes >= volume->window && bytes + size <= volume->window + WINDOW_BLOCKS * BLOCK_SIZE);
	assert_memory_equal(bytes, disk.cache + address, size);
}

static void window(void **state)
{
	uint64_t seed = 3;

	(void)state;
	for (size_t i = 4 * BLOCK_SIZE; i < sim_size(&disk); i++)
		disk.cache[i] = (uint8_t)(i / BLOCK_SIZE * 31 + i * 7);
	for (uint32_t i = 0; i < 20000; i++) {
		const uint32_t segment = (uint32_t)(test_random(&seed) % SEGMENTS);
		const uint32_t offset = (uint32_t)(test_random(&seed) % SEGMENT_BYTES), rest = SEGMENT_BYTES - offset;
		const uint32_t size = 1 + (uint32_t)(test_random(&seed) % (i % 2 == 0 ? 100 : RECORD_MAX + 16));
		expect_window(segment_address(volume, segment) + offset, size, i % 3 == 0, size <= rest && size <= RECORD_MAX + 8);
		expect_window(segment_address(volume, segment) + offset, rest, true, rest <= RECORD_MAX + 8);
		expect_window(segment_address(volume, segment) + offset, rest + 1, true, false);
	}
	expect_window(segment_address(volume, 1), RECORD_MAX + 8, false, true);
	expect_window(segment_address(volume, 1), RECORD_MAX + 9, false, false);
	expect_window(4 * BLOCK_SIZE - 8, 8, true, false);
	expect_window(segment_address(volume, SEGMENTS), 1, true, false);
	volume->blocks -= 22; /* as salvage may have it: the last segment is cut short */
	const uint64_t cut = segment_address(volume, 7) + 10 * BLOCK_SIZE;
	expect_window(cut - 8, 8, true, true);
	expect_window(cut - 8, 9, true, false);
	expect_window(cut, 1, true, false);
	expect_window(cut + BLOCK_SIZE, 1, true, false);
}

static void expect_reads(uint64_t address, uint32_t size, bool ahead, uint64_t reads)
{
	reads += disk.reads;
	expect_window(address, size, ahead, true);
	assert_int_equal(disk.reads, reads);
}

/* What was read is not read again, and with foresight as much as fits is. */
static void foresight(void **state)
{
	const uint64_t first = segment_address(volume, 2), last = segment_address(volume, 3) - BLOCK_SIZE;
	const uint8_t *bytes;

	(void)state;
	volume->window_blocks = 0;
	expect_reads(first + BLOCK_SIZE, 8, true, 1);
	expect_reads(first + WINDOW_BLOCKS * BLOCK_SIZE, BLOCK_SIZE, true, 0);
	expect_reads(first + BLOCK_SIZE, 100, false, 0);
	expect_reads(first + (WINDOW_BLOCKS + 1) * BLOCK_SIZE - 8, 16, true, 1);
	expect_reads(first + WINDOW_BLOCKS * BLOCK_SIZE - 8, 8, true, 1); /* before it */
	assert_int_equal(volume->window_blocks, 32 - (WINDOW_BLOCKS - 1)); /* to the segment's end */
	expect_reads(last, 8, true, 0);
	expect_reads(first, 8, true, 1);
	assert_int_equal(volume->window_blocks, WINDOW_BLOCKS);
	expect_reads(last, 8, true, 1);
	assert_int_equal(volume->window_blocks, 1);
	expect_reads(last - BLOCK_SIZE, 2 * BLOCK_SIZE, false, 1);
	expect_reads(last + 8, 8, false, 0);
	expect_reads(first, 8, false, 1);
	assert_int_equal(volume->window_blocks, 1);
	expect_reads(first + BLOCK_SIZE, 8, false, 1);
	expect_reads(first + BLOCK_SIZE - 1, 2, false, 1);
	assert_int_equal(volume->window_blocks, 2);
	disk.fail_at = 1;
	assert_int_equal(window_read(volume, last, 8, true, &bytes), disk.operations > 0 ? STATUS_IO_ERROR : STATUS_OK);
	disk.fail_at = 0;
	expect_reads(first, 8, false, 1); /* nothing is known after an error */
}

/* ---- records ---- */
static void record_seal(uint64_t address, uint32_t length)
{
	uint8_t where[8];

	bytes_put_le64(where, address);
	bytes_put_le32(at(address), crc32c(crc32c(volume->seed, where, sizeof where), at(address) + 4, length - 4));
}

static void record_make(uint64_t address, uint32_t key_size, uint32_t kind, uint32_t value_size)
{
	uint8_t *bytes = at(address);

	memset(bytes, 0, RECORD_HEADER);
	bytes[4] = (uint8_t)key_size;
	bytes[5] = (uint8_t)kind;
	bytes_put_le32(bytes + 8, value_size);
	bytes_put_le64(bytes + 16, 0x0102030405060708);
	memset(bytes + RECORD_HEADER, 'k', key_size);
	memset(bytes + RECORD_HEADER + key_size, 'v', value_size);
	record_seal(address, RECORD_HEADER + key_size + value_size);
}

static status_t record_status(uint64_t address)
{
	struct record record;
	const status_t status = record_load(volume, address, false, &record);

	if (status == STATUS_OK) {
		assert_int_equal(record.sequence, 0x0102030405060708);
		assert_true(record.key[0] == 'k' && record.key[record.key_size - 1] == 'k');
		assert_true(record.value_size == 0 || (record.value[0] == 'v' && record.value[record.value_size - 1] == 'v'));
		assert_ptr_equal(record.value, record.key + record.key_size);
	}
	return status;
}

static void record_limits(void **state)
{
	static const uint32_t keys[] = { 0, 1, VOLUME_KEY_MAX, VOLUME_KEY_MAX + 1, 255 };
	static const uint32_t values[] = { 0, 1, VOLUME_VALUE_MAX, VOLUME_VALUE_MAX + 1 };
	const uint64_t address = segment_address(volume, 5) + 8;

	(void)state;
	for (uint32_t key = 0; key < 5; key++)
		for (uint32_t value = 0; value < 4; value++)
			for (uint32_t kind = 0; kind < 5; kind++) {
				record_make(address, keys[key], kind, values[value]);
				const bool good = key >= 1 && key <= 2 && value <= 2 && (kind == RECORD_PUT || kind == RECORD_DELETE);
				assert_int_equal(record_status(address), good ? STATUS_OK : STATUS_DAMAGED);
			}
}

static void record_places(void **state)
{
	const uint64_t address = segment_address(volume, 5), last = segment_address(volume, 6) - 32;

	(void)state;
	record_make(address, 3, RECORD_PUT, 5);
	assert_int_equal(record_status(address), STATUS_OK);
	for (uint32_t bit = 0; bit < 32 * 8; bit++) {
		*at(address + bit / 8) ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(record_status(address), STATUS_DAMAGED);
		*at(address + bit / 8) ^= (uint8_t)(1u << bit % 8);
	}
	memcpy(at(address + 32), at(address), 32);
	assert_int_equal(record_status(address + 32), STATUS_DAMAGED); /* it belongs elsewhere */
	volume->seed ^= 1;
	assert_int_equal(record_status(address), STATUS_DAMAGED); /* or to another volume */
	volume->seed ^= 1;
	record_make(last, 3, RECORD_PUT, 5);
	assert_int_equal(record_status(last), STATUS_OK);
	record_make(last, 3, RECORD_PUT, 6);
	assert_int_equal(record_status(last), STATUS_DAMAGED); /* across segments */
	assert_int_equal(record_status(segment_address(volume, 6) - 8), STATUS_DAMAGED);
}

/* ---- headers ---- */
static uint8_t header[BATCH_HEADER];

static void header_make(uint64_t address, uint32_t used)
{
	memset(header, 0, sizeof header);
	batch_header_known(volume, address, header);
	bytes_put_le32(header + 40, used);
	bytes_put_le32(header + 44, 0x11121314);
	bytes_put_le32(header + 48, SEGMENTS - 1);
	bytes_put_le32(header + 4, crc32c(CRC32C_INIT, header + 8, BATCH_HEADER - 8));
}

/* One changed, and the sum right again. */
static bool header_with(uint64_t address, size_t where, uint32_t value)
{
	struct batch_header out;

	header_make(address, 100);
	bytes_put_le32(header + where, value);
	bytes_put_le32(header + 4, crc32c(CRC32C_INIT, header + 8, BATCH_HEADER - 8));
	return batch_header_read(volume, header, address, &out);
}

static void headers(void **state)
{
	const uint64_t address = segment_address(volume, 6) + 3 * BLOCK_SIZE;
	struct batch_header out;

	(void)state;
	volume->sequence = 0x2122232425262727;
	volume->previous = 0x31323334;
	header_make(address, 100);
	assert_true(batch_header_read(volume, header, address, &out));
	assert_int_equal(out.sequence, 0x2122232425262728);
	assert_int_equal(out.used, 100);
	assert_int_equal(out.count, 0x11121314);
	assert_int_equal(out.next_segment, SEGMENTS - 1);
	assert_int_equal(out.previous, 0x31323334);
	assert_int_equal(out.checksum, bytes_le32(header + 4));
	for (uint32_t bit = 0; bit < BATCH_HEADER * 8; bit++) {
		header[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(batch_header_read(volume, header, address, &out));
		header[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_false(header_with(address, 0, BATCH_MAGIC ^ 1));
	for (size_t i = 8; i < 24; i += 4)
		assert_false(header_with(address, i, 0x5a5a5a5a));
	assert_false(header_with(address, 32, (uint32_t)address + BLOCK_SIZE));
	assert_false(header_with(address, 36, 1));
	assert_false(header_with(address, 40, BATCH_HEADER - 1));
	assert_true(header_with(address, 40, BATCH_HEADER));
	assert_true(header_with(address, 40, 29 * BLOCK_SIZE));
	assert_false(header_with(address, 40, 29 * BLOCK_SIZE + 1));
	assert_true(header_with(address, 48, 0));
	assert_false(header_with(address, 48, SEGMENTS));
}

/* ---- the tail ---- */
static bool torn(void)
{
	bool out;

	volume->window_blocks = 0;
	assert_int_equal(volume_tail(volume, &out), STATUS_OK);
	return out;
}

/* The next header, not whole, so many bits of what it must say wrong. */
static bool torn_by(uint64_t address, uint32_t bits, uint64_t *seed)
{
	static const uint8_t known[] = { 0, 3, 8, 15, 23, 24, 31, 32, 39, 52, 55 };
	uint32_t flipped = 0;

	memset(header, 0xa5, sizeof header);
	batch_header_known(volume, address, header);
	memcpy(at(address), header, sizeof header);
	while (flipped < bits) {
		const uint32_t byte = known[test_random(seed) % sizeof known], bit = test_random(seed) % 8;
		uint8_t *bytes = at(address);
		flipped += (bytes[byte] ^ header[byte]) >> bit & 1u ? 0 : 1;
		bytes[byte] = (uint8_t)((bytes[byte] & ~(1u << bit)) | (~(uint32_t)header[byte] & 1u << bit));
	}
	const bool found = torn();
	memset(at(address), 0, BATCH_HEADER);
	return found;
}

static bool torn_whole(uint64_t address, uint64_t sequence, uint32_t previous)
{
	const uint64_t sequence_was = volume->sequence;
	const uint32_t previous_was = volume->previous;

	volume->sequence = sequence;
	volume->previous = previous;
	header_make(address, 100);
	volume->sequence = sequence_was;
	volume->previous = previous_was;
	memcpy(at(address), header, sizeof header);
	const bool found = torn();
	memset(at(address), 0, BATCH_HEADER);
	return found;
}

static void tail(void **state)
{
	uint64_t seed = 8;

	(void)state;
	assert_int_equal(volume_put(volume, "a", 1, "", 0), STATUS_OK);
	assert_int_equal(volume_commit(volume), STATUS_OK);
	const uint64_t places[] = { segment_address(volume, volume->head_segment) + volume->head_block * BLOCK_SIZE,
		                    segment_address(volume, volume->next_segment) };
	assert_false(torn());
	for (uint32_t i = 0; i < 2; i++) {
		for (uint32_t round = 0; round < 2000; round++)
			assert_int_equal(torn_by(places[i], round % 12, &seed), round % 12 <= 4);
		assert_true(torn_whole(places[i], volume->sequence, volume->previous));
		assert_false(torn_whole(places[i], volume->sequence + 1, volume->previous));
		assert_false(torn_whole(places[i], volume->sequence - 1, volume->previous));
		assert_false(torn_whole(places[i], volume->sequence, volume->previous + 1));
	}
}

/* Where a segment is full nothing comes, nor behind it; and what cannot be read is told. */
static void tail_of_full(void **state)
{
	uint64_t seed = 8;
	bool out;

	(void)state;
	volume->head_block = volume->segment_blocks;
	volume->next_segment = volume->head_segment + 2;
	header_make(segment_address(volume, volume->head_segment + 1), 100);
	memcpy(at(segment_address(volume, volume->head_segment + 1)), header, sizeof header);
	assert_false(torn());
	assert_true(torn_by(segment_address(volume, volume->next_segment), 0, &seed));
	volume->head_block = 0;
	volume->window_blocks = 0;
	disk.fail_at = 1;
	disk.operations = 1;
	assert_int_equal(volume_tail(volume, &out), STATUS_IO_ERROR);
}

/* ---- keys ---- */
static void order(void **state)
{
	static const char *const keys[] = { "", "a", "a\x01", "aa", "ab", "b", "ba", "\x80", "\xff" };

	(void)state;
	for (int i = 0; i < 9; i++)
		for (int k = 0; k < 9; k++) {
			const int found = key_compare((const uint8_t *)keys[i], strlen(keys[i]), (const uint8_t *)keys[k], strlen(keys[k]));
			assert_int_equal((found > 0) - (found < 0), (i > k) - (i < k));
		}
	for (size_t size = 0; size <= VOLUME_KEY_MAX; size++)
		assert_int_equal(pieces_of(size), size <= 32 ? 0 : size <= 64 ? 1 : size <= 96 ? 2 : 3);
}

static void expect_next(const uint8_t *after, size_t after_size, const uint8_t *key, size_t key_size)
{
	uint8_t found[VOLUME_KEY_MAX];
	size_t size, value_size;

	assert_int_equal(volume_next(volume, after, after_size, false, found, &size, &value_size), STATUS_OK);
	assert_int_equal(size, key_size);
	assert_memory_equal(found, key, key_size);
}

/* Whichever byte is the first that differs says which key is less, whatever follows it. */
static void first_difference(void **state)
{
	uint8_t less[VOLUME_KEY_MAX], more[VOLUME_KEY_MAX];

	(void)state;
	for (size_t size = 32; size <= VOLUME_KEY_MAX; size++)
		for (size_t place = 0; place + 1 < size; place++) {
			memset(less, 1, sizeof less);
			memset(more, 1, sizeof more);
			less[place] = 0;
			memset(less + place + 1, 255, size - place - 1);
			assert_int_equal(volume_put(volume, more, size, "", 0), STATUS_OK);
			assert_int_equal(volume_put(volume, less, size, "", 0), STATUS_OK);
			expect_next((const uint8_t *)"", 0, less, size);
			expect_next(less, size, more, size);
			assert_int_equal(volume_get(volume, more, size, less, 0, &(size_t){0}), STATUS_OK);
			volume_abort(volume);
		}
}

/* What a key will need is asked of memory by reading it and the one before it, and nothing beside them. */
static void ahead_inside(void **state)
{
	uint8_t bytes[VOLUME_KEY_MAX] = { 1, 2, 3 };

	(void)state;
	for (size_t size = 1; size <= VOLUME_KEY_MAX; size++)
		for (size_t before_size = 0; before_size <= VOLUME_KEY_MAX; before_size++) {
			uint8_t *key = test_copy(bytes, size), *before = test_copy(bytes, before_size);
			index_ahead(volume, key, size, before, before_size, false);
			index_ahead(volume, key, size, before, before_size, true);
			free(key);
			free(before);
		}
}

/* A quarter of the nodes reach each next level, up to the last one. */
static void levels(void **state)
{
	uint32_t reach[LEVELS + 1] = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 8192; i++) {
		const struct node *node = node_at(volume, index_add(volume, (const uint8_t *)&i, sizeof i));
		assert_in_range(node->levels, 1, LEVELS);
		for (uint32_t level = 1; level <= node->levels; level++)
			reach[level]++;
	}
	assert_int_equal(reach[1], 8192);
	for (uint32_t level = 2; level <= 5; level++)
		assert_in_range(reach[level], (8192u >> 2 * (level - 1)) * 3 / 4, (8192u >> 2 * (level - 1)) * 5 / 4);
	const uint32_t last = 8192;
	volume->level_seed = 0xbe6df32f185a864d; /* of which the next number is 1 */
	assert_int_equal(node_at(volume, index_add(volume, (const uint8_t *)&last, sizeof last))->levels, LEVELS);
}

TEST_MAIN(T(places), T(window), T(foresight), T(record_limits), T(record_places), T(headers), T(tail),
          T(tail_of_full), T(order), T(first_difference),
          T(ahead_inside), T(levels))
