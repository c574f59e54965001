/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rules by principal, and what no role may ask for whatever the manifest says. */
#include "rules.h"
#include <abi/module.h>
#include <abi/syscall.h>
#include <lib/string.h>

#define CALL(name) (1ull << SYSCALL_##name)

/* Only init makes and starts processes; it starts before this service and is never asked about. A driver is
 * given its device, so it claims none; what speaks of the system as a whole is not its business. A service has
 * no interrupts; one of them, the device manager, claims devices for drivers, which takes the device authority.
 * Programs include those that test the kernel and must reach all of it: they are bounded by their profile and by
 * holding no capability. */
#define STARTING (CALL(image_create) | CALL(process_create) | CALL(process_start))
#define CLAIMING (CALL(irq_create) | CALL(irq_message) | CALL(region_create) | CALL(memory_contiguous))
#define SYSTEM   (CALL(system_info) | CALL(system_control) | CALL(trace_control) | CALL(log_read))

static uint64_t role_forbids(uint32_t role)
{
	switch (role) {
	case MODULE_DRIVER: return STARTING | CLAIMING | SYSTEM;
	case MODULE_SERVICE: return STARTING | CALL(irq_bind) | CALL(irq_ack) | CALL(region_port);
	case MODULE_PROGRAM: return 0;
	default: return UINT64_MAX;
	}
}

static bool is_anonymous(const struct aid *aid)
{
	static const struct aid nobody;

	return memcmp(aid, &nobody, sizeof(nobody)) == 0;
}

struct rule *rules_find(struct rules *rules, const struct aid *principal)
{
	if (is_anonymous(principal))
		return NULL;
	for (uint32_t i = 0; i < POLICY_RULES_MAX; i++) {
		if (memcmp(&rules->rules[i].principal, principal, sizeof(*principal)) == 0)
			return &rules->rules[i];
	}
	return NULL;
}

static struct rule *place_free(struct rules *rules)
{
	for (uint32_t i = 0; i < POLICY_RULES_MAX; i++) {
		if (is_anonymous(&rules->rules[i].principal))
			return &rules->rules[i];
	}
	return NULL;
}

status_t rules_narrow(struct rules *rules, const struct aid *principal, uint64_t mask)
{
	struct rule *rule = rules_find(rules, principal);

	if (is_anonymous(principal))
		return STATUS_INVALID;
	if (rule == NULL) {
		rule = place_free(rules);
		if (rule == NULL)
			return STATUS_TABLE_FULL;
		*rule = (struct rule){.principal = *principal, .mask = UINT64_MAX};
	}
	rule->mask &= mask;
	return STATUS_OK;
}

status_t rules_forget(struct rules *rules, const struct aid *principal)
{
	struct rule *rule = rules_find(rules, principal);

	if (rule == NULL)
		return STATUS_NOT_FOUND;
	memset(rule, 0, sizeof(*rule));
	return STATUS_OK;
}

const struct rule *rules_from(const struct rules *rules, uint64_t index, uint64_t *out_next)
{
	for (uint64_t i = index; i < POLICY_RULES_MAX; i++) {
		if (!is_anonymous(&rules->rules[i].principal)) {
			*out_next = i + 1u;
			return &rules->rules[i];
		}
	}
	return NULL;
}

status_t rules_admit(struct rules *rules, const struct aid *principal, uint32_t role, uint64_t wanted,
                     uint64_t *out_allowed)
{
	struct rule *rule = rules_find(rules, principal);
	uint64_t allowed = rule == NULL ? wanted : wanted & rule->mask;

	if ((wanted & role_forbids(role)) != 0)
		return STATUS_POLICY;
	/* One that cannot even end would never run to any purpose. */
	if ((allowed & CALL(process_exit)) == 0) {
		if (rule != NULL)
			rule->refused++;
		return STATUS_POLICY;
	}
	if (rule != NULL)
		rule->admitted += allowed != wanted;
	*out_allowed = allowed;
	return STATUS_OK;
}
