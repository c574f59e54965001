/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Included by the build in front of the kernel's blake3_portable.c: its round, which the source has seven times
 * inline, becomes one function that is called (tools/sources.mk).
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

static __attribute__((noinline)) void round_fn(uint32_t state[16], const uint32_t *msg, size_t round);
