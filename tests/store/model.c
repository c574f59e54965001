/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A store against the model, through what the store offers to everybody. The
 * histories first: they tell one model from another at little cost; then every
 * byte of every content.
 */
#include "store.h"
#include <lib/identity.h>
#include <stdio.h>
#include <string.h>

static uint8_t part[OBJECT_PART_SIZE];

/* NULL, or what is wrong with reading it. */
static const char *content_differs(struct object_store *store, const struct object *object, const struct content *content)
{
	struct object_reader reader;
	size_t at = 0, size;
	uint64_t index = 0;

	if (object->birth.size != content->size)
		return "an object of another size";
	object_reader_begin(&reader, object);
	do {
		if (object_read(store, &reader, index++, part, &size) != STATUS_OK)
			return "a part that cannot be read";
		if (size > content->size - at || memcmp(part, content->bytes + at, size) != 0)
			return "a part with other bytes";
		at += size;
	} while (at < content->size);
	return NULL;
}

static const char *object_differs(const struct model_object *expected, struct object_store *store, uint32_t author,
                                  uint32_t content, bool contents)
{
	const struct object_id id = object_id_of(author, content);
	const uint8_t *history;
	size_t size;
	struct object object;

	if (object_history(store, &id, &history, &size) != STATUS_OK)
		return "an object is missing";
	if (size != expected->size || memcmp(history, expected->history, size) != 0)
		return "another history";
	if (!contents)
		return NULL;
	if (object_find(store, &id, &object) != STATUS_OK || !aid_equal(&object.owner, &world.people[expected->owner].aid))
		return "another owner";
	return content_differs(store, &object, &world.contents[content]);
}

/* How many objects the store lists, of one owner or (NULL) of all. */
static uint32_t listed(struct object_store *store, const struct aid *owner)
{
	struct object_id cursor = { 0 };
	uint32_t count = 0;

	while (object_next(store, owner, &cursor, &cursor) == STATUS_OK)
		count++;
	return count;
}

static const char *lists_differ(const struct model *model, struct object_store *store)
{
	uint32_t all = 0, owned[PEOPLE] = { 0 };

	for (uint32_t author = 0; author < PEOPLE; author++) {
		for (uint32_t content = 0; content < CONTENTS; content++) {
			const struct model_object *object = &model->objects[author][content];
			if (object->history == NULL)
				continue;
			all++;
			owned[object->owner]++;
		}
	}
	if (listed(store, NULL) != all)
		return "another number of objects";
	for (uint32_t person = 0; person < PEOPLE; person++) {
		if (listed(store, &world.people[person].aid) != owned[person])
			return "another number of objects of an owner";
	}
	return NULL;
}

static const char *objects_differ(const struct model *model, struct object_store *store, bool contents)
{
	const char *problem = NULL;

	for (uint32_t i = 0; problem == NULL && i < PEOPLE * CONTENTS; i++) {
		const struct model_object *object = &model->objects[i / CONTENTS][i % CONTENTS];
		if (object->history != NULL)
			problem = object_differs(object, store, i / CONTENTS, i % CONTENTS, contents);
	}
	return problem;
}

static const char *name_differs(const struct model *model, struct object_store *store, uint32_t person, uint32_t number)
{
	char text[OBJECT_NAME_MAX];
	struct object_name name;
	const uint32_t count = model->name_counts[person][number];

	snprintf(text, sizeof text, "name-%u", number);
	const status_t status = object_name_get(store, &world.people[person].aid, text, 0, &name);
	if (count == 0)
		return status == STATUS_NOT_FOUND ? NULL : "a name that was never set";
	if (status != STATUS_OK || name.sequence != count)
		return "another newest record of a name";
	for (uint32_t sequence = 1; sequence <= count; sequence++) {
		if (object_name_get(store, &world.people[person].aid, text, sequence, &name) != STATUS_OK ||
		    memcmp(store->name, model->names[person][number][sequence - 1], OBJECT_NAME_SIZE) != 0)
			return "another record of a name";
	}
	return NULL;
}

static const char *state_differs(const struct model *model, struct object_store *store, uint32_t person)
{
	static uint8_t expected[STATE_MAX], bytes[STATE_MAX];
	size_t expected_size, size;
	const status_t status = object_state_get(store, &world.people[person].aid, bytes, sizeof bytes, &size);

	if (model->states[person] == 0)
		return status == STATUS_NOT_FOUND ? NULL : "a state that was never kept";
	state_make(person, model->states[person], expected, &expected_size);
	return status == STATUS_OK && size == expected_size && memcmp(bytes, expected, size) == 0 ? NULL : "another state";
}

const char *model_differs(const struct model *model, struct object_store *store)
{
	const char *problem = lists_differ(model, store);

	if (problem == NULL)
		problem = objects_differ(model, store, false);
	for (uint32_t i = 0; problem == NULL && i < PEOPLE * NAMES; i++)
		problem = name_differs(model, store, i / NAMES, i % NAMES);
	for (uint32_t person = 0; problem == NULL && person < PEOPLE; person++)
		problem = state_differs(model, store, person);
	return problem == NULL ? objects_differ(model, store, true) : problem;
}

/* What can be read of an object is the model's, byte for byte. */
static const char *object_contradicts(const struct model_object *expected, struct object_store *store, uint32_t author,
                                      uint32_t number)
{
	const struct object_id id = object_id_of(author, number);
	const struct content *content = &world.contents[number];
	struct object_reader reader;
	struct object object;
	size_t size;

	if (object_find(store, &id, &object) != STATUS_OK)
		return NULL;
	if (expected->history == NULL || object.birth.size != content->size)
		return "an object that does not exist";
	object_reader_begin(&reader, &object);
	for (uint64_t at = 0; at < content->size || at == 0; at += OBJECT_PART_SIZE) {
		if (object_read(store, &reader, at / OBJECT_PART_SIZE, part, &size) == STATUS_OK &&
		    (size > content->size - at || memcmp(part, content->bytes + at, size) != 0))
			return "a part with other bytes";
	}
	return NULL;
}

const char *model_contradicts(const struct model *model, struct object_store *store)
{
	const char *problem = NULL;

	for (uint32_t i = 0; problem == NULL && i < PEOPLE * CONTENTS; i++)
		problem = object_contradicts(&model->objects[i / CONTENTS][i % CONTENTS], store, i / CONTENTS, i % CONTENTS);
	return problem;
}
