/* SPDX-License-Identifier: MPL-2.0 */
/* Random numbers fit for keys, from the kernel's generator. */
#pragma once
#include <os/syscall.h>
#include <stddef.h>

/* Fill `out`, of any length. NOT_SEEDED, and nothing written: the machine has not gathered enough yet. */
CC_NODISCARD status_t random_bytes(void *out, size_t length);
