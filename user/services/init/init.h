/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The parts of init and what they share.
 *
 *   bundle.c    the bundle's modules, program images verified once
 *   endpoint.c  the endpoints services receive on; they outlive a service
 *   device.c    what the machine has, claimed for the driver it is for
 *   pci.c       telling the device manager which driver may have what
 *   launch.c    a process made from a manifest entry
 *   notice.c    what a person should see
 *   admission.c the policy service's word before it
 *   child.c     who runs; what happens when one ends
 *   service.c   the services among them: order, readiness, restart
 *   spawn.c, spawn_service.c   the protocol by which others start and watch programs
 */
#pragma once
#include <abi/info.h>
#include <lib/manifest.h>
#include <os/service.h>
#include <os/startup.h>
#include <proto/policy.h>
#include <proto/spawn.h>

extern struct manifest manifest;

/* ---- bundle.c ---- */
/* Map and check the bundle. Ends init with a sentence if it cannot. */
void bundle_open(void);
/* Contents of a module; NULL if it is not there or damaged. */
const uint8_t *bundle_bytes(const char *name, size_t *out_length);
/* Image of a program, verified by the kernel. NOT_FOUND; BAD_IMAGE .. CHANGED: why the kernel refuses it. */
CC_NODISCARD status_t bundle_image(const char *name, enum module_role role, handle_t *out_image);
/* What the bundle's catalog says of a module. False: there is no catalog, or it does not list it. */
CC_NODISCARD bool bundle_listed(const char *name, struct catalog_entry *out_entry);
/* Have the kernel verify a module as it would to start it, and look at what it says of itself.
 * NOT_FOUND: no such program. The verdict is in out->status. */
CC_NODISCARD status_t bundle_verify(const char *name, struct spawn_verify_rep *out);
/* Name of the first program at or after module `index`; NULL past the last. */
const char *bundle_program(uint64_t index, uint64_t *out_next);

/* ---- endpoint.c ---- */
/* What no client's badge has: init itself calls. */
#define INIT_BADGE POLICY_BADGE_ADMIT
struct served {
	char name[MANIFEST_NAME_MAX];
	uint32_t depth;
	handle_t endpoint;     /* HANDLE_NONE: closed */
	handle_t notification; /* bound to it */
	handle_t client;       /* init's own, to call there */
};
/* One per endpoint of the manifest, and init's own. */
void endpoints_make(void);
/* NULL: there is none, or it is closed. */
const struct served *endpoint_find(const char *name);
/* Nobody will serve it: whoever waits there, or asks later, is told GONE. Those of no service: nothing. */
void endpoint_close(const char *name);
/* Somebody will again: a new endpoint, for those who start from now on. Nothing if it is open. */
void endpoint_open(const char *name);
/* Kernel slot, for display; UINT32_MAX: none. */
uint32_t endpoint_object(const char *name);

/* ---- device.c ---- */
struct device {
	struct info_device info;
	handle_t region;
	handle_t irq;
};
/* The first device of a kind that can be claimed; the same one each time. NOT_FOUND. */
CC_NODISCARD status_t device_claim(enum manifest_device kind, const struct device **out_device);

/* ---- pci.c ---- */
/* The device manager gives one of the entry's devices to the process, which does not run yet. NOT_FOUND: there is none
 * left. TIMED_OUT, GONE, ...: it could not be asked, and may be restarted for that. */
CC_NODISCARD status_t pci_assign(const struct manifest_entry *entry, uint64_t process);
/* The process has ended: its device is stopped when this returns, or the device manager is gone with it. */
void pci_release(const struct manifest_entry *entry, uint64_t process);

/* ---- launch.c ---- */
struct launch_grant {
	char name[SPAWN_GRANT_NAME_MAX];
	handle_t handle;
	uint32_t rights;
};
struct launch {
	const struct manifest_entry *entry;
	const char *image;     /* module */
	const char *name;      /* of the process */
	handle_t kept;         /* memory of its predecessor, or HANDLE_NONE */
	uint64_t kept_address; /* 0: it has none that is to be told */
	uint64_t end_bits;     /* signalled on init's notification when it ends */
	const char *arguments; /* terminated strings */
	uint32_t argument_count;
	uint32_t argument_bytes;
	const struct launch_grant *grants;
	uint32_t grant_count;
};
struct launched {
	handle_t process;
	uint64_t id; /* also the badge by which services know it */
};
/* A running process, or nothing. POLICY: the policy service does not admit it, or could not be asked. */
CC_NODISCARD status_t launch(const struct launch *plan, struct launched *out_launched);

/* As whom the catalog says an image's processes run; anonymous if it is not listed. */
struct aid launch_principal(const char *image);

/* ---- child.c ---- */
#define CHILDREN_MAX    60u
#define CHILD_TIMER_BIT (1ull << 63)
struct child {
	const struct manifest_entry *entry; /* NULL: the slot is free */
	struct launched launched;           /* process HANDLE_NONE: none runs; see child.c */
	uint64_t parent;  /* id of who asked for it; 0: the manifest */
	handle_t watcher; /* notification to tell, or HANDLE_NONE */
	uint64_t watcher_bits;
	uint64_t started_ns; /* 0: never */
	/* Services. */
	enum spawn_service_state state;
	deadline_t due; /* when it restarts, or is too late to be ready */
	uint32_t failures; /* in a row */
	uint32_t restarts;
	bool restart_wanted; /* it is being ended to be started again */
	handle_t kept;       /* memory for its successors, made at the first start; see `keeps` */
	uint64_t kept_address;
};
/* The first manifest.order_count are the services, in that order; always. */
extern struct child children[CHILDREN_MAX];

/* Bit of init's notification that means: look after this child. */
uint64_t child_bit(const struct child *child);
/* Start a program for a client. `plan` is complete but for end_bits. Takes over `watcher` on OK. */
CC_NODISCARD status_t child_start_program(struct launch *plan, uint64_t parent, handle_t watcher,
                                          uint64_t watcher_bits, const struct child **out_child);
bool child_is_running(const struct child *child);
/* The running one of that id; NULL: none. */
const struct child *child_by_id(uint64_t id);
uint32_t child_count(uint64_t parent);
void child_kill(const struct child *child, uint64_t code);
/* Bits of init's notification: who ended or says that it serves, and whether something is due. */
void child_notify(uint64_t bits);

/* ---- service.c ---- */
void services_start(void);
/* A service says that it serves; or has ended. */
void service_ready(struct child *child);
void service_ended(struct child *child, const struct process_status *status);
/* End it, if it runs, and start it whatever its policy says. Returns the id of what is being ended, or 0. */
uint64_t service_restart(struct child *child);
/* Do what is due. */
void services_due(void);
/* NULL: none. */
struct child *service_by_name(const char *name);
/* Does it run and serve? */
bool service_serves(const struct child *child);
/* It does not answer as it should: end it, to be restarted by its policy. */
void service_lost(struct child *child);

/* ---- notice.c ---- */
/* A line for the kernel log and, if it serves, the console: what a person at the machine should see at once. */
void notice(const char *text, ...) CC_PRINTF(1, 2);

/* ---- admission.c ---- */
/* Ask the policy service, if the entry needs its word. POLICY: refused, or nobody could be asked in time. */
CC_NODISCARD status_t admission_ask(const struct launch *plan, const struct aid *principal,
                                    uint64_t *out_mask);

/* ---- spawn.c, spawn_service.c ---- */
IFACE_HANDLERS(SPAWN_METHODS)
extern const struct service spawn_service;
/* Tell the audit ring that a client asked for what the manifest does not give it. Returns the status. */
status_t spawn_denied(const struct service_call *call, const char *name, status_t status);
/* A running child this client may lay hands on; NULL: none. */
const struct child *spawn_subject(const struct service_call *call, uint64_t process);
