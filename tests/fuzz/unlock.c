/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The vault for the disk's key, asked anything by anybody, with two headers that can be opened among what there is to
 * offer; the bytes of the input are also what is typed. A key is given out only if its passphrase was typed,
 * and nobody is asked more than three times, whatever is asked. (The linker puts a shorter way in the place of PBKDF2.)
 */
#include "service.h"
#include <lib/block_xts.h>
#include <lib/hash.h>
#include <proto/console.h>
#include <proto/unlock.h>

#define NOTIFICATION 9u /* no memory's handle: none is made here */

const struct service_method service_methods[] = {UNLOCK_METHODS(SERVICE_METHOD)};
const size_t service_method_count = sizeof service_methods / sizeof service_methods[0];

/* One byte each: an input can say them. */
static const char PASSPHRASES[2] = {'a', 'b'};
static uint8_t keys[2][XTS_KEY_SIZE];
static struct unlock_offer_req offers[2];
static bool typed[2];
static uint32_t lines, controls;

void __wrap_pbkdf2(const uint8_t *passphrase, size_t length, const uint8_t *salt, size_t salt_size, uint32_t iterations,
                   uint8_t out_key[64]);
void __wrap_pbkdf2(const uint8_t *passphrase, size_t length, const uint8_t *salt, size_t salt_size, uint32_t iterations,
                   uint8_t out_key[64])
{
	struct hash hash;

	(void)iterations;
	for (uint32_t i = 0; i < 2; i++)
		typed[i] |= length == 1 && *(const char *)passphrase == PASSPHRASES[i];
	hash_begin(&hash);
	hash_update(&hash, salt, salt_size);
	hash_update(&hash, passphrase, length);
	hash_end(&hash, out_key, 64);
}

/* ---- two disks ---- */
static uint8_t block[BLOCK_SIZE];

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

static void offer_make(uint32_t number)
{
	static const struct block_operations operations = {NULL, block_write, block_flush, NULL};
	struct block_device device = {.operations = &operations, .blocks = 3};
	const struct passphrase passphrase = {&PASSPHRASES[number], 1};
	const uint8_t salt[BLOCK_XTS_SALT_SIZE] = {(uint8_t)number};

	for (uint32_t i = 0; i < XTS_KEY_SIZE; i++)
		keys[number][i] = (uint8_t)(i + 100u * number + 1u);
	require(block_xts_format(&device, &passphrase, 1, keys[number], salt) == STATUS_OK);
	offers[number].copy = number;
	memcpy(offers[number].header, block, sizeof offers[number].header);
}

void service_begin(void)
{
	for (uint32_t i = 0; i < 2; i++) {
		if (offers[i].header[0] == 0)
			offer_make(i);
		memcpy(kernel.answers[i], &offers[i], sizeof offers[i]);
		typed[i] = false;
	}
	kernel.answer_count = 2;
	lines = controls = 0;
}

/* ---- the console ---- */
bool service_given(const char *name)
{
	return strcmp(name, "audit") == 0 || strcmp(name, "console") == 0;
}

static void console_answer(uint64_t regs[8])
{
	const uint32_t method = MESSAGE_LABEL(regs[1]);

	regs[1] = MESSAGE_TAG(STATUS_OK, 0, 0);
	if (method == CONSOLE_CONTROL)
		controls++;
	else if (method == CONSOLE_READ && kernel.at == kernel.end)
		regs[1] = MESSAGE_TAG(STATUS_GONE, 0, 0);
	else if (method == CONSOLE_READ) {
		regs[1] = MESSAGE_TAG(STATUS_OK, 1, 0);
		regs[2] = take();
		lines += regs[2] == '\n' || regs[2] == '\r';
	} else
		require(method == CONSOLE_WRITE);
}

bool service_call_more(uint64_t number, uint64_t regs[8])
{
	if (number == SYSCALL_notification_create)
		regs[1] = NOTIFICATION;
	else if (number == SYSCALL_call)
		console_answer(regs);
	else
		return false;
	regs[0] = STATUS_OK;
	return true;
}

/* ---- what else happens: nothing ---- */
uint64_t service_step(uint8_t what)
{
	(void)what;
	return 0;
}

uint64_t service_late(void)
{
	return 0;
}

void service_end(void)
{
	require(lines <= 3 && controls <= 1);
	for (uint32_t i = 0; i < ANSWERS_KEPT; i++) {
		for (uint32_t number = 0; number < 2; number++)
			require(typed[number] || memcmp(kernel.answers[i], keys[number], XTS_KEY_SIZE) != 0);
	}
}
