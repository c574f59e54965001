/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Does every CPU keep time? One thread per CPU, bound to it, sleeps many short
 * times: each sleep ends only if that CPU's own timer interrupts it. And two
 * threads that never give way must share one CPU, which takes its slice timer.
 */
#include <os/check.h>
#include <os/print.h>
#include <os/thread.h>
#include <os/time.h>

#define CPUS   16u
#define SLEEPS 40u

static uint64_t sleep_often(void *argument)
{
	uint64_t cpu = (uint64_t)(uintptr_t)argument;
	if (sys_thread_control(HANDLE_NONE, THREAD_CONTROL_AFFINITY, 1ull << cpu) != STATUS_OK)
		return UINT64_MAX;
	/* A yield is where the thread moves; then it is on its CPU until it ends. */
	if (sys_thread_yield() != STATUS_OK)
		return UINT64_MAX;
	uint64_t start = time_now();
	for (uint32_t i = 0; i < SLEEPS; i++)
		time_sleep(2 * NS_PER_MS);
	return time_now() - start;
}

static bool cpu_exists(uint64_t cpu)
{
	bool exists = sys_thread_control(HANDLE_NONE, THREAD_CONTROL_AFFINITY, 1ull << cpu) == STATUS_OK;
	check_status(sys_thread_control(HANDLE_NONE, THREAD_CONTROL_AFFINITY, UINT64_MAX), OK);
	return exists;
}

static uint32_t test_sleep(void)
{
	struct thread *threads[CPUS];
	uint64_t took;
	uint32_t count = 0;
	while (count < CPUS - 1u && cpu_exists(count)) {
		check_status(thread_run(sleep_often, (void *)(uintptr_t)count, NULL, &threads[count]), OK);
		count++;
	}
	for (uint32_t cpu = 0; cpu < count; cpu++) {
		thread_join(threads[cpu], &took);
		check(took != UINT64_MAX && took >= SLEEPS * 2 * NS_PER_MS);
	}
	return count;
}

static volatile bool other_ran;

static uint64_t spin_until_other(void *argument)
{
	(void)argument;
	check_status(sys_thread_control(HANDLE_NONE, THREAD_CONTROL_AFFINITY, 1), OK);
	uint64_t limit = time_now() + 5 * NS_PER_SECOND;
	while (!other_ran && time_now() < limit)
		continue;
	return other_ran;
}

static uint64_t mark(void *argument)
{
	(void)argument;
	check_status(sys_thread_control(HANDLE_NONE, THREAD_CONTROL_AFFINITY, 1), OK);
	other_ran = true;
	return 0;
}

static void test_slice(void)
{
	struct thread *spinner, *marker;
	uint64_t seen;
	check_status(thread_run(spin_until_other, NULL, NULL, &spinner), OK);
	check_status(thread_run(mark, NULL, NULL, &marker), OK);
	thread_join(marker, NULL);
	thread_join(spinner, &seen);
	check(seen == 1);
}

int main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	uint32_t count = test_sleep();
	test_slice();
	print("%u CPUs keep time\n", count);
	return check_finish();
}
