/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The cursor over a hand-made ring: wrap, a reader that was overtaken, an event
 * overwritten while it is copied, holes in a CPU's numbers, rings that are none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <os/audit.h>
#include <sys/mman.h> /* after ours: it makes macros of our enumerators, of the same values */

#define CAPACITY 4096u
#define WINDOW   (CAPACITY - AUDIT_DRAIN_MAX)

static struct {
	struct audit_header header;
	uint8_t rest[AUDIT_EVENTS_OFFSET - sizeof(struct audit_header)];
	struct audit_event events[CAPACITY];
} ring CC_ALIGNED(PAGE_SIZE);
static uint32_t sequence[4];

static int setup(void **state)
{
	(void)state;
	memset(&ring, 0, sizeof(ring));
	memset(sequence, 0, sizeof(sequence));
	ring.header = (struct audit_header){.magic = AUDIT_MAGIC, .version = 1, .capacity = CAPACITY};
	return 0;
}

/* What the kernel does, with the event's number in its object. */
static void produce(uint16_t cpu)
{
	uint64_t number = ring.header.produced;

	ring.events[number % CAPACITY] = (struct audit_event){
		.kind = AUDIT_CAP_DENIED, .cpu = cpu, .sequence = sequence[cpu]++, .object = number};
	ring.header.produced++;
}

static void produce_many(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		produce((uint16_t)(i % 3u));
}

static struct audit_reader begin(void)
{
	struct audit_reader reader;

	assert_true(audit_reader_begin(&reader, &ring, sizeof(ring)));
	return reader;
}

static void expect_event(struct audit_reader *reader, uint64_t number)
{
	struct audit_news news;

	assert_int_equal(audit_reader_next(reader, &news), AUDIT_READ_EVENT);
	assert_int_equal(news.event.object, number);
}

static void expect_none(struct audit_reader *reader)
{
	struct audit_news news = {.lost = 77};

	assert_int_equal(audit_reader_next(reader, &news), AUDIT_READ_NONE);
	assert_int_equal(news.lost, 77);
}

static void test_in_order(void **state)
{
	(void)state;
	struct audit_reader reader = begin();

	expect_none(&reader);
	produce_many(5);
	for (uint64_t i = 0; i < 5; i++)
		expect_event(&reader, i);
	expect_none(&reader);
	assert_int_equal(reader.overtaken + reader.missing, 0);
}

static void test_wrap(void **state)
{
	(void)state;
	struct audit_reader reader = begin();

	for (uint64_t i = 0; i < 3u * CAPACITY + 7u; i++) {
		produce((uint16_t)(i % 4u));
		expect_event(&reader, i);
	}
	expect_none(&reader);
	assert_int_equal(reader.overtaken + reader.missing, 0);
}

/* A reader that slept while the ring went round learns how many it lost, and only once. */
static void test_overtaken(void **state)
{
	(void)state;
	struct audit_reader reader = begin();
	struct audit_news news;

	produce_many(10);
	expect_event(&reader, 0);
	produce_many(2u * CAPACITY);
	uint64_t oldest = ring.header.produced - WINDOW;
	assert_int_equal(audit_reader_next(&reader, &news), AUDIT_READ_OVERTAKEN);
	assert_int_equal(news.lost, oldest - 1u);
	for (uint64_t i = oldest; i < ring.header.produced; i++)
		expect_event(&reader, i);
	expect_none(&reader);
	assert_int_equal(reader.overtaken, oldest - 1u);
	assert_int_equal(reader.missing, 0);
}

/* The margin: an event is handed out just as long as no drain can have begun to overwrite it. */
static void test_margin(void **state)
{
	(void)state;
	struct audit_reader reader = begin();
	struct audit_news news;

	produce_many(WINDOW);
	expect_event(&reader, 0);
	produce_many(2);
	assert_int_equal(audit_reader_next(&reader, &news), AUDIT_READ_OVERTAKEN);
	assert_int_equal(news.lost, 1);
	expect_event(&reader, 2);
}

/* A reader that comes late begins with the oldest event that is whole, and has lost nothing it wanted. */
static void test_late_start(void **state)
{
	(void)state;
	produce_many(2u * CAPACITY);
	struct audit_reader reader = begin();

	expect_event(&reader, ring.header.produced - WINDOW);
	assert_int_equal(reader.overtaken, 0);
}

/*
 * The kernel goes on while the copy is made: the events cannot be touched until the reader does, and then, in
 * the middle of its copy, the ring goes round.
 */
static void events_protect(int protection)
{
	assert_int_equal(mprotect(ring.events, sizeof(ring.events), protection), 0);
}

static void on_touch(int signal)
{
	(void)signal;
	events_protect(PROT_READ | PROT_WRITE);
	produce_many(CAPACITY);
}

static void test_torn(void **state)
{
	(void)state;
	struct audit_reader reader = begin();
	struct audit_news news = {.event = {.object = 77}};
	struct sigaction old, action = {.sa_handler = on_touch};

	produce_many(8);
	assert_int_equal(sigaction(SIGSEGV, &action, &old), 0);
	events_protect(PROT_NONE);
	assert_int_equal(audit_reader_next(&reader, &news), AUDIT_READ_OVERTAKEN);
	assert_int_equal(sigaction(SIGSEGV, &old, NULL), 0);
	assert_int_equal(ring.header.produced, 8u + CAPACITY); /* it was touched */
	assert_int_equal(news.event.object, 77);
	assert_int_equal(news.lost, 8u + CAPACITY - WINDOW);
	expect_event(&reader, news.lost);
}

static void test_hole(void **state)
{
	(void)state;
	struct audit_reader reader = begin();
	struct audit_news news;

	produce(1);
	produce(2);
	sequence[1] += 5; /* dropped: CPU 1 had no room */
	produce(1);
	produce(2);
	expect_event(&reader, 0);
	expect_event(&reader, 1);
	assert_int_equal(audit_reader_next(&reader, &news), AUDIT_READ_MISSING);
	assert_int_equal(news.lost, 5);
	assert_int_equal(news.event.cpu, 1);
	expect_event(&reader, 2);
	expect_event(&reader, 3);
	assert_int_equal(reader.missing, 5);
}

/* The 32-bit numbers of a CPU may go round. */
static void test_sequence_wraps(void **state)
{
	(void)state;
	sequence[0] = UINT32_MAX - 1u;
	struct audit_reader reader = begin();

	produce(0);
	produce(0);
	produce(0);
	for (uint64_t i = 0; i < 3; i++)
		expect_event(&reader, i);
	assert_int_equal(reader.missing, 0);
}

static void test_last(void **state)
{
	(void)state;
	struct audit_reader reader = begin();

	produce_many(20);
	audit_reader_last(&reader, 3);
	for (uint64_t i = 17; i < 20; i++)
		expect_event(&reader, i);
	expect_none(&reader);
	audit_reader_last(&reader, 1000);
	expect_event(&reader, 0);
	audit_reader_last(&reader, UINT64_MAX);
	expect_event(&reader, 0);
	audit_reader_last(&reader, 0);
	expect_none(&reader);
	produce_many(2u * CAPACITY);
	audit_reader_last(&reader, UINT64_MAX);
	expect_event(&reader, ring.header.produced - WINDOW);
	assert_int_equal(reader.overtaken + reader.missing, 0);
}

static void test_no_ring(void **state)
{
	(void)state;
	struct audit_reader reader;
	const struct audit_header good = ring.header;

	assert_false(audit_reader_begin(&reader, &ring, sizeof(struct audit_header)));
	assert_false(audit_reader_begin(&reader, &ring, sizeof(ring) - 1u));
	ring.header.magic++;
	assert_false(audit_reader_begin(&reader, &ring, sizeof(ring)));
	ring.header = good;
	ring.header.version = 2;
	assert_false(audit_reader_begin(&reader, &ring, sizeof(ring)));
	ring.header = good;
	ring.header.capacity = CAPACITY - 1u;
	assert_false(audit_reader_begin(&reader, &ring, sizeof(ring)));
	ring.header.capacity = AUDIT_DRAIN_MAX;
	assert_false(audit_reader_begin(&reader, &ring, sizeof(ring)));
	ring.header.capacity = 2u * CAPACITY;
	assert_false(audit_reader_begin(&reader, &ring, sizeof(ring)));
	ring.header.capacity = 0;
	assert_false(audit_reader_begin(&reader, &ring, sizeof(ring)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_in_order, setup),
		cmocka_unit_test_setup(test_wrap, setup),
		cmocka_unit_test_setup(test_overtaken, setup),
		cmocka_unit_test_setup(test_margin, setup),
		cmocka_unit_test_setup(test_late_start, setup),
		cmocka_unit_test_setup(test_torn, setup),
		cmocka_unit_test_setup(test_hole, setup),
		cmocka_unit_test_setup(test_sequence_wraps, setup),
		cmocka_unit_test_setup(test_last, setup),
		cmocka_unit_test_setup(test_no_ring, setup),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	printf("%d passed, %d failed\n", (int)(sizeof(tests) / sizeof(tests[0])) - failed, failed);
	return failed != 0;
}
