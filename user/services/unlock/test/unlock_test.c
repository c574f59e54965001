/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The vault for the disk's key, against a console and a kernel of this test's: who gets the key, when somebody is asked,
 * what outlives the service, and that nothing of a passphrase is left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../unlock.h"
#include <abi/audit.h>
#include <abi/cap.h>
#include <lib/hash.h>
#include <os/startup.h>
#include <proto/console.h>

#define CONSOLE 5u
#define KEPT    6u
#define AUDIT   7u
#define ITERATIONS 3u

struct message_page host_message_page;
static uint8_t kept[PAGE_SIZE];
static bool has_console; /* this life of the service */
static const char *typed; /* what is left of it; at its end the console is gone */
static char shown[4096];
static status_t control_fails;
static uint32_t reads, controls, used, refused;

/* ---- the console, and the kernel ---- */
static status_t console_answer(uint32_t method, const void *request, size_t bytes, struct console_read_rep *reply,
                               size_t *out_extra)
{
	switch (method) {
	case CONSOLE_CONTROL: controls++; return control_fails;
	case CONSOLE_WRITE:
		assert_true(strlen(shown) + bytes < sizeof shown);
		memcpy(shown + strlen(shown), request, bytes);
		return STATUS_OK;
	case CONSOLE_READ:
		assert_int_equal(((const struct console_read_req *)request)->max, 1);
		reads++;
		if (*typed == '\0')
			return STATUS_GONE;
		reply->data[0] = (uint8_t)*typed++;
		*out_extra = 1;
		return STATUS_OK;
	default: return STATUS_UNSUPPORTED;
	}
}

status_t ipc_request_repeat(handle_t server, deadline_t deadline, uint32_t method, const void *request, size_t bytes,
                            void *reply, size_t reply_min, size_t reply_max, size_t *out_extra)
{
	(void)deadline, (void)reply_min, (void)reply_max;
	assert_int_equal(server, CONSOLE);
	return console_answer(method, request, bytes, reply, out_extra);
}

void ipc_attach(handle_t handle, uint32_t rights, uint32_t flags)
{
	(void)handle, (void)rights, (void)flags;
}

void host_syscall(uint64_t number, uint64_t regs[8])
{
	const struct cap_info info = {.size = sizeof kept};

	if (number == SYSCALL_cap_info)
		memcpy(host_message_page.bulk, &info, sizeof info);
	else if (number == SYSCALL_memory_map)
		regs[1] = (uint64_t)kept;
	else if (number == SYSCALL_audit_report)
		*(regs[1] == AUDIT_KEY_USED ? &used : &refused) += 1;
	else
		assert_int_equal(number, SYSCALL_notification_create);
	regs[0] = STATUS_OK;
}

handle_t startup_handle(const char *name)
{
	if (strcmp(name, "console") == 0)
		return has_console ? CONSOLE : HANDLE_NONE;
	return strcmp(name, "kept") == 0 ? KEPT : strcmp(name, "audit") == 0 ? AUDIT : HANDLE_NONE;
}

handle_t startup_need(const char *name)
{
	assert_int_not_equal(startup_handle(name), HANDLE_NONE);
	return startup_handle(name);
}

void startup_drop(const char *name)
{
	assert_string_equal(name, "console");
	has_console = false;
}

/* ---- a disk, and who reads it ---- */
static const struct passphrase RIGHT = {"correct horse", 13}, OTHER = {"battery staple", 14};
static const struct aid STORE = {{AID_ALGORITHM_ED25519, AID_HASH_BLAKE3, 1}};
static const struct aid STRANGER = {{AID_ALGORITHM_ED25519, AID_HASH_BLAKE3, 2}}, NOBODY;
static uint8_t block[BLOCK_SIZE], key[XTS_KEY_SIZE], other_key[XTS_KEY_SIZE];
static uint8_t header[BLOCK_XTS_HEADER_SIZE], other_header[BLOCK_XTS_HEADER_SIZE];
static struct unlock_disk_rep given;

static status_t block_write(struct block_device *device, uint64_t number, uint32_t count, const void *bytes)
{
	(void)device, (void)number, (void)count;
	memcpy(block, bytes, sizeof block);
	return STATUS_OK;
}

static status_t block_flush(struct block_device *device)
{
	(void)device;
	return STATUS_OK;
}

static void header_make(const struct passphrase *passphrase, uint8_t out_key[XTS_KEY_SIZE], uint8_t first, uint8_t *out_header)
{
	static const struct block_operations operations = {NULL, block_write, block_flush, NULL};
	struct block_device device = {.operations = &operations, .blocks = 10};
	const uint8_t salt[BLOCK_XTS_SALT_SIZE] = {first};

	for (uint32_t i = 0; i < XTS_KEY_SIZE; i++)
		out_key[i] = (uint8_t)(first + 3u * i);
	assert_int_equal(block_xts_format(&device, passphrase, ITERATIONS, out_key, salt), STATUS_OK);
	memcpy(out_header, block, BLOCK_XTS_HEADER_SIZE);
}

static struct service_call call_of(const struct aid *sender)
{
	return (struct service_call){.badge = 9, .sender = *sender};
}

static status_t offer(const struct aid *sender, uint64_t copy, const uint8_t *bytes)
{
	struct service_call call = call_of(sender);
	struct unlock_offer_req request = {.copy = copy};
	struct unlock_offer_rep reply;

	memcpy(request.header, bytes, sizeof request.header);
	return unlock_offer_serve(&call, &request, &reply);
}

static status_t ask(const struct aid *sender, uint64_t copies)
{
	struct service_call call = call_of(sender);
	const struct unlock_disk_req request = {.copies = copies};

	memset(&given, 0, sizeof given);
	return unlock_disk_serve(&call, &request, &given);
}

static status_t close(const struct aid *sender)
{
	static const struct unlock_close_req request;
	struct service_call call = call_of(sender);
	struct unlock_close_rep reply;

	return unlock_close_serve(&call, &request, &reply);
}

/* What the store does when it starts. */
static status_t opens(const uint8_t *bytes)
{
	const status_t status = offer(&STORE, 0, bytes);

	return status == STATUS_OK ? ask(&STORE, 1) : status;
}

static void restart(void)
{
	has_console = true;
	assert_int_equal(key_open(), STATUS_OK);
}

static int begin(void **state)
{
	(void)state;
	memset(kept, 0, sizeof kept);
	memset(shown, 0, sizeof shown);
	reads = controls = used = refused = 0;
	control_fails = STATUS_OK;
	typed = "";
	header_make(&RIGHT, key, 1, header);
	header_make(&OTHER, other_key, 2, other_header);
	restart();
	return 0;
}

static bool key_given(const uint8_t *expected)
{
	return memcmp(given.key, expected, XTS_KEY_SIZE) == 0;
}

/* ---- the key, and who is asked for it ---- */
static void opened(void **state)
{
	(void)state;
	typed = "correct horse\n";
	assert_int_equal(opens(header), STATUS_OK);
	assert_true(key_given(key));
	assert_string_equal(shown, "\nThe disk is encrypted. Its passphrase: \n");
	assert_int_equal(controls, 1);
	assert_false(has_console);
	assert_int_equal(used, 1);
	assert_int_equal(refused, 0);
}

static void second_attempt(void **state)
{
	(void)state;
	typed = "wrong\r\rcorrect horse\r";
	assert_int_equal(opens(header), STATUS_OK);
	assert_true(key_given(key));
	assert_string_equal(shown, "\nThe disk is encrypted. Its passphrase: \nThat is not it. The passphrase: \n"
	                           "That is not it. The passphrase: \n");
}

static void three_attempts(void **state)
{
	(void)state;
	typed = "wrong\nwrong\nwrong\ncorrect horse\n";
	assert_int_equal(opens(header), STATUS_DENIED);
	assert_false(key_given(key));
	assert_string_equal(typed, "correct horse\n"); /* whoever reads next may have it */
	assert_non_null(strstr(shown, "The disk stays locked"));
	assert_false(has_console);
	assert_int_equal(used, 0);
	assert_int_equal(refused, 1);
}

static void given_up(void **state)
{
	(void)state;
	typed = "correct\x03 horse\n";
	assert_int_equal(opens(header), STATUS_DENIED);
	assert_non_null(strstr(shown, "The disk stays locked"));
	/* So it stays, over the ends of both. */
	assert_int_equal(opens(header), STATUS_DENIED);
	restart();
	assert_false(has_console);
	assert_int_equal(opens(header), STATUS_DENIED);
	assert_int_equal(reads, 8);
	assert_int_equal(controls, 1);
}

static void no_console(void **state)
{
	(void)state;
	control_fails = STATUS_GONE;
	assert_int_equal(opens(header), STATUS_DENIED);
	assert_int_equal(reads, 0);
}

static void edited(void **state)
{
	static char line[300];

	(void)state;
	typed = "\x7fno\x15" "c\x1borrext\x7f\x08" "ct horse\t\n";
	assert_int_equal(opens(header), STATUS_OK);
	begin(state);
	memset(line, 'x', sizeof line - 2); /* longer than any */
	line[sizeof line - 2] = '\n';
	typed = line;
	assert_int_equal(opens(header), STATUS_DENIED);
	assert_int_equal(reads, sizeof line); /* and once more, which says that nobody is there */
}

/* ---- what is kept ---- */
static void store_restarted(void **state)
{
	(void)state;
	typed = "correct horse\n";
	assert_int_equal(opens(header), STATUS_OK);
	assert_int_equal(close(&STORE), STATUS_OK);
	const uint32_t before = reads;
	assert_int_equal(opens(header), STATUS_OK);
	assert_true(key_given(key));
	assert_int_equal(reads, before);
}

static void service_restarted(void **state)
{
	(void)state;
	/* Before anybody answered: asked again. */
	assert_int_equal(offer(&STORE, 0, header), STATUS_OK);
	restart();
	assert_int_equal(ask(&STORE, 1), STATUS_RESTARTED);
	assert_int_equal(offer(&STORE, 1, header), STATUS_RESTARTED);
	typed = "correct horse\n";
	assert_int_equal(opens(header), STATUS_OK);
	/* And never after. */
	for (uint32_t i = 0; i < 3; i++) {
		restart();
		assert_false(has_console);
		assert_int_equal(ask(&STORE, 1), STATUS_RESTARTED);
		assert_int_equal(opens(header), STATUS_OK);
		assert_true(key_given(key));
	}
	assert_int_equal(controls, 1);
}

/* The key goes with the header it came out of, be it one of two. */
static void other_disk(void **state)
{
	(void)state;
	typed = "correct horse\n";
	assert_int_equal(opens(header), STATUS_OK);
	assert_int_equal(opens(other_header), STATUS_DENIED);
	assert_false(key_given(key));
	assert_int_equal(offer(&STORE, 0, other_header), STATUS_OK);
	assert_int_equal(offer(&STORE, 1, header), STATUS_OK);
	assert_int_equal(ask(&STORE, 2), STATUS_OK);
	assert_true(key_given(key));
}

static void second_header(void **state)
{
	(void)state;
	typed = "wrong\nbattery staple\n";
	assert_int_equal(offer(&STORE, 0, header), STATUS_OK);
	assert_int_equal(offer(&STORE, 1, other_header), STATUS_OK);
	assert_int_equal(ask(&STORE, 2), STATUS_OK);
	assert_true(key_given(other_key));
	assert_int_equal(opens(header), STATUS_DENIED);
	assert_int_equal(opens(other_header), STATUS_OK);
}

static void closed(void **state)
{
	(void)state;
	typed = "correct horse\n";
	assert_int_equal(close(&STORE), STATUS_OK);
	assert_false(has_console);
	assert_int_equal(opens(header), STATUS_DENIED);
	restart();
	assert_false(has_console);
	assert_int_equal(opens(header), STATUS_DENIED);
	assert_int_equal(reads, 0);
	assert_string_equal(shown, "");
}

/* ---- who and what is refused ---- */
static void strangers(void **state)
{
	(void)state;
	typed = "correct horse\n";
	assert_int_equal(offer(&NOBODY, 0, header), STATUS_DENIED);
	assert_int_equal(close(&NOBODY), STATUS_DENIED);
	assert_int_equal(opens(header), STATUS_OK);
	for (uint32_t life = 0; life < 2; life++) {
		assert_int_equal(offer(&STORE, 0, header), STATUS_OK);
		refused = 0;
		assert_int_equal(offer(&STRANGER, 0, header), STATUS_DENIED);
		assert_int_equal(ask(&STRANGER, 1), STATUS_DENIED);
		assert_int_equal(ask(&NOBODY, 1), STATUS_DENIED);
		assert_int_equal(close(&STRANGER), STATUS_DENIED);
		assert_false(key_given(key));
		assert_int_equal(refused, 4); /* each of them told */
		restart();
	}
	assert_int_equal(used, 1);
}

/* Whose it is is known before anything is asked, and to a successor too. */
static void stranger_later(void **state)
{
	(void)state;
	assert_int_equal(offer(&STORE, 0, header), STATUS_OK);
	restart();
	typed = "correct horse\n";
	assert_int_equal(offer(&STRANGER, 0, header), STATUS_DENIED);
	assert_int_equal(close(&STRANGER), STATUS_DENIED);
	assert_int_equal(opens(header), STATUS_OK);
}

static void numbers(void **state)
{
	(void)state;
	assert_int_equal(offer(&STORE, 2, header), STATUS_INVALID);
	assert_int_equal(offer(&STORE, UINT64_MAX, header), STATUS_INVALID);
	assert_int_equal(offer(&STORE, 1, header), STATUS_RESTARTED);
	assert_int_equal(ask(&STORE, 0), STATUS_INVALID);
	assert_int_equal(ask(&STORE, 3), STATUS_INVALID);
	assert_int_equal(ask(&STORE, 1), STATUS_RESTARTED);
	assert_int_equal(offer(&STORE, 0, header), STATUS_OK);
	assert_int_equal(ask(&STORE, 2), STATUS_RESTARTED);
	assert_int_equal(reads, 0);
	assert_true(has_console);
}

/* Any bit: nobody is asked for what cannot be opened, and nothing opens but the header as it was. */
static void damaged(void **state)
{
	uint8_t bytes[BLOCK_XTS_HEADER_SIZE];

	(void)state;
	for (uint32_t bit = 0; bit < 8u * sizeof bytes; bit++) {
		if (bit / 8u >= 17 && bit / 8u < 20)
			continue; /* iterations that nobody waits for */
		begin(state);
		memcpy(bytes, header, sizeof bytes);
		bytes[bit / 8u] ^= (uint8_t)(1u << bit % 8u);
		typed = "correct horse\n\x03";
		assert_int_equal(opens(bytes), bit < 64 ? STATUS_NOT_FOUND : bit < 128 ? STATUS_UNSUPPORTED : STATUS_DENIED);
		assert_int_equal(reads, bit < 128 ? 0 : 15);
		assert_false(key_given(key));
	}
	begin(state);
	memcpy(bytes, header, sizeof bytes);
	memset(bytes + 16, 0xff, 4);
	assert_int_equal(opens(bytes), STATUS_DAMAGED);
	assert_int_equal(reads, 0);
}

/* ---- what is left of a passphrase ---- */
extern const uint8_t __data_start[], _end[];

/* All variables of the program, red zones between them included. */
__attribute__((no_sanitize("address"))) static bool in_variables(const char *text)
{
	const size_t length = strlen(text);
	bool found = false;

	for (const uint8_t *at = __data_start; at + length <= _end && !found; at++) {
		size_t same = 0;

		while (same < length && at[same] == (uint8_t)text[same])
			same++;
		found = same == length;
	}
	return found;
}

static volatile char noticed[] = "found it"; /* or the others prove nothing */

static void nothing_left(void **state)
{
	static const char *const LINES[] = {"correct horse\n", "correct horsf\ncorrect horsf\ncorrect horsf\n", "correct hors\x03"};

	assert_int_equal(noticed[0], 'f');
	assert_true(in_variables("found it"));
	for (uint32_t i = 0; i < 3; i++) {
		begin(state);
		typed = LINES[i];
		assert_int_equal(opens(header), i == 0 ? STATUS_OK : STATUS_DENIED);
		assert_false(in_variables("correct"));
		assert_false(in_variables("orrect")); /* its first byte would be the first to go */
	}
}

#define CASE(name) cmocka_unit_test_setup(name, begin)
static const struct CMUnitTest tests[] = {
	CASE(opened), CASE(second_attempt), CASE(three_attempts), CASE(given_up), CASE(no_console), CASE(edited),
	CASE(store_restarted), CASE(service_restarted), CASE(other_disk), CASE(second_header), CASE(closed),
	CASE(strangers), CASE(stranger_later), CASE(numbers), CASE(damaged), CASE(nothing_left),
};

int main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	printf("%d passed, %d failed\n", (int)(sizeof(tests) / sizeof(tests[0])) - failed, failed);
	return failed != 0;
}
