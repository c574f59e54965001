/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The vault: keys for principals that come into being while the system runs.
 * Server: user/services/keys.
 *
 * A key belongs to the principal that asked for it first, under a context name of
 * its choice, and is named by its AID from then on. A private key never leaves the
 * vault: it signs and derives there. Who may use a key is decided by the principal
 * the kernel stamped on the request, not by the capability it came through: the
 * owner, and those the owner authorised.
 *
 * A signature is always over `domain of the purpose | digest` (abi/module.h), so
 * one made for a purpose verifies for no other; the purposes of modules and of the
 * catalog are not among those the vault knows.
 *
 * Keys live as long as the system runs; they survive the vault's own restart.
 * What the reference calls DECRYPT (12) is not offered and its number stays free.
 *
 * Statuses: DENIED (the caller is neither owner nor authorised, or not the owner
 * where only the owner may; or it has no principal), NOT_FOUND (no such key),
 * NOT_SEEDED (the machine has no randomness yet, no key is made), TABLE_FULL (the
 * vault holds KEYS_MAX keys), QUOTA (the caller has KEYS_PER_OWNER_MAX, or the key
 * KEYS_USERS_MAX users), INVALID (an unknown purpose, a name that is empty or not
 * terminated).
 */
#pragma once
#include <abi/iface.h>

#define KEYS_MAX           16u
#define KEYS_PER_OWNER_MAX 8u
#define KEYS_USERS_MAX     8u
#define KEYS_CONTEXT_MAX   32u /* with its NUL */
#define KEYS_INFO_MAX      128u
#define KEYS_SECRET_SIZE   32u

/* What a signature or derived secret is for: K(NAME, value, domain). Values are permanent. */
#define KEYS_PURPOSES(K)                                                                                   \
	K(MESSAGE, 1, SIGN_DOMAIN_MESSAGE)                                                                 \
	K(OBJECT, 2, SIGN_DOMAIN_OBJECT)                                                                   \
	K(NAME, 3, SIGN_DOMAIN_NAME)                                                                       \
	K(SESSION, 4, SIGN_DOMAIN_SESSION)
enum keys_purpose {
#define KEYS_PURPOSE_ROW(NAME, value, domain) KEYS_PURPOSE_##NAME = (value),
	KEYS_PURPOSES(KEYS_PURPOSE_ROW)
#undef KEYS_PURPOSE_ROW
};

/* The caller's key of this context; made if it has none. */
struct keys_bind_req {
	char context[KEYS_CONTEXT_MAX];
};
struct keys_bind_rep {
	struct aid aid; /* of the key */
	uint8_t key[32]; /* public, Ed25519 */
	uint64_t made;   /* 1: just now */
};

/* Sign a digest. */
struct keys_sign_req {
	struct aid aid;
	uint8_t digest[32];
	uint64_t purpose; /* enum keys_purpose */
};
struct keys_sign_rep {
	uint8_t signature[64];
};

/* Does the signature verify? Any caller, any key. OK or BAD_SIGNATURE. */
struct keys_verify_req {
	uint8_t key[32]; /* public */
	uint8_t digest[32];
	uint8_t signature[64];
	uint64_t purpose;
};
struct keys_verify_rep {
	uint8_t none[0];
};

/* A secret derived from the private key, the purpose and `data` (at most KEYS_INFO_MAX bytes): the same for
 * the same three, and nothing follows from it about the key or the others. */
struct keys_derive_req {
	struct aid aid;
	uint64_t purpose;
	uint8_t data[KEYS_INFO_MAX];
};
struct keys_derive_rep {
	uint8_t secret[KEYS_SECRET_SIZE];
};

/* The public key. Any caller. */
struct keys_public_req {
	struct aid aid;
};
struct keys_public_rep {
	uint8_t key[32];
};

/* Key number `index` of those the caller may use. NOT_FOUND past the last. */
struct keys_list_req {
	uint64_t index;
};
struct keys_list_rep {
	uint64_t next; /* index to go on with */
	struct aid aid;
	struct aid owner;
	uint8_t key[32];
	char context[KEYS_CONTEXT_MAX];
	uint64_t users; /* authorised beside the owner */
	uint64_t uses;  /* signatures and secrets made */
};

/* Wipe a key. Owner only. What was signed with it still verifies. */
struct keys_forget_req {
	struct aid aid;
};
struct keys_forget_rep {
	uint8_t none[0];
};

/* Let a principal use the key (allow 1), or no longer (0). Owner only. */
struct keys_authorize_req {
	struct aid aid;
	struct aid user;
	uint64_t allow;
};
struct keys_authorize_rep {
	uint8_t none[0];
};

#define KEYS_METHODS(M)                                                                                    \
	M(10, keys_bind, KEYS_BIND, FIXED, REPEAT)                                                         \
	M(11, keys_sign, KEYS_SIGN, FIXED, REPEAT)                                                         \
	M(13, keys_verify, KEYS_VERIFY, FIXED, REPEAT)                                                     \
	M(14, keys_derive, KEYS_DERIVE, IN, REPEAT)                                                        \
	M(15, keys_public, KEYS_PUBLIC, FIXED, REPEAT)                                                     \
	M(16, keys_list, KEYS_LIST, FIXED, REPEAT)                                                         \
	M(17, keys_forget, KEYS_FORGET, FIXED, ONCE)                                                       \
	M(18, keys_authorize, KEYS_AUTHORIZE, FIXED, REPEAT)
IFACE_ENUM(keys, KEYS_METHODS);
IFACE_FIT(KEYS_METHODS)
ABI_SIZE(struct keys_bind_rep, 72);
ABI_SIZE(struct keys_sign_req, 72);
ABI_SIZE(struct keys_verify_req, 136);
ABI_AT(struct keys_derive_req, data, 40);
ABI_SIZE(struct keys_list_rep, 152);
ABI_SIZE(struct keys_authorize_req, 72);
