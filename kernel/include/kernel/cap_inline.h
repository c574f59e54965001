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
	if (CC_UNLIKELY(CC_LOAD_ACQUIRE(&cap->generation) != generation || generation % 2u == 0u))
		return NULL;
	if (CC_UNLIKELY(type != OBJECT_NONE && cap->type != (uint32_t)type))
		return NULL;
	if (CC_UNLIKELY(!rights_within(rights, cap->rights)))
		return NULL;
	return cap;
}

CC_INLINE bool cap_current(const struct cap *cap, handle_t handle, const struct object *object)
{
	return CC_LOAD_ACQUIRE(&cap->generation) == HANDLE_GENERATION(handle) &&
	       CC_LOAD_RELAXED(&object->generation) == cap->object_generation;
}
