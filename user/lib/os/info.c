/* SPDX-License-Identifier: MPL-2.0 */
/* The bulk area holds a record only until the next call that uses it. */
#include <os/info.h>
#include <lib/string.h>

static const uint8_t *bulk(void)
{
	return arch_message_page()->bulk;
}

status_t info_read(handle_t monitor, enum info_kind kind, uint64_t index, void *record, size_t bytes,
                   uint64_t *out_next)
{
	status_t status = sys_system_info(monitor, kind, index, out_next);

	if (status == STATUS_OK)
		memcpy(record, bulk(), bytes);
	return status;
}

status_t info_process_status(handle_t process, struct process_status *out_status)
{
	status_t status = sys_process_status(process);

	if (status == STATUS_OK)
		memcpy(out_status, bulk(), sizeof(*out_status));
	return status;
}

status_t info_cap(handle_t process, uint32_t slot, struct cap_info *out_info)
{
	status_t status = sys_cap_info(process, slot);

	if (status == STATUS_OK)
		memcpy(out_info, bulk(), sizeof(*out_info));
	return status;
}

status_t info_aid(handle_t process, struct aid *out_aid)
{
	status_t status = sys_process_aid(process);

	if (status == STATUS_OK)
		memcpy(out_aid, bulk(), sizeof(*out_aid));
	return status;
}
