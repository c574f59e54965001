/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * From a manifest entry to a running process: options, capabilities by name,
 * startup block, start. Either all of it happens or the process is taken back.
 */
#include "init.h"
#include <lib/format.h>
#include <lib/string.h>
#include <os/local.h>
#include <os/panic.h>
#include <os/random.h>

static struct startup block; /* of the process being made */
static bool block_full;

/* While the kernel's generator is not seeded: the next of a sequence that starts at init's own random words
 * (splitmix64: a program that knows its words could work out another's). */
static uint64_t random_next(void)
{
	static uint64_t state;

	if (state == 0)
		state = startup_random(0) ^ startup_random(3);
	state += 0x9e3779b97f4a7c15u;
	uint64_t mixed = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9u;
	mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
	return mixed ^ (mixed >> 31) ^ startup_random(2);
}

struct aid launch_principal(const char *image)
{
	struct catalog_entry listed;

	return bundle_listed(image, &listed) ? listed.principal : (struct aid){{0}};
}

static status_t create(const struct launch *plan, struct launched *out_launched)
{
	const struct manifest_entry *entry = plan->entry;
	struct aid principal = launch_principal(plan->image); /* which the kernel gives it: `options` name none */
	struct process_options options = {
		.memory_pages = entry->memory_pages,
		.priority = entry->priority,
		.cpu_percent = entry->cpu_percent,
		.threads = entry->threads,
		.objects = entry->objects,
		.stack_pages = entry->stack_pages,
		.notification = endpoint_find(MANIFEST_INIT_ENDPOINT)->notification,
		.notification_bits = plan->end_bits,
	};
	handle_t image;
	status_t status = bundle_image(plan->image, manifest_role(entry), &image);

	if (status == STATUS_OK)
		status = admission_ask(plan, &principal, &options.syscall_mask);
	if (status != STATUS_OK)
		return status;
	string_copy(options.name, sizeof(options.name), plan->name);
	memcpy(arch_message_page()->bulk, &options, sizeof(options));
	return sys_process_create(startup_need("factory"), image, &out_launched->process,
	                          &out_launched->id);
}

/* Derive one capability into the new process, and note its name in the startup block. */
static status_t grant(handle_t process, const char *name, handle_t source, uint32_t rights, uint64_t badge)
{
	handle_t granted;

	if (block.handle_count == STARTUP_HANDLES_MAX)
		return STATUS_TABLE_FULL;
	status_t status = sys_process_grant(process, source, rights, badge, &granted);
	if (status != STATUS_OK)
		return status;
	struct startup_handle *handle = &block.handles[block.handle_count++];
	string_copy(handle->name, sizeof(handle->name), name);
	handle->handle = granted;
	return STATUS_OK;
}

static void argument(const char *text, uint32_t bytes)
{
	if (bytes > STARTUP_ARGUMENTS_MAX - block.argument_bytes) {
		block_full = true;
		return;
	}
	memcpy(block.arguments + block.argument_bytes, text, bytes);
	block.argument_bytes += bytes;
	block.argument_count++;
}

static void argument_number(const char *name, uint64_t value)
{
	char text[40];

	argument(text,
	         (uint32_t)format(text, sizeof(text), "%s=0x%llx", name, (unsigned long long)value) + 1u);
}

static void argument_text(const char *name, const char *value)
{
	char text[40];

	argument(text, (uint32_t)format(text, sizeof(text), "%s=%.24s", name, value) + 1u);
}

/* What the machine description names. A PCI device's parts come from the device manager. */
static status_t grant_device(handle_t process, enum manifest_device kind)
{
	const struct device *device;
	status_t status = device_claim(kind, &device);

	if (status != STATUS_OK)
		return status;
	argument_number("kind", device->info.kind);
	argument_number("region", device->info.region_kind);
	argument_number("base", device->info.base);
	argument_number("size", device->info.size);
	argument_number("shift", device->info.register_shift);
	argument_number("clock", device->info.clock_hz);
	argument_text("compatible", device->info.compatible);
	status = grant(process, "region", device->region, RIGHT_READ | RIGHT_WRITE, 0);
	if (status != STATUS_OK || device->irq == HANDLE_NONE)
		return status;
	return grant(process, "irq", device->irq, RIGHT_MANAGE, 0);
}

/* "ready" is one bit of init's own notification, and its badge lets the service set no other. */
static status_t grant_serves(handle_t process, const struct launch *plan)
{
	const struct served *served = endpoint_find(plan->entry->serves);
	status_t status = grant(process, "endpoint", served->endpoint, RIGHT_RECEIVE, 0);

	if (status == STATUS_OK)
		status = grant(process, "notification", served->notification,
		               RIGHT_SIGNAL | RIGHT_WAIT | RIGHT_GRANT, 0);
	if (status == STATUS_OK)
		status = grant(process, "ready", endpoint_find(MANIFEST_INIT_ENDPOINT)->notification,
		               RIGHT_SIGNAL, plan->end_bits);
	return status;
}

/* What is not served, in this tier or any more, is not given. */
static status_t grant_uses(const struct launched *launched, const struct launch *plan)
{
	status_t status = STATUS_OK;

	for (uint32_t i = 0; i < plan->entry->use_count && status == STATUS_OK; i++) {
		const struct manifest_use *use = &plan->entry->uses[i];
		const struct served *served = endpoint_find(use->name);
		uint64_t badge = launched->id | (use->control ? SPAWN_BADGE_CONTROL : 0);
		uint32_t rights = RIGHT_SEND | (use->grant ? RIGHT_GRANT | RIGHT_REVOKE : 0);

		if (served != NULL)
			status = grant(launched->process, use->name, served->endpoint, rights, badge);
	}
	return status;
}

static status_t grant_handles(handle_t process, const struct manifest_entry *entry)
{
	status_t status = STATUS_OK;

	for (uint32_t i = 0; i < entry->handle_count && status == STATUS_OK; i++) {
		const struct manifest_handle *handle = &entry->handles[i];
		handle_t source = startup_handle(handle->name);

		status = source == HANDLE_NONE ? STATUS_NOT_FOUND
		                               : grant(process, handle->name, source, handle->rights, 0);
	}
	return status;
}

/* Everything the manifest and the client say it gets. */
static status_t furnish(const struct launched *launched, const struct launch *plan)
{
	handle_t process = launched->process;
	const struct manifest_entry *entry = plan->entry;
	status_t status = entry->serves[0] == '\0' ? STATUS_OK : grant_serves(process, plan);

	if (status == STATUS_OK)
		status = grant_uses(launched, plan);
	if (status == STATUS_OK)
		status = grant_handles(process, entry);
	if (status == STATUS_OK && entry->device == MANIFEST_DEVICE_PCI)
		status = pci_assign(entry, launched->id);
	else if (status == STATUS_OK && entry->device != MANIFEST_DEVICE_NONE)
		status = grant_device(process, entry->device);
	if (status == STATUS_OK && plan->kept != HANDLE_NONE)
		status = grant(process, "kept", plan->kept, RIGHT_READ | RIGHT_WRITE, 0);
	if (plan->kept_address != 0)
		argument_number("kept", plan->kept_address);
	for (uint32_t i = 0; i < plan->grant_count && status == STATUS_OK; i++)
		status = grant(process, plan->grants[i].name, plan->grants[i].handle,
		               plan->grants[i].rights, 0);
	return status == STATUS_OK && block_full ? STATUS_INVALID : status;
}

static void block_begin(const struct launch *plan)
{
	memset(&block, 0, sizeof(block));
	block.magic = STARTUP_MAGIC;
	if (random_bytes(block.random, sizeof(block.random)) != STATUS_OK) {
		for (uint32_t i = 0; i < 4; i++)
			block.random[i] = random_next();
	}
	block.argument_count = plan->argument_count;
	block.argument_bytes = plan->argument_bytes;
	memcpy(block.arguments, plan->arguments, plan->argument_bytes);
	block_full = false;
}

status_t launch(const struct launch *plan, struct launched *out_launched)
{
	struct launched launched;
	status_t status = create(plan, &launched);

	if (status != STATUS_OK)
		return status;
	block_begin(plan);
	status = furnish(&launched, plan);
	if (status == STATUS_OK) {
		memcpy(arch_message_page()->bulk, &block, sizeof(block));
		status = sys_process_start(launched.process);
	}
	if (status != STATUS_OK) {
		pci_release(plan->entry, launched.id);
		(void)!sys_process_kill(launched.process, 0);
		must(sys_cap_drop(launched.process));
		return status;
	}
	*out_launched = launched;
	return STATUS_OK;
}
