/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Phase by phase: what the attack may do, what the adversary is handed for it,
 * and the verdict over its end, its records and what it left behind.
 */
#include "witness.h"
#include <lib/format.h>
#include <lib/string.h>

#define PHASE_NS (60u * NS_PER_SECOND)

/* What the adversary finds under the name "test". */
enum bait {
	BAIT_NOTHING,
	BAIT_MEMORY,  /* that it may read */
	BAIT_CHANNEL, /* between us and somebody else */
};

enum outcome {
	EXACT,  /* every record is there */
	RACING, /* more attempts than the ring holds: what is not lost is there */
	FAULT,  /* the kernel must end it */
};

static const struct phase {
	const char *name;
	uint32_t parts;
	enum bait bait;
	enum outcome outcome;
} phases[] = {
	{"calls", 32, BAIT_NOTHING, EXACT},      {"mail", 1, BAIT_NOTHING, EXACT},
	{"authority", 1, BAIT_CHANNEL, EXACT},   {"handles", 4, BAIT_NOTHING, EXACT},
	{"memory", 1, BAIT_MEMORY, EXACT},       {"write", 3, BAIT_MEMORY, FAULT},
	{"exhaust", 1, BAIT_NOTHING, EXACT},     {"race", 1, BAIT_NOTHING, RACING},
};

static handle_t ended;
static handle_t baits[3];

static void baits_make(void)
{
	static const struct aid stranger = {.bytes = {AID_ALGORITHM_ED25519, AID_HASH_BLAKE3, 's', 't'}};

	must(sys_memory_create(1, &baits[BAIT_MEMORY]));
	memcpy(arch_message_page()->bulk, &stranger, sizeof(stranger));
	must(sys_channel_create(1, CHANNEL_BOTH, &baits[BAIT_CHANNEL]));
	must(sys_notification_create(&ended));
}

/* Start it, wait for its end, and give up all we have of it. */
static struct process_status run(const char *const *words, uint32_t word_count, enum bait bait)
{
	static const uint32_t rights[] = {0, RIGHT_READ, RIGHT_READ | RIGHT_WRITE};
	const struct spawn_grant grant = {"test", baits[bait], rights[bait]};
	struct process_status status = {0};
	struct spawn_child child;
	uint64_t bits;

	must(spawn_program(startup_need("spawn"), words, word_count, &grant, bait != BAIT_NOTHING, ended, 1, &child));
	if (sys_notification_wait(ended, time_after(PHASE_NS), &bits) != STATUS_OK) {
		print("%s %s does not end\n", words[0], words[1]);
		spawn_end(startup_need("spawn"), &child);
		must(sys_notification_wait(ended, DEADLINE_NEVER, &bits));
	}
	must(info_process_status(child.process, &status));
	must(sys_cap_drop(child.process));
	return status;
}

static uint64_t code_of(const struct tally *tally)
{
	return tally->denied | tally->refused << 20 | tally->filtered << 40;
}

static bool is_fault(const struct process_status *status)
{
	return status->killed == 1 &&
	       (status->fault.kind == FAULT_PROTECTION || status->fault.kind == FAULT_UNMAPPED);
}

static bool judge(const struct phase *phase, const struct process_status *status, const struct tally *tally)
{
	if (phase->outcome == FAULT)
		return is_fault(status) && tally->faults == 1;
	if (status->killed != 0 || status->exit_code == UINT64_MAX)
		return false;
	if (phase->outcome == RACING && tally->lost != 0)
		return code_of(tally) <= status->exit_code;
	return tally->lost == 0 && code_of(tally) == status->exit_code;
}

static void explain(const struct process_status *status, const struct tally *tally)
{
	print("  ended: killed %u, code %#llx, fault %u at %#llx\n", status->killed,
	      (unsigned long long)status->exit_code, status->fault.kind, (unsigned long long)status->fault.address);
	print("  records: %llu denied, %llu refused, %llu filtered, %llu faults, %llu lost\n",
	      (unsigned long long)tally->denied, (unsigned long long)tally->refused,
	      (unsigned long long)tally->filtered, (unsigned long long)tally->faults,
	      (unsigned long long)tally->lost);
}

static void phase_run(const struct phase *phase, uint32_t part)
{
	char number[12];
	const char *words[] = {"adversary", phase->name, number};

	format(number, sizeof(number), "%u", part);
	system_remember();
	struct process_status status = run(words, 3, phase->bait);
	struct tally tally = ring_count(status.id);
	bool sound = judge(phase, &status, &tally);
	bool restored = system_restored();

	check(sound);
	check(restored);
	print("%s %u: %llu attempts refused and recorded%s\n", phase->name, part,
	      (unsigned long long)(tally.denied + tally.refused + tally.filtered + tally.faults),
	      !sound ? ", BUT NOT ALL" : restored ? "" : ", BUT NOT ALL GIVEN BACK");
	if (!sound)
		explain(&status, &tally);
}

/* Another of us writes the ring: its end. */
static void trespass(void)
{
	const char *words[] = {"witness", "trespass"};
	struct process_status status = run(words, 2, BAIT_NOTHING);

	check(is_fault(&status));
}

/* What services and the kernel take once and keep (a page of a heap, a table's first page) is taken before it
 * is counted. */
static void warm_up(void)
{
	const char *words[] = {"adversary", "handles", "0"};

	(void)run(words, 3, BAIT_NOTHING);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "trespass") == 0) {
		ring_trespass();
		return 1;
	}
	baits_make();
	ring_open();
	ring_attack();
	trespass();
	warm_up();
	(void)ring_count(0);
	for (uint32_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		if (argc == 2 && strcmp(argv[1], phases[i].name) != 0)
			continue;
		for (uint32_t part = 0; part < phases[i].parts; part++)
			phase_run(&phases[i], part);
	}
	return check_finish();
}
