/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* whoami, principals, did-key, verify: who is who, and how that is known. */
#include "shell.h"
#include <lib/format.h>
#include <lib/identity.h>
#include <lib/string.h>
#include <os/keys.h>

/* ---- the user's own identity: a key in the vault ---- */
#define VAULT_NS (5u * NS_PER_SECOND)

static status_t user_key(uint8_t out_key[32])
{
	struct keys_bind_req request = {.context = USER_CONTEXT};
	struct keys_bind_rep reply;
	handle_t keys = startup_handle("keys");

	if (keys == HANDLE_NONE)
		return STATUS_UNSUPPORTED;
	status_t status = keys_bind(keys, time_after(VAULT_NS), &request, &reply);
	if (status == STATUS_OK)
		memcpy(out_key, reply.key, sizeof(reply.key));
	return status;
}

static const char *role_name(uint32_t role)
{
	static const char *const names[] = {"none", "init", "service", "driver", "program", "data"};

	return role < sizeof(names) / sizeof(names[0]) ? names[role] : "?";
}

static void row_hex(const char *label, const uint8_t *bytes, size_t length)
{
	char hex[2u * AID_SIZE + 1u];

	hex_of_bytes(bytes, length, hex);
	print("%-10s %s\n", label, hex);
}

int command_whoami(int argc, char **argv)
{
	struct info_process process;
	uint8_t key[32];
	char did[DID_TEXT_MAX], text[PRINCIPAL_TEXT_MAX];
	uint64_t self = 0;

	if (argc != 1)
		return command_usage(argv[0]);
	if (sys_process_id(&self) != STATUS_OK || !process_find(self, &process))
		return command_failed(argv[0], "the kernel does not tell");
	print("program    %.24s, process %llu\n", process.name, (unsigned long long)self);
	print("signed as  %s, version %u\n", role_name(process.role), process.version);
	row_hex("digest", process.digest, sizeof(process.digest));
	print("principal  %s\n", principal_text(text, &process.principal));
	row_hex("in full", process.principal.bytes, AID_SIZE);
	status_t status = user_key(key);
	if (status == STATUS_OK)
		did_of_key(key, did);
	print("user       %s\n", status == STATUS_OK ? did : status_sentence(status));
	return 0;
}

/* ---- principals: one row each, with all that runs as it ---- */
#define ROWS_MAX 128u

static bool is_first(const struct info_process *rows, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++) {
		if (memcmp(&rows[i].principal, &rows[index].principal, AID_SIZE) == 0)
			return false;
	}
	return true;
}

static void principal_row(const struct info_process *rows, uint32_t first, uint32_t count)
{
	const struct info_process *process = &rows[first];
	char text[PRINCIPAL_TEXT_MAX];

	print("%-12s  %-16.24s %-8s %7u ", principal_text(text, &process->principal), process->name,
	      role_name(process->role), process->version);
	for (uint32_t i = first; i < count; i++) {
		if (memcmp(&rows[i].principal, &process->principal, AID_SIZE) == 0)
			print(" %llu", (unsigned long long)rows[i].id);
	}
	print("\n");
}

int command_principals(int argc, char **argv)
{
	static struct info_process rows[ROWS_MAX];
	uint32_t count = 0;

	if (argc != 1)
		return command_usage(argv[0]);
	for (uint64_t at = 0; count < ROWS_MAX && info_read(startup_need("monitor"), INFO_PROCESS, at,
	                                                    &rows[count], sizeof(rows[count]), &at) == STATUS_OK;)
		count++;
	print("PRINCIPAL     PROGRAM          ROLE     VERSION  PROCESSES\n");
	for (uint32_t i = 0; i < count; i++) {
		if (is_first(rows, i))
			principal_row(rows, i, count);
	}
	return 0;
}

/* ---- did-key ---- */
static void print_did(const uint8_t key[32])
{
	char did[DID_TEXT_MAX];

	did_of_key(key, did);
	print("%s\n", did);
}

int command_did_key(int argc, char **argv)
{
	uint8_t key[32];
	char hex[65];

	if (argc > 2)
		return command_usage(argv[0]);
	if (argc == 1) {
		status_t status = user_key(key);

		if (status != STATUS_OK)
			return command_refused(argv[0], status);
		print_did(key);
	} else if (hex_to_bytes(argv[1], strlen(argv[1]), key, sizeof(key))) {
		print_did(key);
	} else if (did_to_key(argv[1], strlen(argv[1]), key)) {
		hex_of_bytes(key, sizeof(key), hex);
		print("%s\n", hex);
	} else {
		return command_failed(argv[1], "neither 64 hexadecimal digits nor the did:key of an Ed25519 key");
	}
	return 0;
}

/* ---- verify ---- */
static void verify_details(const struct spawn_verify_rep *found)
{
	char text[PRINCIPAL_TEXT_MAX], size[SHOW_MAX];

	if (found->has_statement != 0) {
		print("  %-11s %.32s, %s, version %u\n", found->status == STATUS_OK ? "signed as" : "says it is",
		      found->name, role_name(found->role), found->version);
		print("  signed by   %s\n", principal_text(text, &found->signer));
	}
	if (found->listed != 0) {
		char hex[2u * MODULE_DIGEST_SIZE + 1u];

		hex_of_bytes(found->digest, sizeof(found->digest), hex);
		print("  listed as   version %u or newer, digest %s\n", found->listed_version, hex);
		print("  runs as     %s\n", principal_text(text, &found->principal));
	}
	print("  size        %s\n", show_size(size, found->size));
}

int command_verify(int argc, char **argv)
{
	struct spawn_verify_req request = {.name = ""};
	struct spawn_verify_rep reply;

	if (argc != 2)
		return command_usage(argv[0]);
	if (string_copy(request.name, sizeof(request.name), argv[1]) >= sizeof(request.name))
		return command_failed(argv[1], "no such program in the bundle");
	status_t status = spawn_verify(startup_need("spawn"), time_after(SPAWN_NS), &request, &reply);
	if (status == STATUS_NOT_FOUND)
		return command_failed(argv[1], "no such program in the bundle");
	if (status != STATUS_OK)
		return init_refused(argv[0], status);
	if (reply.status == STATUS_OK)
		print("%s: sound: signed, listed and unchanged\n", argv[1]);
	else
		print("%s: refused: %s\n", argv[1], status_sentence((status_t)reply.status));
	verify_details(&reply);
	return reply.status == STATUS_OK ? 0 : 1;
}
