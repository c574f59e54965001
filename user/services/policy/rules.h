/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What each principal may not do. Pure: a table of masks, each of which only gets
 * narrower until it is forgotten. A principal without a rule is not narrowed.
 */
#pragma once
#include <proto/policy.h>

struct rule {
	struct aid principal; /* all zero: the place is free */
	uint64_t mask;
	uint64_t admitted;
	uint64_t refused;
};

struct rules {
	struct rule rules[POLICY_RULES_MAX];
};

/* The rule of a principal; NULL: none, as for an anonymous one always. */
struct rule *rules_find(struct rules *rules, const struct aid *principal);
/* From now on at most `mask`. TABLE_FULL, INVALID (anonymous): nothing was changed. */
CC_NODISCARD status_t rules_narrow(struct rules *rules, const struct aid *principal, uint64_t mask);
/* NOT_FOUND: there was none. */
CC_NODISCARD status_t rules_forget(struct rules *rules, const struct aid *principal);
/* The first rule in place `index` or after; NULL: none. *out_next is the index to go on with. */
const struct rule *rules_from(const struct rules *rules, uint64_t index, uint64_t *out_next);

/* May a program of that principal and role start, wanting these calls? On OK *out_allowed is what it gets, a
 * subset of them. POLICY: its role may not ask for one of them, or a rule leaves it nothing it could end with. */
CC_NODISCARD status_t rules_admit(struct rules *rules, const struct aid *principal, uint32_t role,
                                  uint64_t wanted, uint64_t *out_allowed);
