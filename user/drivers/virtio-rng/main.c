/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The entropy device's driver: from the device into the kernel's generator, now and every ten minutes. */
#include "rng.h"
#include <lib/hash.h>
#include <lib/string.h>
#include <os/panic.h>
#include <os/print.h>
#include <os/startup.h>
#include <os/status.h>
#include <os/time.h>

#define PAUSE_NS (600u * NS_PER_SECOND)

/* Returns the bits that the kernel believes in. */
static uint64_t feed(const uint8_t bytes[RNG_BYTES])
{
	uint8_t *bulk = arch_message_page()->bulk;
	uint64_t credited;

	memcpy(bulk, bytes, RNG_BYTES);
	must(sys_random_add(startup_need("random"), RNG_BYTES, &credited));
	secret_wipe(bulk, RNG_BYTES);
	return credited;
}

static status_t turn(handle_t notification, uint64_t *out_credited)
{
	uint8_t bytes[RNG_BYTES];
	status_t status = rng_read(notification, bytes);

	if (status == STATUS_OK)
		*out_credited = feed(bytes);
	secret_wipe(bytes, sizeof(bytes));
	return status;
}

int main(int argc, char **argv)
{
	uint64_t credited;
	handle_t notification;

	(void)argc;
	(void)argv;
	must(sys_notification_create(&notification));
	status_t status = rng_open(startup_need("devices"), notification);
	if (status == STATUS_OK)
		status = turn(notification, &credited);
	if (status == STATUS_OK)
		print("%u bytes for the kernel, which credits %u bits\n", RNG_BYTES, (unsigned)credited);
	while (status == STATUS_OK) {
		time_sleep(PAUSE_NS);
		status = turn(notification, &credited);
	}
	print("the entropy device fails: %s\n", status_name(status));
	return 1;
}
