/* SPDX-License-Identifier: MPL-2.0 */
/* For a process that has other things where the heap would be: unit tests on the host. */
#pragma once
#include <stdint.h>

/* Where the heap begins, instead of LAYOUT_HEAP_BASE; a multiple of 1 MiB, before the first allocation. */
void heap_place(uint64_t base);
