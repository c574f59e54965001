/* SPDX-License-Identifier: MPL-2.0 */
/* Events a program reports. There is nowhere to say that one could not be; the ring counts what it lost. */
#include <os/audit_tell.h>
#include <lib/string.h>
#include <os/startup.h>

void audit_tell(enum audit_kind kind, uint64_t object, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	handle_t audit = startup_handle("audit");

	if (audit != HANDLE_NONE)
		(void)!sys_audit_report(audit, kind, object, a, b, c, d);
}

uint64_t audit_name(const char *name, uint32_t part)
{
	size_t length = strlen(name), from = 8u * (size_t)part;
	uint64_t word = 0;

	if (from < length)
		memcpy(&word, name + from, length - from < 8u ? length - from : 8u);
	return word;
}
