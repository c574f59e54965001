/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The epitaph: what it says of whom, that it ends the machine, also on the CPU
 * that comes second and when the epitaph itself goes wrong. Walking the frames
 * of a kernel stack needs a kernel's addresses, which a host program has not:
 * only that nothing outside of them is followed is tested here.
 */
#include "harness.h"
#include <kernel/boot.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/trace.h>
#include <lib/symbols.h>

static uint64_t position; /* everything logged before it was read */
static char text[LOG_BYTES + 1u];
static struct thread *program;
static uint64_t fault_frame;

static int setup(void **state)
{
	(void)state;
	harness_start(2);
	program = make_process(16);
	trace_init(2);
	(void)log_read(UINT64_MAX, (uint8_t *)text, 1, &position);
	fault_frame = 0;
	return 0;
}

/* What was logged since, without the stamps. */
static const char *fresh(void)
{
	uint32_t length = log_read(position, (uint8_t *)text, sizeof text - 1u, &position);
	text[length] = '\0';
	return text;
}

static void expect(const char *said, const char *sentence)
{
	if (strstr(said, sentence) == NULL)
		fail_msg("expected '%s' in:\n%s", sentence, said);
}

static void die(void)
{
	panic("the %s of %u invariants", "third", 7u);
}

static void die_of_a_fault(void)
{
	trap_kernel_fault("unmapped page, reading", 0x1234, 0xffffffff80001010ull, fault_frame);
}

static void nobody_runs(void **state)
{
	(void)state;
	host_cpu->arch.current = NULL;
	assert_true(host_stops(die));
	assert_true(host_powered_off);
	const char *said = fresh();
	expect(said, "KERNEL PANIC: the third of 7 invariants\n");
	expect(said, "CPU 0 of 2, kernel " KERNEL_VERSION " for host\n");
	expect(said, "no current thread\n");
	expect(said, "end of epitaph\n");
}

static void a_program_runs(void **state)
{
	(void)state;
	char who[120];
	run(program);
	program->regs.number = SYSCALL_notification_wait;
	assert_true(host_stops(die));
	snprintf(who, sizeof who, "thread %u of process %llu 'program', in system call %u; its registers:\n",
	         thread_slot(program), (unsigned long long)process_of(program->process)->id,
	         (unsigned)SYSCALL_notification_wait);
	expect(fresh(), who);
}

/* A line that was begun is ended first. Log and console are used without their lock: its holder may be the one that died. */
static void a_line_was_begun(void **state)
{
	(void)state;
	log_print("the last wo");
	assert_true(host_stops(die));
	expect(fresh(), "the last wo\n");
}

static void events_are_shown(void **state)
{
	(void)state;
	trace_mask = TRACE_MASK_ALL;
	for (uint32_t i = 0; i < 40; i++)
		TRACE_EVENT(TRACE_DENIED, i, 3);
	trace_record(TRACE_KIND_COUNT, 1, 1); /* of a kind that there is not: passed over */
	assert_true(host_stops(die));
	const char *said = fresh();
	expect(said, "=27 ");  /* the last one, and so many before it */
	expect(said, "=19 ");
	assert_null(strstr(said, "=18 "));
}

static void no_events_yet(void **state)
{
	(void)state;
	assert_true(host_stops(die));
	expect(fresh(), "trace, newest last:\n");
}

/* The others are told to stop, and do. */
static void take_ipi(void)
{
	trap_ipi();
}

static void the_others_stop(void **state)
{
	(void)state;
	assert_true(host_stops(die));
	assert_true(cpu_table[1].arch.ipi);
	assert_false(cpu_table[0].arch.ipi);
	on_cpu(1);
	assert_true(host_stops(take_ipi));
}

static void offline_is_left_alone(void **state)
{
	(void)state;
	cpu_table[1].online = 0;
	assert_true(host_stops(die));
	assert_false(cpu_table[1].arch.ipi);
}

static void the_second_says_nothing(void **state)
{
	(void)state;
	assert_true(host_stops(die));
	(void)fresh();
	on_cpu(1);
	assert_true(host_stops(die));
	assert_string_equal(fresh(), "");
}

static void panic_in_the_epitaph(void **state)
{
	(void)state;
	assert_true(host_stops(die));
	(void)fresh();
	assert_true(host_stops(die_of_a_fault));
	const char *said = fresh();
	expect(said, "panic during the epitaph\n");
	assert_null(strstr(said, "KERNEL PANIC"));
}

/* Before any CPU is online there is no telling which it is. */
static void early(void **state)
{
	(void)state;
	cpu_table[0].online = 0;
	cpu_table[1].online = 0;
	host_cpu = NULL;
	assert_true(host_stops(die));
	expect(fresh(), "KERNEL PANIC: the third of 7 invariants\n");
	assert_false(cpu_table[1].arch.ipi);
}

/* ---- faults of the kernel ---- */

static const uint8_t *symbols_make(size_t *out_length)
{
	static struct {
		struct symbols_header header;
		struct symbols_entry entries[2];
		char names[16];
	} symbols = {{SYMBOLS_MAGIC, 2, 16},
	             {{0xffffffff80001000ull, 0x20, 0}, {0xffffffff80002000ull, 0x20, 6}}, "first\0second"};
	*out_length = sizeof symbols;
	return (const uint8_t *)&symbols;
}

static void fault_without_symbols(void **state)
{
	(void)state;
	assert_true(host_stops(die_of_a_fault));
	const char *said = fresh();
	expect(said, "KERNEL PANIC: unmapped page, reading at address 0000000000001234, pc ffffffff80001010,");
	expect(said, "  ffffffff80001010\n");
}

static void fault_with_symbols(void **state)
{
	(void)state;
	size_t length;
	const uint8_t *symbols = symbols_make(&length);
	panic_symbols(symbols, length);
	assert_true(host_stops(die_of_a_fault));
	expect(fresh(), "  ffffffff80001010 first+0x10\n");
}

static void symbols_that_do_not_cover_it(void **state)
{
	(void)state;
	size_t length;
	const uint8_t *symbols = symbols_make(&length);
	panic_symbols(symbols, length / 2u); /* cut: no symbol table */
	assert_true(host_stops(die_of_a_fault));
	expect(fresh(), "  ffffffff80001010\n");
}

/* Frame pointers that lead nowhere: not aligned, a program's, or beyond the end of everything. */
static void frames_that_are_none(void **state)
{
	static const uint64_t frames[] = {8, 0xffffffff80000001ull, UINT64_MAX & ~7ull, 0x7ffffff8};
	(void)state;
	for (uint32_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
		(void)setup(NULL);
		fault_frame = frames[i];
		host_cpu->arch.stack_top = 0x80000000ull; /* the last one lies in this CPU's stack */
		assert_true(host_stops(die_of_a_fault));
		const char *said = strstr(fresh(), "backtrace:\n");
		assert_non_null(said);
		expect(strchr(said, '\n'), "trace, newest last:\n");
		assert_null(strstr(said, "  ffffffff"));
	}
}

/* ---- the stack protector ---- */

extern uintptr_t __stack_chk_guard;
CC_NORETURN void __stack_chk_fail(void);

static void stack_overrun(void **state)
{
	(void)state;
	assert_true(host_stops(__stack_chk_fail));
	expect(fresh(), "KERNEL PANIC: stack overrun in the kernel\n");
}

static void guard(void **state)
{
	(void)state;
	uintptr_t before = __stack_chk_guard;
	panic_guard(0x1122334455667788ull);
	uintptr_t chosen = __stack_chk_guard;
	__stack_chk_guard = before;
	assert_int_equal(chosen, 0x2233445566778800ull); /* no string holds it */
}

#define T(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(T(nobody_runs), T(a_program_runs), T(a_line_was_begun), T(events_are_shown), T(no_events_yet), T(the_others_stop),
          T(offline_is_left_alone), T(the_second_says_nothing), T(panic_in_the_epitaph), T(early),
          T(fault_without_symbols), T(fault_with_symbols), T(symbols_that_do_not_cover_it), T(frames_that_are_none),
          T(stack_overrun), T(guard))
