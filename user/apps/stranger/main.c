/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The store as a client sees it that controls nothing: contents of all sizes there
 * and back, names, state, refusals. To whoever is at the prompt it is somebody else,
 * with a key of its own.
 */
#include <lib/identity.h>
#include <lib/string.h>
#include <os/check.h>
#include <os/print.h>
#include <os/startup.h>
#include <os/store.h>
#include <os/time.h>

static struct store_client store;

/* ---- contents that need no memory: byte n of content s ---- */
struct content {
	uint64_t salt;
	uint64_t size;
	uint64_t wrong; /* bytes that came back otherwise */
};

static uint8_t byte_at(const struct content *content, uint64_t offset)
{
	return (uint8_t)(content->salt + offset * 7u + offset / STORE_PART_SIZE * 13u + offset / 997u);
}

static status_t source(void *context, uint64_t offset, uint8_t *out_bytes, size_t room, size_t *out_size)
{
	const struct content *content = context;
	const uint64_t left = content->size - offset;

	*out_size = left < room ? (size_t)left : room;
	for (size_t i = 0; i < *out_size; i++)
		out_bytes[i] = byte_at(content, offset + i);
	return STATUS_OK;
}

static status_t sink(void *context, uint64_t offset, const uint8_t *bytes, size_t size)
{
	struct content *content = context;

	for (size_t i = 0; i < size; i++)
		content->wrong += bytes[i] != byte_at(content, offset + i);
	return STATUS_OK;
}

static status_t get(const struct object_id *id, struct content *content)
{
	struct object object;
	status_t status = store_client_find(&store, id, &object, NULL);

	if (status == STATUS_OK && object.birth.size != content->size)
		return STATUS_CHANGED;
	return status == STATUS_OK ? store_client_get(&store, &object, sink, content) : status;
}

static void sizes(void)
{
	static const uint64_t all[] = {0, 1, STORE_PART_SIZE - 1u, STORE_PART_SIZE, STORE_PART_SIZE + 1u, 5u * STORE_PART_SIZE + 77u};
	struct object_id id;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct content content = {.salt = i, .size = all[i]};

		check_status(store_client_put_from(&store, source, &content, NULL, &id), OK);
		check_status(get(&id, &content), OK);
		check(content.wrong == 0);
		check_status(store_client_put_from(&store, source, &content, NULL, &id), BUSY);
		check_status(store_client_delete(&store, &id), OK);
		check_status(get(&id, &content), NOT_FOUND);
		check_status(store_client_delete(&store, &id), NOT_FOUND);
	}
}

static void names(void)
{
	struct object_name name;
	struct object_id id;

	check_status(store_client_put(&store, "named", 5, NULL, &id), OK);
	check_status(store_client_name_set(&store, "first", &id), OK);
	check_status(store_client_name_set(&store, "second", &id), OK);
	check_status(store_client_name_set(&store, "first", NULL), OK);
	check_status(store_client_name_get(&store, NULL, "first", 1, &name), OK);
	check(object_id_equal(&name.target, &id));
	check_status(store_client_name_get(&store, NULL, "first", 0, &name), OK);
	check(name.removed && name.sequence == 2);
	check_status(store_client_name_next(&store, NULL, "first", &name), OK);
	check(strcmp(name.name, "second") == 0);
	check_status(store_client_name_next(&store, NULL, "second", &name), NOT_FOUND);
	check_status(store_client_name_set(&store, "second", NULL), OK);
	check_status(store_client_delete(&store, &id), OK);
}

static void state(void)
{
	char kept[8] = "";
	uint64_t version = 0;
	size_t size = 0;

	check_status(store_client_state_put(&store, 1, "one", 3), OK);
	check_status(store_client_state_put(&store, 1, "one", 3), OK);
	check_status(store_client_state_put(&store, 1, "two", 3), OUTDATED);
	check_status(store_client_state_put(&store, 2, "two", 3), OK);
	check_status(store_client_state_get(&store, kept, sizeof(kept), &version, &size), OK);
	check(version == 2 && size == 3 && memcmp(kept, "two", 3) == 0);
}

/* ---- what is refused ---- */
static void uncontrolled(void)
{
	char text[STORE_CHECK_TEXT_MAX];
	struct store_totals_rep totals;
	struct store_check_rep checked;
	struct store_info_rep info;
	uint64_t step = 0;

	check_status(store_client_totals(&store, &totals), DENIED);
	check_status(store_client_check(&store, &step, &checked, text), DENIED);
	check_status(store_client_info(&store, &info), OK);
	check(info.blocks == 0 && info.free_blocks == 0 && info.keys == 0 && info.value_bytes == 0);
}

static void nonsense(void)
{
	const struct store_put_req put = {.size = 5, .record_size = STORE_RECORD_ROOM + 1u};
	const struct store_amend_req amend = {.record_size = 352};
	const struct store_upload_part_req part = {.upload = 99, .size = STORE_PART_SIZE};
	const struct store_prove_req prove = {.key = {1}};
	struct store_list_req list = {.listing = STORE_LIST_OWN, .who = {.bytes = {1, 1, 9}}};
	struct store_put_rep put_reply;
	struct store_amend_rep amend_reply;
	struct store_upload_part_rep part_reply;
	struct store_prove_rep prove_reply;
	struct store_list_rep list_reply;
	const deadline_t soon = time_after(10u * NS_PER_SECOND);

	memset(store.window + STORE_RECORD_AT, 0, STORE_RECORD_ROOM);
	check_status(store_put(store.server, soon, &put, &put_reply), INVALID);
	check_status(store_amend(store.server, soon, &amend, &amend_reply), UNKNOWN_FORMAT);
	check_status(store_upload_part(store.server, soon, &part, &part_reply), NOT_FOUND);
	check_status(store_list(store.server, soon, &list, &list_reply), DENIED);
	check_status(store_prove(store.server, soon, &prove, &prove_reply), NOT_FOUND);
}

/* ---- for others to try ---- */
static void leave(const char *what, uint32_t rights)
{
	const struct object_entry entry = {.reader = OBJECT_EVERYONE, .rights = rights};
	const struct store_birth birth = {.type = "text/plain", .entries = &entry, .entry_count = 1};
	struct object_id id;
	char hash[13];
	const status_t status = store_client_put(&store, what, strlen(what), &birth, &id);

	check(status == STATUS_OK || status == STATUS_BUSY);
	check_status(store_client_name_set(&store, what, &id), OK);
	hex_of_bytes(id.hash, 6, hash);
	print("stranger: %s %s\n", what, hash);
}

static void all(void)
{
	sizes();
	names();
	state();
	uncontrolled();
	nonsense();
	leave("readable", OBJECT_RIGHTS);
	leave("hidden", OBJECT_NAME);
}

int main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	check_status(store_client_open(&store, startup_need("fs"), startup_need("keys"), "stranger"), OK);
	all();
	store_client_close(&store);
	return check_finish();
}
