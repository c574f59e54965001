/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Starting programs. Server: user/services/init.
 *
 * A client names a program; what that program may do, and as which principal it
 * runs, is decided by the system manifest and not by the client. The client can
 * only add capabilities of its own. A client's badge identifies it; what it
 * started is ended when it ends. One whose badge has SPAWN_BADGE_CONTROL (the
 * shell) may open and kill what others started.
 */
#pragma once
#include <abi/iface.h>

#define SPAWN_BADGE_CONTROL  (1ull << 63)
#define SPAWN_GRANTS_MAX     3u
#define SPAWN_GRANT_NAME_MAX 16u
#define SPAWN_WORDS_MAX      184u

/* The last argument of a service that was running before and is started again. */
#define SERVICE_RESTARTED "restarted"

/*
 * Start a program. Capability 0: a notification with the signal right, which gets `bits` when the program
 * has ended; only if bits is not 0. Then `grant_count` capabilities, which the program finds in its
 * startup block under these names; each must carry the grant right, which the program does not get. `data` holds the program's name and its arguments, each terminated.
 * Reply, capability 0: the process, to inspect.
 * NOT_FOUND: no such program. QUOTA: the client has as many running as the manifest allows it.
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

/* The names of the bundle's programs from number `index` on, as many as fit, each terminated.
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

#define SPAWN_METHODS(M)                                                                                   \
	M(1, spawn_run, SPAWN_RUN, IN)                                                                     \
	M(2, spawn_list, SPAWN_LIST, OUT)                                                                  \
	M(3, spawn_kill, SPAWN_KILL, FIXED)                                                                \
	M(4, spawn_open, SPAWN_OPEN, FIXED)
IFACE_ENUM(spawn, SPAWN_METHODS);
IFACE_FIT(SPAWN_METHODS)
ABI_SIZE(struct spawn_run_req, 248);
ABI_AT(struct spawn_run_req, data, 64);
ABI_SIZE(struct spawn_run_rep, 16);
ABI_SIZE(struct spawn_list_rep, 256);
ABI_SIZE(struct spawn_kill_req, 16);
