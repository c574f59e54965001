/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Program images. The file lies in sealed memory, so what was verified is what
 * runs; a verified file is remembered by where it lies, so that spawning again
 * costs no second look.
 *
 * The bundle is contiguous in the direct map and is read in place. Other memory
 * is gathered into a run of frames for as long as the look takes.
 */
#include <kernel/arch.h>
#include <kernel/aspace.h>
#include <kernel/frame.h>
#include <kernel/image.h>
#include <kernel/memory.h>

struct image image_table[IMAGE_MAX] CC_SECTION(".tables") CC_ALIGNED(PAGE_SIZE);

static struct lock image_lock; /* which files are known; LOCK_CHANNEL rank */

static status_t image_check(const uint8_t *data, uint64_t length, struct elf_image *out_elf)
{
	enum elf_verdict verdict = elf_check(data, length, ARCH_ELF_MACHINE, USER_BASE, USER_CHOOSE_BASE, out_elf);
	if (verdict == ELF_OK)
		return STATUS_OK;
	log_print("image refused: %s\n", elf_verdict_text(verdict));
	return STATUS_BAD_IMAGE;
}

/* Copy the file into neighbouring frames, look at it there, and give them back. */
static status_t image_gather(uint32_t memory, uint64_t offset, uint64_t length, struct elf_image *out_elf)
{
	uint32_t pages = (uint32_t)((length + PAGE_MASK) >> PAGE_SHIFT);
	paddr_t run;
	if (!frame_alloc_run(pages, 1, &run))
		return STATUS_NO_MEMORY;
	status_t status = memory_read(memory, offset, arch_direct(run), length);
	if (status == STATUS_OK)
		status = image_check(arch_direct(run), length, out_elf);
	for (uint32_t page = 0; page < pages; page++)
		frame_free((paddr_t){run.a + (uint64_t)page * PAGE_SIZE});
	return status;
}

/* Make what will be fetched fetchable, once for all processes. */
static void image_sync(uint32_t memory, uint64_t offset, const struct elf_image *elf)
{
	for (uint32_t i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *segment = &elf->segments[i];
		uint64_t first = (offset + segment->file_offset) >> PAGE_SHIFT;
		uint64_t end = (offset + segment->file_offset + segment->file_size + PAGE_MASK) >> PAGE_SHIFT;
		for (uint64_t page = first; (segment->prot & PROT_EXECUTE) != 0 && page < end; page++) {
			paddr_t frame;
			if (memory_page(memory, page, false, &frame) == STATUS_OK)
				arch_cache_sync(arch_direct(frame), PAGE_SIZE);
		}
	}
}

static status_t image_verify(uint32_t slot, uint64_t offset, uint64_t length, struct elf_image *out_elf)
{
	const struct memory *memory = &memory_table[slot];
	if ((offset & PAGE_MASK) != 0 || length == 0 || length > IMAGE_BYTES_MAX ||
	    offset > memory->pages * PAGE_SIZE || length > memory->pages * PAGE_SIZE - offset ||
	    (memory->flags & MEMORY_SEALED) == 0)
		return STATUS_INVALID;
	status_t status;
	if ((memory->flags & MEMORY_FIXED) != 0)
		status = image_check(arch_direct((paddr_t){memory->root.a + offset}), length, out_elf);
	else
		status = image_gather(slot, offset, length, out_elf);
	if (status == STATUS_OK)
		image_sync(slot, offset, out_elf);
	return status;
}

/* A live image of the same file, with a new reference. */
static bool image_find(uint32_t memory, uint64_t offset, uint64_t length, uint32_t *out_image)
{
	bool found = false;
	lock_acquire(&image_lock, LOCK_CHANNEL);
	uint32_t used = object_tables[OBJECT_IMAGE].fresh;
	for (uint32_t slot = 0; slot < used && !found; slot++) {
		const struct image *image = &image_table[slot];
		found = (image->object.generation & 1u) != 0 && image->memory == memory &&
		        image->offset == offset && image->length == length &&
		        object_retain_if(OBJECT_IMAGE, slot, image->object.generation);
		if (found)
			*out_image = slot;
	}
	lock_release(&image_lock, LOCK_CHANNEL);
	return found;
}

static status_t image_take(uint32_t owner, uint32_t *out_slot)
{
	lock_acquire(&image_lock, LOCK_CHANNEL);
	status_t status = object_take(OBJECT_IMAGE, owner, out_slot);
	if (status == STATUS_OK)
		image_table[*out_slot].memory = NONE;
	lock_release(&image_lock, LOCK_CHANNEL);
	return status;
}

status_t image_new(uint32_t owner, uint32_t memory, uint64_t offset, uint64_t length, uint32_t *out_image)
{
	uint32_t slot;
	if (image_find(memory, offset, length, out_image))
		return STATUS_OK;
	status_t status = image_take(owner, &slot);
	if (status != STATUS_OK)
		return status;
	struct image *image = &image_table[slot];
	status = image_verify(memory, offset, length, &image->elf);
	if (status != STATUS_OK) {
		object_release(OBJECT_IMAGE, slot);
		return status;
	}
	object_retain(OBJECT_MEMORY, memory);
	lock_acquire(&image_lock, LOCK_CHANNEL);
	image->offset = offset;
	image->length = length;
	image->memory = memory;
	lock_release(&image_lock, LOCK_CHANNEL);
	*out_image = slot;
	return STATUS_OK;
}

void image_destroy(uint32_t slot)
{
	lock_acquire(&image_lock, LOCK_CHANNEL);
	uint32_t memory = image_table[slot].memory;
	image_table[slot].memory = NONE;
	table_give(&object_tables[OBJECT_IMAGE], slot);
	lock_release(&image_lock, LOCK_CHANNEL);
	if (memory != NONE)
		object_release(OBJECT_MEMORY, memory);
}
