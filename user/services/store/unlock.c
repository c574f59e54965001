/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * An encrypted disk: whoever switches the machine on is asked for the passphrase, once, before anything that is kept
 * on the disk is needed. What opened it is kept for this process's successors, in memory that nobody else maps; the
 * console is given up before the first client is served.
 */
#include "store.h"
#include <lib/block_xts.h>
#include <lib/hash.h>
#include <lib/string.h>
#include <os/console.h>
#include <os/keep.h>
#include <os/startup.h>
#include <os/time.h>

#define PASSPHRASE_MAX 128u
#define ATTEMPTS       3u
#define ERASE          0x7fu
#define BACKSPACE      0x08u
#define ERASE_LINE     0x15u /* Ctrl-U */
#define GIVE_UP        0x03u /* Ctrl-C */

static struct {
	uint32_t size;
	uint8_t bytes[PASSPHRASE_MAX];
} secret;
static struct block_xts decrypted;
static struct keep keep;

/* ---- the console ---- */
static void say(handle_t console, const char *text)
{
	struct console_write_req request;
	struct console_write_rep reply;
	const size_t length = strlen(text);

	memcpy(request.data, text, length);
	(void)!console_write(console, DEADLINE_NEVER, &request, length, &reply);
}

/* Whoever reads what nobody else is to read first controls it. */
static status_t control(handle_t console)
{
	static const struct console_control_req request = {.bits = 1};
	struct console_control_rep reply;
	handle_t interrupted;
	status_t status = sys_notification_create(&interrupted);

	if (status != STATUS_OK)
		return status;
	ipc_attach(interrupted, RIGHT_SIGNAL, 0);
	return console_control(console, DEADLINE_NEVER, &request, &reply);
}

/* True: the line is complete. */
static bool take(uint8_t byte)
{
	if (byte == '\r' || byte == '\n')
		return true;
	if (byte == ERASE_LINE)
		secret.size = 0;
	else if (byte == ERASE || byte == BACKSPACE)
		secret.size -= secret.size > 0;
	else if (byte >= ' ' && secret.size < PASSPHRASE_MAX)
		secret.bytes[secret.size++] = byte;
	return false;
}

/* A line into `secret`, not shown. False: whoever is there does not want to. */
static bool line_read(handle_t console)
{
	static const struct console_read_req request = {.max = CONSOLE_DATA_MAX};
	struct console_read_rep reply;
	size_t size;
	bool complete = false;

	secret.size = 0;
	while (!complete) {
		if (console_read(console, DEADLINE_NEVER, &request, &reply, &size) != STATUS_OK)
			return false;
		for (size_t i = 0; i < size && !complete; i++) {
			if (reply.data[i] == GIVE_UP)
				return false;
			complete = take(reply.data[i]);
		}
		secret_wipe(&reply, sizeof reply);
	}
	return true;
}

/* ---- the disk ---- */
static status_t try(struct block_device *below)
{
	const struct passphrase passphrase = {secret.bytes, secret.size};

	return secret.size == 0 ? STATUS_DENIED : block_xts_open(&decrypted, below, &passphrase);
}

static status_t ask(struct block_device *below)
{
	const handle_t console = startup_need("console");
	status_t status = control(console);

	for (uint32_t i = 0; status == STATUS_OK && i < ATTEMPTS; i++) {
		say(console, i == 0 ? "\nThe disk is encrypted. Its passphrase: " : "That is not it. The passphrase: ");
		if (!line_read(console))
			break;
		say(console, "\n");
		status = try(below);
		if (status != STATUS_DENIED)
			return status;
		status = STATUS_OK;
	}
	say(console, "\nThe disk stays locked: nothing can be stored. \"reboot\" asks again.\n");
	return STATUS_DENIED;
}

/* The one that opened it before this process. */
static bool kept(void)
{
	return keep_open(&keep) == STATUS_OK && sizeof secret <= keep.room && keep_load(&keep, &secret, sizeof secret);
}

status_t unlock(struct block_device *below, bool restarted, struct block_device **out_device)
{
	status_t status = STATUS_DENIED;

	if (kept())
		status = try(below);
	else if (!restarted)
		status = ask(below);
	if (status == STATUS_OK) {
		keep_store(&keep, &secret, sizeof secret);
		*out_device = &decrypted.device;
	}
	secret_wipe(&secret, sizeof secret);
	return status;
}
