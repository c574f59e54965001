/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What makes a file a program: a signature by a key this kernel trusts, over all
 * of it and over the name, role and version it states; a line of the catalog
 * that says the same; and an ELF file the loader can rely on. In this order, so
 * that nobody's bytes but a trusted signer's reach the ELF reader. Nothing here
 * reads more of the file at once than a step.
 *
 * The file lies in sealed memory: what was hashed is what is judged and mapped.
 */
#include "image_priv.h"
#include <kernel/aspace.h>
#include <kernel/audit.h>
#include <kernel/memory.h>
#include <kernel/panic.h>
#include <kernel/process.h>
#include <kernel/trust.h>
#include <lib/string.h>

/* The one place where a verdict becomes a status. The catalog's own verdicts are boot's. */
static const uint8_t statuses[MODULE_VERDICT_COUNT] = {
	[MODULE_OK] = STATUS_OK,
	[MODULE_UNSIGNED] = STATUS_UNSIGNED,
	[MODULE_UNKNOWN_FORMAT] = STATUS_UNKNOWN_FORMAT,
	[MODULE_BAD_STATEMENT] = STATUS_BAD_IMAGE,
	[MODULE_UNTRUSTED] = STATUS_UNTRUSTED,
	[MODULE_BAD_SIGNATURE] = STATUS_BAD_SIGNATURE,
	[MODULE_RENAMED] = STATUS_RENAMED,
	[MODULE_WRONG_ROLE] = STATUS_WRONG_ROLE,
	[MODULE_UNLISTED] = STATUS_UNLISTED,
	[MODULE_OUTDATED] = STATUS_OUTDATED,
	[MODULE_CHANGED] = STATUS_CHANGED,
	[MODULE_BAD_CATALOG] = STATUS_UNLISTED,
	[MODULE_OLD_RELEASE] = STATUS_UNLISTED,
};

/* Id of the process that asks; 0: the kernel, at boot. */
static uint64_t asker(const struct image *image)
{
	return image->object.owner == NONE ? 0 : process_of(image->object.owner)->id;
}

static uint64_t word_of(const void *bytes, uint32_t index)
{
	return bytes_le64((const uint8_t *)bytes + 8u * index);
}

static status_t refuse(const struct image *image, status_t status, const char *reason)
{
	const char *name = image->as.name;
	log_print("program '%s' is refused: %s\n", name, reason);
	audit_emit(AUDIT_BINARY_REJECTED, asker(image), 0, (uint64_t)status, word_of(name, 0), word_of(name, 1),
	           word_of(name, 2));
	return status;
}

void image_loaded(const struct image *image)
{
	const uint8_t *digest = image->module.digest;
	audit_emit(AUDIT_BINARY_LOADED, asker(image), (uint64_t)(image - image_table), image->length,
	           word_of(digest, 0), word_of(digest, 1), word_of(digest, 2));
}

static status_t judged(const struct image *image, enum module_verdict verdict)
{
	if (verdict == MODULE_OK)
		return STATUS_OK;
	return refuse(image, statuses[verdict], module_verdict_text(verdict));
}

/* Terminated, not empty, and fit to be shown in the log. */
static bool name_ok(const char name[MODULE_NAME_MAX])
{
	size_t length = strnlen(name, MODULE_NAME_MAX);
	for (size_t i = 0; i < length; i++)
		if (name[i] <= ' ' || name[i] > '~')
			return false;
	return length > 0 && length < MODULE_NAME_MAX;
}

status_t image_request_check(const struct image_request *request)
{
	const struct memory *memory = &memory_table[request->memory];
	uint64_t size = memory->pages * PAGE_SIZE;
	bool inside = (request->offset & PAGE_MASK) == 0 && request->offset <= size && request->length != 0 &&
	              request->length <= IMAGE_BYTES_MAX && request->length <= size - request->offset;
	bool role = request->as.role >= MODULE_INIT && request->as.role <= MODULE_PROGRAM;
	bool sealed = (__atomic_load_n(&memory->flags, __ATOMIC_ACQUIRE) & MEMORY_SEALED) != 0;
	return inside && role && sealed && name_ok(request->as.name) ? STATUS_OK : STATUS_INVALID;
}

status_t image_begin(struct image *image)
{
	uint8_t tail[MODULE_TAIL_SIZE];
	size_t bytes = image->length < sizeof tail ? (size_t)image->length : sizeof tail;
	status_t status = memory_read(image->memory, image->offset + image->length - bytes, tail, bytes);
	if (status != STATUS_OK)
		return status;
	hash_begin(&image->hash);
	return judged(image, module_tail_check(tail, (size_t)image->length, &trust_built_in, &image->module,
	                                       image->signature));
}

/* Hash from `done` to the end of its page or to `end`. A page that was never written is zeroes. */
static uint64_t hash_page(struct image *image, uint64_t end)
{
	static const uint8_t zeroes[256];
	uint64_t at = image->offset + image->done;
	uint64_t bytes = end - image->done < PAGE_SIZE ? end - image->done : PAGE_SIZE;
	paddr_t frame;
	if (memory_page(image->memory, at >> PAGE_SHIFT, false, &frame) == STATUS_OK) {
		hash_update(&image->hash, arch_direct(frame), (size_t)bytes);
		return bytes;
	}
	for (uint64_t hashed = 0; hashed < bytes; hashed += sizeof zeroes)
		hash_update(&image->hash, zeroes,
		            bytes - hashed < sizeof zeroes ? (size_t)(bytes - hashed) : sizeof zeroes);
	return bytes;
}

static void step_hash(struct image *image)
{
	uint64_t end = module_signed_length((size_t)image->length);
	for (uint32_t hashed = 0; hashed < IMAGE_STEP && image->done < end; hashed += PAGE_SIZE)
		image->done += hash_page(image, end);
	if (image->done < end)
		return;
	hash_end(&image->hash, image->module.digest, sizeof image->module.digest);
	image->stage = IMAGE_JUDGING;
}

static status_t elf_judged(struct image *image)
{
	paddr_t first;
	enum elf_verdict verdict = ELF_NOT_ELF;
	if (memory_page(image->memory, image->offset >> PAGE_SHIFT, false, &first) == STATUS_OK)
		verdict = elf_check(arch_direct(first), image->module.elf_length, ARCH_ELF_MACHINE, USER_BASE,
		                    USER_CHOOSE_BASE, &image->elf);
	return verdict == ELF_OK ? STATUS_OK : refuse(image, STATUS_BAD_IMAGE, elf_verdict_text(verdict));
}

static status_t step_judge(struct image *image)
{
	struct catalog_entry entry;
	status_t status =
	    judged(image, module_signature_check(&image->module, image->signature, &trust_built_in));
	if (status == STATUS_OK)
		status = judged(image, catalog_admit(&trust_catalog, &image->module, image->as.name,
		                                     image->as.role, &entry));
	if (status == STATUS_OK)
		status = elf_judged(image);
	if (status != STATUS_OK)
		return status;
	image->principal = entry.principal;
	image->done = 0;
	image->stage = IMAGE_SYNCING;
	return STATUS_OK;
}

static bool page_executes(const struct elf_image *elf, uint64_t page)
{
	for (uint32_t i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *segment = &elf->segments[i];
		if ((segment->prot & PROT_EXECUTE) != 0 && segment->file_size != 0 &&
		    page >= segment->file_offset >> PAGE_SHIFT &&
		    page <= (segment->file_offset + segment->file_size - 1u) >> PAGE_SHIFT)
			return true;
	}
	return false;
}

/* Make what will be fetched fetchable, once for all processes. True: there is more. */
static bool step_sync(struct image *image)
{
	for (uint32_t seen = 0; seen < IMAGE_STEP && image->done < image->length; seen += PAGE_SIZE) {
		uint64_t page = image->done >> PAGE_SHIFT;
		paddr_t frame;
		if (page_executes(&image->elf, page) &&
		    memory_page(image->memory, (image->offset >> PAGE_SHIFT) + page, false, &frame) == STATUS_OK)
			arch_cache_sync(arch_direct(frame), PAGE_SIZE);
		image->done += PAGE_SIZE;
	}
	return image->done < image->length;
}

status_t image_continue(struct image *image, bool *out_more)
{
	*out_more = true;
	switch (image->stage) {
	case IMAGE_HASHING:
		step_hash(image);
		return STATUS_OK;
	case IMAGE_JUDGING:
		return step_judge(image);
	case IMAGE_SYNCING:
		*out_more = step_sync(image);
		return STATUS_OK;
	}
	panic("image %u: no such stage", (unsigned)(image - image_table));
}
