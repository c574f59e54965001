/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The policy service, asked anything by anybody. */
#include "service.h"
#include <proto/policy.h>

const struct service_method service_methods[] = {POLICY_METHODS(SERVICE_METHOD)};
const size_t service_method_count = sizeof service_methods / sizeof service_methods[0];

void service_begin(void)
{
}

uint64_t service_step(uint8_t what)
{
	(void)what;
	return 0;
}

uint64_t service_late(void)
{
	return 0;
}

void service_end(void)
{
}

bool service_given(const char *name)
{
	return strcmp(name, "monitor") == 0 || strcmp(name, "policy") == 0;
}

/* Both succeed for processes that are there. */
bool service_call_more(uint64_t number, uint64_t regs[8])
{
	if (number != SYSCALL_policy_restrict && number != SYSCALL_policy_revoke)
		return false;
	regs[0] = regs[1] <= PEOPLE ? STATUS_OK : STATUS_NOT_FOUND;
	regs[1] = 1;
	return true;
}
