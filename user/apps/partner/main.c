/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The other process of a test: `ipc` and others start it in a role, with the
 * endpoint "test" to receive on or to call.
 */
#include <os/ipc.h>
#include <lib/string.h>
#include <os/panic.h>
#include <os/startup.h>
#include <os/time.h>

/* ---- receives on "test" ---- */
static handle_t endpoint(void)
{
	return startup_need("test");
}

/* Answer every call with its own label, words and payload; a label of 0 ends. */
static int echo(void)
{
	struct message message;

	must(ipc_receive(endpoint(), &message, DEADLINE_NEVER));
	while (MESSAGE_LABEL(message.tag) != 0) {
		message.tag = MESSAGE_TAG(MESSAGE_LABEL(message.tag), MESSAGE_LENGTH(message.tag), 0);
		must(ipc_reply_receive(endpoint(), &message, DEADLINE_NEVER));
	}
	message.tag = 0;
	return ipc_reply(&message) == STATUS_OK ? 0 : 1;
}

/* Take one call and die over it. */
static int die(void)
{
	struct message message;

	must(ipc_receive(endpoint(), &message, DEADLINE_NEVER));
	__builtin_trap();
}

/* Take one call and keep it for ever. */
static int keep(void)
{
	struct message message;

	must(ipc_receive(endpoint(), &message, DEADLINE_NEVER));
	return sys_thread_sleep(DEADLINE_NEVER) == STATUS_OK ? 0 : 1;
}

/* Turn round every page that comes with a call, where it lies; a label of 0 is answered after its caller has given up,
 * and ends. What such a caller lent is still there to be read. */
static int turn_page(void)
{
	uint8_t *const page = ipc_window();
	struct message message;

	must(ipc_receive(endpoint(), &message, DEADLINE_NEVER));
	while (MESSAGE_LABEL(message.tag) != 0) {
		for (uint32_t i = 0, last = PAGE_SIZE - 1u; i < last; i++, last--) {
			const uint8_t byte = page[i];
			page[i] = page[last];
			page[last] = byte;
		}
		message.tag = MESSAGE_TAG(1, 0, 0);
		must(ipc_reply_receive(endpoint(), &message, DEADLINE_NEVER));
	}
	time_sleep(300u * NS_PER_MS);
	message.tag = 0;
	return ipc_reply(&message) == STATUS_GONE && page[0] == 77 ? 0 : 1;
}

/* Read what is lent after it has gone back. */
static int read_late(void)
{
	struct message message;

	must(ipc_receive(endpoint(), &message, DEADLINE_NEVER));
	message.tag = 0;
	must(ipc_reply(&message));
	return *(volatile uint8_t *)ipc_window();
}

/* Receive a capability to a notification and signal it: with the label as bits, then answer. */
static int signal(void)
{
	struct message message;

	must(ipc_receive(endpoint(), &message, DEADLINE_NEVER));
	handle_t notification = ipc_take(&message, 0);
	status_t status = sys_notification_signal(notification, MESSAGE_LABEL(message.tag));
	message.tag = MESSAGE_TAG(status, 0, 0);
	must(ipc_reply(&message));
	/* Use it again and again, until it is taken back. */
	while (sys_notification_signal(notification, 1) == STATUS_OK)
		time_sleep(NS_PER_MS);
	return 0;
}

/* ---- has the channel "test" ---- */
static int channel(void)
{
	handle_t channel = startup_need("test");
	handle_t doorbell;
	uint64_t address, pages, bits;

	must(sys_notification_create(&doorbell));
	must(sys_channel_attach(channel, &address, &pages));
	must(sys_channel_bind(channel, doorbell, 1));
	volatile uint64_t *words = (volatile uint64_t *)address;
	/* Add what the creator wrote, and write the sum to the last word; ring. */
	must(sys_channel_signal(channel));
	must(sys_notification_wait(doorbell, DEADLINE_NEVER, &bits));
	uint64_t last = pages * PAGE_SIZE / sizeof(uint64_t) - 1u;
	words[last] = words[0] + words[1];
	must(sys_channel_signal(channel));
	do
		must(sys_notification_wait(doorbell, DEADLINE_NEVER, &bits));
	while ((bits & CHANNEL_CLOSING_BIT) == 0);
	must(sys_channel_close(channel));
	return 0;
}

/* The creator is the only producer: writing must end us. */
static int channel_trespass(void)
{
	uint64_t address, pages;

	must(sys_channel_attach(startup_need("test"), &address, &pages));
	*(volatile uint64_t *)address = 1;
	return 0;
}

/* Attach and never agree to the teardown: in the end there are zero pages, and no fault. */
static int channel_stay(void)
{
	uint64_t address, pages;

	must(sys_channel_attach(startup_need("test"), &address, &pages));
	volatile uint64_t *words = (volatile uint64_t *)address;
	must(sys_channel_signal(startup_need("test")));
	for (uint32_t i = 0; i < 5000u && words[0] != 0; i++)
		time_sleep(NS_PER_MS);
	return words[0] == 0 ? 7 : 1;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*function)(void);
	} roles[] = {
		{"echo", echo},
		{"die", die},
		{"keep", keep},
		{"turn-page", turn_page},
		{"read-late", read_late},
		{"signal", signal},
		{"channel", channel},
		{"channel-trespass", channel_trespass},
		{"channel-stay", channel_stay},
	};

	for (uint32_t i = 0; argc == 2 && i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (strcmp(roles[i].name, argv[1]) == 0)
			return roles[i].function();
	}
	return 2;
}
