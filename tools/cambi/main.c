/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cambi VERB: the table of verbs, help, and the two ways to end early. */
#include "cambi.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define KEY_TEXT "KEY is a key file, a did:key, or `test`: the public test key, which signs for everybody.\n"
#define DISK_TEXT                                                                                          \
	"  format [--size SIZE] [--encrypt] [--force]   a new store; makes the file if there is none\n"   \
	"  list [--long] [--owner WHO]                  objects\n"                                         \
	"  names [--all] [--owner WHO]                  names, and to what they point\n"                   \
	"  get WHAT [-o FILE] [--owner WHO]             a content, verified\n"                             \
	"  put FILE [--name NAME] [--type TYPE] [--owner WHO] [--reader WHO]... [--key FILE]\n"            \
	"  name NAME WHAT [--owner WHO] [--key FILE]    point a name of yours to it; --remove: to nothing\n"  \
	"  log WHAT [--owner WHO]                       history of a name or an object\n"                  \
	"  stat [WHAT] [--owner WHO]                    the volume, or one object\n"                       \
	"  du                                           who takes how much space\n"                        \
	"  verify                                       is everything true? Writes nothing; status 1 if not\n" \
	"  fsck [--repair]                              what of it can be repaired\n"                      \
	"  export PATH, import PATH                     all that is signed, as a tar file or a folder\n"   \
	"  salvage PATH [--volume IDENTITY]             what is whole on a disk that cannot be opened, likewise\n" \
	"  passphrase [--new-file FILE]                 another passphrase for an encrypted disk\n"        \
	"WHAT is a name, or digits a hash begins with. WHO is a did:key, an AID or, as reader, `everyone`.\n" \
	"Objects and names are signed with the developer key unless --key says otherwise. A disk in use by a\n" \
	"virtual machine is refused. docs/manual/disk.md has examples.\n"

static const struct verb verbs[] = {
	{"key new", "[--if-missing] [FILE]", "make a developer key",
	 "Without FILE: $CAMBIOS_KEY, or cambios/developer.key in your configuration. Readable by you alone;\n"
	 "an existing file is never overwritten (--if-missing: then all is well).\n",
	 verb_key_new},
	{"key show", "[--did] [FILE]", "where a key lies, and its public names",
	 "--did: its did:key alone.\n", verb_key_show},
	{"key trust", "--release N KEY...", "C source of a kernel's trust: these keys, no catalog below N",
	 KEY_TEXT, verb_key_trust},
	{"sign", "--name NAME --role ROLE --version N [--key FILE] IN OUT", "sign a program",
	 "ROLE is init, service, driver or program. IN and OUT may be the same file.\n", verb_sign},
	{"verify", "[--trust KEY]... [--release N] FILE...", "what is signed, by whom; or what is wrong",
	 "FILE is a program, a catalog or a bundle. Without --trust (or --key), the developer key is\n"
	 "trusted. Exit status 1: something is wrong.\n" KEY_TEXT,
	 verb_verify},
	{"bundle", "OUT --manifest FILE --release N [--key FILE] [program:FILE | data:FILE]...",
	 "sign programs as the manifest says, and pack them",
	 "A module is named after its file. The manifest and the signed catalog are packed too. The same\n"
	 "inputs and key give the same bytes.\n",
	 verb_bundle},
	{"did", "KEY", "other forms of a public key",
	 "KEY is 64 hexadecimal digits, a did:key, or a key file.\n", verb_did},
	{"disk", "DISK VERB [--passphrase-file FILE] ...", "the objects on a disk or in an image of one",
	 DISK_TEXT, verb_disk},
	{"manifest check", "[--quiet] FILE...", "what everybody may do; fails on authority nobody uses",
	 "--quiet: only what is wrong.\n", verb_manifest_check},
	{"manifest graph", "[--dot | --svg] FILE", "draw who may call on whom, as DOT or SVG",
	 "DOT is for Graphviz; SVG is for a browser, and needs nothing else.\n", verb_manifest_graph},
	{"manifest reach", "FILE NAME", "who can reach a service, an endpoint or a handle, and through whom", "",
	 verb_manifest_reach},
};
#define VERB_COUNT (sizeof(verbs) / sizeof(verbs[0]))

static const struct verb *current;

void refuse(const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	fflush(stdout); /* what was said before comes before */
	fputs("cambi: ", stderr);
	vfprintf(stderr, text, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(1);
}

void misused(const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	fputs("cambi: ", stderr);
	vfprintf(stderr, text, arguments);
	va_end(arguments);
	if (current != NULL)
		fprintf(stderr, "\nusage: cambi %s %s\n", current->name, current->arguments);
	else
		fprintf(stderr, "\ncambi --help lists the verbs\n");
	exit(2);
}

/* How many of the words name the verb: its own number, or 0. */
static int words_matched(const struct verb *verb, int argc, char **argv)
{
	const char *const blank = strchr(verb->name, ' ');
	const size_t length = blank == NULL ? strlen(verb->name) : (size_t)(blank - verb->name);

	if (argc < 1 || strlen(argv[0]) != length || strncmp(argv[0], verb->name, length) != 0)
		return 0;
	if (blank == NULL)
		return 1;
	return argc >= 2 && strcmp(argv[1], blank + 1) == 0 ? 2 : 0;
}

static bool is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

/* Every verb that begins with `word`; false if none does. */
static bool list(const char *word)
{
	bool found = false;

	for (size_t i = 0; i < VERB_COUNT; i++) {
		if (strncmp(verbs[i].name, word, strlen(word)) != 0)
			continue;
		printf("  cambi %-15s %s\n", verbs[i].name, verbs[i].sentence);
		found = true;
	}
	return found;
}

static int general_help(void)
{
	puts("cambi: keys, signatures, bundles, manifests and disks of CambiOS\n");
	list("");
	puts("\ncambi VERB --help says more. docs/manual/keys.md, manifest.md and disk.md tell "
	     "the story.");
	return 0;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	current = verb;
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			printf("cambi %s %s\n\n%s.\n%s", verb->name, verb->arguments, verb->sentence,
			       verb->more);
			return 0;
		}
	}
	const int status = verb->run(argc, argv);
	if (fflush(stdout) != 0 || ferror(stdout))
		refuse("the output cannot be written");
	return status;
}

int main(int argc, char **argv)
{
	if (argc < 2 || is_help(argv[1]))
		return general_help();
	for (size_t i = 0; i < VERB_COUNT; i++) {
		const int words = words_matched(&verbs[i], argc - 1, argv + 1);
		if (words > 0)
			return run(&verbs[i], argc - 1 - words, argv + 1 + words);
	}
	if (argc == 3 && is_help(argv[2]) && list(argv[1]))
		return 0;
	misused("there is no verb %s%s%s", argv[1], argc > 2 ? " " : "", argc > 2 ? argv[2] : "");
}
