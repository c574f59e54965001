/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Records of system_info: one per call, written to the caller's bulk area.
 * `index` starts at 0; the call returns the index to ask for next.
 */
#pragma once
#include <abi/types.h>

enum info_kind {
	INFO_SYSTEM = 0,  /* struct info_system, index 0 only */
	INFO_CPU = 1,     /* struct info_cpu */
	INFO_MEMORY = 2,  /* struct info_memory, index 0 only */
	INFO_PROCESS = 3, /* struct info_process, live ones in slot order */
	INFO_THREAD = 4,  /* struct info_thread, live ones in slot order */
	INFO_IRQ = 5,     /* struct info_irq, lines and messages that were claimed or fired */
	INFO_TABLE = 6,   /* struct info_table, one per kernel table */
	INFO_STAGE = 7,   /* struct info_stage, boot stages in order */
	INFO_TRACE = 8,   /* struct trace_event, oldest first; index is a sequence number */
	INFO_DEVICE = 9,  /* struct info_device, what the machine description names */
	INFO_CAPABILITY = 10, /* struct info_capability, every live one; index: kernel slot */
};

struct info_system {
	char version[32];
	char architecture[16];
	char machine[64];
	char tier[16];
	char command_line[256];
	uint64_t now_ns;
	uint32_t cpu_count;
	uint32_t reserved;
	uint64_t kernel_text_bytes;
	uint64_t trace_mask;
};
ABI_SIZE(struct info_system, 416);

struct info_cpu {
	uint32_t cpu;
	uint32_t online;
	uint64_t hardware_id;
	uint64_t busy_ns;
	uint64_t idle_ns;
	uint64_t timer_interrupts;
	uint64_t device_interrupts;
	uint64_t ipis;
	uint64_t shootdowns;
	uint64_t syscalls;
	uint64_t switches;
	uint64_t steals;
	uint64_t ipc;       /* messages delivered: the audit count of the fast path */
	uint64_t faults;
	uint32_t ready;     /* threads waiting to run */
	uint32_t current;   /* thread slot, or UINT32_MAX when idle */
	char features[96];  /* protections in force, space separated */
};
ABI_SIZE(struct info_cpu, 208);

struct info_memory {
	uint64_t total_bytes;     /* RAM */
	uint64_t free_bytes;
	uint64_t kernel_bytes;    /* image, tables, stacks, page tables of the kernel */
	uint64_t bundle_bytes;
	uint64_t user_bytes;      /* frames of memory objects and user page tables */
	uint64_t free_frames;
};
ABI_SIZE(struct info_memory, 48);

struct info_process {
	uint64_t id;
	uint32_t slot;
	uint32_t state;
	char name[24];
	struct aid principal;
	uint64_t parent;
	uint64_t cpu_time_ns;
	uint32_t threads;
	uint32_t handles;
	uint32_t pages;
	uint32_t pages_limit;
	uint32_t priority;
	uint32_t objects;
	uint64_t syscall_mask;
	uint32_t role;             /* enum module_role of its image */
	uint32_t version;          /* of its image */
	uint8_t digest[32];        /* of its image, as the catalog lists it */
	uint32_t cpu_percent;      /* of one CPU, that it may use; 0: no limit */
	uint32_t cpu_spent;        /* periods in which it wanted more */
};
ABI_SIZE(struct info_process, 168);

struct info_thread {
	uint32_t slot;
	uint32_t process_slot;
	uint64_t process_id;
	uint32_t state;     /* enum thread_state, see thread_state.def */
	uint32_t priority;
	uint32_t base_priority;
	uint32_t cpu;
	uint64_t affinity;
	uint64_t cpu_time_ns;
	uint64_t pc;
};
ABI_SIZE(struct info_thread, 56);

struct info_irq {
	uint32_t number;    /* of the line; messages are numbered after all lines, and named "message" */
	uint32_t claimed;
	uint64_t count;
	uint64_t owner;     /* id of the process that bound it, else of the one that claimed it */
	char name[16];
};
ABI_SIZE(struct info_irq, 40);

struct info_table {
	char name[24];
	uint32_t capacity;
	uint32_t used;
	uint32_t entry_bytes;
	uint32_t reserved;
	char clamp[24];     /* which clamp of the tier policy bound the capacity */
};
ABI_SIZE(struct info_table, 64);

struct info_stage {
	char name[24];
	uint64_t at_ns;     /* since power-on of the clock, at the end of the stage */
};
ABI_SIZE(struct info_stage, 32);

/* Something the machine description names that a driver may want. */
enum device_kind {
	DEVICE_UART_16550 = 1, /* also NS16550 with byte registers */
	DEVICE_UART_PL011 = 2,
	DEVICE_PCI_ECAM = 3,
	DEVICE_PCI_WINDOW_MEMORY = 4,
	DEVICE_PCI_WINDOW_MEMORY64 = 5,
	DEVICE_PCI_WINDOW_PORT = 6,
	DEVICE_RTC = 7,
	DEVICE_IOMMU_VTD = 8,     /* one unit; there may be more, each for some devices */
	DEVICE_IOMMU_SMMU_V3 = 9, /* a PCI function's stream is its requester id */
};
struct info_device {
	uint32_t kind;         /* enum device_kind */
	uint32_t region_kind;  /* enum region_kind */
	uint64_t base;
	uint64_t size;
	uint32_t irq;          /* UINT32_MAX: none */
	uint32_t irq_trigger;  /* enum irq_trigger */
	uint32_t register_shift; /* 16550: log2 of the distance of registers */
	uint32_t clock_hz;     /* 0: leave the divisor alone */
	char compatible[24];
};
ABI_SIZE(struct info_device, 64);

/* Parents tell who can grant, and through whom; objects tell who can reach what. */
struct info_capability {
	uint64_t process;   /* id of the holder */
	handle_t handle;    /* there */
	uint64_t badge;
	uint64_t granter;   /* id of the process that holds the parent; 0: the kernel gave it */
	uint32_t slot;      /* of this capability */
	uint32_t parent;    /* slot of the capability it was derived from; UINT32_MAX: none */
	uint32_t type;      /* enum object_type */
	uint32_t object;    /* kernel slot of the object */
	uint32_t rights;
	uint32_t depth;
};
ABI_SIZE(struct info_capability, 56);

/* 32 bytes; what each event's arguments mean is in trace.def. */
struct trace_event {
	uint64_t time_ns;
	uint16_t kind;
	uint16_t cpu;
	uint32_t thread;
	uint64_t a;
	uint64_t b;
};
ABI_SIZE(struct trace_event, 32);
