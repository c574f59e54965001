/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * An object of 256 bytes to the store and back, by the library every program uses: a put is signed by the vault, its
 * signature verified by the store, and answered after the commit; a get is verified again, history and content, by
 * whoever asked. Where the store lies in memory the count is exact; on a disk the device's own time comes to it.
 */
#include "bench.h"
#include <lib/string.h>
#include <os/store.h>

#define ROUNDS 12u
#define BYTES  256u

static struct store_client store;
static uint8_t content[BYTES];

static void put(uint64_t number, struct object_id *out_id)
{
	memcpy(content, &number, sizeof(number));
	must(store_client_put(&store, content, sizeof(content), NULL, out_id));
}

static void get(const struct object_id *id)
{
	struct object object;

	must(store_client_find(&store, id, &object, NULL));
	must(store_client_get(&store, &object, NULL, NULL));
}

void bench_store(void)
{
	uint64_t least, number = time_now(); /* contents nobody put before, on a disk either */
	struct object_id id;

	must(store_client_open(&store, startup_need("fs"), startup_need("keys"), "bench"));
	put(number++, &id); /* attaches */
	MEASURE(ROUNDS, least, put(number++, &id));
	measure_report("store_put_256", least, 1);
	MEASURE(ROUNDS, least, get(&id));
	measure_report("store_get_256", least, 1);
	store_client_close(&store);
}
