/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The smallest program that does something: says who it is. */
#include <lib/identity.h>
#include <os/info.h>
#include <os/print.h>

int main(int argc, char **argv)
{
	char principal[2u * AID_SIZE + 1u];
	struct aid aid;
	uint64_t id = 0;

	if (sys_process_id(&id) != STATUS_OK || info_aid(HANDLE_NONE, &aid) != STATUS_OK)
		return 1;
	hex_of_bytes(aid.bytes, AID_SIZE, principal);
	print("Hello from process %llu, principal %s.\n", (unsigned long long)id, principal);
	for (int i = 1; i < argc; i++)
		print("argument %d: %s\n", i, argv[i]);
	return 0;
}
