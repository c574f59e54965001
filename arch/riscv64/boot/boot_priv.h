/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The parts of reading the device tree. Each fills its fields of `machine` and of the boot info. */
#pragma once
#include "../kernel/machine.h"
#include <lib/fdt.h>

/* Called by head.S on the boot hart, early page tables in use. */
CC_NORETURN void boot_main(uint64_t hart, uint64_t tree, uint64_t image, uint64_t ticks);

void boot_memory(const struct fdt *fdt, struct boot_info *info);
void boot_reserve(struct boot_info *info, uint64_t base, uint64_t size);
void boot_cpus(const struct fdt *fdt, struct boot_info *info, uint64_t boot_hart);
void boot_console(const struct fdt *fdt);
void boot_devices(const struct fdt *fdt, struct boot_info *info);
void boot_controller(const struct fdt *fdt);
/* The CPU whose supervisor-external interrupt this is, at its hart's own controller node; else CPU_NONE. */
uint32_t boot_external_cpu(const struct fdt *fdt, const struct fdt_interrupt *interrupt);
