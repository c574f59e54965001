/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What can only be said of a whole manifest: every name leads somewhere, nobody
 * depends on what a smaller tier lacks, and services have an order.
 */
#include "manifest_priv.h"
#include <lib/string.h>

_Static_assert(MANIFEST_ENTRIES_MAX <= 64u, "a bit per entry");

/*@ // What holds while a manifest is checked: it is whole, and there is room to say what is wrong.
    predicate check_ok{L}(struct manifest *manifest, struct manifest_error *error) =
      \valid(manifest) && manifest_ok(manifest) && \valid(error) && \separated(manifest, error);
*/

/*@ requires \valid(out_error);
    assigns *out_error;
    ensures !\result; */
static bool wrong(struct manifest_error *out_error, uint32_t line, const char *reason)
{
	*out_error = (struct manifest_error){line, reason};
	return false;
}

/* An endpoint's name in an entry, and one of ours. */
/*@ requires \valid_read(name + (0 .. MANIFEST_NAME_MAX - 1));
    requires literal(ours);
    assigns \nothing; */
static bool is(const char *name, const char *ours)
{
	return strncmp(name, ours, MANIFEST_NAME_MAX) == 0;
}

/*@ requires entry_of(manifest, entry) && manifest->entry_count <= MANIFEST_ENTRIES_MAX;
    assigns \nothing;
    ensures \result < manifest->entry_count && entry == &manifest->entries[\result]; */
static uint32_t index_of(const struct manifest *manifest, const struct manifest_entry *entry)
{
	return (uint32_t)(entry - manifest->entries);
}

/*@ requires check_ok(manifest, out_error) && entry_of(manifest, entry);
    assigns entry->needs, *out_error; */
static bool uses_check(struct manifest *manifest, struct manifest_entry *entry, struct manifest_error *out_error)
{
	/*@ loop invariant 0 <= i <= entry->use_count;
	    loop assigns i, entry->needs;
	    loop variant entry->use_count - i; */
	for (uint32_t i = 0; i < entry->use_count; i++) {
		const struct manifest_use *use = &entry->uses[i];
		const struct manifest_entry *server = manifest_server(manifest, use->name);

		if (server == NULL && !is(use->name, MANIFEST_INIT_ENDPOINT))
			return wrong(out_error, use->line, "an endpoint is used that nobody serves");
		if (server != NULL && entry->service)
			entry->needs = bit_set(entry->needs, index_of(manifest, server));
	}
	return true;
}

/*@ requires check_ok(manifest, out_error) && entry_of(manifest, entry);
    assigns entry->needs, *out_error; */
static bool depends_check(struct manifest *manifest, struct manifest_entry *entry,
                          struct manifest_error *out_error)
{
	/*@ loop invariant 0 <= i <= entry->depend_count;
	    loop assigns i, entry->needs;
	    loop variant entry->depend_count - i; */
	for (uint32_t i = 0; i < entry->depend_count; i++) {
		const struct manifest_depend *depend = &entry->depends[i];
		const struct manifest_entry *other = manifest_find(manifest, depend->name);

		if (other == NULL || !other->service)
			return wrong(out_error, depend->line, "there is no service of this name to depend on");
		if (other->tier > entry->tier)
			return wrong(out_error, depend->line, "it depends on a service that its tier may lack");
		entry->needs = bit_set(entry->needs, index_of(manifest, other));
	}
	return true;
}

/* Does it say what only services may? */
/*@ requires \valid_read(entry);
    assigns \nothing; */
static bool is_for_service(const struct manifest_entry *entry)
{
	return entry->serves[0] != '\0' || entry->argument_count != 0 || entry->restart != RESTART_NEVER ||
	       entry->device != MANIFEST_DEVICE_NONE || entry->depend_count != 0 || entry->keeps_pages != 0 ||
	       entry->ready_seconds != 0 || entry->tier != MANIFEST_TIER_EMBEDDED;
}

/*@ requires \valid_read(manifest) && manifest_ok(manifest) && entry_of(manifest, entry);
    assigns \nothing; */
static const char *entry_fault(const struct manifest *manifest, const struct manifest_entry *entry)
{
	//@ assert \valid_read(entry) && entry_ok(entry);
	if (entry->syscall_mask == 0)
		return "a service or program has no profile";
	if (entry->principal[0] == '\0')
		return "a service or program has no principal";
	if (!entry->service && is_for_service(entry))
		return "a program has a statement that is for services";
	if (entry->device == MANIFEST_DEVICE_PCI && !manifest_uses(entry, MANIFEST_DEVICES_ENDPOINT))
		return "the driver of a PCI device does not use the device manager";
	if (entry->serves[0] != '\0' && (manifest_server(manifest, entry->serves) != entry ||
	                                 is(entry->serves, MANIFEST_INIT_ENDPOINT)))
		return "an endpoint is served twice";
	return NULL;
}

/*@ requires check_ok(manifest, out_error) && entry_of(manifest, entry);
    assigns entry->needs, *out_error; */
static bool entry_check(struct manifest *manifest, struct manifest_entry *entry, struct manifest_error *out_error)
{
	const char *fault = entry_fault(manifest, entry);

	if (fault != NULL)
		return wrong(out_error, entry->line, fault);
	return uses_check(manifest, entry, out_error) && depends_check(manifest, entry, out_error);
}

/* All that is needed, directly or through others, by those in `mask`, and they themselves. */
/*@ requires \valid_read(manifest) && manifest->entry_count <= MANIFEST_ENTRIES_MAX;
    assigns \nothing; */
static uint64_t closure(const struct manifest *manifest, uint64_t mask)
{
	/*@ loop invariant 0 <= round <= manifest->entry_count;
	    loop assigns round, mask;
	    loop variant manifest->entry_count - round; */
	for (uint32_t round = 0; round < manifest->entry_count; round++) {
		/*@ loop invariant 0 <= i <= manifest->entry_count;
		    loop assigns i, mask;
		    loop variant manifest->entry_count - i; */
		for (uint32_t i = 0; i < manifest->entry_count; i++) {
			if (bit_get(mask, i))
				mask |= manifest->entries[i].needs;
		}
	}
	return mask;
}

/* Whoever is not needed by the policy service is admitted by it. */
/*@ requires \valid(manifest) && manifest_ok(manifest);
    assigns manifest->entries[0 .. manifest->entry_count - 1].needs, manifest->entries[0 .. manifest->entry_count - 1].admitted;
    ensures manifest_ok(manifest); */
static void admission(struct manifest *manifest)
{
	const struct manifest_entry *policy = manifest_server(manifest, MANIFEST_POLICY_ENDPOINT);

	if (policy == NULL)
		return;
	const uint32_t first = index_of(manifest, policy);
	const uint64_t before = closure(manifest, bit_set(0, first));
	/*@ loop invariant 0 <= i <= manifest->entry_count;
	    loop assigns i, manifest->entries[0 .. manifest->entry_count - 1].needs,
	      manifest->entries[0 .. manifest->entry_count - 1].admitted;
	    loop variant manifest->entry_count - i; */
	for (uint32_t i = 0; i < manifest->entry_count; i++) {
		struct manifest_entry *entry = &manifest->entries[i];

		entry->admitted = !bit_get(before, i);
		if (entry->admitted && entry->service)
			entry->needs = bit_set(entry->needs, first);
	}
}

/* The first service that is not placed although all its needs are; if there is none, how many entries there are. */
/*@ requires \valid_read(manifest) && manifest->entry_count <= MANIFEST_ENTRIES_MAX;
    assigns \nothing;
    ensures \result <= manifest->entry_count;
    ensures \result < manifest->entry_count ==> !bit(placed, \result) && manifest->entries[\result].service; */
static uint32_t next_of(const struct manifest *manifest, uint64_t placed)
{
	uint32_t i = 0;

	/*@ loop invariant 0 <= i <= manifest->entry_count;
	    loop assigns i;
	    loop variant manifest->entry_count - i; */
	for (; i < manifest->entry_count; i++) {
		const struct manifest_entry *entry = &manifest->entries[i];

		if (entry->service && !bit_get(placed, i) && (entry->needs & ~placed) == 0)
			break;
	}
	return i;
}

/* Place every service all of whose needs are placed, until no more can be. */
/*@ requires \valid(manifest) && manifest_ok(manifest);
    assigns manifest->order[0 .. MANIFEST_ENTRIES_MAX - 1], manifest->order_count;
    ensures manifest_ok(manifest) && order_ok(manifest); */
static uint64_t order(struct manifest *manifest)
{
	uint64_t placed = 0;
	uint32_t count = 0;

	/*@ loop invariant count <= manifest->entry_count == \at(manifest->entry_count, Pre);
	    loop invariant \forall integer j; 0 <= j < count ==> manifest->order[j] < manifest->entry_count;
	    loop invariant \forall integer j; 0 <= j < count ==> bit(placed, manifest->order[j]);
	    loop invariant \forall integer j, k; 0 <= j < k < count ==> manifest->order[j] != manifest->order[k];
	    loop assigns placed, count, manifest->order[0 .. MANIFEST_ENTRIES_MAX - 1];
	    loop variant manifest->entry_count - count; */
	while (count < manifest->entry_count) {
		const uint32_t next = next_of(manifest, placed);

		if (next == manifest->entry_count)
			break;
		//@ assert another: \forall integer j; 0 <= j < count ==> manifest->order[j] != next;
		placed = bit_set(placed, next);
		//@ assert bits: \forall integer j; 0 <= j < count ==> bit(placed, manifest->order[j]);
		manifest->order[count++] = next;
		//@ assert last: \forall integer j; 0 <= j < count - 1 ==> manifest->order[j] != manifest->order[count - 1];
		/*@ assert others: \forall integer j, k; 0 <= j < k < count - 1 ==>
		      manifest->order[j] != manifest->order[k]; */
	}
	manifest->order_count = count;
	return placed;
}

/* The first service that is in a circle; if there is none, how many entries there are. */
/*@ requires \valid_read(manifest) && manifest->entry_count <= MANIFEST_ENTRIES_MAX;
    assigns \nothing;
    ensures \result <= manifest->entry_count; */
static uint32_t not_placed(const struct manifest *manifest, uint64_t placed)
{
	uint32_t i = 0;

	/*@ loop invariant 0 <= i <= manifest->entry_count;
	    loop assigns i;
	    loop variant manifest->entry_count - i; */
	while (i < manifest->entry_count && (!manifest->entries[i].service || bit_get(placed, i)))
		i++;
	return i;
}

bool manifest_check(struct manifest *manifest, struct manifest_error *out_error)
{
	/*@ loop invariant 0 <= i <= manifest->entry_count && manifest->entry_count == \at(manifest->entry_count, Pre);
	    loop invariant manifest->profile_count == \at(manifest->profile_count, Pre);
	    loop invariant \forall integer j; 0 <= j < manifest->entry_count ==>
	      counts_same{Pre, Here}(&manifest->entries[j]);
	    loop assigns i, *out_error, manifest->entries[0 .. manifest->entry_count - 1].needs;
	    loop variant manifest->entry_count - i; */
	for (uint32_t i = 0; i < manifest->entry_count; i++) {
		//@ assert whole: manifest_ok(manifest);
		if (!entry_check(manifest, &manifest->entries[i], out_error))
			return false;
	}
	//@ assert whole: manifest_ok(manifest);
	admission(manifest);
	const uint64_t placed = order(manifest);
	const uint32_t circle = not_placed(manifest, placed);
	return circle == manifest->entry_count ||
	       wrong(out_error, manifest->entries[circle].line, "services depend on each other in a circle");
}
