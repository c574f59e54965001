/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The policy service: which system calls a principal may make. Server:
 * user/services/policy.
 *
 * The manifest gives a program a mask of system calls; this service can only
 * narrow it. It keeps rules by principal: what a rule takes away is missing from
 * every program of that principal that starts later, and is taken from those
 * that run. init asks before each start (policy_admit) and starts nothing without
 * an answer within POLICY_ADMIT_NS: absent, dead, late all mean no.
 *
 * Badges: only init's capability has POLICY_BADGE_ADMIT; those who may change
 * rules have POLICY_BADGE_CONTROL (manifest: `uses policy control`). Anybody with
 * a capability may read the rules. DENIED: the badge lacks the bit.
 */
#pragma once
#include <abi/iface.h>

#define POLICY_BADGE_CONTROL (1ull << 63)
#define POLICY_BADGE_ADMIT   (1ull << 62)
#define POLICY_RULES_MAX     32u
#define POLICY_ADMIT_NS      1000000000ull

/* May a program start, and with which mask? `allowed` is a subset of `wanted`.
 * POLICY: not at all. ONCE: init restarts this service, so it cannot wait for a successor. */
struct policy_admit_req {
	struct aid principal;
	char name[24];
	uint64_t wanted; /* bit per system call */
	uint32_t role;   /* enum module_role */
	uint32_t reserved;
};
struct policy_admit_rep {
	uint64_t allowed;
};

/*
 * Narrow a running program, and every later one of its principal: from now on at most `mask`.
 * `after` is the mask the process has now. Control.
 * NOT_FOUND: no such process. TABLE_FULL: POLICY_RULES_MAX principals have rules, and nothing was changed.
 * INVALID: the process is anonymous, so no rule could name it.
 */
struct policy_restrict_req {
	uint64_t process; /* id */
	uint64_t mask;
};
struct policy_restrict_rep {
	uint64_t before;
	uint64_t after;
};

/* Rule number `index`. NOT_FOUND past the last. */
struct policy_show_req {
	uint64_t index;
};
struct policy_show_rep {
	uint64_t next; /* index to go on with */
	struct aid principal;
	uint64_t mask;     /* at most these */
	uint64_t admitted; /* starts this rule narrowed, since the service started */
	uint64_t refused;  /* starts it refused, likewise */
};

/* Forget the rule of a principal: programs that start later have the manifest's mask again; those that run
 * keep what they have. Control. NOT_FOUND: there is no such rule. */
struct policy_forget_req {
	struct aid principal;
};
struct policy_forget_rep {
	uint8_t none[0];
};

/* Take a capability, and everything derived from it, away from a process. Control.
 * NOT_FOUND: no such process. BAD_HANDLE: it holds no such capability. */
struct policy_revoke_req {
	uint64_t process; /* id */
	handle_t handle;  /* in its table */
};
struct policy_revoke_rep {
	uint64_t removed;
};

#define POLICY_METHODS(M)                                                                                  \
	M(1, policy_admit, POLICY_ADMIT, FIXED, ONCE)                                                      \
	M(2, policy_restrict, POLICY_RESTRICT, FIXED, REPEAT)                                              \
	M(3, policy_show, POLICY_SHOW, FIXED, REPEAT)                                                      \
	M(4, policy_forget, POLICY_FORGET, FIXED, ONCE)                                                    \
	M(5, policy_revoke, POLICY_REVOKE, FIXED, ONCE)
IFACE_ENUM(policy, POLICY_METHODS);
IFACE_FIT(POLICY_METHODS)
ABI_SIZE(struct policy_admit_req, 72);
ABI_SIZE(struct policy_restrict_req, 16);
ABI_SIZE(struct policy_show_rep, 64);
ABI_SIZE(struct policy_revoke_req, 16);
