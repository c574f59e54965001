/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The first process: the bundle's module "init", which holds every authority
 * there is and hands them on. The bundle becomes a memory object, so that init
 * starts the other programs from it in the ordinary way.
 */
#include <abi/startup.h>
#include <kernel/audit.h>
#include <kernel/boot.h>
#include <kernel/cap.h>
#include <kernel/frame.h>
#include <kernel/image.h>
#include <kernel/memory.h>
#include <kernel/process.h>
#include <kernel/random.h>
#include <kernel/sched.h>
#include <lib/string.h>

#define INIT_STACK_PAGES 32u
#define INIT_OBJECTS 100000u

static uint32_t bundle_memory_make(void)
{
	uint32_t memory;
	status_t status = memory_new_fixed((paddr_t){boot_machine.bundle.base}, boot_bundle.size / PAGE_SIZE,
	                                   &memory);
	if (status != STATUS_OK)
		boot_refuse("the bundle cannot be used as memory (status %u)", (unsigned)status);
	return memory;
}

static uint32_t init_image_make(uint32_t memory)
{
	struct bundle_module module;
	struct image_request request = {.memory = memory, .as = {.name = "init", .role = MODULE_INIT}};
	uint32_t image;
	if (!bundle_find(&boot_bundle, request.as.name, &module))
		boot_refuse("the bundle has no program named 'init'");
	request.offset = module.offset;
	request.length = module.size;
	if (image_new(NONE, &request, &image) != STATUS_OK)
		boot_refuse("the program 'init' of the bundle is refused; the line above says why");
	return image;
}

static uint32_t init_process_make(uint32_t image)
{
	uint32_t process;
	struct process_options options = {
		.name = "init",
		.syscall_mask = (1ull << SYSCALL_COUNT) - 1u,
		.memory_pages = frame_total_count(),
		.priority = PRIORITY_MAX,
		.threads = USER_PAGES_MAX,
		.objects = INIT_OBJECTS,
		.stack_pages = INIT_STACK_PAGES,
	};
	status_t status = process_new(NONE, image, &options, &process);
	if (status != STATUS_OK)
		boot_refuse("the first process cannot be made (status %u)", (unsigned)status);
	return process;
}

static void grant(struct startup *startup, uint32_t process, const char *name, enum object_type type,
                  uint32_t object, uint32_t rights)
{
	struct startup_handle *handle = &startup->handles[startup->handle_count++];
	string_copy(handle->name, sizeof handle->name, name);
	if (cap_create(process, type, object, rights, 0, &handle->handle) != STATUS_OK)
		boot_refuse("the first process has no room for the capability '%s'", name);
	audit_emit(AUDIT_CAP_GRANTED, 0, AUDIT_OBJECT(type, object), rights, process_of(process)->id, 0,
	           handle->handle);
}

static void startup_fill(struct startup *startup, uint32_t process, uint32_t bundle)
{
	static const char argument[] = "init";
	startup->magic = STARTUP_MAGIC;
	startup->argument_count = 1;
	startup->argument_bytes = sizeof argument;
	memcpy(startup->arguments, argument, sizeof argument);
	for (uint32_t i = 0; i < 4u; i++)
		startup->random[i] = random_word();
	grant(startup, process, "factory", OBJECT_FACTORY, 0, RIGHTS_ALL);
	grant(startup, process, "devices", OBJECT_DEVICES, 0, RIGHTS_ALL);
	grant(startup, process, "log", OBJECT_LOG, 0, RIGHTS_ALL);
	grant(startup, process, "monitor", OBJECT_MONITOR, 0, RIGHTS_ALL);
	grant(startup, process, "power", OBJECT_POWER, 0, RIGHTS_ALL);
	grant(startup, process, "audit", OBJECT_AUDIT, 0, RIGHTS_ALL);
	grant(startup, process, "clock", OBJECT_CLOCK, 0, RIGHTS_ALL);
	grant(startup, process, "policy", OBJECT_POLICY, 0, RIGHTS_ALL);
	grant(startup, process, "random", OBJECT_RANDOM, 0, RIGHTS_ALL);
	/* Its contents were verified and stay what they are. */
	grant(startup, process, "bundle", OBJECT_MEMORY, bundle, RIGHTS_ALL & ~(uint32_t)RIGHT_WRITE);
}

/* As sys_process_start, without a parent and but for the last step. */
static uint32_t init_claim(struct process *process)
{
	struct thread *thread = &thread_table[process->main_thread];
	__atomic_store_n(&process->state, PROCESS_RUNNING, __ATOMIC_SEQ_CST);
	if (!thread_claim(thread, thread->wait))
		boot_refuse("the first thread cannot be started");
	return process->main_thread;
}

uint32_t boot_process_make(void)
{
	uint32_t bundle = bundle_memory_make();
	uint32_t image = init_image_make(bundle);
	struct process *process = process_of(init_process_make(image));
	struct startup *startup = (struct startup *)(void *)thread_table[process->main_thread].page->bulk;
	startup_fill(startup, process_slot(process), bundle);
	object_release(OBJECT_IMAGE, image); /* the process has its own reference */
	return init_claim(process);
}
