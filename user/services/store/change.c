/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Changes collect in one transaction as long as messages wait, and are answered when
 * its commit is durable. A change that fails half-way undoes the transaction
 * (lib/object.h): then all who wait for it are told the same.
 */
#include "store.h"
#include <lib/string.h>

#define WAITING_MAX  64u
#define REPLY_MAX    64u
#define CHANGE_BYTES (128u << 10) /* the most one change puts into a transaction: a part, a history, small records */

static struct waiting {
	handle_t reply;
	uint32_t bytes;
	uint8_t data[REPLY_MAX];
} waiting[WAITING_MAX];
static uint32_t waiting_count;
static uint64_t lost_before; /* objects.lost when nobody waited */

uint64_t changes_answered, changes_commits, changes_made;

bool change_waits(void)
{
	return waiting_count != 0;
}

static void answer_all(status_t status)
{
	for (uint32_t i = 0; i < waiting_count; i++) {
		/* Whoever no longer waits does not want to know. */
		(void)!service_answer(waiting[i].reply, status, waiting[i].data, status == STATUS_OK ? waiting[i].bytes : 0);
		changes_answered += status == STATUS_OK;
	}
	waiting_count = 0;
	lost_before = objects.lost;
}

void change_commit(void)
{
	const status_t status = object_store_commit(&objects);

	changes_commits += status == STATUS_OK;
	medium_failed = medium_failed || status == STATUS_IO_ERROR;
	answer_all(status);
}

status_t change_begin(void)
{
	if (waiting_count == WAITING_MAX || volume_room(medium.volume) < CHANGE_BYTES)
		change_commit();
	if (medium_failed)
		medium_mend();
	return medium.flags & STORE_IS_READ_ONLY ? STATUS_DENIED : STATUS_OK;
}

status_t change_end(struct service_call *call, status_t status, const void *reply)
{
	if (objects.lost != lost_before)
		answer_all(status);
	medium_failed = medium_failed || status == STATUS_IO_ERROR;
	if (status != STATUS_OK)
		return status;
	changes_made++;
	service_has_work();
	if (call->reply == HANDLE_NONE)
		return STATUS_OK; /* sent: nobody wants an answer */
	struct waiting *next = &waiting[waiting_count++];
	next->bytes = call->reply_bytes;
	memcpy(next->data, reply, next->bytes);
	next->reply = service_defer(call);
	return STATUS_OK;
}
