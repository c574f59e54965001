/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Boot's look at the catalog: each way it can be wrong refuses the machine with
 * a sentence of its own. A refusal ends the program, so each has one of its own,
 * whose console is read.
 */
#include "../../lib/test/test.h"
#include <arch/host.h>
#include <arch/signing.h>
#include <kernel/boot.h>
#include <kernel/trust.h>
#include <lib/hash.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANIFEST "who runs, and as whom"
#define PLACES 4u

static uint8_t bytes[16 * PAGE_SIZE];
static uint8_t program[PAGE_SIZE];
static struct catalog_entry entries[2]; /* program, manifest */
static uint8_t catalog[CATALOG_SIZE(2)];
static size_t catalog_length;
static const char *manifest;
static uint32_t manifest_kind;
static const char *catalog_name;

static void catalog_make(uint32_t release, const struct module_signer *signer)
{
	catalog_length = catalog_sign(catalog, entries, 2, release, signer);
}

static int setup(void **state)
{
	static const struct aid principal = {{AID_ALGORITHM_ED25519, AID_HASH_BLAKE3, 'p'}};
	(void)state;
	host_kernel(64u << 20, 1, 16);
	size_t length = module_sign(program, 1000, "program", MODULE_PROGRAM, 1, host_signer());
	host_entry(program, length, &principal, &entries[0]);
	entries[1] = (struct catalog_entry){
		.name = "system.manifest", .role = MODULE_DATA, .version = 1, .size = strlen(MANIFEST)};
	hash_bytes((const uint8_t *)MANIFEST, strlen(MANIFEST), entries[1].digest);
	manifest = MANIFEST;
	manifest_kind = BUNDLE_DATA;
	catalog_name = CATALOG_NAME;
	catalog_make(1, host_signer());
	return 0;
}

static void place(uint32_t index, const char *name, const void *data, size_t size, uint32_t kind)
{
	struct bundle_entry entry = {.offset = (1u + index * PLACES) * PAGE_SIZE, .size = size, .kind = kind};
	memcpy(entry.name, name, strlen(name));
	memcpy(bytes + entry.offset, data, size);
	memcpy(bytes + sizeof(struct bundle_header) + index * sizeof entry, &entry, sizeof entry);
}

/* What boot has after it found the bundle whole. */
static void bundle_make(void)
{
	boot_bundle = (struct bundle){.data = bytes, .size = sizeof bytes, .count = 3};
	place(0, "program", program, entries[0].size, BUNDLE_PROGRAM);
	place(1, "system.manifest", manifest, strlen(manifest), manifest_kind);
	place(2, catalog_name, catalog, catalog_length, BUNDLE_DATA);
}

/* The check in a process of its own, with its console in `text`. True: boot was refused. */
static bool refused(char *text, size_t size)
{
	int ends[2];
	int status;
	size_t length = 0;
	assert_int_equal(pipe(ends), 0);
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		setenv("HOST_CONSOLE", "1", 1);
		bundle_make();
		trust_catalog_check();
		_exit(0);
	}
	close(ends[1]);
	for (ssize_t got = 1; got > 0 && length < size - 1u; length += got > 0 ? (size_t)got : 0)
		got = read(ends[0], text + length, size - 1u - length);
	text[length] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static void expect(const char *sentence)
{
	char text[4096];
	if (!refused(text, sizeof text) || strstr(text, sentence) == NULL || strstr(text, "cannot start: ") == NULL)
		fail_msg("expected '%s', the console says:\n%s", sentence, text);
}

static void accepted(void **state)
{
	struct catalog_entry entry;
	(void)state;
	bundle_make();
	trust_catalog_check();
	assert_int_equal(trust_catalog.count, 2);
	assert_true(catalog_find(&trust_catalog, "program", &entry));
	assert_int_equal(entry.principal.bytes[2], 'p');
}

static void missing(void **state)
{
	(void)state;
	catalog_name = "catalogue";
	expect("no catalog");
}

static void signed_by_nobody_we_know(void **state)
{
	(void)state;
	catalog_make(1, host_stranger());
	expect("does not trust");
	catalog_make(1, host_signer());
	catalog_length -= sizeof(struct module_trailer);
	expect("no signature");
	catalog_make(1, host_signer());
	catalog[catalog_length - 2u]++;
	expect("of a kind this system does not know");
}

static void changed(void **state)
{
	(void)state;
	for (size_t at = sizeof(struct catalog_header); at < catalog_length - 8u; at += 61u) {
		catalog[at] ^= 4u;
		expect("does not verify");
		catalog[at] ^= 4u;
	}
	/* A program's signature is none of a catalog. */
	module_trailer_sign(catalog, catalog_length - sizeof(struct module_trailer), SIGN_DOMAIN_MODULE, host_signer());
	expect("does not verify");
}

static void damaged(void **state)
{
	(void)state;
	entries[0].role = 9;
	catalog_make(1, host_signer());
	expect("the catalog is damaged");
}

static void outdated(void **state)
{
	(void)state;
	catalog_make(trust_built_in.release - 1u, host_signer());
	expect("older than this kernel accepts");
}

static void data_that_is_not_listed(void **state)
{
	(void)state;
	manifest = "who runs, and as WHOM";
	expect("'system.manifest' is not the one");
	manifest_kind = BUNDLE_PROGRAM; /* the bundle's own table is not signed */
	expect("'system.manifest' is not the one");
	manifest_kind = BUNDLE_DATA;
	manifest = MANIFEST " and more";
	expect("'system.manifest' is not the one");
	manifest = MANIFEST;
	strcpy(entries[1].name, "another.manifest");
	catalog_make(1, host_signer());
	expect("'system.manifest' is not the one");
}

static void test_key(void **state)
{
	(void)state;
	struct trust trust = trust_built_in;
	assert_true(trust_has_test_key(&trust));
	trust.keys[0].key[0] ^= 1u;
	assert_false(trust_has_test_key(&trust));
	trust.keys[1] = trust_built_in.keys[0];
	assert_false(trust_has_test_key(&trust));
	trust.count = 2;
	assert_true(trust_has_test_key(&trust));
	/* The constant identifier is that of the constant key. */
	assert_memory_equal(&trust_built_in.keys[0].aid, &host_signer()->aid, AID_SIZE);
	assert_memory_equal(trust_built_in.keys[0].key, host_signer()->key, MODULE_KEY_SIZE);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(TEST(accepted), TEST(missing), TEST(signed_by_nobody_we_know), TEST(changed), TEST(damaged), TEST(outdated),
          TEST(data_that_is_not_listed), TEST(test_key))
