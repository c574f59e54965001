/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The parser: lines become words; what the words say is in manifest_statement.c. */
#include "manifest_priv.h"
#include <lib/string.h>

/*@ requires parser_ok(parser) && \valid_read(text + (0 .. length - 1)) && length < 0x80000000;
    assigns parser->entry, parser->profile, parser->seen, *parser->manifest;
    ensures parser_whole(parser); */
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
	const enum text_split split = text_split(buffer, words, MANIFEST_WORDS_MAX, &count);
	//@ assert ends: text_ends(&buffer[0], 0, size);
	//@ assert within: \forall integer i; 0 <= i < count ==> within(words[i], &buffer[0], size);
	//@ assert texts: \forall integer i; 0 <= i < count ==> text_ok(words[i]);
	//@ assert words: words_ok(&words[0], count);
	//@ assert whole: parser_whole(parser);
	if (split != TEXT_SPLIT_OK)
		return "too many words, or a quote that is not closed";
	//@ assert bases: \forall integer i; 0 <= i < count ==> \base_addr(words[i]) == \base_addr(&buffer[0]);
	//@ assert apart: apart(parser, &words[0], count);
	return count == 0 ? NULL : manifest_statement(parser, words, count);
}

/* One more line. */
/*@ requires parser_ok(parser) && parser->line < UINT32_MAX;
    assigns parser->line;
    ensures parser_ok(parser) && parser->line == \old(parser->line) + 1; */
static void line_begin(struct parser *parser)
{
	parser->line++;
	//@ assert whole: manifest_whole(parser->manifest);
}

/*@ requires parser_ok(parser) && \valid_read(text + (0 .. length - 1)) && length < 0x80000000;
    requires \valid(out_error) && parser->line == 0;
    requires \separated(out_error, parser, parser->manifest, text + (0 .. length - 1));
    assigns parser->entry, parser->profile, parser->seen, parser->line, *parser->manifest, *out_error;
    ensures \result ==> parser_ok(parser); */
static bool lines(struct parser *parser, const char *text, size_t length, struct manifest_error *out_error)
{
	/*@ loop invariant 0 <= at <= length + 1 && parser->line <= at && parser_ok(parser);
	    loop assigns at, parser->entry, parser->profile, parser->seen, parser->line, *parser->manifest;
	    loop variant length + 1 - at; */
	for (size_t at = 0; at < length;) {
		size_t end = at;

		/*@ loop invariant at <= end <= length;
		    loop assigns end;
		    loop variant length - end; */
		while (end < length && text[end] != '\n')
			end++;
		line_begin(parser);
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

	out->entry_count = 0;
	out->profile_count = 0;
	//@ assert apart: \valid(parser.manifest) && \separated(&parser, parser.manifest);
	//@ assert empty: parser.entry == NULL && parser.profile == NULL && parser.line == 0 && manifest_whole(parser.manifest);
	return lines(&parser, text, length, out_error) && manifest_check(out, out_error);
}

const struct manifest_entry *manifest_find(const struct manifest *manifest, const char *name)
{
	/*@ loop invariant 0 <= i <= manifest->entry_count;
	    loop assigns i;
	    loop variant manifest->entry_count - i; */
	for (uint32_t i = 0; i < manifest->entry_count; i++) {
		if (strncmp(manifest->entries[i].name, name, MANIFEST_ENTRY_NAME_MAX) == 0)
			return &manifest->entries[i];
	}
	return NULL;
}

const struct manifest_entry *manifest_server(const struct manifest *manifest, const char *endpoint)
{
	/*@ loop invariant 0 <= i <= manifest->entry_count;
	    loop assigns i;
	    loop variant manifest->entry_count - i; */
	for (uint32_t i = 0; i < manifest->entry_count; i++) {
		const struct manifest_entry *entry = &manifest->entries[i];

		if (entry->service && entry->serves[0] != '\0' && strncmp(entry->serves, endpoint, MANIFEST_NAME_MAX) == 0)
			return entry;
	}
	return NULL;
}

bool manifest_uses(const struct manifest_entry *entry, const char *endpoint)
{
	/*@ loop invariant 0 <= i <= entry->use_count;
	    loop assigns i;
	    loop variant entry->use_count - i; */
	for (uint32_t i = 0; i < entry->use_count; i++) {
		if (strncmp(entry->uses[i].name, endpoint, MANIFEST_NAME_MAX) == 0)
			return true;
	}
	return false;
}

bool manifest_holds(const struct manifest_entry *entry, const char *name)
{
	/*@ loop invariant 0 <= i <= entry->handle_count;
	    loop assigns i;
	    loop variant entry->handle_count - i; */
	for (uint32_t i = 0; i < entry->handle_count; i++) {
		if (strncmp(entry->handles[i].name, name, MANIFEST_NAME_MAX) == 0)
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
