/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The lock-free half of capability look-up; see cap.h. */
#pragma once
#include <kernel/thread.h>

CC_INLINE struct cap *cap_find(const struct thread *current, handle_t handle, enum object_type type, uint32_t rights)
{
	uint32_t slot = HANDLE_SLOT(handle);
	uint32_t generation = HANDLE_GENERATION(handle);
	if (CC_UNLIKELY(slot >= CSPACE_SLOTS))
		return NULL;
	struct cap *cap = &current->window[slot];
	/* Only live slots have odd generations. */
	if (CC_UNLIKELY(__atomic_load_n(&cap->generation, __ATOMIC_ACQUIRE) != generation ||
	                (generation & 1u) == 0))
		return NULL;
	if (CC_UNLIKELY(type != OBJECT_NONE && cap->type != (uint32_t)type))
		return NULL;
	if (CC_UNLIKELY((rights & ~(uint32_t)cap->rights) != 0))
		return NULL;
	return cap;
}

CC_INLINE bool cap_current(const struct cap *cap, handle_t handle, const struct object *object)
{
	return __atomic_load_n(&cap->generation, __ATOMIC_ACQUIRE) == HANDLE_GENERATION(handle) &&
	       __atomic_load_n(&object->generation, __ATOMIC_RELAXED) == cap->object_generation;
}
