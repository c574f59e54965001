/* SPDX-License-Identifier: MPL-2.0 */
/* Numbers of the system calls and the records they exchange. */
#pragma once
#include <abi/cap.h>
#include <abi/message.h>
#include <abi/status.h>

enum syscall_number {
#define SYSCALL(number, name, shape, sentence) SYSCALL_##name = (number),
#include <abi/syscall.def>
#undef SYSCALL
	SYSCALL_COUNT = 63,
};

/* memory_map, memory_protect: an access set, never WRITE with EXECUTE. */
enum {
	PROT_READ = 1u,
	PROT_WRITE = 2u,
	PROT_EXECUTE = 4u,
	/* memory_map only, besides the access: enter pages at once that a touch would enter one by one, new ones
	 * included, as far as bounded work goes; the rest comes by touch. Memory, not device regions. */
	MAP_POPULATE = 8u,
};

#define MEMORY_CONTIGUOUS_MAX 4096u /* pages of memory_contiguous, at most */

enum thread_control {
	THREAD_CONTROL_PRIORITY = 0, /* 0..31; above the process's limit is QUOTA */
	THREAD_CONTROL_AFFINITY = 1, /* bit per CPU; at least one that exists */
};

/* Priorities: higher runs first. Four named bands of eight levels. */
#define PRIORITY_COUNT 32u
enum {
	PRIORITY_IDLE = 0,
	PRIORITY_LOW = 8,
	PRIORITY_NORMAL = 16,
	PRIORITY_HIGH = 24,
	PRIORITY_MAX = 31,
};

#define CPU_PERCENT_MAX 1600u /* of one CPU: sixteen of them */

enum irq_trigger {
	IRQ_TRIGGER_EDGE = 0,
	IRQ_TRIGGER_LEVEL = 1,       /* active high */
	IRQ_TRIGGER_LEVEL_LOW = 2,
};

enum region_kind {
	REGION_MEMORY = 0,
	REGION_PORT = 1,
};

/* region_port operations: access width, and direction. */
enum port_operation {
	PORT_READ8 = 0,
	PORT_READ16 = 1,
	PORT_READ32 = 2,
	PORT_WRITE8 = 4,
	PORT_WRITE16 = 5,
	PORT_WRITE32 = 6,
};

/* Who may write a channel's pages. */
enum channel_role {
	CHANNEL_PRODUCER = 0, /* creator writes, peer reads */
	CHANNEL_CONSUMER = 1, /* peer writes, creator reads */
	CHANNEL_BOTH = 2,
};
#define CHANNEL_PAGES_MAX 65536u
#define CHANNEL_CLOSING_BIT (1ull << 63)
#define CHANNEL_CLOSE_GRACE_NS 100000000ull

enum power_action {
	POWER_OFF = 0,
	POWER_REBOOT = 1,
	POWER_FAIL = 2, /* end an emulator with a failing exit code; else as off */
};

/* process_create reads this from the caller's bulk area. */
struct process_options {
	char name[24];            /* NUL-terminated, printable */
	struct aid principal;     /* all zero: the image's; any other needs RIGHT_GRANT on the factory */
	uint64_t syscall_mask;    /* bit per system call */
	uint32_t memory_pages;    /* quota of frames, page tables included */
	uint32_t priority;        /* of the first thread, and the limit for all */
	uint32_t threads;         /* quota */
	uint32_t objects;         /* quota of kernel objects created */
	uint32_t stack_pages;     /* of the first thread, 1..1024 */
	uint32_t cpu_percent;     /* of one CPU, at its priority, in each tenth of a second; 0: no limit */
	handle_t notification;    /* signalled when the process ends; 0: none */
	uint64_t notification_bits;
};
ABI_SIZE(struct process_options, 104);

enum process_state {
	PROCESS_FREE = 0,
	PROCESS_CREATED = 1,
	PROCESS_RUNNING = 2,
	PROCESS_DYING = 3,
	PROCESS_DEAD = 4,
};

enum fault_kind {
	FAULT_NONE = 0,
	FAULT_UNMAPPED = 1,      /* nothing is mapped at the address */
	FAULT_PROTECTION = 2,    /* mapped, but not for this access */
	FAULT_INSTRUCTION = 3,   /* illegal or privileged instruction */
	FAULT_ALIGNMENT = 4,
	FAULT_ARITHMETIC = 5,    /* division by zero, overflow trap */
	FAULT_BREAKPOINT = 6,
	FAULT_MEMORY = 7,        /* out of quota or of memory while touching a page */
	FAULT_CONTROL = 8,       /* control-flow protection (BTI, PAC) */
	FAULT_OTHER = 9,
	FAULT_KIND_COUNT = 10,
};
enum fault_access {
	FAULT_READ = 0,
	FAULT_WRITE = 1,
	FAULT_EXECUTE = 2,
};

#define FAULT_FRAMES_MAX 16u
struct fault_report {
	uint32_t kind;      /* enum fault_kind; FAULT_NONE: it exited */
	uint32_t access;    /* enum fault_access */
	uint64_t address;
	uint64_t pc;
	uint64_t sp;
	uint32_t thread;
	uint32_t frame_count;
	uint64_t frames[FAULT_FRAMES_MAX]; /* return addresses, innermost first */
};
ABI_SIZE(struct fault_report, 168);

/* process_status writes this to the caller's bulk area. */
struct process_status {
	uint32_t state;      /* enum process_state */
	uint32_t killed;     /* 1: by process_kill or by a fault */
	uint64_t exit_code;
	uint64_t id;
	struct fault_report fault;
};
ABI_SIZE(struct process_status, 192);
