/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Random bytes from the kernel's generator, in hexadecimal. */
#include <lib/text.h>
#include <os/print.h>
#include <os/random.h>
#include <os/status.h>

#define BYTES_MAX 256u
#define LINE_BYTES 32u

int main(int argc, char **argv)
{
	uint8_t bytes[BYTES_MAX];
	uint64_t count = 16;

	if (argc > 2 || (argc == 2 && (!text_number(argv[1], &count) || count == 0 || count > BYTES_MAX))) {
		print("usage: random [BYTES], at most %u\n", BYTES_MAX);
		return 2;
	}
	status_t status = random_bytes(bytes, count);
	if (status != STATUS_OK) {
		print("random: %s\n", status_sentence(status));
		return 1;
	}
	for (uint32_t i = 0; i < count; i++)
		print("%02x%s", bytes[i], i + 1u == count || i % LINE_BYTES == LINE_BYTES - 1u ? "\n" : "");
	return 0;
}
