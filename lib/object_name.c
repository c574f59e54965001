/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One record of a name, to bytes and back; decoding is encoding again and comparing, as with objects' records. */
#include <abi/module.h>
#include <lib/bytes.h>
#include <lib/identity.h>
#include <lib/object_name.h>

#define AT_VERSION 0u
#define AT_REMOVED 1u
#define AT_SEQUENCE 8u
#define AT_TIME 16u
#define AT_OWNER 24u
#define AT_KEY 56u
#define AT_HASH 88u
#define AT_AUTHOR 120u
#define AT_PREVIOUS 152u
#define AT_NAME 184u
#define AT_SIGNATURE 256u

#define NAME_FIELD (AT_SIGNATURE - AT_NAME)
_Static_assert(NAME_FIELD >= OBJECT_NAME_MAX && AT_SIGNATURE + SIGNATURE_SIZE == OBJECT_NAME_SIZE, "it fits");

/* Of a name that is valid; else 0. */
/*@ requires name_readable(name);
    assigns \nothing;
    ensures \result < OBJECT_NAME_MAX;
    ensures \result > 0 ==> name[\result] == 0 && \forall integer i; 0 <= i < \result ==> ' ' < name[i] <= '~'; */
static size_t name_length(const char *name)
{
	size_t length = 0;

	/*@ loop invariant 0 <= length <= OBJECT_NAME_MAX;
	    loop invariant \forall integer i; 0 <= i < length ==> ' ' < name[i] <= '~';
	    loop assigns length;
	    loop variant OBJECT_NAME_MAX - length; */
	while (length < OBJECT_NAME_MAX && name[length] > ' ' && name[length] <= '~')
		length++;
	return length < OBJECT_NAME_MAX && name[length] == '\0' ? length : 0;
}

bool object_name_valid(const char *name)
{
	return name_length(name) > 0;
}

/*@ requires \valid_read(name);
    assigns \nothing; */
static bool target_valid(const struct object_name *name)
{
	static const struct object_id NONE;

	return !name->removed || object_id_equal(&name->target, &NONE);
}

/*@ requires \valid_read(name);
    assigns \nothing;
    ensures \result ==> name->sequence >= 1; */
static bool link_valid(const struct object_name *name)
{
	static const uint8_t NONE[HASH_SIZE];

	return name->sequence != 0 && (name->sequence != 1 || hash_equal(name->previous, NONE));
}

bool object_name_encode(const struct object_name *name, uint8_t out_bytes[OBJECT_NAME_SIZE],
                        uint8_t out_digest[HASH_SIZE])
{
	const size_t length = name_length(name->name);

	if (length == 0 || !target_valid(name) || !link_valid(name))
		return false;
	bytes_clear(out_bytes, OBJECT_NAME_SIZE);
	out_bytes[AT_VERSION] = OBJECT_NAME_VERSION;
	out_bytes[AT_REMOVED] = name->removed ? 1 : 0;
	bytes_put(out_bytes + AT_OWNER, name->owner.bytes, AID_SIZE);
	bytes_put(out_bytes + AT_KEY, name->key, SIGNATURE_KEY_SIZE);
	bytes_put(out_bytes + AT_HASH, name->target.hash, HASH_SIZE);
	bytes_put(out_bytes + AT_AUTHOR, name->target.author.bytes, AID_SIZE);
	bytes_put(out_bytes + AT_PREVIOUS, name->previous, HASH_SIZE);
	bytes_put_text(out_bytes + AT_NAME, name->name, length);
	bytes_put_le64(out_bytes + AT_SEQUENCE, name->sequence);
	bytes_put_le64(out_bytes + AT_TIME, name->time_ns);
	object_name_digest(out_bytes, out_digest);
	return true;
}

void object_name_digest(const uint8_t bytes[OBJECT_NAME_SIZE], uint8_t out_digest[HASH_SIZE])
{
	hash_bytes(bytes, AT_SIGNATURE, out_digest);
}

/*@ requires \valid_read(bytes + (0 .. OBJECT_NAME_SIZE - 1)) && \valid(out_name);
    requires \separated(out_name, bytes + (0 .. OBJECT_NAME_SIZE - 1));
    assigns *out_name; */
static void load(const uint8_t *bytes, struct object_name *out_name)
{
	out_name->removed = bytes[AT_REMOVED] != 0;
	bytes_put(out_name->owner.bytes, bytes + AT_OWNER, AID_SIZE);
	bytes_put(out_name->key, bytes + AT_KEY, SIGNATURE_KEY_SIZE);
	bytes_put(out_name->target.hash, bytes + AT_HASH, HASH_SIZE);
	bytes_put(out_name->target.author.bytes, bytes + AT_AUTHOR, AID_SIZE);
	bytes_put(out_name->previous, bytes + AT_PREVIOUS, HASH_SIZE);
	bytes_get_text(out_name->name, bytes + AT_NAME, OBJECT_NAME_MAX);
	out_name->sequence = bytes_le64(bytes + AT_SEQUENCE);
	out_name->time_ns = bytes_le64(bytes + AT_TIME);
}

/*@ requires \valid_read(name) && \valid_read(bytes + (0 .. OBJECT_NAME_SIZE - 1)) && \valid_read(digest + (0 .. HASH_SIZE - 1));
    assigns \nothing; */
static bool signature_valid(const struct object_name *name, const uint8_t *bytes, const uint8_t digest[HASH_SIZE])
{
	struct aid signer;

	aid_of_key(name->key, &signer);
	return aid_equal(&signer, &name->owner) &&
	       signature_verify_digest(name->key, SIGN_DOMAIN_NAME, digest, bytes + AT_SIGNATURE);
}

status_t object_name_decode(const uint8_t *bytes, size_t size, struct object_name *out_name)
{
	uint8_t again[OBJECT_NAME_SIZE], digest[HASH_SIZE];
	struct object_name name;

	if (size != OBJECT_NAME_SIZE)
		return STATUS_INVALID;
	if (bytes[AT_VERSION] != OBJECT_NAME_VERSION)
		return STATUS_UNKNOWN_FORMAT;
	load(bytes, &name);
	if (!object_name_encode(&name, again, digest) || bytes_compare(again, bytes, AT_SIGNATURE) != 0)
		return STATUS_INVALID;
	if (!signature_valid(&name, bytes, digest))
		return STATUS_BAD_SIGNATURE;
	/* A copied struct's fields are those of the other: here they are read one by one, for the prover. */
	/*@ assert \let all = name; all.sequence == name.sequence && \forall integer i; 0 <= i < OBJECT_NAME_MAX ==>
	      all.name[i] == name.name[i]; */
	/*@ assert \exists integer end; 0 < end < OBJECT_NAME_MAX && name.name[end] == 0 &&
	      \forall integer i; 0 <= i < end ==> ' ' < name.name[i] <= '~'; */
	//@ ghost Whole: ;
	*out_name = name;
	/*@ assert \let all = *out_name; all.sequence == out_name->sequence && \forall integer i; 0 <= i < OBJECT_NAME_MAX ==>
	      all.name[i] == out_name->name[i]; */
	//@ assert \forall integer i; 0 <= i < OBJECT_NAME_MAX ==> out_name->name[i] == \at(name.name[i], Whole);
	/*@ assert \exists integer end; 0 < end < OBJECT_NAME_MAX && out_name->name[end] == 0 &&
	      \forall integer i; 0 <= i < end ==> ' ' < out_name->name[i] <= '~'; */
	return STATUS_OK;
}

status_t object_name_follows(const uint8_t *bytes, const struct object_name *next)
{
	uint8_t digest[HASH_SIZE];

	if (bytes == NULL)
		return next->sequence == 1 ? STATUS_OK : STATUS_INVALID;
	const uint64_t sequence = bytes_le64(bytes + AT_SEQUENCE);
	if (next->sequence <= sequence)
		return STATUS_OUTDATED;
	object_name_digest(bytes, digest);
	return next->sequence == sequence + 1 && hash_equal(next->previous, digest) ? STATUS_OK : STATUS_INVALID;
}
