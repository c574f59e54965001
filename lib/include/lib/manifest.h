/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The system manifest: who runs, as which principal, with what. Text, one
 * statement a line, "#" to the end of the line is a comment:
 *
 *   profile NAME                  a set of system calls
 *     allow CALL... | all
 *     deny CALL...
 *   service NAME                  started at boot, when those it depends on serve
 *   program NAME | *              started on demand; * stands for every other program
 *     image MODULE                of the bundle; NAME if not given
 *     version N                   of the program; the kernel refuses older ones. 1 if not given
 *     principal LABEL
 *     arguments WORD...           services only: a program's come from who starts it
 *     serves ENDPOINT [DEPTH]     receives there; DEPTH messages of send may wait
 *     uses ENDPOINT [control] [grant]
 *                                 may call there; control: also what only controllers may; grant: may pass
 *                                 the capability on. A service starts after the one that serves it
 *     depends NAME...             starts after these services too
 *     handle NAME RIGHT...        a capability init itself was given
 *     device uart | rtc           its registers, and its interrupt if the driver waits for one
 *     device pci VVVV:DDDD...     the first free PCI device with one of these ids (vendor and device, hexadecimal),
 *                                 from the device manager, which the driver must use
 *     calls PROFILE               the system calls it may make; defined above
 *     priority N, memory PAGES, stack PAGES, threads N, objects N, children N
 *                                 normal, 256, 16, 4, 32 and 0 if not given
 *     cpu PERCENT                 of one CPU that it may use; unlimited if not given
 *     ready SECONDS               services only: how long it may take to serve; 20 if not given
 *     keeps PAGES                 services only: memory that outlives it, for its successor; for one with the handle
 *                                 "devices" in one run, whose address the argument kept=NUMBER says
 *     restart always [LIMIT] | failure [LIMIT] | never
 *                                 LIMIT failures in a row, and it is given up; 0, or none: never
 *     tier embedded | standard | full
 *                                 the least tier that starts it; embedded if not given
 *
 * The service that serves the endpoint "policy" and all it depends on start under
 * the manifest's word alone; every other start needs that service's admission, so
 * every other service starts after it.
 *
 * Everything is bounded and every mistake is refused with its line: a manifest
 * that is wrong starts nothing.
 */
#pragma once
#include <abi/module.h>
#include <abi/syscall.h>
#include <lib/string.h>

#define MANIFEST_ENTRIES_MAX   40u
#define MANIFEST_PROFILES_MAX  24u
#define MANIFEST_USES_MAX      8u
#define MANIFEST_HANDLES_MAX   8u
#define MANIFEST_DEPENDS_MAX   8u
#define MANIFEST_PCI_IDS_MAX   8u
#define MANIFEST_ENTRY_NAME_MAX 24u
#define MANIFEST_NAME_MAX      16u
#define MANIFEST_LABEL_MAX     30u /* the digest's bytes of an AID */
#define MANIFEST_ARGUMENTS_MAX 96u
#define MANIFEST_READY_MAX     86400u
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
	MANIFEST_DEVICE_RTC,
	MANIFEST_DEVICE_PCI,
	MANIFEST_DEVICE_COUNT,
};

enum manifest_tier {
	MANIFEST_TIER_EMBEDDED,
	MANIFEST_TIER_STANDARD,
	MANIFEST_TIER_FULL,
};

struct manifest_use {
	char name[MANIFEST_NAME_MAX];
	bool control;
	bool grant;
	uint32_t line;
};

struct manifest_depend {
	char name[MANIFEST_ENTRY_NAME_MAX];
	uint32_t line;
};

struct manifest_pci_id {
	uint16_t vendor;
	uint16_t device;
};

struct manifest_handle {
	char name[MANIFEST_NAME_MAX];
	uint32_t rights; /* RIGHT_* */
};

struct manifest_entry {
	char name[MANIFEST_ENTRY_NAME_MAX];
	uint32_t line; /* where it begins */
	char image[MODULE_NAME_MAX];
	uint32_t version;
	char principal[MANIFEST_LABEL_MAX + 1u];
	char serves[MANIFEST_NAME_MAX]; /* "": nothing */
	uint32_t serves_depth;
	char arguments[MANIFEST_ARGUMENTS_MAX]; /* terminated strings */
	uint32_t argument_count;
	uint32_t argument_bytes;
	struct manifest_use uses[MANIFEST_USES_MAX];
	uint32_t use_count;
	struct manifest_depend depends[MANIFEST_DEPENDS_MAX];
	uint32_t depend_count;
	struct manifest_handle handles[MANIFEST_HANDLES_MAX];
	uint32_t handle_count;
	enum manifest_device device;
	struct manifest_pci_id pci_ids[MANIFEST_PCI_IDS_MAX];
	uint32_t pci_id_count; /* 0 unless it is MANIFEST_DEVICE_PCI */
	uint64_t syscall_mask; /* 0: no profile yet */
	uint32_t profile;      /* index; meaningless without a mask */
	uint32_t priority;
	uint32_t cpu_percent; /* 0: no limit */
	uint32_t memory_pages;
	uint32_t stack_pages;
	uint32_t threads;
	uint32_t objects;
	uint32_t children; /* programs it may have running */
	uint32_t keeps_pages;
	uint32_t ready_seconds; /* 0: not given */
	enum manifest_restart restart;
	uint32_t restart_limit; /* failures in a row; 0: none */
	enum manifest_tier tier;
	bool service;
	/* What follows from the whole. */
	bool admitted;  /* by the policy service, before each start; false: there is none, or it needs this one */
	uint64_t needs; /* services that serve before this one starts, a bit per entry */
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

/*@ // Counts are within their arrays.
    predicate entry_ok{L}(struct manifest_entry *entry) =
      entry->argument_bytes <= MANIFEST_ARGUMENTS_MAX && entry->argument_count <= entry->argument_bytes &&
      entry->use_count <= MANIFEST_USES_MAX && entry->depend_count <= MANIFEST_DEPENDS_MAX &&
      entry->handle_count <= MANIFEST_HANDLES_MAX && entry->pci_id_count <= MANIFEST_PCI_IDS_MAX;
    predicate manifest_whole{L}(struct manifest *manifest) =
      manifest->entry_count <= MANIFEST_ENTRIES_MAX && manifest->profile_count <= MANIFEST_PROFILES_MAX &&
      \forall integer i; 0 <= i < manifest->entry_count ==> entry_ok(&manifest->entries[i]);
    predicate manifest_ok{L}(struct manifest *manifest) = \valid_read(manifest) && manifest_whole(manifest);

    // Services, each at most once.
    predicate order_ok{L}(struct manifest *manifest) = manifest->order_count <= manifest->entry_count &&
      (\forall integer j; 0 <= j < manifest->order_count ==> manifest->order[j] < manifest->entry_count) &&
      (\forall integer j, k; 0 <= j < k < manifest->order_count ==> manifest->order[j] != manifest->order[k]);

    predicate entry_of{L}(struct manifest *manifest, struct manifest_entry *entry) =
      \exists integer i; 0 <= i < manifest->entry_count && entry == &manifest->entries[i]; */

struct manifest_error {
	uint32_t line; /* the statement, or the first line of the entry it is about; 0: the manifest as a whole */
	const char *reason;
};

/* Endpoint that init itself serves, the one where it asks before it starts something, and the one where it says which
 * PCI device a driver may have. */
#define MANIFEST_INIT_ENDPOINT    "spawn"
#define MANIFEST_POLICY_ENDPOINT  "policy"
#define MANIFEST_DEVICES_ENDPOINT "devices"

/* False: refused, and *out_error says why; *out then means nothing. */
/*@ requires \valid_read(text + (0 .. length - 1)) && length < 0x80000000 && \valid(out) && \valid(out_error);
    requires \separated(out, out_error, text + (0 .. length - 1));
    assigns *out, *out_error;
    ensures \result ==> manifest_ok(out) && order_ok(out); */
CC_NODISCARD bool manifest_parse(const char *text, size_t length, struct manifest *out,
                                 struct manifest_error *out_error);
/* The service or program of that name; else NULL. "*" finds the stand-in. */
/*@ requires manifest_ok(manifest);
    requires comparable(name, MANIFEST_ENTRY_NAME_MAX);
    assigns \nothing;
    ensures \result == NULL || entry_of(manifest, \result); */
const struct manifest_entry *manifest_find(const struct manifest *manifest, const char *name);
/* The service that serves an endpoint; NULL: none. */
/*@ requires manifest_ok(manifest);
    requires comparable(endpoint, MANIFEST_NAME_MAX);
    assigns \nothing;
    ensures \result == NULL || entry_of(manifest, \result); */
const struct manifest_entry *manifest_server(const struct manifest *manifest, const char *endpoint);
/* Does an entry use an endpoint? */
/*@ requires \valid_read(entry) && entry_ok(entry);
    requires comparable(endpoint, MANIFEST_NAME_MAX);
    assigns \nothing; */
bool manifest_uses(const struct manifest_entry *entry, const char *endpoint);
/* Is it given this capability of init's? */
/*@ requires \valid_read(entry) && entry_ok(entry);
    requires comparable(name, MANIFEST_NAME_MAX);
    assigns \nothing; */
CC_NODISCARD bool manifest_holds(const struct manifest_entry *entry, const char *name);
/* What an entry's program must be signed as: a service with a device is a driver. */
/*@ requires \valid_read(entry);
    assigns \nothing; */
enum module_role manifest_role(const struct manifest_entry *entry);
/* "embedded", "standard", "full"; false: none of them. */
/*@ requires text_ok(word) && \valid(out_tier);
    assigns *out_tier; */
CC_NODISCARD bool manifest_tier_named(const char *word, enum manifest_tier *out_tier);
