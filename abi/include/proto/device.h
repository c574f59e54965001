/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Devices on PCI: which there are, and each one's parts for the one driver that
 * may have it. Server: user/services/devices, which nothing on a hot path goes
 * through.
 *
 * Which driver gets what stands in the manifest (`device pci`). Before a driver
 * starts, init assigns a device to its process; the driver then asks for the
 * parts by that process's own badge and can name no other device. When the
 * driver has ended, init releases it: the device is stopped before anything that
 * it could still write to belongs to somebody else.
 *
 * Memory that a device was told of stays with the device until a driver says that
 * it is not needed: the successor finds what its clients and the device shared, at
 * the same place, and what a stopped device might still write hits nobody else.
 *
 * Badges: only init's capability has DEVICE_BADGE_ADMIT. Others are process ids,
 * perhaps with DEVICE_BADGE_CONTROL, which means nothing here.
 */
#pragma once
#include <abi/iface.h>
#include <abi/syscall.h>

#define DEVICE_BADGE_ADMIT   (1ull << 62)
#define DEVICE_BADGE_CONTROL (1ull << 63)
#define DEVICE_IDS_MAX       8u
#define DEVICE_BARS_MAX      6u
#define DEVICE_MESSAGES_MAX  8u
#define DEVICE_ASSIGN_NS     2000000000ull /* init waits so long */

struct device_id {
	uint16_t vendor;
	uint16_t device;
};

/*
 * Give the first free device with one of these ids to a process that does not run yet, and stop it. Admit.
 * NOT_FOUND: this machine has none, or all are taken. BUSY: the process has one already.
 */
struct device_assign_req {
	uint64_t process; /* id */
	uint32_t count;   /* of ids, 1..DEVICE_IDS_MAX */
	struct device_id ids[DEVICE_IDS_MAX];
	uint32_t reserved;
};
struct device_assign_rep {
	uint32_t address; /* bus << 8 | device << 3 | function */
};

/* The process has ended: stop its device. Admit. NOT_FOUND: it has none. */
struct device_release_req {
	uint64_t process;
};
struct device_release_rep {
	uint8_t none[0];
};

enum device_state {
	DEVICE_FREE = 0,
	DEVICE_ASSIGNED = 1, /* to a driver that has not opened it */
	DEVICE_OPEN = 2, /* may read and write memory */
};
enum device_interrupts {
	DEVICE_INTERRUPT_NONE = 0,
	DEVICE_INTERRUPT_LINE = 1,
	DEVICE_INTERRUPT_MESSAGE = 2,
};

/* Device number `index`, for whoever wants to look. NOT_FOUND past the last. */
struct device_list_req {
	uint64_t index;
};
struct device_list_rep {
	uint64_t next;         /* index to go on with */
	uint64_t process;      /* id of its driver; 0: none */
	uint64_t memory_pages; /* that it was given, all tags together */
	uint32_t address;
	uint32_t class; /* class, subclass, interface: 24 bits */
	struct device_id id;
	struct device_id subsystem;
	uint32_t state;      /* enum device_state */
	uint32_t interrupts; /* enum device_interrupts: of what kind its driver took */
	uint32_t irq;        /* of a line its kernel number, of messages how many it took */
	uint32_t confined;   /* 1: an IOMMU keeps it to the memory it was given */
};

/* ---- for its driver; NOT_FOUND: the caller has no device ---- */

struct device_bar {
	/* Bytes; 0: there is none, or it cannot be given. The end is missing if the table of its messages is in it. */
	uint64_t size;
	uint32_t kind;   /* enum region_kind */
	uint32_t offset; /* of the registers in the first page of the region */
};

/* The device wakes up: it decodes its registers and may read and write memory from here on. */
struct device_open_req {
	uint8_t none[0];
};
struct device_open_rep {
	uint32_t address;
	struct device_id id;
	struct device_id subsystem;
	uint32_t messages; /* interrupts by message that it can have, up to DEVICE_MESSAGES_MAX; 0: it has its line */
	struct device_bar bars[DEVICE_BARS_MAX];
};

/* Up to 256 bytes of its configuration space. INVALID: beyond byte 4096. */
struct device_config_req {
	uint32_t offset;
	uint32_t bytes;
};
struct device_config_rep {
	uint8_t data[MESSAGE_PAYLOAD_MAX];
};

/* Capability 0 of the reply: the registers of a BAR. NOT_FOUND: there is none. BUSY: others lie in the same page. */
struct device_region_req {
	uint64_t bar;
};
struct device_region_rep {
	uint8_t none[0];
};

/*
 * Capability 0 of the reply: an interrupt of the device, to bind and acknowledge. By message where machine and
 * device can (then it is the message of that number, as the device numbers them), else its line, which has number 0
 * and no others. The same number gives the same again. Bind it before the device may make it.
 * INVALID: it was not opened. UNSUPPORTED: it can make none. BUSY: the line is another driver's. NOT_FOUND: no such
 * number. TABLE_FULL: the machine's messages are used up.
 */
struct device_interrupt_req {
	uint64_t number;
};
struct device_interrupt_rep {
	uint32_t kind; /* enum device_interrupts */
	uint32_t reserved;
};

/*
 * Capability 0 of the reply: memory in one run that the device reaches at `address`, to read, write and grant. The
 * same again for a tag that has some, also if a predecessor asked for it: another size is BUSY, 0 pages is any.
 * Tag 0 is the driver's own, others are the ids of those it shares with. NOT_FOUND: 0 pages, and the tag has none.
 * TABLE_FULL, NO_MEMORY, QUOTA.
 */
struct device_memory_req {
	uint64_t tag;
	uint64_t pages; /* up to MEMORY_CONTIGUOUS_MAX */
};
struct device_memory_rep {
	uint64_t address;
	uint64_t pages;
	uint64_t fresh; /* 1: it was made for this request and is zero */
};

/* Memory that the device will not be told to use again. With `ended`, only if no process of the id `tag` runs any
 * more: BUSY else. NOT_FOUND: the tag has none. */
struct device_forget_req {
	uint64_t tag;
	uint64_t ended;
};
struct device_forget_rep {
	uint8_t none[0];
};

#define DEVICE_METHODS(M)                                                                                  \
	M(1, device_assign, DEVICE_ASSIGN, FIXED, ONCE)                                                    \
	M(2, device_release, DEVICE_RELEASE, FIXED, ONCE)                                                  \
	M(3, device_list, DEVICE_LIST, FIXED, REPEAT)                                                      \
	M(4, device_open, DEVICE_OPEN_DEVICE, FIXED, ONCE)                                                 \
	M(5, device_config, DEVICE_CONFIG, OUT, ONCE)                                                      \
	M(6, device_region, DEVICE_REGION, FIXED, ONCE)                                                    \
	M(7, device_interrupt, DEVICE_INTERRUPT, FIXED, ONCE)                                              \
	M(8, device_memory, DEVICE_MEMORY, FIXED, ONCE)                                                    \
	M(9, device_forget, DEVICE_FORGET, FIXED, ONCE)
IFACE_ENUM(device, DEVICE_METHODS);
IFACE_FIT(DEVICE_METHODS)
ABI_SIZE(struct device_id, 4);
ABI_SIZE(struct device_assign_req, 48);
ABI_SIZE(struct device_list_rep, 56);
ABI_SIZE(struct device_bar, 16);
ABI_SIZE(struct device_open_rep, 112);
ABI_SIZE(struct device_memory_req, 16);
ABI_SIZE(struct device_memory_rep, 24);
