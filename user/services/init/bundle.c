/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The bundle, mapped read-only for the whole life of init. */
#include "init.h"
#include <lib/bundle.h>
#include <lib/string.h>
#include <os/info.h>
#include <os/panic.h>

static handle_t memory;
static struct bundle bundle;
static handle_t images[BUNDLE_MODULES_MAX]; /* by module, once verified */

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

/* Number of the module of that name; bundle.count if there is none. */
static uint32_t module_number(const char *name, struct bundle_module *out)
{
	uint32_t i = 0;

	while (bundle_module(&bundle, i, out) && strcmp(out->name, name) != 0)
		i++;
	return i;
}

status_t bundle_image(const char *name, handle_t *out_image)
{
	struct bundle_module module;
	uint32_t number = module_number(name, &module);

	if (number >= bundle.count || module.kind != BUNDLE_PROGRAM)
		return STATUS_NOT_FOUND;
	if (images[number] == HANDLE_NONE) {
		if (!bundle_module_check(&bundle, &module))
			return STATUS_BAD_IMAGE;
		status_t status = sys_image_create(startup_need("factory"), memory, module.offset,
		                                   module.size, &images[number]);
		if (status != STATUS_OK)
			return status;
	}
	*out_image = images[number];
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
