/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What tests of cambi share: verbs called as functions, refusals that come back, files in a folder of their own. */
#pragma once
#include "../cambi.h"
#include "../../../lib/test/test.h"
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

/* Where cambi ends, a case goes on: what was allocated until then is lost, on purpose. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static jmp_buf ended;
static bool may_end;
static char reason[512];

static inline CC_NORETURN void end(const char *text, va_list arguments)
{
	vsnprintf(reason, sizeof(reason), text, arguments);
	if (!may_end) {
		fprintf(stderr, "refused: %s\n", reason);
		abort();
	}
	may_end = false;
	longjmp(ended, 1);
}

void refuse(const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	end(text, arguments);
}

void misused(const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	end(text, arguments);
}

/* The statement ends by refuse() or misused(), with a reason that has these words in it. */
#define REFUSED(words, statement)                                                                          \
	do {                                                                                               \
		may_end = true;                                                                            \
		if (setjmp(ended) == 0) {                                                                  \
			(void)(statement);                                                                 \
			fail_msg("not refused: %s", #statement);                                           \
		}                                                                                          \
		if (strstr(reason, words) == NULL)                                                         \
			fail_msg("refused for another reason: %s", reason);                                \
	} while (0)

#define RUN(verb, ...)                                                                                     \
	verb((int)(sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)), (char *[]){__VA_ARGS__, NULL})

/* ---- files ---- */
static char folder[] = P_tmpdir "/cambi-test-XXXXXX";

static inline char *in_folder(const char *name)
{
	static char paths[8][128];
	static uint32_t next;
	char *const path = paths[next++ % 8u];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

/* What a verb prints. */
static inline char *printed(int (*verb)(int argc, char **argv), int argc, char **argv)
{
	FILE *const terminal = stdout;
	char *text = NULL;
	size_t size;

	stdout = open_memstream(&text, &size);
	assert_non_null(stdout);
	const int status = verb(argc, argv);
	fclose(stdout);
	stdout = terminal;
	assert_int_equal(status, 0);
	return text;
}
