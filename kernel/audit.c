/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Whose events move on when, and refusals; see audit.h. Staging and the copy are audit_staging.c, who reads is
 * sys_audit.c.
 *
 * No event stays behind: a CPU marks itself pending and then fails to get the
 * lock, or a holder lets go and then looks for pending CPUs. Both have a full
 * barrier in between, so one of the two sees the other.
 */
#include <kernel/audit.h>
#include <kernel/audit_staging.h>
#include <kernel/boot.h>
#include <kernel/cap.h>
#include <kernel/memory.h>
#include <kernel/panic.h>
#include <kernel/process.h>
#include <kernel/timer.h>

#define ROUNDS 4u /* of draining in one go; what is left then waits for this CPU's next interrupt */
#define RING_PAGES (1u + AUDIT_PAGES)

struct lock audit_lock;
static uint32_t ring_memory; /* [c] */
static uint64_t pending;     /* [a] bit per CPU that has staged */
static bool listened;        /* [a] somebody is to be told */

_Static_assert(CPU_MAX <= 64, "a bit per CPU");

/* ---- the ring ---- */

CC_BOOT static void *ring_page(uint32_t page)
{
	paddr_t frame;
	if (memory_page(ring_memory, page, true, &frame) != STATUS_OK)
		boot_refuse("too little memory for the audit ring");
	return arch_direct(frame);
}

/* Kept by a reference that is never released. */
CC_BOOT static void ring_make(void)
{
	if (memory_new(NONE, RING_PAGES, &ring_memory) != STATUS_OK)
		boot_refuse("too little memory for the audit ring");
	struct audit_header *first = ring_page(0);
	for (uint32_t page = 0; page < AUDIT_PAGES; page++)
		audit_pages[page] = ring_page(1u + page);
	if (memory_seal(ring_memory) != STATUS_OK)
		panic("the audit ring cannot be sealed");
	first->magic = AUDIT_MAGIC;
	first->version = 1;
	first->capacity = AUDIT_CAPACITY;
	audit_header = first;
}

CC_BOOT void audit_init(uint32_t cpus)
{
	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		if (kernel_back((uint64_t)(uintptr_t)&audit_staged[cpu], 1) != STATUS_OK)
			boot_refuse("too little memory for the audit events of CPU %u", cpu);
	}
	ring_make();
}

uint32_t audit_memory(void)
{
	return ring_memory;
}

void audit_listen(bool anybody)
{
	__atomic_store_n(&listened, anybody, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* a new reader looks at the ring after this */
}

/* ---- draining; U held ---- */

static uint32_t drain_all(void)
{
	uint32_t count = 0;
	uint64_t cpus = __atomic_exchange_n(&pending, 0u, __ATOMIC_SEQ_CST);
	for (; cpus != 0; cpus &= cpus - 1u)
		count += audit_drain((uint32_t)__builtin_ctzll(cpus));
	return count;
}

/* ---- moving staged events on; U not held ---- */

/* An interrupt to itself: taken when the CPU leaves the kernel, where no lock is held. */
static void ask_back(void)
{
	struct cpu *cpu = arch_cpu_self();
	if ((__atomic_fetch_or(&cpu->ipi_pending, IPI_AUDIT, __ATOMIC_SEQ_CST) & IPI_AUDIT) == 0)
		arch_ipi_send(cpu->index);
}

static bool anything_pending(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return __atomic_load_n(&pending, __ATOMIC_RELAXED) != 0;
}

/* True: some may be left. */
static bool drain(uint32_t *out_count)
{
	uint32_t round = 0;
	*out_count = 0;
	while (anything_pending() && round < ROUNDS && lock_try(&audit_lock, LOCK_AUDIT)) {
		*out_count += drain_all();
		lock_release(&audit_lock, LOCK_AUDIT);
		round++;
	}
	return round == ROUNDS;
}

/* ---- staging, on this CPU ---- */

static void room_make(uint32_t cpu)
{
	lock_acquire(&audit_lock, LOCK_AUDIT);
	(void)drain_all();
	lock_release(&audit_lock, LOCK_AUDIT);
	ASSERT(audit_staging_room(cpu) == AUDIT_STAGED_MAX);
	ask_back(); /* looks again, and tells the readers */
}

static void mark_pending(uint32_t cpu)
{
	__atomic_fetch_or(&pending, 1ull << cpu, __ATOMIC_SEQ_CST);
}

static void stage_dropped(uint32_t cpu)
{
	if (audit_staging[cpu].dropped == 0 || audit_staging_room(cpu) == 0)
		return;
	audit_stage_dropped(cpu, clock_now());
	mark_pending(cpu);
}

static void record(const struct audit_event *event)
{
	uint32_t cpu = arch_cpu_self()->index;
	uint32_t moved;
	if (CC_UNLIKELY(audit_header == NULL))
		return;
	stage_dropped(cpu);
	if (CC_UNLIKELY(audit_staging_room(cpu) == 0)) {
		if ((event->flags & AUDIT_SAMPLED) != 0) {
			audit_drop(cpu);
			ask_back();
			return;
		}
		room_make(cpu);
		stage_dropped(cpu);
	}
	audit_stage(cpu, event, clock_now());
	mark_pending(cpu);
	if (drain(&moved) || (moved != 0 && __atomic_load_n(&listened, __ATOMIC_RELAXED)))
		ask_back();
}

void audit_emit(enum audit_kind kind, uint64_t subject, uint64_t object, uint64_t a, uint64_t b, uint64_t c,
                uint64_t d)
{
	struct audit_event event = {
		.kind = (uint8_t)kind, .subject = subject, .object = object, .arguments = {a, b, c, d}};
	record(&event);
}

void audit_turn(void)
{
	uint32_t cpu = arch_cpu_self()->index;
	uint32_t moved;
	bool left = drain(&moved);
	stage_dropped(cpu);
	left |= drain(&moved);
	if (left || audit_staging[cpu].dropped != 0)
		ask_back();
	audit_readers_tell();
}

/* ---- messages and refusals ---- */

void audit_message(enum audit_kind kind, const struct thread *from, const struct cap *cap, uint32_t to,
                   uint64_t tag)
{
	struct audit_event event = {.kind = (uint8_t)kind, .flags = AUDIT_SAMPLED, .subject = from->owner->id,
		.object = cap->object,
		.arguments = {to == NONE ? 0 : process_of(to)->id, tag, cap->badge, AUDIT_SAMPLE_EVERY}};
	record(&event);
}

/* What each outcome is recorded as. What is not here is no refusal: the call was allowed, and something else
 * came of it. */
#define NO_EVENT 0xffu
static uint8_t refusal_kind(status_t status)
{
	static const struct {
		uint8_t status, kind;
	} refusals[] = {
		{STATUS_BAD_HANDLE, AUDIT_CAP_DENIED},      {STATUS_WRONG_TYPE, AUDIT_CAP_DENIED},
		{STATUS_DENIED, AUDIT_CAP_DENIED},          {STATUS_POLICY, AUDIT_SYSCALL_DENIED},
		{STATUS_INVALID, AUDIT_BAD_ARGUMENT},       {STATUS_BAD_ADDRESS, AUDIT_BAD_ARGUMENT},
		{STATUS_UNKNOWN_SYSCALL, AUDIT_BAD_ARGUMENT}, {STATUS_QUOTA, AUDIT_BAD_ARGUMENT},
		{STATUS_TABLE_FULL, AUDIT_BAD_ARGUMENT},    {STATUS_NO_MEMORY, AUDIT_BAD_ARGUMENT},
		{STATUS_BUSY, AUDIT_BAD_ARGUMENT},
	};
	for (uint32_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
		if (refusals[i].status == (uint32_t)status)
			return refusals[i].kind;
	}
	return NO_EVENT;
}

/* What the refused handle names in the caller's window, if anything. */
static uint64_t object_of(uint32_t process, handle_t handle)
{
	if (HANDLE_SLOT(handle) >= CSPACE_SLOTS || HANDLE_GENERATION(handle) % 2u == 0u)
		return 0;
	const struct cap *cap = &cap_table[cap_index(process, HANDLE_SLOT(handle))];
	uint64_t object = AUDIT_OBJECT(cap->type, cap->object);
	return __atomic_load_n(&cap->generation, __ATOMIC_ACQUIRE) == HANDLE_GENERATION(handle) ? object : 0;
}

static void cap_denied(const struct thread *current, status_t status)
{
	const struct cpu *cpu = arch_cpu_self();
	const uint64_t *arg = current->regs.arg;
	handle_t handle = cpu->refused_at == cpu->syscalls ? cpu->refused_handle : arg[0];
	audit_emit(AUDIT_CAP_DENIED, current->owner->id, object_of(current->process, handle), current->regs.number,
	           status == STATUS_DENIED ? arg[1] : 0, handle, (uint64_t)status);
}

void audit_not_passed(uint32_t holder, handle_t handle, status_t status)
{
	audit_emit(AUDIT_CAP_DENIED, process_of(holder)->id, object_of(holder, handle), SYSCALL_call, 0, handle,
	           (uint64_t)status);
}

void audit_outcome(const struct thread *current, status_t status)
{
	uint64_t subject = current->owner->id;
	uint64_t number = current->regs.number;
	uint8_t kind = refusal_kind(status);
	if (kind == AUDIT_CAP_DENIED)
		cap_denied(current, status);
	else if (kind == AUDIT_SYSCALL_DENIED)
		audit_emit(AUDIT_SYSCALL_DENIED, subject, 0, number, current->owner->syscall_mask, 0, 0);
	else if (kind == AUDIT_BAD_ARGUMENT)
		audit_emit(AUDIT_BAD_ARGUMENT, subject, 0, number, (uint64_t)status, current->regs.arg[0],
		           current->regs.arg[1]);
}

/* ---- consistency ---- */

bool audit_valid(void)
{
	if (audit_header == NULL)
		return true;
	bool valid = audit_header->magic == AUDIT_MAGIC && audit_header->version == 1 &&
	             audit_header->capacity == AUDIT_CAPACITY;
	lock_acquire(&audit_lock, LOCK_AUDIT);
	for (uint32_t cpu = 0; cpu < cpu_count && valid; cpu++)
		valid = audit_waiting(CC_LOAD_ACQUIRE(&audit_staging[cpu].staged), audit_staging[cpu].drained) <=
		        AUDIT_STAGED_MAX;
	lock_release(&audit_lock, LOCK_AUDIT);
	if (anything_pending())
		ask_back();
	return valid;
}
