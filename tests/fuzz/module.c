/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Signed modules, whoever signed them, and catalogs. No input can carry a signature of the key that is trusted. */
#include "fuzz.h"
#include <lib/identity.h>
#include <lib/module.h>
#include <string.h>

static const uint8_t test_key[MODULE_KEY_SIZE] = MODULE_TEST_KEY;
static struct trust trust;

static void module_try(const uint8_t *data, size_t size)
{
	uint8_t signature[MODULE_SIGNATURE_SIZE];
	struct module module;
	const uint8_t *tail = size < MODULE_TAIL_SIZE ? data : data + size - MODULE_TAIL_SIZE;

	if (module_says(tail, size, &module))
		require(memchr(module.name, '\0', sizeof module.name) != NULL);
	enum module_verdict verdict = module_tail_check(tail, size, &trust, &module, signature);
	require(verdict < MODULE_VERDICT_COUNT);
	if (verdict == MODULE_OK)
		require(module.elf_length == size - MODULE_TAIL_SIZE);
}

static void catalog_try(const uint8_t *data, size_t size)
{
	struct catalog catalog;
	struct catalog_entry entry, found;

	require(catalog_check(data, size, &trust, &catalog) < MODULE_VERDICT_COUNT);
	if (!catalog_read(data, size, &catalog))
		return;
	require(catalog.count > 0 && catalog.count <= CATALOG_ENTRIES_MAX);
	for (uint32_t i = 0; i < catalog.count; i++) {
		catalog_entry_read(&catalog, i, &entry);
		require(memchr(entry.name, '\0', sizeof entry.name) != NULL);
		require(catalog_find(&catalog, entry.name, &found) && memcmp(&entry, &found, sizeof entry) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (trust.count == 0) {
		trust = (struct trust){.count = 1};
		memcpy(trust.keys[0].key, test_key, sizeof test_key);
		aid_of_key(test_key, &trust.keys[0].aid);
	}
	module_try(data, size);
	catalog_try(data, size);
	return 0;
}
