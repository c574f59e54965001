/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The kernel's own broken invariant: say everything, stop every CPU, end the emulator with a failing code. */
#pragma once
#include <kernel/arch.h>

/*@ assigns \nothing;
    ensures \false; */
CC_NORETURN void panic(const char *format, ...) CC_PRINTF(1, 2);
/* Where the epitaph finds names: kernel.symbols of the bundle, in the direct map. */
void panic_symbols(const uint8_t *data, size_t length);
/* Choose the stack protector's guard. The caller must not return. */
void panic_guard(uint64_t secret);

/* One argument, put together by the compiler: less code at every place that asserts. */
/*@ assigns \nothing;
    ensures \false; */
CC_NORETURN void assert_failed(const char *what);
#define ASSERT_QUOTED(number) #number
#define ASSERT_LINE(number) ASSERT_QUOTED(number)
#define ASSERT(condition)                                                                          \
	do {                                                                                       \
		if (CC_UNLIKELY(!(condition)))                                                     \
			assert_failed(__FILE__ ":" ASSERT_LINE(__LINE__) ": " #condition);         \
	} while (0)
/* Expensive checks (x_valid): only in DEBUG builds, simulation and tests. */
#ifdef DEBUG
#define ASSERT_VALID(condition) ASSERT(condition)
#else
#define ASSERT_VALID(condition) ((void)0)
#endif
