/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The advanced interrupt architecture: the supervisor's APLIC takes the wired
 * lines and either presents them to a hart itself or, where there are IMSICs,
 * writes a message to the hart's interrupt file. There, identity 1 is the IPI,
 * and number n, a line or after them a message of a PCI function, has identity n + 1.
 */
#include "controller.h"
#include "csr.h"
#include "sbi.h"

/* APLIC registers */
#define APLIC_DOMAIN 0x0u
#define DOMAIN_ENABLE (1u << 8)
#define DOMAIN_MESSAGES (1u << 2)
#define APLIC_SOURCE 0x0u /* + 4 * line, lines from 1 */
#define SOURCE_EDGE 4u
#define SOURCE_HIGH 6u
#define SOURCE_LOW 7u
#define APLIC_SET_PENDING 0x1cdcu
#define APLIC_INPUT 0x1d00u /* + 4 * (line / 32): what the lines say */
#define APLIC_SET_ENABLED 0x1edcu
#define APLIC_CLEAR_ENABLED 0x1fdcu
#define APLIC_TARGET 0x3000u /* + 4 * line */
#define TARGET_HART_SHIFT 18u
#define TARGET_PRIORITY 1u
#define APLIC_HART 0x4000u /* + 32 * index */
#define HART_STRIDE 32u
#define HART_DELIVERY 0x0u
#define HART_THRESHOLD 0x8u
#define HART_CLAIM 0x1cu
#define CLAIM_LINE_SHIFT 16u

/* IMSIC, through siselect and sireg (by number: assemblers differ on the names) */
#define IMSIC_DELIVERY 0x70u
#define IMSIC_THRESHOLD 0x72u
#define IMSIC_ENABLE 0xc0u /* even numbers: 64 identities each */
#define IMSIC_IPI 1u
#define IDENTITY_SHIFT 16u

static uint64_t aplic, imsic;

static bool with_imsic(void)
{
	return machine.controller == CONTROLLER_APLIC_IMSIC;
}

CC_BOOT void aplic_init(volatile void *registers)
{
	aplic = (uint64_t)registers;
	if (with_imsic())
		imsic = (uint64_t)device_map(machine.imsic.base, machine.imsic.size);
	for (uint32_t irq = 1; irq <= machine.sources; irq++)
		register_write(aplic + APLIC_CLEAR_ENABLED, irq);
	register_write(aplic + APLIC_DOMAIN, DOMAIN_ENABLE | (with_imsic() ? DOMAIN_MESSAGES : 0));
}

static void imsic_write(uint64_t select, uint64_t value)
{
	csr_write(0x150, select);
	csr_write(0x151, value);
}

static void aplic_cpu_init(uint32_t cpu)
{
	if (!with_imsic()) {
		uint64_t hart = aplic + APLIC_HART + (uint64_t)machine.context[cpu] * HART_STRIDE;
		register_write(hart + HART_THRESHOLD, 0);
		register_write(hart + HART_DELIVERY, 1);
		return;
	}
	for (uint32_t first = 0; first <= machine.imsic_ids; first += 64u)
		imsic_write(IMSIC_ENABLE + first / 32u, UINT64_MAX);
	imsic_write(IMSIC_THRESHOLD, 0);
	imsic_write(IMSIC_DELIVERY, 1);
}

static void aplic_mask(uint32_t irq)
{
	register_write(aplic + APLIC_CLEAR_ENABLED, irq);
}

static void aplic_configure(uint32_t irq, enum irq_trigger trigger, uint32_t cpu)
{
	static const uint32_t modes[] = {
		[IRQ_TRIGGER_EDGE] = SOURCE_EDGE,
		[IRQ_TRIGGER_LEVEL] = SOURCE_HIGH,
		[IRQ_TRIGGER_LEVEL_LOW] = SOURCE_LOW,
	};
	uint32_t low = with_imsic() ? irq + IMSIC_FIRST : TARGET_PRIORITY;
	aplic_mask(irq);
	register_write(aplic + APLIC_SOURCE + 4ull * irq, modes[trigger]);
	register_write(aplic + APLIC_TARGET + 4ull * irq, machine.context[cpu] << TARGET_HART_SHIFT | low);
}

static void aplic_unmask(uint32_t irq)
{
	register_write(aplic + APLIC_SET_ENABLED, irq);
	/* A message is sent when a level rises; for one that stayed, ask again. The controller should ignore
	 * this for a line that is down, but not all (emulated) ones do. */
	bool high = register_read(aplic + APLIC_INPUT + 4ull * (irq / 32u)) >> irq % 32u & 1u;
	if (with_imsic() && irq_is_level(irq) && high)
		register_write(aplic + APLIC_SET_PENDING, irq);
}

static void aplic_deliver(uint32_t irq)
{
	if (irq == 0)
		return;
	if (irq <= machine.sources && irq_is_level(irq))
		aplic_mask(irq);
	trap_irq(irq);
}

static void aplic_dispatch(uint32_t cpu)
{
	uint64_t claim = aplic + APLIC_HART + (uint64_t)machine.context[cpu] * HART_STRIDE + HART_CLAIM;
	for (uint32_t i = 0; i < DISPATCH_MAX; i++) {
		if (with_imsic()) {
			uint32_t identity = (uint32_t)(csr_swap(0x15c, 0) >> IDENTITY_SHIFT);
			if (identity == 0)
				return;
			if (identity == IMSIC_IPI)
				trap_ipi();
			else
				aplic_deliver(identity - IMSIC_FIRST);
		} else {
			uint32_t irq = register_read(claim) >> CLAIM_LINE_SHIFT;
			if (irq == 0)
				return;
			aplic_deliver(irq);
		}
	}
}

bool irq_ipi_send(uint32_t cpu)
{
	if (imsic == 0)
		return false;
	__asm__ volatile("fence iorw, iorw" ::: "memory"); /* the reason is visible before the message */
	register_write(imsic + ((uint64_t)machine.context[cpu] << machine.imsic_stride_log2), IMSIC_IPI);
	return true;
}

const struct controller aplic_controller = {
	.cpu_init = aplic_cpu_init,
	.configure = aplic_configure,
	.mask = aplic_mask,
	.unmask = aplic_unmask,
	.dispatch = aplic_dispatch,
};
