/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Every module of an accepted bundle lies inside it. The table's checksum is put right first, or no change would
 * get past it; the input as it came is tried as well.
 */
#include "fuzz.h"
#include <lib/bundle.h>
#include <lib/crc32c.h>
#include <stdlib.h>
#include <string.h>

static void check(const uint8_t *data, size_t size)
{
	struct bundle bundle;
	struct bundle_module module, found;

	enum bundle_verdict verdict = bundle_check(data, size, &bundle);
	require(verdict < BUNDLE_VERDICT_COUNT);
	if (verdict != BUNDLE_OK)
		return;
	require(bundle.size <= size);
	for (uint32_t i = 0; i < bundle.count; i++) {
		require(bundle_module(&bundle, i, &module));
		require(module.offset <= bundle.size && module.size <= bundle.size - module.offset);
		require(memchr(module.name, '\0', sizeof module.name) != NULL);
		require(bundle_find(&bundle, module.name, &found));
		(void)bundle_module_check(&bundle, &module);
	}
	require(!bundle_module(&bundle, bundle.count, &module));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bundle_header header;

	check(data, size);
	if (size < sizeof header)
		return 0;
	memcpy(&header, data, sizeof header);
	size_t table = header.count * sizeof(struct bundle_entry);
	if (table > size - sizeof header)
		return 0;
	header.checksum = crc32c(CRC32C_INIT, data + sizeof header, table);
	uint8_t *copy = malloc(size);
	require(copy != NULL);
	memcpy(copy, data, size);
	memcpy(copy, &header, sizeof header);
	check(copy, size);
	free(copy);
	return 0;
}
