/* SPDX-License-Identifier: MPL-2.0 */
/* Exit codes, faults, backtraces. */
#include <os/report.h>
#include <lib/elf.h>
#include <os/print.h>

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
	      report_access_name(fault->access), (unsigned long long)fault->address);
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
