/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Channels: roles, doorbells, both phases of the teardown. */
#include "ipc.h"
#include <lib/string.h>

#define PAGES          4u
#define WORDS          (PAGES * PAGE_SIZE / sizeof(uint64_t))
#define CHANNEL_RIGHTS (RIGHT_READ | RIGHT_WRITE)

struct side {
	handle_t channel;
	handle_t doorbell;
	volatile uint64_t *words;
};

static struct aid partner_aid; /* as whom `partner` runs, whoever signed this system */

/* A reply says who gave it. */
static void partner_ask(void)
{
	struct message message = {.tag = MESSAGE_TAG(1, 0, 0)};
	struct partner partner;
	handle_t endpoint = endpoint_make(0);

	partner_start(&partner, "echo", endpoint, RIGHT_RECEIVE);
	check_status(ipc_call(endpoint, &message, LONG), OK);
	partner_aid = arch_message_page()->sender;
	message = (struct message){.tag = 0};
	check_status(ipc_call(endpoint, &message, LONG), OK);
	(void)partner_wait(&partner);
	check_status(sys_cap_drop(endpoint), OK);
}

/* A channel to `partner`. */
static struct side side_make(enum channel_role role)
{
	struct side side;
	uint64_t address, pages;

	memcpy(arch_message_page()->bulk, &partner_aid, sizeof(partner_aid));
	must(sys_channel_create(PAGES, role, &side.channel));
	must(sys_channel_attach(side.channel, &address, &pages));
	check(pages == PAGES);
	must(sys_notification_create(&side.doorbell));
	must(sys_channel_bind(side.channel, side.doorbell, 1));
	side.words = (volatile uint64_t *)address;
	return side;
}

static uint64_t wait_bell(const struct side *side)
{
	uint64_t bits = 0;

	check_status(sys_notification_wait(side->doorbell, LONG, &bits), OK);
	return bits;
}

static void side_drop(const struct side *side)
{
	check_status(sys_cap_drop(side->doorbell), OK);
	check_status(sys_cap_drop(side->channel), OK);
}

static void test_both(void)
{
	struct side side = side_make(CHANNEL_BOTH);
	struct partner partner;

	partner_start(&partner, "channel", side.channel, CHANNEL_RIGHTS);
	check(wait_bell(&side) == 1); /* it has attached */
	side.words[0] = 30;
	side.words[1] = 12;
	check_status(sys_channel_signal(side.channel), OK);
	check(wait_bell(&side) == 1);
	check(side.words[WORDS - 1u] == 42);
	/* We close; it agrees; the pages are gone from both. */
	check_status(sys_channel_close(side.channel), OK);
	struct process_status status = partner_wait(&partner);
	check(status.exit_code == 0 && status.killed == 0);
	check_status(sys_channel_signal(side.channel), CLOSED);
	side_drop(&side);
}

static void test_role(void)
{
	struct side side = side_make(CHANNEL_PRODUCER);
	struct partner partner;

	side.words[0] = 1;
	partner_start(&partner, "channel-trespass", side.channel, CHANNEL_RIGHTS);
	struct process_status status = partner_wait(&partner);
	check(status.fault.kind == FAULT_PROTECTION);
	check(side.words[0] == 1 || side.words[0] == 0); /* its end closed the channel */
	side_drop(&side);
}

/* A peer that will not leave sees zero pages, and no fault it did not cause. */
static void test_stay(void)
{
	struct side side = side_make(CHANNEL_PRODUCER);
	struct partner partner;

	side.words[0] = 5;
	partner_start(&partner, "channel-stay", side.channel, CHANNEL_RIGHTS);
	check(wait_bell(&side) == 1);
	check_status(sys_channel_close(side.channel), OK);
	struct process_status status = partner_wait(&partner);
	check(status.exit_code == 7 && status.killed == 0);
	side_drop(&side);
}

/* Somebody the channel was not made for. */
static void test_stranger(void)
{
	struct aid nobody = {.bytes = {1, 1, 'n', 'o'}};
	struct partner partner;
	handle_t channel;

	memcpy(arch_message_page()->bulk, &nobody, sizeof(nobody));
	must(sys_channel_create(1, CHANNEL_BOTH, &channel));
	partner_start(&partner, "channel-trespass", channel, CHANNEL_RIGHTS);
	struct process_status status = partner_wait(&partner);
	check(status.killed == 1 &&
	      status.fault.kind != FAULT_PROTECTION); /* attaching was refused: it panics */
	check_status(sys_cap_drop(channel), OK);
}

void test_channels(void)
{
	partner_ask();
	test_both();
	test_role();
	test_stay();
	test_stranger();
}
