/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The wall clock; see wall_clock.h. A sequence number, odd while a writer is
 * at work, tells a reader that what it read does not belong together; it then
 * reads again. Writers are few, and one at a time.
 */
#include <kernel/audit.h>
#include <kernel/lock.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>
#include <kernel/wall_clock.h>

static struct lock clock_lock;  /* w: LOCK_CLOCK */
static uint32_t sequence;       /* [a] written under [w] */
static uint64_t offset_ns;      /* [a] likewise: wall time at monotonic 0, modulo 2^64 */
static enum clock_source origin; /* [a] likewise */

/* One attempt; false: a writer was there. */
static bool try_read(uint64_t *out_offset_ns, enum clock_source *out_source)
{
	uint32_t before = __atomic_load_n(&sequence, __ATOMIC_ACQUIRE);
	*out_offset_ns = __atomic_load_n(&offset_ns, __ATOMIC_RELAXED);
	*out_source = __atomic_load_n(&origin, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return before % 2u == 0 && __atomic_load_n(&sequence, __ATOMIC_RELAXED) == before;
}

struct wall_clock_reading wall_clock_read(void)
{
	uint64_t offset;
	enum clock_source source;
	while (!try_read(&offset, &source))
		arch_spin_hint();
	if (source == CLOCK_SOURCE_NONE)
		return (struct wall_clock_reading){0, CLOCK_SOURCE_NONE};
	return (struct wall_clock_reading){offset + clock_now(), source};
}

struct wall_clock_reading wall_clock_set(uint64_t unix_ns, enum clock_source source)
{
	lock_acquire(&clock_lock, LOCK_CLOCK);
	struct wall_clock_reading before = wall_clock_read();
	__atomic_store_n(&sequence, sequence + 1u, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	__atomic_store_n(&offset_ns, unix_ns - clock_now(), __ATOMIC_RELAXED);
	__atomic_store_n(&origin, source, __ATOMIC_RELAXED);
	__atomic_store_n(&sequence, sequence + 1u, __ATOMIC_RELEASE);
	lock_release(&clock_lock, LOCK_CLOCK);
	return before;
}

status_t sys_clock_wall(struct thread *current)
{
	struct wall_clock_reading reading = wall_clock_read();
	current->regs.arg[1] = reading.unix_ns;
	current->regs.arg[2] = reading.source;
	return STATUS_OK;
}

status_t sys_clock_set(struct thread *current)
{
	uint64_t unix_ns = current->regs.arg[1];
	uint64_t source = current->regs.arg[2];
	struct cap *cap;
	status_t status = cap_lookup(current, current->regs.arg[0], OBJECT_CLOCK, RIGHT_MANAGE, &cap);
	if (status != STATUS_OK)
		return status;
	if (unix_ns == 0 || unix_ns > CLOCK_UNIX_MAX_NS || source == CLOCK_SOURCE_NONE ||
	    source >= CLOCK_SOURCE_COUNT)
		return STATUS_INVALID;
	struct wall_clock_reading before = wall_clock_set(unix_ns, (enum clock_source)source);
	audit_emit(AUDIT_CLOCK_SET, process_of(current->process)->id, 0, before.unix_ns, unix_ns, source, 0);
	return STATUS_OK;
}
