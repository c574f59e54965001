/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the fuzz targets share. A target is one function, called by libFuzzer with bytes of any content; the
 * sanitizers see what it touches, and `require` what it promises.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise of the header does not hold: the input that broke it is kept. */
static inline void require(bool holds)
{
	if (!holds)
		__builtin_trap();
}
