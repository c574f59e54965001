/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The bundle, mapped read-only for the whole life of init. */
#include "init.h"
#include <lib/bundle.h>
#include <lib/module.h>
#include <lib/string.h>
#include <os/info.h>
#include <os/panic.h>

static handle_t memory;
static struct bundle bundle;
/* By module, once verified for its role. */
static struct {
	handle_t handle;
	enum module_role role;
} images[BUNDLE_MODULES_MAX];

void bundle_open(void)
{
	struct cap_info info;
	uint64_t address;

	memory = startup_need("bundle");
	must(info_cap(HANDLE_NONE, HANDLE_SLOT(memory), &info));
	must(sys_memory_map(memory, 0, 0, info.size / PAGE_SIZE, PROT_READ, &address));
	enum bundle_verdict verdict = bundle_check((const uint8_t *)address, info.size, &bundle);
	if (verdict != BUNDLE_OK)
		panic("%s", bundle_verdict_text(verdict));
}

const uint8_t *bundle_bytes(const char *name, size_t *out_length)
{
	struct bundle_module module;

	if (!bundle_find(&bundle, name, &module) || !bundle_module_check(&bundle, &module))
		return NULL;
	*out_length = module.size;
	return bundle.data + module.offset;
}

/* The catalog, which the kernel verified before it started init; the memory is sealed. */
static bool catalog_open(struct catalog *out)
{
	size_t length;
	const uint8_t *data = bundle_bytes(CATALOG_NAME, &length);

	return data != NULL && catalog_read(data, length, out);
}

/* Number of the module of that name; bundle.count if there is none. */
static uint32_t module_number(const char *name, struct bundle_module *out)
{
	uint32_t i = 0;

	while (bundle_module(&bundle, i, out) && strcmp(out->name, name) != 0)
		i++;
	return i;
}

/* Verified by the kernel, each time. */
static status_t image_make(const struct bundle_module *module, enum module_role role, handle_t *out_image)
{
	struct image_options options = {.role = role};

	string_copy(options.name, sizeof(options.name), module->name);
	memcpy(arch_message_page()->bulk, &options, sizeof(options));
	return sys_image_create(startup_need("factory"), memory, module->offset, module->size, out_image);
}

status_t bundle_image(const char *name, enum module_role role, handle_t *out_image)
{
	struct bundle_module module;
	uint32_t number = module_number(name, &module);

	if (number >= bundle.count || module.kind != BUNDLE_PROGRAM)
		return STATUS_NOT_FOUND;
	if (images[number].handle == HANDLE_NONE || images[number].role != role) {
		status_t status = image_make(&module, role, out_image);

		if (status != STATUS_OK)
			return status;
		if (images[number].handle != HANDLE_NONE)
			must(sys_cap_drop(images[number].handle)); /* of its other role; processes keep the image itself */
		images[number].handle = *out_image;
		images[number].role = role;
	}
	*out_image = images[number].handle;
	return STATUS_OK;
}

bool bundle_listed(const char *name, struct catalog_entry *out_entry)
{
	struct catalog catalog;

	return catalog_open(&catalog) && catalog_find(&catalog, name, out_entry);
}

/* The statement, which is only shown: who is trusted is the kernel's to say. */
static void statement_show(const struct bundle_module *module, struct spawn_verify_rep *out)
{
	const uint8_t *end = bundle.data + module->offset + module->size;
	size_t tail = module->size < MODULE_TAIL_SIZE ? module->size : MODULE_TAIL_SIZE;
	struct module said;

	if (!module_says(end - tail, module->size, &said))
		return;
	out->has_statement = 1;
	out->role = said.role;
	out->version = said.version;
	out->signer = said.signer;
	memcpy(out->name, said.name, sizeof(out->name));
}

status_t bundle_verify(const char *name, struct spawn_verify_rep *out)
{
	struct bundle_module module;
	struct catalog_entry listed;
	enum module_role role = MODULE_PROGRAM;
	handle_t image;

	memset(out, 0, sizeof(*out));
	if (module_number(name, &module) >= bundle.count || module.kind != BUNDLE_PROGRAM)
		return STATUS_NOT_FOUND;
	out->size = module.size;
	statement_show(&module, out);
	if (bundle_listed(name, &listed)) {
		out->listed = 1;
		role = (enum module_role)listed.role;
		out->listed_version = listed.version;
		out->principal = listed.principal;
		memcpy(out->digest, listed.digest, sizeof(out->digest));
	}
	out->status = (uint32_t)image_make(&module, role, &image);
	if (out->status == STATUS_OK)
		must(sys_cap_drop(image));
	return STATUS_OK;
}

const char *bundle_program(uint64_t index, uint64_t *out_next)
{
	static struct bundle_module module;

	while (index < bundle.count && bundle_module(&bundle, (uint32_t)index, &module)) {
		index++;
		if (module.kind != BUNDLE_PROGRAM)
			continue;
		*out_next = index;
		return module.name;
	}
	return NULL;
}
