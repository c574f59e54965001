/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How hashes, principals, times and rights of objects are written. */
#include "arcobj.h"
#include <lib/calendar.h>
#include <lib/format.h>
#include <lib/identity.h>
#include <lib/string.h>

const char *arcobj_show_hash(char *text, const uint8_t hash[HASH_SIZE])
{
	hex_of_bytes(hash, ARCOBJ_DIGITS / 2u, text);
	return text;
}

const char *arcobj_show_who(char *text, const struct aid *aid)
{
	if (aid_equal(aid, &arcobj_store->aid))
		string_copy(text, SHOW_MAX, "you");
	else if (aid_equal(aid, &OBJECT_EVERYONE))
		string_copy(text, SHOW_MAX, "everybody");
	else if (!program_of(aid, text, SHOW_MAX))
		principal_text(text, aid);
	return text;
}

const char *arcobj_show_time(char *text, uint64_t unix_ns)
{
	struct calendar when;

	if (unix_ns == 0 || !calendar_from_seconds((int64_t)(unix_ns / NS_PER_SECOND), &when))
		string_copy(text, SHOW_MAX, "-");
	else
		calendar_text(&when, text);
	return text;
}

const char *arcobj_show_rights(char *text, uint64_t rights)
{
	string_copy(text, SHOW_MAX,
	            (rights & OBJECT_RIGHTS) == OBJECT_RIGHTS ? "read,name" :
	            (rights & OBJECT_READ) != 0               ? "read" :
	            (rights & OBJECT_NAME) != 0               ? "name" :
	                                                        "nothing");
	return text;
}
