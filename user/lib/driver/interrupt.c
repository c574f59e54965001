/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <driver/interrupt.h>
#include <os/panic.h>

status_t interrupt_open(handle_t irq, handle_t notification, uint64_t bits, struct interrupt *out_interrupt)
{
	status_t status = sys_irq_bind(irq, notification, bits);

	if (status == STATUS_OK)
		out_interrupt->irq = irq;
	return status;
}

void interrupt_done(const struct interrupt *interrupt)
{
	must(sys_irq_ack(interrupt->irq));
}
