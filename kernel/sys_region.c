/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* System calls on device regions. Mapping one is memory_map. */
#include <kernel/audit.h>
#include <kernel/log.h>
#include <kernel/memory.h>
#include <kernel/process.h>
#include <kernel/syscall.h>

#define REGION_RIGHTS (RIGHT_READ | RIGHT_WRITE | RIGHT_GRANT | RIGHT_REVOKE)

status_t sys_region_create(struct thread *current)
{
	const uint64_t *arg = current->regs.arg;
	struct cap *cap;
	uint32_t slot;
	handle_t handle;
	status_t status = cap_lookup(current, arg[0], OBJECT_DEVICES, RIGHT_MANAGE, &cap);
	if (status != STATUS_OK)
		return status;
	if (arg[1] > REGION_PORT)
		return STATUS_INVALID;
	status = region_new(current->process, (enum region_kind)arg[1], arg[2], arg[3], &slot);
	if (status != STATUS_OK)
		return status;
	status = cap_create(current->process, OBJECT_REGION, slot, REGION_RIGHTS, 0, &handle);
	if (status != STATUS_OK) {
		object_release(OBJECT_REGION, slot);
		return status;
	}
	log_device_claimed((enum region_kind)arg[1], arg[2], arg[3]);
	audit_emit(AUDIT_AUTHORITY_CLAIMED, current->owner->id, AUDIT_OBJECT(OBJECT_REGION, slot), arg[2], arg[3], 0,
	           0);
	current->regs.arg[1] = handle;
	return STATUS_OK;
}

/* Width of an access in bytes, or 0: there is no such operation. */
static uint32_t port_width(uint64_t operation)
{
	uint64_t size = operation & 3u;
	return operation > PORT_WRITE32 || size > 2u ? 0u : 1u << size;
}

/* The region's lock is held over the access: a capability that died allows none that begins later. */
static status_t port_access(struct thread *current, const struct cap *cap, uint32_t width)
{
	const uint64_t *arg = current->regs.arg;
	struct region *region = &region_table[cap->object];
	uint64_t result = 0;
	status_t status = STATUS_BAD_HANDLE;
	lock_acquire(&region->lock, LOCK_MEMORY);
	if (cap_current(cap, arg[0], &region->object)) {
		bool fits = region->kind == REGION_PORT && width <= region->size &&
		            arg[1] <= region->size - width;
		status = fits ? arch_port((uint16_t)(region->base + arg[1]), (enum port_operation)arg[2], arg[3],
		                          &result)
		              : STATUS_INVALID;
	}
	lock_release(&region->lock, LOCK_MEMORY);
	if (status == STATUS_OK)
		current->regs.arg[1] = result;
	return status;
}

status_t sys_region_port(struct thread *current)
{
	struct cap *cap;
	uint64_t operation = current->regs.arg[2];
	uint32_t width = port_width(operation);
	uint32_t right = operation >= PORT_WRITE8 ? RIGHT_WRITE : RIGHT_READ;
	status_t status = cap_lookup(current, current->regs.arg[0], OBJECT_REGION, right, &cap);
	if (status != STATUS_OK)
		return status;
	return width == 0 ? STATUS_INVALID : port_access(current, cap, width);
}
