/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * From an image to an address space. A segment that nobody may write and that
 * the file holds whole is mapped from the file's pages. Any other gets memory of
 * its own, paid by the process, with the file's bytes copied in and zeroes on
 * demand behind them.
 */
#include <kernel/arch.h>
#include <kernel/aspace.h>
#include <kernel/image.h>
#include <kernel/memory.h>
#include <kernel/process.h>

static uint64_t page_down(uint64_t address)
{
	return address & ~(uint64_t)PAGE_MASK;
}

static uint64_t segment_pages(const struct elf_segment *segment)
{
	uint64_t end = segment->address + segment->memory_size + PAGE_MASK;
	return (end - page_down(segment->address)) >> PAGE_SHIFT;
}

static status_t segment_share(const struct image *image, const struct elf_segment *segment,
                              struct aspace *aspace)
{
	uint64_t address;
	struct mapping_request request = {
		.kind = MAPPING_MEMORY, .memory = image->memory, .cap = NONE,
		.address = page_down(segment->address),
		.first_page = (image->offset + page_down(segment->file_offset)) >> PAGE_SHIFT,
		.pages = segment_pages(segment), .prot = segment->prot, .prot_limit = segment->prot,
		.fetchable = true};
	return aspace_map_request(aspace, &request, &address);
}

/* Copy `bytes` from the file (absent pages are zero) to the start of the segment's own memory. */
static status_t segment_fill(const struct image *image, const struct elf_segment *segment, uint32_t memory)
{
	uint64_t from = image->offset + segment->file_offset;
	uint64_t to = segment->address & PAGE_MASK; /* the same offset in its page as in the file */
	uint64_t left = segment->file_size;
	while (left > 0) {
		paddr_t frame;
		uint64_t piece = PAGE_SIZE - (from & PAGE_MASK);
		piece = piece < left ? piece : left;
		if (memory_page(image->memory, from >> PAGE_SHIFT, false, &frame) == STATUS_OK) {
			const uint8_t *source = arch_direct(frame);
			status_t status = memory_write(memory, to, source + (from & PAGE_MASK), piece);
			if (status != STATUS_OK)
				return status;
		}
		from += piece;
		to += piece;
		left -= piece;
	}
	return STATUS_OK;
}

static status_t segment_copy(const struct image *image, const struct elf_segment *segment,
                             struct aspace *aspace)
{
	uint32_t memory;
	uint64_t address;
	uint64_t pages = segment_pages(segment);
	status_t status = memory_new(aspace->process, pages, &memory);
	if (status != STATUS_OK)
		return status;
	status = segment_fill(image, segment, memory);
	if (status == STATUS_OK)
		status = aspace_map(aspace, MAPPING_MEMORY, memory, NONE, page_down(segment->address), 0, pages,
		                    segment->prot, segment->prot, &address);
	object_release(OBJECT_MEMORY, memory); /* the mapping keeps it */
	return status;
}

status_t image_map(uint32_t slot, uint32_t process)
{
	const struct image *image = &image_table[slot];
	struct aspace *aspace = &process_of(process)->aspace;
	status_t status = STATUS_OK;
	for (uint32_t i = 0; i < image->elf.segment_count && status == STATUS_OK; i++) {
		const struct elf_segment *segment = &image->elf.segments[i];
		bool share = (segment->prot & PROT_WRITE) == 0 && segment->file_size == segment->memory_size;
		status = share ? segment_share(image, segment, aspace) : segment_copy(image, segment, aspace);
	}
	return status;
}
