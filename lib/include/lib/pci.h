/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * PCI and PCI Express: which functions there are, and where their registers
 * lie. PCI Local Bus 3.0 (configuration space, BARs), PCI-to-PCI Bridge 1.2,
 * PCI Express Base 3.0 (ECAM).
 *
 * Pure but for the configuration space, which the owner reaches for us 32 bits at
 * a time. A device can answer anything: every walk is bounded, every size made a
 * power of two, and no answer leads outside of the tables here.
 *
 * One segment. Not here: what a function is for, IOMMUs.
 */
#pragma once
#include <abi/cc.h>
#include <stdbool.h>
#include <stdint.h>

#define PCI_FUNCTIONS_MAX 64u
#define PCI_DEPTH_MAX     8u /* buses below each other */
#define PCI_WINDOWS_MAX   8u
#define PCI_BARS_MAX      6u
#define PCI_NONE          UINT32_MAX

/* An address is bus << 8 | device << 3 | function: also the requester id of what the function sends. */
#define PCI_ADDRESS(bus, device, function) ((uint32_t)(bus) << 8 | (uint32_t)(device) << 3 | (uint32_t)(function))
#define PCI_BUS(address)      ((address) >> 8 & 0xffu)
#define PCI_DEVICE(address)   ((address) >> 3 & 0x1fu)
#define PCI_FUNCTION(address) ((address) & 0x07u)

/* The command register. */
enum pci_command {
	PCI_COMMAND_PORT = 1u << 0,
	PCI_COMMAND_MEMORY = 1u << 1,
	PCI_COMMAND_MASTER = 1u << 2,        /* may read and write memory */
	PCI_COMMAND_NO_INTERRUPT = 1u << 10, /* its pin stays quiet */
};
enum pci_capability_id {
	PCI_CAPABILITY_MSI = 0x05,
	PCI_CAPABILITY_VENDOR = 0x09,
	PCI_CAPABILITY_EXPRESS = 0x10,
	PCI_CAPABILITY_MSIX = 0x11,
};

/* Configuration space. `offset` is a multiple of 4 below 4096. What is not there reads all ones. */
struct pci_access {
	uint32_t (*read)(void *space, uint32_t address, uint32_t offset);
	void (*write)(void *space, uint32_t address, uint32_t offset, uint32_t value);
};

enum pci_space {
	PCI_PORT,
	PCI_MEMORY,   /* below 4 GiB */
	PCI_MEMORY64, /* anywhere; what tolerates prefetching */
};

/* Where the machine forwards accesses to the devices; numbered as the devices number it. */
struct pci_window {
	enum pci_space space;
	uint64_t base;
	uint64_t size;
};

struct pci_bar {
	uint64_t base; /* 0: it has no place */
	uint64_t size; /* a power of two; 0: there is no such BAR */
	enum pci_space space;
	bool wide; /* takes two registers */
};

struct pci_function {
	uint32_t address;
	uint32_t parent; /* index of the bridge it is behind; PCI_NONE: on the first bus */
	uint32_t end;    /* those behind it are the ones after it, up to this index */
	uint32_t class;  /* class, subclass, interface: 24 bits */
	uint16_t vendor;
	uint16_t device;
	uint16_t subsystem_vendor;
	uint16_t subsystem;
	uint8_t pin; /* 1..4: A..D; 0: none */
	bool bridge;
	bool far; /* every bridge above forwards PCI_MEMORY64 */
	struct pci_bar bars[PCI_BARS_MAX];
};

struct pci {
	const struct pci_access *access;
	void *space;
	uint32_t bus_first;
	uint32_t bus_last;
	struct pci_window windows[PCI_WINDOWS_MAX];
	uint32_t window_count;
	/* Filled by pci_scan: depth first, a bridge before those behind it. */
	struct pci_function functions[PCI_FUNCTIONS_MAX];
	uint32_t count;
	bool left_out; /* there was more than the tables hold */
};

/*
 * Find all functions; number the buses, depth first, from bus_first on; measure the BARs. `access`, `space`,
 * buses and windows are the caller's. No function may be in use: while it is measured, a function answers nowhere.
 * Afterwards nothing may use memory (PCI_COMMAND_MASTER) but bridges, for those behind them.
 */
void pci_scan(struct pci *pci);
/*
 * Give every BAR a place in the windows and tell the bridges, if firmware has given none a place; if it has, all
 * stays as it is. No two functions share a page of memory. Returns how many BARs have no place.
 */
uint32_t pci_assign(struct pci *pci);

/* Change bits of the command register: those of `set` and `clear`, which have none in common. */
void pci_command(const struct pci *pci, const struct pci_function *function, uint32_t set, uint32_t clear);
/* Stop a function: it answers nowhere, uses no memory, makes no interrupt. True: it is being reset as well, which takes
 * up to 100 ms; then pci_reset_end. False: it cannot be reset, and what it had begun may still reach memory. */
CC_NODISCARD bool pci_reset_begin(const struct pci *pci, const struct pci_function *function);
/* Its BARs are where they were; it still answers nowhere. */
void pci_reset_end(const struct pci *pci, const struct pci_function *function);
/* Offset of the first capability of that kind after the one at `after` (0: of all); 0: none. */
uint32_t pci_capability(const struct pci *pci, const struct pci_function *function, uint32_t id, uint32_t after);
/* Which pin (1..4) of which device on the first bus a function's own pin arrives at. False: it has none. */
CC_NODISCARD bool pci_pin(const struct pci *pci, const struct pci_function *function, uint32_t *out_device,
                          uint32_t *out_pin);
/* Does another function's BAR lie in a page of this memory BAR? Then it cannot be given to a driver. */
CC_NODISCARD bool pci_bar_shared(const struct pci *pci, const struct pci_function *function, uint32_t bar);

/*
 * Interrupts by message (PCI Local Bus 3.0, 6.8): the function writes `data` to `address`. With MSI-X they stand in a
 * table of entries in one of its memory BARs, with MSI in its configuration space. Whoever writes them says what the
 * function can write where, so no driver gets at the page of a table.
 */
#define PCI_MESSAGE_ENTRY_WORDS 4u /* of 32 bits; an entry of the table */
struct pci_message {
	uint32_t capability; /* its offset */
	uint32_t count;      /* messages that the function can make; 0: none that can be used */
	bool table;          /* MSI-X; else MSI, of which one message is used */
	uint64_t base;       /* of the table in memory */
	uint64_t size;
};
/* How a function with placed BARs makes messages: MSI-X if it can, else MSI. */
void pci_message_find(const struct pci *pci, const struct pci_function *function, struct pci_message *out);
/* It makes no messages, whatever it was told before. */
void pci_message_off(const struct pci *pci, const struct pci_function *function);
/* It makes those that are set from now on, and uses its pin no more. `table` is the mapped table, which the function
 * must decode (NULL with MSI). */
void pci_message_on(const struct pci *pci, const struct pci_function *function, const struct pci_message *message,
                    volatile uint32_t *table);
/* What message `index` is, below count. False: MSI has no room for this address or data, and nothing changed. */
CC_NODISCARD bool pci_message_set(const struct pci *pci, const struct pci_function *function,
                                  const struct pci_message *message, volatile uint32_t *table, uint32_t index,
                                  uint64_t address, uint32_t data);
/* Bytes of a placed memory BAR, from its start, in no page of which the table lies: what of it may be given away. */
CC_NODISCARD uint64_t pci_message_spares(const struct pci_message *message, const struct pci_bar *bar);
