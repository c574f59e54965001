/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The loop of services against a kernel of this test's: who is answered when, that
 * a service without work waits in the trap that answers, and that `idle` is called
 * while there is work and nobody asks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include <abi/syscall.h>
#include <os/service.h>

enum { ANSWER = 1, DEFER = 2, WORK = 3, DEFER_AND_WORK = 4 }; /* methods */

struct message_page host_message_page;
static jmp_buf out;
static const uint32_t *script; /* methods of the messages to come; 0: nobody asks now */
static size_t script_length, script_at;
static char said[512];         /* what happened, in order */
static uint32_t idle_left;
static handle_t deferred;

static void say(const char *text, uint64_t number)
{
	size_t length = strlen(said);

	snprintf(said + length, sizeof(said) - length, "%s%u ", text, (unsigned)number);
}

/* Message number n is answered by reply handle n, from 1. */
static void receive(uint64_t regs[8], uint64_t deadline)
{
	uint32_t method = script_at < script_length ? script[script_at] : 0;

	if (method == 0 && deadline == DEADLINE_NEVER && script_at == script_length)
		longjmp(out, 1);
	assert_true(method != 0 || deadline == DEADLINE_NOW);
	say(deadline == DEADLINE_NOW ? "look" : "wait", method);
	script_at++;
	regs[0] = method != 0 ? STATUS_OK : STATUS_TIMED_OUT;
	regs[1] = MESSAGE_TAG(method, 0, 0);
	regs[7] = script_at;
}

void host_syscall(uint64_t number, uint64_t regs[8])
{
	uint64_t deadline = number == SYSCALL_recv ? regs[1] : regs[6];

	if (number == SYSCALL_reply || number == SYSCALL_reply_recv)
		say("reply", number == SYSCALL_reply ? regs[0] : regs[7]);
	if (number == SYSCALL_recv || number == SYSCALL_reply_recv)
		receive(regs, deadline);
	else
		regs[0] = STATUS_OK;
}

static status_t init(void)
{
	return STATUS_OK;
}

static status_t call(struct service_call *call, const void *request, void *reply)
{
	(void)request;
	(void)reply;
	if (call->method == DEFER || call->method == DEFER_AND_WORK)
		deferred = service_defer(call);
	if (call->method == WORK || call->method == DEFER_AND_WORK)
		service_has_work();
	return STATUS_OK;
}

static bool idle(void)
{
	say("idle", idle_left);
	if (deferred != HANDLE_NONE)
		assert_int_equal(service_answer(deferred, STATUS_OK, NULL, 0), STATUS_OK);
	deferred = HANDLE_NONE;
	return idle_left-- > 1u;
}

static void runs(const uint32_t *methods, size_t count, uint32_t idles, const char *expected)
{
	static const struct service service = {.init = init, .call = call, .idle = idle};

	script = methods;
	script_length = count;
	script_at = 0;
	said[0] = '\0';
	idle_left = idles;
	if (setjmp(out) == 0)
		service_run(&service, 1);
	assert_string_equal(said, expected);
}

#define RUNS(idles, expected, ...)                                                                         \
	do {                                                                                               \
		static const uint32_t methods[] = {__VA_ARGS__};                                           \
		runs(methods, sizeof(methods) / sizeof(methods[0]), idles, expected);                      \
	} while (0)

static void test_answers(void **state)
{
	(void)state;
	RUNS(0, "wait1 reply1 wait1 reply2 ", ANSWER, ANSWER);
}

static void test_deferred(void **state)
{
	(void)state;
	RUNS(0, "wait2 wait1 reply2 ", DEFER, ANSWER);
	deferred = HANDLE_NONE;
}

/* The answer goes out before the work begins, and work that is done lets the loop sleep again. */
static void test_work_after_the_answer(void **state)
{
	(void)state;
	RUNS(1, "wait3 reply1 look0 idle1 wait1 reply3 ", WORK, 0, ANSWER);
}

static void test_messages_first(void **state)
{
	(void)state;
	RUNS(2, "wait3 reply1 look1 reply2 look0 idle2 look1 reply4 look0 idle1 ", WORK, ANSWER, 0, ANSWER, 0);
}

/* Two calls are carried out as they come, and answered when nobody asks. */
static void test_answered_by_idle(void **state)
{
	(void)state;
	RUNS(1, "wait4 look1 reply2 look0 idle1 reply1 ", DEFER_AND_WORK, ANSWER, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_deferred),
		cmocka_unit_test(test_work_after_the_answer),
		cmocka_unit_test(test_messages_first),
		cmocka_unit_test(test_answered_by_idle),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	printf("%d passed, %d failed\n", (int)(sizeof(tests) / sizeof(tests[0])) - failed, failed);
	return failed != 0;
}
