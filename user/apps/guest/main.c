/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Somebody else: tries what only the owner of a key, or a holder of more authority, may. `guest AID`. */
#include <lib/identity.h>
#include <lib/string.h>
#include <os/check.h>
#include <os/keys.h>
#include <os/policy.h>
#include <os/print.h>
#include <os/spawn.h>
#include <os/startup.h>
#include <os/time.h>

static deadline_t soon(void)
{
	return time_after(10u * NS_PER_SECOND);
}

/* The kernel says who asks, so nothing that the request says helps. */
static void key_of_another(const struct aid *aid)
{
	handle_t keys = startup_handle("keys");
	struct keys_sign_req sign = {.aid = *aid, .purpose = KEYS_PURPOSE_MESSAGE};
	struct keys_sign_rep signature;
	struct keys_derive_req derive = {.aid = *aid, .purpose = KEYS_PURPOSE_OBJECT};
	struct keys_derive_rep secret;
	struct keys_authorize_req authorize = {.aid = *aid, .user = *aid, .allow = 1};
	struct keys_authorize_rep authorized;
	struct keys_forget_req forget = {.aid = *aid};
	struct keys_forget_rep forgotten;
	struct keys_public_req public = {.aid = *aid};
	struct keys_public_rep key;

	check_status(keys_public(keys, soon(), &public, &key), OK);
	check_status(keys_sign(keys, soon(), &sign, &signature), DENIED);
	check_status(keys_derive(keys, soon(), &derive, 0, &secret), DENIED);
	check_status(keys_authorize(keys, soon(), &authorize, &authorized), DENIED);
	check_status(keys_forget(keys, soon(), &forget, &forgotten), DENIED);
}

/* It may read the rules and nothing more: its capability's badge lacks what the others need. */
static void policy(void)
{
	handle_t server = startup_handle("policy");
	struct policy_admit_req admit = {.wanted = UINT64_MAX};
	struct policy_admit_rep admitted;
	struct policy_restrict_req restrict_ = {.process = 1, .mask = 0};
	struct policy_restrict_rep restricted;
	struct policy_revoke_req revoke = {.process = 1, .handle = HANDLE(0, 1)};
	struct policy_revoke_rep revoked;
	struct policy_forget_req forget = {.principal = {{1}}};
	struct policy_forget_rep forgotten;

	check_status(policy_admit(server, soon(), &admit, &admitted), DENIED);
	check_status(policy_restrict(server, soon(), &restrict_, &restricted), DENIED);
	check_status(policy_revoke(server, soon(), &revoke, &revoked), DENIED);
	check_status(policy_forget(server, soon(), &forget, &forgotten), DENIED);
}

static void supervisor(void)
{
	handle_t server = startup_handle("spawn");
	const char *const words[] = {"hello"};
	struct spawn_child child;
	struct spawn_restart_req restart = {.name = "console"};
	struct spawn_restart_rep restarted;
	struct spawn_kill_req kill = {.process = 2};
	struct spawn_kill_rep killed;
	struct spawn_open_req open = {.process = 2};
	struct spawn_open_rep opened;
	struct spawn_give_req give = {.process = 2, .rights = RIGHTS_ALL};
	struct spawn_give_rep given;

	check_status(spawn_program(server, words, 1, NULL, 0, HANDLE_NONE, 0, &child), QUOTA);
	check_status(spawn_restart(server, soon(), &restart, &restarted), DENIED);
	check_status(spawn_kill(server, soon(), &kill, &killed), NOT_FOUND);
	check_status(spawn_open(server, soon(), &open, &opened), NOT_FOUND);
	check_status(spawn_give(server, soon(), &give, &given), NOT_FOUND);
}

int main(int argc, char **argv)
{
	struct aid aid;

	if (argc != 2 || !hex_to_bytes(argv[1], strlen(argv[1]), aid.bytes, AID_SIZE)) {
		print("usage: guest AID\n");
		return 2;
	}
	key_of_another(&aid);
	policy();
	supervisor();
	return check_finish();
}
