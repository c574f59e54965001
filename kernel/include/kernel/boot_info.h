/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What every port tells the kernel about the machine, whatever its firmware said it in. */
#pragma once
#include <abi/info.h>
#include <abi/types.h>

#define CPU_MAX 16u
#define BOOT_RANGES_MAX 64u
#define BOOT_DEVICES_MAX 24u

/* A physical address; never mixed with a virtual one. */
typedef struct {
	uint64_t a;
} paddr_t;

struct boot_range {
	uint64_t base; /* bytes */
	uint64_t size;
};

struct boot_info {
	char loader[16];        /* "pvh", "multiboot2", "linux-dtb", "opensbi", "host" */
	char machine[64];       /* as the description names it */
	char command_line[256];

	/* Usable RAM: sorted, page-aligned, not overlapping, nothing subtracted. */
	struct boot_range memory[BOOT_RANGES_MAX];
	uint32_t memory_count;
	/* Parts of it that are taken: firmware, description, kernel image, bundle. Any order. */
	struct boot_range reserved[BOOT_RANGES_MAX];
	uint32_t reserved_count;

	struct boot_range bundle; /* size 0: none was given */

	uint64_t cpu_hardware_ids[CPU_MAX]; /* APIC id, MPIDR affinity, hart id; [0] is the boot CPU */
	uint32_t cpu_count;

	struct info_device devices[BOOT_DEVICES_MAX];
	uint32_t device_count;

	uint64_t entry_ticks; /* counter when the kernel was entered */
};
