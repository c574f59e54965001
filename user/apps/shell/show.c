/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "shell.h"
#include <abi/cap.h>
#include <lib/format.h>
#include <lib/string.h>
#include <lib/text.h>

const char *show_time(char *text, uint64_t ns)
{
	unsigned long long ms = ns / NS_PER_MS;

	if (ms < 60000u)
		format(text, SHOW_MAX, "%llu.%03llu s", ms / 1000u, ms % 1000u);
	else
		format(text, SHOW_MAX, "%llu:%02llu.%03llu", ms / 60000u, ms / 1000u % 60u, ms % 1000u);
	return text;
}

const char *show_size(char *text, uint64_t bytes)
{
	text_size(text, SHOW_MAX, bytes);
	return text;
}

static bool is_label(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] == 0)
			return i != 0;
		if (bytes[i] < ' ' || bytes[i] > '~')
			return false;
	}
	return true;
}

/* A label where one stands in place of the digest, else the digest's first bytes. The kernel starts init as
 * a principal without a digest. */
const char *show_principal(char *text, const struct aid *aid)
{
	const uint8_t *digest = aid->bytes + 2;

	static const uint8_t none[AID_SIZE - 2u];

	if (aid->bytes[0] != 0 && memcmp(digest, none, sizeof(none)) == 0)
		string_copy(text, SHOW_MAX, "boot");
	else if (is_label(digest, AID_SIZE - 2u))
		format(text, SHOW_MAX, "%.30s", (const char *)digest);
	else if (aid->bytes[0] == 0)
		string_copy(text, SHOW_MAX, "anonymous");
	else
		format(text, SHOW_MAX, "%02x%02x%02x%02x%02x%02x%02x%02x..", digest[0], digest[1],
		       digest[2], digest[3], digest[4], digest[5], digest[6], digest[7]);
	return text;
}

/* A letter per right, or a dash, in the order of abi/right.def. */
const char *show_rights(char *text, uint32_t rights)
{
	static const char *const names[] = {
#define RIGHT(name, bit, word) [bit] = word,
#include <abi/right.def>
#undef RIGHT
	};
	uint32_t i = 0;

	for (; i < sizeof(names) / sizeof(names[0]); i++)
		text[i] = (rights >> i & 1u) != 0 ? names[i][0] : '-';
	text[i] = '\0';
	return text;
}
