/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A stream of work for the object store, each thing said before and after it is done:
 *
 *   objects MILLISECONDS [ROUNDS]   puts short and long objects, names and deletes some of them
 *
 * What follows `kept`, `named` and `deleted` was acknowledged; what follows `deleting`
 * alone may be there or not. Any error ends it: a client is not to notice that the
 * store, or the driver below it, was restarted.
 */
#include <lib/format.h>
#include <lib/identity.h>
#include <lib/string.h>
#include <lib/text.h>
#include <os/panic.h>
#include <os/print.h>
#include <os/random.h>
#include <os/startup.h>
#include <os/status.h>
#include <os/store.h>
#include <os/time.h>

#define LONG_EVERY   8u
#define NAME_EVERY   5u
#define NAMES        7u
#define DELETE_EVERY 6u
#define LONG_BYTES   150000u
#define SHORT_BYTES  3000u

static struct store_client store;
static struct object_id last; /* the newest short one */
static uint64_t run; /* makes contents of this run differ from those of others */

struct content {
	uint64_t number;
	uint64_t bytes;
};

/* Byte i of a content follows from its number and this run. */
static void fill(const struct content *content, uint64_t offset, uint8_t *out, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		const uint64_t at = offset + i;
		const uint64_t word = (at / 8u + content->number * 0x9e3779b97f4a7c15ull) ^ run;

		out[i] = (uint8_t)(word >> 8u * (at % 8u));
	}
}

static status_t source(void *context, uint64_t offset, uint8_t *out_bytes, size_t room, size_t *out_size)
{
	const struct content *content = context;
	const uint64_t left = content->bytes - offset;

	*out_size = left < room ? (size_t)left : room;
	fill(content, offset, out_bytes, *out_size);
	return STATUS_OK;
}

static void say(const char *what, const struct object_id *id)
{
	char hex[2u * HASH_SIZE + 1u];

	hex_of_bytes(id->hash, HASH_SIZE, hex);
	print("%s %s\n", what, hex);
}

static status_t name_it(uint64_t number, const struct object_id *id)
{
	char name[16], named[32];

	(void)format(name, sizeof(name), "n%u", (unsigned)(number % NAMES));
	const status_t status = store_client_name_set(&store, name, id);
	(void)format(named, sizeof(named), "named %s to", name);
	if (status == STATUS_OK)
		say(named, id);
	return status;
}

static status_t delete_last(void)
{
	say("deleting", &last);
	const status_t status = store_client_delete(&store, &last);
	if (status == STATUS_OK)
		say("deleted", &last);
	return status;
}

static status_t step(uint64_t number)
{
	const struct content content = {number, number % LONG_EVERY == 0 ? LONG_BYTES + number : number * 37u % SHORT_BYTES + 1u};
	struct object_id id;
	status_t status = STATUS_OK;

	if (number % DELETE_EVERY == 3)
		status = delete_last();
	if (status == STATUS_OK)
		status = store_client_put_from(&store, source, (void *)&content, NULL, &id);
	if (status != STATUS_OK)
		return status;
	say("kept", &id);
	if (number % NAME_EVERY == 0)
		return name_it(number, &id);
	last = id;
	return STATUS_OK;
}

int main(int argc, char **argv)
{
	uint64_t milliseconds, rounds = UINT64_MAX, number = 1;

	if (argc < 2 || argc > 3 || !text_number(argv[1], &milliseconds) || (argc == 3 && !text_number(argv[2], &rounds))) {
		print("usage: objects MILLISECONDS [ROUNDS]\n");
		return 2;
	}
	must(random_bytes(&run, sizeof(run)));
	status_t status = store_client_open(&store, startup_need("fs"), startup_need("keys"), "objects");
	const uint64_t end = time_now() + milliseconds * NS_PER_MS;
	for (; status == STATUS_OK && number <= rounds && time_now() < end; number++)
		status = step(number);
	if (status != STATUS_OK)
		print("objects: %s\n", status_sentence(status));
	print("objects: %u rounds, %s\n", (unsigned)(number - 1u), status == STATUS_OK ? "no error" : "one error");
	return status != STATUS_OK;
}
