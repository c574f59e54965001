/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The bundle of the simulated machine: one signed program, whose code is never
 * executed, for the loader to load, and the catalog that lists it. */
#include "sim.h"
#include <abi/bundle.h>
#include <arch/signing.h>
#include <elf.h>
#include <lib/crc32c.h>
#include <string.h>

#define PROGRAM_BYTES (3u * PAGE_SIZE)
#define CATALOG_OFFSET (5u * PAGE_SIZE)
#define PROGRAM_OFFSET SIM_MODULE_OFFSET
_Static_assert(SIM_MODULE_BYTES == PROGRAM_BYTES + MODULE_OVERHEAD, "what the programs ask to be verified");

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

static void add(uint8_t *bundle, uint32_t index, const char *name, uint64_t offset, uint64_t size, uint32_t kind)
{
	struct bundle_entry entry = {.offset = offset, .size = size, .kind = kind};
	memcpy(entry.name, name, strlen(name));
	entry.checksum = crc32c(CRC32C_INIT, bundle + offset, size);
	memcpy(bundle + sizeof(struct bundle_header) + index * sizeof entry, &entry, sizeof entry);
}

void sim_bundle(struct boot_info *info)
{
	static const struct aid principal = {{AID_ALGORITHM_ED25519, AID_HASH_BLAKE3, 'i', 'n', 'i', 't'}};
	uint64_t size = CATALOG_OFFSET + PAGE_SIZE;
	uint64_t base = info->memory[0].base + info->memory[0].size - size;
	uint8_t *bundle = arch_direct((paddr_t){base});
	struct catalog_entry entry;
	struct bundle_header header = {.magic = BUNDLE_MAGIC, .version = BUNDLE_VERSION, .count = 2,
	                               .size = size};
	build_program(bundle + PROGRAM_OFFSET);
	module_sign(bundle + PROGRAM_OFFSET, PROGRAM_BYTES, "init", MODULE_INIT, 1, host_signer());
	host_entry(bundle + PROGRAM_OFFSET, SIM_MODULE_BYTES, &principal, &entry);
	add(bundle, 0, "init", PROGRAM_OFFSET, SIM_MODULE_BYTES, BUNDLE_PROGRAM);
	add(bundle, 1, CATALOG_NAME, CATALOG_OFFSET,
	    catalog_sign(bundle + CATALOG_OFFSET, &entry, 1, 1, host_signer()), BUNDLE_DATA);
	header.checksum = crc32c(CRC32C_INIT, bundle + sizeof header, 2 * sizeof(struct bundle_entry));
	memcpy(bundle, &header, sizeof header);
	info->bundle = (struct boot_range){base, size};
	info->reserved[info->reserved_count++] = info->bundle;
}
