/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The registers of one device, wherever they are: mapped memory or ports behind
 * a capability. A driver says which register, never how it is reached.
 *
 * Offsets are those of the device's manual; `shift` spreads them (offset << shift)
 * for devices whose registers a machine puts further apart.
 */
#pragma once
#include <os/syscall.h>

enum register_width {
	REGISTER_8 = 0,
	REGISTER_16 = 1,
	REGISTER_32 = 2,
};

struct registers {
	volatile uint8_t *memory; /* NULL: ports */
	handle_t region;
	uint64_t size; /* bytes */
	uint32_t shift;
	enum register_width width; /* of every access */
};

struct registers_place {
	handle_t region;
	enum region_kind kind;
	uint64_t base; /* where the device starts; its offset in the page counts */
	uint64_t size; /* bytes */
	uint32_t shift;
	enum register_width width;
};

/* Reach the registers; maps them if they are memory. */
CC_NODISCARD status_t registers_open(const struct registers_place *place, struct registers *out_registers);

/* One access. An offset outside the device is the driver's own mistake: panic. */
uint32_t registers_read(const struct registers *registers, uint32_t offset);
void registers_write(const struct registers *registers, uint32_t offset, uint32_t value);
