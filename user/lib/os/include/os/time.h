/* SPDX-License-Identifier: MPL-2.0 */
/* Monotonic time in nanoseconds since boot. */
#pragma once
#include <os/syscall.h>

#define NS_PER_US     1000ull
#define NS_PER_MS     1000000ull
#define NS_PER_SECOND 1000000000ull

uint64_t time_now(void);
/* The point of time that many nanoseconds from now; DEADLINE_NEVER if there is no such point. */
deadline_t time_after(uint64_t ns);
void time_sleep(uint64_t ns);
