/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The system manifest: who runs, as which principal, with what. Text, one
 * statement a line, "#" to the end of the line is a comment:
 *
 *   profile NAME                  a set of system calls
 *     allow CALL... | all
 *     deny CALL...
 *   service NAME                  started at boot
 *   program NAME | *              started on demand; * stands for every other program
 *     image MODULE                of the bundle; NAME if not given
 *     principal LABEL
 *     arguments WORD...           services only: a program's come from who starts it
 *     serves ENDPOINT [DEPTH]     receives there; DEPTH messages of send may wait
 *     uses ENDPOINT [control]     may call there
 *     handle NAME RIGHT...        a capability init itself was given
 *     device uart                 its registers and interrupt
 *     calls PROFILE               the system calls it may make; defined above
 *     priority N, memory PAGES, stack PAGES, threads N, objects N, children N
 *     restart always | failure | never
 *
 * Everything is bounded and every mistake is refused with its line: a manifest
 * that is wrong starts nothing.
 */
#pragma once
#include <abi/syscall.h>
#include <stddef.h>

#define MANIFEST_ENTRIES_MAX   40u
#define MANIFEST_PROFILES_MAX  8u
#define MANIFEST_USES_MAX      6u
#define MANIFEST_HANDLES_MAX   8u
#define MANIFEST_NAME_MAX      16u
#define MANIFEST_LABEL_MAX     30u /* the digest's bytes of an AID */
#define MANIFEST_ARGUMENTS_MAX 96u
#define MANIFEST_LINE_MAX      256u
#define MANIFEST_WORDS_MAX     56u

enum manifest_restart {
	RESTART_NEVER,
	RESTART_FAILURE,
	RESTART_ALWAYS,
};

enum manifest_device {
	MANIFEST_DEVICE_NONE,
	MANIFEST_DEVICE_UART,
};

struct manifest_use {
	char name[MANIFEST_NAME_MAX];
	bool control;
};

struct manifest_handle {
	char name[MANIFEST_NAME_MAX];
	uint32_t rights; /* RIGHT_* */
};

struct manifest_entry {
	char name[24];
	char image[32];
	char principal[MANIFEST_LABEL_MAX + 1u];
	char serves[MANIFEST_NAME_MAX]; /* "": nothing */
	uint32_t serves_depth;
	char arguments[MANIFEST_ARGUMENTS_MAX]; /* terminated strings */
	uint32_t argument_count;
	uint32_t argument_bytes;
	struct manifest_use uses[MANIFEST_USES_MAX];
	uint32_t use_count;
	struct manifest_handle handles[MANIFEST_HANDLES_MAX];
	uint32_t handle_count;
	enum manifest_device device;
	uint64_t syscall_mask; /* 0: no profile yet */
	uint32_t priority;
	uint32_t memory_pages;
	uint32_t stack_pages;
	uint32_t threads;
	uint32_t objects;
	uint32_t children; /* programs it may have running */
	enum manifest_restart restart;
	bool service;
};

struct manifest_profile {
	char name[MANIFEST_NAME_MAX];
	uint64_t mask;
};

struct manifest {
	struct manifest_entry entries[MANIFEST_ENTRIES_MAX];
	uint32_t entry_count;
	struct manifest_profile profiles[MANIFEST_PROFILES_MAX];
	uint32_t profile_count;
	uint32_t order[MANIFEST_ENTRIES_MAX]; /* services, each after those it uses */
	uint32_t order_count;
};

struct manifest_error {
	uint32_t line; /* 0: the manifest as a whole */
	const char *reason;
};

/* Endpoint that init itself serves. */
#define MANIFEST_INIT_ENDPOINT "spawn"

/* False: refused, and *out_error says why; *out then means nothing. */
CC_NODISCARD bool manifest_parse(const char *text, size_t length, struct manifest *out,
                                 struct manifest_error *out_error);
/* The service or program of that name; else NULL. "*" finds the stand-in. */
const struct manifest_entry *manifest_find(const struct manifest *manifest, const char *name);
