/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The store's methods against a kernel of this test's, on memory: who may do what,
 * what may be asked twice, and that nobody is answered before the commit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../store.h"
#include <abi/info.h>
#include <abi/module.h>
#include <lib/bytes.h>
#include <lib/hash.h>
#include <lib/identity.h>
#include <os/startup.h>

/* ---- the kernel ---- */
#define HANDLES 256u
struct message_page host_message_page;
static void *pages[HANDLES]; /* of memory objects, by handle */
static uint32_t handles;
static uint64_t random_word, living = UINT64_MAX; /* the highest process id that runs */
static struct {
	uint32_t count;
	status_t status[128];
	uint8_t data[128][64];
} answers; /* by reply handle */

static void info(uint64_t regs[8])
{
	struct info_memory memory = {.free_bytes = 64ull << 20};
	struct info_process process = {.id = regs[2] + 1u, .state = PROCESS_RUNNING};

	if (regs[1] == INFO_MEMORY)
		memcpy(host_message_page.bulk, &memory, sizeof memory);
	else
		memcpy(host_message_page.bulk, &process, sizeof process);
	regs[0] = regs[1] == INFO_PROCESS && (regs[2] >= living || regs[2] > 100) ? STATUS_NOT_FOUND : STATUS_OK;
	regs[1] = regs[2] + 1u;
}

static void replied(const uint64_t regs[8])
{
	const uint64_t to = regs[0];

	assert_true(to < 128);
	assert_int_equal(answers.status[to], UINT32_MAX); /* once */
	answers.status[to] = (status_t)MESSAGE_LABEL(regs[1]);
	memcpy(answers.data[to], regs + 2, 32);
	answers.count++;
}

void host_syscall(uint64_t number, uint64_t regs[8])
{
	switch (number) {
	case SYSCALL_memory_create:
		assert_true(++handles < HANDLES);
		pages[handles] = calloc(regs[0], PAGE_SIZE);
		regs[1] = handles;
		break;
	case SYSCALL_memory_map: regs[1] = (uint64_t)pages[regs[0]]; break;
	case SYSCALL_memory_unmap: break;
	case SYSCALL_cap_drop:
		free(pages[regs[0]]);
		pages[regs[0]] = NULL;
		break;
	case SYSCALL_clock_wall: regs[1] = 1000; break;
	case SYSCALL_clock_now: regs[1] = 1; break;
	case SYSCALL_random_get:
		random_word++;
		memcpy(host_message_page.bulk, &random_word, sizeof random_word);
		break;
	case SYSCALL_system_info: info(regs); return;
	case SYSCALL_reply: replied(regs); break;
	case SYSCALL_log_write: break;
	default: fail_msg("system call %u", (unsigned)number);
	}
	regs[0] = STATUS_OK;
}

handle_t startup_handle(const char *name)
{
	return strcmp(name, "monitor") == 0 || strcmp(name, "log") == 0 ? 200 : HANDLE_NONE;
}

void startup_drop(const char *name)
{
	(void)name;
}

handle_t startup_need(const char *name)
{
	return startup_handle(name);
}

/* ---- people ---- */
struct person {
	uint64_t badge;
	struct aid principal, aid;
	uint8_t seed[SIGNATURE_SEED_SIZE], key[SIGNATURE_KEY_SIZE];
	uint8_t *window;
};
static struct person ann, ben;
static uint32_t next_reply;

static struct service_call call_of(const struct person *person)
{
	answers.status[++next_reply % 128] = UINT32_MAX;
	return (struct service_call){.badge = person->badge, .sender = person->principal, .reply = next_reply % 128};
}

/* Calls the method; a deferred one is answered now, with everything before it. */
#define ASK(person, method, request, out_reply)                                                            \
	({                                                                                                 \
		struct service_call asked = call_of(person);                                               \
		memset(out_reply, 0, sizeof *(out_reply));                                                 \
		asked.reply_bytes = sizeof *(out_reply);                                                   \
		status_t told = method##_serve(&asked, request, out_reply);                                \
		(void)ipc_attached();                                                                      \
		if (asked.deferred) {                                                                      \
			change_commit();                                                                   \
			told = answers.status[asked.reply];                                                \
		}                                                                                          \
		told;                                                                                      \
	})

static status_t attach(struct person *person)
{
	static const struct store_attach_req request;
	struct store_attach_rep reply;
	const uint32_t before = handles;
	const status_t status = ASK(person, store_attach, &request, &reply);

	if (status == STATUS_OK && handles != before)
		person->window = pages[handles];
	return status;
}

static void session_sign(const struct person *person, const uint8_t challenge[32], struct store_prove_req *out_request)
{
	uint8_t said[32 + AID_SIZE + 8], digest[HASH_SIZE];

	memcpy(said, challenge, 32);
	memcpy(said + 32, person->principal.bytes, AID_SIZE);
	bytes_put_le64(said + 32 + AID_SIZE, person->badge & ~STORE_BADGE_CONTROL);
	hash_bytes(said, sizeof said, digest);
	memcpy(out_request->key, person->key, sizeof person->key);
	signature_sign_digest(person->seed, person->key, SIGN_DOMAIN_SESSION, digest, out_request->signature);
}

static status_t prove(struct person *person)
{
	static const struct store_challenge_req ask;
	struct store_challenge_rep challenge;
	struct store_prove_req request;
	struct store_prove_rep reply;

	assert_int_equal(ASK(person, store_challenge, &ask, &challenge), STATUS_OK);
	session_sign(person, challenge.challenge, &request);
	return ASK(person, store_prove, &request, &reply);
}

static void person_make(struct person *person, uint8_t number)
{
	memset(person, 0, sizeof *person);
	memset(person->seed, number, sizeof person->seed);
	signature_public(person->seed, person->key);
	aid_of_key(person->key, &person->aid);
	memset(&person->principal, 0x40 + number, AID_SIZE);
	person->badge = number;
}

static int begin(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < HANDLES; i++) {
		free(pages[i]);
		pages[i] = NULL;
	}
	handles = 0;
	living = UINT64_MAX;
	memset(&medium, 0, sizeof medium);
	assert_int_equal(medium_open(), STATUS_OK);
	assert_int_equal(medium.kind, STORE_IN_MEMORY);
	person_make(&ann, 1);
	person_make(&ben, 2);
	ann.badge |= STORE_BADGE_CONTROL;
	assert_int_equal(attach(&ann), STATUS_OK);
	assert_int_equal(attach(&ben), STATUS_OK);
	assert_int_equal(prove(&ann), STATUS_OK);
	assert_int_equal(prove(&ben), STATUS_OK);
	return 0;
}

/* ---- records ---- */
static size_t sign(const struct person *person, struct object_record *record)
{
	uint8_t bytes[OBJECT_RECORD_MAX], digest[HASH_SIZE];

	memcpy(record->key, person->key, sizeof record->key);
	const size_t size = object_record_encode(record, bytes, digest);
	assert_true(size != 0);
	signature_sign_digest(person->seed, person->key, SIGN_DOMAIN_OBJECT, digest, bytes + size);
	memcpy(person->window + STORE_RECORD_AT, bytes, size + SIGNATURE_SIZE);
	return size + SIGNATURE_SIZE;
}

static struct object_record birth_of(const struct person *author, const uint8_t hash[HASH_SIZE], uint64_t size)
{
	struct object_record record = {.kind = OBJECT_BIRTH, .owner = author->aid, .size = size, .time_ns = 7};

	memcpy(record.id.hash, hash, HASH_SIZE);
	record.id.author = author->aid;
	return record;
}

static status_t put(const struct person *author, const struct person *asker, const char *text, struct store_id *out_id,
                    uint64_t *out_made)
{
	uint8_t hash[HASH_SIZE];
	struct store_put_req request = {.size = (uint32_t)strlen(text)};
	struct store_put_rep reply;

	hash_bytes((const uint8_t *)text, request.size, hash);
	struct object_record record = birth_of(author, hash, request.size);
	struct person signer = *author;
	signer.window = asker->window;
	request.record_size = (uint32_t)sign(&signer, &record);
	memcpy(asker->window, text, request.size);
	const status_t status = ASK(asker, store_put, &request, &reply);
	memcpy(out_id->hash, hash, HASH_SIZE);
	out_id->author = author->aid;
	*out_made = reply.made;
	return status;
}

static struct object object_now(const struct store_id *id)
{
	struct object_id key;
	struct object object;

	memcpy(key.hash, id->hash, HASH_SIZE);
	key.author = id->author;
	assert_int_equal(object_find(&objects, &key, &object), STATUS_OK);
	return object;
}

static size_t follow(const struct person *signer, const struct store_id *id, enum object_record_kind kind,
                     const struct aid *owner, const struct aid *reader, uint32_t rights)
{
	const struct object object = object_now(id);
	struct object_record record = {.kind = kind, .id = object.birth.id, .sequence = object.sequence + 1, .owner = *owner};

	memcpy(record.previous, object.previous, HASH_SIZE);
	if (reader != NULL) {
		record.entry_count = 1;
		record.entries[0] = (struct object_entry){.reader = *reader, .rights = rights};
	}
	return sign(signer, &record);
}

static status_t grant(const struct person *owner, const struct store_id *id, const struct aid *reader, uint32_t rights)
{
	struct store_amend_req request = {follow(owner, id, OBJECT_ACCESS, &owner->aid, reader, rights)};
	struct store_amend_rep reply;

	return ASK(owner, store_amend, &request, &reply);
}

static status_t find(const struct person *person, const struct store_id *id, struct store_find_rep *out)
{
	const struct store_find_req request = {*id};

	return ASK(person, store_find, &request, out);
}

static status_t read_part(const struct person *person, const struct store_id *id, uint64_t index, uint64_t *out_size)
{
	const struct store_read_req request = {*id, index};
	struct store_read_rep reply;
	const status_t status = ASK(person, store_read, &request, &reply);

	*out_size = reply.size;
	return status;
}

/* ---- tests ---- */
static void clients_and_sessions(void **state)
{
	static const struct store_detach_req none;
	struct store_detach_rep nothing;
	struct person eve = ann;
	struct store_find_rep found;
	const struct store_id id = {{0}, {{0}}};
	struct store_prove_rep proved;
	struct store_prove_req proof;
	static const struct store_challenge_req ask;
	struct store_challenge_rep challenge;

	(void)state;
	memset(&eve.principal, 9, AID_SIZE); /* the same process id, of somebody else */
	assert_int_equal(find(&eve, &id, &found), STATUS_CLOSED);
	assert_int_equal(attach(&ann), STATUS_OK); /* again: the same */
	session_sign(&ann, (const uint8_t[32]){1}, &proof);
	assert_int_equal(ASK(&ann, store_prove, &proof, &proved), STATUS_NOT_FOUND);
	assert_int_equal(ASK(&ann, store_challenge, &ask, &challenge), STATUS_OK);
	assert_int_equal(ASK(&ann, store_prove, &proof, &proved), STATUS_BAD_SIGNATURE);
	session_sign(&ann, challenge.challenge, &proof);
	assert_int_equal(ASK(&ann, store_prove, &proof, &proved), STATUS_NOT_FOUND); /* it is used up */
	assert_int_equal(ASK(&ben, store_challenge, &ask, &challenge), STATUS_OK);
	session_sign(&ann, challenge.challenge, &proof); /* ann signs what ben passes on to her */
	assert_int_equal(ASK(&ben, store_prove, &proof, &proved), STATUS_BAD_SIGNATURE);
	assert_int_equal(ASK(&ann, store_detach, &none, &nothing), STATUS_OK);
	assert_int_equal(find(&ann, &id, &found), STATUS_CLOSED);
}

/* Whoever showed no key may look, and changes nothing. */
static void without_a_session(void **state)
{
	const struct store_upload_begin_req begin_it = {.upload = 1};
	struct store_upload_begin_rep began;
	struct person eve;
	struct store_id id;
	uint64_t made;

	(void)state;
	person_make(&eve, 3);
	assert_int_equal(attach(&eve), STATUS_OK);
	assert_int_equal(ASK(&eve, store_upload_begin, &begin_it, &began), STATUS_DENIED);
	assert_int_equal(put(&eve, &eve, "mine", &id, &made), STATUS_DENIED);
	assert_int_equal(prove(&eve), STATUS_OK);
	assert_int_equal(ASK(&eve, store_upload_begin, &begin_it, &began), STATUS_OK);
	assert_int_equal(put(&eve, &eve, "mine", &id, &made), STATUS_OK);
}

static void places(void **state)
{
	struct person many[STORE_CLIENTS_MAX];

	(void)state;
	for (uint32_t i = 2; i < STORE_CLIENTS_MAX; i++) {
		person_make(&many[i], (uint8_t)(i + 10));
		assert_int_equal(attach(&many[i]), STATUS_OK);
	}
	person_make(&many[0], 90);
	assert_int_equal(attach(&many[0]), STATUS_TABLE_FULL);
	many[0].principal = many[5].principal; /* gives up its own */
	assert_int_equal(attach(&many[0]), STATUS_OK);
	person_make(&many[1], 91);
	assert_int_equal(attach(&many[1]), STATUS_TABLE_FULL);
	living = 20; /* those above have ended */
	assert_int_equal(attach(&many[1]), STATUS_OK);
}

static void puts_and_reads(void **state)
{
	struct store_id id;
	struct store_find_rep found;
	struct object object;
	uint64_t made, size;

	(void)state;
	assert_int_equal(put(&ann, &ann, "hello", &id, &made), STATUS_OK);
	assert_int_equal(made, 1);
	assert_int_equal(put(&ann, &ann, "hello", &id, &made), STATUS_OK);
	assert_int_equal(made, 0);
	assert_int_equal(put(&ann, &ben, "other", &id, &made), STATUS_DENIED); /* ann's record, ben's session */
	assert_int_equal(put(&ann, &ann, "hello", &id, &made), STATUS_OK);
	assert_int_equal(find(&ann, &id, &found), STATUS_OK);
	assert_int_equal(found.rights, OBJECT_RIGHTS);
	assert_int_equal(object_replay(ann.window, found.history_size, &object), STATUS_OK);
	assert_int_equal(read_part(&ann, &id, 0, &size), STATUS_OK);
	assert_int_equal(size, 5);
	assert_memory_equal(ann.window, "hello", 5);
	assert_int_equal(read_part(&ann, &id, 1, &size), STATUS_INVALID);
	memset(&id.author, 0, sizeof id.author); /* whoever wrote it */
	assert_int_equal(find(&ann, &id, &found), STATUS_OK);
	assert_memory_equal(&found.id.author, &ann.aid, AID_SIZE);
	assert_int_equal(find(&ben, &id, &found), STATUS_NOT_FOUND);
}

/* The answer waits for the commit, and says what became of it. */
static void answered_when_durable(void **state)
{
	struct store_put_req request = {.size = 1};
	struct store_put_rep reply;
	uint8_t hash[HASH_SIZE];

	(void)state;
	ann.window[0] = 'x';
	hash_bytes((const uint8_t *)"x", 1, hash);
	struct object_record record = birth_of(&ann, hash, 1);
	request.record_size = (uint32_t)sign(&ann, &record);
	struct service_call call = call_of(&ann);
	call.reply_bytes = sizeof reply;
	assert_int_equal(store_put_serve(&call, &request, &reply), STATUS_OK);
	assert_true(call.deferred && change_waits());
	assert_int_equal(answers.status[call.reply], UINT32_MAX);
	change_commit();
	assert_false(change_waits());
	assert_int_equal(answers.status[call.reply], STATUS_OK);
	assert_int_equal(answers.data[call.reply][0], 1);
}

static void access_lists(void **state)
{
	struct store_id id;
	struct store_find_rep found;
	struct store_list_req listing = {.listing = STORE_LIST_KNOWN};
	struct store_list_rep row;
	struct store_delete_rep deleted;
	uint64_t made, size;

	(void)state;
	assert_int_equal(put(&ann, &ann, "secret", &id, &made), STATUS_OK);
	assert_int_equal(ASK(&ben, store_list, &listing, &row), STATUS_NOT_FOUND);
	assert_int_equal(read_part(&ben, &id, 0, &size), STATUS_NOT_FOUND);
	assert_int_equal(grant(&ann, &id, &ben.aid, OBJECT_NAME), STATUS_OK);
	assert_int_equal(find(&ben, &id, &found), STATUS_DENIED);
	assert_int_equal(read_part(&ben, &id, 0, &size), STATUS_DENIED);
	assert_int_equal(ASK(&ben, store_list, &listing, &row), STATUS_OK);
	assert_true(row.on == 0 && row.row.rights == OBJECT_NAME && row.row.size == 0);
	struct store_delete_req request = {follow(&ben, &id, OBJECT_DELETE, &ben.aid, NULL, 0)};
	assert_int_equal(ASK(&ben, store_delete, &request, &deleted), STATUS_DENIED);
	assert_int_equal(grant(&ann, &id, &ben.principal, OBJECT_READ), STATUS_OK); /* a program may be named too */
	assert_int_equal(read_part(&ben, &id, 0, &size), STATUS_OK);
	listing = (struct store_list_req){.listing = STORE_LIST_OWN, .who = ann.aid};
	assert_int_equal(ASK(&ben, store_list, &listing, &row), STATUS_DENIED);
	assert_int_equal(ASK(&ann, store_list, &listing, &row), STATUS_OK);
	assert_int_equal(row.row.size, 6);
	listing.cursor = row.row.id;
	assert_int_equal(ASK(&ann, store_list, &listing, &row), STATUS_NOT_FOUND);
}

/* Of many objects that it may not be told of a client learns nothing, however it asks, and still finds the one behind. */
static void listing_tells_nothing(void **state)
{
	static const struct store_row nothing;
	struct store_list_req listing = {.listing = STORE_LIST_KNOWN};
	struct store_list_rep row;
	struct store_id id, last = {.hash = {0}};
	char text[8];
	uint64_t made;

	(void)state;
	for (uint32_t i = 0; i < 200; i++) {
		snprintf(text, sizeof text, "n%u", i);
		assert_int_equal(put(&ann, &ann, text, &id, &made), STATUS_OK);
		if (memcmp(id.hash, last.hash, HASH_SIZE) > 0)
			last = id;
	}
	assert_int_equal(grant(&ann, &last, &ben.aid, OBJECT_NAME), STATUS_OK);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(ASK(&ben, store_list, &listing, &row), STATUS_OK);
		assert_true(row.on > listing.on);
		assert_memory_equal(&row.row, &nothing, sizeof nothing);
		listing.on = row.on;
	}
	assert_int_equal(ASK(&ben, store_list, &listing, &row), STATUS_OK);
	assert_int_equal(row.on, 0);
	assert_memory_equal(&row.row.id, &last, sizeof last);
	listing.on = 1; /* of a listing that is over: from the cursor again */
	assert_int_equal(ASK(&ben, store_list, &listing, &row), STATUS_OK);
	assert_true(row.on > 3);
}

static void asked_twice(void **state)
{
	struct store_id id;
	struct store_amend_rep amended;
	struct store_delete_rep deleted;
	uint64_t made;

	(void)state;
	assert_int_equal(put(&ann, &ann, "a", &id, &made), STATUS_OK);
	struct store_amend_req transfer = {follow(&ann, &id, OBJECT_TRANSFER, &ben.aid, NULL, 0)};
	assert_int_equal(ASK(&ann, store_amend, &transfer, &amended), STATUS_OK);
	assert_int_equal(ASK(&ann, store_amend, &transfer, &amended), STATUS_OK); /* though it is ben's now */
	assert_int_equal(grant(&ann, &id, &ann.aid, OBJECT_READ), STATUS_NOT_FOUND);
	assert_int_equal(grant(&ben, &id, &ann.aid, OBJECT_READ), STATUS_OK);
	assert_int_equal(grant(&ann, &id, &ann.aid, OBJECT_READ), STATUS_DENIED);
	struct store_delete_req request = {follow(&ben, &id, OBJECT_DELETE, &ben.aid, NULL, 0)};
	assert_int_equal(ASK(&ben, store_delete, &request, &deleted), STATUS_OK);
	assert_int_equal(ASK(&ben, store_delete, &request, &deleted), STATUS_NOT_FOUND);
	while (tidy())
		;
}

static void uploads(void **state)
{
	static uint8_t content[3 * STORE_PART_SIZE - 5];
	struct store_upload_begin_req begin_it = {.upload = 3};
	struct store_upload_begin_rep began;
	struct store_upload_part_rep taken;
	struct store_upload_finish_rep finished;
	uint8_t hash[HASH_SIZE];
	uint64_t size;

	(void)state;
	for (size_t i = 0; i < sizeof content; i++)
		content[i] = (uint8_t)(i * 7 + i / 1000);
	hash_bytes(content, sizeof content, hash);
	assert_int_equal(ASK(&ann, store_upload_begin, &begin_it, &began), STATUS_OK);
	for (uint64_t at = 0; at < sizeof content; at += STORE_PART_SIZE) {
		const uint64_t part = sizeof content - at < STORE_PART_SIZE ? sizeof content - at : STORE_PART_SIZE;
		struct store_upload_part_req request = {.upload = 3, .offset = at, .size = part};

		memcpy(ann.window, content + at, part);
		request.upload = 4;
		assert_int_equal(ASK(&ann, store_upload_part, &request, &taken), STATUS_NOT_FOUND);
		request.upload = 3;
		assert_int_equal(ASK(&ann, store_upload_part, &request, &taken), STATUS_OK);
		assert_int_equal(ASK(&ann, store_upload_part, &request, &taken), STATUS_OK);
		assert_int_equal(taken.offset, at + part);
		request.offset = at + 2 * STORE_PART_SIZE;
		assert_int_equal(ASK(&ann, store_upload_part, &request, &taken), STATUS_INVALID);
	}
	struct object_record record = birth_of(&ann, hash, sizeof content);
	struct store_upload_finish_req finish = {.upload = 3, .record_size = sign(&ann, &record)};
	assert_int_equal(ASK(&ann, store_upload_finish, &finish, &finished), STATUS_OK);
	assert_int_equal(finished.made, 1);
	assert_int_equal(ASK(&ann, store_upload_finish, &finish, &finished), STATUS_NOT_FOUND);
	struct store_id id = {.author = ann.aid};
	memcpy(id.hash, hash, HASH_SIZE);
	for (uint64_t index = 0; index < 3; index++) {
		assert_int_equal(read_part(&ann, &id, index, &size), STATUS_OK);
		assert_memory_equal(ann.window, content + index * STORE_PART_SIZE, size);
	}
	/* One at a time: what was begun before is given up, and given back. */
	begin_it.upload = 5;
	assert_int_equal(ASK(&ann, store_upload_begin, &begin_it, &began), STATUS_OK);
	begin_it.upload = 6;
	assert_int_equal(ASK(&ann, store_upload_begin, &begin_it, &began), STATUS_OK);
	while (tidy())
		;
}

static void name_records(void **state)
{
	struct object_name name = {.sequence = 1, .name = "greeting"};
	uint8_t bytes[OBJECT_NAME_SIZE], digest[HASH_SIZE];
	struct store_name_set_req set = {OBJECT_NAME_SIZE};
	struct store_name_set_rep done;
	struct store_name_get_req get = {.name = "greeting"};
	struct store_name_get_rep got;
	struct store_name_next_req next = {.cursor = ""};
	struct store_name_next_rep after;
	struct store_id id;
	uint64_t made;

	(void)state;
	assert_int_equal(put(&ann, &ann, "hi", &id, &made), STATUS_OK);
	name.owner = ann.aid;
	memcpy(name.target.hash, id.hash, HASH_SIZE);
	name.target.author = id.author;
	memcpy(name.key, ann.key, sizeof name.key);
	assert_true(object_name_encode(&name, bytes, digest));
	signature_sign_digest(ann.seed, ann.key, SIGN_DOMAIN_NAME, digest, bytes + OBJECT_NAME_SIZE - SIGNATURE_SIZE);
	memcpy(ben.window + STORE_RECORD_AT, bytes, sizeof bytes);
	assert_int_equal(ASK(&ben, store_name_set, &set, &done), STATUS_DENIED); /* whoever can read it cannot replay it */
	memcpy(ann.window + STORE_RECORD_AT, bytes, sizeof bytes);
	assert_int_equal(ASK(&ann, store_name_set, &set, &done), STATUS_OK);
	assert_int_equal(ASK(&ann, store_name_set, &set, &done), STATUS_OK);
	get.owner = next.owner = ann.aid;
	assert_int_equal(ASK(&ann, store_name_get, &get, &got), STATUS_OK);
	assert_memory_equal(ann.window, bytes, sizeof bytes);
	assert_int_equal(ASK(&ben, store_name_get, &get, &got), STATUS_NOT_FOUND);
	assert_int_equal(ASK(&ben, store_name_next, &next, &after), STATUS_NOT_FOUND);
	assert_int_equal(grant(&ann, &id, &ben.aid, OBJECT_NAME), STATUS_OK);
	assert_int_equal(ASK(&ben, store_name_get, &get, &got), STATUS_OK);
	assert_int_equal(ASK(&ben, store_name_next, &next, &after), STATUS_OK);
	assert_string_equal(after.name, "greeting");
	memset(get.name, 'x', sizeof get.name);
	assert_int_equal(ASK(&ann, store_name_get, &get, &got), STATUS_INVALID);
}

static void kept_for_services(void **state)
{
	struct store_state_put_req put_it = {.version = 2, .size = 4};
	struct store_state_put_rep kept;
	static const struct store_state_get_req get_it;
	struct store_state_get_rep got;

	(void)state;
	assert_int_equal(ASK(&ann, store_state_get, &get_it, &got), STATUS_NOT_FOUND);
	memcpy(ann.window, "keys", 4);
	assert_int_equal(ASK(&ann, store_state_put, &put_it, &kept), STATUS_OK);
	assert_int_equal(ASK(&ann, store_state_put, &put_it, &kept), STATUS_OK);
	ann.window[0] = 'K';
	assert_int_equal(ASK(&ann, store_state_put, &put_it, &kept), STATUS_OUTDATED);
	put_it.version = 1;
	assert_int_equal(ASK(&ann, store_state_put, &put_it, &kept), STATUS_OUTDATED);
	put_it.size = STORE_STATE_MAX + 1;
	assert_int_equal(ASK(&ann, store_state_put, &put_it, &kept), STATUS_INVALID);
	assert_int_equal(ASK(&ben, store_state_get, &get_it, &got), STATUS_NOT_FOUND);
	assert_int_equal(ASK(&ann, store_state_get, &get_it, &got), STATUS_OK);
	assert_true(got.version == 2 && got.size == 4 && memcmp(ann.window, "keys", 4) == 0);
	memset(&ben.principal, 0, AID_SIZE); /* nobody */
	assert_int_equal(attach(&ben), STATUS_OK);
	assert_int_equal(ASK(&ben, store_state_get, &get_it, &got), STATUS_DENIED);
}

static void the_whole(void **state)
{
	struct store_check_req step = {0};
	struct store_check_rep said;
	struct store_totals_req from = {{0}};
	struct store_totals_rep totals;
	static const struct store_info_req none;
	struct store_info_rep info_of;
	struct store_id id;
	uint64_t made;
	char text[8];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof text, "%d", i);
		assert_int_equal(put(&ann, &ann, text, &id, &made), STATUS_OK);
	}
	assert_int_equal(ASK(&ben, store_check, &step, &said), STATUS_DENIED);
	assert_int_equal(ASK(&ben, store_totals, &from, &totals), STATUS_DENIED);
	assert_int_equal(ASK(&ben, store_info, &none, &info_of), STATUS_OK);
	assert_int_equal(info_of.keys, 0);
	assert_int_equal(ASK(&ann, store_info, &none, &info_of), STATUS_OK);
	assert_true(info_of.keys > 100 && info_of.clients == 2 && info_of.sessions == 2);
	assert_int_equal(ASK(&ann, store_totals, &from, &totals), STATUS_OK);
	uint64_t counted = totals.objects;
	while (totals.next.size != 0) {
		from.cursor = totals.next;
		assert_int_equal(ASK(&ann, store_totals, &from, &totals), STATUS_OK);
		counted += totals.objects;
	}
	assert_int_equal(counted, 100);
	do {
		assert_int_equal(ASK(&ann, store_check, &step, &said), STATUS_OK);
		assert_int_equal(said.problems, 0);
		step.step++;
	} while (said.finished == 0);
	assert_true(step.step > 2);
	step.step = 1;
	assert_int_equal(ASK(&ann, store_check, &step, &said), STATUS_CLOSED);
}

/* A store that is full refuses, all who waited are told, what was acknowledged stays, and deleting makes room. */
static void full(void **state)
{
	static char text[STORE_PART_SIZE];
	struct store_id id, first;
	struct store_delete_rep deleted;
	uint64_t made, size;
	uint32_t count = 0;
	status_t status;

	(void)state;
	memset(text, 'f', sizeof text - 1);
	do {
		snprintf(text, 9, "%08u", count);
		text[8] = 'f';
		status = put(&ann, &ann, text, &id, &made);
		if (count++ == 0)
			first = id;
	} while (status == STATUS_OK);
	assert_int_equal(status, STATUS_NO_SPACE);
	assert_true(count > 20);
	assert_int_equal(read_part(&ann, &id, 0, &size), STATUS_NOT_FOUND);
	assert_int_equal(read_part(&ann, &first, 0, &size), STATUS_OK);
	struct store_delete_req request = {follow(&ann, &first, OBJECT_DELETE, &ann.aid, NULL, 0)};
	assert_int_equal(ASK(&ann, store_delete, &request, &deleted), STATUS_OK);
	while (tidy())
		;
	assert_int_equal(put(&ann, &ann, text, &id, &made), STATUS_OK);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(clients_and_sessions), TEST(without_a_session), TEST(places),   TEST(puts_and_reads), TEST(answered_when_durable),
		TEST(access_lists),         TEST(listing_tells_nothing), TEST(asked_twice), TEST(uploads),     TEST(name_records),
		TEST(kept_for_services),    TEST(the_whole),   TEST(full),
	};
	const int count = (int)(sizeof tests / sizeof tests[0]);
	(void)argc;
	(void)argv;
	const int failed = cmocka_run_group_tests(tests, NULL, NULL);

	printf("%d passed, %d failed\n", count - failed, failed);
	return failed != 0;
}
