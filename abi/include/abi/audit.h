/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Audit events and the ring they lie in: one page of header, then the events,
 * mapped read-only into whoever opened it with the audit capability.
 *
 * `produced` counts events since boot; event number n lies at n modulo
 * `capacity`. A reader keeps the number it wants next: after reading `produced`
 * (acquire), the events [produced - capacity, produced) are there; what it
 * wanted and is older was lost to it, and counted. An event is whole if
 * `produced` has not passed n + capacity - AUDIT_DRAIN_MAX after it was copied.
 * Each CPU numbers its events: a hole in a CPU's sequence is a loss too.
 */
#pragma once
#include <abi/types.h>

enum audit_kind {
#define AUDIT(NAME, kind, name, class, object, a, b, c, d) AUDIT_##NAME = (kind),
#include <abi/audit.def>
#undef AUDIT
};
#define AUDIT_REPORTED_FIRST 64u /* kinds from here on are a program's word, by audit_report */

enum audit_class {
	AUDIT_CLASS_SECURITY = 0,
	AUDIT_CLASS_DATAFLOW = 1,
	AUDIT_CLASS_LIFECYCLE = 2,
	AUDIT_CLASS_CONTEXT = 3,
	AUDIT_CLASS_ANOMALY = 4,
	AUDIT_CLASS_META = 5,
};

/* CAP_REVOKED's last argument: by what it was taken back. */
enum audit_authority {
	AUDIT_BY_RIGHT = 0,   /* the right to revoke */
	AUDIT_BY_GRANTOR = 1, /* the right to grant: whoever granted takes back */
	AUDIT_BY_POLICY = 2,  /* the policy authority */
};

#define AUDIT_SAMPLED 1u /* flag: one of many; the argument says of how many */
#define AUDIT_SAMPLE_EVERY 128u
#define AUDIT_DRAIN_MAX 64u /* events written before `produced` says so */

struct audit_event {
	uint8_t kind; /* enum audit_kind */
	uint8_t flags;
	uint16_t cpu;
	uint32_t sequence; /* of this CPU */
	uint64_t time_ns;
	uint64_t subject; /* id of the process that did it; 0: the kernel */
	uint64_t object;
	uint64_t arguments[4];
};
ABI_SIZE(struct audit_event, 64);

#define AUDIT_MAGIC 0x5449445541435241ull /* "ARCAUDIT" */
struct audit_header {
	uint64_t magic;
	uint32_t version;  /* 1 */
	uint32_t capacity; /* events, a power of two */
	uint64_t produced;
	uint64_t dropped; /* staged nowhere for want of room; DROPPED events say on which CPU */
	uint64_t reserved[4];
};
ABI_SIZE(struct audit_header, 64);
#define AUDIT_EVENTS_OFFSET PAGE_SIZE
