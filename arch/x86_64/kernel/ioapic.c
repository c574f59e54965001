/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The I/O APICs: one redirection entry per interrupt line. A line's number is what ACPI calls its global
 * system interrupt; its vector is X86_VECTOR_LINES + number. The old PICs are moved away and masked.
 * Vectors beyond those of the machine's lines are messages', which go to the local APICs past this one.
 */
#include "x86.h"

#define REGISTER_VERSION 0x01u
#define REGISTER_ENTRY   0x10u
#define SELECT           0x00u
#define WINDOW           0x10u

#define ENTRY_LOW_ACTIVE (1u << 13)
#define ENTRY_LEVEL      (1u << 15)
#define ENTRY_MASKED     (1u << 16)

#define MESSAGE_ADDRESS 0xfee00000u /* and the receiver's id: boot leaves out CPUs that 8 bits cannot name */

struct line {
	uint64_t base;   /* of its I/O APIC; 0: there is no such line */
	uint32_t number; /* of its entry there */
	uint32_t entry;  /* what the low half of the entry holds */
};
static struct line lines[X86_LINES_MAX];
static uint32_t line_count;
/* The register window: a select and an access belong together. Nothing is locked inside, hence the rank. */
static struct lock window_lock;

static uint32_t ioapic_read(uint64_t base, uint32_t offset)
{
	x86_device_write32(base + SELECT, offset);
	return x86_device_read32(base + WINDOW);
}

static void ioapic_write(uint64_t base, uint32_t offset, uint32_t value)
{
	x86_device_write32(base + SELECT, offset);
	x86_device_write32(base + WINDOW, value);
}

static void entry_write(struct line *line, uint32_t entry)
{
	line->entry = entry;
	ioapic_write(line->base, REGISTER_ENTRY + 2u * line->number, entry);
}

/* Change bits of the low half. An edge line's is as wanted at each acknowledgement: the device is left in peace then. */
static void entry_change(uint32_t irq, uint32_t clear, uint32_t set)
{
	lock_acquire(&window_lock, LOCK_LOG);
	uint32_t entry = (lines[irq].entry & ~clear) | set;
	if (entry != lines[irq].entry)
		entry_write(&lines[irq], entry);
	lock_release(&window_lock, LOCK_LOG);
}

static bool line_exists(uint32_t irq)
{
	return irq < line_count && lines[irq].base != 0;
}

CC_BOOT static void pic_disable(void)
{
	static const struct {
		uint8_t port, value;
	} sequence[] = {
		{0x20, 0x11}, {0xa0, 0x11}, {0x21, 0x20}, {0xa1, 0x28}, {0x21, 0x04},
		{0xa1, 0x02}, {0x21, 0x01}, {0xa1, 0x01}, {0x21, 0xff}, {0xa1, 0xff},
	};
	for (uint32_t i = 0; i < sizeof(sequence) / sizeof(sequence[0]); i++)
		x86_out8(sequence[i].port, sequence[i].value);
}

CC_BOOT static void ioapic_init(const struct x86_ioapic *ioapic)
{
	uint32_t entries = (ioapic_read(ioapic->base, REGISTER_VERSION) >> 16 & 0xffu) + 1u;
	for (uint32_t i = 0; i < entries && ioapic->line_first + i < X86_LINES_MAX; i++) {
		struct line *line = &lines[ioapic->line_first + i];
		*line = (struct line){ioapic->base, i, 0};
		entry_write(line, ENTRY_MASKED);
		if (ioapic->line_first + i >= line_count)
			line_count = ioapic->line_first + i + 1u;
	}
}

CC_BOOT void arch_irq_init(const struct boot_info *info)
{
	(void)info;
	pic_disable();
	for (uint32_t i = 0; i < x86_platform.ioapic_count; i++)
		ioapic_init(&x86_platform.ioapics[i]);
}

uint32_t arch_irq_count(void)
{
	return line_count;
}

status_t arch_irq_configure(uint32_t irq, enum irq_trigger trigger, uint32_t cpu)
{
	if (!line_exists(irq))
		return STATUS_INVALID;
	struct line *line = &lines[irq];
	uint32_t entry = ENTRY_MASKED | (X86_VECTOR_LINES + irq);
	if (trigger != IRQ_TRIGGER_EDGE)
		entry |= ENTRY_LEVEL;
	if (trigger == IRQ_TRIGGER_LEVEL_LOW)
		entry |= ENTRY_LOW_ACTIVE;
	lock_acquire(&window_lock, LOCK_LOG);
	entry_write(line, entry);
	ioapic_write(line->base, REGISTER_ENTRY + 2u * line->number + 1u,
	             cpu_table[cpu].arch.apic_id << 24);
	lock_release(&window_lock, LOCK_LOG);
	return STATUS_OK;
}

void arch_irq_mask(uint32_t irq)
{
	if (line_exists(irq))
		entry_change(irq, 0, ENTRY_MASKED);
}

void arch_irq_unmask(uint32_t irq)
{
	if (line_exists(irq))
		entry_change(irq, ENTRY_MASKED, 0);
}

uint32_t arch_irq_message_count(void)
{
	return X86_LINES_MAX - line_count;
}

status_t arch_irq_message(uint32_t irq, uint32_t requester, uint32_t cpu, struct irq_message *out)
{
	(void)requester; /* whoever writes this raises it */
	out->address = MESSAGE_ADDRESS | cpu_table[cpu].arch.apic_id << 12;
	out->data = X86_VECTOR_LINES + irq;
	return STATUS_OK;
}

void arch_irq_message_end(uint32_t irq)
{
	(void)irq; /* one that still comes finds nobody */
}

void x86_ioapic_fired(uint32_t line)
{
	if (line_exists(line) && (lines[line].entry & ENTRY_LEVEL) != 0)
		entry_change(line, 0, ENTRY_MASKED);
}
