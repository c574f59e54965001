/* SPDX-License-Identifier: MPL-2.0 */
/* Client of proto/spawn.h: starting programs through init. */
#pragma once
#include <os/ipc.h>
#include <proto/spawn.h>

#define SPAWN_NS 10000000000ull /* init waits for nobody longer than a second: one that has not answered by then will not */

IFACE_CLIENT(SPAWN_METHODS)

/* A capability for the program, with these rights; ours must have them and the grant right. */
struct spawn_grant {
	const char *name;
	handle_t handle;
	uint32_t rights;
};

struct spawn_child {
	handle_t process; /* to inspect; the owner drops it */
	uint64_t id;
	uint64_t badge;
};

/* Start `words[0]` with the words as its arguments. When it has ended, `bits` are signalled on
 * `notification` (bits 0: none). INVALID: more words than a message holds. TIMED_OUT: init does not answer. */
CC_NODISCARD status_t spawn_program(handle_t server, const char *const *words, uint32_t word_count,
                                    const struct spawn_grant *grants, uint32_t grant_count,
                                    handle_t notification, uint64_t bits, struct spawn_child *out_child);

/* Start a program and wait until it has ended; how is in *out_status. TIMED_OUT: it has not, and was ended. */
CC_NODISCARD status_t spawn_and_wait(handle_t server, const char *const *words, uint32_t word_count,
                                     const struct spawn_grant *grants, uint32_t grant_count,
                                     deadline_t deadline, struct process_status *out_status);
/* End a program this one started. */
void spawn_end(handle_t server, const struct spawn_child *child);
