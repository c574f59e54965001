/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The memory that clients and device share. It is the device manager's, under the
 * id of the client's process; which ids there are is kept for the successor of this
 * driver. What a process that has ended left is given up when the next one comes.
 */
#include "disk.h"
#include <os/device.h>
#include <os/keep.h>
#include <os/panic.h>
#include <os/time.h>

#define CLIENTS_MAX 16u
#define MANAGER_NS  (5u * NS_PER_SECOND)

_Static_assert(BLOCK_SIZE == PAGE_SIZE, "a block is a page");

static handle_t devices;
static struct client clients[CLIENTS_MAX];
static struct keep keep;

/* What a successor must know. */
struct kept {
	uint64_t tags[CLIENTS_MAX];
};

static void clients_keep(void)
{
	struct kept kept;

	for (uint32_t i = 0; i < CLIENTS_MAX; i++)
		kept.tags[i] = clients[i].tag;
	keep_store(&keep, &kept, sizeof(kept));
}

/* Without the manager nothing is certain; the next one has this driver started anew, and clients ask again. */
static status_t answered(status_t status)
{
	if (status == STATUS_GONE || status == STATUS_RESTARTED || status == STATUS_TIMED_OUT)
		panic("the device manager does not answer");
	return status;
}

/* On OK the capability is the caller's (ipc_reply_take). */
static status_t memory_ask(struct client *client, uint64_t tag, uint64_t blocks)
{
	struct device_memory_req request = {.tag = tag, .pages = blocks};
	struct device_memory_rep reply;
	status_t status = answered(device_memory(devices, time_after(MANAGER_NS), &request, &reply));

	if (status == STATUS_OK)
		*client = (struct client){.tag = tag, .address = reply.address, .blocks = reply.pages};
	return status;
}

/* NOT_FOUND, BUSY: device_forget. */
static status_t memory_forget(struct client *client, bool ended)
{
	struct device_forget_req request = {.tag = client->tag, .ended = ended};
	struct device_forget_rep reply;
	status_t status = answered(device_forget(devices, time_after(MANAGER_NS), &request, &reply));

	if (status != STATUS_BUSY)
		client->tag = 0;
	return status;
}

void clients_open(handle_t manager)
{
	struct kept kept;
	uint32_t count = 0;

	devices = manager;
	must(keep_open(&keep));
	if (!keep_load(&keep, &kept, sizeof(kept)))
		return;
	for (uint32_t i = 0; i < CLIENTS_MAX; i++) {
		if (kept.tags[i] == 0 || memory_ask(&clients[count], kept.tags[i], 0) != STATUS_OK)
			continue;
		must(sys_cap_drop(ipc_reply_take(0)));
		count++;
	}
}

struct client *client_find(uint64_t tag)
{
	for (uint32_t i = 0; i < CLIENTS_MAX; i++) {
		if (tag != 0 && clients[i].tag == tag)
			return &clients[i];
	}
	return NULL;
}

/* A free slot, after those whose process has ended gave up theirs. */
static struct client *client_room(void)
{
	struct client *room = NULL;

	for (struct client *client = clients; client < clients + CLIENTS_MAX; client++) {
		if (client->tag != 0 && client->under_way == 0)
			(void)!memory_forget(client, true);
		if (client->tag == 0)
			room = client;
	}
	return room;
}

status_t client_attach(uint64_t tag, uint64_t blocks)
{
	struct client *client = client_find(tag);
	bool known = client != NULL;

	if (blocks == 0 || blocks > BLOCK_BUFFER_MAX)
		return STATUS_INVALID;
	if (known && client->blocks != blocks)
		return STATUS_BUSY;
	struct client *place = known ? client : client_room();
	if (place == NULL)
		return STATUS_TABLE_FULL;
	struct client found = *place;
	status_t status = memory_ask(&found, tag, blocks);
	if (status != STATUS_OK)
		return status;
	found.under_way = place->under_way;
	*place = found;
	clients_keep();
	ipc_attach(ipc_reply_take(0), RIGHT_READ | RIGHT_WRITE, MESSAGE_CAP_MOVE);
	return STATUS_OK;
}

status_t client_detach(uint64_t tag)
{
	struct client *client = client_find(tag);

	if (client == NULL)
		return STATUS_NOT_FOUND;
	if (client->under_way != 0)
		return STATUS_BUSY;
	(void)!memory_forget(client, false);
	clients_keep();
	return STATUS_OK;
}
