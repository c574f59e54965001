/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The developer's key: a file of 40 bytes that nobody else may read.
 *
 *   0  "CKEY"   4  version 1   5  algorithm 0 (Ed25519)
 *   6  the first two bytes of the BLAKE3 digest of the public key, so that a damaged file is noticed
 *   8  the seed, 32 bytes: the secret
 */
#include "cambi.h"
#include <errno.h>
#include <fcntl.h>
#include <lib/hash.h>
#include <lib/identity.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_FILE_SIZE 40u
#define KEY_FILE_SEED 8u

const char *key_default_path(void)
{
	static char path[4096];
	const char *const named = getenv("CAMBIOS_KEY");
	const char *const config = getenv("XDG_CONFIG_HOME");
	const struct passwd *const user = getpwuid(getuid());
	const char *const home = getenv("HOME") != NULL ? getenv("HOME") : user != NULL ? user->pw_dir : NULL;
	int length;

	if (named != NULL && named[0] != '\0')
		return named;
	if (config != NULL && config[0] == '/')
		length = snprintf(path, sizeof(path), "%s/cambios/developer.key", config);
	else if (home != NULL && home[0] == '/')
		length = snprintf(path, sizeof(path), "%s/.config/cambios/developer.key", home);
	else
		refuse("where is the developer key? CAMBIOS_KEY is not set, and you have no home directory");
	if (length < 0 || (size_t)length >= sizeof(path))
		refuse("the path of the developer key is too long");
	return path;
}

static void file_of_seed(const uint8_t seed[MODULE_KEY_SIZE], uint8_t out[KEY_FILE_SIZE])
{
	struct module_signer signer;
	uint8_t digest[HASH_SIZE];

	module_signer_init(&signer, seed);
	hash_bytes(signer.key, MODULE_KEY_SIZE, digest);
	memcpy(out, "CKEY\1\0", 6);
	memcpy(out + 6, digest, 2);
	memcpy(out + KEY_FILE_SEED, seed, MODULE_KEY_SIZE);
	secret_wipe(&signer, sizeof(signer));
}

/* Every folder on the way to a file; those made are the owner's alone. */
static void make_folders(const char *path)
{
	char *copy = strdup(path);

	if (copy == NULL)
		refuse("there is no memory");
	for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0700) != 0 && errno != EEXIST)
			refuse("%s: %s", copy, strerror(errno));
		*slash = '/';
	}
	free(copy);
}

/* The bytes in a new file next to `path`, on the disk. */
static void write_part(const char *part, const uint8_t *bytes, size_t size)
{
	const int file = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (file < 0)
		refuse("%s: %s", part, strerror(errno));
	const bool written = write(file, bytes, size) == (ssize_t)size && fsync(file) == 0;
	if (close(file) != 0 || !written) {
		unlink(part);
		refuse("%s: cannot be written", part);
	}
}

/* Written whole beside its place and then linked there: of two that make the same key at once one wins, and
 * nobody ever reads half of it. */
bool key_create(const char *path)
{
	uint8_t seed[MODULE_KEY_SIZE];
	uint8_t bytes[KEY_FILE_SIZE];
	char part[4200];

	if (access(path, F_OK) == 0)
		return false;
	if (getrandom(seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		refuse("the system gives no random numbers");
	file_of_seed(seed, bytes);
	make_folders(path);
	if (snprintf(part, sizeof(part), "%s.part%ld", path, (long)getpid()) >= (int)sizeof(part))
		refuse("%s: the path is too long", path);
	write_part(part, bytes, sizeof(bytes));
	secret_wipe(seed, sizeof(seed));
	secret_wipe(bytes, sizeof(bytes));
	const bool linked = link(part, path) == 0;
	const int reason = errno;
	unlink(part);
	if (!linked && reason != EEXIST)
		refuse("%s: %s", path, strerror(reason));
	return linked;
}

/* Open, after a look at who else may read it. */
static int open_private(const char *path)
{
	const int file = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;

	if (file < 0 && errno == ENOENT)
		refuse("%s: there is no key here (`cambi key new` makes one)", path);
	if (file < 0 || fstat(file, &status) != 0)
		refuse("%s: %s", path, strerror(errno));
	if (!S_ISREG(status.st_mode))
		refuse("%s: not a file", path);
	if ((status.st_mode & 077) != 0)
		refuse("%s: others may read this key (mode %03o): chmod 600, if nobody has", path,
		       (unsigned int)status.st_mode & 0777u);
	return file;
}

void key_load(const char *path, struct module_signer *out)
{
	uint8_t bytes[KEY_FILE_SIZE + 1];
	uint8_t again[KEY_FILE_SIZE];
	const int file = open_private(path);
	const ssize_t size = read(file, bytes, sizeof(bytes));

	close(file);
	if (size < 8 || memcmp(bytes, "CKEY", 4) != 0)
		refuse("%s: this is not a key file", path);
	if (bytes[4] != 1 || bytes[5] != 0)
		refuse("%s: a key of version %u, algorithm %u: not known here", path, bytes[4], bytes[5]);
	file_of_seed(bytes + KEY_FILE_SEED, again);
	if (size != (ssize_t)KEY_FILE_SIZE || memcmp(bytes, again, KEY_FILE_SIZE) != 0)
		refuse("%s: the key is damaged", path);
	module_signer_init(out, bytes + KEY_FILE_SEED);
	secret_wipe(bytes, sizeof(bytes));
	secret_wipe(again, sizeof(again));
}

static void load_test(struct module_signer *out)
{
	static const uint8_t seed[MODULE_KEY_SIZE] = MODULE_TEST_SEED;

	module_signer_init(out, seed);
}

void key_public(const char *text, uint8_t out_key[MODULE_KEY_SIZE])
{
	struct module_signer signer;

	if (strncmp(text, "did:", 4) == 0) {
		if (!did_to_key(text, strlen(text), out_key))
			refuse("%s: this is not the did:key of an Ed25519 key", text);
		return;
	}
	if (strcmp(text, "test") == 0)
		load_test(&signer);
	else
		key_load(text, &signer);
	memcpy(out_key, signer.key, MODULE_KEY_SIZE);
	secret_wipe(&signer, sizeof(signer));
}

void key_option(int *argc, char **argv, struct module_signer *out)
{
	const char *const path = take_option(argc, argv, "--key");

	if (path != NULL && strcmp(path, "test") == 0)
		load_test(out);
	else
		key_load(path != NULL ? path : key_default_path(), out);
}
