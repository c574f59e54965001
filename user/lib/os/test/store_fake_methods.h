/* SPDX-License-Identifier: MPL-2.0 */
/* What the store of store_fake.h, which includes this, answers, and where it lies. */
#pragma once

#define FAKE_METHOD(name)                                                                                  \
	static inline status_t fake_##name(struct fake_person *who, const struct name##_req *request,      \
	                                   struct name##_rep *reply)
#define FAKE_RECORD(who) ((who)->window + STORE_RECORD_AT)

static inline status_t fake_commit(status_t status)
{
	return status == STATUS_OK ? object_store_commit(&fake.store) : status;
}

static inline bool fake_may(const struct fake_person *who, const struct object *object, uint32_t rights)
{
	const struct aid readers[2] = {who->principal, who->proved ? who->aid : who->principal};

	return object_may(object, readers, 2, rights, fake.wall_ns);
}

/* Only records of the session's own key. */
static inline bool fake_signed(const struct fake_person *who, const uint8_t *key)
{
	return who->proved && memcmp(key, who->key, sizeof(who->key)) == 0;
}

static inline status_t fake_record_check(const struct fake_person *who, uint64_t size)
{
	struct object_record record;
	size_t taken;
	const status_t status = object_record_decode(FAKE_RECORD(who), size, &record, &taken);

	return status == STATUS_OK && !fake_signed(who, record.key) ? STATUS_DENIED : status;
}

static inline void fake_upload_forget(struct fake_person *who)
{
	if (who->upload_number != 0)
		(void)!object_upload_cancel(&fake.store, &who->upload);
	who->upload_number = 0;
}

/* ---- who ---- */
FAKE_METHOD(store_challenge)
{
	(void)request;
	memset(who->challenge, (int)fake.asked, sizeof(who->challenge));
	memcpy(reply->challenge, who->challenge, sizeof(who->challenge));
	who->challenged = true;
	return STATUS_OK;
}

FAKE_METHOD(store_prove)
{
	uint8_t text[STORE_CHALLENGE_SIZE + AID_SIZE + 8u], digest[HASH_SIZE];

	if (!who->challenged)
		return STATUS_NOT_FOUND;
	who->challenged = false;
	memcpy(text, who->challenge, STORE_CHALLENGE_SIZE);
	memcpy(text + STORE_CHALLENGE_SIZE, who->principal.bytes, AID_SIZE);
	bytes_put_le64(text + STORE_CHALLENGE_SIZE + AID_SIZE, fake.now);
	hash_bytes(text, sizeof(text), digest);
	if (!signature_verify_digest(request->key, SIGN_DOMAIN_SESSION, digest, request->signature))
		return STATUS_BAD_SIGNATURE;
	who->proved = true;
	aid_of_key(request->key, &reply->aid);
	return STATUS_OK;
}

/* ---- objects ---- */
FAKE_METHOD(store_put)
{
	struct object object;
	status_t status = fake_record_check(who, request->record_size);

	if (status == STATUS_OK)
		status = object_born(FAKE_RECORD(who), request->record_size, &object);
	if (status != STATUS_OK)
		return status;
	reply->made = object_find(&fake.store, &object.birth.id, &object) == STATUS_NOT_FOUND;
	return fake_commit(object_put(&fake.store, who->window, request->size, FAKE_RECORD(who), request->record_size));
}

FAKE_METHOD(store_upload_begin)
{
	status_t status = STATUS_OK;

	if (who->upload_number != request->upload) {
		fake_upload_forget(who);
		status = object_upload_begin(&fake.store, &who->upload);
		who->upload_number = request->upload;
	}
	reply->offset = who->upload.size;
	return status;
}

FAKE_METHOD(store_upload_part)
{
	if (who->upload_number != request->upload)
		return STATUS_NOT_FOUND;
	if (request->offset + request->size > who->upload.size) {
		if (request->offset != who->upload.size)
			return STATUS_INVALID;
		fake.parts++;
		const status_t status = object_upload_part(&fake.store, &who->upload, who->window, request->size);
		if (status != STATUS_OK)
			return status;
	}
	reply->offset = request->offset + request->size;
	return fake_commit(STATUS_OK);
}

FAKE_METHOD(store_upload_finish)
{
	status_t status = fake_record_check(who, request->record_size);
	struct object object;

	if (who->upload_number != request->upload)
		return STATUS_NOT_FOUND;
	if (status == STATUS_OK)
		status = object_born(FAKE_RECORD(who), request->record_size, &object);
	reply->made = status == STATUS_OK && object_find(&fake.store, &object.birth.id, &object) == STATUS_NOT_FOUND;
	if (status == STATUS_OK)
		status = object_upload_finish(&fake.store, &who->upload, FAKE_RECORD(who), request->record_size);
	who->upload_number = status == STATUS_OK ? 0 : who->upload_number;
	return fake_commit(status);
}

FAKE_METHOD(store_upload_cancel)
{
	(void)reply;
	if (who->upload_number != request->upload)
		return STATUS_NOT_FOUND;
	fake_upload_forget(who);
	return STATUS_OK;
}

/* The object asked for: of that author, or the first that may be read, or else be known of. */
static inline status_t fake_find(const struct fake_person *who, const struct store_id *asked, struct object *out_object)
{
	struct object_id cursor = {.author = asked->author}, id;
	status_t best = STATUS_NOT_FOUND;

	memcpy(cursor.hash, asked->hash, HASH_SIZE);
	const bool any = aid_is_anonymous(&cursor.author);
	while (any ? object_next(&fake.store, NULL, &cursor, &id) == STATUS_OK : true) {
		struct object object;

		id = any ? id : cursor;
		cursor = id;
		if (!hash_equal(id.hash, asked->hash) || object_find(&fake.store, &id, &object) != STATUS_OK)
			return best;
		if (fake_may(who, &object, OBJECT_READ) || (best == STATUS_NOT_FOUND && fake_may(who, &object, OBJECT_NAME))) {
			best = fake_may(who, &object, OBJECT_READ) ? STATUS_OK : STATUS_DENIED;
			*out_object = object;
		}
		if (best == STATUS_OK || !any)
			break;
	}
	return best;
}

/* A lie is another object of the same people, whole and signed. */
static inline void fake_find_lie(struct fake_person *who, struct store_find_rep *reply)
{
	const uint8_t *history;
	struct object_id first = {.hash = {0}}, id;
	size_t size;

	if (fake.lie == FAKE_RECORD)
		who->window[40] ^= 1;
	if (fake.lie == FAKE_CUT)
		reply->history_size -= 100;
	if (fake.lie != FAKE_OTHER || object_next(&fake.store, NULL, &first, &id) != STATUS_OK)
		return;
	if (memcmp(id.hash, reply->id.hash, HASH_SIZE) == 0)
		assert_int_equal(object_next(&fake.store, NULL, &id, &id), STATUS_OK);
	assert_int_equal(object_history(&fake.store, &id, &history, &size), STATUS_OK);
	memcpy(who->window, history, size);
	reply->history_size = size;
}

FAKE_METHOD(store_find)
{
	const uint8_t *history;
	struct object object;
	size_t size;
	status_t status = fake_find(who, &request->id, &object);

	if (status != STATUS_OK)
		return status;
	status = object_history(&fake.store, &object.birth.id, &history, &size);
	memcpy(who->window, history, size);
	store_id_of(&object.birth.id, &reply->id);
	reply->history_size = size;
	reply->rights = OBJECT_READ | (fake_may(who, &object, OBJECT_NAME) ? OBJECT_NAME : 0);
	fake_find_lie(who, reply);
	return status;
}

FAKE_METHOD(store_read)
{
	struct object_reader reader;
	struct object object;
	size_t size = 0;
	status_t status = fake_find(who, &request->id, &object);

	if (status != STATUS_OK)
		return status;
	object_reader_begin(&reader, &object);
	status = object_read(&fake.store, &reader, request->index, who->window, &size);
	if (fake.lie == FAKE_CONTENT)
		who->window[size / 2u] ^= 0x10;
	reply->size = fake.lie == FAKE_SIZE && size != 0 ? size - 1u : size;
	return status;
}

/* One object is looked at for each question; `on` is how many were passed over. */
FAKE_METHOD(store_list)
{
	const bool own = request->listing == STORE_LIST_OWN;
	struct object_id cursor, id;
	struct object object;

	store_id_to(&request->cursor, &cursor);
	for (uint64_t passed = 0; passed <= request->on; passed++, cursor = id) {
		if (object_next(&fake.store, own ? &request->who : NULL, &cursor, &id) != STATUS_OK)
			return STATUS_NOT_FOUND;
	}
	assert_int_equal(object_find(&fake.store, &id, &object), STATUS_OK);
	if (!own && !fake_may(who, &object, OBJECT_NAME)) {
		reply->on = fake.lie == FAKE_STUCK ? request->on : request->on + 1u;
		return STATUS_OK;
	}
	if (fake.lie != FAKE_STUCK)
		store_id_of(&id, &reply->row.id);
	reply->row.owner = object.owner;
	reply->row.size = object.birth.size;
	memcpy(reply->row.type, fake.lie == FAKE_TEXT ? "\x1b[H" : object.birth.type, 4);
	return STATUS_OK;
}

FAKE_METHOD(store_amend)
{
	const status_t status = fake_record_check(who, request->record_size);
	struct object object;
	struct object_record record;
	size_t size;

	(void)reply;
	if (status != STATUS_OK)
		return status;
	assert_int_equal(object_record_decode(FAKE_RECORD(who), request->record_size, &record, &size), STATUS_OK);
	if (object_find(&fake.store, &record.id, &object) == STATUS_OK && object.sequence == record.sequence)
		return STATUS_OK; /* the same again: no two people here use one key */
	return fake_commit(object_amend(&fake.store, FAKE_RECORD(who), request->record_size));
}

FAKE_METHOD(store_delete)
{
	const status_t status = fake_record_check(who, request->record_size);
	uint64_t freed;

	(void)reply;
	if (status != STATUS_OK)
		return status;
	return fake_commit(object_delete(&fake.store, FAKE_RECORD(who), request->record_size, &freed));
}

/* ---- names ---- */
FAKE_METHOD(store_name_set)
{
	struct object_name name, newest;
	const status_t status = object_name_decode(FAKE_RECORD(who), request->record_size, &name);

	(void)reply;
	if (status != STATUS_OK || !fake_signed(who, name.key))
		return status != STATUS_OK ? status : STATUS_DENIED;
	if (object_name_get(&fake.store, &name.owner, name.name, 0, &newest) == STATUS_OK &&
	    memcmp(fake.store.name, FAKE_RECORD(who), OBJECT_NAME_SIZE) == 0)
		return STATUS_OK;
	return fake_commit(object_name_set(&fake.store, FAKE_RECORD(who), request->record_size));
}

static inline void fake_name_give(struct fake_person *who, uint64_t *out_size)
{
	memcpy(who->window, fake.store.name, OBJECT_NAME_SIZE);
	who->window[60] ^= fake.lie == FAKE_RECORD;
	*out_size = OBJECT_NAME_SIZE;
}

FAKE_METHOD(store_name_get)
{
	struct object_name name;
	const char *asked = fake.lie == FAKE_OTHER ? "other" : request->name;
	const status_t status = object_name_get(&fake.store, &request->owner, asked, request->sequence, &name);

	fake_name_give(who, &reply->record_size);
	return status;
}

/* Of what begins with a point nobody is told. */
FAKE_METHOD(store_name_next)
{
	struct object_name name = {.sequence = 0};

	strcpy(name.name, fake.lie == FAKE_STUCK ? "" : request->cursor);
	for (uint64_t passed = 0; passed <= request->on; passed++) {
		if (object_name_next(&fake.store, &request->owner, name.name, &name) != STATUS_OK)
			return STATUS_NOT_FOUND;
	}
	if (name.name[0] == '.') {
		reply->on = request->on + 1u;
		return STATUS_OK;
	}
	strcpy(reply->name, name.name);
	fake_name_give(who, &reply->record_size);
	return STATUS_OK;
}

/* ---- all of it, and state ---- */
FAKE_METHOD(store_info)
{
	(void)who;
	(void)request;
	reply->medium = STORE_IN_MEMORY;
	memset(reply->model, 'm', sizeof(reply->model));
	return STATUS_OK;
}

/* In two steps. */
FAKE_METHOD(store_totals)
{
	struct object_totals totals;
	const bool first = request->cursor.size == 0;

	(void)who;
	assert_int_equal(object_totals(&fake.store, &totals), STATUS_OK);
	reply->next.size = first || fake.lie == FAKE_STUCK;
	reply->next.key[0] = 'a';
	reply->objects = first ? totals.objects : 0;
	reply->names = first ? 0 : totals.names;
	reply->parts = first ? 1 : totals.parts - 1u;
	return STATUS_OK;
}

/* In three steps, the second of which finds something. */
FAKE_METHOD(store_check)
{
	(void)who;
	if (request->step != 0 && request->step != fake.check_step)
		return STATUS_CLOSED;
	fake.check_step = request->step + 1u;
	memcpy(reply->data, "wrong", 5);
	reply->problems = request->step >= 1;
	reply->finished = request->step == 2;
	return STATUS_OK;
}

FAKE_METHOD(store_state_put)
{
	uint8_t kept[8u + STORE_STATE_MAX];

	(void)reply;
	bytes_put_le64(kept, request->version);
	memcpy(kept + 8, who->window, request->size);
	return fake_commit(object_state_put(&fake.store, &who->principal, kept, 8u + request->size));
}

FAKE_METHOD(store_state_get)
{
	uint8_t kept[8u + STORE_STATE_MAX];
	size_t size = 0;
	const status_t status = object_state_get(&fake.store, &who->principal, kept, sizeof(kept), &size);

	(void)request;
	if (status != STATUS_OK)
		return status;
	reply->version = bytes_le64(kept);
	reply->size = size - 8u;
	memcpy(who->window, kept + 8, size - 8u);
	return STATUS_OK;
}

/* ---- which ---- */
#define FAKE_ROW(NAME, name)                                                                               \
	case NAME: *out_size = sizeof(struct name##_rep); return fake_##name(who, (const void *)request, (void *)reply);
static inline status_t fake_method(uint32_t method, const uint8_t *request, size_t bytes, uint8_t *reply,
                                   size_t *out_size, uint32_t *out_caps)
{
	struct fake_person *who = fake_person();

	(void)bytes;
	if (method == STORE_ATTACH) {
		who->attached = true;
		bytes_put_le64(reply, STORE_WINDOW_SIZE);
		*out_size = sizeof(struct store_attach_rep);
		host_message_page.caps[0].handle = WINDOW + fake.now;
		*out_caps = 1;
		return STATUS_OK;
	}
	if (method != STORE_INFO && !who->attached)
		return STATUS_CLOSED;
	switch (method) {
	case STORE_DETACH:
		who->attached = who->proved = false;
		fake_upload_forget(who);
		return STATUS_OK;
	case STORE_CHECK:
		*out_size = IFACE_BLOB(struct store_check_rep) + (bytes_le64(request) == 1 ? 5 : 0);
		return fake_store_check(who, (const void *)request, (void *)reply);
	FAKE_ROW(STORE_INFO, store_info)
	FAKE_ROW(STORE_TOTALS, store_totals)
	FAKE_ROW(STORE_CHALLENGE, store_challenge)
	FAKE_ROW(STORE_PROVE, store_prove)
	FAKE_ROW(STORE_PUT, store_put)
	FAKE_ROW(STORE_UPLOAD_BEGIN, store_upload_begin)
	FAKE_ROW(STORE_UPLOAD_PART, store_upload_part)
	FAKE_ROW(STORE_UPLOAD_FINISH, store_upload_finish)
	FAKE_ROW(STORE_UPLOAD_CANCEL, store_upload_cancel)
	FAKE_ROW(STORE_FIND, store_find)
	FAKE_ROW(STORE_READ, store_read)
	FAKE_ROW(STORE_LIST, store_list)
	FAKE_ROW(STORE_AMEND, store_amend)
	FAKE_ROW(STORE_DELETE, store_delete)
	FAKE_ROW(STORE_NAME_SET, store_name_set)
	FAKE_ROW(STORE_NAME_GET, store_name_get)
	FAKE_ROW(STORE_NAME_NEXT, store_name_next)
	FAKE_ROW(STORE_STATE_PUT, store_state_put)
	FAKE_ROW(STORE_STATE_GET, store_state_get)
	default: fail_msg("method %u", method);
	}
	return STATUS_UNSUPPORTED;
}
