/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * adversary PHASE [PART]: one kind of attack. The exit code says how many audit
 * records of each kind it must have left; all ones: something got through.
 */
#include "adversary.h"
#include <lib/string.h>
#include <lib/text.h>

#define GOT_THROUGH UINT64_MAX

static const struct {
	const char *name;
	void (*run)(uint64_t part);
} phases[] = {
	{"calls", attack_calls},         {"mail", attack_mail},     {"authority", attack_authority},
	{"handles", attack_handles},     {"memory", attack_memory}, {"write", attack_write},
	{"exhaust", attack_exhaust},     {"race", attack_race},
};
#define PHASES (sizeof(phases) / sizeof(phases[0]))

static uint32_t phase_find(const char *name)
{
	uint32_t i = 0;

	while (i < PHASES && strcmp(phases[i].name, name) != 0)
		i++;
	return i;
}

int main(int argc, char **argv)
{
	uint64_t part = 0;
	uint32_t phase = argc < 2 ? PHASES : phase_find(argv[1]);

	if (phase == PHASES || argc > 3 || (argc == 3 && !text_number(argv[2], &part))) {
		print("usage: adversary PHASE [PART]; `witness` starts them all\n");
		return 2;
	}
	belongings_remember();
	phases[phase].run(part);
	check(belongings_restore() == 0); /* whatever was tried, what we had we still have */
	(void)!sys_process_exit(check_finish() == 0 ? attempts_code() : GOT_THROUGH);
	return 2;
}
