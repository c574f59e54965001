/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whom the kernel believes, and what they signed; see trust.h. Runs once, at boot. */
#include <kernel/boot.h>
#include <kernel/trust.h>
#include <lib/hash.h>
#include <lib/identity.h>
#include <lib/string.h>

struct catalog trust_catalog;

static const uint8_t test_key[MODULE_KEY_SIZE] = MODULE_TEST_KEY;

bool trust_has_test_key(const struct trust *trust)
{
	for (uint32_t i = 0; i < trust->count; i++)
		if (memcmp(trust->keys[i].key, test_key, sizeof test_key) == 0)
			return true;
	return false;
}

void trust_print(const struct trust *trust)
{
	char did[DID_TEXT_MAX];
	for (uint32_t i = 0; i < trust->count; i++) {
		(void)did_of_key(trust->keys[i].key, did);
		log_print("trust: programs signed by %s\n", did);
	}
	if (trust_has_test_key(trust))
		log_print("trust: WARNING: this is the published test key: ANYBODY can sign programs for this build\n");
}

/* Is it what the catalog lists? */
static bool data_same(const struct bundle_module *module, const struct catalog_entry *entry)
{
	uint8_t digest[HASH_SIZE];
	if (entry->size != module->size)
		return false;
	hash_bytes(boot_bundle.data + module->offset, module->size, digest);
	return hash_equal(digest, entry->digest);
}

/* What the catalog calls data must be what it lists, whatever the bundle's table, which nobody signed, calls it;
 * and nothing else may pass for data. Programs are looked at when they are to run (image.h). */
static void data_check(void)
{
	struct bundle_module module;
	struct catalog_entry entry;
	for (uint32_t i = 0; bundle_module(&boot_bundle, i, &module); i++) {
		if (strcmp(module.name, CATALOG_NAME) == 0)
			continue;
		bool data = catalog_find(&trust_catalog, module.name, &entry) && entry.role == MODULE_DATA;
		if (data ? !data_same(&module, &entry) : module.kind != BUNDLE_PROGRAM)
			boot_refuse("the bundle's '%s' is not the one its catalog lists", module.name);
	}
}

void trust_catalog_check(void)
{
	struct bundle_module module;
	if (!bundle_find(&boot_bundle, CATALOG_NAME, &module))
		boot_refuse("the bundle has no catalog, so that no program of it may run");
	enum module_verdict verdict = catalog_check(boot_bundle.data + module.offset, module.size,
	                                            &trust_built_in, &trust_catalog);
	if (verdict != MODULE_OK)
		boot_refuse("the bundle's catalog is refused: %s", module_verdict_text(verdict));
	data_check();
	log_print("catalog: release %u, %u modules\n", trust_catalog.release, trust_catalog.count);
}
