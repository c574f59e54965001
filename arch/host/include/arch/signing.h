/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Signed programs and catalogs for host tests and the simulation, made when
 * they run, with the published test key, which this port's kernel trusts.
 */
#pragma once
#include <lib/module_write.h>

/* The trusted test key; and one that nobody trusts. */
const struct module_signer *host_signer(void);
const struct module_signer *host_stranger(void);
/* The line a catalog has for a signed module: what its statement says, the digest of what it covers. */
void host_entry(const uint8_t *module, size_t length, const struct aid *principal, struct catalog_entry *out);
/* The kernel of a unit test gets a catalog of these entries, as if boot had verified it. */
void host_catalog(const struct catalog_entry *entries, uint32_t count);
