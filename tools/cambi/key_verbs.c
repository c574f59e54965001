/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cambi key new | show, cambi did. */
#include "cambi.h"
#include <lib/hash.h>
#include <lib/identity.h>
#include <string.h>

static void print_public(const uint8_t key[MODULE_KEY_SIZE])
{
	char hex[2 * MODULE_KEY_SIZE + 1];
	char did[DID_TEXT_MAX];
	struct aid aid;

	hex_of_bytes(key, MODULE_KEY_SIZE, hex);
	did_of_key(key, did);
	printf("did  %s\nkey  %s\n", did, hex);
	aid_of_key(key, &aid);
	hex_of_bytes(aid.bytes, AID_SIZE, hex);
	printf("aid  %s\n", hex);
}

int verb_key_new(int argc, char **argv)
{
	const bool if_missing = take_flag(&argc, argv, "--if-missing");
	struct module_signer signer;
	char did[DID_TEXT_MAX];

	need_words(argc, argv, 0, 1);
	const char *const path = argc == 1 ? argv[0] : key_default_path();
	if (!key_create(path)) {
		if (if_missing)
			return 0;
		refuse("%s: there is a file already, and it stays", path);
	}
	key_load(path, &signer);
	did_of_key(signer.key, did);
	secret_wipe(&signer, sizeof(signer));
	printf("  key   a new developer key: %s (%s). Keep it: nothing else can sign for your machines.\n",
	       path, did);
	return 0;
}

int verb_key_show(int argc, char **argv)
{
	const bool did_alone = take_flag(&argc, argv, "--did");
	struct module_signer signer;
	char did[DID_TEXT_MAX];

	need_words(argc, argv, 0, 1);
	const char *const path = argc == 1 ? argv[0] : key_default_path();
	key_load(path, &signer);
	secret_wipe(signer.seed, sizeof(signer.seed));
	if (did_alone) {
		did_of_key(signer.key, did);
		puts(did);
		return 0;
	}
	printf("file %s\n", path);
	print_public(signer.key);
	return 0;
}

int verb_did(int argc, char **argv)
{
	uint8_t key[MODULE_KEY_SIZE];

	need_words(argc, argv, 1, 1);
	if (!hex_to_bytes(argv[0], strlen(argv[0]), key, sizeof(key)))
		key_public(argv[0], key);
	print_public(key);
	return 0;
}
