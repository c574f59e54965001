/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The manifest: the one that is used, what is refused and where, and bytes at random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lib/manifest.h>

static struct manifest manifest;
static struct manifest_error error;

static bool parse(const char *text)
{
	return manifest_parse(text, strlen(text), &manifest, &error);
}

#define PROFILE "profile all\n allow all\n"

static void test_whole(void **context)
{
	(void)context;
	assert_true(parse("# a comment\n"
	                  "profile small\n\tallow call recv\n\tdeny recv # not this\n"
	                  "service b\n principal app.b\n calls small\n uses a control\n memory 100\n"
	                  " handle monitor inspect manage\n arguments x 'y z'\n restart always\n"
	                  "service a\n image c\n principal app.a\n calls small\n serves a 4\n device uart\n"
	                  "program *\n principal app\n calls small\n uses a\n uses spawn\n"));
	assert_int_equal(manifest.entry_count, 3);
	assert_int_equal(manifest.order_count, 2);
	assert_int_equal(manifest.order[0], 1);
	assert_int_equal(manifest.order[1], 0);
	const struct manifest_entry *b = manifest_find(&manifest, "b");
	assert_int_equal(b->syscall_mask, 1u << SYSCALL_call);
	assert_string_equal(b->image, "b");
	assert_string_equal(b->principal, "app.b");
	assert_true(b->uses[0].control);
	assert_int_equal(b->memory_pages, 100);
	assert_string_equal(b->handles[0].name, "monitor");
	assert_int_equal(b->handles[0].rights, RIGHT_INSPECT | RIGHT_MANAGE);
	assert_int_equal(b->argument_count, 2);
	assert_memory_equal(b->arguments, "x\0y z", 6);
	assert_int_equal(b->restart, RESTART_ALWAYS);
	assert_int_equal(manifest_find(&manifest, "a")->serves_depth, 4);
	assert_string_equal(manifest_find(&manifest, "a")->image, "c");
	assert_null(manifest_find(&manifest, "c"));
}

/* What an entry has that says nothing of it. */
static void test_not_given(void **context)
{
	(void)context;
	assert_true(parse(PROFILE "service a\n calls all\n principal a\n serves a\n"));
	const struct manifest_entry *a = manifest_find(&manifest, "a");
	assert_int_equal(a->version, 1);
	assert_int_equal(a->priority, PRIORITY_NORMAL);
	assert_int_equal(a->memory_pages, 256);
	assert_int_equal(a->stack_pages, 16);
	assert_int_equal(a->threads, 4);
	assert_int_equal(a->objects, 32);
	assert_int_equal(a->children, 0);
	assert_int_equal(a->serves_depth, 0);
}

/* Each word of a statement counts, and the largest of everything is still in order. */
static void test_most(void **context)
{
	char text[2048] = "";

	(void)context;
	assert_true(parse(PROFILE "profile two\n allow call recv\n"
	                          "service a\n calls two\n principal a\n serves a 64\n"
	                          "service b\n calls all\n principal b\n"
	                          "service abcdefghijklmnopqrstuvw\n calls all\n principal c\n depends a b\n"));
	assert_int_equal(manifest.entries[0].syscall_mask, 1u << SYSCALL_call | 1u << SYSCALL_recv);
	assert_int_equal(manifest.entries[0].profile, 1);
	assert_int_equal(manifest.entries[1].profile, 0);
	assert_int_equal(manifest.entries[0].serves_depth, 64);
	assert_int_equal(manifest.entries[2].depend_count, 2);
	assert_string_equal(manifest.entries[2].depends[1].name, "b");
	memset(text, ' ', MANIFEST_LINE_MAX - 1u);
	assert_true(parse(text));
	text[0] = '\0';
	for (unsigned i = 0; i < MANIFEST_PROFILES_MAX; i++)
		sprintf(text + strlen(text), "profile p%u\n", i);
	assert_true(parse(text));
	strcat(text, PROFILE "service a\n calls all\n principal a\n");
	assert_false(parse(text));
	assert_int_equal(error.line, MANIFEST_PROFILES_MAX + 1u);
}

static void refused(const char *text, uint32_t line)
{
	assert_false(parse(text));
	assert_non_null(error.reason);
	if (error.line != line)
		print_error("line %u instead of %u: %s\n", error.line, line, error.reason);
	assert_int_equal(error.line, line);
}

/* Who is looked for is found wherever it is listed, and nobody else. */
static void test_find(void **context)
{
	(void)context;
	assert_true(parse(PROFILE "service a\n calls all\n principal a\n serves x\n handle monitor inspect\n handle log inspect\n"
	                          "service b\n calls all\n principal b\n serves y\n uses spawn\n uses x\n"));
	const struct manifest_entry *a = manifest_find(&manifest, "a"), *b = manifest_find(&manifest, "b");
	assert_ptr_equal(manifest_server(&manifest, "x"), a);
	assert_ptr_equal(manifest_server(&manifest, "y"), b);
	assert_true(manifest_uses(b, "spawn"));
	assert_true(manifest_uses(b, "x"));
	assert_false(manifest_uses(b, "y"));
	assert_false(manifest_uses(b, ""));
	assert_true(manifest_holds(a, "monitor"));
	assert_true(manifest_holds(a, "log"));
	assert_false(manifest_holds(a, "inspect"));
	assert_false(manifest_holds(a, ""));
	assert_false(manifest_holds(b, "log"));
}

/* Nothing is left of a manifest that was there before. */
static void test_again(void **context)
{
	(void)context;
	assert_true(parse(PROFILE "profile two\n allow all\nservice a\n calls all\n principal a\n serves x\n"
	                          "service b\n calls two\n principal b\n serves y\n"));
	assert_true(parse("profile some\n allow call\nservice a\n calls some\n principal a\n serves x\n"));
	assert_int_equal(manifest.profiles[0].mask, 1u << SYSCALL_call);
	assert_null(manifest_server(&manifest, "y"));
	assert_null(manifest_find(&manifest, "b"));
	refused(PROFILE "service a\n calls two\n", 4);
}

static void test_tiers(void **context)
{
	enum manifest_tier tier = MANIFEST_TIER_FULL;

	(void)context;
	assert_true(manifest_tier_named("embedded", &tier));
	assert_int_equal(tier, MANIFEST_TIER_EMBEDDED);
	assert_true(manifest_tier_named("standard", &tier));
	assert_int_equal(tier, MANIFEST_TIER_STANDARD);
	assert_true(manifest_tier_named("full", &tier));
	assert_int_equal(tier, MANIFEST_TIER_FULL);
	assert_false(manifest_tier_named("huge", &tier));
}

/* Each statement of a service is one too many for a program. */
static void test_programs(void **context)
{
	static const char *const services[] = { "serves x", "arguments x", "restart always", "device uart", "depends b",
		                                    "keeps 1", "ready 1", "tier standard" };
	char text[400];

	(void)context;
	for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
		snprintf(text, sizeof text, PROFILE "program a\n calls all\n principal a\n %s\n"
		                                    "service b\n calls all\n principal b\n", services[i]);
		refused(text, 3);
		assert_string_equal(error.reason, "a program has a statement that is for services");
	}
}

static void test_refused(void **context)
{
	(void)context;
	refused("nonsense\n", 1);
	refused("\n\nprincipal x\n", 3);
	refused("service a b\n", 1);
	refused("service abcdefghijklmnopqrstuvwxyz\n", 1);
	refused("allow call\n", 1);
	refused("profile p\n allow nothing\n", 2);
	refused(PROFILE "service a\n calls none\n", 4);
	refused(PROFILE "service a\n memory\n", 4);
	refused(PROFILE "service a\n memory 1\n", 4);
	refused(PROFILE "service a\n priority 32\n", 4);
	refused(PROFILE "service a\n cpu 0\n", 4);
	refused(PROFILE "service a\n cpu 1601\n", 4);
	refused(PROFILE "service a\n serves a 65\n", 4);
	refused(PROFILE "service a\n uses a maybe\n", 4);
	refused(PROFILE "service a\n handle log jump\n", 4);
	refused(PROFILE "service a\n restart often\n", 4);
	refused(PROFILE "service a\n arguments 'open\n", 4);
	refused(PROFILE "service a\nservice a\n", 4);
	refused(PROFILE "service a\n handle log\n", 4);
	refused(PROFILE "service a\n version 1 2\n", 4);
	refused(PROFILE "service a\n image\n", 4);
	refused("profile p\n allow\n", 2);
	refused(PROFILE "service a\n restart always 1001\n", 4);
	refused(PROFILE "service a\n restart never 3\n", 4);
	refused(PROFILE "service a\n restart always -1\n", 4);
	refused(PROFILE "service a\n tier huge\n", 4);
	refused(PROFILE "service a\n version 0\n", 4);
	refused(PROFILE "service a\n keeps 0\n", 4);
	refused(PROFILE "service a\n uses b control control\n", 4);
	refused(PROFILE "service a\n uses b\n uses b\n", 5);
	refused(PROFILE "service a\n version 1\n version 1\n", 5);
	refused(PROFILE "service a\n calls all\n calls all\n", 5);
	refused(PROFILE PROFILE, 3);
	refused(PROFILE "service a\n allow call\n", 4);
	refused(PROFILE "service abcdefghijklmnopqrstuvwx\n calls all\n principal a\n", 3);
	refused("profile p\nprofile q\nprofile q\n", 3);
	refused("profile p\n allow call nothing\n", 2);
	refused(PROFILE "service a\n calls all\n principal a\nprofile q\n memory 100\n", 7);
	refused(PROFILE "service a\n calls ''\n", 4);
	refused(PROFILE "service a\n uses b\n uses c\n uses c\n", 6);
	refused(PROFILE "service a\n uses a\n uses b\n uses c\n uses d\n uses e\n uses f\n uses g\n uses h\n uses i\n",
	        12);
	refused(PROFILE "service a\n device disk\n", 4);
	refused(PROFILE "service a\n device rtc rtc\n", 4);
	/* Of the whole: the statement or the entry it is about. */
	refused(PROFILE "service a\n principal a\n", 3);
	refused(PROFILE "service a\n calls all\n", 3);
	refused(PROFILE "service a\n calls all\n principal a\n uses b\n", 6);
	refused(PROFILE "service a\n calls all\n principal a\n uses spawn\n uses b\n", 7);
	refused(PROFILE "service a\n calls all\n principal a\n depends b\n", 6);
	refused(PROFILE "service a\n calls all\n principal a\n"
	                "service b\n calls all\n principal b\n depends a c\n",
	        9);
	refused(PROFILE "service a\n calls all\n principal a\n serves spawn\n", 3);
	refused(PROFILE "program a\n calls all\n principal a\n serves a\n", 3);
	refused(PROFILE "program a\n calls all\n principal a\n keeps 1\n", 3);
	refused(PROFILE "program a\n calls all\n principal a\n ready 1\n", 3);
	refused(PROFILE "service a\n ready 0\n", 4);
	refused(PROFILE "service a\n calls all\n principal a\n serves x\n"
	                "service b\n calls all\n principal b\n serves x\n",
	        7);
	refused(PROFILE "service a\n calls all\n principal a\n serves a\n uses b\n"
	                "service b\n calls all\n principal b\n serves b\n uses a\n",
	        3);
	refused(PROFILE "service a\n calls all\n principal a\n"
	                "service b\n calls all\n principal b\n depends a\n"
	                "service c\n calls all\n principal c\n depends d\n"
	                "service d\n calls all\n principal d\n depends c\n",
	        10);
	refused(PROFILE "service a\n calls all\n principal a\n depends b\n"
	                "service b\n calls all\n principal b\n tier full\n",
	        6);
	char line[400];
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1u] = '\0';
	refused(line, 1);
	assert_false(manifest_parse("ser\0vice", 8, &manifest, &error));
	memset(line, ' ', MANIFEST_LINE_MAX);
	line[MANIFEST_LINE_MAX] = '\0';
	refused(line, 1);
}

/* Arguments of several statements share one room. */
static void test_arguments(void **context)
{
	char text[400];

	(void)context;
	for (int length = 47; length <= 49; length++) {
		snprintf(text, sizeof(text), PROFILE "service a\n calls all\n principal a\n arguments %s\n arguments %.*s\n",
		         "----------------------------------------------", length,
		         "-------------------------------------------------");
		if (length == 49)
			refused(text, 7);
		else
			assert_true(parse(text));
	}
}

#define DRIVER PROFILE "service devices\n calls all\n principal d\n serves devices\nservice disk\n calls all\n principal k\n"

static void test_pci(void **context)
{
	(void)context;
	assert_true(parse(DRIVER " uses devices\n device pci 1af4:1042 8086:10d3\n"));
	const struct manifest_entry *disk = manifest_find(&manifest, "disk");
	assert_int_equal(disk->device, MANIFEST_DEVICE_PCI);
	assert_int_equal(disk->pci_id_count, 2);
	assert_int_equal(disk->pci_ids[1].vendor, 0x8086);
	assert_int_equal(disk->pci_ids[1].device, 0x10d3);
	assert_int_equal(manifest_role(disk), MODULE_DRIVER);
	assert_true(parse(DRIVER " uses devices\n device pci 1af9:9042 0000:0000 0000:0000 0000:0000 0000:0000 "
	                         "0000:0000 0000:0000 0000:0000\n"));
	refused(DRIVER " device pci 1af4:1042\n", 7); /* from whom? */
	refused(DRIVER " uses devices\n device pci\n", 11);
	refused(DRIVER " uses devices\n device pci 1af4\n", 11);
	refused(DRIVER " uses devices\n device pci 1AF4:1042\n", 11);
	refused(DRIVER " uses devices\n device pci 1af4:10421\n", 11);
	refused(DRIVER " uses devices\n device pci 1af4-1042\n", 11);
	refused(DRIVER " uses devices\n device uart 1af4:1042\n", 11);
	refused(DRIVER " uses devices\n device pci 1:1 1:1 1:1 1:1 1:1 1:1 1:1 1:1 1:1\n", 11);
}

static uint64_t needs_of(const char *name)
{
	return manifest_find(&manifest, name)->needs;
}

static void test_order(void **context)
{
	(void)context;
	assert_true(parse(PROFILE "service shell\n calls all\n principal a\n uses console control grant\n depends log\n"
	                          "service policy\n calls all\n principal b\n serves policy\n depends console\n"
	                          "service console\n calls all\n principal c\n serves console\n device uart\n"
	                          "service log\n calls all\n principal d\n device rtc\n restart failure 3\n tier embedded\n"
	                          "program *\n calls all\n principal e\n version 7\n"));
	/* What policy needs comes before it; all others after. */
	assert_int_equal(manifest.order_count, 4);
	assert_int_equal(manifest.order[0], 2);
	assert_int_equal(manifest.order[1], 1);
	assert_int_equal(manifest.order[2], 3);
	assert_int_equal(manifest.order[3], 0);
	assert_int_equal(needs_of("shell"), 1u << 2 | 1u << 3 | 1u << 1);
	assert_int_equal(needs_of("log"), 1u << 1);
	assert_int_equal(needs_of("console"), 0);
	assert_false(manifest_find(&manifest, "console")->admitted);
	assert_false(manifest_find(&manifest, "policy")->admitted);
	assert_true(manifest_find(&manifest, "log")->admitted);
	assert_true(manifest_find(&manifest, "*")->admitted);
	assert_true(manifest_find(&manifest, "shell")->uses[0].grant);
	assert_int_equal(manifest_find(&manifest, "log")->restart_limit, 3);
	assert_int_equal(manifest_find(&manifest, "*")->version, 7);
	assert_int_equal(manifest_role(manifest_find(&manifest, "console")), MODULE_DRIVER);
	assert_int_equal(manifest_find(&manifest, "console")->device, MANIFEST_DEVICE_UART);
	assert_int_equal(manifest_find(&manifest, "log")->device, MANIFEST_DEVICE_RTC);
	assert_int_equal(manifest_role(manifest_find(&manifest, "log")), MODULE_DRIVER);
	assert_int_equal(manifest_role(manifest_find(&manifest, "shell")), MODULE_SERVICE);
	assert_int_equal(manifest_role(manifest_find(&manifest, "*")), MODULE_PROGRAM);
}

/* What comes before policy is followed from whoever is listed first, too. */
static void test_before_policy(void **context)
{
	(void)context;
	assert_true(parse(PROFILE "service a\n calls all\n principal a\n depends c\n"
	                          "service policy\n calls all\n principal b\n serves policy\n depends a\n"
	                          "service c\n calls all\n principal c\n restart always 1000\n"));
	assert_false(manifest_find(&manifest, "c")->admitted);
	assert_int_equal(manifest.order[0], 2);
	assert_int_equal(manifest.order[1], 0);
	assert_int_equal(manifest.order[2], 1);
	assert_int_equal(manifest_find(&manifest, "c")->restart_limit, 1000);
}

static void test_many(void **context)
{
	char text[8192] = PROFILE;

	(void)context;
	for (unsigned i = 0; i < MANIFEST_ENTRIES_MAX; i++)
		sprintf(text + strlen(text), "service s%u\n calls all\n principal s%u\n", i, i);
	strcat(text, " serves policy\n");
	assert_true(parse(text));
	assert_int_equal(manifest.order_count, MANIFEST_ENTRIES_MAX);
	assert_int_equal(manifest.order[0], MANIFEST_ENTRIES_MAX - 1u);
	refused(strcat(text, "service more\n"), 4u + 3u * MANIFEST_ENTRIES_MAX);
}

static void test_used(void **context)
{
	static char text[65536];
	FILE *file = fopen("system/system.manifest", "rb");

	(void)context;
	assert_non_null(file);
	size_t length = fread(text, 1, sizeof(text), file);
	fclose(file);
	if (!manifest_parse(text, length, &manifest, &error))
		fail_msg("system.manifest:%u: %s", error.line, error.reason);
	assert_non_null(manifest_find(&manifest, "shell"));
	/* Cut anywhere and with any byte changed: refused or not, but nothing else happens. */
	for (size_t cut = 0; cut < length; cut += 7)
		(void)!manifest_parse(text, cut, &manifest, &error);
	srand(1);
	for (uint32_t i = 0; i < 20000; i++) {
		size_t at = (size_t)rand() % length;
		char old = text[at];

		text[at] = (char)rand();
		(void)!manifest_parse(text, length, &manifest, &error);
		text[at] = old;
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_whole),
	cmocka_unit_test(test_not_given),
	cmocka_unit_test(test_most),
	cmocka_unit_test(test_find),
	cmocka_unit_test(test_again),
	cmocka_unit_test(test_tiers),
	cmocka_unit_test(test_programs),
	cmocka_unit_test(test_refused),
	cmocka_unit_test(test_arguments),
	cmocka_unit_test(test_pci),
	cmocka_unit_test(test_order),
	cmocka_unit_test(test_before_policy),
	cmocka_unit_test(test_many),
	cmocka_unit_test(test_used),
};

int main(void)
{
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	printf("%d passed, %d failed\n", (int)(sizeof(tests) / sizeof(tests[0])) - failed, failed);
	return failed != 0;
}
