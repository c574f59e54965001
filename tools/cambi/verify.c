/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cambi verify: programs and catalogs; bundles are in verify_bundle.c. */
#include "cambi.h"
#include <lib/identity.h>
#include <stdlib.h>

static void print_hex(FILE *out, const char *title, const uint8_t *bytes, size_t size)
{
	char hex[2 * MODULE_DIGEST_SIZE + 1];

	hex_of_bytes(bytes, size, hex);
	fprintf(out, "  %-9s %s\n", title, hex);
}

/* The statement is known from UNTRUSTED on; the digest, once the signer is one we can ask. */
static void print_module(FILE *out, const struct module *module, enum module_verdict verdict,
                         const struct trust *trust)
{
	char signer[SIGNER_TEXT_MAX];

	signer_text(trust, &module->signer, signer);
	fprintf(out, "  name      %s\n  role      %s\n  version   %u\n  signer    %s\n", module->name,
	        role_name(module->role), module->version, signer);
	if (verdict != MODULE_UNTRUSTED)
		print_hex(out, "digest", module->digest, MODULE_DIGEST_SIZE);
}

static bool has_statement(enum module_verdict verdict)
{
	return verdict == MODULE_OK || verdict == MODULE_UNTRUSTED || verdict == MODULE_BAD_SIGNATURE;
}

static uint32_t verify_module(FILE *out, const char *title, const uint8_t *data, size_t size,
                              const struct trust *trust)
{
	struct module module = {0};
	const enum module_verdict verdict = module_check(data, size, trust, &module);
	const char *problem = module_verdict_text(verdict);

	if (verdict == MODULE_OK)
		problem = program_problem(data, module.elf_length);
	fprintf(out, "%s: %s%s\n", title,
	        problem == NULL ? "a sound program" : "refused: ", problem == NULL ? "" : problem);
	if (has_statement(verdict))
		print_module(out, &module, verdict, trust);
	return problem != NULL;
}

static uint32_t verify_catalog(FILE *out, const char *title, const uint8_t *data, size_t size,
                               const struct trust *trust)
{
	struct catalog catalog = {0};
	struct catalog_entry entry;
	char signer[SIGNER_TEXT_MAX];
	const enum module_verdict verdict = catalog_check(data, size, trust, &catalog);

	signer_text(trust, &catalog.signer, signer);
	if (verdict != MODULE_OK) {
		fprintf(out, "%s: refused: %s\n", title, module_verdict_text(verdict));
		if (verdict == MODULE_UNTRUSTED)
			fprintf(out, "  signer    %s\n", signer);
		return 1;
	}
	fprintf(out, "%s: a sound catalog of %u modules\n  release   %u\n  signer    %s\n", title,
	        catalog.count, catalog.release, signer);
	for (uint32_t i = 0; i < catalog.count; i++) {
		catalog_entry_read(&catalog, i, &entry);
		fprintf(out, "  %-8s %s, version %u, %llu bytes\n", role_name(entry.role), entry.name,
		        entry.version, (unsigned long long)entry.size);
	}
	return 0;
}

uint32_t verify_bytes(FILE *out, const char *title, const uint8_t *data, size_t size,
                      const struct trust *trust)
{
	uint64_t magic = 0;

	if (load_le64(data, size, 0, &magic) && magic == BUNDLE_MAGIC)
		return verify_bundle(out, title, data, size, trust);
	if (magic == CATALOG_MAGIC)
		return verify_catalog(out, title, data, size, trust);
	return verify_module(out, title, data, size, trust);
}

int verb_verify(int argc, char **argv)
{
	struct trust trust;
	uint32_t wrong = 0;

	trust_option(&argc, argv, &trust);
	need_words(argc, argv, 1, 1 << 20);
	for (int i = 0; i < argc; i++) {
		struct bytes file = file_read(argv[i]);
		wrong += verify_bytes(stdout, argv[i], file.data, file.size, &trust);
		free(file.data);
	}
	return wrong != 0;
}
