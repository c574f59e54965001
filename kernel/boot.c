/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What boot knows and records: the machine, the stages, the bundle. */
#include <kernel/boot.h>
#include <kernel/panic.h>
#include <kernel/timer.h>
#include <lib/string.h>

struct boot_info boot_machine;
struct bundle boot_bundle;
uint64_t boot_kernel_bytes;

static struct {
	const char *name;
	uint64_t at_ticks; /* the clock may not run yet */
} stage_table[BOOT_STAGES_MAX];
static uint32_t stage_count;

uint64_t boot_ram_bytes(void)
{
	uint64_t bytes = 0;
	for (uint32_t i = 0; i < boot_machine.memory_count; i++)
		bytes += boot_machine.memory[i].size;
	return bytes;
}

CC_BOOT void boot_stage(const char *name)
{
	uint64_t now = arch_time_now();
	uint64_t before = stage_count > 0 ? stage_table[stage_count - 1u].at_ticks : boot_machine.entry_ticks;
	if (stage_count < BOOT_STAGES_MAX) {
		stage_table[stage_count].name = name;
		stage_table[stage_count].at_ticks = now;
		stage_count++;
	}
	uint64_t took_us = clock_from_ticks(now - before) / 1000u;
	if (took_us != 0)
		log_print("boot: %s ready after %llu us\n", name, (unsigned long long)took_us);
	else
		log_print("boot: %s ready\n", name);
}

bool boot_stage_get(uint32_t index, struct info_stage *out_stage)
{
	if (index >= stage_count)
		return false;
	memset(out_stage, 0, sizeof *out_stage);
	string_copy(out_stage->name, sizeof out_stage->name, stage_table[index].name);
	out_stage->at_ns = clock_from_ticks(stage_table[index].at_ticks);
	return true;
}

CC_BOOT bool boot_word(const char *word)
{
	size_t length = strlen(word);
	const char *at = boot_machine.command_line;
	while (*at != '\0') {
		size_t here = 0;
		while (at[here] != '\0' && at[here] != ' ')
			here++;
		if (here == length && strncmp(at, word, length) == 0)
			return true;
		at += here;
		while (*at == ' ')
			at++;
	}
	return false;
}

CC_BOOT void boot_machine_check(void)
{
	uint64_t ram = boot_ram_bytes();
	if (ram < BOOT_RAM_MIN)
		boot_refuse("this machine has %llu MiB of memory, and %llu MiB is the least that will do",
		            (unsigned long long)(ram >> 20), (unsigned long long)(BOOT_RAM_MIN >> 20));
	if (boot_machine.bundle.size == 0)
		boot_refuse("the loader gave no bundle of programs (initial ramdisk)");
	if (boot_machine.bundle.base % PAGE_SIZE != 0)
		boot_refuse("the loader put the bundle at %llx, which is not the start of a page",
		            (unsigned long long)boot_machine.bundle.base);
	if (boot_machine.cpu_count == 0 || boot_machine.cpu_count > CPU_MAX)
		boot_refuse("the machine description names no CPU");
}

CC_BOOT static void modules_check(void)
{
	struct bundle_module module;
	for (uint32_t i = 0; bundle_module(&boot_bundle, i, &module); i++) {
		if (!bundle_module_check(&boot_bundle, &module))
			boot_refuse("the bundle is damaged: the checksum of '%s' does not match", module.name);
	}
}

CC_BOOT void boot_bundle_check(void)
{
	struct bundle_module module;
	const uint8_t *data = arch_direct((paddr_t){boot_machine.bundle.base});
	enum bundle_verdict verdict = bundle_check(data, boot_machine.bundle.size, &boot_bundle);
	if (verdict != BUNDLE_OK)
		boot_refuse("%s", bundle_verdict_text(verdict));
	modules_check();
	if (bundle_find(&boot_bundle, "kernel.symbols", &module))
		panic_symbols(boot_bundle.data + module.offset, module.size);
	log_print("bundle: %u modules, %llu KiB\n", boot_bundle.count,
	          (unsigned long long)(boot_bundle.size >> 10));
}
