/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which handles find a capability, and until when it is the one that was found. */
#include "../../lib/test/test.h"
#include <kernel/cap.h>
#include <string.h>

#define SLOT 5u
#define GENERATION 7u

static struct cap window[CSPACE_SLOTS];
static struct thread thread;
static struct object object;

static int begin(void **state)
{
	(void)state;
	memset(window, 0, sizeof window);
	thread.window = window;
	object.generation = 9;
	window[SLOT] = (struct cap){.generation = GENERATION, .type = OBJECT_ENDPOINT, .rights = RIGHT_READ | RIGHT_WRITE,
	                            .object_generation = 9};
	return 0;
}

static bool finds(handle_t handle, enum object_type type, uint32_t rights)
{
	const struct cap *found = cap_find(&thread, handle, type, rights);

	assert_true(found == NULL || found == &window[SLOT]);
	return found != NULL;
}

static void handles(void **state)
{
	(void)state;
	for (uint32_t slot = 0; slot < 2 * CSPACE_SLOTS; slot++)
		assert_int_equal(finds(HANDLE(slot, GENERATION), OBJECT_NONE, 0), slot == SLOT);
	for (uint32_t generation = 0; generation < 20; generation++)
		assert_int_equal(finds(HANDLE(SLOT, generation), OBJECT_NONE, 0), generation == GENERATION);
	for (uint32_t generation = 0; generation < 20; generation++) { /* an even one is nobody's */
		window[SLOT].generation = generation;
		assert_int_equal(finds(HANDLE(SLOT, generation), OBJECT_NONE, 0), generation % 2 == 1);
	}
}

static void types(void **state)
{
	(void)state;
	const handle_t handle = HANDLE(SLOT, GENERATION);
	for (uint32_t type = 0; type < 16; type++)
		assert_int_equal(finds(handle, (enum object_type)type, 0), type == OBJECT_NONE || type == OBJECT_ENDPOINT);
}

static void rights(void **state)
{
	(void)state;
	const handle_t handle = HANDLE(SLOT, GENERATION);
	for (uint32_t asked = 0; asked < 256; asked++)
		assert_int_equal(finds(handle, OBJECT_ENDPOINT, asked), (asked | RIGHT_READ | RIGHT_WRITE) == (RIGHT_READ | RIGHT_WRITE));
}

static void current(void **state)
{
	(void)state;
	for (uint32_t generation = 0; generation < 20; generation++)
		assert_int_equal(cap_current(&window[SLOT], HANDLE(SLOT, generation), &object), generation == GENERATION);
	for (object.generation = 0; object.generation < 20; object.generation++)
		assert_int_equal(cap_current(&window[SLOT], HANDLE(SLOT, GENERATION), &object), object.generation == 9);
}

#define T(name) cmocka_unit_test_setup(name, begin)
TEST_MAIN(T(handles), T(types), T(rights), T(current))
