/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The bundle of the simulated machine: one program, whose code is never executed, for the loader to load. */
#include "sim.h"
#include <abi/bundle.h>
#include <elf.h>
#include <lib/crc32c.h>
#include <string.h>

#define PROGRAM_BYTES (3u * PAGE_SIZE)

/* A static ELF with a code page, and a data page with two pages of zeroes behind it. */
static void build_program(uint8_t *file)
{
	Elf64_Ehdr header = {.e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = 1, .e_entry = 0x400000,
	                     .e_phoff = sizeof header, .e_ehsize = sizeof header,
	                     .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2};
	Elf64_Phdr segments[2] = {
	    {.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_offset = PAGE_SIZE, .p_vaddr = 0x400000,
	     .p_paddr = 0x400000, .p_filesz = PAGE_SIZE, .p_memsz = PAGE_SIZE, .p_align = PAGE_SIZE},
	    {.p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_offset = 2 * PAGE_SIZE, .p_vaddr = 0x402000,
	     .p_paddr = 0x402000, .p_filesz = 100, .p_memsz = 3 * PAGE_SIZE, .p_align = PAGE_SIZE},
	};
	memcpy(header.e_ident, ELFMAG, SELFMAG);
	header.e_ident[EI_CLASS] = ELFCLASS64;
	header.e_ident[EI_DATA] = ELFDATA2LSB;
	header.e_ident[EI_VERSION] = EV_CURRENT;
	memcpy(file, &header, sizeof header);
	memcpy(file + sizeof header, segments, sizeof segments);
}

void sim_bundle(struct boot_info *info)
{
	uint64_t size = PAGE_SIZE + PROGRAM_BYTES;
	uint64_t base = info->memory[0].base + info->memory[0].size - size;
	uint8_t *bundle = arch_direct((paddr_t){base});
	struct bundle_entry entry = {.name = "init", .offset = PAGE_SIZE, .size = PROGRAM_BYTES,
	                             .kind = BUNDLE_PROGRAM};
	struct bundle_header header = {.magic = BUNDLE_MAGIC, .version = BUNDLE_VERSION, .count = 1,
	                               .size = size};
	build_program(bundle + PAGE_SIZE);
	entry.checksum = crc32c(CRC32C_INIT, bundle + PAGE_SIZE, PROGRAM_BYTES);
	header.checksum = crc32c(CRC32C_INIT, (const uint8_t *)&entry, sizeof entry);
	memcpy(bundle, &header, sizeof header);
	memcpy(bundle + sizeof header, &entry, sizeof entry);
	info->bundle = (struct boot_range){base, size};
	info->reserved[info->reserved_count++] = info->bundle;
}
