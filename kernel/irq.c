/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Interrupts: lines, and messages of PCI functions. Each belongs to one irq
 * object or to nobody; a line of nobody is masked when it fires. Between an
 * interrupt and irq_ack the port keeps a level line masked, so a slow driver
 * costs nobody else anything. A message is its object's from birth to death.
 *
 * Locks: lines_lock for who owns a line, then nothing; an irq's own lock for
 * its binding. Both have the rank LOCK_MEMORY and are never held together, nor
 * while the notification is signalled.
 */
#include <kernel/audit.h>
#include <kernel/irq.h>
#include <kernel/notification.h>
#include <kernel/process.h>
#include <kernel/random.h>
#include <kernel/syscall.h>
#include <kernel/trace.h>

#define IRQ_RIGHTS (RIGHT_MANAGE | RIGHT_GRANT | RIGHT_REVOKE | RIGHT_INSPECT)

struct line {
	uint32_t claim; /* 0: nobody; 1 + slot of the irq object. [a] written under lines_lock */
	uint64_t count; /* [a] */
};
static struct line line_table[IRQ_NUMBERS_MAX];
static struct lock lines_lock; /* LOCK_MEMORY */

static bool line_exists(uint64_t number)
{
	return number < arch_irq_count() && number < IRQ_LINES_MAX;
}

static bool is_message(uint32_t number)
{
	return number >= arch_irq_count();
}

static uint32_t numbers_end(void)
{
	uint32_t messages = arch_irq_message_count();
	return arch_irq_count() + (messages < IRQ_MESSAGES_MAX ? messages : IRQ_MESSAGES_MAX);
}

bool irq_line_get(uint32_t number, uint64_t *out_count, uint32_t *out_slot)
{
	if (number >= numbers_end() || number >= IRQ_NUMBERS_MAX)
		return false;
	*out_count = __atomic_load_n(&line_table[number].count, __ATOMIC_RELAXED);
	*out_slot = __atomic_load_n(&line_table[number].claim, __ATOMIC_RELAXED) - 1u;
	return true;
}

static bool line_claim(uint32_t number, uint32_t slot)
{
	lock_acquire(&lines_lock, LOCK_MEMORY);
	bool free = line_table[number].claim == 0;
	if (free)
		__atomic_store_n(&line_table[number].claim, slot + 1u, __ATOMIC_RELEASE);
	lock_release(&lines_lock, LOCK_MEMORY);
	return free;
}

/* The first message that nobody has, to this CPU. */
static status_t message_claim(uint32_t slot, uint32_t requester, struct irq_message *out)
{
	uint32_t end = numbers_end();
	uint32_t number = arch_irq_count();
	status_t status = STATUS_TABLE_FULL;
	lock_acquire(&lines_lock, LOCK_MEMORY);
	while (number < end && line_table[number].claim != 0)
		number++;
	if (number < end)
		status = arch_irq_message(number, requester, arch_cpu_self()->index, out);
	if (status == STATUS_OK) {
		irq_table[slot].number = number;
		__atomic_store_n(&line_table[number].count, 0u, __ATOMIC_RELAXED);
		__atomic_store_n(&line_table[number].claim, slot + 1u, __ATOMIC_RELEASE);
	}
	lock_release(&lines_lock, LOCK_MEMORY);
	return status;
}

static void line_give(uint32_t number)
{
	lock_acquire(&lines_lock, LOCK_MEMORY);
	if (is_message(number))
		arch_irq_message_end(number);
	else
		arch_irq_mask(number);
	__atomic_store_n(&line_table[number].claim, 0u, __ATOMIC_RELEASE);
	lock_release(&lines_lock, LOCK_MEMORY);
}

/* ---- the interrupt ---- */

void trap_irq(uint32_t number)
{
	struct cpu *cpu = arch_cpu_self();
	cpu->device_interrupts++;
	random_interrupt(cpu);
	uint32_t claim = number < IRQ_NUMBERS_MAX ? __atomic_load_n(&line_table[number].claim, __ATOMIC_ACQUIRE) : 0;
	if (number < IRQ_NUMBERS_MAX)
		__atomic_fetch_add(&line_table[number].count, 1u, __ATOMIC_RELAXED);
	if (claim == 0) {
		arch_irq_mask(number);
		return;
	}
	struct irq *irq = &irq_table[claim - 1u];
	lock_acquire(&irq->lock, LOCK_MEMORY);
	uint32_t notification = irq->notification;
	uint32_t generation = irq->notification_generation;
	uint64_t bits = irq->bits;
	lock_release(&irq->lock, LOCK_MEMORY);
	TRACE_EVENT(TRACE_IRQ, number, bits);
	if (notification != NONE)
		notification_signal_if(notification, generation, bits);
}

/* ---- life ---- */

static void irq_fill(struct irq *irq, uint32_t number, uint32_t trigger)
{
	irq->number = number;
	irq->trigger = trigger;
	irq->notification = NONE;
	irq->bits = 0;
	irq->bound_by = 0;
}

/* An object without a line. */
static status_t irq_new(uint32_t process, uint32_t trigger, uint32_t *out_slot)
{
	status_t status = object_take(OBJECT_IRQ, process, out_slot);
	if (status == STATUS_OK)
		irq_fill(&irq_table[*out_slot], NONE, trigger);
	return status;
}

/* If it got what it was made for, it becomes the process's; otherwise it is undone by irq_destroy. */
static status_t irq_hand_out(uint32_t process, uint32_t slot, status_t status, handle_t *out_handle)
{
	if (status == STATUS_OK)
		status = cap_create(process, OBJECT_IRQ, slot, IRQ_RIGHTS, 0, out_handle);
	if (status == STATUS_OK)
		audit_emit(AUDIT_AUTHORITY_CLAIMED, process_of(process)->id, AUDIT_OBJECT(OBJECT_IRQ, slot),
		           irq_table[slot].number, 1, 0, 0);
	else
		object_release(OBJECT_IRQ, slot);
	return status;
}

static status_t irq_make(uint32_t process, uint32_t number, uint32_t trigger, handle_t *out_handle)
{
	uint32_t slot;
	status_t status = irq_new(process, trigger, &slot);
	if (status != STATUS_OK)
		return status;
	status = STATUS_BUSY;
	if (line_claim(number, slot)) {
		irq_table[slot].number = number;
		status = arch_irq_configure(number, (enum irq_trigger)trigger, arch_cpu_self()->index);
	}
	return irq_hand_out(process, slot, status, out_handle);
}

void irq_destroy(uint32_t slot)
{
	struct irq *irq = &irq_table[slot];
	if (irq->number != NONE)
		line_give(irq->number);
	lock_acquire(&irq->lock, LOCK_MEMORY);
	uint32_t notification = irq->notification;
	irq->notification = NONE;
	lock_release(&irq->lock, LOCK_MEMORY);
	if (notification != NONE)
		object_release(OBJECT_NOTIFICATION, notification);
	table_give(&object_tables[OBJECT_IRQ], slot);
}

/* ---- system calls ---- */

status_t sys_irq_create(struct thread *current)
{
	uint64_t number = current->regs.arg[1];
	uint64_t trigger = current->regs.arg[2];
	struct cap *cap;
	handle_t handle;
	status_t status = cap_lookup(current, current->regs.arg[0], OBJECT_DEVICES, RIGHT_MANAGE, &cap);
	if (status != STATUS_OK)
		return status;
	if (!line_exists(number) || trigger > IRQ_TRIGGER_LEVEL_LOW)
		return STATUS_INVALID;
	status = irq_make(current->process, (uint32_t)number, (uint32_t)trigger, &handle);
	if (status == STATUS_OK)
		current->regs.arg[1] = handle;
	return status;
}

status_t sys_irq_message(struct thread *current)
{
	uint64_t requester = current->regs.arg[1];
	struct irq_message message;
	struct cap *cap;
	uint32_t slot;
	handle_t handle;
	status_t status = cap_lookup(current, current->regs.arg[0], OBJECT_DEVICES, RIGHT_MANAGE, &cap);
	if (status != STATUS_OK)
		return status;
	if (requester > UINT16_MAX)
		return STATUS_INVALID;
	if (arch_irq_message_count() == 0)
		return STATUS_UNSUPPORTED;
	status = irq_new(current->process, IRQ_TRIGGER_EDGE, &slot);
	if (status != STATUS_OK)
		return status;
	status = irq_hand_out(current->process, slot, message_claim(slot, (uint32_t)requester, &message), &handle);
	if (status != STATUS_OK)
		return status;
	current->regs.arg[1] = handle;
	current->regs.arg[2] = message.address;
	current->regs.arg[3] = message.data;
	return STATUS_OK;
}

/* Takes over the reference to the notification; the previous one is returned, or NONE. */
static uint32_t bind_commit(struct irq *irq, uint32_t notification, uint32_t generation, uint64_t bits,
                            uint64_t process_id)
{
	lock_acquire(&irq->lock, LOCK_MEMORY);
	uint32_t before = irq->notification;
	irq->notification = notification;
	irq->notification_generation = generation;
	irq->bits = bits;
	irq->bound_by = process_id;
	arch_irq_unmask(irq->number);
	lock_release(&irq->lock, LOCK_MEMORY);
	return before;
}

static status_t bind_notification(struct thread *current, struct irq *irq)
{
	handle_t handle = current->regs.arg[1];
	uint64_t bits = current->regs.arg[2];
	struct cap *cap;
	status_t status = cap_lookup(current, handle, OBJECT_NOTIFICATION, RIGHT_SIGNAL, &cap);
	if (status != STATUS_OK)
		return status;
	bits = cap->badge != 0 ? cap->badge : bits; /* as in notification_signal */
	if (bits == 0)
		return STATUS_INVALID;
	uint32_t notification = cap->object;
	uint32_t generation = cap->object_generation;
	status = cap_retain(cap, handle);
	if (status != STATUS_OK)
		return status;
	uint32_t before = bind_commit(irq, notification, generation, bits, process_of(current->process)->id);
	if (before != NONE)
		object_release(OBJECT_NOTIFICATION, before);
	return STATUS_OK;
}

status_t sys_irq_bind(struct thread *current)
{
	uint32_t slot;
	status_t status = cap_hold(current, current->regs.arg[0], OBJECT_IRQ, RIGHT_MANAGE, &slot);
	if (status != STATUS_OK)
		return status;
	status = bind_notification(current, &irq_table[slot]);
	object_release(OBJECT_IRQ, slot);
	return status;
}

status_t sys_irq_ack(struct thread *current)
{
	handle_t handle = current->regs.arg[0];
	struct cap *cap;
	status_t status = cap_lookup(current, handle, OBJECT_IRQ, RIGHT_MANAGE, &cap);
	if (status != STATUS_OK)
		return status;
	struct irq *irq = &irq_table[cap->object];
	lock_acquire(&irq->lock, LOCK_MEMORY);
	if (!cap_current(cap, handle, &irq->object))
		status = STATUS_BAD_HANDLE;
	else if (irq->notification == NONE)
		status = STATUS_INVALID;
	else
		arch_irq_unmask(irq->number);
	lock_release(&irq->lock, LOCK_MEMORY);
	return status;
}

bool irq_valid(void)
{
	for (uint32_t number = 0; number < IRQ_NUMBERS_MAX; number++) {
		uint32_t claim = line_table[number].claim;
		if (claim == 0)
			continue;
		if (claim > object_tables[OBJECT_IRQ].capacity ||
		    irq_table[claim - 1u].object.generation % 2u == 0u ||
		    irq_table[claim - 1u].number != number)
			return false;
	}
	return true;
}
