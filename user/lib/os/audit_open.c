/* SPDX-License-Identifier: MPL-2.0 */
/* From the audit capability to a mapped ring, and waiting for news. */
#include <os/audit.h>
#include <os/info.h>

#define AUDIT_NEWS 1u

status_t audit_reader_open(struct audit_reader *reader, handle_t audit)
{
	struct cap_info info;
	uint64_t address;
	handle_t memory;
	status_t status = sys_audit_open(audit, &memory);

	if (status != STATUS_OK)
		return status;
	status = info_cap(HANDLE_NONE, HANDLE_SLOT(memory), &info);
	if (status == STATUS_OK)
		status = sys_memory_map(memory, 0, 0, info.size / PAGE_SIZE, PROT_READ, &address);
	if (status == STATUS_OK && !audit_reader_begin(reader, (const void *)address, info.size))
		status = STATUS_UNSUPPORTED;
	if (status != STATUS_OK)
		(void)!sys_cap_drop(memory); /* else it stays: the mapping lives as long as it does */
	return status;
}

status_t audit_reader_follow(struct audit_reader *reader, handle_t audit)
{
	handle_t notification;
	status_t status = sys_notification_create(&notification);

	if (status != STATUS_OK)
		return status;
	status = sys_audit_bind(audit, notification, AUDIT_NEWS);
	if (status == STATUS_OK)
		reader->notification = notification;
	else
		(void)!sys_cap_drop(notification);
	return status;
}

status_t audit_reader_wait(struct audit_reader *reader, deadline_t deadline)
{
	uint64_t bits;

	if (__atomic_load_n(&reader->header->produced, __ATOMIC_ACQUIRE) != reader->next)
		return STATUS_OK;
	return sys_notification_wait(reader->notification, deadline, &bits);
}
