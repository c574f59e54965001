/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Memory that devices reach. A piece belongs to one device and one tag until the
 * driver says that the device will not use it again: who drives the device may
 * change meanwhile, who else reads the memory may end, the place stays.
 */
#include "devices.h"
#include <os/info.h>
#include <os/panic.h>

static struct memory_piece pieces[MEMORY_MAX];

static struct memory_piece *find(const struct row *row, uint64_t tag)
{
	for (uint32_t i = 0; i < MEMORY_MAX; i++) {
		if (pieces[i].row == row && pieces[i].tag == tag)
			return &pieces[i];
	}
	return NULL;
}

static uint32_t count_of(const struct row *row)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < MEMORY_MAX; i++)
		count += pieces[i].row == row;
	return count;
}

static status_t make(struct row *row, uint64_t tag, uint64_t pages, struct memory_piece **out_piece)
{
	struct memory_piece *piece = pieces;

	while (piece < pieces + MEMORY_MAX && piece->row != NULL)
		piece++;
	if (piece == pieces + MEMORY_MAX || count_of(row) >= ROW_MEMORY_MAX)
		return STATUS_TABLE_FULL;
	status_t status = sys_memory_contiguous(startup_need("devices"), pages, 0, &piece->memory, &piece->address);
	if (status != STATUS_OK)
		return status;
	status = confine_allow(row, piece->address, pages);
	if (status != STATUS_OK) {
		must(sys_cap_drop(piece->memory));
		return status;
	}
	piece->row = row;
	piece->tag = tag;
	piece->pages = pages;
	*out_piece = piece;
	return STATUS_OK;
}

status_t memory_give(struct row *row, uint64_t tag, uint64_t pages, const struct memory_piece **out_piece,
                     bool *out_fresh)
{
	struct memory_piece *piece = find(row, tag);

	*out_fresh = piece == NULL;
	if (piece == NULL && pages == 0)
		return STATUS_NOT_FOUND;
	if (piece != NULL && pages != 0 && piece->pages != pages)
		return STATUS_BUSY;
	status_t status = piece == NULL ? make(row, tag, pages, &piece) : STATUS_OK;
	*out_piece = piece;
	return status;
}

static bool runs(uint64_t process)
{
	struct info_process info;
	uint64_t index = 0;

	while (info_read(startup_need("monitor"), INFO_PROCESS, index, &info, sizeof(info), &index) == STATUS_OK) {
		if (info.id == process)
			return true;
	}
	return false;
}

status_t memory_forget(struct row *row, uint64_t tag, bool ended)
{
	struct memory_piece *piece = find(row, tag);

	if (piece == NULL)
		return STATUS_NOT_FOUND;
	if (ended && runs(tag))
		return STATUS_BUSY;
	status_t status = confine_withdraw(row, piece->address, piece->pages);
	if (status != STATUS_OK)
		return status; /* it may reach it still: it stays its own */
	must(sys_cap_drop(piece->memory));
	piece->row = NULL;
	return STATUS_OK;
}

uint64_t memory_pages(const struct row *row)
{
	uint64_t pages = 0;

	for (uint32_t i = 0; i < MEMORY_MAX; i++)
		pages += pieces[i].row == row ? pieces[i].pages : 0;
	return pages;
}
