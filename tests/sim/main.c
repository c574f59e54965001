/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Seeded simulation of the whole kernel on several CPUs.
 *
 *   sim [--seed N] [--seeds COUNT] [--steps N] [--cpus N] [--fail N] [--verbose]
 *
 * Each seed runs in a process of its own, so that every run starts from the
 * same memory. Every fourth seed also has a fault plan unless --fail says which
 * allocation fails. Prints one closing line `N passed, N failed`.
 */
#include "sim.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define RAM_BYTES (64ull << 20)

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

static void run_one(struct sim *sim)
{
	host_machine(RAM_BYTES, sim->cpus);
	sim_bundle(host_boot_info());
	sim_fail_at = sim->fail_at;
	uint64_t user_steps = host_simulate(sim->seed, sim->steps, sim_actor, sim_check, sim);
	if (user_steps == 0)
		sim_fail(sim, "no program ever ran");
	if (sim->verbose)
		report(sim, user_steps);
}

static bool run_in_child(struct sim *sim)
{
	int status = 1;
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		alarm(60);
		run_one(sim);
		fflush(stdout);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return false;
	if (WIFSIGNALED(status))
		fprintf(stderr, "sim: seed %llu ended by signal %d; replay with --seed %llu --seeds 1 --steps %llu --cpus %u --fail %llu\n",
		        (unsigned long long)sim->seed, WTERMSIG(status), (unsigned long long)sim->seed,
		        (unsigned long long)sim->steps, sim->cpus, (unsigned long long)sim->fail_at);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
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
	uint64_t first = option(argc, argv, "--seed", 1);
	uint64_t seeds = option(argc, argv, "--seeds", 20);
	uint64_t fail = option(argc, argv, "--fail", UINT64_MAX);
	unsigned passed = 0, failed = 0;
	for (uint64_t i = 0; i < seeds; i++) {
		struct sim sim = {.seed = first + i, .steps = option(argc, argv, "--steps", 20000)};
		sim.cpus = (uint32_t)option(argc, argv, "--cpus", 1u + (sim.seed % 4u));
		sim.fail_at = fail != UINT64_MAX ? fail : sim.seed % 4u == 3u ? 1u + sim.seed * 7u % 3000u : 0u;
		sim.verbose = argc > 1 && strcmp(argv[argc - 1], "--verbose") == 0;
		if (run_in_child(&sim))
			passed++;
		else
			failed++;
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}
