/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The vault as its clients see it: a key of one's own, purposes that do not mix,
 * secrets derived, users let in and out, and a restart of the vault that nobody
 * notices (`vault steady MILLISECONDS`).
 */
#include <lib/identity.h>
#include <lib/string.h>
#include <lib/text.h>
#include <os/check.h>
#include <os/info.h>
#include <os/keys.h>
#include <os/panic.h>
#include <os/print.h>
#include <os/startup.h>
#include <os/time.h>

static handle_t keys;

static deadline_t soon(void)
{
	return time_after(10u * NS_PER_SECOND);
}

static status_t bind(const char *context, struct keys_bind_rep *out)
{
	struct keys_bind_req request = {.context = ""};

	string_copy(request.context, sizeof(request.context), context);
	return keys_bind(keys, soon(), &request, out);
}

static status_t sign(const struct aid *aid, uint64_t purpose, uint8_t byte, struct keys_sign_rep *out)
{
	struct keys_sign_req request = {.aid = *aid, .purpose = purpose};

	memset(request.digest, byte, sizeof(request.digest));
	return keys_sign(keys, soon(), &request, out);
}

static status_t verify(const struct keys_bind_rep *key, uint64_t purpose, uint8_t byte,
                       const struct keys_sign_rep *signature)
{
	struct keys_verify_req request = {.purpose = purpose};
	struct keys_verify_rep reply;

	memcpy(request.key, key->key, sizeof(request.key));
	memset(request.digest, byte, sizeof(request.digest));
	memcpy(request.signature, signature->signature, sizeof(request.signature));
	return keys_verify(keys, soon(), &request, &reply);
}

static status_t authorize(const struct aid *key, const struct aid *user, uint64_t allow)
{
	struct keys_authorize_req request = {.aid = *key, .user = *user, .allow = allow};
	struct keys_authorize_rep reply;

	return keys_authorize(keys, soon(), &request, &reply);
}

static status_t forget(const struct aid *key)
{
	struct keys_forget_req request = {.aid = *key};
	struct keys_forget_rep reply;

	return keys_forget(keys, soon(), &request, &reply);
}

static status_t derive(const struct aid *key, uint64_t purpose, const char *info, struct keys_derive_rep *out)
{
	struct keys_derive_req request = {.aid = *key, .purpose = purpose};
	size_t bytes = string_copy((char *)request.data, sizeof(request.data), info);

	return keys_derive(keys, soon(), &request, bytes, out);
}

static void purposes(const struct keys_bind_rep *key)
{
	struct keys_sign_rep signature = {.signature = {0}};

	check_status(sign(&key->aid, KEYS_PURPOSE_MESSAGE, 1, &signature), OK);
	check_status(verify(key, KEYS_PURPOSE_MESSAGE, 1, &signature), OK);
	check_status(verify(key, KEYS_PURPOSE_MESSAGE, 2, &signature), BAD_SIGNATURE);
	check_status(verify(key, KEYS_PURPOSE_OBJECT, 1, &signature), BAD_SIGNATURE);
	check_status(verify(key, KEYS_PURPOSE_NAME, 1, &signature), BAD_SIGNATURE);
	check_status(sign(&key->aid, 0, 1, &signature), INVALID);
	check_status(sign(&key->aid, 77, 1, &signature), INVALID);
}

static void secrets(const struct keys_bind_rep *key)
{
	struct keys_derive_rep one = {.secret = {0}}, again = one, other = one;

	check_status(derive(&key->aid, KEYS_PURPOSE_OBJECT, "disk", &one), OK);
	check_status(derive(&key->aid, KEYS_PURPOSE_OBJECT, "disk", &again), OK);
	check_status(derive(&key->aid, KEYS_PURPOSE_OBJECT, "desk", &other), OK);
	check(memcmp(&one, &again, sizeof(one)) == 0);
	check(memcmp(&one, &other, sizeof(one)) != 0);
}

static void owners(const struct keys_bind_rep *key)
{
	struct aid stranger = {.bytes = {AID_ALGORITHM_ED25519, AID_HASH_BLAKE3, 9}};
	struct aid nobody = {.bytes = {0}};
	struct keys_sign_rep signature;

	check_status(authorize(&key->aid, &stranger, 1), OK);
	check_status(authorize(&key->aid, &stranger, 0), OK);
	check_status(authorize(&key->aid, &nobody, 1), INVALID);
	check_status(authorize(&key->aid, &stranger, 2), INVALID);
	check_status(authorize(&stranger, &stranger, 1), NOT_FOUND);
	check_status(sign(&stranger, KEYS_PURPOSE_MESSAGE, 1, &signature), NOT_FOUND);
	check_status(sign(&nobody, KEYS_PURPOSE_MESSAGE, 1, &signature), NOT_FOUND);
}

/* As many as one principal may have, and not one more. */
static void bounds(void)
{
	struct keys_bind_rep made[KEYS_PER_OWNER_MAX], extra;
	char context[] = "bound 0";

	for (uint32_t i = 0; i < KEYS_PER_OWNER_MAX - 1u; i++) {
		context[6] = (char)('0' + i);
		check_status(bind(context, &made[i]), OK);
	}
	check_status(bind("one more", &extra), QUOTA);
	check_status(bind("", &extra), INVALID);
	for (uint32_t i = 0; i < KEYS_PER_OWNER_MAX - 1u; i++)
		check_status(forget(&made[i].aid), OK);
	check_status(forget(&made[0].aid), NOT_FOUND);
}

static void show(const struct aid *aid)
{
	char text[2u * AID_SIZE + 1u];

	hex_of_bytes(aid->bytes, AID_SIZE, text);
	print("vault: key %s\n", text);
}

static void all(void)
{
	struct keys_bind_rep key, again;
	struct aid expected;

	check_status(bind("test", &key), OK);
	check_status(bind("test", &again), OK);
	check(again.made == 0 && aid_equal(&key.aid, &again.aid));
	aid_of_key(key.key, &expected);
	check(aid_equal(&key.aid, &expected));
	purposes(&key);
	secrets(&key);
	owners(&key);
	bounds();
	show(&key.aid); /* stays: for `guest`, which may not use it */
}

/* Ask without pause; whoever ends the vault meanwhile must not be noticed here. */
static void steady(uint64_t milliseconds)
{
	deadline_t end = time_after(milliseconds * NS_PER_MS);
	struct keys_bind_rep key, now;
	struct keys_sign_rep signature;
	uint64_t rounds = 0, errors = 0;

	check_status(bind("steady", &key), OK);
	print("vault: steady\n");
	while (time_now() < end) {
		errors += bind("steady", &now) != STATUS_OK || !aid_equal(&now.aid, &key.aid);
		errors += sign(&key.aid, KEYS_PURPOSE_MESSAGE, 1, &signature) != STATUS_OK;
		rounds++;
	}
	check(errors == 0);
	check(rounds != 0);
	check_status(verify(&key, KEYS_PURPOSE_MESSAGE, 1, &signature), OK);
	check_status(forget(&key.aid), OK);
	print("vault: %llu rounds, %llu errors\n", (unsigned long long)rounds, (unsigned long long)errors);
}

int main(int argc, char **argv)
{
	uint64_t milliseconds;

	keys = startup_need("keys");
	if (argc == 3 && strcmp(argv[1], "steady") == 0 && text_number(argv[2], &milliseconds))
		steady(milliseconds);
	else
		all();
	return check_finish();
}
