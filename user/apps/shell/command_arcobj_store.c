/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* arcobj du, fsck, info: the store as a whole, as it says itself. */
#include "arcobj.h"
#include <lib/block.h>
#include <lib/string.h>
#include <lib/text.h>

static unsigned long long number(uint64_t value)
{
	return value;
}

/* ---- du ---- */
static status_t own_sum(uint64_t *out_count, uint64_t *out_bytes)
{
	struct object_id cursor = {.hash = {0}};
	struct store_row row;
	status_t status;

	*out_count = *out_bytes = 0;
	while ((status = store_client_list(arcobj_store, true, &cursor, &row)) == STATUS_OK && progress_wanted()) {
		store_id_to(&row.id, &cursor);
		progress_count("counting your objects,", ++*out_count, 0);
		*out_bytes += row.size;
	}
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

int arcobj_du(int argc, char **argv)
{
	struct store_totals_rep totals;
	char size[SHOW_MAX];
	uint64_t count, bytes;

	if (argc != 1)
		return arcobj_usage(argv[0]);
	status_t status = own_sum(&count, &bytes);
	const bool wanted = progress_wanted();
	if (status == STATUS_OK && wanted)
		status = store_client_totals(arcobj_store, &totals);
	progress_end();
	if (!wanted)
		return arcobj_interrupted(argv[0]);
	if (status != STATUS_OK)
		return arcobj_failed(argv[0], status);
	print("yours      %llu object%s, %s\n", number(count), text_plural(count), show_size(size, bytes));
	print("all        %llu object%s, %s; %llu name%s\n", number(totals.objects), text_plural(totals.objects),
	      show_size(size, totals.object_bytes), number(totals.names), text_plural(totals.names));
	print("kept       %s in %llu part%s, each once; %llu content%s of more than one\n",
	      show_size(size, totals.part_bytes), number(totals.parts), text_plural(totals.parts),
	      number(totals.long_contents), text_plural(totals.long_contents));
	if (totals.unowned_lists != 0)
		print("waiting    %llu uploads under way, or deletions to be given back\n", number(totals.unowned_lists));
	return 0;
}

/* ---- fsck ---- */
#define CHECKS_MAX 3u /* times that somebody else's check may come between */

/* OK: the check went to its end; CHANGED: Ctrl-C. */
static status_t check(struct store_check_rep *out)
{
	char text[STORE_CHECK_TEXT_MAX];
	uint64_t step = 0;
	uint32_t begun = 0;
	status_t status;

	do {
		if (!progress_wanted())
			return STATUS_CHANGED;
		if (step == 0 && begun++ == CHECKS_MAX)
			return STATUS_BUSY;
		status = store_client_check(arcobj_store, &step, out, text);
		if (status == STATUS_BUSY)
			continue;
		if (status != STATUS_OK)
			return status;
		progress_count("checking, record", out->keys_done, out->keys);
		if (text[0] != '\0') {
			progress_end();
			print("%s%s", text, text[strlen(text) - 1u] == '\n' ? "" : "\n");
			progress_begin();
		}
	} while (status == STATUS_BUSY || out->finished == 0);
	return STATUS_OK;
}

int arcobj_fsck(int argc, char **argv)
{
	struct store_check_rep checked;

	if (argc != 1)
		return arcobj_usage(argv[0]);
	const status_t status = check(&checked);
	progress_end();
	if (status == STATUS_CHANGED)
		return arcobj_interrupted(argv[0]);
	if (status == STATUS_BUSY)
		return command_failed(argv[0], "somebody else checks the store, again and again");
	if (status != STATUS_OK)
		return arcobj_failed(argv[0], status);
	if (checked.changed != 0)
		print("the store was changed meanwhile, so counts of references were not compared\n");
	if (checked.problems == 0)
		print("%llu records checked: nothing is wrong\n", number(checked.keys_done));
	else
		print("%llu records checked: %llu things are wrong\n", number(checked.keys_done), number(checked.problems));
	return checked.problems != 0;
}

/* ---- info ---- */
static void medium(const struct store_info_rep *info)
{
	if (info->medium == STORE_ON_DISK)
		print("medium     disk %s%s%s\n", info->model, (info->flags & STORE_IS_READ_ONLY) != 0 ? ", read-only" : "",
		      (info->flags & STORE_WAS_FORMATTED) != 0 ? ", new: it was blank" : "");
	else if (info->medium == STORE_IN_MEMORY)
		print("medium     MEMORY: there is no disk, so nothing outlives the power, nor a restart of the store\n");
	else
		print("medium     NONE: the disk is refused and was not touched: %s\n",
		      status_sentence((status_t)info->problem));
	print("encrypted  %s\n", (info->flags & STORE_IS_ENCRYPTED) != 0 ? "yes" : "no");
}

/* For controllers. */
static void numbers(const struct store_info_rep *info)
{
	char all[SHOW_MAX], free[SHOW_MAX], live[SHOW_MAX];

	print("space      %s, of which %s free\n", show_size(all, info->blocks * BLOCK_SIZE),
	      show_size(free, info->free_blocks * BLOCK_SIZE));
	print("records    %llu, %s\n", number(info->keys), show_size(live, info->value_bytes));
	print("mounts     %llu, format %u%s\n", number(info->mounts), info->format,
	      (info->flags & STORE_WAS_RESTARTED) != 0 ? "; a predecessor ended since boot" : "");
	print("changes    %llu, in %llu commits with %llu flushes; %llu blocks written, %llu segments cleaned\n",
	      number(info->changes), number(info->commits), number(info->flushes), number(info->written_blocks),
	      number(info->cleaned_segments));
	print("reads      %llu parts of content\n", number(info->reads));
	print("clients    %llu, %llu of them with a session\n", number(info->clients), number(info->sessions));
}

int arcobj_info(int argc, char **argv)
{
	struct store_info_rep info;

	if (argc != 1)
		return arcobj_usage(argv[0]);
	const status_t status = store_client_info(arcobj_store, &info);
	if (status != STATUS_OK)
		return arcobj_failed(argv[0], status);
	medium(&info);
	if (info.medium != STORE_ON_NOTHING && info.blocks != 0)
		numbers(&info);
	return 0;
}

/* The shell does not wait for a store that has trouble. */
#define GREET_PATIENCE_NS NS_PER_SECOND

void arcobj_greet(void)
{
	static const struct store_info_req request;
	struct store_info_rep info;
	char size[SHOW_MAX];
	const handle_t store = startup_handle("fs");

	if (store == HANDLE_NONE || store_info(store, time_after(GREET_PATIENCE_NS), &request, &info) != STATUS_OK)
		return;
	if (info.medium == STORE_ON_NOTHING)
		print("THE DISK IS REFUSED and was not touched: %s. Nothing can be stored.\n",
		      status_sentence((status_t)info.problem));
	else if (info.medium == STORE_IN_MEMORY)
		print("THERE IS NO DISK: %s of memory take its place, nothing outlives the power.\n",
		      show_size(size, info.blocks * BLOCK_SIZE));
}
