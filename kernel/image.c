/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Program images: the table, and who fills a slot of it. The file lies in sealed
 * memory, so what was verified is what runs, and a verified file is remembered
 * by where it lies and what it is: spawning again costs no second look.
 *
 * A slot that is being filled is seen by nobody but the thread that fills it: it
 * is published, under the lock, when nothing about it can fail any more.
 */
#include "image_priv.h"
#include <kernel/lock.h>
#include <kernel/memory.h>
#include <lib/string.h>

static struct lock image_lock; /* H: which images are ready; LOCK_CHANNEL rank */

static bool is_of(const struct image *image, const struct image_request *request)
{
	return image->memory == request->memory && image->offset == request->offset &&
	       image->length == request->length && image->as.role == request->as.role &&
	       strncmp(image->as.name, request->as.name, MODULE_NAME_MAX) == 0;
}

/* A ready image of the same file, with a new reference. */
static bool image_find(const struct image_request *request, uint32_t *out_image)
{
	bool found = false;
	lock_acquire(&image_lock, LOCK_CHANNEL);
	uint32_t used = object_tables[OBJECT_IMAGE].fresh;
	for (uint32_t slot = 0; slot < used && !found; slot++) {
		const struct image *image = &image_table[slot];
		found = (image->object.generation & 1u) != 0 && image->ready &&
		        is_of(image, request) &&
		        object_retain_if(OBJECT_IMAGE, slot, image->object.generation);
		if (found)
			*out_image = slot;
	}
	lock_release(&image_lock, LOCK_CHANNEL);
	return found;
}

static status_t image_take(uint32_t owner, const struct image_request *request, uint32_t *out_slot)
{
	lock_acquire(&image_lock, LOCK_CHANNEL);
	status_t status = object_take(OBJECT_IMAGE, owner, out_slot);
	if (status == STATUS_OK)
		image_table[*out_slot].ready = false;
	lock_release(&image_lock, LOCK_CHANNEL);
	if (status != STATUS_OK)
		return status;
	struct image *image = &image_table[*out_slot];
	image->memory = request->memory;
	image->offset = request->offset;
	image->length = request->length;
	image->as = request->as;
	image->stage = IMAGE_HASHING;
	image->done = 0;
	object_retain(OBJECT_MEMORY, request->memory);
	return STATUS_OK;
}

void image_abandon(uint32_t *work)
{
	uint32_t slot = *work;
	*work = NONE;
	if (slot != NONE)
		object_release(OBJECT_IMAGE, slot);
}

static status_t work_begin(uint32_t owner, const struct image_request *request, uint32_t *work)
{
	status_t status = image_take(owner, request, work);
	return status == STATUS_OK ? image_begin(&image_table[*work]) : status;
}

/* Nothing about it can fail any more: from here on others find it. */
static void image_publish(struct image *image)
{
	lock_acquire(&image_lock, LOCK_CHANNEL);
	image->ready = true;
	lock_release(&image_lock, LOCK_CHANNEL);
}

/* One step of the caller's own work, which is for this request. */
static status_t work_step(uint32_t owner, const struct image_request *request, uint32_t *work, bool *out_more)
{
	status_t status = STATUS_OK;
	if (*work == NONE)
		status = work_begin(owner, request, work);
	if (status == STATUS_OK)
		status = image_continue(&image_table[*work], out_more);
	if (status != STATUS_OK)
		image_abandon(work);
	return status;
}

status_t image_step(uint32_t owner, const struct image_request *request, uint32_t *work, uint32_t *out_image,
                    bool *out_more)
{
	*out_more = false;
	status_t status = image_request_check(request);
	if (*work != NONE && (status != STATUS_OK || !is_of(&image_table[*work], request)))
		image_abandon(work);
	if (status != STATUS_OK)
		return status;
	if (*work == NONE && image_find(request, out_image))
		return STATUS_OK;
	status = work_step(owner, request, work, out_more);
	if (status != STATUS_OK || *out_more)
		return status;
	image_publish(&image_table[*work]);
	image_loaded(&image_table[*work]);
	*out_image = *work;
	*work = NONE;
	return STATUS_OK;
}

CC_BOOT status_t image_new(uint32_t owner, const struct image_request *request, uint32_t *out_image)
{
	uint32_t work = NONE;
	bool more = true;
	status_t status = STATUS_OK;
	while (status == STATUS_OK && more)
		status = image_step(owner, request, &work, out_image, &more);
	return status;
}

bool image_valid(const struct image *image)
{
	const struct memory *memory = &memory_table[image->memory];
	if ((image->object.generation & 1u) == 0 || !image->ready)
		return true;
	bool valid = (memory->flags & MEMORY_SEALED) != 0 && image->module.role == image->as.role &&
	             strncmp(image->module.name, image->as.name, MODULE_NAME_MAX) == 0 &&
	             image->module.elf_length < image->length && image->elf.segment_count >= 1u;
	for (uint32_t i = 0; valid && i < image->elf.segment_count; i++) {
		const struct elf_segment *segment = &image->elf.segments[i];
		valid = segment->file_size <= image->module.elf_length &&
		        segment->file_offset <= image->module.elf_length - segment->file_size;
	}
	return valid;
}

void image_destroy(uint32_t slot)
{
	uint32_t memory = image_table[slot].memory;
	table_give(&object_tables[OBJECT_IMAGE], slot);
	object_release(OBJECT_MEMORY, memory);
}
