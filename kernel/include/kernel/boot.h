/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Boot: what is known about the machine, the stages and how long each took, and
 * the parts of kernel_main. Everything here runs once, on the boot CPU.
 */
#pragma once
#include <kernel/cpu.h>
#include <kernel/tier.h>
#include <lib/bundle.h>

#define KERNEL_NAME "CambiOS"
#define KERNEL_VERSION "0.1.0"
#define BOOT_RAM_MIN (48ull << 20)
#define BOOT_STAGES_MAX 16u

/* What the port found, copied: [c] once kernel_main has begun. */
extern struct boot_info boot_machine;
extern struct tier_sizes boot_tables; /* [c] after boot_tables_make */
extern struct bundle boot_bundle;     /* [c] after boot_bundle_check, in the direct map */
extern uint64_t boot_kernel_bytes;    /* [c] RAM that is neither free, nor bundle, nor a program's */

/* A stack per CPU, above a page that is never backed. */
struct boot_stack {
	uint8_t guard[PAGE_SIZE];
	uint8_t bytes[KERNEL_STACK_SIZE];
};
extern struct boot_stack boot_stack_table[CPU_MAX] CC_FAR;

/* RAM in the machine, bytes. */
uint64_t boot_ram_bytes(void);
/* A stage of boot ends here: logged, and kept for INFO_STAGE. */
void boot_stage(const char *name);
CC_NODISCARD bool boot_stage_get(uint32_t index, struct info_stage *out_stage);
/* Is `word` one of the words of the command line? */
bool boot_word(const char *word);

/* Refuse a machine that cannot run us. */
void boot_machine_check(void);
/* Refuse a missing or damaged bundle; find the kernel's symbols in it. */
void boot_bundle_check(void);
/* Size and back all tables and the stacks of all CPUs. */
void boot_tables_make(void);
/* The first process: image, principal, capabilities, startup block. Gives its thread, claimed and ready for
 * thread_start: from then on any CPU may run it. */
uint32_t boot_process_make(void);
