/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Serial ports: the one that SPCR names, then those the AML does. */
#include "boot.h"

#include <lib/string.h>

/* SPCR */
#define SPCR_INTERFACE          36u
#define SPCR_SPACE              40u
#define SPCR_BIT_WIDTH          41u
#define SPCR_ADDRESS            44u
#define SPCR_INTERRUPT_TYPE     52u
#define SPCR_ISA_IRQ            53u
#define SPCR_LINE               54u
#define SPCR_SIZE               58u
#define INTERFACE_16550         0u
#define INTERFACE_16450         1u
#define INTERFACE_16550_ADDRESS 0x12u
#define INTERRUPT_PIC           1u
#define INTERRUPT_IOAPIC        2u
#define SPACE_MEMORY            0u
#define SPACE_PORT              1u

#define UARTS_MAX 4u
#define REGISTERS 8u

/* The first one found is the kernel's console. */
/*@ requires devices_ok(info);
    assigns info->devices[0 .. BOOT_DEVICES_MAX - 1], info->device_count, x86_platform.uart_known, x86_platform.uart_memory;
    assigns x86_platform.uart_base, x86_platform.uart_shift;
    ensures devices_ok(info); */
static void uart_add(struct boot_info *info, struct info_device uart)
{
	uart.kind = DEVICE_UART_16550;
	string_copy(uart.compatible, sizeof(uart.compatible), "ns16550a");
	boot_device_add(info, &uart);
	if (x86_platform.uart_known)
		return;
	x86_platform.uart_known = true;
	x86_platform.uart_memory = uart.region_kind == REGION_MEMORY;
	x86_platform.uart_base = uart.base;
	x86_platform.uart_shift = uart.register_shift;
}

/*@ requires devices_ok(info) && platform_ok;
    assigns info->devices[0 .. BOOT_DEVICES_MAX - 1], info->device_count, x86_platform;
    ensures devices_ok(info) && platform_ok; */
static void read_spcr(struct boot_info *info)
{
	struct acpi_table spcr = acpi_find("SPCR", 0);
	if (spcr.data == NULL || spcr.length < SPCR_SIZE)
		return;
	uint8_t interface = spcr.data[SPCR_INTERFACE];
	uint8_t space = spcr.data[SPCR_SPACE];
	uint64_t base = bytes_le64(spcr.data + SPCR_ADDRESS);
	if ((interface != INTERFACE_16550 && interface != INTERFACE_16450 &&
	     interface != INTERFACE_16550_ADDRESS) ||
	    space > SPACE_PORT || base == 0 || base >= EARLY_LIMIT)
		return;
	struct info_device uart = {.base = base, .irq = UINT32_MAX};
	uart.region_kind = space == SPACE_MEMORY ? REGION_MEMORY : REGION_PORT;
	uart.register_shift = space == SPACE_MEMORY && spcr.data[SPCR_BIT_WIDTH] == 32 ? 2 : 0;
	uart.size = (uint64_t)REGISTERS << uart.register_shift;
	if ((spcr.data[SPCR_INTERRUPT_TYPE] & INTERRUPT_IOAPIC) != 0)
		uart.irq = bytes_le32(spcr.data + SPCR_LINE);
	else if ((spcr.data[SPCR_INTERRUPT_TYPE] & INTERRUPT_PIC) != 0)
		acpi_isa_line(spcr.data[SPCR_ISA_IRQ], &uart.irq, &uart.irq_trigger);
	uart_add(info, uart);
}

/*@ requires devices_ok(info);
    assigns \nothing; */
static bool is_known(const struct boot_info *info, uint64_t port)
{
	/*@ loop invariant 0 <= i <= info->device_count;
	    loop assigns i;
	    loop variant info->device_count - i; */
	for (uint32_t i = 0; i < info->device_count; i++) {
		if (info->devices[i].region_kind == REGION_PORT && info->devices[i].base == port)
			return true;
	}
	return false;
}

/*@ requires devices_ok(info) && platform_ok && acpi_ok(table);
    assigns info->devices[0 .. BOOT_DEVICES_MAX - 1], info->device_count, x86_platform;
    ensures devices_ok(info) && platform_ok; */
static void read_aml(struct boot_info *info, struct acpi_table table)
{
	struct aml_uart found;
	/*@ loop invariant 0 <= i <= UARTS_MAX && devices_ok(info) && platform_ok;
	    loop assigns i, found, info->devices[0 .. BOOT_DEVICES_MAX - 1], info->device_count, x86_platform;
	    loop variant UARTS_MAX - i; */
	for (uint32_t i = 0; i < UARTS_MAX && aml_find_uart(table, i, &found); i++) {
		struct info_device uart = {.region_kind = REGION_PORT,
		                           .base = found.port,
		                           .size = REGISTERS,
		                           .irq = UINT32_MAX};
		if (found.isa_irq != UINT32_MAX)
			acpi_isa_line(found.isa_irq, &uart.irq, &uart.irq_trigger);
		if (!is_known(info, found.port))
			uart_add(info, uart);
	}
}

/*@ requires devices_ok(info) && platform_ok; */
void acpi_read_console(struct boot_info *info)
{
	struct acpi_table table = acpi_dsdt();
	read_spcr(info);
	read_aml(info, table);
	/*@ loop invariant 0 <= i <= ACPI_TABLE_MAX && devices_ok(info) && platform_ok;
	    loop assigns i, table, info->devices[0 .. BOOT_DEVICES_MAX - 1], info->device_count, x86_platform;
	    loop variant ACPI_TABLE_MAX - i; */
	for (uint32_t i = 0; (table = acpi_find("SSDT", i)).data != NULL; i++)
		read_aml(info, table);
	x86_console_init();
}
