/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Messages on a GICv3: its interrupt translation service (ITS). A function writes
 * an event number there; the bus adds who it is. Tables in memory lead from the
 * function and the event to an interrupt (LPI) and, by collection, to a CPU.
 *
 * Message n is event n of its function and LPI 8192 + n, and collection n is CPU n:
 * no number needs to be looked up. A function has a table of events while it has
 * messages. An ITS that is not as this file wants it (physical processor numbers,
 * coherent with the caches) is left alone: then there are no messages.
 *
 * Who owns a message is the kernel's business, which asks for one at a time.
 */
#include "gic_priv.h"
#include <kernel/frame.h>

#define GITS_CTLR 0x0u
#define GITS_TYPER 0x8u
#define TYPER_BY_ADDRESS (1ull << 19) /* collections name redistributors by address, not by number */
#define GITS_CBASER 0x80u
#define GITS_CWRITER 0x88u
#define GITS_CREADR 0x90u
#define CREADR_STALLED 1u
#define GITS_BASER 0x100u
#define BASER_COUNT 8u
#define BASER_DEVICES 1u
#define BASER_COLLECTIONS 4u
#define BASER_PAGE_64K (2ull << 8)
#define GITS_TRANSLATER 0x10040u
#define REGISTER_VALID (1ull << 63)
#define SHAREABLE (1ull << 10)
#define CACHEABLE(at) (7ull << (at))

#define GICR_CTLR 0x0u
#define GICR_TYPER 0x8u
#define TYPER_MESSAGES 1u
#define GICR_PROPBASER 0x70u
#define GICR_PENDBASER 0x78u
#define PENDING_ZERO (1ull << 62)

#define ID_BITS 14u /* LPIs 8192..16383 */
#define PROPERTY_ENABLED (GIC_PRIORITY | 3u)
#define EVENT_BITS 7u /* of a function; a frame holds as many entries of up to 32 bytes */
#define TABLE_FRAMES 16u /* 64 KiB */
#define QUEUE_BYTES 4096u
#define COMMAND_BYTES 32u
#define FUNCTIONS_MAX 32u
#define PATIENCE 1000000u
_Static_assert(1u << EVENT_BITS == GIC_MESSAGES, "an event for every message");

enum command {
	COMMAND_SYNC = 0x05,
	COMMAND_MAPD = 0x08,
	COMMAND_MAPC = 0x09,
	COMMAND_MAPTI = 0x0a,
	COMMAND_INV = 0x0c,
	COMMAND_DISCARD = 0x0f,
};

struct function {
	uint32_t requester;
	uint32_t messages; /* 0: the row is free */
	paddr_t table;
};

static uint64_t its;           /* [c] kernel address; 0: there is none */
static uint8_t *properties;    /* a byte per LPI */
static uint32_t requesters;    /* [c] the table of functions reaches so far */
static uint32_t collections;   /* [c] bit per CPU; [a] set by the CPU itself */
static uint32_t processor[CPU_MAX]; /* its redistributor's number */
static struct function functions[FUNCTIONS_MAX];
static struct {
	uint8_t function, cpu;
} messages[GIC_MESSAGES];

static struct lock queue_lock; /* q: LOCK_LOG rank, nothing is locked inside */
static uint64_t *queue;        /* [q] */
static uint32_t queue_at;      /* [q] bytes */

static void queue_put(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t *command = queue + queue_at / sizeof(uint64_t);
	command[0] = a;
	command[1] = b;
	command[2] = c;
	command[3] = 0;
	queue_at = (queue_at + COMMAND_BYTES) % QUEUE_BYTES;
}

/* Tell the ITS, and have what it changed reach that CPU's redistributor. A broken one costs its messages. */
static void its_tell(uint64_t a, uint64_t b, uint64_t c, uint32_t cpu)
{
	lock_acquire(&queue_lock, LOCK_LOG);
	queue_put(a, b, c);
	queue_put(COMMAND_SYNC, 0, (uint64_t)processor[cpu] << 16);
	__asm__ volatile("dsb ishst" ::: "memory");
	device_write64(its + GITS_CWRITER, queue_at);
	for (uint32_t i = 0; i < PATIENCE && device_read64(its + GITS_CREADR) != queue_at; i++)
		arch_spin_hint();
	lock_release(&queue_lock, LOCK_LOG);
}

/* ---- set-up ---- */

CC_BOOT static uint64_t run_zero(uint32_t frames)
{
	paddr_t first;
	if (!frame_alloc_run(frames, TABLE_FRAMES, 0, &first))
		return 0;
	for (uint32_t i = 0; i < frames; i++)
		arch_page_zero(arch_direct((paddr_t){first.a + (uint64_t)i * PAGE_SIZE}));
	return first.a;
}

/* Does the register take the value, shareability included? */
static bool register_takes(uint64_t address, uint64_t value)
{
	device_write64(address, value);
	return (device_read64(address) & SHAREABLE) != 0;
}

CC_BOOT static bool tables_init(void)
{
	bool have_devices = false;
	for (uint32_t i = 0; i < BASER_COUNT; i++) {
		uint64_t baser = its + GITS_BASER + 8ull * i;
		uint64_t layout = device_read64(baser);
		uint32_t type = (uint32_t)(layout >> 56) & 7u;
		if (type != BASER_DEVICES && type != BASER_COLLECTIONS)
			continue;
		uint64_t table = run_zero(TABLE_FRAMES);
		uint64_t value = REGISTER_VALID | CACHEABLE(59) | table | SHAREABLE | BASER_PAGE_64K;
		if (table == 0 || !register_takes(baser, value) || (device_read64(baser) & 3ull << 8) != BASER_PAGE_64K)
			return false;
		if (type == BASER_DEVICES) {
			requesters = TABLE_FRAMES * PAGE_SIZE / ((uint32_t)(layout >> 48 & 31u) + 1u);
			have_devices = true;
		}
	}
	return have_devices;
}

CC_BOOT static bool queue_init(void)
{
	uint64_t frame = run_zero(1);
	if (frame == 0 || !register_takes(its + GITS_CBASER, REGISTER_VALID | CACHEABLE(59) | frame | SHAREABLE))
		return false;
	queue = arch_direct((paddr_t){frame});
	device_write64(its + GITS_CWRITER, 0);
	return true;
}

CC_BOOT void gic_its_init(void)
{
	uint64_t table = machine.its.size == 0 ? 0 : run_zero(2);
	if (table == 0)
		return;
	properties = arch_direct((paddr_t){table});
	its = early_map_device(machine.its.base, machine.its.size);
	if (its == 0)
		return;
	uint64_t type = device_read64(its + GITS_TYPER);
	uint32_t event_bits = (uint32_t)(type >> 8 & 31u) + 1u;
	uint32_t entry = (uint32_t)(type >> 4 & 15u) + 1u;
	device_write32(its + GITS_CTLR, 0);
	if ((type & TYPER_BY_ADDRESS) != 0 || event_bits < EVENT_BITS || entry > PAGE_SIZE >> EVENT_BITS ||
	    !tables_init() || !queue_init())
		its = 0;
	else
		device_write32(its + GITS_CTLR, 1);
}

/* The CPU's own redistributor learns where LPIs are described, and the ITS learns of the CPU. */
void gic_its_cpu_init(uint64_t redistributor, uint32_t cpu)
{
	paddr_t pending;
	uint64_t type = device_read64(redistributor + GICR_TYPER);
	if (its == 0 || (type & TYPER_MESSAGES) == 0 || !frame_alloc_run(1, TABLE_FRAMES, 0, &pending))
		return;
	arch_page_zero(arch_direct(pending));
	uint64_t table = (uint64_t)(uintptr_t)properties - DIRECT_MAP_BASE;
	if (!register_takes(redistributor + GICR_PROPBASER, table | SHAREABLE | CACHEABLE(7) | (ID_BITS - 1u)) ||
	    !register_takes(redistributor + GICR_PENDBASER, pending.a | PENDING_ZERO | SHAREABLE | CACHEABLE(7)))
		return;
	device_write32(redistributor + GICR_CTLR, device_read32(redistributor + GICR_CTLR) | 1u);
	__asm__ volatile("dsb sy" ::: "memory");
	processor[cpu] = (uint32_t)(type >> 8) & 0xffffu;
	its_tell(COMMAND_MAPC, 0, REGISTER_VALID | (uint64_t)processor[cpu] << 16 | cpu, cpu);
	__atomic_fetch_or(&collections, 1u << cpu, __ATOMIC_RELEASE);
}

/* ---- messages ---- */

/* The row of a function that has messages, or a free one; FUNCTIONS_MAX: neither. */
static uint32_t function_row(uint32_t requester)
{
	uint32_t found = FUNCTIONS_MAX;
	for (uint32_t i = 0; i < FUNCTIONS_MAX; i++) {
		if (functions[i].messages != 0 && functions[i].requester == requester)
			return i;
		if (functions[i].messages == 0)
			found = i;
	}
	return found;
}

static status_t function_enter(struct function *function, uint32_t requester, uint32_t cpu)
{
	if (function->messages == 0) {
		if (!frame_alloc_zero(&function->table))
			return STATUS_NO_MEMORY;
		function->requester = requester;
		its_tell(COMMAND_MAPD | (uint64_t)requester << 32, EVENT_BITS - 1u,
		         REGISTER_VALID | function->table.a, cpu);
	}
	function->messages++;
	return STATUS_OK;
}

static void function_leave(struct function *function, uint32_t cpu)
{
	if (--function->messages != 0)
		return;
	its_tell(COMMAND_MAPD | (uint64_t)function->requester << 32, 0, 0, cpu);
	frame_free(function->table);
}

uint32_t arch_irq_message_count(void)
{
	return __atomic_load_n(&collections, __ATOMIC_ACQUIRE) != 0 ? GIC_MESSAGES : 0;
}

status_t arch_irq_message(uint32_t irq, uint32_t requester, uint32_t cpu, struct irq_message *out)
{
	uint32_t event = irq - arch_irq_count();
	uint32_t row = function_row(requester);
	if (requester >= requesters || (__atomic_load_n(&collections, __ATOMIC_ACQUIRE) & 1u << cpu) == 0)
		return STATUS_UNSUPPORTED;
	if (row == FUNCTIONS_MAX)
		return STATUS_TABLE_FULL;
	status_t status = function_enter(&functions[row], requester, cpu);
	if (status != STATUS_OK)
		return status;
	messages[event].function = (uint8_t)row;
	messages[event].cpu = (uint8_t)cpu;
	__atomic_store_n(&properties[event], (uint8_t)PROPERTY_ENABLED, __ATOMIC_RELEASE);
	its_tell(COMMAND_MAPTI | (uint64_t)requester << 32, event | (uint64_t)(GIC_LPI_FIRST + event) << 32, cpu, cpu);
	its_tell(COMMAND_INV | (uint64_t)requester << 32, event, 0, cpu);
	out->address = machine.its.base + GITS_TRANSLATER;
	out->data = event;
	return STATUS_OK;
}

void arch_irq_message_end(uint32_t irq)
{
	uint32_t event = irq - arch_irq_count();
	struct function *function = &functions[messages[event].function];
	its_tell(COMMAND_DISCARD | (uint64_t)function->requester << 32, event, 0, messages[event].cpu);
	__atomic_store_n(&properties[event], (uint8_t)0, __ATOMIC_RELEASE);
	function_leave(function, messages[event].cpu);
}
