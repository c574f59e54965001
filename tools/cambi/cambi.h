/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * cambi: the host program for keys, signatures, bundles, manifests and disks. What its
 * files share: verbs, arguments, files, keys.
 *
 * A verb returns the exit status: 0, or 1 when something is wrong with what it
 * looked at. Where it cannot go on it ends by refuse(), with status 1 and one
 * sentence; a mistake in the command line ends with status 2.
 */
#pragma once
#include <lib/bundle.h>
#include <lib/manifest.h>
#include <lib/module.h>
#include <lib/module_write.h>
#include <stdio.h>

struct verb {
	const char *name; /* one word or two */
	const char *arguments;
	const char *sentence;
	const char *more;                  /* the rest of its help: whole lines, or "" */
	int (*run)(int argc, char **argv); /* without the verb itself */
};

/* ---- main.c ---- */
CC_NORETURN void refuse(const char *text, ...) CC_PRINTF(1, 2);
/* The command line is wrong: the sentence, and the verb's usage. */
CC_NORETURN void misused(const char *text, ...) CC_PRINTF(1, 2);

/* ---- arguments.c: options are taken out of argv wherever they stand ---- */
/* Value of `name VALUE`, the first of them; NULL if it is not there. */
const char *take_option(int *argc, char **argv, const char *name);
bool take_flag(int *argc, char **argv, const char *name);
/* As take_option, for one that has to be there. */
const char *need_option(int *argc, char **argv, const char *name);
/* Call when all options are taken: no other may be left, and min to max words. */
void need_words(int argc, char **argv, int min, int max);
uint32_t need_number(const char *text, const char *what);
uint32_t need_role(const char *text);
const char *role_name(uint32_t role);

/* ---- file.c ---- */
struct bytes {
	uint8_t *data; /* on the heap */
	size_t size;
};
struct bytes file_read(const char *path);
/* Appears whole or not at all. */
void file_write(const char *path, const void *data, size_t size);
/* Its last component. */
const char *file_name(const char *path);
/* realloc that ends the program where there is no memory. */
void *grown(void *block, size_t size);

/* ---- key.c: the developer's key ---- */
/* $CAMBIOS_KEY, or the place in the home directory. */
const char *key_default_path(void);
/* Refuses a file that others may read, or that is no key. */
void key_load(const char *path, struct module_signer *out);
/* False: there is a file already. */
CC_NODISCARD bool key_create(const char *path);
/* The public key somebody means: `test`, a did:key, or the path of a key file. */
void key_public(const char *text, uint8_t out_key[MODULE_KEY_SIZE]);
/* Option --key, or the developer's. */
void key_option(int *argc, char **argv, struct module_signer *out);

/* ---- trust.c: whose signatures count ---- */
void trust_add(struct trust *trust, const uint8_t key[MODULE_KEY_SIZE]);
/* Options --key and --trust, or the developer's key; --release. */
void trust_option(int *argc, char **argv, struct trust *out);
/* did:key of the trusted key with that identifier, else the identifier in hexadecimal. */
#define SIGNER_TEXT_MAX 80u
void signer_text(const struct trust *trust, const struct aid *signer, char out[SIGNER_TEXT_MAX]);

/* ---- principal.c ---- */
/* The inception key of a label's principal, derived from the developer's. The seed is wiped; nobody keeps it. */
void principal_of_label(const struct module_signer *developer, const char *label, struct aid *out);

/* ---- verify.c ---- */
/* Says on `out` what the bytes are and what is wrong with them; returns how much is. */
uint32_t verify_bytes(FILE *out, const char *title, const uint8_t *data, size_t size,
                      const struct trust *trust);
/* verify_bundle.c, likewise for a bundle. */
uint32_t verify_bundle(FILE *out, const char *title, const uint8_t *data, size_t size,
                       const struct trust *trust);
/* A program's own form, apart from who signed it: the sentence, or NULL if the kernel would load it. */
const char *program_problem(const uint8_t *data, size_t size);

/* ---- manifest.c ---- */
void manifest_load(const char *path, struct manifest *out);
/* "read write"; in memory of its own until the next call. */
const char *rights_text(uint32_t rights);
/* "uart"; "" for none. */
const char *device_text(enum manifest_device device);

int verb_key_new(int argc, char **argv);
int verb_key_show(int argc, char **argv);
int verb_key_trust(int argc, char **argv);
int verb_sign(int argc, char **argv);
int verb_verify(int argc, char **argv);
int verb_bundle(int argc, char **argv);
int verb_disk(int argc, char **argv);
int verb_did(int argc, char **argv);
int verb_manifest_check(int argc, char **argv);
int verb_manifest_graph(int argc, char **argv);
int verb_manifest_reach(int argc, char **argv);
