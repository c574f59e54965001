/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Monotonic time, and deadlines in one binary heap per CPU. */
#pragma once
#include <kernel/thread.h>

/* Conversion factors; after arch_time_frequency is known. */
void clock_init(void);
/* Back the heaps; after the tables are sized and cpu_count is known. */
void timer_init(void);
/* Nanoseconds since boot; of a counter value; counter value of a time (saturating). */
deadline_t clock_now(void);
deadline_t clock_from_ticks(uint64_t ticks);
uint64_t clock_to_ticks(deadline_t deadline);
/* Timer ids: thread slots, then those of notifications, then those of processes, then one for channel grace. */
#define TIMER_NOTIFICATION(slot) (THREAD_MAX + (slot))
#define TIMER_BUDGET(process) (THREAD_MAX + NOTIFICATION_MAX + (process))
#define TIMER_GRACE (THREAD_MAX + NOTIFICATION_MAX + PROCESS_MAX)
#define TIMER_COUNT (TIMER_GRACE + 1)
/* The heap of each CPU. */
#define TIMER_ROW 10240u
_Static_assert(TIMER_ROW >= TIMER_COUNT && TIMER_ROW * sizeof(uint32_t) % PAGE_SIZE == 0,
               "a heap is a whole number of pages");
extern uint32_t timer_ids[CPU_MAX][TIMER_ROW] CC_FAR;
struct timer *timer_of(uint32_t id);
/* Arm on this CPU (re-arming moves it); disarm wherever it is. */
void timer_set(uint32_t id, deadline_t deadline, uint64_t wait);
void timer_cancel(uint32_t id);
/* Expire what is due on this CPU and re-arm the hardware for the next deadline or slice end. */
void timer_run(void);
void timer_rearm(struct cpu *cpu);
bool timer_valid(void);
