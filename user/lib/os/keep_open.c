/* SPDX-License-Identifier: MPL-2.0 */
/* The memory a service was given for its successors. */
#include <os/info.h>
#include <os/keep.h>
#include <os/startup.h>

status_t keep_open(struct keep *keep)
{
	handle_t memory = startup_handle("kept");
	struct cap_info info;
	uint64_t address;

	if (memory == HANDLE_NONE)
		return STATUS_NOT_FOUND;
	status_t status = info_cap(HANDLE_NONE, HANDLE_SLOT(memory), &info);
	if (status == STATUS_OK)
		status = sys_memory_map(memory, 0, 0, info.size / PAGE_SIZE, PROT_READ | PROT_WRITE, &address);
	if (status == STATUS_OK)
		keep_init(keep, (void *)address, info.size);
	return status;
}
