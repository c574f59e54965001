/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Binary search over the entries of kernel.symbols; what is not there is never looked at. */
#include <lib/symbols.h>

#define HEADER_SIZE 16u
#define ENTRY_SIZE 16u

/* The header, and whether all it promises is there. */
/*@ requires bytes_in(data, length) && \valid(out_count) && \valid(out_name_bytes);
    requires \separated(data + (0 .. length - 1), out_count, out_name_bytes);
    assigns *out_count, *out_name_bytes;
    ensures \result ==> HEADER_SIZE + ENTRY_SIZE * *out_count + *out_name_bytes <= length; */
static bool header_read(const uint8_t *data, size_t length, uint32_t *out_count, uint32_t *out_name_bytes)
{
	if (length < HEADER_SIZE || bytes_le64(data) != SYMBOLS_MAGIC)
		return false;
	*out_count = bytes_le32(data + 8);
	*out_name_bytes = bytes_le32(data + 12);
	return (uint64_t)*out_count * ENTRY_SIZE + *out_name_bytes <= length - HEADER_SIZE;
}

/*@ requires bytes_in(data, length) && HEADER_SIZE + ENTRY_SIZE * (index + 1) <= length;
    assigns \nothing; */
static uint64_t address_of(const uint8_t *data, size_t length, uint32_t index)
{
	(void)length;
	return bytes_le64(data + (HEADER_SIZE + (uint64_t)index * ENTRY_SIZE));
}

/* How many entries lie at or below `address`. */
/*@ requires bytes_in(data, length) && HEADER_SIZE + ENTRY_SIZE * count <= length;
    assigns \nothing;
    ensures \result <= count; */
static uint32_t entries_up_to(const uint8_t *data, size_t length, uint32_t count, uint64_t address)
{
	uint32_t low = 0;
	uint32_t high = count;

	/*@ loop invariant 0 <= low <= high <= count;
	    loop assigns low, high;
	    loop variant high - low; */
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2u;
		if (address_of(data, length, middle) <= address)
			low = middle + 1u;
		else
			high = middle;
	}
	return low;
}

bool symbols_find(const uint8_t *data, size_t length, uint64_t address, char *name, size_t size,
                  uint64_t *out_offset)
{
	uint32_t count = 0;
	uint32_t name_bytes = 0;

	if (!header_read(data, length, &count, &name_bytes))
		return false;
	const uint32_t above = entries_up_to(data, length, count, address);
	if (above == 0)
		return false;
	const uint8_t *const entry = data + (HEADER_SIZE + (uint64_t)(above - 1u) * ENTRY_SIZE);
	const uint64_t start = bytes_le64(entry);
	const uint32_t covers = bytes_le32(entry + 8);
	const uint32_t text = bytes_le32(entry + 12);
	const uint64_t names = HEADER_SIZE + (uint64_t)count * ENTRY_SIZE;
	if (start > address || (covers != 0 && address - start >= covers) || text >= name_bytes)
		return false;
	if (!load_text(data, names + name_bytes, names + text, name, size))
		return false;
	*out_offset = address - start;
	return true;
}
