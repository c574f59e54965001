/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cambi sign: one program. */
#include "cambi.h"
#include <lib/elf.h>
#include <lib/hash.h>
#include <stdlib.h>
#include <string.h>

/* Programs lie below this; from here on the kernel chooses addresses (kernel/aspace.h). */
#define PROGRAM_LIMIT 0x0000001000000000ull

const char *program_problem(const uint8_t *data, size_t size)
{
	struct elf_image image;
	uint16_t machine;

	if (!load_le16(data, size, 18, &machine))
		return elf_verdict_text(ELF_TRUNCATED);
	const enum elf_verdict verdict = elf_check(data, size, machine, USER_BASE, PROGRAM_LIMIT, &image);
	return verdict == ELF_OK ? NULL : elf_verdict_text(verdict);
}

static bool has_trailer(const struct bytes *file)
{
	return file->size >= 8 && memcmp(file->data + file->size - 8, "ARCSIG", 6) == 0;
}

int verb_sign(int argc, char **argv)
{
	const char *const name = need_option(&argc, argv, "--name");
	const uint32_t role = need_role(need_option(&argc, argv, "--role"));
	const uint32_t version = need_number(need_option(&argc, argv, "--version"), "--version");
	struct module_signer signer;

	key_option(&argc, argv, &signer);
	need_words(argc, argv, 2, 2);
	if (name[0] == '\0' || strlen(name) >= MODULE_NAME_MAX)
		misused("a name has 1 to %u characters", MODULE_NAME_MAX - 1u);
	struct bytes file = file_read(argv[0]);
	if (has_trailer(&file))
		refuse("%s: it is signed already", argv[0]);
	const char *const problem = program_problem(file.data, file.size);
	if (problem != NULL)
		refuse("%s: %s", argv[0], problem);
	file.data = grown(file.data, file.size + MODULE_OVERHEAD);
	file.size = module_sign(file.data, file.size, name, role, version, &signer);
	secret_wipe(&signer, sizeof(signer));
	file_write(argv[1], file.data, file.size);
	free(file.data);
	return 0;
}
