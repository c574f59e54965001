/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The slower parts of a message: long payloads and capabilities. */
#include "message.h"
#include <kernel/audit.h>

#define TAG_KNOWN 0xffffffff007f01ffull /* label, capability count, length up to 511 */

const struct message_caps message_no_caps;

static status_t check_cap(struct thread *from, const struct message_cap *wanted)
{
	struct cap *cap;
	uint32_t rights = wanted->flags & MESSAGE_CAP_MOVE ? 0u : (uint32_t)RIGHT_GRANT;
	status_t status = cap_lookup(from, wanted->handle, OBJECT_NONE, rights, &cap);
	if (status != STATUS_OK)
		return status;
	if ((wanted->flags & ~MESSAGE_CAP_MOVE) != 0)
		return STATUS_INVALID;
	if ((wanted->flags & MESSAGE_CAP_MOVE) == 0 && (wanted->rights & ~(uint32_t)cap->rights) != 0)
		return cap_refuse(from, wanted->handle, OBJECT_NONE, wanted->rights);
	return STATUS_OK;
}

/* Apart, so that a message without capabilities does not pay for their registers. */
static CC_COLD status_t check_caps(struct thread *from, struct message_caps *out_caps)
{
	out_caps->holder = from->process;
	for (uint32_t i = 0; i < out_caps->count; i++) {
		out_caps->cap[i] = from->page->caps[i];
		status_t status = check_cap(from, &out_caps->cap[i]);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

void message_copy_shared(struct thread *to, const struct thread *from, uint64_t tag)
{
	message_copy(to, from, tag);
}

status_t message_check_tag(struct thread *from, uint64_t tag, struct message_caps *out_caps)
{
	uint32_t count = MESSAGE_CAPS(tag);
	if ((tag & ~TAG_KNOWN) != 0 || MESSAGE_LENGTH(tag) > MESSAGE_PAYLOAD_MAX ||
	    count > MESSAGE_CAPS_MAX)
		return STATUS_INVALID;
	out_caps->count = count;
	return CC_LIKELY(count == 0) ? STATUS_OK : check_caps(from, out_caps);
}

static void pass_cap(struct thread *to, uint32_t holder, const struct message_cap *wanted,
                     struct message_cap *out_passed)
{
	*out_passed = (struct message_cap){HANDLE_NONE, 0, OBJECT_NONE};
	/* A caller in line was checked when it called; another thread of its process may have rewritten its page
	 * since. A slot beyond the table would lie in somebody else's. */
	if (HANDLE_SLOT(wanted->handle) >= CSPACE_SLOTS) {
		audit_not_passed(holder, wanted->handle, STATUS_BAD_HANDLE);
		return;
	}
	uint32_t source = cap_index(holder, HANDLE_SLOT(wanted->handle));
	uint32_t type = cap_table[source].type;
	uint32_t rights = wanted->rights;
	handle_t handle = HANDLE_NONE;
	status_t status;
	if (wanted->flags & MESSAGE_CAP_MOVE) {
		rights = cap_table[source].rights;
		status = cap_move(to->process, source, wanted->handle, &handle);
	} else {
		status = cap_derive(to->process, source, wanted->handle, rights, 0, &handle);
	}
	if (status == STATUS_OK)
		*out_passed = (struct message_cap){handle, rights, type};
	else
		audit_not_passed(holder, wanted->handle, status);
}

void message_pass_caps(struct thread *to, const struct message_caps *caps)
{
	for (uint32_t i = 0; i < caps->count; i++)
		pass_cap(to, caps->holder, &caps->cap[i], &to->page->caps[i]);
}
