/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Signed modules and catalogs: sound ones, and every way of not being sound that has a sentence. */
#include "test.h"
#include <lib/hash.h>
#include <lib/identity.h>
#include <lib/module.h>
#include <lib/module_write.h>
#include <lib/signature.h>
#include <string.h>
#include "../module_priv.h"

#define ELF_SIZE 40u
#define SIZE     (ELF_SIZE + sizeof(struct module_statement) + sizeof(struct module_trailer))
#define ENTRIES  3u
#define ROOM     CATALOG_SIZE(CATALOG_ENTRIES_MAX + 1u)

static struct module_signer ours;
static struct module_signer other;
static struct trust trust;
static uint8_t file[SIZE];
static struct module found;
static uint8_t list[ROOM];
static struct catalog_entry entries[CATALOG_ENTRIES_MAX + 1u];
static struct catalog catalog;

static int begin(void **state)
{
	static const uint8_t test_seed[MODULE_KEY_SIZE] = MODULE_TEST_SEED;
	static const uint8_t other_seed[MODULE_KEY_SIZE] = {7};

	(void)state;
	module_signer_init(&ours, test_seed);
	module_signer_init(&other, other_seed);
	trust = (struct trust){.count = 1, .release = 2, .keys = {{.aid = ours.aid}}};
	memcpy(trust.keys[0].key, ours.key, sizeof ours.key);
	for (size_t i = 0; i < ELF_SIZE; i++)
		file[i] = (uint8_t)(i * 7u + 1u);
	assert_int_equal(module_sign(file, ELF_SIZE, "hello", MODULE_PROGRAM, 5, &ours), SIZE);
	return 0;
}

static enum module_verdict check(void)
{
	return module_check(file, sizeof file, &trust, &found);
}

static struct module_statement *statement(void)
{
	return (void *)(file + ELF_SIZE);
}

static struct module_trailer *trailer(void)
{
	return (void *)(file + ELF_SIZE + sizeof(struct module_statement));
}

static void seal(const struct module_signer *signer)
{
	module_trailer_sign(file, sizeof file - sizeof(struct module_trailer), SIGN_DOMAIN_MODULE, signer);
}

static void sound(void **state)
{
	uint8_t digest[HASH_SIZE];

	(void)state;
	assert_int_equal(check(), MODULE_OK);
	assert_string_equal(found.name, "hello");
	assert_int_equal(found.role, MODULE_PROGRAM);
	assert_int_equal(found.version, 5);
	assert_int_equal(found.elf_length, ELF_SIZE);
	assert_true(aid_equal(&found.signer, &ours.aid));
	hash_bytes(file, sizeof file - 72, digest);
	assert_memory_equal(found.digest, digest, sizeof digest);
}

/* The way the kernel takes, a part at a time. */
static void in_parts(void **state)
{
	uint8_t signature[MODULE_SIGNATURE_SIZE];
	const uint8_t *const tail = file + sizeof file - MODULE_TAIL_SIZE;

	(void)state;
	assert_int_equal(module_tail_check(tail, sizeof file, &trust, &found, signature), MODULE_OK);
	hash_bytes(file, module_signed_length(sizeof file), found.digest);
	assert_int_equal(module_signature_check(&found, signature, &trust), MODULE_OK);
	found.digest[0] ^= 1u;
	assert_int_equal(module_signature_check(&found, signature, &trust), MODULE_BAD_SIGNATURE);
	found.signer = other.aid;
	assert_int_equal(module_signature_check(&found, signature, &trust), MODULE_UNTRUSTED);
}

/* What a module says of itself is shown, whoever signed it; a module may be nothing but that. */
static void says(void **state)
{
	uint8_t signature[MODULE_SIGNATURE_SIZE];
	uint8_t *const tail = file + sizeof file - MODULE_TAIL_SIZE;

	(void)state;
	seal(&other);
	assert_true(module_says(tail, sizeof file, &found));
	assert_string_equal(found.name, "hello");
	assert_int_equal(found.version, 5);
	assert_true(module_says(tail, MODULE_TAIL_SIZE, &found));
	assert_int_equal(module_tail_check(tail, MODULE_TAIL_SIZE, &trust, &found, signature), MODULE_OK);
	assert_int_equal(found.elf_length, 0);
	assert_false(module_says(tail + 1, MODULE_TAIL_SIZE - 1u, &found));
	trailer()->version++;
	assert_false(module_says(tail, sizeof file, &found));
	trailer()->version--;
	statement()->role = 0;
	assert_false(module_says(tail, sizeof file, &found));
}

static void truncated(void **state)
{
	(void)state;
	for (size_t length = 0; length < sizeof file; length++) {
		uint8_t *const copy = test_copy(file, length);
		assert_int_equal(module_check(copy, length, &trust, &found), MODULE_UNSIGNED);
		free(copy);
	}
	/* A whole trailer behind too little. */
	for (size_t length = 72; length < MODULE_TAIL_SIZE; length++) {
		uint8_t *const copy = test_copy(file + sizeof file - length, length);
		assert_int_equal(module_check(copy, length, &trust, &found), MODULE_BAD_STATEMENT);
		free(copy);
	}
}

static void every_bit(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < 8u * sizeof file; bit++) {
		file[bit / 8u] ^= (uint8_t)(1u << bit % 8u);
		assert_int_not_equal(check(), MODULE_OK);
		file[bit / 8u] ^= (uint8_t)(1u << bit % 8u);
	}
	assert_int_equal(check(), MODULE_OK);
}

static void more_bytes(void **state)
{
	uint8_t longer[SIZE + 1] = {0};

	(void)state;
	memcpy(longer, file, SIZE);
	assert_int_equal(module_check(longer, sizeof longer, &trust, &found), MODULE_UNSIGNED);
	memmove(longer + 1, file, SIZE);
	longer[0] = 0;
	assert_int_equal(module_check(longer, sizeof longer, &trust, &found), MODULE_BAD_SIGNATURE);
}

static void other_formats(void **state)
{
	(void)state;
	trailer()->version = 1; /* without a domain */
	assert_int_equal(check(), MODULE_UNKNOWN_FORMAT);
	trailer()->version = MODULE_TRAILER_VERSION + 1u;
	assert_int_equal(check(), MODULE_UNKNOWN_FORMAT);
	trailer()->version = MODULE_TRAILER_VERSION;
	trailer()->algorithm = 1;
	assert_int_equal(check(), MODULE_UNKNOWN_FORMAT);
	trailer()->magic[0] = 'a';
	assert_int_equal(check(), MODULE_UNSIGNED);
}

/* A signature by the right key over what format version 1 signed: the digest, under no domain. */
static void no_domain(void **state)
{
	uint8_t digest[HASH_SIZE];

	(void)state;
	hash_bytes(file, sizeof file - 72, digest);
	signature_sign(ours.seed, ours.key, digest, sizeof digest, trailer()->signature);
	assert_int_equal(check(), MODULE_BAD_SIGNATURE);
}

static void other_domain(void **state)
{
	static const char *const domains[] = {SIGN_DOMAIN_CATALOG, SIGN_DOMAIN_MESSAGE, SIGN_DOMAIN_OBJECT,
	                                      SIGN_DOMAIN_NAME,    SIGN_DOMAIN_SESSION};

	(void)state;
	for (size_t i = 0; i < sizeof domains / sizeof domains[0]; i++) {
		module_trailer_sign(file, sizeof file - 72, domains[i], &ours);
		assert_int_equal(check(), MODULE_BAD_SIGNATURE);
	}
}

/* Statements that are signed, and say nothing sensible. */
static void bad_statements(void **state)
{
	static const struct {
		size_t offset;
		uint8_t value;
	} changes[] = {
		{0, 0},                                                          /* magic */
		{8, 0},                                                          /* no role */
		{8, MODULE_DATA}, {11, 1},    {12, 0},                           /* no version */
		{16, 0},                                                         /* no name */
		{17, ' '},        {18, 0x7f}, {19, 0x80}, {20, '\n'}, {22, 'x'}, /* behind the name's end */
		{80, 1},          {95, 1},
	};

	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		begin(state);
		file[ELF_SIZE + changes[i].offset] = changes[i].value;
		seal(&ours);
		assert_int_equal(check(), MODULE_BAD_STATEMENT);
	}
	begin(state);
	memset(statement()->name, 'x', MODULE_NAME_MAX); /* not terminated */
	seal(&ours);
	assert_int_equal(check(), MODULE_BAD_STATEMENT);
	statement()->name[MODULE_NAME_MAX - 1u] = 0;
	seal(&ours);
	assert_int_equal(check(), MODULE_OK);
	memset(statement()->name, 0, MODULE_NAME_MAX);
	seal(&ours);
	assert_int_equal(check(), MODULE_BAD_STATEMENT);
	statement()->name[0] = 'x';
	seal(&ours);
	assert_int_equal(check(), MODULE_OK);
}

static void other_key(void **state)
{
	(void)state;
	assert_int_equal(module_sign(file, ELF_SIZE, "hello", MODULE_PROGRAM, 5, &other), SIZE);
	assert_int_equal(check(), MODULE_UNTRUSTED);
	assert_string_equal(found.name, "hello");
	assert_true(aid_equal(&found.signer, &other.aid));
	statement()->signer = ours.aid; /* says it is ours */
	assert_int_equal(check(), MODULE_BAD_SIGNATURE);
	seal(&other);
	assert_int_equal(check(), MODULE_BAD_SIGNATURE);

	trust.keys[1] = (struct trust_key){.aid = other.aid};
	memcpy(trust.keys[1].key, other.key, sizeof other.key);
	trust.count = 2;
	module_sign(file, ELF_SIZE, "hello", MODULE_PROGRAM, 5, &other);
	assert_int_equal(check(), MODULE_OK);
	trust.count = 1; /* what lies behind the keys is none */
	assert_int_equal(check(), MODULE_UNTRUSTED);
	trust.count = 0;
	assert_int_equal(check(), MODULE_UNTRUSTED);
	trust.count = UINT32_MAX; /* never looked at beyond its room */
	found.signer = (struct aid){{1}};
	seal(&ours);
	statement()->signer = found.signer;
	assert_int_equal(check(), MODULE_UNTRUSTED);
}

static void random_bytes(void **state)
{
	uint64_t seed = 9;

	(void)state;
	for (uint32_t round = 0; round < 2000; round++) {
		const size_t length = test_random(&seed) % 400u;
		uint8_t *const copy = test_copy(list, length);
		for (size_t i = 0; i < length; i++)
			copy[i] = (uint8_t)test_random(&seed);
		if (length >= 8)
			memcpy(copy + length - 8, "ARCSIG\2", 8);
		assert_int_not_equal(module_check(copy, length, &trust, &found), MODULE_OK);
		assert_int_not_equal(catalog_check(copy, length, &trust, &catalog), MODULE_OK);
		free(copy);
	}
}

/* ---- the catalog ---- */
static size_t list_size;

static int begin_list(void **state)
{
	begin(state);
	assert_int_equal(check(), MODULE_OK);
	memset(entries, 0, sizeof entries);
	entries[0] = (struct catalog_entry){
		.name = "init", .role = MODULE_INIT, .version = 1, .principal = {{1}}};
	entries[1] = (struct catalog_entry){.name = "hello",
	                                    .role = MODULE_PROGRAM,
	                                    .version = 5,
	                                    .size = SIZE,
	                                    .principal = {{1, 1, 9}}};
	memcpy(entries[1].digest, found.digest, sizeof found.digest);
	entries[2] = (struct catalog_entry){.name = "notes", .role = MODULE_DATA, .version = 1, .size = 3};
	list_size = catalog_sign(list, entries, ENTRIES, 2, &ours);
	return 0;
}

static enum module_verdict check_list(void)
{
	return catalog_check(list, list_size, &trust, &catalog);
}

static enum module_verdict check_signed(uint32_t count)
{
	list_size = catalog_sign(list, entries, count, 2, &ours);
	return check_list();
}

static void sound_list(void **state)
{
	struct catalog_entry entry;

	(void)state;
	assert_int_equal(check_list(), MODULE_OK);
	assert_int_equal(catalog.count, ENTRIES);
	assert_int_equal(catalog.release, 2);
	assert_true(aid_equal(&catalog.signer, &ours.aid));
	catalog_entry_read(&catalog, 1, &entry);
	assert_memory_equal(&entry, &entries[1], sizeof entry);
	assert_true(catalog_find(&catalog, "notes", &entry));
	assert_int_equal(entry.role, MODULE_DATA);
	assert_true(catalog_find(&catalog, "init", &entry));
	assert_int_equal(entry.role, MODULE_INIT);
	assert_false(catalog_find(&catalog, "note", &entry));
	assert_false(catalog_find(&catalog, "", &entry));
	assert_false(catalog_find(&catalog, "a name that is longer than any module's may be", &entry));
	catalog.count--; /* what lies behind the entries is none */
	assert_false(catalog_find(&catalog, "notes", &entry));
}

static void truncated_list(void **state)
{
	(void)state;
	for (size_t length = 0; length < list_size; length++) {
		uint8_t *const copy = test_copy(list, length);
		assert_int_equal(catalog_check(copy, length, &trust, &catalog), MODULE_UNSIGNED);
		free(copy);
	}
	for (size_t length = 72; length < list_size; length++) {
		uint8_t *const copy = test_copy(list + list_size - length, length);
		assert_int_equal(catalog_check(copy, length, &trust, &catalog), MODULE_BAD_CATALOG);
		free(copy);
	}
}

static void every_bit_of_list(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < 8u * list_size; bit++) {
		list[bit / 8u] ^= (uint8_t)(1u << bit % 8u);
		assert_int_not_equal(check_list(), MODULE_OK);
		list[bit / 8u] ^= (uint8_t)(1u << bit % 8u);
	}
	assert_int_equal(check_list(), MODULE_OK);
}

static void counts(void **state)
{
	(void)state;
	assert_int_equal(check_signed(0), MODULE_BAD_CATALOG);
	for (uint32_t i = ENTRIES; i <= CATALOG_ENTRIES_MAX; i++) {
		entries[i] = entries[0];
		snprintf(entries[i].name, MODULE_NAME_MAX, "more%u", i);
	}
	assert_int_equal(check_signed(CATALOG_ENTRIES_MAX), MODULE_OK);
	assert_int_equal(check_signed(CATALOG_ENTRIES_MAX + 1u), MODULE_BAD_CATALOG);
	for (uint32_t said = 0; said < 5; said++) { /* another number than there are, signed as it is */
		list_size = catalog_sign(list, entries, ENTRIES, 2, &ours);
		((struct catalog_header *)(void *)list)->count = said;
		module_trailer_sign(list, list_size - 72, SIGN_DOMAIN_CATALOG, &ours);
		assert_int_equal(check_list(), said == ENTRIES ? MODULE_OK : MODULE_BAD_CATALOG);
	}
}

static void bad_entries(void **state)
{
	(void)state;
	strcpy(entries[0].name, "hello");
	assert_int_equal(check_signed(ENTRIES), MODULE_BAD_CATALOG); /* twice */
	memset(entries[0].name, 0, MODULE_NAME_MAX);
	strcpy(entries[0].name, "init");
	strcpy(entries[2].name, "hello");
	assert_int_equal(check_signed(ENTRIES), MODULE_BAD_CATALOG); /* the last repeats its neighbour */
	strcpy(entries[2].name, "jello"); /* another at its beginning alone */
	assert_int_equal(check_signed(ENTRIES), MODULE_OK);
	strcpy(entries[2].name, "notes");
	strcpy(entries[0].name, "initx");                            /* no longer zero behind its end */
	entries[0].name[3] = 0;
	assert_int_equal(check_signed(ENTRIES), MODULE_BAD_CATALOG);
	memset(entries[0].name, 'x', MODULE_NAME_MAX);
	assert_int_equal(check_signed(ENTRIES), MODULE_BAD_CATALOG);
	begin_list(state);
	entries[0].role = 0;
	assert_int_equal(check_signed(ENTRIES), MODULE_BAD_CATALOG);
	entries[0].role = MODULE_DATA + 1;
	assert_int_equal(check_signed(ENTRIES), MODULE_BAD_CATALOG);
	begin_list(state);
	entries[1].version = 0;
	assert_int_equal(check_signed(ENTRIES), MODULE_BAD_CATALOG);
	begin_list(state);
	entries[2].reserved[1] = 1;
	assert_int_equal(check_signed(ENTRIES), MODULE_BAD_CATALOG);
	entries[2].reserved[1] = 1ull << 63;
	assert_int_equal(check_signed(ENTRIES), MODULE_BAD_CATALOG);
	begin_list(state);
	entries[1].size = UINT64_MAX; /* beside what is reserved */
	assert_int_equal(check_signed(ENTRIES), MODULE_OK);
	begin_list(state);
	entries[2].principal.bytes[31] = 1; /* data runs as nobody */
	assert_int_equal(check_signed(ENTRIES), MODULE_BAD_CATALOG);
}

/* As the kernel hands it on: in order, whoever signed it. */
static void read_again(void **state)
{
	(void)state;
	list_size = catalog_sign(list, entries, ENTRIES, 2, &other);
	assert_true(catalog_read(list, list_size, &catalog));
	assert_int_equal(catalog.count, ENTRIES);
	assert_false(catalog_read(list, list_size - 1, &catalog));
	list[list_size - 1] ^= 1u;
	assert_false(catalog_read(list, list_size, &catalog));
	list[list_size - 1] ^= 1u;
	list[8] ^= 1u;
	assert_false(catalog_read(list, list_size, &catalog));
	strcpy(entries[0].name, "hello");
	list_size = catalog_sign(list, entries, ENTRIES, 2, &ours);
	assert_false(catalog_read(list, list_size, &catalog));
}

static void list_header(void **state)
{
	static const size_t reserved[] = {0, 8, 20, 23, 24, 31};

	for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
		begin_list(state);
		list[reserved[i]] ^= 2u;
		module_trailer_sign(list, list_size - 72, SIGN_DOMAIN_CATALOG, &ours);
		assert_int_equal(check_list(), MODULE_BAD_CATALOG);
	}
}

static void list_signatures(void **state)
{
	(void)state;
	list_size = catalog_sign(list, entries, ENTRIES, 1, &ours);
	assert_int_equal(check_list(), MODULE_OLD_RELEASE);
	list_size = catalog_sign(list, entries, ENTRIES, 3, &ours);
	assert_int_equal(check_list(), MODULE_OK);
	list[list_size - 2] = 1;
	assert_int_equal(check_list(), MODULE_UNKNOWN_FORMAT);
	module_trailer_sign(list, list_size - 72, SIGN_DOMAIN_MODULE, &ours);
	assert_int_equal(check_list(), MODULE_BAD_SIGNATURE);
	list_size = catalog_sign(list, entries, ENTRIES, 2, &other);
	assert_int_equal(check_list(), MODULE_UNTRUSTED);
	assert_int_equal(catalog_check(list, list_size - 72, &trust, &catalog), MODULE_UNSIGNED);
}

/* ---- both together ---- */
static enum module_verdict admit(const char *name, uint32_t role)
{
	struct catalog_entry entry;

	assert_int_equal(check_list(), MODULE_OK);
	assert_int_equal(check(), MODULE_OK);
	return catalog_admit(&catalog, &found, name, role, &entry);
}

static void admitted(void **state)
{
	struct catalog_entry entry;

	(void)state;
	assert_int_equal(admit("hello", MODULE_PROGRAM), MODULE_OK);
	assert_int_equal(catalog_admit(&catalog, &found, "hello", MODULE_PROGRAM, &entry), MODULE_OK);
	assert_int_equal(entry.principal.bytes[2], 9);
	assert_int_equal(admit("init", MODULE_PROGRAM), MODULE_RENAMED);
	assert_int_equal(admit("hell", MODULE_PROGRAM), MODULE_RENAMED);
	assert_int_equal(admit("helloo", MODULE_PROGRAM), MODULE_RENAMED);
	assert_int_equal(admit("hello", MODULE_SERVICE), MODULE_WRONG_ROLE);
}

static void not_admitted(void **state)
{
	(void)state;
	strcpy(entries[1].name, "hallo");
	check_signed(ENTRIES);
	assert_int_equal(admit("hello", MODULE_PROGRAM), MODULE_UNLISTED);
	begin_list(state);
	entries[1].role = MODULE_SERVICE; /* the catalog and the statement differ */
	check_signed(ENTRIES);
	assert_int_equal(admit("hello", MODULE_PROGRAM), MODULE_WRONG_ROLE);
	begin_list(state);
	entries[1].version = 6;
	check_signed(ENTRIES);
	assert_int_equal(admit("hello", MODULE_PROGRAM), MODULE_OUTDATED);
	entries[1].version = 4;
	entries[1].digest[31] ^= 0x80u;
	check_signed(ENTRIES);
	assert_int_equal(admit("hello", MODULE_PROGRAM), MODULE_CHANGED);
	begin_list(state);
	module_sign(file, ELF_SIZE, "hello", MODULE_PROGRAM, 6,
	            &ours); /* newer than listed is not what is listed */
	assert_int_equal(admit("hello", MODULE_PROGRAM), MODULE_CHANGED);
}

/* A name's bytes and no others, terminated or not. */
static void names(void **state)
{
	char *const name = malloc(MODULE_NAME_MAX);
	uint8_t bytes[MODULE_NAME_MAX];

	(void)state;
	assert_non_null(name);
	memset(bytes, 'x', sizeof bytes);
	module_copy_name(name, bytes);
	assert_memory_equal(name, bytes, sizeof bytes);
	assert_false(module_name_equal(name, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
	free(name);
}

static void sentences(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < MODULE_VERDICT_COUNT; i++)
		assert_true(strlen(module_verdict_text((enum module_verdict)i)) > 5);
	assert_string_equal(module_verdict_text(MODULE_VERDICT_COUNT), "unknown verdict");
}

#define MODULE_CASE(name) cmocka_unit_test_setup(name, begin)
#define LIST_CASE(name)   cmocka_unit_test_setup(name, begin_list)
TEST_MAIN(MODULE_CASE(sound), MODULE_CASE(in_parts), MODULE_CASE(says), MODULE_CASE(truncated), MODULE_CASE(every_bit),
          MODULE_CASE(more_bytes), MODULE_CASE(other_formats), MODULE_CASE(no_domain),
          MODULE_CASE(other_domain), MODULE_CASE(bad_statements), MODULE_CASE(other_key),
          MODULE_CASE(random_bytes), LIST_CASE(sound_list), LIST_CASE(truncated_list),
          LIST_CASE(every_bit_of_list), LIST_CASE(counts), LIST_CASE(bad_entries), LIST_CASE(read_again), LIST_CASE(list_header),
          LIST_CASE(list_signatures), LIST_CASE(admitted), LIST_CASE(not_admitted),
          cmocka_unit_test(names), cmocka_unit_test(sentences))
