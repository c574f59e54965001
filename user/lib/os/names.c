/* SPDX-License-Identifier: MPL-2.0 */
#include <os/names.h>
#include <abi/cap.h>
#include <lib/format.h>
#include <lib/string.h>

const char *object_type_name(uint32_t type)
{
	switch (type) {
#define OBJECT(name, value, text)                                                                          \
	case value: return text;
#include <abi/object.def>
#undef OBJECT
	default: return "?";
	}
}

const char *principal_text(char text[PRINCIPAL_TEXT_MAX], const struct aid *aid)
{
	static const uint8_t none[AID_SIZE];
	const uint8_t *digest = aid->bytes + 2; /* the first two say how it was made */

	if (memcmp(aid->bytes, none, sizeof(none)) == 0)
		format(text, PRINCIPAL_TEXT_MAX, "anonymous");
	else
		format(text, PRINCIPAL_TEXT_MAX, "%02x%02x%02x%02x%02x%02x", digest[0], digest[1], digest[2],
		       digest[3], digest[4], digest[5]);
	return text;
}

static const char *const right_names[] = {
#define RIGHT(name, bit, word) [bit] = word,
#include <abi/right.def>
#undef RIGHT
};
#define RIGHTS (sizeof(right_names) / sizeof(right_names[0]))

size_t rights_text(char *text, size_t size, uint64_t rights)
{
	size_t length = 0;

	uint64_t missing = RIGHTS_ALL & ~rights;

	if (missing == 0)
		return format(text, size, "all");
	if ((missing & (missing - 1u)) == 0) {
		size_t at = format(text, size, "all but ");

		at = at < size ? at : size;
		return at + rights_text(text + at, size - at, missing);
	}
	for (uint32_t i = 0; i < RIGHTS; i++) {
		if ((rights >> i & 1u) == 0)
			continue;
		size_t at = length < size ? length : size;

		length += format(text + at, size - at, length == 0 ? "%s" : " %s", right_names[i]);
	}
	return length != 0 ? length : format(text, size, "none");
}

/* The right whose name is text[0 .. length); RIGHTS if there is none. */
static uint32_t right_find(const char *text, size_t length)
{
	uint32_t i = 0;

	while (i < RIGHTS && !(strlen(right_names[i]) == length && strncmp(right_names[i], text, length) == 0))
		i++;
	return i;
}

bool rights_read(const char *text, uint32_t *out_rights)
{
	uint32_t rights = 0;
	size_t length;

	do {
		for (length = 0; text[length] != '\0' && text[length] != ',';)
			length++;
		uint32_t right = right_find(text, length);
		if (right == RIGHTS)
			return false;
		rights |= 1u << right;
		text += length + 1u;
	} while (text[-1] == ',');
	*out_rights = rights;
	return true;
}
