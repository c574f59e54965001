/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "arcobj_words.h"
#include <lib/format.h>
#include <lib/object_record.h>
#include <lib/string.h>
#include <lib/text.h>

#define NS_PER_SECOND 1000000000ull

bool arcobj_words_rights(const char *text, uint32_t *out_rights)
{
	static const struct {
		const char *text;
		uint32_t rights;
	} known[] = {
		{"read", OBJECT_READ},
		{"name", OBJECT_NAME},
		{"read,name", OBJECT_RIGHTS},
		{"name,read", OBJECT_RIGHTS},
		{"all", OBJECT_RIGHTS},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].text, text) == 0) {
			*out_rights = known[i].rights;
			return true;
		}
	}
	return false;
}

bool arcobj_words_duration(const char *text, uint64_t *out_ns)
{
	static const struct {
		char unit;
		uint64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	char number[20];
	const size_t length = strlen(text);
	uint64_t count;

	if (length < 2 || length > sizeof(number))
		return false;
	string_copy(number, length, text);
	if (!text_number(number, &count) || count == 0 || count > UINT32_MAX)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].unit == text[length - 1u] && count <= UINT64_MAX / 2u / NS_PER_SECOND / units[i].seconds) {
			*out_ns = count * units[i].seconds * NS_PER_SECOND;
			return true;
		}
	}
	return false;
}

bool arcobj_words_version(const char *text, char *out_name, size_t size, uint64_t *out_version)
{
	size_t at = strlen(text);

	while (at > 0 && text[at - 1u] != '@')
		at--;
	if (at < 2 || at > size || !text_number(text + at, out_version) || *out_version == 0)
		return false;
	string_copy(out_name, at, text);
	return true;
}

bool arcobj_words_whose(const char *text, char *out_who, size_t size, const char **out_name)
{
	size_t length = 0;

	while (text[length] != '\0' && text[length] != '/')
		length++;
	if (length == 0 || length >= size || text[length] == '\0' || text[length + 1u] == '\0')
		return false;
	string_copy(out_who, length + 1u, text);
	*out_name = text + length + 1u;
	return true;
}

bool arcobj_words_put(int count, char **words, struct arcobj_put_words *out)
{
	*out = (struct arcobj_put_words){.text_count = 0};
	for (int i = 0; i < count; i++) {
		const char **option = strcmp(words[i], "-t") == 0 ? &out->type :
		                      strcmp(words[i], "-n") == 0 ? &out->name :
		                      strcmp(words[i], "-p") == 0 ? &out->parent :
		                      strcmp(words[i], "-f") == 0 ? &out->module :
		                                                    NULL;

		if (option == NULL) {
			words[out->text_count++] = words[i];
			continue;
		}
		if (++i == count)
			return false;
		*option = words[i];
	}
	return (out->module != NULL) == (out->text_count == 0);
}

size_t arcobj_words_safe(char *text, size_t size, const uint8_t *bytes, size_t count, size_t *out_taken)
{
	size_t length = 0, i = 0;

	for (; i < count && length + 5u <= size; i++) {
		const uint8_t byte = bytes[i];

		if ((byte >= ' ' && byte <= '~') || byte == '\n' || byte == '\t')
			text[length++] = (char)byte;
		else
			length += format(text + length, size - length, "\\x%02x", byte);
	}
	*out_taken = i;
	return length;
}
