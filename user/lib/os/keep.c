/* SPDX-License-Identifier: MPL-2.0 */
/* Two places, a sequence number and a checksum each. */
#include <os/keep.h>
#include <lib/crc32c.h>
#include <lib/string.h>

#define KEEP_MAGIC 0x3150454b43524143ull

struct keep_header {
	uint64_t magic;
	uint64_t sequence; /* counts up from 1; odd ones lie in place 1 */
	uint32_t length;
	uint32_t checksum; /* of the three above and the record */
};

void keep_init(struct keep *keep, void *memory, size_t size)
{
	size_t half = size / 2u & ~(size_t)7u;

	*keep = (struct keep){.room = half - sizeof(struct keep_header)};
	keep->place[0] = memory;
	keep->place[1] = (uint8_t *)memory + half;
}

static uint32_t checksum(const struct keep_header *header, const uint8_t *record)
{
	return crc32c(crc32c(CRC32C_INIT, (const uint8_t *)header, offsetof(struct keep_header, checksum)), record,
	              header->length);
}

/* The header of a place whose record is whole; false: it holds none. */
static bool header_read(const struct keep *keep, uint32_t place, struct keep_header *out)
{
	memcpy(out, keep->place[place], sizeof(*out));
	return out->magic == KEEP_MAGIC && out->length <= keep->room && out->sequence != 0 &&
	       (out->sequence & 1u) == place &&
	       out->checksum == checksum(out, keep->place[place] + sizeof(*out));
}

bool keep_load(struct keep *keep, void *record, size_t length)
{
	struct keep_header found = {.sequence = 0};

	for (uint32_t place = 0; place < 2; place++) {
		struct keep_header header;

		if (header_read(keep, place, &header) && header.sequence > found.sequence)
			found = header;
	}
	if (found.sequence == 0 || found.length != length)
		return false;
	keep->sequence = found.sequence;
	memcpy(record, keep->place[found.sequence & 1u] + sizeof(found), length);
	return true;
}

/* The compiler may neither drop nor reorder these: somebody else reads them after our end. */
static void barrier(void)
{
	__asm__ volatile("" ::: "memory");
}

void keep_store(struct keep *keep, const void *record, size_t length)
{
	struct keep_header header = {KEEP_MAGIC, keep->sequence + 1u, (uint32_t)length, 0};
	uint8_t *place = keep->place[header.sequence & 1u];
	uint8_t *older = keep->place[keep->sequence & 1u];

	header.checksum = checksum(&header, record);
	memset(place, 0, sizeof(header));
	barrier();
	memcpy(place + sizeof(header), record, length);
	barrier();
	memcpy(place, &header, sizeof(header));
	barrier();
	memset(older, 0, sizeof(header) + keep->room);
	barrier();
	keep->sequence = header.sequence;
}
