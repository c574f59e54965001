/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Shows that the object store loses nothing it acknowledged and shows nothing by
 * halves, whatever power cuts, failures of the device and damage do.
 *
 *   store-crash [--seed N] [--seeds COUNT] [--lives N] [--transactions N] [--verbose]
 *
 * A seed is a world of principals and contents and several lives of a disk; a
 * life is some transactions and ends in a power cut, and the next one goes on from
 * what that left. After each transaction its crash states are judged (explore.c,
 * judge.c); some transactions are done again with a failing device (faults.c), and
 * bits are flipped. Each seed is a process; JOBS in the environment says how many
 * at once (one per processor without it). A seed that fails prints what failed and the
 * command that repeats it. The last line is `N passed, N failed`, in seeds.
 */
#include "store.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS 600u /* of CPU time, for one seed */
#define FLIPS 12u

struct tally *tally;
static struct tally *all; /* of all seeds, in memory that all processes share */
static uint64_t lives, transactions;
static bool verbose;
static uint64_t life, transaction; /* where the seed is */

static void tally_add(void)
{
	const uint64_t *mine = (const uint64_t *)tally;
	uint64_t *sums = (uint64_t *)all;

	for (size_t i = 0; i < sizeof *tally / sizeof *mine; i++)
		__atomic_add_fetch(&sums[i], mine[i], __ATOMIC_RELAXED);
}

_Noreturn void store_fail(const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "store-crash: seed %llu, life %llu, transaction %llu: ", (unsigned long long)world.seed,
	        (unsigned long long)life, (unsigned long long)transaction);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\nreplay: build/host/store-crash --seed %llu --seeds 1 --lives %llu --transactions %llu --verbose\n",
	        (unsigned long long)world.seed, (unsigned long long)lives, (unsigned long long)transactions);
	tally_add();
	_exit(1);
}

void *memory(size_t size)
{
	void *bytes = calloc(1, size);

	if (bytes == NULL)
		abort();
	return bytes;
}

/* SplitMix64. */
uint64_t random_next(uint64_t *random)
{
	uint64_t mixed = *random += 0x9e3779b97f4a7c15u;

	mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
	mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
	return mixed ^ mixed >> 31;
}

uint64_t random_below(uint64_t *random, uint64_t bound)
{
	return random_next(random) % bound;
}

/* ---- one seed ---- */
static struct work work;
static struct disk cache, media; /* as the one who works sees it; what is durable of it */
static struct model acknowledged; /* before the transaction under way */
static struct model behind;       /* before the last one that wrote anything */
static bool behind_known;         /* in this life */

static void begin(uint64_t seed)
{
	static const uint8_t IDENTITY[16] = { 'c', 'r', 'a', 's', 'h' };

	world_make(seed);
	explore_start(seed, world.blocks);
	judge_start();
	disk_make(&cache, world.blocks);
	disk_make(&media, world.blocks);
	work = (struct work){ .disk = &cache, .arena = memory(ARENA_SIZE), .random = seed * 31 };
	disk_record(&cache);
	if (volume_format(&cache.device, work.arena, ARENA_SIZE, IDENTITY) != STATUS_OK || work_open(&work) != STATUS_OK)
		store_fail("a new disk cannot be formatted");
	explore(&cache, &media, &work.now, &work.now, true);
}

/* Flip bits of the disk as it is: closed, it must be just this; with a log, its last batch may look torn. */
static void flips(void)
{
	const struct model *models[2] = { &work.now, &behind };

	disk_copy(&media, &cache);
	for (uint32_t i = 0; behind_known && i < FLIPS; i++) {
		disk_mark(&media);
		judge_flip(&media, random_next(&work.random), models, 2);
		disk_back(&media);
	}
	disk_unmark(&media);
}

static void closed_flips(void)
{
	const status_t status = volume_unmount(work.volume);
	const struct model *models[1] = { &work.now };

	if (status != STATUS_OK && status != STATUS_NO_SPACE)
		store_fail("closing gets status %d", (int)status);
	disk_copy(&media, &cache);
	for (uint32_t i = 0; status == STATUS_OK && i < 4 * FLIPS; i++) {
		disk_mark(&media);
		judge_flip(&media, random_next(&work.random), models, 1);
		disk_back(&media);
	}
	disk_unmark(&media);
}

static const struct model *under_way(status_t status)
{
	return status == STATUS_OK || (status == STATUS_IO_ERROR && work.committing) ? &work.next : &acknowledged;
}

static status_t transact(void)
{
	acknowledged = work.now;
	disk_fault_set(&cache, (struct disk_fault){ .at = 0 });
	disk_record(&cache);
	const status_t status = work_transaction(&work);
	if (disk_wrote(&cache)) {
		behind = acknowledged;
		behind_known = true;
	}
	if (status == STATUS_NO_SPACE && work.only_deletes)
		store_fail("deleting needs space that is not there");
	if (status != STATUS_OK && status != STATUS_NO_SPACE && status != STATUS_QUOTA)
		store_fail("a transaction gets status %d", (int)status);
	tally->refused += status != STATUS_OK;
	tally->transactions++;
	return status;
}

static void live(void)
{
	const bool with_faults = life % 2 == 1;

	for (transaction = 1; transaction <= transactions; transaction++) {
		if (with_faults && transaction % 4 == 0)
			faults_try(&work, &media);
		const status_t status = transact();
		if (transaction == transactions) {
			if (explore_die(&cache, &media, &acknowledged, under_way(status)) == 1 && status == STATUS_OK)
				work.now = work.next;
			else
				work.now = acknowledged;
			break;
		}
		explore(&cache, &media, &acknowledged, under_way(status), false);
		if (transaction % 8 == 0)
			flips();
	}
}

static void go_on(void)
{
	struct volume_statistics statistics;

	volume_statistics(work.volume, &statistics);
	tally->cleaned += statistics.cleaned_segments;
	disk_copy(&cache, &media);
	cache.recording = behind_known = false;
	if (work_open(&work) != STATUS_OK)
		store_fail("the next life cannot begin");
}

static void run_seed(uint64_t seed)
{
	tally = memory(sizeof *tally);
	const struct rlimit limit = { SECONDS, SECONDS };

	(void)setrlimit(RLIMIT_CPU, &limit);
	begin(seed);
	for (life = 1; life <= lives; life++) {
		live();
		go_on();
	}
	closed_flips();
	tally_add();
	_exit(0);
}

/* ---- all seeds ---- */
static uint64_t option(int argc, char **argv, const char *name, uint64_t otherwise)
{
	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return strtoull(argv[i + 1], NULL, 0);
	return otherwise;
}

static bool ended_well(pid_t child, int status)
{
	if (WIFSIGNALED(status))
		fprintf(stderr, "store-crash: process %d ended by signal %d\n", (int)child, WTERMSIG(status));
	return status == 0;
}

static uint64_t run_all(uint64_t first, uint64_t seeds, long jobs)
{
	uint64_t begun = 0, ended = 0, passed = 0;

	while (ended < seeds) {
		if (begun < seeds && begun - ended < (uint64_t)jobs) {
			const uint64_t seed = first + begun++;
			if (verbose)
				printf("seed %llu\n", (unsigned long long)seed);
			fflush(stdout);
			if (fork() == 0)
				run_seed(seed);
			continue;
		}
		int status = 1;
		const pid_t child = wait(&status);
		passed += ended_well(child, status);
		ended++;
	}
	return passed;
}

int main(int argc, char **argv)
{
	const uint64_t first = option(argc, argv, "--seed", 1), seeds = option(argc, argv, "--seeds", 10);
	const char *jobs = getenv("JOBS");

	lives = option(argc, argv, "--lives", 6);
	transactions = option(argc, argv, "--transactions", 24);
	verbose = argc > 1 && strcmp(argv[argc - 1], "--verbose") == 0;
	all = mmap(NULL, sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (all == MAP_FAILED)
		abort();
	const uint64_t passed = run_all(first, seeds, jobs != NULL ? atol(jobs) : sysconf(_SC_NPROCESSORS_ONLN));
	printf("%llu crash states of %llu transactions (%llu of %llu windows exhausted), %llu failures of the device, "
	       "%llu flipped bits (%llu told), %llu transactions refused, %llu segments cleaned\n",
	       (unsigned long long)all->states, (unsigned long long)all->transactions, (unsigned long long)all->exhausted,
	       (unsigned long long)all->windows, (unsigned long long)all->faults, (unsigned long long)all->flips,
	       (unsigned long long)all->flips_found, (unsigned long long)all->refused, (unsigned long long)all->cleaned);
	printf("%llu passed, %llu failed\n", (unsigned long long)passed, (unsigned long long)(seeds - passed));
	return passed == seeds ? 0 : 1;
}
