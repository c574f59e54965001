/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A bundle, as the kernel will look at it: the archive, its catalog, then each
 * module against both; and what only the catalog knows of.
 */
#include "cambi.h"
#include <lib/hash.h>
#include <lib/identity.h>
#include <string.h>

/* NULL, or why this data is not what the catalog lists. */
static const char *data_problem(const struct catalog *catalog, const struct bundle_module *module,
                                const uint8_t *data, struct catalog_entry *out)
{
	uint8_t digest[HASH_SIZE];

	if (!catalog_find(catalog, module->name, out))
		return module_verdict_text(MODULE_UNLISTED);
	if (out->role != MODULE_DATA)
		return module_verdict_text(MODULE_WRONG_ROLE);
	hash_bytes(data, module->size, digest);
	return hash_equal(digest, out->digest) ? NULL : module_verdict_text(MODULE_CHANGED);
}

/* NULL, or why this program would not be started under its name. */
static const char *listed_problem(const struct catalog *catalog, const struct bundle_module *module,
                                  const uint8_t *data, const struct trust *trust, struct catalog_entry *out)
{
	struct module signed_module;
	enum module_verdict verdict = module_check(data, module->size, trust, &signed_module);

	if (verdict == MODULE_OK && !catalog_find(catalog, module->name, out))
		verdict = MODULE_UNLISTED;
	if (verdict == MODULE_OK)
		verdict = catalog_admit(catalog, &signed_module, module->name, out->role, out);
	if (verdict != MODULE_OK)
		return module_verdict_text(verdict);
	return program_problem(data, signed_module.elf_length);
}

static void print_sound(FILE *out, const struct catalog_entry *entry)
{
	char hex[2 * AID_SIZE + 1] = "nobody";

	if (!aid_is_anonymous(&entry->principal))
		hex_of_bytes(entry->principal.bytes, AID_SIZE, hex);
	fprintf(out, "  sound    %-16s %-8s version %u%s%s\n", entry->name, role_name(entry->role),
	        entry->version, entry->role == MODULE_DATA ? "" : ", runs as ",
	        entry->role == MODULE_DATA ? "" : hex);
}

static uint32_t verify_entry(FILE *out, const struct bundle *bundle, const struct bundle_module *module,
                             const struct catalog *catalog, const struct trust *trust)
{
	const uint8_t *const data = bundle->data + module->offset;
	struct catalog_entry entry;
	const char *problem;

	if (!bundle_module_check(bundle, module))
		problem = "its checksum does not match: it was damaged on the way";
	else if (module->kind == BUNDLE_DATA)
		problem = data_problem(catalog, module, data, &entry);
	else
		problem = listed_problem(catalog, module, data, trust, &entry);
	if (problem == NULL)
		print_sound(out, &entry);
	else
		fprintf(out, "  refused  %-16s %s\n", module->name, problem);
	return problem != NULL;
}

/* What the catalog lists and the bundle has not. */
static uint32_t verify_missing(FILE *out, const struct bundle *bundle, const struct catalog *catalog)
{
	struct bundle_module module;
	struct catalog_entry entry;
	uint32_t wrong = 0;

	for (uint32_t i = 0; i < catalog->count; i++) {
		catalog_entry_read(catalog, i, &entry);
		if (bundle_find(bundle, entry.name, &module))
			continue;
		fprintf(out, "  missing  %-16s the catalog lists it\n", entry.name);
		wrong++;
	}
	return wrong;
}

/* NULL, or why the bundle has no catalog to go by. */
static const char *catalog_problem(const struct bundle *bundle, const struct trust *trust,
                                   struct catalog *out)
{
	struct bundle_module module;

	if (!bundle_find(bundle, CATALOG_NAME, &module))
		return "it is missing";
	if (!bundle_module_check(bundle, &module))
		return "its checksum does not match: it was damaged on the way";
	const enum module_verdict verdict =
		catalog_check(bundle->data + module.offset, module.size, trust, out);
	return verdict == MODULE_OK ? NULL : module_verdict_text(verdict);
}

static uint32_t verify_modules(FILE *out, const struct bundle *bundle, const struct catalog *catalog,
                               const struct trust *trust)
{
	struct bundle_module module;
	uint32_t wrong = 0;

	for (uint32_t i = 0; i < bundle->count; i++) {
		if (bundle_module(bundle, i, &module) && strcmp(module.name, CATALOG_NAME) != 0)
			wrong += verify_entry(out, bundle, &module, catalog, trust);
	}
	return wrong + verify_missing(out, bundle, catalog);
}

uint32_t verify_bundle(FILE *out, const char *title, const uint8_t *data, size_t size,
                       const struct trust *trust)
{
	struct bundle bundle;
	struct catalog catalog = {0};
	char signer[SIGNER_TEXT_MAX];
	const enum bundle_verdict archive = bundle_check(data, size, &bundle);
	const char *problem = NULL;

	if (archive != BUNDLE_OK) {
		fprintf(out, "%s: refused: %s\n", title, bundle_verdict_text(archive));
		return 1;
	}
	problem = catalog_problem(&bundle, trust, &catalog);
	signer_text(trust, &catalog.signer, signer);
	if (problem != NULL) {
		fprintf(out, "%s: refused: its catalog: %s\n", title, problem);
		if (!aid_is_anonymous(&catalog.signer))
			fprintf(out, "  signer   %s\n", signer);
		return 1;
	}
	fprintf(out, "%s: a bundle of %u modules, release %u\n  signer   %s\n", title, bundle.count,
	        catalog.release, signer);
	const uint32_t wrong = verify_modules(out, &bundle, &catalog, trust);
	if (wrong != 0)
		fprintf(out, "%s: %u wrong\n", title, wrong);
	return wrong;
}
