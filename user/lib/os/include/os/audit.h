/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Reading the audit ring (abi/audit.h): for those who hold the audit capability.
 *
 * The ring overwrites its oldest events and waits for nobody. A reader that comes
 * too late is told how many events it will never see, and goes on with the oldest
 * there is; an event that was overwritten while it was copied is never handed out.
 * Every CPU numbers its events, so what was staged nowhere shows too, as a hole.
 *
 * The reader keeps no lock and writes nothing but itself; one thread per reader.
 */
#pragma once
#include <abi/audit.h>
#include <os/syscall.h>

#define AUDIT_CPUS_MAX 64u

struct audit_reader {
	const struct audit_header *header;
	const struct audit_event *events;
	uint32_t capacity; /* events, a power of two */
	uint32_t window;   /* of them surely not being overwritten: what one drain may write is left out */
	uint64_t next;     /* number of the event to read next */
	uint64_t overtaken;                /* events this reader came too late for, all in all */
	uint64_t missing;                  /* events no reader can see: holes in a CPU's numbers */
	uint64_t known;                    /* bit per CPU whose next number is known */
	uint32_t sequence[AUDIT_CPUS_MAX]; /* that number */
	handle_t notification;             /* HANDLE_NONE: this reader does not wait */
};

/* ---- over a mapped ring ---- */
/* False: no ring of a kind known here, or larger than the `bytes` that are mapped. Starts at the oldest event. */
CC_NODISCARD bool audit_reader_begin(struct audit_reader *reader, const void *ring, size_t bytes);
/* Go on with the last `count` events (fewer if there are fewer); forgets nothing that was counted. */
void audit_reader_last(struct audit_reader *reader, uint64_t count);

enum audit_read {
	AUDIT_READ_NONE,      /* nothing new; *out untouched */
	AUDIT_READ_EVENT,     /* *out is the next event */
	AUDIT_READ_OVERTAKEN, /* this reader was too slow */
	AUDIT_READ_MISSING,   /* a CPU had no room to stage events, or its numbers do not follow */
};
struct audit_news {
	struct audit_event event; /* EVENT; MISSING: the first one after the hole, delivered again next */
	uint64_t lost;            /* OVERTAKEN, MISSING: so many events */
};
CC_NODISCARD enum audit_read audit_reader_next(struct audit_reader *reader, struct audit_news *out);

/* ---- from the capability ---- */
/* Map the ring; needs the read right on the audit object. Any status of audit_open and memory_map;
 * UNSUPPORTED: the ring is of a kind unknown here. */
CC_NODISCARD status_t audit_reader_open(struct audit_reader *reader, handle_t audit);
/* Be told of new events by a notification of the reader's own: audit_reader_wait works from now on. */
CC_NODISCARD status_t audit_reader_follow(struct audit_reader *reader, handle_t audit);
/* Sleep until there are events that were not read, or the deadline. TIMED_OUT. */
CC_NODISCARD status_t audit_reader_wait(struct audit_reader *reader, deadline_t deadline);

/* ---- which events somebody wants to see ---- */
#define AUDIT_FILTER_PROCESSES_MAX 8u
/* All zero lets everything through. */
struct audit_filter {
	uint64_t kinds[4]; /* a bit each; none: all kinds */
	uint64_t processes[AUDIT_FILTER_PROCESSES_MAX];
	uint32_t process_count; /* 0: whoever did it */
};
/* Add what a word names: a kind ("cap.denied"), the kinds of a family ("cap"), those of a class ("security"),
 * or a process by its id. Kinds add up, and so do processes; an event must match one of each.
 * False: it names nothing, or there are AUDIT_FILTER_PROCESSES_MAX processes already. */
CC_NODISCARD bool audit_filter_add(struct audit_filter *filter, const char *word);
CC_NODISCARD bool audit_filter_add_process(struct audit_filter *filter, uint64_t id);
/* A process matches as the one that did it and as one it was done to. */
CC_NODISCARD bool audit_filter_match(const struct audit_filter *filter, const struct audit_event *event);

/* ---- as text, from abi/audit.def ---- */
#define AUDIT_ARGUMENTS 4u
struct audit_kind_info {
	const char *name; /* "cap.denied" */
	enum audit_class class;
	const char *object;                     /* what it is: "endpoint slot"; "-": always zero */
	const char *arguments[AUDIT_ARGUMENTS]; /* likewise */
};
/* NULL: a kind this program does not know. */
const struct audit_kind_info *audit_kind_info(uint32_t kind);
/* "security"; "?" for a number that is none. */
const char *audit_class_name(uint32_t class);
/* "cap_mint"; "call 61" in `text` for a number that is none. */
const char *audit_call_name(uint64_t number, char text[24]);

/* How a reader that knows more calls things. Each returns `text`, terminated, or another string; `size` is
 * at least 24. NULL members: numbers. */
struct audit_names {
	const char *(*process)(uint64_t id, char *text, size_t size);
	const char *(*object)(uint32_t type, uint32_t slot, char *text, size_t size);
};
/* What happened, without who and when: "endpoint 4, in send, lacks send, handle 7, DENIED". Cut where
 * `size` ends; returns the whole length. */
size_t audit_text(char *text, size_t size, const struct audit_event *event, const struct audit_names *names);

/* Where an event stands in a list: time since boot, kind, who, what. Four arguments: seconds and microseconds
 * (unsigned long long), and two strings follow the kind's name. */
#define AUDIT_LINE_FORMAT "[%4llu.%06llu] %-16s %-17s %s\n"
