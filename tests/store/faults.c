/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A device that fails: the same transaction again and again, each time with
 * another operation that fails. A failed write or flush ends all changes until the
 * next mount; a failed read costs the transaction and nothing else.
 */
#include "store.h"
#include <string.h>

#define WRITES_TRIED 10u /* of writes and flushes */
#define READS_TRIED 6u

static struct work before;
static uint8_t *arena_before;
static struct disk spare; /* what is durable, for one try */
static uint8_t part[OBJECT_PART_SIZE];

static void keep(const struct work *work)
{
	if (arena_before == NULL) {
		arena_before = memory(ARENA_SIZE);
		disk_make(&spare, world.blocks);
	}
	before = *work;
	memcpy(arena_before, work->arena, ARENA_SIZE);
	disk_mark(work->disk);
}

static void go_back(struct work *work)
{
	disk_fault_set(work->disk, (struct disk_fault){ .at = 0 });
	disk_back(work->disk);
	*work = before;
	memcpy(work->arena, arena_before, ARENA_SIZE);
}

static void report_nothing(void *context, const char *text)
{
	(void)context, (void)text;
}

/* What the mounted store shows is what was acknowledged. */
static void shows(struct work *work)
{
	const char *problem = model_differs(&work->now, &work->store);

	if (problem != NULL)
		store_fail("after a failure of the device, the store shows %s", problem);
	if (object_verify_all(&work->store, part, report_nothing, NULL) != STATUS_OK)
		store_fail("after a failure of the device, verification complains");
}

static void refuses_changes(struct work *work)
{
	if (object_state_put(&work->store, &world.people[0].aid, "x", 1) != STATUS_IO_ERROR)
		store_fail("after a failed write, the store takes changes");
}

/* Another mount, with and without a power cut between. */
static void mounts_again(struct work *work, const struct disk *media, bool acknowledged)
{
	const struct model *models[2] = { acknowledged ? &work->now : &before.now, work->committing ? &work->next : &work->now };

	disk_copy(&spare, media);
	explore_some(work->disk, &spare, &before.now, models[1]);
	work->disk->recording = false;
	disk_fault_set(work->disk, (struct disk_fault){ .at = 0 });
	(void)judge(work->disk, models, 2, false);
}

/* It may also be refused as it would be without the failure. */
static bool is_expected(status_t status)
{
	return status == STATUS_OK || status == STATUS_IO_ERROR || status == STATUS_NO_SPACE || status == STATUS_QUOTA;
}

static void write_fault(struct work *work, const struct disk *media, uint64_t at)
{
	const struct disk_fault fault = { .at = at, .fails = at % 2 == 0 ? 1 : UINT64_MAX,
		                          .torn = random_below(&work->random, 3) };

	go_back(work);
	disk_fault_set(work->disk, fault);
	disk_record(work->disk);
	const status_t status = work_transaction(work);
	if (!is_expected(status))
		store_fail("a failed write or flush becomes status %d", (int)status);
	if (work->open) {
		shows(work);
		refuses_changes(work);
	}
	mounts_again(work, media, status == STATUS_OK);
	tally->faults++;
}

static void read_fault(struct work *work, uint64_t at)
{
	go_back(work);
	disk_fault_set(work->disk, (struct disk_fault){ .at = at, .fails = 1, .reads = true });
	const status_t status = work_transaction(work);
	if (!is_expected(status))
		store_fail("a failed read becomes status %d", (int)status);
	if (!work->open && work_open(work) != STATUS_OK)
		store_fail("a store that could not be read once does not open");
	disk_fault_set(work->disk, (struct disk_fault){ .at = 0 });
	shows(work);
	if (volume_check(work->volume, report_nothing, NULL) != STATUS_OK)
		store_fail("after a failed read, the volume's check complains");
	const status_t again = work_transaction(work);
	if (again != STATUS_OK && again != STATUS_NO_SPACE && again != STATUS_QUOTA)
		store_fail("after a failed read, a transaction gets status %d", (int)again);
	shows(work);
	tally->faults++;
}

/* Which one fails: each in turn, or some of many. */
static uint64_t operation_draw(uint64_t *random, uint64_t number, uint64_t operations, uint64_t tried)
{
	return operations <= tried ? number + 1 : 1 + random_below(random, operations);
}

void faults_try(struct work *work, struct disk *media)
{
	uint64_t choice = work->random;

	keep(work);
	disk_fault_set(work->disk, (struct disk_fault){ .at = 0 });
	(void)!work_transaction(work);
	const uint64_t operations = work->disk->operations, reads = work->disk->reads;
	for (uint64_t i = 0; i < WRITES_TRIED && i < operations; i++)
		write_fault(work, media, operation_draw(&choice, i, operations, WRITES_TRIED));
	for (uint64_t i = 0; i < READS_TRIED && i < reads; i++)
		read_fault(work, operation_draw(&choice, i, reads, READS_TRIED));
	go_back(work);
	disk_unmark(work->disk);
}
