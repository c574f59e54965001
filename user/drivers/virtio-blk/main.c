/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The driver of virtio disks: protocol, interrupt, clock. Nothing polls and no data
 * is copied. A device that breaks the rules, asks for it or is late is reset: what
 * was with it is answered with a status, what waits is given to it again.
 */
#include "disk.h"
#include <lib/text.h>
#include <os/panic.h>
#include <os/print.h>
#include <os/startup.h>
#include <os/status.h>
#include <os/time.h>

IFACE_SERVER(block, BLOCK_METHODS)

#define INTERRUPT_BIT 1u
#define TIMER_BIT     2u
#define REQUEST_NS    (30u * NS_PER_SECOND) /* a device may take so long over one request */
#define LOOK_NS       (1u * NS_PER_SECOND)  /* one that was taken away says nothing: while it has some, it is looked at */
#define BADGE_KINDS   (3ull << 62)         /* bits of a badge that are no process id */

static struct disk disk;
static struct virtqueue queue;
static struct transfers transfers;
static bool dead; /* there is no device any more */
static bool timer_armed;

/* ---- the device ---- */

static void answer_finished(void)
{
	struct block_transfer_rep answer;
	handle_t reply;

	while (transfers_finished(&transfers, &reply, &answer))
		(void)!service_answer(reply, STATUS_OK, &answer, sizeof(answer)); /* it may have given up */
}

/* Set while something is with the device, and again when it has fired: not for each request. */
static void timer_arm(void)
{
	if (timer_armed || transfers_due(&transfers) == DEADLINE_NEVER)
		return;
	must(sys_notification_timer(startup_need("notification"), time_after(LOOK_NS), TIMER_BIT));
	timer_armed = true;
}

/* Whatever happened, this follows it. */
static void go_on(void)
{
	if (dead)
		transfers_refuse(&transfers, STATUS_IO_ERROR);
	else
		transfers_give(&transfers, time_after(REQUEST_NS));
	device_tell(&queue);
	answer_finished();
	timer_arm();
}

/* A disk that fails all the time does not fill the log: the first, second, fourth, ... time is told. */
static void reset_tell(const char *why)
{
	static uint32_t resets;

	resets++;
	if ((resets & (resets - 1u)) == 0)
		print("the disk %s and is reset (reset %u)\n", why, resets);
}

static void recover(const char *why, status_t status)
{
	device_stop();
	transfers_abandon(&transfers, status);
	dead = !device_again(&queue);
	if (dead)
		print("the disk is gone\n");
	else
		reset_tell(why);
}

/* What it has finished; false: nothing. */
static bool take(void)
{
	bool rules;
	uint32_t count = transfers_take(&transfers, &rules);

	if (!rules)
		recover("says what cannot be", STATUS_IO_ERROR);
	return count != 0 || !rules;
}

static void interrupted(void)
{
	device_interrupted();
	if (!take() && !device_well())
		recover("asks for it", STATUS_IO_ERROR);
}

static void time_is_up(void)
{
	timer_armed = false;
	(void)take(); /* perhaps only its interrupt was late */
	if (transfers_due(&transfers) <= time_now())
		recover("does not answer", STATUS_TIMED_OUT);
	else if (transfers_due(&transfers) != DEADLINE_NEVER && !device_well())
		recover("asks for it", STATUS_IO_ERROR);
}

static void notify(uint64_t bits)
{
	if ((bits & INTERRUPT_BIT) != 0 && !dead)
		interrupted();
	if ((bits & TIMER_BIT) != 0 && !dead)
		time_is_up();
	go_on();
}

/* ---- the protocol ---- */

static uint64_t tag_of(const struct service_call *call)
{
	return call->badge & ~BADGE_KINDS;
}

status_t block_info_serve(struct service_call *call, const struct block_info_req *request,
                          struct block_info_rep *reply)
{
	(void)call;
	(void)request;
	*reply = (struct block_info_rep){
		.blocks = disk.blocks,
		.flags = disk.flags,
		.sector_bytes = disk.sector_bytes,
		.count_max = disk.count_max,
		.erase_max = disk.erase_max,
		.model = "virtio disk",
	};
	return STATUS_OK;
}

status_t block_attach_serve(struct service_call *call, const struct block_attach_req *request,
                            struct block_attach_rep *reply)
{
	ipc_discard(call->message); /* the page is needed for messages of our own */
	reply->blocks = request->blocks;
	return tag_of(call) == 0 ? STATUS_DENIED : client_attach(tag_of(call), request->blocks);
}

status_t block_detach_serve(struct service_call *call, const struct block_detach_req *request,
                            struct block_detach_rep *reply)
{
	(void)request;
	(void)reply;
	ipc_discard(call->message);
	return client_detach(tag_of(call));
}

status_t block_transfer_serve(struct service_call *call, const struct block_transfer_req *request,
                              struct block_transfer_rep *reply)
{
	status_t status = transfers_begin(&transfers, call->reply, client_find(tag_of(call)), request,
	                                  call->request_bytes);

	(void)reply;
	if (status != STATUS_OK)
		return status;
	(void)service_defer(call);
	go_on();
	return STATUS_OK;
}

/* ---- start ---- */

static status_t open(void)
{
	handle_t manager = startup_need("devices");
	struct request_frame *frames;
	uint64_t frames_address;
	status_t status = device_start(manager, startup_need("notification"), INTERRUPT_BIT, &disk, &queue, &frames,
	                               &frames_address);

	if (status != STATUS_OK) {
		print("the disk cannot be used: %s\n", status_sentence(status));
		if (status == STATUS_UNSUPPORTED || status == STATUS_IO_ERROR)
			must(sys_process_exit(0)); /* nor by a successor: who needs a disk is not to wait for one */
		return status;
	}
	transfers_init(&transfers, &disk, &queue, frames, frames_address);
	clients_open(manager);
	print("a disk of %llu MiB%s\n", (unsigned long long)(disk.blocks / (1024u * 1024u / BLOCK_SIZE)),
	      (disk.flags & BLOCK_IS_READ_ONLY) != 0 ? ", to read only" : "");
	return STATUS_OK;
}

int main(int argc, char **argv)
{
	static const struct service service = {.init = open, .call = block_dispatch, .notify = notify};

	(void)argc;
	(void)argv;
	service_run(&service, startup_need("endpoint"));
}
