/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The two searches from an address to a name. The first eight bytes are the address. */
#include "fuzz.h"
#include <lib/elf.h>
#include <lib/symbols.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[24];
	uint64_t offset;

	if (size < 8)
		return 0;
	uint64_t address = bytes_le64(data);
	if (elf_symbol_find(data + 8, size - 8, address, name, sizeof name, &offset))
		require(memchr(name, '\0', sizeof name) != NULL && offset <= address);
	if (symbols_find(data + 8, size - 8, address, name, sizeof name, &offset))
		require(memchr(name, '\0', sizeof name) != NULL && offset <= address);
	return 0;
}
