/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A service is four functions; the loop is the library's.
 *
 * `call` gets every message, `notify` the bits of the bound notification,
 * `fault` is told what clients or the kernel did wrong. A call that cannot be
 * answered yet is deferred: the handler keeps the reply handle, and answers
 * later from any other handler with service_answer.
 *
 * What can wait until nobody asks is left to `idle`: work done once for many calls
 * (a commit that answers all of them), or tidying up in slices.
 */
#pragma once
#include <os/ipc.h>

struct service_call {
	uint64_t badge;    /* of the capability the client used */
	handle_t reply;    /* HANDLE_NONE: sent, nobody waits */
	struct aid sender; /* principal, stamped by the kernel */
	uint32_t method;
	uint32_t request_bytes;
	uint32_t reply_bytes;          /* of the reply; the handler adds those of a blob */
	bool deferred;                 /* set by service_defer */
	const struct message *message; /* for ipc_take */
};

struct service {
	/* Before the first message; anything but OK ends the program. After it those who depend on the
	 * service are told that it serves (proto/spawn.h). */
	status_t (*init)(void);
	/* A message, its payload copied and NAME_dispatch's to check (abi/iface.h). The result is the label
	 * of the reply; on OK reply_bytes of *reply go with it, and what was attached with ipc_attach. */
	status_t (*call)(struct service_call *call, const void *request, void *reply);
	/* May be NULL if no notification is bound. */
	void (*notify)(uint64_t bits);
	/* A call was refused (INVALID size, UNSUPPORTED method, ...). May be NULL. */
	void (*fault)(const struct service_call *call, status_t status);
	/* Called when there is work (service_has_work) and no message waits: do some of it. True: there is more,
	 * and it is called again unless a message came; false: sleep until the next. NULL: there never is. */
	bool (*idle)(void);
};

/* Never returns. One loop per program. */
CC_NORETURN void service_run(const struct service *service, handle_t endpoint);

/* From a handler or init: `idle` has something to do. Until it says that all is done, each wait for a message is
 * preceded by a look whether one is there. */
void service_has_work(void);

/* Keep the caller waiting; answer it later by this handle. */
handle_t service_defer(struct service_call *call);
/* Answer a deferred call, once. Anything but OK: it no longer waits, and got nothing. */
CC_NODISCARD status_t service_answer(handle_t reply, status_t status, const void *data, size_t bytes);
