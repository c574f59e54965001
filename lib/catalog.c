/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A catalog that was checked as a whole (catalog_check.c): its entries are read from the bytes again at each use. */
#include <lib/hash.h>
#include "module_priv.h"

const uint8_t *catalog_entry_at(const struct catalog *catalog, uint32_t index)
{
	return catalog->data + (CATALOG_HEADER_SIZE + index * CATALOG_ENTRY_SIZE);
}

void catalog_entry_read(const struct catalog *catalog, uint32_t index, struct catalog_entry *out)
{
	const uint8_t *const entry = catalog_entry_at(catalog, index);

	module_copy_name(out->name, entry);
	module_copy(out->digest, entry + 32, MODULE_DIGEST_SIZE);
	module_copy(out->principal.bytes, entry + 64, AID_SIZE);
	out->role = bytes_le32(entry + 96);
	out->version = bytes_le32(entry + 100);
	out->size = bytes_le64(entry + 104);
	out->reserved[0] = 0;
	out->reserved[1] = 0;
}

bool catalog_find(const struct catalog *catalog, const char *name, struct catalog_entry *out)
{
	/*@ loop invariant 0 <= i <= catalog->count;
	    loop assigns i, *out;
	    loop variant catalog->count - i; */
	for (uint32_t i = 0; i < catalog->count; i++) {
		catalog_entry_read(catalog, i, out);
		if (module_name_equal(out->name, name))
			return true;
	}
	return false;
}

enum module_verdict catalog_admit(const struct catalog *catalog, const struct module *module,
                                  const char *name, uint32_t role, struct catalog_entry *out)
{
	if (!module_name_equal(module->name, name))
		return MODULE_RENAMED;
	if (module->role != role)
		return MODULE_WRONG_ROLE;
	if (!catalog_find(catalog, name, out))
		return MODULE_UNLISTED;
	if (out->role != role)
		return MODULE_WRONG_ROLE;
	if (module->version < out->version)
		return MODULE_OUTDATED;
	/* One digest, one program: the size is covered by it. */
	return hash_equal(module->digest, out->digest) ? MODULE_OK : MODULE_CHANGED;
}
