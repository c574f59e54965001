/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * cambi disk verify: is everything true? Checksums by the volume, hashes, signatures,
 * histories, names, counts and index by the store, and what neither can know: whether
 * the end of the log is where it should be.
 */
#include "disk.h"
#include <lib/text.h>

struct counted {
	object_report *report;
	void *context;
	uint32_t count;
};

static void tell(void *context, const char *text)
{
	struct counted *const counted = context;

	counted->count++;
	counted->report(counted->context, text);
}

/* One that is whole was enough to come this far. */
static void verify_headers(struct disk *disk, struct counted *counted, struct disk_findings *findings)
{
	findings->bad_header = disk->xts != NULL && block_xts_check(&disk->file.device) != STATUS_OK;
	if (findings->bad_header)
		tell(counted, "one of the two headers of the encryption is damaged");
}

static void verify_tail(struct disk *disk, struct counted *counted, struct disk_findings *findings)
{
	if (volume_tail(disk->volume, &findings->torn) != STATUS_OK)
		tell(counted, "the end of the log cannot be read");
	if (findings->torn)
		tell(counted, "behind the last commit lies one that is not whole: power was lost before it was "
		              "acknowledged, or it was damaged since");
}

void disk_verify(struct disk *disk, object_report *report, void *context, struct disk_findings *out_findings)
{
	struct counted counted = {report, context, 0};

	*out_findings = (struct disk_findings){.wrong = 0};
	verify_headers(disk, &counted, out_findings);
	(void)!volume_check(disk->volume, tell, &counted);
	verify_tail(disk, &counted, out_findings);
	const uint32_t before = counted.count;
	(void)!object_verify_all(&disk->store, disk->part, tell, &counted);
	out_findings->objects = counted.count - before;
	out_findings->wrong = counted.count;
}

void disk_report(void *context, const char *text)
{
	printf("%s: %s\n", *(const char *const *)context, text);
}

static void print_sound(struct disk *disk)
{
	struct object_totals totals;
	char size[16];

	disk_need(disk, object_totals(&disk->store, &totals), "counting");
	text_size(size, sizeof(size), totals.object_bytes);
	printf("%s: sound: %llu object%s of %s, %llu name%s; every checksum, hash, signature and history\n", disk->path,
	       (unsigned long long)totals.objects, text_plural(totals.objects), size, (unsigned long long)totals.names,
	       text_plural(totals.names));
}

int disk_check(const struct disk_place *place, int argc, char **argv)
{
	struct disk_findings findings;

	need_words(argc, argv, 0, 0);
	struct disk *const disk = disk_open(place, false);
	disk_verify(disk, disk_report, &disk->path, &findings);
	if (findings.wrong == 0)
		print_sound(disk);
	else
		printf("%s: %u things are wrong\n", disk->path, findings.wrong);
	disk_close(disk);
	return findings.wrong != 0;
}
