/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Capabilities: what may be derived, where it hangs, what goes when its
 * ancestor is revoked, what a stale handle can do (nothing). A random run
 * compares the tree with a plain list of ancestors after every step.
 */
#include "../../lib/test/test.h"
#include <arch/host.h>
#include <kernel/cap.h>
#include <kernel/endpoint.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <string.h>

#define PROCESSES 4u

static uint32_t processes[PROCESSES];
static struct thread thread; /* the one that calls */
static struct message_page page;

static uint32_t make_process(void)
{
	uint32_t slot;
	assert_int_equal(object_take(OBJECT_PROCESS, NONE, &slot), STATUS_OK);
	struct process *process = process_of(slot);
	process->state = PROCESS_RUNNING;
	process->objects = 0;
	process->objects_limit = 1000;
	process->id = slot + 100;
	cap_window_init(slot);
	return slot;
}

static int setup(void **state)
{
	(void)state;
	host_kernel(64u << 20, 1, 16);
	for (uint32_t i = 0; i < PROCESSES; i++)
		processes[i] = make_process();
	memset(&thread, 0, sizeof thread);
	thread.process = processes[0];
	thread.owner = process_of(processes[0]);
	thread.window = &cap_table[cap_index(processes[0], 0)];
	thread.page = &page;
	return 0;
}

static uint32_t index_of(uint32_t process, handle_t handle)
{
	return cap_index(processes[process], HANDLE_SLOT(handle));
}

/* A new endpoint without queue, and the first capability to it in process 0. */
static handle_t make_endpoint(uint32_t rights)
{
	uint32_t slot;
	handle_t handle;
	assert_int_equal(object_take(OBJECT_ENDPOINT, processes[0], &slot), STATUS_OK);
	struct endpoint *endpoint = &endpoint_table[slot];
	memset((uint8_t *)endpoint + sizeof endpoint->object, 0, sizeof *endpoint - sizeof endpoint->object);
	endpoint->receiver_head = endpoint->receiver_tail = NONE;
	endpoint->sender_head = endpoint->sender_tail = NONE;
	endpoint->queued_head = endpoint->queued_tail = NONE;
	endpoint->notification = endpoint->server = NONE;
	assert_int_equal(cap_create(processes[0], OBJECT_ENDPOINT, slot, rights, 0, &handle), STATUS_OK);
	return handle;
}

static handle_t derive(uint32_t from, handle_t source, uint32_t to, uint32_t rights)
{
	handle_t handle = HANDLE_NONE;
	assert_int_equal(cap_derive(processes[to], index_of(from, source), source, rights, 0, &handle),
	                 STATUS_OK);
	assert_true(cap_valid());
	return handle;
}

static bool alive(uint32_t process, handle_t handle)
{
	return cap_table[index_of(process, handle)].generation == HANDLE_GENERATION(handle);
}

static uint32_t references(uint32_t process, handle_t handle)
{
	return endpoint_table[cap_table[index_of(process, handle)].object].object.references;
}

static void lookup(void **state)
{
	(void)state;
	handle_t handle = make_endpoint(RIGHT_SEND | RIGHT_GRANT);
	struct cap *cap;
	assert_int_equal(cap_lookup(&thread, handle, OBJECT_ENDPOINT, RIGHT_SEND, &cap), STATUS_OK);
	assert_ptr_equal(cap, &cap_table[index_of(0, handle)]);
	assert_true(cap_current(cap, handle, &endpoint_table[cap->object].object));
	assert_int_equal(cap_lookup(&thread, handle, OBJECT_NONE, 0, &cap), STATUS_OK);
	assert_int_equal(cap_lookup(&thread, handle, OBJECT_MEMORY, 0, &cap), STATUS_WRONG_TYPE);
	assert_int_equal(cap_lookup(&thread, handle, OBJECT_ENDPOINT, RIGHT_SEND | RIGHT_RECEIVE, &cap),
	                 STATUS_DENIED);
	assert_int_equal(thread.regs.arg[1], RIGHT_RECEIVE);
	assert_int_equal(cap_lookup(&thread, HANDLE_NONE, OBJECT_NONE, 0, &cap), STATUS_BAD_HANDLE);
	assert_int_equal(cap_lookup(&thread, handle + (1ull << 32), OBJECT_NONE, 0, &cap), STATUS_BAD_HANDLE);
	assert_int_equal(cap_lookup(&thread, handle + 1, OBJECT_NONE, 0, &cap), STATUS_BAD_HANDLE);
	assert_int_equal(cap_lookup(&thread, HANDLE(CSPACE_SLOTS, 1), OBJECT_NONE, 0, &cap), STATUS_BAD_HANDLE);
	assert_int_equal(cap_lookup(&thread, HANDLE(HANDLE_REPLY, 1), OBJECT_NONE, 0, &cap), STATUS_BAD_HANDLE);
	/* What names nothing is of no wrong type, and lacks no right. */
	assert_int_equal(cap_lookup(&thread, handle + CSPACE_SLOTS, OBJECT_MEMORY, 0, &cap), STATUS_BAD_HANDLE);
	assert_int_equal(cap_lookup(&thread, handle + (1ull << 32), OBJECT_MEMORY, 0, &cap), STATUS_BAD_HANDLE);
	assert_int_equal(cap_lookup(&thread, handle + (2ull << 32), OBJECT_NONE, RIGHT_MANAGE, &cap), STATUS_BAD_HANDLE);
	assert_int_equal(arch_cpu_self()->refused_handle, handle + (2ull << 32));
	/* A free slot has an even generation, and a handle made of it names nothing. */
	uint32_t free_slot = process_of(processes[0])->cap_free % CSPACE_SLOTS;
	assert_int_equal(cap_lookup(&thread, HANDLE(free_slot, cap_table[free_slot].generation), OBJECT_NONE, 0,
	                            &cap), STATUS_BAD_HANDLE);
}

static void derivation_rules(void **state)
{
	(void)state;
	handle_t root = make_endpoint(RIGHT_SEND | RIGHT_RECEIVE | RIGHT_GRANT);
	handle_t out = 77;
	uint32_t index = index_of(0, root);
	assert_int_equal(cap_derive(processes[1], index, root, RIGHT_SEND | RIGHT_MANAGE, 0, &out), STATUS_DENIED);
	assert_int_equal(cap_derive(processes[1], index, root, RIGHTS_ALL + 1u, 0, &out), STATUS_DENIED);
	assert_int_equal(cap_derive(processes[1], index, root + (2ull << 32), RIGHT_SEND, 0, &out),
	                 STATUS_BAD_HANDLE);
	assert_int_equal(out, 77);
	/* Without grant nothing can be derived from the copy. */
	handle_t plain = derive(0, root, 1, RIGHT_SEND);
	assert_int_equal(cap_derive(processes[2], index_of(1, plain), plain, RIGHT_SEND, 0, &out), STATUS_DENIED);
	/* A badge is set once. */
	assert_int_equal(cap_derive(processes[1], index, root, RIGHT_SEND | RIGHT_GRANT, 5, &out), STATUS_OK);
	handle_t badged = out;
	assert_int_equal(cap_table[index_of(1, badged)].badge, 5);
	assert_int_equal(cap_derive(processes[1], index_of(1, badged), badged, RIGHT_SEND, 6, &out), STATUS_DENIED);
	assert_int_equal(cap_derive(processes[1], index_of(1, badged), badged, RIGHT_SEND, 5, &out), STATUS_OK);
	assert_int_equal(cap_derive(processes[1], index_of(1, badged), badged, RIGHT_SEND, 0, &out), STATUS_OK);
	assert_int_equal(cap_table[index_of(1, out)].badge, 5);
	assert_int_equal(references(0, root), 5);
	assert_int_equal(endpoint_table[cap_table[index].object].receivers, 1);
	assert_true(cap_valid());
}

static void depth_limit(void **state)
{
	(void)state;
	handle_t at = make_endpoint(RIGHTS_ALL);
	for (uint32_t depth = 1; depth <= CAP_DEPTH_MAX; depth++) {
		handle_t next = derive(0, at, 0, RIGHTS_ALL);
		assert_int_equal(cap_table[index_of(0, next)].depth, depth);
		at = next;
	}
	handle_t out;
	assert_int_equal(cap_derive(processes[1], index_of(0, at), at, 0, 0, &out), STATUS_TABLE_FULL);
}

static void window_fills(void **state)
{
	(void)state;
	handle_t root = make_endpoint(RIGHTS_ALL);
	handle_t out;
	for (uint32_t i = 0; i < CSPACE_SLOTS; i++)
		assert_int_equal(HANDLE_SLOT(derive(0, root, 1, RIGHT_SEND)), i);
	assert_int_equal(cap_derive(processes[1], index_of(0, root), root, RIGHT_SEND, 0, &out), STATUS_TABLE_FULL);
	assert_int_equal(process_of(processes[1])->cap_used, CSPACE_SLOTS);
	process_of(processes[2])->state = PROCESS_DYING;
	assert_int_equal(cap_derive(processes[2], index_of(0, root), root, RIGHT_SEND, 0, &out), STATUS_GONE);
	assert_int_equal(references(0, root), CSPACE_SLOTS + 1);
	assert_true(cap_valid());
}

static void removal_hands_children_over(void **state)
{
	(void)state;
	handle_t root = make_endpoint(RIGHTS_ALL);
	handle_t middle = derive(0, root, 1, RIGHTS_ALL);
	handle_t first = derive(1, middle, 2, RIGHT_SEND);
	handle_t second = derive(1, middle, 3, RIGHT_SEND);
	assert_int_equal(cap_remove(index_of(1, middle), middle), STATUS_OK);
	assert_true(cap_valid());
	assert_false(alive(1, middle));
	assert_int_equal(cap_remove(index_of(1, middle), middle), STATUS_BAD_HANDLE);
	assert_int_equal(cap_table[index_of(2, first)].parent, index_of(0, root));
	assert_int_equal(cap_table[index_of(3, second)].parent, index_of(0, root));
	assert_int_equal(cap_remove(index_of(0, root), root), STATUS_OK);
	assert_true(cap_valid());
	assert_int_equal(cap_table[index_of(2, first)].parent, NONE);
	assert_int_equal(references(2, first), 2);
}

static void removal_restarts(void **state)
{
	(void)state;
	handle_t root = make_endpoint(RIGHTS_ALL);
	handle_t middle = derive(0, root, 0, RIGHTS_ALL);
	for (uint32_t i = 0; i < 150; i++)
		(void)derive(0, middle, 1, RIGHT_SEND);
	assert_int_equal(cap_remove(index_of(0, middle), middle), SYSCALL_RESTART);
	assert_true(cap_valid() && alive(0, middle));
	assert_int_equal(cap_remove(index_of(0, middle), middle), SYSCALL_RESTART);
	assert_int_equal(cap_remove(index_of(0, middle), middle), STATUS_OK);
	assert_true(cap_valid());
	assert_int_equal(references(0, root), 151);
}

/* As many children as go in one go, and one more. */
static void removal_in_one_go(void **state)
{
	(void)state;
	handle_t root = make_endpoint(RIGHTS_ALL);
	for (uint32_t more = 0; more < 2; more++) {
		handle_t middle = derive(0, root, 0, RIGHTS_ALL);
		for (uint32_t i = 0; i < CAP_STEP + more; i++)
			(void)derive(0, middle, 1 + more, RIGHT_SEND);
		if (more != 0)
			assert_int_equal(cap_remove(index_of(0, middle), middle), SYSCALL_RESTART);
		assert_int_equal(cap_remove(index_of(0, middle), middle), STATUS_OK);
		assert_true(cap_valid());
	}
}

/* One that leaves its place in the tree leaves no trace of it, wherever among its siblings it was. */
static void unlinked_is_alone(void **state)
{
	(void)state;
	handle_t root = make_endpoint(RIGHTS_ALL);
	for (uint32_t which = 0; which < 3; which++) {
		handle_t children[3];
		for (uint32_t i = 0; i < 3; i++)
			children[i] = derive(0, root, 1, RIGHTS_ALL);
		lock_acquire(&cap_lock, LOCK_CAP);
		cap_tree_unlink(index_of(1, children[which]));
		lock_release(&cap_lock, LOCK_CAP);
		assert_true(cap_valid());
		const struct cap *alone = &cap_table[index_of(1, children[which])];
		assert_true(alone->parent == NONE && alone->previous_sibling == NONE && alone->next_sibling == NONE);
	}
}

static void revocation_is_exact(void **state)
{
	(void)state;
	handle_t root = make_endpoint(RIGHTS_ALL);
	handle_t branch = derive(0, root, 1, RIGHTS_ALL);
	handle_t other = derive(0, root, 1, RIGHTS_ALL);
	handle_t below = derive(1, branch, 2, RIGHTS_ALL);
	handle_t deep = derive(2, below, 3, RIGHT_SEND);
	handle_t side = derive(1, other, 3, RIGHT_SEND);
	uint32_t removed;
	bool more;
	assert_int_equal(cap_revoke_some(index_of(1, branch), branch, 64, &removed, &more), STATUS_OK);
	assert_int_equal(removed, 2);
	assert_false(more || alive(2, below) || alive(3, deep));
	assert_true(alive(0, root) && alive(1, branch) && alive(1, other) && alive(3, side));
	assert_true(cap_valid());
	assert_int_equal(references(0, root), 4);
	assert_int_equal(endpoint_table[cap_table[index_of(0, root)].object].receivers, 3);
	/* What was revoked from can still give: it was not revoked itself. */
	(void)derive(1, branch, 2, RIGHT_SEND);
}

static void revocation_stops_and_goes_on(void **state)
{
	(void)state;
	handle_t root = make_endpoint(RIGHTS_ALL);
	handle_t branch = derive(0, root, 1, RIGHTS_ALL);
	handle_t chain = branch;
	for (uint32_t i = 0; i < 20; i++)
		chain = derive(1, chain, 1, RIGHTS_ALL);
	for (uint32_t i = 0; i < 100; i++)
		(void)derive(1, chain, 2, RIGHT_SEND);
	uint32_t total = 0;
	uint32_t steps = 0;
	bool more = true;
	while (more) {
		uint32_t removed;
		assert_int_equal(cap_revoke_some(index_of(0, root), root, 7, &removed, &more), STATUS_OK);
		assert_true(removed <= 7 && cap_valid());
		total += removed;
		steps++;
		/* What the revocation has reached no longer grants. */
		handle_t out;
		if (alive(1, branch))
			assert_int_equal(cap_derive(processes[3], index_of(1, branch), branch, RIGHT_SEND, 0,
			                            &out), STATUS_REVOKED);
	}
	assert_int_equal(total, 121);
	assert_int_equal(steps, 18);
	assert_int_equal(references(0, root), 1);
}

/* Revoked with all that was derived from it, and nothing beside it. */
static void taking_is_exact(void **state)
{
	(void)state;
	handle_t root = make_endpoint(RIGHTS_ALL);
	handle_t branch = derive(0, root, 1, RIGHTS_ALL);
	handle_t other = derive(0, root, 1, RIGHTS_ALL);
	handle_t below = derive(1, branch, 2, RIGHTS_ALL);
	handle_t deep = derive(2, below, 3, RIGHT_SEND);
	handle_t side = derive(1, other, 3, RIGHT_SEND);
	uint32_t removed;
	bool more;
	assert_int_equal(cap_take_some(index_of(1, branch), branch, 64, &removed, &more), STATUS_OK);
	assert_int_equal(removed, 3);
	assert_false(more || alive(1, branch) || alive(2, below) || alive(3, deep));
	assert_true(alive(0, root) && alive(1, other) && alive(3, side));
	assert_true(cap_valid());
	assert_int_equal(references(0, root), 3);
	assert_int_equal(cap_take_some(index_of(1, branch), branch, 64, &removed, &more), STATUS_BAD_HANDLE);
}

static void taking_stops_and_goes_on(void **state)
{
	(void)state;
	handle_t root = make_endpoint(RIGHTS_ALL);
	handle_t branch = derive(0, root, 1, RIGHTS_ALL);
	handle_t chain = branch;
	for (uint32_t i = 0; i < 20; i++)
		chain = derive(1, chain, 1, RIGHTS_ALL);
	for (uint32_t i = 0; i < 100; i++)
		(void)derive(1, chain, 2, RIGHT_SEND);
	uint32_t total = 0;
	bool more = true;
	while (more) {
		uint32_t removed;
		handle_t out;
		assert_int_equal(cap_take_some(index_of(1, branch), branch, 7, &removed, &more), STATUS_OK);
		assert_true(cap_valid() && removed == (total < 119 ? 7 : 2));
		assert_int_equal(alive(1, branch), more);
		if (more)
			assert_int_equal(cap_derive(processes[3], index_of(1, branch), branch, RIGHT_SEND, 0, &out),
			                 STATUS_REVOKED);
		total += removed;
	}
	assert_int_equal(total, 121);
	assert_int_equal(references(0, root), 1);
}

static void move_keeps_the_place(void **state)
{
	(void)state;
	handle_t root = make_endpoint(RIGHTS_ALL);
	handle_t moving = derive(0, root, 1, RIGHTS_ALL);
	handle_t child = derive(1, moving, 2, RIGHT_SEND);
	handle_t moved;
	assert_int_equal(cap_move(processes[3], index_of(1, moving), moving, &moved), STATUS_OK);
	assert_true(cap_valid());
	assert_false(alive(1, moving));
	assert_int_equal(cap_table[index_of(2, child)].parent, index_of(3, moved));
	assert_int_equal(cap_table[index_of(3, moved)].parent, index_of(0, root));
	assert_int_equal(cap_table[index_of(3, moved)].depth, 1);
	assert_int_equal(references(0, root), 3);
	assert_int_equal(endpoint_table[cap_table[index_of(0, root)].object].receivers, 2);
	assert_int_equal(cap_move(processes[2], index_of(1, moving), moving, &moved), STATUS_BAD_HANDLE);
	/* The root moves too, and too many children keep one where it is. */
	handle_t there;
	assert_int_equal(cap_move(processes[2], index_of(0, root), root, &there), STATUS_OK);
	for (uint32_t i = 0; i < CAP_STEP; i++)
		(void)derive(2, there, 0, RIGHT_SEND);
	assert_int_equal(cap_move(processes[1], index_of(2, there), there, &root), STATUS_BUSY);
	assert_true(cap_valid() && alive(2, there));
}

static void last_capability_destroys(void **state)
{
	(void)state;
	handle_t root = make_endpoint(RIGHTS_ALL);
	uint32_t slot = cap_table[index_of(0, root)].object;
	uint32_t generation = endpoint_table[slot].object.generation;
	handle_t copy = derive(0, root, 1, RIGHT_SEND);
	assert_int_equal(process_of(processes[0])->objects, 1);
	assert_int_equal(cap_remove(index_of(0, root), root), STATUS_OK);
	assert_int_equal(endpoint_table[slot].object.generation, generation);
	assert_int_equal(endpoint_table[slot].receivers, 0);
	assert_int_equal(cap_remove(index_of(1, copy), copy), STATUS_OK);
	assert_int_equal(endpoint_table[slot].object.generation, generation + 1);
	assert_int_equal(process_of(processes[0])->objects, 0);
	assert_true(cap_valid());
}

static void window_clears(void **state)
{
	(void)state;
	handle_t root = make_endpoint(RIGHTS_ALL);
	handle_t mine = derive(0, root, 1, RIGHTS_ALL);
	for (uint32_t i = 0; i < 100; i++)
		(void)derive(1, mine, 1, RIGHT_SEND);
	handle_t child = derive(1, mine, 2, RIGHT_SEND);
	uint32_t steps = 0;
	process_of(processes[1])->state = PROCESS_DYING;
	while (!cap_window_clear_some(processes[1], 16)) {
		assert_true(cap_valid());
		assert_true(++steps < 50);
	}
	assert_int_equal(process_of(processes[1])->cap_used, 0);
	assert_int_equal(cap_table[index_of(2, child)].parent, index_of(0, root));
	assert_int_equal(references(0, root), 2);
}

static void generations_end(void **state)
{
	(void)state;
	handle_t root = make_endpoint(RIGHTS_ALL);
	uint32_t free_slot = process_of(processes[1])->cap_free;
	cap_table[free_slot].generation = GENERATION_RETIRED - 2u;
	handle_t last = derive(0, root, 1, RIGHT_SEND);
	assert_int_equal(index_of(1, last), free_slot);
	assert_int_equal(HANDLE_GENERATION(last), GENERATION_RETIRED - 1u);
	assert_int_equal(cap_remove(free_slot, last), STATUS_OK);
	assert_true(cap_valid());
	for (uint32_t i = 0; i < CSPACE_SLOTS - 1u; i++)
		assert_int_not_equal(index_of(1, derive(0, root, 1, RIGHT_SEND)), free_slot);
	handle_t out;
	assert_int_equal(cap_derive(processes[1], index_of(0, root), root, RIGHT_SEND, 0, &out), STATUS_TABLE_FULL);
}

/* ---- the system calls ---- */

static status_t call(status_t (*function)(struct thread *), uint64_t a, uint64_t b, uint64_t c)
{
	thread.regs.arg[0] = a;
	thread.regs.arg[1] = b;
	thread.regs.arg[2] = c;
	return function(&thread);
}

static void calls_mint_and_drop(void **state)
{
	(void)state;
	handle_t root = make_endpoint(RIGHT_SEND | RIGHT_GRANT);
	assert_int_equal(call(sys_cap_mint, root, RIGHT_SEND, 9), STATUS_OK);
	handle_t copy = thread.regs.arg[1];
	assert_int_equal(cap_table[index_of(0, copy)].badge, 9);
	assert_int_equal(call(sys_cap_mint, root, RIGHT_SEND | RIGHT_WAIT, 0), STATUS_DENIED);
	assert_int_equal(thread.regs.arg[1], RIGHT_WAIT);
	assert_int_equal(call(sys_cap_mint, copy, 0, 0), STATUS_DENIED);
	assert_int_equal(thread.regs.arg[1], RIGHT_GRANT);
	assert_int_equal(call(sys_cap_mint, root, 1ull << 40, 0), STATUS_INVALID);
	assert_int_equal(call(sys_cap_mint, 12345, 0, 0), STATUS_BAD_HANDLE);
	assert_int_equal(call(sys_cap_drop, copy, 0, 0), STATUS_OK);
	assert_int_equal(call(sys_cap_drop, copy, 0, 0), STATUS_BAD_HANDLE);
	assert_true(cap_valid());
}

static void call_revoke_counts_across_restarts(void **state)
{
	(void)state;
	handle_t root = make_endpoint(RIGHTS_ALL);
	for (uint32_t i = 0; i < 200; i++)
		(void)derive(0, root, 1, RIGHT_SEND);
	uint32_t restarts = 0;
	while (call(sys_cap_revoke, root, 0, 0) == SYSCALL_RESTART)
		restarts++;
	assert_int_equal(restarts, 3);
	assert_int_equal(thread.regs.arg[1], 200);
	assert_int_equal(call(sys_cap_revoke, root, 0, 0), STATUS_OK);
	assert_int_equal(thread.regs.arg[1], 0);
	handle_t weak = derive(0, root, 0, RIGHT_SEND);
	assert_int_equal(call(sys_cap_revoke, weak, 0, 0), STATUS_DENIED);
	assert_int_equal(thread.regs.arg[1], RIGHT_REVOKE);
}

static void call_info(void **state)
{
	(void)state;
	struct cap_info info;
	handle_t root = make_endpoint(RIGHTS_ALL);
	handle_t copy = derive(0, root, 1, RIGHT_SEND);
	handle_t watch;
	object_retain(OBJECT_PROCESS, processes[1]);
	assert_int_equal(cap_create(processes[0], OBJECT_PROCESS, processes[1], RIGHT_INSPECT, 0, &watch),
	                 STATUS_OK);
	assert_int_equal(call(sys_cap_info, watch, HANDLE_SLOT(copy), 0), STATUS_OK);
	memcpy(&info, page.bulk, sizeof info);
	assert_int_equal(info.type, OBJECT_ENDPOINT);
	assert_int_equal(info.rights, RIGHT_SEND);
	assert_int_equal(info.granter, process_of(processes[0])->id);
	assert_int_equal(info.depth, 1);
	assert_int_equal(info.handle, copy);
	assert_int_equal(call(sys_cap_info, 0, HANDLE_SLOT(root), 0), STATUS_OK);
	memcpy(&info, page.bulk, sizeof info);
	assert_int_equal(info.granter, 0);
	assert_int_equal(info.rights, RIGHTS_ALL);
	assert_int_equal(call(sys_cap_info, 0, 200, 0), STATUS_NOT_FOUND);
	assert_int_equal(call(sys_cap_info, 0, CSPACE_SLOTS, 0), STATUS_INVALID);
	assert_int_equal(call(sys_cap_info, root, 0, 0), STATUS_WRONG_TYPE);
}

/* ---- random steps against a model ---- */

#define MODEL_MAX 600u
struct model {
	bool live;
	uint32_t process;
	handle_t handle;
	uint32_t parent; /* index into the model, or NONE */
	uint32_t rights;
};
static struct model model[MODEL_MAX];
static uint32_t model_count;

static bool model_below(uint32_t i, uint32_t root)
{
	for (uint32_t at = model[i].parent; at != NONE; at = model[at].parent) {
		if (at == root)
			return true;
	}
	return false;
}

static void model_add(uint32_t process, handle_t handle, uint32_t parent, uint32_t rights)
{
	model[model_count++] = (struct model){true, process, handle, parent, rights};
}

static void model_remove(uint32_t i)
{
	model[i].live = false;
	for (uint32_t k = 0; k < model_count; k++) {
		if (model[k].parent == i)
			model[k].parent = model[i].parent;
	}
}

static void model_check(void)
{
	uint32_t count = 0;
	assert_true(cap_valid());
	for (uint32_t i = 0; i < model_count; i++) {
		assert_int_equal(alive(model[i].process, model[i].handle), model[i].live);
		count += model[i].live;
		if (!model[i].live)
			continue;
		const struct cap *cap = &cap_table[index_of(model[i].process, model[i].handle)];
		uint32_t parent = model[i].parent;
		assert_int_equal(cap->rights & RIGHTS_ALL, model[i].rights);
		assert_int_equal(cap->parent, parent == NONE ? NONE : index_of(model[parent].process,
		                                                                model[parent].handle));
	}
	assert_int_equal(cap_count(), count);
}

static uint32_t pick(uint64_t *seed)
{
	for (uint32_t i = 0; i < 50; i++) {
		uint32_t at = (uint32_t)(test_random(seed) % model_count);
		if (model[at].live)
			return at;
	}
	return NONE;
}

static void step_derive(uint32_t i, uint64_t *seed)
{
	handle_t handle;
	uint32_t to = (uint32_t)(test_random(seed) % PROCESSES);
	uint32_t rights = (uint32_t)(test_random(seed) & RIGHTS_ALL);
	uint32_t source = index_of(model[i].process, model[i].handle);
	status_t status = cap_derive(processes[to], source, model[i].handle, rights, 0, &handle);
	bool allowed = (model[i].rights & RIGHT_GRANT) != 0 && (rights & ~model[i].rights) == 0;
	assert_int_equal(status, allowed ? STATUS_OK : STATUS_DENIED);
	if (allowed)
		model_add(to, handle, i, rights);
}

static void step_move(uint32_t i, uint64_t *seed)
{
	uint32_t to = (uint32_t)(test_random(seed) % PROCESSES);
	uint32_t source = index_of(model[i].process, model[i].handle);
	assert_int_equal(cap_move(processes[to], source, model[i].handle, &model[i].handle), STATUS_OK);
	model[i].process = to;
}

static void step_revoke(uint32_t i)
{
	uint32_t removed = 0;
	bool more = false;
	uint32_t expected = 0;
	for (uint32_t k = 0; k < model_count; k++)
		expected += model[k].live && model_below(k, i);
	assert_int_equal(cap_revoke_some(index_of(model[i].process, model[i].handle), model[i].handle, 64,
	                                 &removed, &more), STATUS_OK);
	assert_int_equal(removed, expected);
	assert_false(more);
	for (uint32_t k = 0; k < model_count; k++) {
		if (model[k].live && model_below(k, i))
			model[k].live = false; /* parents stay, so that the others are still found */
	}
}

static void random_steps(void **state)
{
	(void)state;
	for (uint64_t round = 1; round <= 40; round++) {
		uint64_t seed = round;
		(void)setup(NULL);
		model_count = 0;
		model_add(0, make_endpoint(RIGHTS_ALL), NONE, RIGHTS_ALL);
		for (uint32_t step = 0; step < 300 && model_count < MODEL_MAX - 1u; step++) {
			uint32_t i = pick(&seed);
			uint64_t what = test_random(&seed) % 20;
			if (i == NONE)
				break;
			if (what < 14)
				step_derive(i, &seed);
			else if (what < 17)
				step_move(i, &seed);
			else if (what < 19 && i != 0) {
				assert_int_equal(cap_remove(index_of(model[i].process, model[i].handle),
				                            model[i].handle), STATUS_OK);
				model_remove(i);
			} else if (what == 19 && i != 0)
				step_revoke(i);
			model_check();
		}
	}
}

#define TEST(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(TEST(lookup), TEST(derivation_rules), TEST(depth_limit), TEST(window_fills),
	  TEST(removal_hands_children_over), TEST(removal_restarts), TEST(removal_in_one_go),
	  TEST(unlinked_is_alone), TEST(revocation_is_exact),
	  TEST(revocation_stops_and_goes_on), TEST(taking_is_exact),
	  TEST(taking_stops_and_goes_on), TEST(move_keeps_the_place), TEST(last_capability_destroys),
	  TEST(window_clears), TEST(generations_end), TEST(calls_mint_and_drop),
	  TEST(call_revoke_counts_across_restarts), TEST(call_info), TEST(random_steps))
