/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The parser: lines become words; what the words say is in manifest_statement.c. */
#include "manifest_priv.h"
#include <lib/string.h>
#include <lib/text.h>

static const char *line(struct parser *parser, const char *text, size_t length)
{
	char buffer[MANIFEST_LINE_MAX];
	char *words[MANIFEST_WORDS_MAX];
	uint32_t count;

	for (size_t i = 0; i < length; i++) {
		if (text[i] == '#')
			length = i;
		else if (text[i] == '\0')
			return "a zero byte";
	}
	if (length >= sizeof(buffer))
		return "the line is too long";
	memcpy(buffer, text, length);
	buffer[length] = '\0';
	if (text_split(buffer, words, MANIFEST_WORDS_MAX, &count) != TEXT_SPLIT_OK)
		return "too many words, or a quote that is not closed";
	return count == 0 ? NULL : manifest_statement(parser, words, count);
}

bool manifest_parse(const char *text, size_t length, struct manifest *out, struct manifest_error *out_error)
{
	struct parser parser = {.manifest = out};

	memset(out, 0, sizeof(*out));
	for (size_t at = 0; at < length;) {
		size_t end = at;

		while (end < length && text[end] != '\n')
			end++;
		parser.line++;
		const char *reason = line(&parser, text + at, end - at);
		if (reason != NULL) {
			*out_error = (struct manifest_error){parser.line, reason};
			return false;
		}
		at = end + 1u;
	}
	return manifest_check(out, out_error);
}

const struct manifest_entry *manifest_find(const struct manifest *manifest, const char *name)
{
	for (uint32_t i = 0; i < manifest->entry_count; i++) {
		if (strcmp(manifest->entries[i].name, name) == 0)
			return &manifest->entries[i];
	}
	return NULL;
}

const struct manifest_entry *manifest_server(const struct manifest *manifest, const char *endpoint)
{
	for (uint32_t i = 0; i < manifest->entry_count; i++) {
		const struct manifest_entry *entry = &manifest->entries[i];

		if (entry->service && entry->serves[0] != '\0' && strcmp(entry->serves, endpoint) == 0)
			return entry;
	}
	return NULL;
}

bool manifest_uses(const struct manifest_entry *entry, const char *endpoint)
{
	for (uint32_t i = 0; i < entry->use_count; i++) {
		if (strcmp(entry->uses[i].name, endpoint) == 0)
			return true;
	}
	return false;
}

bool manifest_holds(const struct manifest_entry *entry, const char *name)
{
	for (uint32_t i = 0; i < entry->handle_count; i++) {
		if (strcmp(entry->handles[i].name, name) == 0)
			return true;
	}
	return false;
}

enum module_role manifest_role(const struct manifest_entry *entry)
{
	if (!entry->service)
		return MODULE_PROGRAM;
	return entry->device == MANIFEST_DEVICE_NONE ? MODULE_SERVICE : MODULE_DRIVER;
}
