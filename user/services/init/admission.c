/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The policy service's word before a start. Everything that is not a clear yes in
 * time is a no: the service is not there, is dead, dies over the question, answers
 * late or with something else than a subset of what was asked. init cannot wait for
 * a successor, because it is init that starts it.
 */
#include "init.h"
#include <lib/string.h>
#include <os/audit_tell.h>
#include <os/time.h>

static struct child *policy_child(void)
{
	const struct manifest_entry *entry = manifest_server(&manifest, MANIFEST_POLICY_ENDPOINT);

	return entry == NULL ? NULL : service_by_name(entry->name);
}

static status_t ask(handle_t policy, const struct policy_admit_req *request, struct policy_admit_rep *reply)
{
	return ipc_request(policy, time_after(POLICY_ADMIT_NS), POLICY_ADMIT, request, sizeof(*request), reply,
	                   sizeof(*reply), sizeof(*reply), NULL);
}

/* Whatever the reason, to the client it is the same; the audit ring is told which. */
static status_t refused(const struct policy_admit_req *request, status_t why)
{
	audit_tell(AUDIT_POLICY_DENIED, 0, request->wanted, 0, why, 0);
	return STATUS_POLICY;
}

status_t admission_ask(const struct launch *plan, const struct aid *principal, uint64_t *out_mask)
{
	struct policy_admit_req request = {
		.principal = *principal,
		.wanted = plan->entry->syscall_mask,
		.role = (uint32_t)manifest_role(plan->entry),
	};
	struct policy_admit_rep reply;

	*out_mask = plan->entry->syscall_mask;
	if (!plan->entry->admitted)
		return STATUS_OK;
	struct child *policy = policy_child();
	if (policy == NULL || !service_serves(policy))
		return refused(&request, STATUS_GONE);
	string_copy(request.name, sizeof(request.name), plan->name);
	status_t status = ask(endpoint_find(MANIFEST_POLICY_ENDPOINT)->client, &request, &reply);
	if (status == STATUS_OK && (reply.allowed & ~request.wanted) == 0) {
		*out_mask = reply.allowed;
		return STATUS_OK;
	}
	if (status != STATUS_POLICY)
		service_lost(policy);
	return refused(&request, status);
}
