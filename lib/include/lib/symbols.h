/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The kernel's symbol table (kernel.symbols of the bundle, format in
 * abi/bundle.h): from an address to a name, during a panic, on bytes that may
 * be damaged.
 */
#pragma once
#include <abi/bundle.h>
#include <lib/bytes.h>

/* The symbol that covers `address` (one without a size reaches to the next one): its name, cut to fit
 * and terminated, and the distance from its start. False: there is none, or `data` is no symbol table.
 * Safe on any bytes; a table that is not sorted gives a wrong name, not a wrong access. */
/*@ requires bytes_in(data, length) && size > 0 && \valid(name + (0 .. size - 1)) && \valid(out_offset);
    requires \separated(data + (0 .. length - 1), name + (0 .. size - 1), out_offset);
    assigns name[0 .. size - 1], *out_offset; */
CC_NODISCARD bool symbols_find(const uint8_t *data, size_t length, uint64_t address, char *name,
                               size_t size, uint64_t *out_offset);
