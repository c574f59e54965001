/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whose signatures count: on a command line, and as the C source that the kernel is built with. */
#include "cambi.h"
#include <lib/identity.h>
#include <string.h>

void trust_add(struct trust *trust, const uint8_t key[MODULE_KEY_SIZE])
{
	struct trust_key *const place = &trust->keys[trust->count];

	for (uint32_t i = 0; i < trust->count; i++) {
		if (memcmp(trust->keys[i].key, key, MODULE_KEY_SIZE) == 0)
			return;
	}
	if (trust->count == TRUST_KEYS_MAX)
		refuse("no more than %u keys can be trusted", TRUST_KEYS_MAX);
	memcpy(place->key, key, MODULE_KEY_SIZE);
	aid_of_key(key, &place->aid);
	trust->count++;
}

void trust_option(int *argc, char **argv, struct trust *out)
{
	const char *const release = take_option(argc, argv, "--release");
	uint8_t key[MODULE_KEY_SIZE];
	const char *text;

	*out = (struct trust){.release = release == NULL ? 0 : need_number(release, "--release")};
	while ((text = take_option(argc, argv, "--trust")) != NULL ||
	       (text = take_option(argc, argv, "--key")) != NULL) {
		key_public(text, key);
		trust_add(out, key);
	}
	if (out->count == 0) {
		key_public(key_default_path(), key);
		trust_add(out, key);
	}
}

void signer_text(const struct trust *trust, const struct aid *signer, char out[SIGNER_TEXT_MAX])
{
	for (uint32_t i = 0; i < trust->count; i++) {
		if (aid_equal(&trust->keys[i].aid, signer)) {
			did_of_key(trust->keys[i].key, out);
			return;
		}
	}
	memcpy(out, "aid ", 4);
	hex_of_bytes(signer->bytes, AID_SIZE, out + 4);
}

static void print_array(const char *before, const uint8_t *bytes, uint32_t count, const char *after)
{
	fputs(before, stdout);
	for (uint32_t i = 0; i < count; i++)
		printf("%s0x%02x,", i % 16 == 0 ? "\n\t\t\t\t" : " ", bytes[i]);
	fputs(after, stdout);
}

int verb_key_trust(int argc, char **argv)
{
	struct trust trust = {.release = need_number(need_option(&argc, argv, "--release"), "--release")};
	uint8_t key[MODULE_KEY_SIZE];
	char did[DID_TEXT_MAX];

	need_words(argc, argv, 1, (int)TRUST_KEYS_MAX);
	for (int i = 0; i < argc; i++) {
		key_public(argv[i], key);
		trust_add(&trust, key);
	}
	printf("/* SPDX-License-Identifier: AGPL-3.0-or-later */\n"
	       "/* Whose programs this kernel runs. Written by `cambi key trust`. */\n"
	       "#include <lib/module.h>\n\n"
	       "extern const struct trust trust_built_in;\n"
	       "const struct trust trust_built_in = {\n\t.count = %u,\n\t.release = %u,\n\t.keys = {\n",
	       trust.count, trust.release);
	for (uint32_t i = 0; i < trust.count; i++) {
		did_of_key(trust.keys[i].key, did);
		printf("\t\t{ /* %s */\n", did);
		print_array("\t\t\t.aid = {{", trust.keys[i].aid.bytes, AID_SIZE, "\n\t\t\t}},\n");
		print_array("\t\t\t.key = {", trust.keys[i].key, MODULE_KEY_SIZE, "\n\t\t\t},\n\t\t},\n");
	}
	puts("\t},\n};");
	return 0;
}
