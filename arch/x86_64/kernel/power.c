/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Off, reboot, and the end of an emulator with a failing exit code; and single port accesses. */
#include "x86.h"

#define PM1_ENABLED          (1u << 0)
#define PM1_SLEEP            (1u << 13)
#define REDUCED_SLEEP        (1u << 5)
#define EMULATOR_EXIT_PORT   0xf4u
#define EMULATOR_EXIT_FAILED 0x31u /* exit status 2 * 0x31 + 1 */
#define WAIT_US              300000u

static void acpi_enable(void)
{
	if (x86_platform.smi_command == 0 || x86_platform.acpi_enable == 0)
		return;
	x86_out8(x86_platform.smi_command, x86_platform.acpi_enable);
	for (uint32_t waited = 0; waited < WAIT_US; waited += 1000u) {
		if ((x86_in16(x86_platform.pm1a_control) & PM1_ENABLED) != 0)
			return;
		x86_delay_us(1000);
	}
}

static void register_write(bool memory, uint64_t address, uint8_t value)
{
	if (memory)
		*(volatile uint8_t *)arch_direct((paddr_t){address}) = value;
	else
		x86_out8((uint16_t)address, value);
}

static void power_off(void)
{
	if (x86_platform.sleep_known && x86_platform.sleep_reduced) {
		register_write(x86_platform.sleep_memory, x86_platform.sleep_control,
		               (uint8_t)((uint32_t)x86_platform.sleep_a << 2 | REDUCED_SLEEP));
		x86_delay_us(WAIT_US);
	}
	if (!x86_platform.sleep_known || x86_platform.pm1a_control == 0)
		return;
	if ((x86_in16(x86_platform.pm1a_control) & PM1_ENABLED) == 0)
		acpi_enable();
	x86_out16(x86_platform.pm1a_control, (uint16_t)((uint32_t)x86_platform.sleep_a << 10 | PM1_SLEEP));
	if (x86_platform.pm1b_control != 0)
		x86_out16(x86_platform.pm1b_control,
		          (uint16_t)((uint32_t)x86_platform.sleep_b << 10 | PM1_SLEEP));
	x86_delay_us(WAIT_US);
}

static void reboot(void)
{
	if (x86_platform.reset_known) {
		register_write(x86_platform.reset_memory, x86_platform.reset_address,
		               x86_platform.reset_value);
		x86_delay_us(WAIT_US);
	}
	x86_out8(0xcf9, 0x02); /* chipset reset control: arm, then hard reset */
	x86_out8(0xcf9, 0x06);
	x86_delay_us(WAIT_US);
	x86_out8(0x64, 0xfe); /* keyboard controller: pulse the reset line */
	x86_delay_us(WAIT_US);
}

void arch_power(enum power_action action)
{
	if (action == POWER_REBOOT) {
		reboot();
		return;
	}
	if (action == POWER_FAIL)
		x86_out8(EMULATOR_EXIT_PORT, EMULATOR_EXIT_FAILED);
	power_off();
}

status_t arch_port(uint16_t port, enum port_operation operation, uint64_t value, uint64_t *out_result)
{
	uint64_t result = 0;
	switch (operation) {
	case PORT_READ8: result = x86_in8(port); break;
	case PORT_READ16: result = x86_in16(port); break;
	case PORT_READ32: result = x86_in32(port); break;
	case PORT_WRITE8: x86_out8(port, (uint8_t)value); break;
	case PORT_WRITE16: x86_out16(port, (uint16_t)value); break;
	case PORT_WRITE32: x86_out32(port, (uint32_t)value); break;
	default: return STATUS_INVALID;
	}
	*out_result = result;
	return STATUS_OK;
}
