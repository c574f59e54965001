/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Seeded simulation of the whole kernel on several CPUs.
 *
 *   sim [--seed N] [--seeds COUNT] [--steps N] [--cpus N] [--fail N] [--verbose]
 *
 * A batch of seeds has one boot, under a seed of its own; each goes on from the
 * first program's first step. Without sanitizers the seeds of a batch are run one
 * after the other in one process, from the same memory (snapshot.c); with them, or
 * after one that broke something, each begins with its boot. Every fourth seed has a
 * fault plan unless --fail says which allocation fails. JOBS in the environment says
 * how many processes at once (one per processor without it). Prints one closing line
 * `N passed, N failed`.
 */
#include "sim.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define RAM_BYTES (64ull << 20)
#define BATCH     256u /* seeds with the same quotient by it, and as many CPUs, are one batch */
#define MACHINES  4u   /* numbers of CPUs */
#define SEEDS     (BATCH / MACHINES)
#define SECONDS   60u  /* for a boot and a seed */
#if __has_feature(address_sanitizer)
#define TOGETHER false
#else
#define TOGETHER true
#endif

extern uint8_t __data_start[], _end[]; /* the linker's: all variables lie between */

/* What was asked for, and what came of it: in memory that all processes share. */
static struct {
	uint64_t first, end; /* seeds */
	uint64_t steps;
	uint64_t cpus; /* 0: by the seed */
	uint64_t fail; /* UINT64_MAX: by the seed */
	bool verbose;
	uint64_t next; /* batch that nobody has taken yet */
	uint64_t passed, user_steps;
} *run;

_Noreturn void sim_fail(const struct sim *sim, const char *what)
{
	fprintf(stderr, "sim: seed %llu: %s\n", (unsigned long long)sim->seed, what);
	fprintf(stderr, "replay: build/host/sim --seed %llu --seeds 1 --steps %llu --cpus %u --fail %llu --verbose\n",
	        (unsigned long long)sim->seed, (unsigned long long)sim->steps, sim->cpus,
	        (unsigned long long)sim->fail_at);
	_exit(1);
}

static void report(const struct sim *sim, uint64_t user_steps)
{
	printf("seed %llu: %llu user steps, %llu deliveries compared, %llu images verified, %llu checks, %llu allocations\n",
	       (unsigned long long)sim->seed, (unsigned long long)user_steps,
	       (unsigned long long)sim->delivered, (unsigned long long)sim->verified,
	       (unsigned long long)sim->checks,
	       (unsigned long long)sim_allocations);
	for (uint32_t i = 0; i < 40; i++)
		if (sim->statuses[i] != 0)
			printf("  status %u: %llu\n", i, (unsigned long long)sim->statuses[i]);
}

/* The seed of a batch with this number, or 0: it is not asked for. Batches are numbered by quotient, then machine. */
static uint64_t batch_seed(uint64_t batch, uint64_t number)
{
	uint64_t seed = batch / MACHINES * BATCH + batch % MACHINES + number * MACHINES;
	return number < SEEDS && seed >= run->first && seed < run->end ? seed : 0;
}

static struct sim sim_of(uint64_t batch, uint64_t seed)
{
	struct sim sim = {.seed = seed, .steps = run->steps, .verbose = run->verbose};
	sim.cpus = run->cpus != 0 ? (uint32_t)run->cpus : 1u + (uint32_t)(batch % MACHINES);
	sim.fail_at = run->fail != UINT64_MAX ? run->fail : seed % 4u == 3u ? 1u + seed * 7u % 3000u : 0u;
	return sim;
}

static void run_seed(struct sim *sim)
{
	alarm(SECONDS);
	sim_fail_at = sim->fail_at;
	host_reseed(sim->seed);
	uint64_t user_steps = host_simulate(sim->steps);
	if (sim->verbose)
		report(sim, user_steps);
	fflush(stdout);
	__atomic_add_fetch(&run->passed, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&run->user_steps, user_steps, __ATOMIC_RELAXED);
}

/* All variables, and the RAM. */
static void snapshot(void)
{
	uint8_t *const ram = arch_direct((paddr_t){HOST_RAM_BASE});
	const struct snapshot_range ranges[] = {{__data_start, _end, true}, {ram, ram + RAM_BYTES, false}};
	snapshot_take(ranges, 2);
}

/* There in a build that counts coverage: what it would do at the end of a program. */
int __llvm_profile_write_file(void) __attribute__((weak));

/* The seeds of a batch from a number on, in this process. *number, in shared memory, is the one being run. */
_Noreturn static void run_batch(uint64_t batch, volatile uint64_t *number)
{
	static struct sim sim;
	uint64_t stop = TOGETHER ? SEEDS : *number + 1;
	sim = sim_of(batch, batch_seed(batch, *number));
	alarm(SECONDS);
	host_machine(RAM_BYTES, sim.cpus);
	sim_bundle(host_boot_info());
	if (!host_simulate_boot(batch, sim_actor, sim_check, &sim))
		sim_fail(&sim, "no program ever ran");
	if (TOGETHER)
		snapshot();
	for (uint64_t seed = sim.seed; seed != 0 && *number != stop; seed = batch_seed(batch, ++*number)) {
		if (TOGETHER)
			snapshot_restore();
		sim = sim_of(batch, seed);
		run_seed(&sim);
	}
	if (__llvm_profile_write_file != NULL)
		__llvm_profile_write_file();
	_exit(0);
}

static void tell(uint64_t batch, uint64_t seed, int signal)
{
	struct sim sim = sim_of(batch, seed);
	fprintf(stderr, "sim: seed %llu ended by signal %d; replay with --seed %llu --seeds 1 --steps %llu --cpus %u --fail %llu\n",
	        (unsigned long long)seed, signal, (unsigned long long)seed, (unsigned long long)sim.steps, sim.cpus,
	        (unsigned long long)sim.fail_at);
}

/* One batch: a process for all of it, and another for what is left after a seed that broke something. */
static void judge_batch(uint64_t batch, volatile uint64_t *number)
{
	int status = 0;
	for (*number = 0; *number < SEEDS;) {
		uint64_t seed = batch_seed(batch, *number);
		uint64_t began = *number;
		pid_t child = seed != 0 ? fork() : -1;
		if (child == 0)
			run_batch(batch, number);
		if (child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status))
			tell(batch, batch_seed(batch, *number), WTERMSIG(status));
		if (child < 0 || *number == began || status != 0)
			++*number; /* not asked for, or it broke something */
	}
}

/* Take batches until there are none. */
static void work(volatile uint64_t *number)
{
	for (;;) {
		uint64_t batch = __atomic_fetch_add(&run->next, 1, __ATOMIC_RELAXED);
		if (batch / MACHINES * BATCH >= run->end)
			return;
		judge_batch(batch, number);
	}
}

static void *shared(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		abort();
	return memory;
}

static void work_on_all_processors(void)
{
	const char *asked = getenv("JOBS");
	long jobs = asked != NULL ? atol(asked) : sysconf(_SC_NPROCESSORS_ONLN);
	for (long i = 0; i < jobs; i++) {
		if (fork() == 0) {
			work(shared(sizeof(uint64_t)));
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
}

static uint64_t option(int argc, char **argv, const char *name, uint64_t otherwise)
{
	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return strtoull(argv[i + 1], NULL, 0);
	return otherwise;
}

int main(int argc, char **argv)
{
	run = shared(sizeof *run);
	uint64_t seeds = option(argc, argv, "--seeds", 20);
	run->first = option(argc, argv, "--seed", 1);
	run->end = run->first + seeds;
	run->steps = option(argc, argv, "--steps", 20000);
	run->cpus = option(argc, argv, "--cpus", 0);
	run->fail = option(argc, argv, "--fail", UINT64_MAX);
	run->verbose = argc > 1 && strcmp(argv[argc - 1], "--verbose") == 0;
	run->next = run->first / BATCH * MACHINES;
	if (run->first == 0) /* no seed is 0 */
		return 1;
	work_on_all_processors();
	printf("%llu steps of programs\n", (unsigned long long)run->user_steps);
	printf("%llu passed, %llu failed\n", (unsigned long long)run->passed, (unsigned long long)(seeds - run->passed));
	return run->passed != seeds;
}
