/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Two ways to a register, one of them taken per device. */
#include <driver/registers.h>
#include <os/panic.h>

status_t registers_open(const struct registers_place *place, struct registers *out_registers)
{
	uint64_t offset = place->base & PAGE_MASK;
	uint64_t mapped = 0;

	if (place->kind == REGION_MEMORY) {
		uint64_t pages = (offset + place->size + PAGE_MASK) / PAGE_SIZE;
		status_t status =
			sys_memory_map(place->region, 0, 0, pages, PROT_READ | PROT_WRITE, &mapped);

		if (status != STATUS_OK)
			return status;
		mapped += offset;
	}
	*out_registers = (struct registers){
		.memory = (volatile uint8_t *)mapped,
		.region = place->region,
		.size = place->size,
		.shift = place->shift,
		.width = place->width,
	};
	return STATUS_OK;
}

static uint64_t place_of(const struct registers *registers, uint32_t offset)
{
	uint64_t at = (uint64_t)offset << registers->shift;

	assert(at + (1u << registers->width) <= registers->size);
	return at;
}

static uint32_t port(const struct registers *registers, uint64_t at, uint32_t operation, uint32_t value)
{
	uint64_t result = 0;

	must(sys_region_port(registers->region, at, operation, value, &result));
	return (uint32_t)result;
}

uint32_t registers_read(const struct registers *registers, uint32_t offset)
{
	uint64_t at = place_of(registers, offset);

	if (registers->memory == NULL)
		return port(registers, at, PORT_READ8 + (uint32_t)registers->width, 0);
	switch (registers->width) {
	case REGISTER_8: return registers->memory[at];
	case REGISTER_16: return *(volatile uint16_t *)(volatile void *)&registers->memory[at];
	case REGISTER_32: return *(volatile uint32_t *)(volatile void *)&registers->memory[at];
	}
	CC_UNREACHABLE();
}

void registers_write(const struct registers *registers, uint32_t offset, uint32_t value)
{
	uint64_t at = place_of(registers, offset);

	if (registers->memory == NULL) {
		(void)port(registers, at, PORT_WRITE8 + (uint32_t)registers->width, value);
		return;
	}
	switch (registers->width) {
	case REGISTER_8: registers->memory[at] = (uint8_t)value; break;
	case REGISTER_16:
		*(volatile uint16_t *)(volatile void *)&registers->memory[at] = (uint16_t)value;
		break;
	case REGISTER_32: *(volatile uint32_t *)(volatile void *)&registers->memory[at] = value; break;
	}
}
