/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* arcobj put, get: content into the store, and out of it. */
#include "arcobj.h"
#include "arcobj_words.h"
#include <lib/string.h>

/* A source or sink that was told to stop; no status of the store's. */
#define STOPPED STATUS_CHANGED

/* ---- put ---- */
struct from {
	const uint8_t *bytes;
	size_t size;
};

static status_t source(void *context, uint64_t offset, uint8_t *out_bytes, size_t room, size_t *out_size)
{
	const struct from *from = context;
	const size_t left = from->size - (size_t)offset;

	if (!progress_wanted())
		return STOPPED;
	progress_bytes("storing", offset, from->size);
	*out_size = left < room ? left : room;
	memcpy(out_bytes, from->bytes + offset, *out_size);
	return STATUS_OK;
}

/* Words become a text again: they lie one after the other in the line that was typed. */
static struct from text_of(int count, char **words)
{
	static char text[EDITOR_LINE_MAX];
	size_t length = 0;

	for (int i = 0; i < count; i++) {
		length += string_copy(text + length, sizeof(text) - length, words[i]);
		text[length++] = ' ';
	}
	return (struct from){(const uint8_t *)text, length - 1u};
}

static bool content_find(const struct arcobj_put_words *words, char **text, struct from *out_from)
{
	if (words->module == NULL) {
		*out_from = text_of(words->text_count, text);
		return true;
	}
	out_from->bytes = program_file(words->module, &out_from->size);
	if (out_from->bytes == NULL)
		(void)command_failed(words->module, "no such module in the bundle");
	return out_from->bytes != NULL;
}

/* What was there before is told from what is new by its time alone: the store says BUSY of it. */
static int have_it(const struct object_id *id)
{
	char hash[SHOW_MAX], time[SHOW_MAX], who[SHOW_MAX];
	struct object object;

	arcobj_show_hash(hash, id->hash);
	if (store_client_find(arcobj_store, id, &object, NULL) == STATUS_OK)
		print("%s: you have it already, since %s, owned by %s\n", hash,
		      arcobj_show_time(time, object.birth.time_ns), arcobj_show_who(who, &object.owner));
	else
		print("%s: you stored it before, and gave it away\n", hash);
	return 0;
}

static int name_it(const char *name, const struct object_id *id)
{
	char hash[SHOW_MAX];
	const status_t status = name != NULL ? store_client_name_set(arcobj_store, name, id) : STATUS_OK;

	if (status == STATUS_INVALID)
		return command_failed(name, "a name is 1 to 64 printable characters, without spaces");
	if (status != STATUS_OK)
		return arcobj_change_failed(id, status);
	if (name != NULL)
		print("%s is %s\n", name, arcobj_show_hash(hash, id->hash));
	return 0;
}

static int put_failed(const struct object_id *id, status_t status)
{
	progress_end();
	if (status == STOPPED)
		return arcobj_interrupted("put");
	return status == STATUS_INVALID ? command_failed("put", "a type is at most 31 printable characters, without spaces")
	                                : arcobj_change_failed(id, status);
}

int arcobj_put(int argc, char **argv)
{
	struct object_id parent, id = {.hash = {0}};
	struct store_birth birth = {.entry_count = 0};
	struct arcobj_put_words words;
	struct from from;
	char hash[SHOW_MAX], size[SHOW_MAX];

	if (!arcobj_words_put(argc - 1, argv + 1, &words))
		return arcobj_usage(argv[0]);
	if (!content_find(&words, argv + 1, &from) || (words.parent != NULL && !arcobj_find(words.parent, &parent)))
		return 1;
	birth.type = words.type != NULL ? words.type : words.module != NULL ? "application/octet-stream" : "text/plain";
	birth.parent = words.parent != NULL ? &parent : NULL;
	const status_t status = store_client_put_from(arcobj_store, source, &from, &birth, &id);
	if (status != STATUS_OK && status != STATUS_BUSY)
		return put_failed(&id, status);
	progress_end();
	if (status == STATUS_OK)
		print("%s: stored, %s\n", arcobj_show_hash(hash, id.hash), show_size(size, from.size));
	else
		(void)have_it(&id);
	return name_it(words.name, &id);
}

/* ---- get ---- */
static char last; /* character that was shown */

static status_t sink(void *context, uint64_t offset, const uint8_t *bytes, size_t size)
{
	char text[256];

	(void)context;
	(void)offset;
	for (size_t at = 0, taken; at < size; at += taken) {
		const size_t length = arcobj_words_safe(text, sizeof(text), bytes + at, size - at, &taken);

		if (!progress_wanted())
			return STOPPED;
		print_bytes(text, length);
		last = text[length - 1u];
	}
	return STATUS_OK;
}

int arcobj_get(int argc, char **argv)
{
	struct object object;

	if (argc != 2)
		return arcobj_usage(argv[0]);
	if (!arcobj_object(argv[1], &object, NULL))
		return 1;
	last = '\n';
	const status_t status = store_client_get(arcobj_store, &object, sink, NULL);
	if (last != '\n')
		print("\n");
	if (status == STOPPED)
		return arcobj_interrupted(argv[1]);
	if (status == STATUS_DENIED)
		return arcobj_denied(&object.birth.id, "read");
	if (status == STATUS_DAMAGED)
		return command_failed(argv[1], "DAMAGED: what was shown is not the content of this hash");
	return status == STATUS_OK ? 0 : arcobj_failed(argv[1], status);
}
