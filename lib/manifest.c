/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The parser: lines become words; what the words say is in manifest_statement.c. */
#include "manifest_priv.h"
#include <lib/string.h>

/*@ requires \valid(parser) && \valid(parser->manifest) && \valid_read(text + (0 .. length - 1)) && length < 0x80000000;
    assigns parser->entry, parser->profile, parser->seen, *parser->manifest; */
static const char *line(struct parser *parser, const char *text, size_t length)
{
	char buffer[MANIFEST_LINE_MAX];
	char *words[MANIFEST_WORDS_MAX];
	uint32_t count;
	size_t size = 0;

	/*@ loop invariant 0 <= size <= length && size < MANIFEST_LINE_MAX;
	    loop assigns size, buffer[0 .. MANIFEST_LINE_MAX - 1];
	    loop variant length - size; */
	for (; size < length && text[size] != '#'; size++) {
		if (text[size] == '\0')
			return "a zero byte";
		if (size == sizeof(buffer) - 1u)
			return "the line is too long";
		buffer[size] = text[size];
	}
	buffer[size] = '\0';
	//@ assert text_ends(&buffer[0], 0, size);
	if (text_split(buffer, words, MANIFEST_WORDS_MAX, &count) != TEXT_SPLIT_OK)
		return "too many words, or a quote that is not closed";
	//@ assert words_ok(&words[0], count);
	return count == 0 ? NULL : manifest_statement(parser, words, count);
}

/*@ requires \valid(parser) && \valid(parser->manifest) && \valid_read(text + (0 .. length - 1)) && length < 0x80000000;
    requires \valid(out_error) && parser->line == 0;
    requires \separated(out_error, parser, parser->manifest, text + (0 .. length - 1));
    assigns parser->entry, parser->profile, parser->seen, parser->line, *parser->manifest, *out_error; */
static bool lines(struct parser *parser, const char *text, size_t length, struct manifest_error *out_error)
{
	/*@ loop invariant 0 <= at <= length + 1 && parser->line <= at;
	    loop assigns at, parser->entry, parser->profile, parser->seen, parser->line, *parser->manifest;
	    loop variant length + 1 - at; */
	for (size_t at = 0; at < length;) {
		size_t end = at;

		/*@ loop invariant at <= end <= length;
		    loop assigns end;
		    loop variant length - end; */
		while (end < length && text[end] != '\n')
			end++;
		parser->line++;
		const char *reason = line(parser, text + at, end - at);
		if (reason != NULL) {
			*out_error = (struct manifest_error){parser->line, reason};
			return false;
		}
		at = end + 1u;
	}
	return true;
}

bool manifest_parse(const char *text, size_t length, struct manifest *out, struct manifest_error *out_error)
{
	struct parser parser = {.manifest = out};

	memset(out, 0, sizeof(*out));
	return lines(&parser, text, length, out_error) && manifest_check(out, out_error);
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
