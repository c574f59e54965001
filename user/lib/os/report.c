/* SPDX-License-Identifier: MPL-2.0 */
/* Exit codes, faults, backtraces. */
#include <os/report.h>
#include <lib/elf.h>
#include <os/print.h>

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

static const char *access_name(uint32_t access)
{
	static const char *const names[] = {"reading", "writing", "executing"};

	return access < 3 ? names[access] : "accessing";
}

/* `back`: a return address; the call before it is what is meant. */
static void frame(const char *label, uint64_t address, uint64_t back, const uint8_t *image, size_t length)
{
	char name[64];
	uint64_t offset;

	if (image != NULL && elf_symbol_find(image, length, address - back, name, sizeof(name), &offset))
		print("  %s 0x%016llx %s+0x%llx\n", label, (unsigned long long)address, name,
		      (unsigned long long)(offset + back));
	else
		print("  %s 0x%016llx\n", label, (unsigned long long)address);
}

static void fault(const char *name, const struct fault_report *fault, const uint8_t *image, size_t length)
{
	print("%s: fault: %s, %s 0x%llx\n", name, report_fault_sentence(fault->kind),
	      access_name(fault->access), (unsigned long long)fault->address);
	frame("at  ", fault->pc, 0, image, length);
	for (uint32_t i = 0; i < fault->frame_count && i < FAULT_FRAMES_MAX; i++)
		frame("from", fault->frames[i], 1, image, length);
}

void report_end(const char *name, const struct process_status *status, const uint8_t *image, size_t length)
{
	if (status->fault.kind != FAULT_NONE)
		fault(name, &status->fault, image, length);
	else if (status->killed != 0)
		print("%s: killed\n", name);
	else
		print("%s: exited with code %lld\n", name, (long long)status->exit_code);
}
