/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Starting programs. Server: user/services/init.
 *
 * A client names a program; what that program may do, and as which principal it
 * runs, is decided by the system manifest and not by the client. The client can
 * only add capabilities of its own. A client's badge identifies it; what it
 * started is ended when it ends. One whose badge has SPAWN_BADGE_CONTROL (the
 * shell) may open, kill and grant to what others started, and restart services.
 *
 * Whoever asks for more than the manifest gives it gets a status, and the audit
 * ring a MANIFEST_DENIED record. Nothing starts that the policy service does not
 * admit (proto/policy.h): POLICY.
 *
 * A service says that it serves by signalling the capability "ready" of its
 * startup block; service_run does it when init() has succeeded. It is a
 * notification capability whose badge is one bit, so that is all it can say.
 */
#pragma once
#include <abi/iface.h>
#include <abi/module.h>

#define SPAWN_BADGE_CONTROL  (1ull << 63)
#define SPAWN_NAME_MAX       24u /* of a service or program, with its NUL */
#define SPAWN_ENDPOINT_MAX   16u /* of an endpoint, likewise */
#define SPAWN_GRANTS_MAX     3u
#define SPAWN_GRANT_NAME_MAX 16u
#define SPAWN_WORDS_MAX      184u

/* The last argument of a service that was running before and is started again. */
#define SERVICE_RESTARTED "restarted"

/*
 * Start a program. Capability 0: a notification with the signal right, which gets `bits` when the program
 * has ended; only if bits is not 0. Then `grant_count` capabilities, which the program finds in its
 * startup block under these names; each must carry the grant right, which the program does not get.
 * `data` holds the program's name and its arguments, each terminated.
 * Reply, capability 0: the process, to inspect.
 * NOT_FOUND: no such program. QUOTA: the client has as many running as the manifest allows it.
 * POLICY: the policy service does not admit it, or is absent or too late to be asked. 30..39: the kernel
 * refuses the program (abi/status.def).
 */
struct spawn_run_req {
	uint64_t bits;
	uint32_t grant_count;
	uint32_t word_count; /* name included */
	char grant_names[SPAWN_GRANTS_MAX][SPAWN_GRANT_NAME_MAX];
	char data[SPAWN_WORDS_MAX];
};
struct spawn_run_rep {
	uint64_t process; /* id */
	uint64_t badge;   /* of the program's capabilities to services, see proto/console.h */
};

/* The names under which programs can be started, from number `index` on, as many as fit, each terminated.
 * `next` is the index to go on with; NOT_FOUND past the last. */
struct spawn_list_req {
	uint64_t index;
};
struct spawn_list_rep {
	uint64_t next;
	char data[248];
};

/* End a process this client started. NOT_FOUND: none of that id, or not this client's. */
struct spawn_kill_req {
	uint64_t process;
	uint64_t code;
};
struct spawn_kill_rep {
	uint8_t none[0];
};

/* A capability to inspect a process that init started; reply, capability 0. NOT_FOUND as above. */
struct spawn_open_req {
	uint64_t process;
};
struct spawn_open_rep {
	uint64_t service; /* 1: started from the manifest, restarted by its policy */
};

/* States of a service: S(NAME, value, text). */
#define SPAWN_SERVICE_STATES(S)                                                                            \
	S(WAITING, 1, "waiting")       /* for those it depends on */                                       \
	S(STARTING, 2, "starting")     /* runs, and has not said yet that it serves */                     \
	S(READY, 3, "ready")                                                                               \
	S(RESTARTING, 4, "restarting") /* ended; starts again after its delay */                           \
	S(ENDED, 5, "ended")           /* and its restart policy leaves it so */                           \
	S(FAILED, 6, "failed")         /* given up after its limit of failures in a row */                 \
	S(ABSENT, 7, "absent")         /* not part of this tier */
enum spawn_service_state {
#define SPAWN_STATE_ROW(NAME, value, text) SPAWN_SERVICE_##NAME = (value),
	SPAWN_SERVICE_STATES(SPAWN_STATE_ROW)
#undef SPAWN_STATE_ROW
};

/* Service number `index` of the manifest, in the order of the start. NOT_FOUND past the last. */
struct spawn_service_req {
	uint64_t index;
};
struct spawn_service_rep {
	uint64_t next; /* index to go on with */
	char name[SPAWN_NAME_MAX];
	char image[MODULE_NAME_MAX];
	char serves[SPAWN_ENDPOINT_MAX]; /* "": nothing */
	struct aid principal;
	uint64_t process;    /* id; 0: it does not run */
	uint64_t started_ns; /* when this process of it started; 0: never */
	uint32_t state;      /* enum spawn_service_state */
	uint32_t role;       /* enum module_role */
	uint32_t version;    /* of its program, as the catalog says */
	uint32_t restarts;   /* since boot */
	uint32_t failures;   /* in a row */
	uint32_t limit;      /* of failures in a row; 0: none */
	uint32_t endpoint;   /* kernel slot of the endpoint it serves, as in struct cap_info; UINT32_MAX: none */
	uint32_t restart;    /* 0 never, 1 after a failure, 2 always */
};

/* End a service and start it again, also one that ended, failed or waits for its delay; the delays start
 * over. Controllers only (DENIED). The reply comes when the old one is being ended, not when the new one is
 * ready. NOT_FOUND: no service of that name, or not of this tier. */
struct spawn_restart_req {
	char name[SPAWN_NAME_MAX];
};
struct spawn_restart_rep {
	uint64_t process; /* id of the one that is being ended; 0: none ran */
};

/* Ask the kernel to verify a program of the bundle as it would to start it. The status of the call says only
 * whether it could be asked (NOT_FOUND: no such module); the verdict is in the reply. */
struct spawn_verify_req {
	char name[MODULE_NAME_MAX]; /* of the module */
};
struct spawn_verify_rep {
	uint32_t status;  /* status_t: OK, or why the kernel refuses it */
	uint32_t listed;  /* 1: the catalog lists it, and principal, digest and listed_version are its entry's */
	uint32_t has_statement; /* 1: it carries a statement, and name, role, version, signer are what it says */
	uint32_t role;    /* enum module_role */
	uint32_t version;
	uint32_t listed_version;
	uint64_t size; /* bytes */
	char name[MODULE_NAME_MAX];
	struct aid signer;
	struct aid principal; /* of processes that run it */
	uint8_t digest[MODULE_DIGEST_SIZE];
};

/*
 * Grant a capability into a running program. Capability 0: what to grant, with the grant right. The process
 * gets `rights` of it (the grant right only if named) and `badge` if its own is 0. What it got hangs in the
 * tree under the capability that was sent, so the client takes it back with cap_revoke.
 * A client may grant to what it started; controllers to all that init started (NOT_FOUND else).
 * INVALID: no capability came. DENIED: rights that it does not carry. TABLE_FULL.
 */
struct spawn_give_req {
	uint64_t process; /* id */
	uint64_t rights;
	uint64_t badge;
};
struct spawn_give_rep {
	handle_t handle; /* in the program's table */
};

#define SPAWN_METHODS(M)                                                                                   \
	M(1, spawn_run, SPAWN_RUN, IN, ONCE)                                                               \
	M(2, spawn_list, SPAWN_LIST, OUT, REPEAT)                                                          \
	M(3, spawn_kill, SPAWN_KILL, FIXED, ONCE)                                                          \
	M(4, spawn_open, SPAWN_OPEN, FIXED, REPEAT)                                                        \
	M(5, spawn_service, SPAWN_SERVICE, FIXED, REPEAT)                                                  \
	M(6, spawn_restart, SPAWN_RESTART, FIXED, ONCE)                                                    \
	M(7, spawn_verify, SPAWN_VERIFY, FIXED, REPEAT)                                                    \
	M(8, spawn_give, SPAWN_GIVE, FIXED, ONCE)
IFACE_ENUM(spawn, SPAWN_METHODS);
IFACE_FIT(SPAWN_METHODS)
ABI_SIZE(struct spawn_run_req, 248);
ABI_AT(struct spawn_run_req, data, 64);
ABI_SIZE(struct spawn_run_rep, 16);
ABI_SIZE(struct spawn_list_rep, 256);
ABI_SIZE(struct spawn_kill_req, 16);
ABI_SIZE(struct spawn_service_rep, 160);
ABI_SIZE(struct spawn_restart_req, 24);
ABI_SIZE(struct spawn_verify_rep, 160);
ABI_SIZE(struct spawn_give_req, 24);
