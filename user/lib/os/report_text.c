/* SPDX-License-Identifier: MPL-2.0 */
/* Faults in words. */
#include <os/report.h>

const char *report_fault_sentence(uint32_t kind)
{
	static const char *const sentences[FAULT_KIND_COUNT] = {
		[FAULT_NONE] = "no fault",
		[FAULT_UNMAPPED] = "nothing is mapped at the address",
		[FAULT_PROTECTION] = "the memory does not allow this access",
		[FAULT_INSTRUCTION] = "illegal or privileged instruction",
		[FAULT_ALIGNMENT] = "the address is not aligned",
		[FAULT_ARITHMETIC] = "division by zero or overflow",
		[FAULT_BREAKPOINT] = "breakpoint",
		[FAULT_MEMORY] = "out of memory while a page was touched",
		[FAULT_CONTROL] = "control flow went where it may not",
		[FAULT_OTHER] = "a fault of another kind",
	};

	return kind < FAULT_KIND_COUNT ? sentences[kind] : "a fault of an unknown kind";
}

const char *report_access_name(uint32_t access)
{
	static const char *const names[] = {"reading", "writing", "executing"};

	return access < 3 ? names[access] : "accessing";
}
