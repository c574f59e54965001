/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The device manager's protocol: init says whose a device is, its driver fetches the parts, anybody may look. */
#include "devices.h"
#include <driver/arguments.h>
#include <lib/bytes.h>
#include <lib/string.h>
#include <os/panic.h>
#include <os/print.h>

IFACE_SERVER(device, DEVICE_METHODS)

#define CONFIG_BYTES 4096u
#define MEMORY_RIGHTS (RIGHT_READ | RIGHT_WRITE | RIGHT_GRANT)

/* ---- for init ---- */

static bool is_init(const struct service_call *call)
{
	return (call->badge & DEVICE_BADGE_ADMIT) != 0;
}

status_t device_assign_serve(struct service_call *call, const struct device_assign_req *request,
                             struct device_assign_rep *reply)
{
	struct row *row;

	if (!is_init(call))
		return STATUS_DENIED;
	if (request->process == 0 || request->count == 0 || request->count > DEVICE_IDS_MAX)
		return STATUS_INVALID;
	if (row_of(request->process) != NULL)
		return STATUS_BUSY;
	status_t status = row_assign(request->process, request->ids, request->count, &row);
	if (status == STATUS_OK)
		reply->address = row->function->address;
	return status;
}

status_t device_release_serve(struct service_call *call, const struct device_release_req *request,
                              struct device_release_rep *reply)
{
	struct row *row = row_of(request->process);

	(void)reply;
	if (!is_init(call))
		return STATUS_DENIED;
	if (row == NULL)
		return STATUS_NOT_FOUND;
	row_release(row);
	return STATUS_OK;
}

/* ---- for anybody ---- */

static struct device_id id_of(const struct row *row)
{
	return (struct device_id){row->function->vendor, row->function->device};
}

static struct device_id subsystem_of(const struct row *row)
{
	return (struct device_id){row->function->subsystem_vendor, row->function->subsystem};
}

status_t device_list_serve(struct service_call *call, const struct device_list_req *request,
                           struct device_list_rep *reply)
{
	const struct row *row = row_at(request->index);

	(void)call;
	if (row == NULL)
		return STATUS_NOT_FOUND;
	*reply = (struct device_list_rep){
		.next = request->index + 1u,
		.process = row->process,
		.memory_pages = memory_pages(row),
		.address = row->function->address,
		.class = row->function->class,
		.id = id_of(row),
		.subsystem = subsystem_of(row),
		.state = row->state,
		.interrupts = row->interrupts,
		.irq = row->interrupts == DEVICE_INTERRUPT_LINE ? row->line : part_interrupts(row),
		.confined = row->confined,
	};
	return STATUS_OK;
}

/* ---- for drivers ---- */

/* What the calling driver drives; NULL: nothing. */
static struct row *row_of_caller(const struct service_call *call)
{
	return row_of(call->badge & ~(DEVICE_BADGE_CONTROL | DEVICE_BADGE_ADMIT));
}

status_t device_open_serve(struct service_call *call, const struct device_open_req *request,
                           struct device_open_rep *reply)
{
	struct row *row = row_of_caller(call);

	(void)request;
	if (row == NULL)
		return STATUS_NOT_FOUND;
	status_t status = row_open(row);
	if (status != STATUS_OK)
		return status;
	*reply = (struct device_open_rep){
		.address = row->function->address,
		.id = id_of(row),
		.subsystem = subsystem_of(row),
		.messages = row->messages,
	};
	for (uint32_t i = 0; i < DEVICE_BARS_MAX; i++)
		reply->bars[i] = part_bar(row, i);
	return STATUS_OK;
}

status_t device_config_serve(struct service_call *call, const struct device_config_req *request,
                             struct device_config_rep *reply)
{
	const struct row *row = row_of_caller(call);

	if (row == NULL)
		return STATUS_NOT_FOUND;
	if (request->bytes > sizeof(reply->data) || !bytes_fit(CONFIG_BYTES, request->offset, request->bytes))
		return STATUS_INVALID;
	for (uint32_t i = 0; i < request->bytes; i++) {
		uint32_t at = request->offset + i;
		uint32_t word = pci.access->read(pci.space, row->function->address, at & ~3u);

		reply->data[i] = (uint8_t)(word >> (8u * (at & 3u)));
	}
	call->reply_bytes += request->bytes;
	return STATUS_OK;
}

status_t device_region_serve(struct service_call *call, const struct device_region_req *request,
                             struct device_region_rep *reply)
{
	struct row *row = row_of_caller(call);
	handle_t region;

	(void)reply;
	if (row == NULL)
		return STATUS_NOT_FOUND;
	status_t status = part_region(row, request->bar, &region);
	if (status == STATUS_OK)
		ipc_attach(region, RIGHT_READ | RIGHT_WRITE, 0);
	return status;
}

status_t device_interrupt_serve(struct service_call *call, const struct device_interrupt_req *request,
                                struct device_interrupt_rep *reply)
{
	struct row *row = row_of_caller(call);
	handle_t irq;

	if (row == NULL)
		return STATUS_NOT_FOUND;
	status_t status = part_interrupt(row, request->number, &irq);
	if (status != STATUS_OK)
		return status;
	ipc_attach(irq, RIGHT_MANAGE, 0);
	reply->kind = row->interrupts;
	return STATUS_OK;
}

status_t device_memory_serve(struct service_call *call, const struct device_memory_req *request,
                             struct device_memory_rep *reply)
{
	struct row *row = row_of_caller(call);
	const struct memory_piece *piece;
	bool fresh;

	if (row == NULL)
		return STATUS_NOT_FOUND;
	status_t status = memory_give(row, request->tag, request->pages, &piece, &fresh);
	if (status != STATUS_OK)
		return status;
	ipc_attach(piece->memory, MEMORY_RIGHTS, 0);
	*reply = (struct device_memory_rep){piece->address, piece->pages, fresh};
	return STATUS_OK;
}

status_t device_forget_serve(struct service_call *call, const struct device_forget_req *request,
                             struct device_forget_rep *reply)
{
	struct row *row = row_of_caller(call);

	(void)reply;
	return row == NULL ? STATUS_NOT_FOUND : memory_forget(row, request->tag, request->ended != 0);
}

static uint64_t kept_at;

static status_t open(void)
{
	/* A machine without PCI has an empty list, and drivers are told NOT_FOUND. */
	bool found = machine_scan() == STATUS_OK;
	rows_make();
	if (found) {
		print("%u PCI functions\n", pci.count);
		confine_begin(kept_at);
	}
	return STATUS_OK;
}

int main(int argc, char **argv)
{
	static const struct service service = {.init = open, .call = device_dispatch};

	if (!driver_argument(argc, argv, "kept", &kept_at))
		panic("the manifest lets it keep nothing");
	service_run(&service, startup_need("endpoint"));
}
