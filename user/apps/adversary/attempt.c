/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Counting attempts by the audit record they must leave; several threads may try. */
#include "adversary.h"
#include <os/info.h>

#define SLOTS 256u

static uint32_t denied;   /* a capability was wrong: cap.denied */
static uint32_t refused;  /* an argument was: syscall.refused */
static uint32_t filtered; /* the profile does not allow the call: syscall.denied */

static handle_t belongings[SLOTS];

static uint32_t *counter_of(uint64_t number, status_t status)
{
	/* Answering who does not wait for us is an attempt like another. */
	if (number == SYSCALL_reply && status == STATUS_GONE)
		return &refused;
	switch ((uint32_t)status) {
	case STATUS_DENIED:
	case STATUS_BAD_HANDLE:
	case STATUS_WRONG_TYPE: return &denied;
	case STATUS_INVALID:
	case STATUS_BAD_ADDRESS:
	case STATUS_UNKNOWN_SYSCALL:
	case STATUS_QUOTA:
	case STATUS_TABLE_FULL:
	case STATUS_NO_MEMORY:
	case STATUS_BUSY: return &refused;
	case STATUS_POLICY: return &filtered;
	default: return NULL;
	}
}

status_t attempt_made(uint64_t number, status_t status)
{
	uint32_t *counter = counter_of(number, status);

	if (counter != NULL)
		__atomic_fetch_add(counter, 1u, __ATOMIC_RELAXED);
	return status;
}

status_t attempt(uint64_t number, uint64_t registers[SYS_REGISTERS])
{
	return attempt_made(number, sys_raw(number, registers));
}

status_t attempt4(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	uint64_t registers[SYS_REGISTERS] = {a, b, c, d};

	return attempt(number, registers);
}

uint64_t attempts_code(void)
{
	return (uint64_t)denied | (uint64_t)refused << 20 | (uint64_t)filtered << 40;
}

static handle_t belonging(uint32_t slot)
{
	struct cap_info info;

	return info_cap(HANDLE_NONE, slot, &info) == STATUS_OK ? info.handle : HANDLE_NONE;
}

void belongings_remember(void)
{
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		belongings[slot] = belonging(slot);
}

uint32_t belongings_restore(void)
{
	uint32_t missing = 0;

	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		handle_t now = belonging(slot);

		if (now != belongings[slot] && now != HANDLE_NONE)
			(void)!sys_cap_drop(now);
		missing += belongings[slot] != HANDLE_NONE && now != belongings[slot];
	}
	return missing;
}
