/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is done when nobody asks: space comes back in pieces, each short enough for whoever asks next. */
#include "store.h"
#include <os/audit_tell.h>
#include <os/print.h>
#include <os/status.h>

bool reclaim_wanted = true; /* what a predecessor left */

static bool reclaim(void)
{
	static uint64_t reclaimed; /* of this round */
	uint64_t freed;
	status_t status = change_begin();

	if (status == STATUS_OK)
		status = object_reclaim(&objects, &freed);
	if (status == STATUS_OK) {
		reclaimed += freed;
		return true;
	}
	reclaim_wanted = false;
	if (reclaimed != 0)
		audit_tell(AUDIT_SPACE_RECLAIMED, 0, reclaimed, 0, 0, 0);
	reclaimed = 0;
	if (status == STATUS_NOT_FOUND)
		change_commit(); /* what the pieces before changed */
	else if (status != STATUS_DENIED)
		print("space cannot be given back: %s\n", status_sentence(status));
	medium_failed = medium_failed || status == STATUS_IO_ERROR;
	return false;
}

/* While there is plenty of room, what is dead costs nothing. */
static bool fills_up(void)
{
	struct volume_statistics statistics;

	volume_statistics(medium.volume, &statistics);
	return statistics.free_blocks < statistics.blocks / 4;
}

bool tidy(void)
{
	if (medium.volume == NULL || medium_failed)
		return false;
	if (reclaim_wanted)
		return reclaim();
	return fills_up() && volume_clean(medium.volume) == STATUS_OK;
}
