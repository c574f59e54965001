/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Passphrases of encrypted disks: the first line of a file, or typed on the terminal without being shown. */
#include "disk.h"
#include <errno.h>
#include <lib/hash.h>
#include <string.h>
#include <termios.h>

#define PASSPHRASE_MAX 1024u

static char first[PASSPHRASE_MAX + 2];
static char again[PASSPHRASE_MAX + 2];

void disk_passphrase_wipe(void)
{
	secret_wipe(first, sizeof(first));
	secret_wipe(again, sizeof(again));
}

/* One line, without its end. */
static bool line_read(FILE *from, char line[PASSPHRASE_MAX + 2])
{
	if (fgets(line, (int)PASSPHRASE_MAX + 2, from) == NULL)
		return false;
	line[strcspn(line, "\r\n")] = '\0';
	return true;
}

static void ask(FILE *terminal, const char *question, char line[PASSPHRASE_MAX + 2])
{
	struct termios shown, hidden;

	fprintf(terminal, "%s: ", question);
	fflush(terminal);
	const bool changed = tcgetattr(fileno(terminal), &shown) == 0;
	if (changed) {
		hidden = shown;
		hidden.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(fileno(terminal), TCSAFLUSH, &hidden);
	}
	const bool read = line_read(terminal, line);
	if (changed)
		tcsetattr(fileno(terminal), TCSAFLUSH, &shown);
	fputc('\n', terminal);
	if (!read)
		refuse("no passphrase was typed");
}

static void from_terminal(const struct disk_place *place, bool is_new)
{
	FILE *const terminal = fopen("/dev/tty", "r+");

	if (terminal == NULL)
		refuse("%s: a passphrase is needed: --passphrase-file FILE (there is no terminal)", place->path);
	setvbuf(terminal, NULL, _IONBF, 0);
	ask(terminal, is_new ? "New passphrase" : "Passphrase", first);
	if (is_new)
		ask(terminal, "The same again", again);
	fclose(terminal);
	if (is_new && strcmp(first, again) != 0)
		refuse("these were two different passphrases");
}

static void from_file(const char *path)
{
	FILE *const file = fopen(path, "r");

	if (file == NULL)
		refuse("%s: %s", path, strerror(errno));
	setvbuf(file, NULL, _IONBF, 0);
	const bool read = line_read(file, first);
	fclose(file);
	if (!read)
		refuse("%s: there is no passphrase in it", path);
}

struct passphrase disk_passphrase(const struct disk_place *place, bool is_new)
{
	if (place->passphrase_file != NULL)
		from_file(place->passphrase_file);
	else
		from_terminal(place, is_new);
	const struct passphrase passphrase = {first, strlen(first)};
	if (passphrase.size == 0 || passphrase.size > PASSPHRASE_MAX)
		refuse("a passphrase has 1 to %u bytes", PASSPHRASE_MAX);
	return passphrase;
}
