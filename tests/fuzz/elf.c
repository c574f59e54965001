/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What elf_check accepts has the segments that the loader relies on (elf_image_ok of lib/elf.h). */
#include "fuzz.h"
#include <lib/elf.h>

#define BASE  0x400000u
#define LIMIT 0x800000000000u

static void segments_require(const struct elf_image *image, size_t size)
{
	bool entered = false;
	uint64_t end = 0;

	for (uint32_t i = 0; i < image->segment_count; i++) {
		const struct elf_segment *s = &image->segments[i];
		require(s->memory_size > 0 && s->file_size <= s->memory_size);
		require(s->file_offset <= size && s->file_size <= size - s->file_offset);
		require(s->address >= BASE && s->address < LIMIT && s->memory_size <= LIMIT - s->address);
		require(s->address / PAGE_SIZE * PAGE_SIZE >= end);
		require((s->prot & (PROT_WRITE | PROT_EXECUTE)) != (PROT_WRITE | PROT_EXECUTE));
		end = (s->address + s->memory_size + PAGE_SIZE - 1u) / PAGE_SIZE * PAGE_SIZE;
		entered |= (s->prot & PROT_EXECUTE) != 0 && image->entry >= s->address &&
		           image->entry - s->address < s->file_size;
	}
	require(entered);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t machines[] = {ELF_MACHINE_X86_64, ELF_MACHINE_AARCH64, ELF_MACHINE_RISCV};
	struct elf_image image;

	for (uint32_t i = 0; i < 3; i++) {
		enum elf_verdict verdict = elf_check(data, size, machines[i], BASE, LIMIT, &image);
		require(verdict < ELF_VERDICT_COUNT);
		if (verdict == ELF_OK)
			segments_require(&image, size);
	}
	return 0;
}
