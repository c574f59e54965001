/* SPDX-License-Identifier: MPL-2.0 */
#include <os/time.h>
#include <os/panic.h>

uint64_t time_now(void)
{
	uint64_t now_ns = 0;

	must(sys_clock_now(&now_ns));
	return now_ns;
}

deadline_t time_after(uint64_t ns)
{
	uint64_t now_ns = time_now();

	return ns > DEADLINE_NEVER - now_ns ? DEADLINE_NEVER : now_ns + ns;
}

void time_sleep(uint64_t ns)
{
	status_t status = sys_thread_sleep(time_after(ns));

	assert(status == STATUS_OK || status == STATUS_TIMED_OUT);
}
