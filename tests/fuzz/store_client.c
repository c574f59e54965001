/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The store's client against answers of any kind. Behind it is the store of its
 * unit tests, which is honest; an input says what is asked, and what somebody changes
 * of each answer on its way: its status, its length, its bytes, those in the window, how
 * many capabilities come with it. Signatures are not computed: all verify that do not
 * begin with 0xff. Whatever comes, the client says a status, and what it calls OK is whole.
 */
#define FAKE_BLOCKS 512u
#include "../../user/lib/os/test/store_fake.h"
#include "fuzz.h"
#include <os/startup.h>

#define IDS 4u
#define ASKED_MAX 40u

bool __wrap_signature_verify_digest(const uint8_t *key, const char *domain, const uint8_t *digest, const uint8_t *signature);
void __wrap_signature_sign_digest(const uint8_t *seed, const uint8_t *key, const char *domain, const uint8_t *digest,
                                  uint8_t *out_signature);
void __wrap_signature_public(const uint8_t *seed, uint8_t *out_key);

static const uint8_t *at, *end;
static struct store_client client;
static struct object_id ids[IDS];
static uint8_t content[2u * STORE_PART_SIZE];

bool __wrap_signature_verify_digest(const uint8_t *key, const char *domain, const uint8_t *digest, const uint8_t *signature)
{
	(void)key, (void)domain, (void)digest;
	return signature[0] != 0xff;
}

void __wrap_signature_sign_digest(const uint8_t *seed, const uint8_t *key, const char *domain, const uint8_t *digest,
                                  uint8_t *out_signature)
{
	(void)seed, (void)key, (void)domain, (void)digest;
	memset(out_signature, 1, SIGNATURE_SIZE);
}

void __wrap_signature_public(const uint8_t *seed, uint8_t *out_key)
{
	memcpy(out_key, seed, SIGNATURE_KEY_SIZE);
}

handle_t startup_handle(const char *name)
{
	(void)name;
	return HANDLE_NONE;
}

static uint8_t take(void)
{
	return at < end ? *at++ : 0;
}

/* ---- the answers ---- */
static void payload_change(uint64_t regs[8])
{
	const size_t from = take();

	for (size_t i = take() % 64u; i > 0; i--) {
		const size_t place = (from + i) % MESSAGE_PAYLOAD_MAX;
		if (place < MESSAGE_WORD_BYTES)
			((uint8_t *)(regs + 2))[place] = take();
		else
			host_message_page.payload[place] = take();
	}
}

static void window_change(uint8_t *window)
{
	const size_t from = take() + 256u * take();

	for (size_t i = take() % 64u; i > 0; i--)
		window[(from + i) % STORE_WINDOW_SIZE] = take();
}

static void between(uint64_t regs[8])
{
	const uint8_t how = take();
	uint32_t label = MESSAGE_LABEL(regs[1]), length = MESSAGE_LENGTH(regs[1]), caps = MESSAGE_CAPS(regs[1]);

	if ((how & 1u) != 0)
		payload_change(regs);
	if ((how & 2u) != 0 && fake_person()->window != NULL)
		window_change(fake_person()->window);
	if ((how & 4u) != 0)
		label = take();
	if ((how & 8u) != 0)
		length = take();
	if ((how & 16u) != 0)
		caps = take() % (MESSAGE_CAPS_MAX + 1u);
	if ((how & 32u) != 0 && fake_person()->window != NULL)
		memset(fake_person()->window, take(), STORE_WINDOW_SIZE);
	if ((how & 192u) == 192u)
		regs[0] = take() % 2u == 0 ? STATUS_RESTARTED : STATUS_TIMED_OUT;
	regs[1] = MESSAGE_TAG(label, length, caps);
}

/* ---- what is asked ---- */
static status_t sink(void *context, uint64_t offset, const uint8_t *bytes, size_t size)
{
	uint64_t *given = context;
	volatile uint8_t last = 0;

	require(offset == *given);
	for (size_t i = 0; i < size; i++)
		last = bytes[i];
	(void)last;
	*given += size;
	return STATUS_OK;
}

static status_t source(void *context, uint64_t offset, uint8_t *out_bytes, size_t room, size_t *out_size)
{
	const size_t left = *(const size_t *)context - (size_t)offset;

	*out_size = left < room ? left : room;
	memcpy(out_bytes, content + offset, *out_size);
	return STATUS_OK;
}

static status_t put(struct object_id *id)
{
	size_t size = (take() + 256u * take()) * 2u;
	const struct object_entry entry = {.reader = fake.people[BEN].aid, .rights = OBJECT_READ};
	const struct store_birth birth = {.type = "text/plain", .entries = &entry, .entry_count = 1};

	memset(content, take(), size);
	return size <= STORE_PART_SIZE ? store_client_put(&client, content, size, &birth, id) :
	                                 store_client_put_from(&client, source, &size, &birth, id);
}

static status_t get(const struct object_id *id)
{
	struct object object;
	uint64_t given = 0, rights;
	status_t status = store_client_find(&client, id, &object, &rights);

	if (status != STATUS_OK)
		return status;
	require(memcmp(object.birth.id.hash, id->hash, HASH_SIZE) == 0 && object.birth.entry_count <= OBJECT_ENTRIES_MAX);
	status = store_client_get(&client, &object, sink, &given);
	require(status != STATUS_OK || given == object.birth.size);
	return status;
}

static status_t history(const struct object_id *id)
{
	const uint8_t *bytes;
	size_t size;
	const status_t status = store_client_history(&client, id, &bytes, &size);

	require(status != STATUS_OK || (size > 0 && size <= OBJECT_HISTORY_MAX));
	return status;
}

static status_t list(struct object_id *id)
{
	struct store_row row;
	const status_t status = store_client_list(&client, take() % 2u, id, &row);

	if (status != STATUS_OK)
		return status;
	require(memchr(row.type, '\0', sizeof row.type) != NULL);
	store_id_to(&row.id, id);
	return status;
}

static status_t name_look(void)
{
	struct object_name name;
	const char cursor[2] = {(char)('a' - 1 + take() % 4u)};
	const struct aid *owner = take() % 2u == 0 ? NULL : &fake.people[BEN].aid;
	const status_t status = take() % 2u == 0 ? store_client_name_get(&client, owner, cursor, take() % 3u, &name) :
	                                           store_client_name_next(&client, owner, cursor, &name);

	require(status != STATUS_OK || object_name_valid(name.name));
	return status;
}

static status_t name_set(const struct object_id *id)
{
	const char name[2] = {(char)('a' + take() % 3u)};

	return store_client_name_set(&client, name, take() % 4u == 0 ? NULL : id);
}

static status_t check(void)
{
	static uint64_t step;
	struct store_check_rep out;
	char text[STORE_CHECK_TEXT_MAX];

	step = take() % 3u;
	const status_t status = store_client_check(&client, &step, &out, text);
	require(memchr(text, '\0', sizeof text) != NULL);
	return status;
}

static status_t resolve(struct object_id *id)
{
	static const char digits[] = "0123456789abcdefg";
	char said[4] = {digits[take() % 17u], digits[take() % 17u]};

	return store_client_resolve(&client, said, id);
}

static status_t whole(void)
{
	struct store_info_rep info;
	struct store_totals_rep totals;
	const status_t status = store_client_info(&client, &info);

	if (status != STATUS_OK)
		return status;
	require(memchr(info.model, '\0', sizeof info.model) != NULL);
	return store_client_totals(&client, &totals);
}

static status_t state(void)
{
	uint8_t kept[100];
	uint64_t version;
	size_t size;

	if (take() % 2u == 0)
		return store_client_state_put(&client, take(), content, take());
	const status_t status = store_client_state_get(&client, kept, sizeof kept, &version, &size);
	require(status != STATUS_OK || size <= sizeof kept);
	return status;
}

static status_t ask(uint8_t what, struct object_id *id)
{
	const struct object_entry entry = {.reader = fake.people[BEN].aid, .rights = 1u + what / 16u % 3u};

	switch (what % 16u) {
	case 0:
	case 1: return put(id);
	case 2: return get(id);
	case 3: return history(id);
	case 4: return list(id);
	case 5: return name_look();
	case 6: return name_set(id);
	case 7: return check();
	case 8: return resolve(id);
	case 9: return whole();
	case 10: return state();
	case 11: return store_client_grant(&client, id, &entry);
	case 12: return store_client_revoke(&client, id, &entry.reader);
	case 13: return store_client_transfer(&client, id, &entry.reader);
	case 14: return store_client_delete(&client, id);
	default: store_client_close(&client); return store_client_open(&client, SERVER, VAULT, "user");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fake_between = NULL;
	memset(&host_message_page, 0, sizeof host_message_page);
	memset(ids, 0, sizeof ids);
	fake_begin();
	at = data;
	end = data + size;
	require(store_client_open(&client, SERVER, VAULT, "user") == STATUS_OK);
	fake_between = between;
	for (uint32_t asked = 0; at < end && asked < ASKED_MAX; asked++) {
		const uint8_t what = take();
		(void)!ask(what, &ids[what / 16u % IDS]);
		require(local_get()->attached_count == 0);
	}
	fake_between = NULL;
	store_client_close(&client);
	require(fake.people[ANN].window == NULL);
	return 0;
}
