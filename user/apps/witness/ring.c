/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The audit ring: read, and attacked with no more than the capability to read it. */
#include "witness.h"

static handle_t memory;
static uint64_t address;
static struct audit_reader reader;

static uint64_t pages_of(handle_t handle)
{
	struct cap_info info;

	must(info_cap(HANDLE_NONE, HANDLE_SLOT(handle), &info));
	return info.size / PAGE_SIZE;
}

void ring_open(void)
{
	must(sys_audit_open(startup_need("audit"), &memory));
	must(sys_memory_map(memory, 0, 0, pages_of(memory), PROT_READ, &address));
	check(audit_reader_begin(&reader, (const void *)address, pages_of(memory) * PAGE_SIZE));
}

void ring_attack(void)
{
	handle_t audit = startup_need("audit"), copy;
	uint64_t writable;

	check_status(sys_memory_map(memory, 0, 0, 1, PROT_READ | PROT_WRITE, &writable), DENIED);
	check_status(sys_memory_protect(address, 1, PROT_READ | PROT_WRITE), DENIED);
	check_status(sys_memory_map(memory, 0, 0, 1, PROT_READ | PROT_EXECUTE, &writable), DENIED);
	check(sys_cap_mint(memory, RIGHT_READ | RIGHT_WRITE, 0, &copy) == STATUS_DENIED);
	check(sys_memory_seal(memory) != STATUS_OK);
	/* To read is not to write: no record of ours, of any kind. */
	check_status(sys_audit_report(audit, AUDIT_KEY_USED, 0, 0, 0, 0, 0), DENIED);
	check_status(sys_audit_report(audit, AUDIT_CAP_GRANTED, 0, 0, 0, 0, 0), DENIED);
	check(sys_cap_mint(audit, RIGHT_READ | RIGHT_WRITE, 0, &copy) == STATUS_DENIED);
}

void ring_trespass(void)
{
	ring_open();
	((volatile uint64_t *)address)[2] = 0;
}

static void count(struct tally *tally, const struct audit_event *event)
{
	switch (event->kind) {
	case AUDIT_CAP_DENIED: tally->denied++; break;
	case AUDIT_BAD_ARGUMENT: tally->refused++; break;
	case AUDIT_SYSCALL_DENIED: tally->filtered++; break;
	case AUDIT_FAULT: tally->faults++; break;
	default: break;
	}
}

struct tally ring_count(uint64_t process)
{
	struct tally tally = {0};
	struct audit_news news;

	for (;;) {
		switch (audit_reader_next(&reader, &news)) {
		case AUDIT_READ_NONE: return tally;
		case AUDIT_READ_OVERTAKEN:
		case AUDIT_READ_MISSING: tally.lost += news.lost; break;
		case AUDIT_READ_EVENT:
			if (news.event.subject == process)
				count(&tally, &news.event);
			break;
		}
	}
}
