/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* arcobj stat: all that is known of one object, from records that were verified here. */
#include "arcobj.h"
#include <lib/format.h>
#include <lib/identity.h>
#include <lib/string.h>

static void row_hex(const char *label, const uint8_t *bytes, size_t length)
{
	char hex[2u * HASH_SIZE + 1u];

	hex_of_bytes(bytes, length, hex);
	print("%-10s %s\n", label, hex);
}

static void people(const struct object *object)
{
	char did[DID_TEXT_MAX], who[SHOW_MAX], hex[2u * AID_SIZE + 1u];

	did_of_key(object->birth.key, did);
	print("author     %s, %s\n", arcobj_show_who(who, &object->birth.id.author), did);
	hex_of_bytes(object->owner.bytes, AID_SIZE, hex);
	print("owner      %s, principal %s\n", arcobj_show_who(who, &object->owner), hex);
}

static void lineage(const struct object *object)
{
	static const struct object_id none;
	char who[SHOW_MAX];

	if (object_id_equal(&object->birth.parent, &none)) {
		print("parent     none\n");
		return;
	}
	row_hex("parent", object->birth.parent.hash, HASH_SIZE);
	print("           by %s\n", arcobj_show_who(who, &object->birth.parent.author));
}

static void access_list(const struct object *object)
{
	char who[SHOW_MAX], rights[SHOW_MAX], until[SHOW_MAX];

	if (object->birth.entry_count == 0)
		print("access     its owner alone\n");
	for (uint32_t i = 0; i < object->birth.entry_count; i++) {
		const struct object_entry *entry = &object->birth.entries[i];

		print("%-10s %s has '%s'%s%s\n", i == 0 ? "access" : "", arcobj_show_who(who, &entry->reader),
		      arcobj_show_rights(rights, entry->rights), entry->expiry_ns != 0 ? " until " : "",
		      entry->expiry_ns != 0 ? arcobj_show_time(until, entry->expiry_ns) : "");
	}
}

int arcobj_stat(int argc, char **argv)
{
	char size[SHOW_MAX], time[SHOW_MAX], rights[SHOW_MAX];
	struct object object;
	uint64_t may = 0;

	if (argc != 2)
		return arcobj_usage(argv[0]);
	if (!arcobj_object(argv[1], &object, &may))
		return 1;
	row_hex("hash", object.birth.id.hash, HASH_SIZE);
	print("size       %llu bytes, %s\n", (unsigned long long)object.birth.size, show_size(size, object.birth.size));
	print("type       %s\n", object.birth.type[0] != '\0' ? object.birth.type : "none");
	print("made       %s, as the author says\n", arcobj_show_time(time, object.birth.time_ns));
	people(&object);
	print("signed     birth and %u %s since, all verified here; newest record %llu\n", object.transfers,
	      object.transfers == 1 ? "transfer" : "transfers", (unsigned long long)object.sequence);
	lineage(&object);
	access_list(&object);
	print("you have   '%s'\n", arcobj_show_rights(rights, may));
	return 0;
}
