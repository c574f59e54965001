/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The store's service, on memory, asked anything by anybody. Between messages
 * people write into their windows: any bytes, contents, and records that could be true,
 * of which every signature verifies that does not begin with 0xff (the linker sees to it:
 * what signatures are worth is tested elsewhere). Whatever was asked, the volume is whole
 * at the end, and every object on it verifies.
 */
#include "../../user/services/store/store.h"
#include "service.h"

#define WINDOW_PAGES (STORE_WINDOW_SIZE / PAGE_SIZE)
#define IDS 8u
#define LONG_MAX (2u * STORE_PART_SIZE + 1000u)

bool __wrap_signature_verify_digest(const uint8_t *key, const char *domain, const uint8_t *digest, const uint8_t *signature);

const struct service_method service_methods[] = {STORE_METHODS(SERVICE_METHOD)};
const size_t service_method_count = sizeof service_methods / sizeof service_methods[0];

static struct object_id ids[IDS]; /* of births that were made */
static uint32_t id_count;

bool __wrap_signature_verify_digest(const uint8_t *key, const char *domain, const uint8_t *digest, const uint8_t *signature)
{
	(void)key, (void)domain, (void)digest;
	return signature[0] != 0xff;
}

static uint8_t *window_of(uint32_t person)
{
	for (uint32_t i = kernel.memory_count; i > 0; i--)
		if (kernel.memories[i].person == person && kernel.memories[i].pages == WINDOW_PAGES &&
		    kernel.memories[i].bytes != NULL)
			return kernel.memories[i].bytes;
	return NULL;
}

/* A person's key is one byte and zeroes, so that an input can say it. */
static struct aid key_of(uint32_t person, uint8_t out_key[SIGNATURE_KEY_SIZE])
{
	struct aid aid;

	memset(out_key, 0, SIGNATURE_KEY_SIZE);
	out_key[0] = (uint8_t)(person + 1u);
	aid_of_key(out_key, &aid);
	return aid;
}

static struct aid somebody(void)
{
	uint8_t key[SIGNATURE_KEY_SIZE];
	const uint8_t who = take();

	if (who >= 240)
		return OBJECT_EVERYONE;
	return who % 2u == 0 ? key_of(who / 2u % PEOPLE, key) : person_principal(who / 2u % PEOPLE);
}

/* ---- records, at their place in a window ---- */
static void entries_fill(struct object_record *record)
{
	record->entry_count = take() % 3u;
	for (uint32_t i = 0; i < record->entry_count; i++)
		record->entries[i] = (struct object_entry){.reader = somebody(), .rights = take() % 4u, .expiry_ns = take() % 2u * 2000u};
}

static void record_put(struct object_record *record, uint32_t person, uint8_t *window)
{
	uint8_t bytes[OBJECT_RECORD_MAX], digest[HASH_SIZE];

	(void)key_of(person, record->key);
	const size_t size = object_record_encode(record, bytes, digest);
	memcpy(window + STORE_RECORD_AT, bytes, size);
	memset(window + STORE_RECORD_AT + size, 0, SIGNATURE_SIZE);
}

static void id_keep(const struct object_id *id)
{
	ids[id_count++ % IDS] = *id;
	memcpy(kernel.answers[kernel.answer_count++ % ANSWERS_KEPT], id, sizeof *id);
}

static void birth_put(uint32_t person, uint8_t *window, const uint8_t *content, size_t size)
{
	uint8_t key[SIGNATURE_KEY_SIZE];
	struct object_record record = {.kind = OBJECT_BIRTH, .size = size, .owner = key_of(person, key)};

	record.id.author = record.owner;
	hash_bytes(content, size, record.id.hash);
	entries_fill(&record);
	record_put(&record, person, window);
	id_keep(&record.id);
}

static void follow_put(uint32_t person, uint8_t *window)
{
	struct object_record record = {.kind = OBJECT_TRANSFER + take() % 3u, .id = ids[take() % IDS]};
	struct object object;

	if (medium.volume == NULL || object_find(&objects, &record.id, &object) != STATUS_OK)
		return;
	record.sequence = object.sequence + 1u;
	record.owner = record.kind == OBJECT_TRANSFER ? somebody() : object.owner;
	memcpy(record.previous, object.previous, HASH_SIZE);
	if (record.kind == OBJECT_ACCESS)
		entries_fill(&record);
	record_put(&record, person, window);
	memcpy(kernel.answers[kernel.answer_count++ % ANSWERS_KEPT], &record.id, sizeof record.id);
}

static void name_put(uint32_t person, uint8_t *window)
{
	uint8_t digest[HASH_SIZE];
	struct object_name before, name = {.name = {(char)('a' + take() % 3u)}, .removed = take() % 4u == 0, .sequence = 1};

	name.owner = key_of(person, name.key);
	if (!name.removed)
		name.target = ids[take() % IDS];
	if (medium.volume != NULL && object_name_get(&objects, &name.owner, name.name, 0, &before) == STATUS_OK) {
		name.sequence = before.sequence + 1u;
		object_name_digest(objects.name, name.previous);
	}
	memset(window + STORE_RECORD_AT, 0, OBJECT_NAME_SIZE);
	(void)!object_name_encode(&name, window + STORE_RECORD_AT, digest);
}

/* ---- what happens between messages ---- */
static size_t take_size(size_t limit)
{
	const size_t size = take() + 256u * take();

	return (size * 3u) % (limit + 1u);
}

static void raw_put(uint8_t *window)
{
	const size_t at = take() + 256u * take();

	for (size_t i = take() % 64u; i > 0; i--)
		window[(at + i) % STORE_WINDOW_SIZE] = take();
}

static void long_birth_put(uint32_t person, uint8_t *window)
{
	static uint8_t content[LONG_MAX];
	const size_t size = STORE_PART_SIZE + take_size(LONG_MAX - STORE_PART_SIZE);

	memset(content, take(), size);
	birth_put(person, window, content, size);
}

static void write_window(uint8_t what, uint8_t *window)
{
	switch (what / 16u % 8u) {
	case 0: raw_put(window); break;
	case 1: memset(window, take(), STORE_PART_SIZE); break;
	case 2:
	case 3: birth_put(what % PEOPLE, window, window, take_size(STORE_PART_SIZE)); break;
	case 4:
	case 5: follow_put(what % PEOPLE, window); break;
	case 6: name_put(what % PEOPLE, window); break;
	default: long_birth_put(what % PEOPLE, window); break;
	}
}

uint64_t service_step(uint8_t what)
{
	uint8_t *const window = window_of(what % PEOPLE);

	if (window != NULL)
		write_window(what, window);
	return 0;
}

uint64_t service_late(void)
{
	return 0;
}

void service_begin(void)
{
	memset(ids, 0, sizeof ids);
	id_count = 0;
}

static void report(void *context, const char *text)
{
	(void)context, (void)text;
	require(false);
}

void service_end(void)
{
	if (medium.volume == NULL)
		return;
	require(volume_check(medium.volume, report, NULL) == STATUS_OK);
	require(object_verify_all(&objects, part_bytes, report, NULL) == STATUS_OK);
}

bool service_given(const char *name)
{
	return strcmp(name, "monitor") == 0 || strcmp(name, "log") == 0 || strcmp(name, "audit") == 0;
}

bool service_call_more(uint64_t number, uint64_t regs[8])
{
	(void)number, (void)regs;
	return false;
}
