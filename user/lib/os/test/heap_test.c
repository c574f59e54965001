/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The allocator against a model: many random allocations, each filled with a
 * pattern of its own, none of which may ever change. The system calls are
 * answered here, by mappings at the very addresses the library asks for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "../heap_priv.h"
#include <os/heap.h>
#include <os/panic.h>
#include <os/startup.h>
#include <os/syscall.h>
#include <sys/mman.h> /* after ours: it makes macros of our enumerators, of the same values */

#define OBJECTS 512u

struct message_page host_message_page;

static struct object {
	uint64_t pages;
	uint64_t address; /* 0: not mapped */
	bool live;
} objects[OBJECTS];
static uint32_t objects_live;
static uint32_t objects_limit = OBJECTS;

static void memory_create(uint64_t *regs)
{
	uint32_t i = 0;

	while (i < OBJECTS && objects[i].live)
		i++;
	if (objects_live >= objects_limit || i == OBJECTS) {
		regs[0] = STATUS_QUOTA;
		return;
	}
	objects[i] = (struct object){.pages = regs[0], .live = true};
	objects_live++;
	regs[0] = STATUS_OK;
	regs[1] = HANDLE(i, 1);
}

static void memory_map(uint64_t *regs)
{
	struct object *object = &objects[HANDLE_SLOT(regs[0])];
	void *place = mmap((void *)regs[1], object->pages * PAGE_SIZE, PROT_READ | PROT_WRITE,
	                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	assert_ptr_equal(place, (void *)regs[1]);
	object->address = regs[1];
	regs[1] = object->address;
	regs[0] = STATUS_OK;
}

static void cap_drop(uint64_t *regs)
{
	struct object *object = &objects[HANDLE_SLOT(regs[0])];

	assert_true(object->live);
	if (object->address != 0)
		munmap((void *)object->address, object->pages * PAGE_SIZE);
	object->live = false;
	objects_live--;
	regs[0] = STATUS_OK;
}

void host_syscall(uint64_t number, uint64_t regs[8])
{
	switch (number) {
	case SYSCALL_memory_create: memory_create(regs); break;
	case SYSCALL_memory_map: memory_map(regs); break;
	case SYSCALL_cap_drop: cap_drop(regs); break;
	default: fail_msg("unexpected call %u", (unsigned)number);
	}
}

/* Instead of startup.c and panic.c. */
uint64_t startup_random(uint32_t index)
{
	return 0x1234567890abcdefu * (index + 1u);
}

static jmp_buf panicked;

void panic(const char *text, ...)
{
	(void)text;
	longjmp(panicked, 1);
}

void assert_failed(const char *condition, const char *file, int line)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, condition);
	abort();
}

void must_failed(const char *what, status_t status)
{
	fprintf(stderr, "%s: %d\n", what, (int)status);
	abort();
}

static uint64_t state = 88172645463325252u;

static uint64_t random_below(uint64_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % limit;
}

static size_t size_any(void)
{
	switch (random_below(8)) {
	case 0: return random_below(100000) + 1u;
	case 1: return random_below(1000000) + 1u;
	case 2: return 0;
	default: return random_below(9000) + 1u;
	}
}

#define PIECES 200u
struct piece {
	uint8_t *memory;
	size_t bytes;
	uint8_t pattern;
};

static void piece_check(const struct piece *piece)
{
	for (size_t i = 0; i < piece->bytes; i++)
		assert_int_equal(piece->memory[i], piece->pattern);
}

static void piece_fill(struct piece *piece)
{
	piece->pattern = (uint8_t)random_below(256);
	for (size_t i = 0; i < piece->bytes; i++)
		piece->memory[i] = piece->pattern;
}

static void test_model(void **context)
{
	static struct piece pieces[PIECES];
	uint64_t before = heap_use().pieces;

	(void)context;
	for (uint32_t round = 0; round < 20000; round++) {
		struct piece *piece = &pieces[random_below(PIECES)];
		size_t bytes = size_any();

		if (piece->memory == NULL) {
			piece->memory = heap_take(bytes);
			assert_non_null(piece->memory);
			assert_int_equal((uint64_t)piece->memory % 16u, 0);
			piece->bytes = bytes;
			piece_fill(piece);
			continue;
		}
		piece_check(piece);
		if (random_below(4) == 0) {
			piece->memory = heap_resize(piece->memory, bytes);
			assert_non_null(piece->memory);
			piece->bytes = bytes < piece->bytes ? bytes : piece->bytes;
			piece_check(piece);
			piece->bytes = bytes;
			piece_fill(piece);
		} else {
			heap_give(piece->memory);
			piece->memory = NULL;
		}
	}
	for (uint32_t i = 0; i < PIECES; i++) {
		if (pieces[i].memory != NULL)
			piece_check(&pieces[i]);
		heap_give(pieces[i].memory);
	}
	assert_int_equal(heap_use().pieces, before);
	assert_int_equal(heap_use().bytes, 0);
}

static void test_zeroed(void **context)
{
	(void)context;
	uint8_t *first = heap_take(500);
	for (uint32_t i = 0; i < 500; i++)
		first[i] = 0xff;
	heap_give(first);
	uint8_t *memory = heap_zeroed(50, 10);
	for (uint32_t i = 0; i < 500; i++)
		assert_int_equal(memory[i], 0);
	heap_give(memory);
	assert_null(heap_zeroed(1ull << 40, 1ull << 40));
}

static void test_exhausted(void **context)
{
	(void)context;
	assert_null(heap_take(UINT64_MAX));
	assert_null(heap_take(1ull << 38));
	objects_limit = objects_live;
	assert_null(heap_take(3u << 20));
	objects_limit = OBJECTS;
	void *memory = heap_take(3u << 20);
	assert_non_null(memory);
	heap_give(memory);
	heap_give(NULL);
}

/* Each in a heap that is not used afterwards in ways the mistake would matter to: the lock stays held. */
static void expect_panic(void *memory)
{
	if (setjmp(panicked) == 0) {
		heap_give(memory);
		fail_msg("heap_give let %p pass", memory);
	}
}

static void test_twice(void **context)
{
	(void)context;
	void *memory = heap_take(40);
	void *other = heap_take(40);
	heap_give(memory);
	expect_panic(memory);
	(void)other;
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_model),
	cmocka_unit_test(test_zeroed),
	cmocka_unit_test(test_exhausted),
	cmocka_unit_test(test_twice),
};

int main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	heap_place(0x600000000000u); /* free under the address sanitizer */
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	printf("%d passed, %d failed\n", (int)(sizeof(tests) / sizeof(tests[0])) - failed, failed);
	return failed != 0;
}
