/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Authority this program was not given: through handles of the wrong kind, and through guessed ones. */
#include "adversary.h"
#include <os/info.h>

/* Every call that needs a singleton or a process, through each capability there is to try it with. */
static const uint8_t privileged[] = {
	SYSCALL_image_create,  SYSCALL_process_create, SYSCALL_process_grant,  SYSCALL_process_start,
	SYSCALL_process_kill,  SYSCALL_process_status, SYSCALL_irq_create,     SYSCALL_irq_bind,
	SYSCALL_irq_ack,       SYSCALL_region_create,  SYSCALL_region_port,    SYSCALL_log_write,
	SYSCALL_log_read,      SYSCALL_system_info,    SYSCALL_system_control, SYSCALL_trace_control,
	SYSCALL_clock_set,     SYSCALL_audit_open,     SYSCALL_audit_bind,     SYSCALL_audit_report,
	SYSCALL_policy_restrict, SYSCALL_policy_revoke, SYSCALL_memory_contiguous, SYSCALL_irq_message,
	SYSCALL_random_add,
};

static bool is_refusal(status_t status)
{
	return status == STATUS_BAD_HANDLE || status == STATUS_WRONG_TYPE || status == STATUS_DENIED ||
	       status == STATUS_POLICY;
}

static void try_all(handle_t handle)
{
	for (uint32_t i = 0; i < sizeof(privileged); i++)
		check(is_refusal(attempt4(privileged[i], handle, 1, 1, 1)));
}

/* A channel that was made for somebody else, given to us by who thinks we are they. */
static void attach_anothers(void)
{
	handle_t channel = startup_handle("test");

	if (channel == HANDLE_NONE)
		return;
	check(ATTEMPT(channel_attach, channel, 0, 0, 0) == STATUS_DENIED);
	check(ATTEMPT(channel_signal, channel, 0, 0, 0) != STATUS_OK);
}

void attack_authority(uint64_t part)
{
	handle_t handles[4];

	(void)part;
	must(sys_endpoint_create(0, &handles[0]));
	must(sys_notification_create(&handles[1]));
	must(sys_memory_create(1, &handles[2]));
	handles[3] = startup_need("console");
	for (uint32_t i = 0; i < 4u; i++)
		try_all(handles[i]);
	try_all(HANDLE_NONE);
	attach_anothers();
	/* Nobody's process, and our own: neither can be asked about or ended without a capability. */
	check(is_refusal(ATTEMPT(cap_info, handles[1], 0, 0, 0)));
	check(is_refusal(ATTEMPT(process_aid, handles[1], 0, 0, 0)));
}

/* 256 slots, a few generations of each: whatever answers is our own. */
void attack_handles(uint64_t part)
{
	uint32_t first = (uint32_t)part * 64u;

	for (uint32_t slot = first; slot < first + 64u; slot++) {
		struct cap_info info;
		bool own = info_cap(HANDLE_NONE, slot, &info) == STATUS_OK;

		for (uint32_t generation = 1; generation < 16u; generation += 2u) {
			handle_t guess = HANDLE(slot, generation);
			status_t status = ATTEMPT(cap_mint, guess, 0, 0, 0);

			check(status == STATUS_BAD_HANDLE || (own && info.handle == guess));
		}
	}
	check(belongings_restore() == 0);
}
