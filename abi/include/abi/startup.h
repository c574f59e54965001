/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The startup block: what a new process finds in its first thread's bulk area.
 * The parent fills it in its own bulk area before process_start. Handles are
 * named, so that a program asks for "console" and not for number 3.
 */
#pragma once
#include <abi/types.h>

#define STARTUP_MAGIC 0x5452415453424d43ull /* "CMBSTART" */
#define STARTUP_HANDLES_MAX 32u
#define STARTUP_ARGUMENTS_MAX 2000u

struct startup_handle {
	char name[16]; /* NUL-terminated */
	handle_t handle;
};

struct startup {
	uint64_t magic;
	uint32_t handle_count;
	uint32_t argument_count;
	uint32_t argument_bytes;
	uint32_t reserved;
	uint64_t random[4];  /* stack protector and allocator secrets; not for keys */
	struct startup_handle handles[STARTUP_HANDLES_MAX];
	char arguments[STARTUP_ARGUMENTS_MAX]; /* argument_count NUL-terminated strings */
	uint8_t padding[248];
};
ABI_SIZE(struct startup_handle, 24);
ABI_SIZE(struct startup, 3072);
