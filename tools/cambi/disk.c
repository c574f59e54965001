/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cambi disk DISK VERB: which verb, and the options all of them have. */
#include "disk.h"
#include <string.h>

static const struct {
	const char *name;
	int (*run)(const struct disk_place *place, int argc, char **argv);
} verbs[] = {
	{"list", disk_list},     {"get", disk_get},       {"put", disk_put},       {"names", disk_names},
	{"name", disk_name},     {"log", disk_log},       {"stat", disk_stat},     {"du", disk_du},
	{"verify", disk_check},  {"fsck", disk_fsck},     {"export", disk_export}, {"import", disk_import},
	{"format", disk_format}, {"salvage", disk_salvage}, {"passphrase", disk_passphrase_change},
};

int verb_disk(int argc, char **argv)
{
	struct disk_place place = {.passphrase_file = take_option(&argc, argv, "--passphrase-file")};

	if (argc < 2)
		misused("which disk, and what about it?");
	place.path = argv[0];
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(&place, argc - 2, argv + 2);
	}
	misused("%s is nothing one can do with a disk", argv[1]);
}
