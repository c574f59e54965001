/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The groups of tests, and what they share. */
#pragma once
#include <os/check.h>
#include <os/ipc.h>
#include <os/panic.h>
#include <os/spawn.h>
#include <os/startup.h>
#include <os/sync.h>
#include <os/thread.h>
#include <os/time.h>

#define SOON (time_after(20u * NS_PER_MS))
#define LONG (time_after(10u * NS_PER_SECOND))

void test_messages(void);      /* message.c: call, send, deadlines, rights, within one process */
void test_notifications(void); /* notification.c */
void test_inheritance(void);   /* priority.c */
void test_capabilities(void);  /* capability.c: transfer, revocation */
void test_processes(void);     /* process.c: with a partner that answers, dies, or does not answer */
void test_channels(void);      /* channel.c */

static inline handle_t endpoint_make(uint64_t depth)
{
	handle_t endpoint;

	must(sys_endpoint_create(depth, &endpoint));
	return endpoint;
}

static inline handle_t mint(handle_t source, uint64_t rights, uint64_t badge)
{
	handle_t copy;

	must(sys_cap_mint(source, rights, badge, &copy));
	return copy;
}

/* A partner in a role, which finds `handle` under the name "test"; it tells `ended` when it ends. */
struct partner {
	struct spawn_child child;
	handle_t ended;
};
void partner_start(struct partner *partner, const char *role, handle_t handle, uint32_t rights);
/* Wait for its end, and how it ended; it is killed if it does not. */
struct process_status partner_wait(struct partner *partner);
void partner_kill(struct partner *partner);
