/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* System calls on memory and images. */
#include <kernel/audit.h>
#include <kernel/image.h>
#include <kernel/memory.h>
#include <kernel/syscall.h>
#include <lib/string.h>

#define UNMAP_LIMIT 1024u /* page table entries per turn; then the call starts over with what is left */
#define REAP_LIMIT 256u
#define ACCESS_RIGHTS (RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE)
#define MEMORY_RIGHTS (ACCESS_RIGHTS | RIGHT_GRANT | RIGHT_REVOKE)
#define DEVICE_MEMORY_RIGHTS (MEMORY_RIGHTS & ~RIGHT_EXECUTE) /* what a device can write is never code */
_Static_assert(PROT_READ == (int)RIGHT_READ && PROT_WRITE == (int)RIGHT_WRITE &&
               PROT_EXECUTE == (int)RIGHT_EXECUTE, "access is named once");

static struct aspace *own_aspace(const struct thread *current)
{
	return &process_of(current->process)->aspace;
}

/* A new object becomes the caller's, or is no more. */
static status_t memory_hand_out(struct thread *current, uint32_t slot, uint32_t rights)
{
	handle_t handle;
	status_t status = cap_create(current->process, OBJECT_MEMORY, slot, rights, 0, &handle);
	if (status == STATUS_OK)
		current->regs.arg[1] = handle;
	else
		object_release(OBJECT_MEMORY, slot);
	return status;
}

status_t sys_memory_create(struct thread *current)
{
	uint32_t slot;
	(void)memory_reap_some(REAP_LIMIT);
	status_t status = memory_new(current->process, current->regs.arg[0], &slot);
	return status == STATUS_OK ? memory_hand_out(current, slot, MEMORY_RIGHTS) : status;
}

/* What the dead left is freed first: it may be what lies in the way of a run. */
status_t sys_memory_contiguous(struct thread *current)
{
	const uint64_t *arg = current->regs.arg;
	struct cap *cap;
	uint32_t slot;
	status_t status = cap_lookup(current, arg[0], OBJECT_DEVICES, RIGHT_MANAGE, &cap);
	if (status != STATUS_OK)
		return status;
	if (memory_reap_some(REAP_LIMIT))
		return SYSCALL_RESTART;
	status = memory_new_contiguous(current->process, arg[1], arg[2], &slot);
	if (status != STATUS_OK)
		return status;
	uint64_t address = memory_table[slot].root.a;
	uint64_t bytes = memory_table[slot].pages * PAGE_SIZE;
	status = memory_hand_out(current, slot, DEVICE_MEMORY_RIGHTS);
	if (status != STATUS_OK)
		return status;
	audit_emit(AUDIT_AUTHORITY_CLAIMED, current->owner->id, AUDIT_OBJECT(OBJECT_MEMORY, slot), address, bytes, 0, 0);
	current->regs.arg[2] = address;
	return STATUS_OK;
}

/* The capability for what is to be mapped: memory, or a region, which is never executed. */
static status_t mappable(struct thread *current, uint64_t prot, struct mapping_request *request)
{
	struct cap *cap;
	status_t status = cap_lookup(current, request->handle, OBJECT_NONE, 0, &cap);
	if (status != STATUS_OK)
		return status;
	if (cap->type != OBJECT_MEMORY && cap->type != OBJECT_REGION)
		return STATUS_WRONG_TYPE;
	bool region = cap->type == OBJECT_REGION;
	if (prot > ACCESS_RIGHTS || (region && (prot & PROT_EXECUTE) != 0))
		return STATUS_INVALID;
	uint32_t missing = (uint32_t)prot & ~(uint32_t)cap->rights;
	if (missing != 0) {
		current->regs.arg[1] = missing;
		return STATUS_DENIED;
	}
	request->kind = region ? MAPPING_REGION : MAPPING_MEMORY;
	request->memory = cap->object;
	request->cap = cap_index(current->process, HANDLE_SLOT(request->handle));
	request->prot = (uint32_t)prot;
	request->prot_limit = cap->rights & (region ? RIGHT_READ | RIGHT_WRITE : ACCESS_RIGHTS);
	return STATUS_OK;
}

status_t sys_memory_map(struct thread *current)
{
	const uint64_t *arg = current->regs.arg;
	uint64_t address;
	struct mapping_request request = {
		.handle = arg[0], .address = arg[1], .first_page = arg[2], .pages = arg[3]};
	bool populate = (arg[4] & MAP_POPULATE) != 0;
	status_t status = mappable(current, arg[4] & ~(uint64_t)MAP_POPULATE, &request);
	if (status != STATUS_OK)
		return status;
	if (populate && request.kind != MAPPING_MEMORY)
		return STATUS_INVALID;
	status = aspace_map_request(own_aspace(current), &request, &address);
	if (status == STATUS_OK && populate)
		aspace_populate(own_aspace(current), address);
	if (status == STATUS_OK)
		current->regs.arg[1] = address;
	else if (status == STATUS_DENIED)
		current->regs.arg[1] = RIGHT_WRITE; /* the rights were there: it is sealed */
	return status;
}

status_t sys_memory_unmap(struct thread *current)
{
	bool more;
	status_t status = aspace_unmap_some(own_aspace(current), current->regs.arg[0], current->regs.arg[1],
	                                    UNMAP_LIMIT, &more);
	if (status != STATUS_OK)
		return status;
	return more || memory_reap_some(REAP_LIMIT) ? SYSCALL_RESTART : STATUS_OK;
}

status_t sys_memory_protect(struct thread *current)
{
	const uint64_t *arg = current->regs.arg;
	uint32_t missing;
	if (arg[2] > ACCESS_RIGHTS)
		return STATUS_INVALID;
	status_t status = aspace_protect_checked(own_aspace(current), arg[0], arg[1], (uint32_t)arg[2], &missing);
	if (status == STATUS_DENIED)
		current->regs.arg[1] = missing;
	return status;
}

status_t sys_memory_seal(struct thread *current)
{
	uint32_t slot;
	status_t status = cap_hold(current, current->regs.arg[0], OBJECT_MEMORY, RIGHT_WRITE, &slot);
	if (status != STATUS_OK)
		return status;
	status = memory_seal(slot);
	object_release(OBJECT_MEMORY, slot);
	return status;
}

/* What the caller wants verified, and as what; the memory is referenced. */
static status_t image_request_read(struct thread *current, struct image_request *request)
{
	struct cap *factory;
	memcpy(&request->as, current->page->bulk, sizeof request->as);
	status_t status = cap_lookup(current, current->regs.arg[0], OBJECT_FACTORY, RIGHT_MANAGE, &factory);
	if (status != STATUS_OK)
		return status;
	request->offset = current->regs.arg[2];
	request->length = current->regs.arg[3];
	return cap_hold(current, current->regs.arg[1], OBJECT_MEMORY, RIGHT_READ | RIGHT_EXECUTE, &request->memory);
}

/* One step; the work so far is the thread's, which may end between two steps. */
static status_t image_create(struct thread *current, const struct image_request *request)
{
	uint32_t slot;
	handle_t handle;
	bool more;
	status_t status = image_step(current->process, request, &current->image_work, &slot, &more);
	if (status != STATUS_OK)
		return status;
	if (more)
		return SYSCALL_RESTART;
	status = cap_create(current->process, OBJECT_IMAGE, slot, RIGHT_EXECUTE | RIGHT_GRANT | RIGHT_REVOKE, 0,
	                    &handle);
	if (status == STATUS_OK)
		current->regs.arg[1] = handle;
	else
		object_release(OBJECT_IMAGE, slot);
	return status;
}

status_t sys_image_create(struct thread *current)
{
	struct image_request request;
	status_t status = image_request_read(current, &request);
	if (status != STATUS_OK) {
		image_abandon(&current->image_work);
		return status;
	}
	status = image_create(current, &request);
	object_release(OBJECT_MEMORY, request.memory);
	return status;
}
