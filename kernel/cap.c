/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Capabilities in their windows: birth, derivation, move, removal, revocation.
 * The tree itself is cap_tree.c; here are the lock, the free slots of each
 * window, and what a death means to the object.
 *
 * A death has three parts. Under cap_lock the capability leaves the tree and
 * its generation changes; then, without the lock, its object hears of it and
 * loses a reference; then, under the lock again, its slot may be used again.
 * Until then the slot is in no list, which `cap_used` of its process counts.
 */
#include <kernel/audit.h>
#include <kernel/cap.h>
#include <kernel/endpoint.h>
#include <kernel/panic.h>
#include <kernel/process.h>
#include <kernel/syscall.h>

struct lock cap_lock;

/* What is left of a capability between its death and the reuse of its slot. */
struct dead_cap {
	uint32_t index;
	uint32_t object;
	uint32_t rights; /* 0: moved, not ended */
	enum object_type type;
	bool release;    /* its reference goes with it */
};

handle_t cap_handle(uint32_t index)
{
	return HANDLE(index % CSPACE_SLOTS, cap_table[index].generation);
}

/*@ requires index < CAP_MAX;
    assigns \nothing; */
static bool cap_is(uint32_t index, handle_t handle)
{
	uint32_t generation = HANDLE_GENERATION(handle);
	return cap_table[index].generation == generation && generation % 2u == 1u;
}

uint32_t cap_count(void)
{
	uint32_t count = 0;
	for (uint32_t slot = 0; slot < object_tables[OBJECT_PROCESS].fresh; slot++)
		count += process_of(slot)->cap_used;
	return count;
}

/* A capability that came to life since the look-up is none either. */
status_t cap_refuse(struct thread *current, handle_t handle, enum object_type type, uint32_t rights)
{
	struct cpu *cpu = arch_cpu_self();
	uint32_t index = cap_index(current->process, HANDLE_SLOT(handle) % CSPACE_SLOTS);
	cpu->refused_at = cpu->syscalls;
	cpu->refused_handle = handle;
	if (HANDLE_SLOT(handle) >= CSPACE_SLOTS || !cap_is(index, handle))
		return STATUS_BAD_HANDLE;
	if (type != OBJECT_NONE && cap_table[index].type != (uint32_t)type)
		return STATUS_WRONG_TYPE;
	uint32_t missing = rights & ~(uint32_t)cap_table[index].rights;
	if (missing == 0)
		return STATUS_BAD_HANDLE;
	current->regs.arg[1] = missing;
	return STATUS_DENIED;
}

status_t cap_lookup(struct thread *current, handle_t handle, enum object_type type, uint32_t rights,
                    struct cap **out_cap)
{
	struct cap *cap = cap_find(current, handle, type, rights);
	if (CC_UNLIKELY(cap == NULL))
		return cap_refuse(current, handle, type, rights);
	*out_cap = cap;
	return STATUS_OK;
}

/* ---- the free slots of a window; cap_lock held ---- */

static void slot_give(uint32_t index)
{
	struct process *process = process_of(cap_holder(index));
	process->cap_used--;
	if (cap_table[index].generation == GENERATION_RETIRED)
		return;
	cap_table[index].next_sibling = process->cap_free;
	process->cap_free = index;
}

void cap_window_init(uint32_t slot)
{
	struct process *process = process_of(slot);
	lock_acquire(&cap_lock, LOCK_CAP);
	if (process->object.generation > 1u) {
		/* An earlier process left its window as empty as this one wants it. */
		ASSERT(process->cap_used == 0);
		lock_release(&cap_lock, LOCK_CAP);
		return;
	}
	process->cap_free = NONE;
	process->cap_used = CSPACE_SLOTS;
	for (uint32_t i = CSPACE_SLOTS; i > 0; i--)
		slot_give(cap_index(slot, i - 1u));
	lock_release(&cap_lock, LOCK_CAP);
}

/* A process that ends gets no more capabilities, so that its window stays empty once it is. */
static status_t slot_take(uint32_t slot, uint32_t *out_index)
{
	struct process *process = process_of(slot);
	uint32_t state = __atomic_load_n(&process->state, __ATOMIC_ACQUIRE);
	if (state != PROCESS_CREATED && state != PROCESS_RUNNING)
		return STATUS_GONE;
	uint32_t index = process->cap_free;
	if (index == NONE)
		return STATUS_TABLE_FULL;
	process->cap_free = cap_table[index].next_sibling;
	process->cap_used++;
	*out_index = index;
	return STATUS_OK;
}

/* ---- death ---- */

/* cap_lock held; `index` is childless. */
/*@ requires cap_table_ok && index < CAP_MAX && cap_live(index) && cap_table[index].first_child == NONE;
    assigns cap_table[0 .. CAP_MAX - 1];
    ensures ok: cap_table_ok;
    ensures dead: !cap_live(index);
    ensures others: \forall integer i; 0 <= i < CAP_MAX && i != index ==>
      cap_identity_kept{Pre, Here}(i) && cap_table[i].parent == \old(cap_table[i].parent);
    ensures family: cap_family_ok{Pre} ==> cap_family_ok; */
static struct dead_cap cap_detach(uint32_t index)
{
	struct dead_cap dead = {
		.index = index,
		.object = cap_table[index].object,
		.rights = cap_table[index].rights & RIGHTS_ALL,
		.type = (enum object_type)cap_table[index].type,
		.release = true,
	};
	cap_tree_unlink(index);
	cap_tree_kill(index);
	return dead;
}

/* cap_lock not held. */
static void object_told(const struct dead_cap *dead)
{
	if (dead->type == OBJECT_ENDPOINT)
		endpoint_cap_died(dead->object, dead->index, dead->rights);
	else if (dead->type == OBJECT_NOTIFICATION)
		notification_cap_died(dead->object, dead->index);
	else if (dead->type == OBJECT_MEMORY)
		memory_cap_died(dead->object, dead->index);
	else if (dead->type == OBJECT_REGION)
		region_cap_died(dead->object, dead->index);
	if (dead->release)
		object_release(dead->type, dead->object);
}

/* What an audit capability opened goes with it. */
static void ring_withdraw(uint32_t audit_cap)
{
	uint32_t index;
	handle_t handle;
	if (!audit_cap_died(audit_cap, &index, &handle))
		return;
	lock_acquire(&cap_lock, LOCK_CAP);
	bool there = cap_is(index, handle);
	struct dead_cap dead = {.index = index};
	if (there)
		dead = cap_detach(index); /* childless: it cannot be granted */
	lock_release(&cap_lock, LOCK_CAP);
	if (!there)
		return;
	object_told(&dead);
	lock_acquire(&cap_lock, LOCK_CAP);
	slot_give(index);
	lock_release(&cap_lock, LOCK_CAP);
}

static void cap_died(const struct dead_cap *dead)
{
	if (dead->type == OBJECT_AUDIT)
		ring_withdraw(dead->index);
	object_told(dead);
}

static void caps_bury(const struct dead_cap *dead, uint32_t count)
{
	if (count == 0)
		return;
	for (uint32_t i = 0; i < count; i++)
		cap_died(&dead[i]);
	lock_acquire(&cap_lock, LOCK_CAP);
	for (uint32_t i = 0; i < count; i++)
		slot_give(dead[i].index);
	lock_release(&cap_lock, LOCK_CAP);
}

/* ---- birth ---- */

/* cap_lock held: the slot becomes a live root that holds the caller's reference. */
static void cap_born(uint32_t index, enum object_type type, uint32_t object, uint32_t generation,
                     uint32_t rights, uint32_t depth, uint64_t badge)
{
	cap_tree_root(index, (uint8_t)type, object, generation, (uint16_t)rights, (uint8_t)depth, badge);
	if (type == OBJECT_ENDPOINT && (rights & RIGHT_RECEIVE) != 0)
		endpoint_receiver_added(object);
}

status_t cap_create(uint32_t process, enum object_type type, uint32_t object, uint32_t rights,
                    uint64_t badge, handle_t *out_handle)
{
	uint32_t index;
	uint32_t generation = object_header(type, object)->generation;
	lock_acquire(&cap_lock, LOCK_CAP);
	status_t status = slot_take(process, &index);
	if (status == STATUS_OK) {
		cap_born(index, type, object, generation, rights & RIGHTS_ALL, 0, badge);
		*out_handle = cap_handle(index);
	}
	lock_release(&cap_lock, LOCK_CAP);
	return status;
}

/* cap_lock held; checked. */
static void derive_commit(uint32_t index, uint32_t source, uint32_t rights, uint64_t badge)
{
	const struct cap *from = &cap_table[source];
	enum object_type type = (enum object_type)from->type;
	object_retain(type, from->object);
	cap_born(index, type, from->object, from->object_generation, rights, from->depth + 1u,
	         badge != 0 ? badge : from->badge);
	cap_tree_link(index, source);
}

/* cap_lock held: nobody uses what was granted before it is recorded. `source`: through whose capability. */
static void grant_record(uint32_t index, uint32_t source)
{
	const struct cap *cap = &cap_table[index];
	audit_emit(AUDIT_CAP_GRANTED, process_of(cap_holder(source))->id, AUDIT_OBJECT(cap->type, cap->object),
	           cap->rights & RIGHTS_ALL, process_of(cap_holder(index))->id, cap->badge, cap_handle(index));
}

status_t cap_derive(uint32_t process, uint32_t source, handle_t source_handle, uint32_t rights,
                    uint64_t badge, handle_t *out_handle)
{
	uint32_t index;
	lock_acquire(&cap_lock, LOCK_CAP);
	status_t status = STATUS_BAD_HANDLE;
	if (cap_is(source, source_handle))
		status = cap_derive_check(source, rights, badge);
	if (status == STATUS_OK)
		status = slot_take(process, &index);
	if (status == STATUS_OK) {
		derive_commit(index, source, rights, badge);
		grant_record(index, source);
		*out_handle = cap_handle(index);
	}
	lock_release(&cap_lock, LOCK_CAP);
	return status;
}

status_t cap_retain(const struct cap *cap, handle_t handle)
{
	enum object_type type = (enum object_type)cap->type;
	uint32_t object = cap->object;
	uint32_t generation = cap->object_generation;
	/* Unchanged from before the reads to after the reference is held: then it was this capability's. */
	bool retained = __atomic_load_n(&cap->generation, __ATOMIC_ACQUIRE) == HANDLE_GENERATION(handle) &&
	                object_retain_if(type, object, generation);
	if (!retained)
		return STATUS_BAD_HANDLE;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&cap->generation, __ATOMIC_ACQUIRE) == HANDLE_GENERATION(handle))
		return STATUS_OK;
	object_release(type, object);
	return STATUS_BAD_HANDLE;
}

status_t cap_hold(struct thread *current, handle_t handle, enum object_type type, uint32_t rights,
                  uint32_t *out_object)
{
	struct cap *cap;
	status_t status = cap_lookup(current, handle, type, rights, &cap);
	if (status != STATUS_OK)
		return status;
	*out_object = cap->object;
	return cap_retain(cap, handle);
}

/* ---- move ---- */

static uint32_t children_up_to(uint32_t index, uint32_t limit)
{
	uint32_t count = 0;
	for (uint32_t child = cap_table[index].first_child; child != NONE && count < limit; count++)
		child = cap_table[child].next_sibling;
	return count;
}

/* cap_lock held; checked. The new slot takes over place, children and reference. */
static struct dead_cap move_commit(uint32_t index, uint32_t source)
{
	const struct cap *from = &cap_table[source];
	cap_tree_root(index, from->type, from->object, from->object_generation, from->rights, from->depth,
	              from->badge);
	if (from->parent != NONE)
		cap_tree_link(index, from->parent);
	(void)cap_tree_hand_over(source, index, CAP_STEP);
	struct dead_cap dead = cap_detach(source);
	dead.rights = 0;
	dead.release = false;
	return dead;
}

status_t cap_move(uint32_t process, uint32_t source, handle_t source_handle, handle_t *out_handle)
{
	struct dead_cap dead;
	uint32_t index;
	lock_acquire(&cap_lock, LOCK_CAP);
	status_t status = STATUS_OK;
	if (!cap_is(source, source_handle))
		status = STATUS_BAD_HANDLE;
	else if ((cap_table[source].rights & CAP_CLOSED) != 0)
		status = STATUS_REVOKED;
	else if (children_up_to(source, CAP_STEP + 1u) > CAP_STEP)
		status = STATUS_BUSY;
	else
		status = slot_take(process, &index);
	if (status == STATUS_OK) {
		dead = move_commit(index, source);
		grant_record(index, source);
		*out_handle = cap_handle(index);
		if (dead.type == OBJECT_MEMORY && dead.object == audit_memory())
			audit_ring_moved(source, source_handle, index, *out_handle);
	}
	lock_release(&cap_lock, LOCK_CAP);
	if (status == STATUS_OK)
		caps_bury(&dead, 1);
	return status;
}

/* ---- removal and revocation ---- */

/* cap_lock held. False: it still has children, CAP_STEP of them went. */
static bool remove_step(uint32_t index, struct dead_cap *out_dead)
{
	if (!cap_tree_hand_over(index, cap_table[index].parent, CAP_STEP))
		return false;
	*out_dead = cap_detach(index);
	return true;
}

/* cap_lock held. Leaves go first, the capability itself last. */
/*@ requires cap_table_ok && top < CAP_MAX && cap_live(top) && cap_family_ok && cap_family_root == top;
    requires \valid(dead + (0 .. limit - 1)) && \separated(dead + (0 .. limit - 1), cap_table + (0 .. CAP_MAX - 1));
    requires \valid(out_gone) && \separated(out_gone, dead + (0 .. limit - 1), cap_table + (0 .. CAP_MAX - 1));
    assigns cap_table[0 .. CAP_MAX - 1], dead[0 .. limit - 1], *out_gone;
    ensures ok: cap_table_ok && cap_family_ok;
    ensures nothing_else: cap_removed{Pre, Here} && (*out_gone || cap_live(top));
    ensures everything: *out_gone ==> cap_family_gone && !cap_live(top);
    ensures progress: \result == limit || *out_gone; */
static uint32_t take_step(uint32_t top, struct dead_cap *dead, uint32_t limit, bool *out_gone)
{
	uint32_t count = 0;
	uint32_t at = top;
	*out_gone = false;
	/*@ loop invariant 0 <= count <= limit;
	    loop invariant ok: cap_table_ok && cap_family_ok;
	    loop invariant at: !*out_gone ==> cap_live(top) && at < CAP_MAX && cap_live(at) && cap_family[at] != 0;
	    loop invariant gone: *out_gone ==> cap_family_gone && !cap_live(top);
	    loop invariant nothing_else: cap_removed{Pre, Here};
	    loop assigns count, at, *out_gone, cap_table[0 .. CAP_MAX - 1], dead[0 .. limit - 1];
	    loop variant limit - count; */
	while (count < limit && !*out_gone) {
		uint32_t leaf = cap_tree_leaf(at, NONE);
		*out_gone = leaf == top;
		/*@ ghost if (leaf == top) cap_family_alone(); */
		at = cap_table[leaf].parent;
		/*@ assert cap_slot_ok(leaf); */
		/*@ assert up: leaf != top ==> at < CAP_MAX && cap_live(at) && cap_family[at] != 0 && at != leaf; */
		dead[count++] = cap_detach(leaf);
	}
	return count;
}

/* cap_lock held. One that a revocation has reached leaves nobody behind: its children would escape. */
static uint32_t remove_some(uint32_t index, struct dead_cap *dead, uint32_t limit, bool *out_gone)
{
	if ((cap_table[index].rights & CAP_CLOSED) != 0)
		return take_step(index, dead, limit, out_gone);
	*out_gone = remove_step(index, dead);
	return *out_gone ? 1u : 0u;
}

status_t cap_remove(uint32_t index, handle_t handle)
{
	struct dead_cap dead[CAP_STEP];
	uint32_t count = 0;
	bool gone;
	status_t status = STATUS_BAD_HANDLE;
	lock_acquire(&cap_lock, LOCK_CAP);
	if (cap_is(index, handle)) {
		count = remove_some(index, dead, CAP_STEP, &gone);
		status = gone ? STATUS_OK : SYSCALL_RESTART;
	}
	lock_release(&cap_lock, LOCK_CAP);
	caps_bury(dead, count);
	return status;
}

/* cap_lock held. Leaves go first, each search goes on where the last one ended. */
/*@ requires cap_table_ok && root < CAP_MAX && cap_live(root) && cap_family_ok && cap_family_root == root;
    requires \valid(dead + (0 .. limit - 1)) && \separated(dead + (0 .. limit - 1), cap_table + (0 .. CAP_MAX - 1));
    assigns cap_table[0 .. CAP_MAX - 1], dead[0 .. limit - 1];
    ensures ok: cap_table_ok && cap_family_ok;
    ensures nothing_else: cap_removed{Pre, Here} && cap_live(root);
    ensures everything: cap_table[root].first_child == NONE ==> cap_family_gone;
    ensures progress: \result == limit || cap_table[root].first_child == NONE; */
static uint32_t revoke_step(uint32_t root, struct dead_cap *dead, uint32_t limit)
{
	uint32_t count = 0;
	uint32_t at = root;
	/*@ loop invariant 0 <= count <= limit;
	    loop invariant ok: cap_table_ok && cap_family_ok;
	    loop invariant at: at < CAP_MAX && cap_live(at) && cap_family[at] != 0;
	    loop invariant nothing_else: cap_removed{Pre, Here} && cap_live(root);
	    loop assigns count, at, cap_table[0 .. CAP_MAX - 1], dead[0 .. limit - 1];
	    loop variant limit - count; */
	while (count < limit) {
		uint32_t leaf = cap_tree_leaf(at, root);
		if (leaf == root)
			break;
		at = cap_table[leaf].parent;
		dead[count++] = cap_detach(leaf);
	}
	/*@ ghost if (cap_table[root].first_child == NONE) cap_family_alone(); */
	return count;
}

status_t cap_revoke_some(uint32_t index, handle_t handle, uint32_t limit, uint32_t *out_removed,
                         bool *out_more)
{
	struct dead_cap dead[CAP_STEP];
	uint32_t count = 0;
	lock_acquire(&cap_lock, LOCK_CAP);
	status_t status = cap_is(index, handle) ? STATUS_OK : STATUS_BAD_HANDLE;
	if (status == STATUS_OK) {
		count = revoke_step(index, dead, limit < CAP_STEP ? limit : CAP_STEP);
		*out_removed = count;
		*out_more = cap_table[index].first_child != NONE;
	}
	lock_release(&cap_lock, LOCK_CAP);
	caps_bury(dead, count);
	return status;
}

status_t cap_take_some(uint32_t index, handle_t handle, uint32_t limit, uint32_t *out_removed, bool *out_more)
{
	struct dead_cap dead[CAP_STEP];
	uint32_t count = 0;
	bool gone;
	lock_acquire(&cap_lock, LOCK_CAP);
	status_t status = cap_is(index, handle) ? STATUS_OK : STATUS_BAD_HANDLE;
	if (status == STATUS_OK) {
		count = take_step(index, dead, limit < CAP_STEP ? limit : CAP_STEP, &gone);
		*out_removed = count;
		*out_more = !gone;
	}
	lock_release(&cap_lock, LOCK_CAP);
	caps_bury(dead, count);
	return status;
}

/* cap_lock held. */
static uint32_t clear_step(uint32_t process, struct dead_cap *dead, uint32_t limit)
{
	uint32_t count = 0;
	uint32_t used = process_of(process)->cap_used;
	for (uint32_t slot = 0; slot < CSPACE_SLOTS && count < limit && count < used; slot++) {
		uint32_t index = cap_index(process, slot);
		if (cap_table[index].generation % 2u == 0u)
			continue;
		bool gone;
		count += remove_some(index, &dead[count], limit - count, &gone);
		if (!gone)
			break;
	}
	return count;
}

bool cap_window_clear_some(uint32_t process, uint32_t limit)
{
	struct dead_cap dead[CAP_STEP];
	lock_acquire(&cap_lock, LOCK_CAP);
	uint32_t count = clear_step(process, dead, limit < CAP_STEP ? limit : CAP_STEP);
	lock_release(&cap_lock, LOCK_CAP);
	caps_bury(dead, count);
	lock_acquire(&cap_lock, LOCK_CAP);
	bool empty = process_of(process)->cap_used == 0;
	lock_release(&cap_lock, LOCK_CAP);
	return empty;
}

/* ---- consistency ---- */

/* Length of the sibling list below a capability, up to where it leaves the table; CAP_MAX if it does not end. */
static uint32_t list_length(uint32_t index)
{
	uint32_t count = 0;
	for (uint32_t child = cap_table[index].first_child; child < CAP_MAX && count < CAP_MAX; count++)
		child = cap_table[child].next_sibling;
	return count;
}

static bool window_valid(uint32_t slot)
{
	const struct process *process = process_of(slot);
	uint32_t listed = 0;
	uint32_t unlisted = 0;
	for (uint32_t index = process->cap_free; index != NONE; index = cap_table[index].next_sibling) {
		if (index >= CAP_MAX || cap_holder(index) != slot || cap_table[index].generation % 2u == 1u ||
		    listed++ == CSPACE_SLOTS)
			return false;
	}
	for (uint32_t i = 0; i < CSPACE_SLOTS; i++)
		unlisted += cap_table[cap_index(slot, i)].generation == GENERATION_RETIRED;
	return listed + unlisted + process->cap_used == CSPACE_SLOTS;
}

static bool table_consistent(void)
{
	uint32_t slots = object_tables[OBJECT_PROCESS].fresh;
	uint32_t children = 0;
	uint32_t listed = 0;
	for (uint32_t slot = 0; slot < slots; slot++) {
		if (process_of(slot)->object.generation % 2u == 1u && !window_valid(slot))
			return false;
	}
	for (uint32_t index = 0; index < slots * CSPACE_SLOTS; index++) {
		if (cap_table[index].generation % 2u == 0u)
			continue;
		if (!cap_slot_ok(index))
			return false;
		children += cap_table[index].parent != NONE;
		listed += list_length(index);
	}
	return children == listed; /* every child hangs in its parent's list */
}

bool cap_valid(void)
{
	lock_acquire(&cap_lock, LOCK_CAP);
	bool valid = table_consistent();
	lock_release(&cap_lock, LOCK_CAP);
	return valid;
}
