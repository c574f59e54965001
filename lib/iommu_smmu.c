/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Arm SMMUv3, stage 1: a stream's entry (its number is the requester id) names a
 * context descriptor, which names the tables of a space. Streams are looked up in
 * two levels, so that a page covers 64 functions. The unit is told to forget by
 * commands in a queue, each round of which ends with a SYNC.
 */
#include "iommu_priv.h"

/* Registers. */
#define ID0           0x00u
#define ID1           0x04u
#define ID5           0x14u
#define CONTROL       0x20u
#define CONTROL_ACK   0x24u
#define ATTRIBUTES    0x28u
#define INTERRUPTS    0x50u
#define BYPASS        0x44u
#define STREAMS       0x80u
#define STREAMS_SHAPE 0x88u
#define QUEUE         0x90u
#define QUEUE_PUT     0x98u
#define QUEUE_TAKEN   0x9cu

#define ID0_STAGE1      (1u << 1)
#define ID0_FORMAT64    (2u << 2)
#define ID0_COHERENT    (1u << 4)
#define ID0_TWO_LEVELS  (1u << 27)
#define ID1_STREAM_BITS 0x3fu
#define ID1_PRESET      (3u << 29) /* tables or queues lie where they lie */
#define ID5_4K          (1u << 4)
#define ID5_OUTPUT      7u
#define CONTROL_ON      (1u << 0)
#define CONTROL_QUEUE   (1u << 3)
#define BYPASS_CHANGE   (1u << 31)
#define BYPASS_ABORT    (1u << 20)
#define WRITE_BACK      0xd75u /* tables and queues: inner shareable, write-back */
#define TAKEN_ERROR     (0x7fu << 24)

#define STREAMS_TWO_LEVELS (1u << 16)
#define STREAM_BITS     15u /* a page of entries for 64 each */
#define STREAM_SPLIT    6u
#define STREAM_WORDS    8u
#define STREAM_SPAN     7ull /* 1 + log2 of the 64 */

/* A stream's entry. */
#define STREAM_VALID    1ull
#define STREAM_STAGE1   (5ull << 1)
#define STREAM_CACHING  (1ull << 2 | 1ull << 4 | 3ull << 6 | 1ull << 44) /* of the descriptor; sharing as it comes */

/* A context descriptor. */
#define CONTEXT_WORDS   8u
#define CONTEXT_VALID   (1ull << 31)
#define CONTEXT_BITS    16ull /* 64 less the bits of an address */
#define CONTEXT_WALK    (1ull << 8 | 1ull << 10 | 3ull << 12)
#define CONTEXT_NO_UPPER (1ull << 30)
#define CONTEXT_64      (1ull << 41)
#define CONTEXT_REPORT  (3ull << 45) /* record and abort */
#define CONTEXT_OWN     (1ull << 47)
#define CONTEXT_MEMORY  0x04ffull /* attribute 0: memory, write-back; 1: registers */

/* Entries of tables (Arm ARM, VMSAv8-64). */
#define ENTRY_TABLE     3ull
#define ENTRY_PAGE      (3ull | 1ull << 6 | 3ull << 8 | 1ull << 10 | 1ull << 11 | 3ull << 53)
#define ENTRY_REGISTERS (1ull << 2)

/* Commands. */
#define COMMANDS        256u
#define FORGET_STREAM   0x03ull
#define FORGET_STREAMS  0x04ull
#define FORGET_SPACE    0x11ull
#define FORGET_ALL      0x30ull
#define SYNC            0x46ull

/* ---- commands ---- */

static void command(struct iommu *iommu, uint64_t first, uint64_t second)
{
	uint64_t *place = iommu->commands + 2u * (iommu->command_next % COMMANDS);

	place[1] = second;
	iommu_entry_write(iommu, &place[0], first);
	iommu->command_next = (iommu->command_next + 1u) % (2u * COMMANDS);
}

/* All commands so far are done. */
static bool done(struct iommu *iommu)
{
	command(iommu, SYNC, 0);
	iommu_write(iommu, QUEUE_PUT, 4, iommu->command_next);
	return iommu_wait(iommu, QUEUE_TAKEN, 4, TAKEN_ERROR | (2u * COMMANDS - 1u), iommu->command_next);
}

/* Address space 0 is nobody's. */
static uint64_t space_number(const struct iommu_space *space)
{
	return space->number + 1u;
}

bool iommu_smmu_forget(struct iommu *iommu, const struct iommu_space *space)
{
	command(iommu, FORGET_SPACE | space_number(space) << 48, 0);
	return done(iommu);
}

static bool stream_forget(struct iommu *iommu, uint32_t requester, const struct iommu_space *space)
{
	command(iommu, FORGET_STREAM | (uint64_t)requester << 32, 1);
	return iommu_smmu_forget(iommu, space);
}

/* ---- taking it ---- */

static bool control(struct iommu *iommu, uint32_t bits)
{
	iommu_write(iommu, CONTROL, 4, bits);
	return iommu_wait(iommu, CONTROL_ACK, 4, CONTROL_ON | CONTROL_QUEUE, bits);
}

static bool fits(const struct iommu *iommu)
{
	const uint32_t needed = ID0_STAGE1 | ID0_FORMAT64 | ID0_COHERENT | ID0_TWO_LEVELS;
	uint32_t id1 = (uint32_t)iommu_read(iommu, ID1, 4);

	return ((uint32_t)iommu_read(iommu, ID0, 4) & needed) == needed && (id1 & ID1_STREAM_BITS) >= STREAM_BITS &&
	       (id1 & ID1_PRESET) == 0 && (iommu_read(iommu, ID5, 4) & ID5_4K) != 0;
}

/* Off, with nothing passing, where the unit can do that. */
static bool stop(struct iommu *iommu)
{
	iommu_write(iommu, BYPASS, 4, BYPASS_CHANGE | BYPASS_ABORT);
	return iommu_wait(iommu, BYPASS, 4, BYPASS_CHANGE, 0) && control(iommu, 0);
}

/* No stream has an entry. */
static bool start(struct iommu *iommu)
{
	iommu_write(iommu, INTERRUPTS, 4, 0);
	iommu_write(iommu, ATTRIBUTES, 4, WRITE_BACK);
	iommu_write(iommu, STREAMS, 8, iommu_page_address(iommu, iommu->root));
	iommu_write(iommu, STREAMS_SHAPE, 4, STREAMS_TWO_LEVELS | STREAM_SPLIT << 6 | STREAM_BITS);
	iommu_write(iommu, QUEUE, 8, iommu_page_address(iommu, iommu->commands) | 8u);
	iommu_write(iommu, QUEUE_PUT, 4, 0);
	iommu_write(iommu, QUEUE_TAKEN, 4, 0);
	if (!control(iommu, CONTROL_QUEUE))
		return false;
	command(iommu, FORGET_STREAMS, 31);
	command(iommu, FORGET_ALL, 0);
	return done(iommu) && control(iommu, CONTROL_QUEUE | CONTROL_ON);
}

status_t iommu_smmu_open(struct iommu *iommu)
{
	if (!fits(iommu))
		return STATUS_UNSUPPORTED;
	if (!stop(iommu))
		return STATUS_IO_ERROR;
	iommu->format = (struct iommu_format){
		.levels = 4,
		.table = ENTRY_TABLE,
		.page = ENTRY_PAGE,
		.page_of_device = ENTRY_PAGE | ENTRY_REGISTERS,
	};
	iommu->root = iommu_page_take(iommu);
	iommu->contexts = iommu_page_take(iommu);
	iommu->commands = iommu_page_take(iommu);
	iommu->command_next = 0;
	return start(iommu) ? STATUS_OK : STATUS_IO_ERROR;
}

/* ---- streams ---- */

/* The entry of a function; NULL: there is no table for it. */
static uint64_t *stream_of(const struct iommu *iommu, uint32_t requester)
{
	uint64_t entry = iommu->root[requester >> STREAM_SPLIT];

	if (entry == 0)
		return NULL;
	return iommu_page_at(iommu, entry & ~0x1full) + STREAM_WORDS * (requester & ((1u << STREAM_SPLIT) - 1u));
}

static bool streams_make(struct iommu *iommu, uint32_t index)
{
	uint64_t *table;

	if (iommu->root[index] != 0)
		return true;
	table = iommu_page_take(iommu);
	if (table == NULL)
		return false;
	iommu_entry_write(iommu, &iommu->root[index], iommu_page_address(iommu, table) | STREAM_SPAN);
	return true;
}

static void context_write(const struct iommu *iommu, const struct iommu_space *space)
{
	uint64_t *context = iommu->contexts + CONTEXT_WORDS * space->number;
	uint64_t output = iommu_read(iommu, ID5, 4) & ID5_OUTPUT;

	context[1] = iommu_page_address(iommu, space->table);
	context[3] = CONTEXT_MEMORY;
	iommu_entry_write(iommu, &context[0],
	                  CONTEXT_BITS | CONTEXT_WALK | CONTEXT_NO_UPPER | CONTEXT_VALID | output << 32 | CONTEXT_64 |
	                          CONTEXT_REPORT | CONTEXT_OWN | space_number(space) << 48);
}

status_t iommu_smmu_attach(struct iommu *iommu, uint32_t requester, struct iommu_space *space)
{
	if (requester >> STREAM_BITS != 0)
		return STATUS_UNSUPPORTED;
	if (!streams_make(iommu, requester >> STREAM_SPLIT))
		return STATUS_NO_MEMORY;
	uint64_t *stream = stream_of(iommu, requester);
	uint64_t context = iommu_page_address(iommu, iommu->contexts) + 8u * CONTEXT_WORDS * space->number;
	context_write(iommu, space);
	stream[1] = STREAM_CACHING;
	iommu_entry_write(iommu, &stream[0], context | STREAM_STAGE1 | STREAM_VALID);
	return stream_forget(iommu, requester, space) ? STATUS_OK : STATUS_IO_ERROR;
}

bool iommu_smmu_detach(struct iommu *iommu, uint32_t requester, const struct iommu_space *space)
{
	uint64_t *stream = requester >> STREAM_BITS != 0 ? NULL : stream_of(iommu, requester);

	if (stream == NULL)
		return true;
	iommu_entry_write(iommu, &stream[0], 0);
	return stream_forget(iommu, requester, space);
}
