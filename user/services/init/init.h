/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The parts of init and what they share.
 *
 *   bundle.c    the bundle's modules, program images verified once
 *   endpoint.c  the endpoints services receive on; they outlive a service
 *   device.c    what the machine has, claimed for the driver it is for
 *   launch.c    a process made from a manifest entry
 *   child.c     who runs; what happens when one ends
 *   spawn.c     the protocol by which others start programs
 */
#pragma once
#include <lib/manifest.h>
#include <abi/info.h>
#include <os/service.h>
#include <os/startup.h>
#include <proto/spawn.h>

extern struct manifest manifest;

/* ---- bundle.c ---- */
/* Map and check the bundle. Ends init with a sentence if it cannot. */
void bundle_open(void);
/* Contents of a module; NULL if it is not there or damaged. */
const uint8_t *bundle_bytes(const char *name, size_t *out_length);
/* Image of a program. NOT_FOUND; BAD_IMAGE: damaged, or refused by the kernel. */
CC_NODISCARD status_t bundle_image(const char *name, handle_t *out_image);
/* Name of the first program at or after module `index`; NULL past the last. */
const char *bundle_program(uint64_t index, uint64_t *out_next);

/* ---- endpoint.c ---- */
struct served {
	char name[MANIFEST_NAME_MAX];
	handle_t endpoint;
	handle_t notification; /* bound to it */
};
/* One per endpoint of the manifest, and init's own. */
void endpoints_make(void);
const struct served *endpoint_find(const char *name);

/* ---- device.c ---- */
struct device {
	struct info_device info;
	handle_t region;
	handle_t irq;
};
/* The first device of a kind that can be claimed; the same one each time. NOT_FOUND. */
CC_NODISCARD status_t device_claim(enum manifest_device kind, const struct device **out_device);

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
	uint64_t badge;        /* by which services know it */
	uint64_t end_bits;     /* signalled on init's notification when it ends */
	const char *arguments; /* terminated strings */
	uint32_t argument_count;
	uint32_t argument_bytes;
	const struct launch_grant *grants;
	uint32_t grant_count;
};
struct launched {
	handle_t process;
	uint64_t id;
};
/* A running process, or nothing. */
CC_NODISCARD status_t launch(const struct launch *plan, struct launched *out_launched);

/* ---- child.c ---- */
#define CHILDREN_MAX    60u
#define CHILD_TIMER_BIT (1ull << 63)
struct child {
	const struct manifest_entry *entry; /* NULL: the slot is free */
	struct launched launched;           /* process HANDLE_NONE: it ended, and waits; see child.c */
	uint64_t badge;
	uint64_t parent;  /* badge of who asked for it; 0: the manifest */
	handle_t watcher; /* notification to tell, or HANDLE_NONE */
	uint64_t watcher_bits;
	uint64_t started_ns;
	deadline_t restart_at; /* DEADLINE_NEVER: it is a program */
	uint32_t failures;     /* in a row */
};
/* Start a service of the manifest; if that fails it is tried again by its policy. */
void child_start_service(const struct manifest_entry *entry);
/* Start a program for a client. `plan` is complete but for badge and end_bits. Takes over `watcher` on OK. */
CC_NODISCARD status_t child_start_program(struct launch *plan, uint64_t parent, handle_t watcher,
                                          uint64_t watcher_bits, const struct child **out_child);
const struct child *child_by_id(uint64_t id);
const struct child *child_by_badge(uint64_t badge);
uint32_t child_count(uint64_t parent);
void child_kill(const struct child *child, uint64_t code);
/* Bits of init's notification: who ended, and whether it is time to restart somebody. */
void child_notify(uint64_t bits);

/* ---- spawn.c ---- */
extern const struct service spawn_service;
