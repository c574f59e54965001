/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * cambi disk fsck: what is wrong, what of it can be repaired, and with --repair the
 * repair. It makes again what is kept twice, and gives back what nobody owns; it never
 * guesses, and never drops what an owner did not delete.
 */
#include "disk.h"
#include <lib/text.h>
#include <stdlib.h>
#include <sys/random.h>

static uint64_t unowned(struct disk *disk)
{
	struct object_totals totals;

	return object_totals(&disk->store, &totals) == STATUS_OK ? totals.unowned_lists : 0;
}

static void explain(const struct disk *disk, const struct disk_findings *findings, uint64_t lists)
{
	if (findings->bad_header)
		printf("%s: repairable: the header, out of the other one\n", disk->path);
	if (findings->torn)
		printf("%s: repairable: the commit that is not whole, by giving it up\n", disk->path);
	if (findings->wrong - findings->objects > (uint32_t)findings->bad_header + findings->torn)
		printf("%s: repairable, unless a record is lost: by a new checkpoint\n", disk->path);
	if (findings->objects > 0)
		printf("%s: not repairable from this disk: what is said of objects and names. `export` saves all that "
		       "is sound\n",
		       disk->path);
	if (lists > 0)
		printf("%s: repairable: %llu interrupted uploads or deletions, by giving back their space\n",
		       disk->path, (unsigned long long)lists);
}

/* ---- repairs ---- */
/* The same key under the same passphrase, with a new salt, in both places. */
static void header_repair(const struct disk_place *place, struct disk *disk)
{
	uint8_t salt[BLOCK_XTS_SALT_SIZE];

	if (getrandom(salt, sizeof(salt), 0) != (ssize_t)sizeof(salt))
		refuse("the system gives no random numbers");
	const struct passphrase passphrase = disk_passphrase(place, false);
	const status_t status = block_xts_change(&disk->file.device, &passphrase, &passphrase, BLOCK_XTS_ITERATIONS, salt);
	disk_passphrase_wipe();
	disk_need(disk, status, "the header");
}

/* Any commit writes over what a torn one left at the end of the log. */
static void tail_repair(struct disk *disk)
{
	struct object_upload upload;

	disk_need(disk, object_upload_begin(&disk->store, &upload), "the end of the log");
	disk_commit(disk);
	disk_need(disk, object_upload_cancel(&disk->store, &upload), "the end of the log");
	disk_commit(disk);
}

static void repair(const struct disk_place *place, const struct disk_findings *findings)
{
	struct disk *const disk = disk_open(place, true);
	char size[16];

	if (findings->bad_header)
		header_repair(place, disk);
	if (findings->torn)
		tail_repair(disk);
	/* Space is given back by counts of references: not while one may be wrong. */
	if (findings->objects == 0) {
		text_size(size, sizeof(size), disk_reclaim(disk));
		printf("%s: repaired; %s of content given back\n", disk->path, size);
	}
	disk_close(disk);
}

/* What is wrong and, unless it is `quiet`, what of it can be repaired. */
static bool look(const struct disk_place *place, bool quiet, struct disk_findings *out_findings)
{
	struct disk *const disk = disk_open(place, false);

	disk_verify(disk, disk_report, &disk->path, out_findings);
	const uint64_t lists = unowned(disk);
	if (!quiet)
		explain(disk, out_findings, lists);
	if (out_findings->wrong == 0 && lists == 0)
		printf("%s: nothing is wrong\n", disk->path);
	disk_close(disk);
	return out_findings->wrong > 0 || lists > 0;
}

int disk_fsck(const struct disk_place *place, int argc, char **argv)
{
	const bool repairs = take_flag(&argc, argv, "--repair");
	struct disk_findings findings;

	need_words(argc, argv, 0, 0);
	if (look(place, repairs, &findings) && repairs) {
		repair(place, &findings);
		look(place, false, &findings);
	}
	return findings.wrong != 0;
}
