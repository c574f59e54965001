/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Words NAME=NUMBER and NAME=TEXT, as init writes them. */
#include <driver/arguments.h>
#include <lib/string.h>
#include <lib/text.h>
#include <os/startup.h>

/* What stands after NAME= in some argument; NULL: it is not there. */
static const char *argument_text(int argc, char **argv, const char *name)
{
	size_t length = strlen(name);

	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], name, length) == 0 && argv[i][length] == '=')
			return argv[i] + length + 1u;
	}
	return NULL;
}

bool driver_argument(int argc, char **argv, const char *name, uint64_t *out)
{
	const char *text = argument_text(argc, argv, name);

	return text != NULL && text_number(text, out);
}

status_t driver_device(int argc, char **argv, struct info_device *out_device)
{
	uint64_t kind, region, base, size, shift, clock;

	if (!driver_argument(argc, argv, "kind", &kind) || !driver_argument(argc, argv, "region", &region) ||
	    !driver_argument(argc, argv, "base", &base) || !driver_argument(argc, argv, "size", &size) ||
	    !driver_argument(argc, argv, "shift", &shift) || !driver_argument(argc, argv, "clock", &clock))
		return STATUS_NOT_FOUND;
	*out_device = (struct info_device){
		.kind = (uint32_t)kind,
		.region_kind = (uint32_t)region,
		.base = base,
		.size = size,
		.register_shift = (uint32_t)shift,
		.clock_hz = (uint32_t)clock,
	};
	const char *compatible = argument_text(argc, argv, "compatible");
	if (compatible != NULL)
		string_copy(out_device->compatible, sizeof(out_device->compatible), compatible);
	return STATUS_OK;
}

status_t driver_registers(const struct info_device *device, enum register_width width,
                          struct registers *out_registers)
{
	struct registers_place place = {
		.region = startup_handle("region"),
		.kind = (enum region_kind)device->region_kind,
		.base = device->base,
		.size = device->size,
		.shift = device->register_shift,
		.width = width,
	};

	return registers_open(&place, out_registers);
}
