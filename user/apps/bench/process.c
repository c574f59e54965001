/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Processes made by hand, with the factory the manifest gives this program: what
 * is measured is the kernel, not init.
 */
#include "bench.h"
#include <abi/module.h>
#include <lib/bundle.h>
#include <lib/string.h>
#include <os/info.h>

#define SPAWN_ROUNDS  50u
#define VERIFY_ROUNDS 10u

static struct bundle_module module_get(const char *name)
{
	static struct bundle bundle;
	struct bundle_module module;
	handle_t memory = startup_need("bundle");
	struct cap_info info;
	uint64_t address;

	if (bundle.data == NULL) {
		must(info_cap(HANDLE_NONE, HANDLE_SLOT(memory), &info));
		must(sys_memory_map(memory, 0, 0, info.size / PAGE_SIZE, PROT_READ, &address));
		assert(bundle_check((const uint8_t *)address, info.size, &bundle) == BUNDLE_OK);
	}
	assert(bundle_find(&bundle, name, &module));
	return module;
}

static handle_t image_of(const struct bundle_module *module)
{
	struct image_options options = {.role = MODULE_PROGRAM};
	handle_t image;

	string_copy(options.name, sizeof(options.name), module->name);
	memcpy(arch_message_page()->bulk, &options, sizeof(options));
	must(sys_image_create(startup_need("factory"), startup_need("bundle"), module->offset, module->size,
	                      &image));
	return image;
}

handle_t image_get(const char *name)
{
	const struct bundle_module module = module_get(name);

	return image_of(&module);
}

static void create(handle_t image, uint32_t priority, struct bench_child *child)
{
	struct process_options options = {
		.name = "bench-child",
		.syscall_mask = (1ull << SYSCALL_COUNT) - 1u,
		.memory_pages = 256,
		.priority = priority,
		.threads = 2,
		.objects = 8,
		.stack_pages = 4,
		.notification = child->ended,
		.notification_bits = 1,
	};
	uint64_t id;

	memcpy(arch_message_page()->bulk, &options, sizeof(options));
	must(sys_process_create(startup_need("factory"), image, &child->process, &id));
}

handle_t child_create(handle_t image)
{
	struct bench_child child = {.ended = HANDLE_NONE};

	create(image, PRIORITY_NORMAL, &child);
	return child.process;
}

static void start(const struct bench_child *child, const char *role, const struct bench_grant *grants,
                  uint32_t grant_count)
{
	struct startup *block = (struct startup *)(void *)arch_message_page()->bulk;

	memset(block, 0, offsetof(struct startup, handles));
	block->magic = STARTUP_MAGIC;
	block->handle_count = grant_count;
	for (uint32_t i = 0; i < grant_count; i++) {
		string_copy(block->handles[i].name, sizeof(block->handles[i].name), grants[i].name);
		must(sys_process_grant(child->process, grants[i].handle, grants[i].rights, 0,
		                       &block->handles[i].handle));
	}
	block->argument_count = 2;
	memcpy(block->arguments, "bench", 6);
	block->argument_bytes = 6u + (uint32_t)string_copy(block->arguments + 6, 64, role) + 1u;
	must(sys_process_start(child->process));
}

void child_start(handle_t image, const char *role, uint32_t priority, const struct bench_grant *grants,
                 uint32_t grant_count, struct bench_child *out_child)
{
	must(sys_notification_create(&out_child->ended));
	create(image, priority, out_child);
	start(out_child, role, grants, grant_count);
}

void child_wait(struct bench_child *child)
{
	uint64_t bits;

	must(sys_notification_wait(child->ended, DEADLINE_NEVER, &bits));
	must(sys_cap_drop(child->process));
	must(sys_cap_drop(child->ended));
}

struct shared *shared_make(handle_t *out_memory)
{
	uint64_t address;

	must(sys_memory_create(1, out_memory));
	must(sys_memory_map(*out_memory, 0, 0, 1, PROT_READ | PROT_WRITE, &address));
	*(volatile uint64_t *)address = 0;
	return (struct shared *)address;
}

/* From the wish to start a verified program to the news that it ended. */
static void spawn_exit(void)
{
	handle_t image = image_get("hello");
	struct bench_child child;
	uint64_t least = UINT64_MAX, bits;

	must(sys_notification_create(&child.ended));
	for (uint32_t i = 0; i < SPAWN_ROUNDS; i++) {
		uint64_t from = arch_counter();

		create(image, PRIORITY_NORMAL, &child);
		start(&child, "x", NULL, 0);
		must(sys_notification_wait(child.ended, DEADLINE_NEVER, &bits));
		uint64_t ticks = arch_counter() - from;
		least = ticks < least ? ticks : least;
		must(sys_cap_drop(child.process));
	}
	must(sys_cap_drop(image));
	must(sys_cap_drop(child.ended));
	measure_report("spawn_exit", least, 1);
}

/* The least ticks it takes to verify a program that nobody runs: once its image is gone, it is looked at again. */
static uint64_t verify_ticks(const struct bundle_module *module)
{
	uint64_t least = UINT64_MAX;

	for (uint32_t i = 0; i < VERIFY_ROUNDS; i++) {
		uint64_t from = arch_counter();
		handle_t image = image_of(module);
		uint64_t ticks = arch_counter() - from;
		least = ticks < least ? ticks : least;
		must(sys_cap_drop(image));
	}
	return least;
}

/* Two programs of different size: what a KiB costs, and what remains without any. */
static void verify(void)
{
	const struct bundle_module small = module_get("hello"), large = module_get("chaos");
	uint64_t small_ticks = verify_ticks(&small), large_ticks = verify_ticks(&large);
	uint64_t bytes = large.size - small.size, ticks = large_ticks - small_ticks;

	assert(large.size > small.size && large_ticks > small_ticks);
	measure_report("verify_kib", ticks, bytes / 1024u);
	measure_report("verify_fixed", small_ticks - ticks * small.size / bytes, 1);
}

/* As spawn_exit, of a program that has to be verified first. */
static void spawn_verified(void)
{
	const struct bundle_module module = module_get("hello");
	struct bench_child child;
	uint64_t least = UINT64_MAX, bits;

	must(sys_notification_create(&child.ended));
	for (uint32_t i = 0; i < VERIFY_ROUNDS; i++) {
		uint64_t from = arch_counter();
		handle_t image = image_of(&module);

		create(image, PRIORITY_NORMAL, &child);
		start(&child, "x", NULL, 0);
		must(sys_notification_wait(child.ended, DEADLINE_NEVER, &bits));
		uint64_t ticks = arch_counter() - from;
		least = ticks < least ? ticks : least;
		must(sys_cap_drop(child.process));
		must(sys_cap_drop(image));
	}
	must(sys_cap_drop(child.ended));
	measure_report("spawn_verified", least, 1);
}

/* From a program's fatal fault to its parent, which is told when all is cleared away. */
static void fault_told(void)
{
	handle_t image = image_get("bench"), memory;
	struct shared *shared = shared_make(&memory);
	const struct bench_grant grant = {"shared", memory, RIGHT_READ | RIGHT_WRITE};
	struct process_status status;
	struct bench_child child;
	uint64_t least = UINT64_MAX, bits;

	for (uint32_t i = 0; i < SPAWN_ROUNDS; i++) {
		child_start(image, "fault", PRIORITY_NORMAL, &grant, 1, &child);
		must(sys_notification_wait(child.ended, DEADLINE_NEVER, &bits));
		must(info_process_status(child.process, &status));
		uint64_t ticks = arch_counter() - shared->at;
		assert(status.fault.kind == FAULT_UNMAPPED);
		least = ticks < least ? ticks : least;
		must(sys_cap_drop(child.process));
		must(sys_cap_drop(child.ended));
	}
	measure_report("fault_to_parent", least, 1);
}

void bench_spawn(void)
{
	spawn_exit();
	verify();
	spawn_verified();
	fault_told();
}
