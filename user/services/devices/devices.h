/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The parts of the device manager.
 *
 *   machine.c   what the machine description says of PCI, and the scan
 *   ecam.c      configuration space, mapped as far as it is looked at
 *   row.c       the devices, and whose each is
 *   part.c      what a driver is given: registers, interrupts
 *   message.c   interrupts by message
 *   memory.c    memory that devices reach
 *   confine.c   the IOMMU that keeps them to it, if there is one
 *   bypass.c    devices that it does not see
 *   main.c      the protocol
 */
#pragma once
#include <lib/iommu.h>
#include <lib/pci.h>
#include <os/service.h>
#include <os/startup.h>
#include <proto/device.h>

#define ROWS_MAX    PCI_FUNCTIONS_MAX
#define MEMORY_MAX  192u /* pieces, of all devices */
#define KEPT_PAGES  64u /* `keeps` in the manifest */
#define ROW_MEMORY_MAX 24u /* pieces of one device */

/* ---- machine.c ---- */
extern struct pci pci;
/* Find the devices. NOT_FOUND: this machine has no PCI. */
CC_NODISCARD status_t machine_scan(void);
/* The kernel's number of the interrupt line of a function, and how it triggers; false: it has none, or nobody says
 * where it leads. */
CC_NODISCARD bool machine_line(const struct pci_function *function, uint32_t *out_irq, uint32_t *out_trigger);

/* ---- ecam.c ---- */
/* The space that begins at `base`, of `buses` buses. */
void ecam_open(uint64_t base, uint32_t buses);
extern const struct pci_access ecam_access;

/* ---- row.c ---- */
struct row {
	const struct pci_function *function;
	uint64_t process; /* id of its driver; 0: none */
	enum device_state state;
	handle_t regions[PCI_BARS_MAX]; /* HANDLE_NONE: not claimed yet; kept from driver to driver */
	enum device_interrupts interrupts; /* of the kind that irqs are */
	uint32_t messages;                 /* how many its driver may have; 0: it has its line */
	handle_t irqs[DEVICE_MESSAGES_MAX]; /* HANDLE_NONE: its driver did not take it; a line is the first */
	uint32_t line;                      /* the kernel's number of its line, if it has that */
	struct pci_message message;
	volatile uint32_t *message_table; /* NULL: not mapped yet; kept */
	struct iommu_space space;         /* what it reaches, if there is an IOMMU */
	bool attached;                    /* it is in that space now */
	bool confined;                    /* ... and cannot go past it */
};
/* Every function that is no bridge. None makes messages any more. */
void rows_make(void);
/* NULL past the last. */
const struct row *row_at(uint64_t index);
/* The one a process drives; NULL: none. */
struct row *row_of(uint64_t process);
/* NOT_FOUND: no free device has one of these ids. */
CC_NODISCARD status_t row_assign(uint64_t process, const struct device_id *ids, uint32_t count, struct row **out_row);
void row_release(struct row *row);
/* It decodes its registers and may use memory. Statuses of confine_open; then it is as before. */
CC_NODISCARD status_t row_open(struct row *row);

/* ---- part.c ---- */
struct device_bar part_bar(const struct row *row, uint32_t bar);
CC_NODISCARD status_t part_region(struct row *row, uint64_t bar, handle_t *out_region);
CC_NODISCARD status_t part_interrupt(struct row *row, uint64_t number, handle_t *out_irq);
uint32_t part_interrupts(const struct row *row);
void part_interrupts_end(struct row *row);

/* ---- message.c ---- */
/* Messages from here on, if machine and function can: sets row->messages. */
void message_begin(struct row *row);
/* Message `number` below row->messages, which is to be claimed. */
CC_NODISCARD status_t message_claim(struct row *row, uint32_t number);

/* ---- memory.c ---- */
struct memory_piece {
	const struct row *row; /* NULL: the slot is free */
	uint64_t tag;
	uint64_t pages;
	uint64_t address;
	handle_t memory;
};
/* As device_memory says; the same piece for the same tag. */
CC_NODISCARD status_t memory_give(struct row *row, uint64_t tag, uint64_t pages,
                                  const struct memory_piece **out_piece, bool *out_fresh);
CC_NODISCARD status_t memory_forget(struct row *row, uint64_t tag, bool ended);
uint64_t memory_pages(const struct row *row);

/* ---- confine.c ---- */
/* The machine description names an IOMMU. */
void confine_found(enum iommu_kind kind, uint64_t base, uint64_t size);
/* Take it, when all functions are known and none may use memory: none does without confine_open from here on. Says in
 * the log what came of it. `kept_at`: where devices find the memory "kept". */
void confine_begin(uint64_t kept_at);
/* The device reaches its pieces of memory and nothing else, if there is an IOMMU. NO_MEMORY, UNSUPPORTED, IO_ERROR:
 * it reaches nothing. */
CC_NODISCARD status_t confine_open(struct row *row);
/* It reaches nothing. */
void confine_close(struct row *row);
/* It may reach these pages, or not any more. As iommu_map and iommu_unmap; OK where there is no IOMMU. */
CC_NODISCARD status_t confine_allow(struct row *row, uint64_t address, uint64_t pages);
CC_NODISCARD status_t confine_withdraw(struct row *row, uint64_t address, uint64_t pages);
/* It may write messages to this address. */
CC_NODISCARD status_t confine_message(struct row *row, uint64_t address);

/* ---- bypass.c ---- */
/* Do the accesses of this device, which decodes its registers, go past an IOMMU? */
CC_NODISCARD bool bypasses(struct row *row);
