/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Uses up CPU time: for ever, or for so many milliseconds; in one thread, or in several. */
#include <lib/text.h>
#include <os/print.h>
#include <os/thread.h>
#include <os/time.h>

#define THREADS_MAX 8u

static deadline_t end = DEADLINE_NEVER;

static uint64_t turns(void *argument)
{
	uint64_t count = 0;

	(void)argument;
	while (time_now() < end) {
		for (uint32_t i = 0; i < 1000; i++)
			__asm__ volatile("" : : : "memory");
		count++;
	}
	return count;
}

int main(int argc, char **argv)
{
	struct thread *threads[THREADS_MAX];
	uint64_t ms = 0, count = 1;

	if (argc > 3 || (argc > 1 && !text_number(argv[1], &ms)) ||
	    (argc > 2 && (!text_number(argv[2], &count) || count == 0 || count > THREADS_MAX))) {
		print("usage: spin [MILLISECONDS [THREADS]]; 0: for ever\n");
		return 2;
	}
	if (ms != 0)
		end = time_after(ms * NS_PER_MS);
	for (uint64_t i = 1; i < count; i++) {
		if (thread_run(turns, NULL, NULL, &threads[i]) != STATUS_OK)
			return 1;
	}
	(void)turns(NULL);
	for (uint64_t i = 1; i < count; i++)
		thread_join(threads[i], NULL);
	return 0;
}
