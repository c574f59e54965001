/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Where the library puts what it maps, away from the ranges the kernel chooses
 * in (image from 0x00.00400000, memory_map with address 0 in 0x10.. to 0x20..,
 * first stack and message pages from 0x30..).
 */
#pragma once
#include <abi/types.h>

#define LAYOUT_HEAP_BASE    0x0000002100000000ull
#define LAYOUT_HEAP_LIMIT   0x0000002800000000ull
#define LAYOUT_STACKS_BASE  0x0000002800000000ull
#define LAYOUT_STACK_STRIDE 0x0000000001000000ull /* 16 MiB: the largest stack and its guard pages */
