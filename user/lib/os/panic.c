/* SPDX-License-Identifier: MPL-2.0 */
/* The last words of a program. */
#include <os/panic.h>
#include <lib/format.h>
#include <os/print.h>
#include <os/startup.h>
#include <os/status.h>
#include <stdint.h>

#define LAST_WORDS_MAX 200u

static CC_NORETURN void die(const char *words)
{
	print("panic: %s\n", words);
	__builtin_trap();
}

void panic(const char *text, ...)
{
	char words[LAST_WORDS_MAX];
	va_list arguments;

	va_start(arguments, text);
	format_list(words, sizeof(words), text, arguments);
	va_end(arguments);
	die(words);
}

void assert_failed(const char *condition, const char *file, int line)
{
	panic("%s:%d: not true: %s", file, line, condition);
}

void must_failed(const char *what, status_t status)
{
	panic("%s: %s", what, status_sentence(status));
}

/* Called by compiled code that found its stack frame overwritten; says so without a frame to trust. */
CC_NORETURN void __stack_chk_fail(void);
void __stack_chk_fail(void)
{
	die("a function wrote past the end of its variables");
}
