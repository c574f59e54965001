/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The random-syscall program: so many calls, every number there is and some
 * there are not, with arguments of every class, from a seed. The kernel must
 * answer each with a status of its table and go on; what the calls did is this
 * program's own loss. The few calls that would only end the test early are kept
 * from doing so in arguments.c.
 */
#include "chaos.h"
#include <lib/text.h>
#include <os/check.h>
#include <os/print.h>
#include <os/startup.h>
#include <os/status.h>
#include <os/time.h>

#define CALLS_DEFAULT 200000u
#define STATUSES      64u

static uint64_t counts[STATUSES];

static const char *const names[SYSCALL_COUNT] = {
#define SYSCALL(number, name, shape, sentence) [number] = #name,
#include <abi/syscall.def>
#undef SYSCALL
};

/* A number that may be called; sometimes one that nobody gave out. */
static uint64_t number_choose(void)
{
	for (;;) {
		uint64_t number = random_below(SYSCALL_COUNT + 6u);

		if (random_below(1000) == 0)
			return random_next();
		if (number != SYSCALL_thread_exit && number != SYSCALL_process_exit)
			return number;
	}
}

static void one(void)
{
	uint64_t registers[SYS_REGISTERS];
	uint64_t number = number_choose();

	arguments_choose(number, registers);
	handle_t source = registers[0];
	status_t status = sys_raw(number, registers);
	if ((uint64_t)status >= STATUSES || status_name(status)[0] == '?') {
		print("chaos: call %s answered %llu\n", number < SYSCALL_COUNT && names[number] != NULL ? names[number] : "(none)",
		      (unsigned long long)registers[0]);
		check(false);
		return;
	}
	counts[status]++;
	if (status == STATUS_OK)
		arguments_learn(number, source, registers);
}

static void statistics(void)
{
	for (uint32_t i = 0; i < STATUSES; i++) {
		if (counts[i] != 0)
			print("%8llu %s\n", (unsigned long long)counts[i], status_name((status_t)i));
	}
}

int main(int argc, char **argv)
{
	uint64_t calls = CALLS_DEFAULT, seed = 1;

	if (argc > 3 || (argc > 1 && !text_number(argv[1], &calls)) ||
	    (argc > 2 && !text_number(argv[2], &seed))) {
		print("usage: chaos [CALLS [SEED]]\n");
		return 2;
	}
	print("chaos: %llu calls, seed %llu\n", (unsigned long long)calls, (unsigned long long)seed);
	random_seed(seed);
	answerer_start();
	uint64_t before_ns = time_now();
	for (uint64_t i = 0; i < calls; i++)
		one();
	uint64_t ms = (time_now() - before_ns) / NS_PER_MS;
	statistics();
	print("chaos: %llu ms\n", (unsigned long long)ms);
	check(counts[STATUS_OK] != 0 || calls < 100);
	check(counts[STATUS_BAD_HANDLE] != 0 || calls < 100);
	check(counts[STATUS_UNKNOWN_SYSCALL] != 0 || calls < 1000);
	/* The system still knows who we are. */
	uint64_t id = 0;
	check_status(sys_process_id(&id), OK);
	check(id != 0);
	return check_finish();
}
