/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The policy service: the protocol over the rules. It holds the policy capability
 * and the right to look at processes, and nothing else. The rules outlive it.
 */
#include "rules.h"
#include <lib/identity.h>
#include <os/info.h>
#include <os/panic.h>
#include <os/print.h>
#include <os/service.h>
#include <os/state.h>
#include <os/startup.h>

IFACE_SERVER(policy, POLICY_METHODS)

#define FORMAT 1u /* of what is kept: struct rules as it is */

static struct {
	struct state_header header;
	struct rules rules;
} record;
_Static_assert(sizeof(record) == sizeof(struct state_header) + POLICY_RULES_MAX * 56u, "the kept format has no holes");
static struct state state;

/* Keep what was changed; if that fails, the rules are as they were: `before`. */
static status_t rules_keep(const struct rules *before)
{
	const status_t status = state_keep(&state, &record.header, sizeof(record));

	if (status != STATUS_OK)
		record.rules = *before;
	return status;
}

static bool is_controller(const struct service_call *call)
{
	return (call->badge & POLICY_BADGE_CONTROL) != 0;
}

status_t policy_admit_serve(struct service_call *call, const struct policy_admit_req *request,
                            struct policy_admit_rep *reply)
{
	if ((call->badge & POLICY_BADGE_ADMIT) == 0)
		return STATUS_DENIED;
	return rules_admit(&record.rules, &request->principal, request->role, request->wanted, &reply->allowed);
}

/* NOT_FOUND: no live process has that id. */
static status_t process_find(uint64_t id, struct info_process *out)
{
	handle_t monitor = startup_need("monitor");
	uint64_t index = 0;

	while (info_read(monitor, INFO_PROCESS, index, out, sizeof(*out), &index) == STATUS_OK) {
		if (out->id == id)
			return STATUS_OK;
	}
	return STATUS_NOT_FOUND;
}

/* Every running process of the principal, so that a rule holds for all of them at once. */
static void principal_restrict(const struct aid *principal, uint64_t mask)
{
	handle_t monitor = startup_need("monitor");
	struct info_process process;
	uint64_t index = 0;

	while (info_read(monitor, INFO_PROCESS, index, &process, sizeof(process), &index) == STATUS_OK) {
		if (aid_equal(&process.principal, principal))
			(void)!sys_policy_restrict(startup_need("policy"), process.id,
			                           mask); /* it may have ended meanwhile */
	}
}

status_t policy_restrict_serve(struct service_call *call, const struct policy_restrict_req *request,
                               struct policy_restrict_rep *reply)
{
	const struct rules before = record.rules;
	struct info_process process;

	if (!is_controller(call))
		return STATUS_DENIED;
	status_t status = process_find(request->process, &process);
	if (status == STATUS_OK)
		status = rules_narrow(&record.rules, &process.principal, request->mask);
	/* The rule first: what starts from here on is bound by it, what runs already is found below. */
	if (status == STATUS_OK)
		status = rules_keep(&before);
	if (status != STATUS_OK)
		return status;
	principal_restrict(&process.principal, request->mask);
	reply->before = process.syscall_mask;
	status = process_find(request->process, &process);
	reply->after = process.syscall_mask;
	return status;
}

status_t policy_show_serve(struct service_call *call, const struct policy_show_req *request,
                           struct policy_show_rep *reply)
{
	const struct rule *rule = rules_from(&record.rules, request->index, &reply->next);

	(void)call;
	if (rule == NULL)
		return STATUS_NOT_FOUND;
	reply->principal = rule->principal;
	reply->mask = rule->mask;
	reply->admitted = rule->admitted;
	reply->refused = rule->refused;
	return STATUS_OK;
}

status_t policy_forget_serve(struct service_call *call, const struct policy_forget_req *request,
                             struct policy_forget_rep *reply)
{
	const struct rules before = record.rules;

	(void)reply;
	if (!is_controller(call))
		return STATUS_DENIED;
	const status_t status = rules_forget(&record.rules, &request->principal);
	return status == STATUS_OK ? rules_keep(&before) : status;
}

status_t policy_revoke_serve(struct service_call *call, const struct policy_revoke_req *request,
                             struct policy_revoke_rep *reply)
{
	if (!is_controller(call))
		return STATUS_DENIED;
	return sys_policy_revoke(startup_need("policy"), request->process, request->handle,
	                         &reply->removed);
}

static status_t open(void)
{
	enum state_origin origin;
	const status_t status = state_open(&state, &record.header, sizeof(record), FORMAT, &origin);

	if (status == STATUS_OK && origin != STATE_NEW)
		print("rules that were made before are in force\n");
	return status;
}

int main(int argc, char **argv)
{
	static const struct service service = {.init = open, .call = policy_dispatch};

	(void)argc;
	(void)argv;
	service_run(&service, startup_need("endpoint"));
}
