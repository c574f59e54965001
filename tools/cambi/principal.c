/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The principals of shipped programs: each label of the manifest has an
 * inception key of its own, derived from the developer's seed (decision 0008).
 * The private half exists for the length of this function.
 */
#include "cambi.h"
#include <lib/hash.h>
#include <string.h>

#define PRINCIPAL_CONTEXT "CambiOS 2026-11 inception key of a principal"

void principal_of_label(const struct module_signer *developer, const char *label, struct aid *out)
{
	struct module_signer principal;
	uint8_t seed[MODULE_KEY_SIZE];
	struct hash hash;

	hash_begin_derive(&hash, PRINCIPAL_CONTEXT);
	hash_update(&hash, developer->seed, sizeof(developer->seed));
	hash_update(&hash, label, strlen(label));
	hash_end(&hash, seed, sizeof(seed));
	module_signer_init(&principal, seed);
	*out = principal.aid;
	secret_wipe(&hash, sizeof(hash));
	secret_wipe(seed, sizeof(seed));
	secret_wipe(&principal, sizeof(principal));
}
