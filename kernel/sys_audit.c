/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Who reads the audit ring, and what programs add to it.
 *
 * What a reader got (the ring's memory capability, a notification told) hangs
 * on its audit capability: when that one dies, all of it goes. Only the kernel
 * makes the ring's capabilities, without the right to grant, so one link per
 * audit capability is enough; a move takes the link along.
 */
#include <kernel/audit.h>
#include <kernel/cap.h>
#include <kernel/memory.h>
#include <kernel/notification.h>
#include <kernel/process.h>
#include <kernel/syscall.h>

#define READERS_MAX 8u

struct reader {
	bool used;               /* [r] */
	uint32_t cap;            /* [r] index of the audit capability */
	uint32_t ring;           /* [r] index of the ring's capability, or NONE */
	handle_t ring_handle;    /* [r] */
	uint32_t notification;   /* [r] slot; told if it is still of this generation */
	uint32_t generation;     /* [r] */
	uint64_t bits;           /* [r] 0: not told */
};
static struct reader reader_table[READERS_MAX];
static struct lock reader_lock; /* r: LOCK_AUDIT */

/* ---- the table; r held ---- */

/* The entry of an audit capability, made if there is none; NULL: none is free. */
static struct reader *reader_of(uint32_t cap)
{
	struct reader *spare = NULL;
	for (uint32_t i = 0; i < READERS_MAX; i++) {
		struct reader *reader = &reader_table[i];
		if (reader->used && reader->cap == cap)
			return reader;
		if (!reader->used)
			spare = reader;
	}
	if (spare != NULL)
		*spare = (struct reader){.used = true, .cap = cap, .ring = NONE};
	return spare;
}

static void listen_update(void)
{
	bool anybody = false;
	for (uint32_t i = 0; i < READERS_MAX; i++)
		anybody |= reader_table[i].used && reader_table[i].bits != 0;
	audit_listen(anybody);
}

static bool ring_open(const struct reader *reader)
{
	return reader->ring != NONE && cap_table[reader->ring].generation == HANDLE_GENERATION(reader->ring_handle);
}

/* ---- from cap.c and audit.c ---- */

bool audit_cap_died(uint32_t cap, uint32_t *out_ring, handle_t *out_ring_handle)
{
	bool opened = false;
	lock_acquire(&reader_lock, LOCK_AUDIT);
	for (uint32_t i = 0; i < READERS_MAX; i++) {
		struct reader *reader = &reader_table[i];
		if (!reader->used || reader->cap != cap)
			continue;
		opened = reader->ring != NONE;
		*out_ring = reader->ring;
		*out_ring_handle = reader->ring_handle;
		reader->used = false;
	}
	listen_update();
	lock_release(&reader_lock, LOCK_AUDIT);
	return opened;
}

void audit_ring_moved(uint32_t from, handle_t from_handle, uint32_t to, handle_t to_handle)
{
	lock_acquire(&reader_lock, LOCK_AUDIT);
	for (uint32_t i = 0; i < READERS_MAX; i++) {
		struct reader *reader = &reader_table[i];
		if (reader->used && reader->ring == from && reader->ring_handle == from_handle) {
			reader->ring = to;
			reader->ring_handle = to_handle;
		}
	}
	lock_release(&reader_lock, LOCK_AUDIT);
}

void audit_readers_tell(void)
{
	for (uint32_t i = 0; i < READERS_MAX; i++) {
		lock_acquire(&reader_lock, LOCK_AUDIT);
		struct reader reader = reader_table[i];
		lock_release(&reader_lock, LOCK_AUDIT);
		if (reader.used && reader.bits != 0)
			notification_signal_if(reader.notification, reader.generation, reader.bits);
	}
}

/* ---- reading ---- */

/* r held: whoever kills the audit capability takes r after that, and finds the entry. */
static status_t open_locked(const struct cap *cap, handle_t handle, handle_t ring_handle, uint32_t ring)
{
	if (!cap_current(cap, handle, object_header(OBJECT_AUDIT, 0)))
		return STATUS_BAD_HANDLE;
	struct reader *reader = reader_of((uint32_t)(cap - cap_table));
	if (reader == NULL)
		return STATUS_TABLE_FULL;
	if (ring_open(reader))
		return STATUS_BUSY;
	reader->ring = ring;
	reader->ring_handle = ring_handle;
	return STATUS_OK;
}

status_t sys_audit_open(struct thread *current)
{
	struct cap *cap;
	handle_t handle = current->regs.arg[0];
	handle_t ring_handle;
	status_t status = cap_lookup(current, handle, OBJECT_AUDIT, RIGHT_READ, &cap);
	if (status != STATUS_OK)
		return status;
	object_retain(OBJECT_MEMORY, audit_memory());
	status = cap_create(current->process, OBJECT_MEMORY, audit_memory(), RIGHT_READ, 0, &ring_handle);
	if (status != STATUS_OK) {
		object_release(OBJECT_MEMORY, audit_memory());
		return status;
	}
	uint32_t ring = cap_index(current->process, HANDLE_SLOT(ring_handle));
	lock_acquire(&reader_lock, LOCK_AUDIT);
	status = open_locked(cap, handle, ring_handle, ring);
	lock_release(&reader_lock, LOCK_AUDIT);
	if (status == STATUS_OK)
		current->regs.arg[1] = ring_handle;
	else
		(void)cap_remove(ring, ring_handle); /* childless: gone in one step, if it is still there */
	return status;
}

static status_t bind_locked(const struct cap *cap, handle_t handle, const struct cap *told, uint64_t bits)
{
	if (!cap_current(cap, handle, object_header(OBJECT_AUDIT, 0)))
		return STATUS_BAD_HANDLE;
	struct reader *reader = reader_of((uint32_t)(cap - cap_table));
	if (reader == NULL)
		return STATUS_TABLE_FULL;
	reader->notification = told->object;
	reader->generation = told->object_generation;
	reader->bits = bits;
	listen_update();
	return STATUS_OK;
}

/* What was produced before the caller is told of here is in the ring when it looks after this call. */
status_t sys_audit_bind(struct thread *current)
{
	struct cap *cap;
	struct cap *told;
	handle_t handle = current->regs.arg[0];
	handle_t told_handle = current->regs.arg[1];
	status_t status = cap_lookup(current, handle, OBJECT_AUDIT, RIGHT_READ, &cap);
	if (status == STATUS_OK)
		status = cap_lookup(current, told_handle, OBJECT_NOTIFICATION, RIGHT_SIGNAL, &told);
	if (status != STATUS_OK)
		return status;
	uint64_t bits = told->badge != 0 ? told->badge : current->regs.arg[2];
	if (bits == 0)
		return STATUS_INVALID;
	struct notification *notification = &notification_table[told->object];
	lock_acquire(&notification->lock, LOCK_NOTIFICATION);
	if (cap_current(told, told_handle, &notification->object)) {
		lock_acquire(&reader_lock, LOCK_AUDIT);
		status = bind_locked(cap, handle, told, bits);
		lock_release(&reader_lock, LOCK_AUDIT);
	} else {
		status = STATUS_BAD_HANDLE;
	}
	lock_release(&notification->lock, LOCK_NOTIFICATION);
	return status;
}

/* ---- reporting ---- */

static bool kind_is_reported(uint64_t kind)
{
	static const uint8_t kinds[] = {
#define AUDIT(NAME, kind, name, class, object, a, b, c, d) kind,
#include <abi/audit.def>
#undef AUDIT
	};
	for (uint32_t i = 0; kind >= AUDIT_REPORTED_FIRST && i < sizeof kinds; i++) {
		if (kinds[i] == kind)
			return true;
	}
	return false;
}

status_t sys_audit_report(struct thread *current)
{
	const uint64_t *arg = current->regs.arg;
	struct cap *cap;
	status_t status = cap_lookup(current, arg[0], OBJECT_AUDIT, RIGHT_WRITE, &cap);
	if (status != STATUS_OK)
		return status;
	if (!kind_is_reported(arg[1]))
		return STATUS_INVALID;
	audit_emit((enum audit_kind)arg[1], current->owner->id, arg[2], arg[3], arg[4], arg[5], arg[6]);
	return STATUS_OK;
}
