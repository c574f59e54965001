/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The derivation tree: see cap_tree.h for what each step keeps. Indices, not pointers: so it is proved. */
#include <kernel/cap_tree.h>

/*@ ghost uint64_t cap_rank[CAP_MAX]; */
/*@ ghost uint64_t cap_clock; */
/*@ ghost uint8_t cap_family[CAP_MAX]; */
/*@ ghost uint32_t cap_family_root; */

/* ---- rights: where bits are looked at ---- */

/*@ requires k < 16;
    assigns \nothing;
    ensures \result <==> bit((uint64_t)rights, k); */
static bool rights_has(uint16_t rights, uint32_t k)
{
	return ((uint32_t)rights >> k & 1u) == 1u;
}

/*@ assigns \nothing;
    ensures \forall integer k; 0 <= k < 11 ==> (bit((uint64_t)\result, k) <==> bit((uint64_t)rights, k)); */
static uint16_t rights_closed(uint16_t rights)
{
	uint32_t closed = (uint32_t)rights | CAP_CLOSED;
	/*@ assert \forall integer k; 0 <= k < 32 ==>
	      (bit((uint64_t)closed, k) <==> bit((uint64_t)rights, k) || bit((uint64_t)0x8000, k)); */
	/*@ assert !bit((uint64_t)0x8000, 0) && !bit((uint64_t)0x8000, 1) && !bit((uint64_t)0x8000, 2) &&
	      !bit((uint64_t)0x8000, 3) && !bit((uint64_t)0x8000, 4) && !bit((uint64_t)0x8000, 5) &&
	      !bit((uint64_t)0x8000, 6) && !bit((uint64_t)0x8000, 7) && !bit((uint64_t)0x8000, 8) &&
	      !bit((uint64_t)0x8000, 9) && !bit((uint64_t)0x8000, 10); */
	/*@ assert \forall integer k; 0 <= k < 11 ==> k == 0 || k == 1 || k == 2 || k == 3 || k == 4 || k == 5 ||
	      k == 6 || k == 7 || k == 8 || k == 9 || k == 10; */
	/*@ assert \forall integer k; 0 <= k < 11 ==> !bit((uint64_t)0x8000, k); */
	uint16_t result = (uint16_t)closed;
	/*@ assert \forall integer k; 0 <= k < 16 ==> (bit((uint64_t)result, k) <==> bit((uint64_t)closed, k)); */
	return result;
}

#define GRANT_BIT 8u
#define CLOSED_BIT 15u
_Static_assert(RIGHT_GRANT == 1u << GRANT_BIT && CAP_CLOSED == 1u << CLOSED_BIT, "bits by number");

/* ---- consistency of one slot ---- */

static bool is_live(uint32_t index)
{
	return index < CAP_MAX && cap_table[index].generation % 2u == 1u;
}

static bool parent_ok(uint32_t index)
{
	uint32_t parent = cap_table[index].parent;
	if (parent == NONE)
		return true;
	return is_live(parent) && cap_table[parent].type == cap_table[index].type &&
	       cap_table[parent].object == cap_table[index].object &&
	       cap_table[parent].object_generation == cap_table[index].object_generation &&
	       rights_within(cap_table[index].rights & RIGHTS_ALL, cap_table[parent].rights) &&
	       cap_table[parent].depth < cap_table[index].depth;
}

static bool previous_ok(uint32_t index)
{
	uint32_t parent = cap_table[index].parent;
	uint32_t previous = cap_table[index].previous_sibling;
	if (previous == NONE)
		return parent == NONE || cap_table[parent].first_child == index;
	return parent != NONE && is_live(previous) && cap_table[previous].next_sibling == index &&
	       cap_table[previous].parent == parent;
}

static bool next_ok(uint32_t index)
{
	uint32_t next = cap_table[index].next_sibling;
	if (next == NONE)
		return true;
	return is_live(next) && cap_table[next].previous_sibling == index &&
	       cap_table[next].parent == cap_table[index].parent;
}

static bool child_ok(uint32_t index)
{
	uint32_t child = cap_table[index].first_child;
	if (child == NONE)
		return true;
	return is_live(child) && cap_table[child].parent == index &&
	       cap_table[child].previous_sibling == NONE;
}

bool cap_slot_ok(uint32_t index)
{
	if (!is_live(index))
		return true;
	return parent_ok(index) && previous_ok(index) && next_ok(index) && child_ok(index) &&
	       cap_table[index].depth <= CAP_DEPTH_MAX;
}

/* ---- the decision ---- */

status_t cap_derive_check(uint32_t index, uint32_t rights, uint64_t badge)
{
	if (rights > RIGHTS_ALL || !rights_has(cap_table[index].rights, GRANT_BIT) ||
	    !rights_within(rights, cap_table[index].rights))
		return STATUS_DENIED;
	if (badge != 0 && cap_table[index].badge != 0 && badge != cap_table[index].badge)
		return STATUS_DENIED;
	if (rights_has(cap_table[index].rights, CLOSED_BIT))
		return STATUS_REVOKED;
	return cap_table[index].depth < CAP_DEPTH_MAX ? STATUS_OK : STATUS_TABLE_FULL;
}

/* ---- the steps ---- */

/* Readers take no lock: the generation makes the rest visible, so it is written last. */
void cap_tree_root(uint32_t index, uint8_t type, uint32_t object, uint32_t object_generation,
                   uint16_t rights, uint8_t depth, uint64_t badge)
{
	/*@ assert unfolded: \forall integer i; 0 <= i < CAP_MAX ==>
	      cap_slot_ok(i) && cap_rank[i] <= cap_clock &&
	      (cap_live(i) ==> cap_parent_ok(i) && cap_first_ok(i) && cap_previous_ok(i) && cap_next_ok(i) &&
	       cap_child_ok(i)); */
	cap_table[index].rights = rights;
	cap_table[index].type = type;
	cap_table[index].depth = depth;
	cap_table[index].object = object;
	cap_table[index].object_generation = object_generation;
	cap_table[index].badge = badge;
	cap_table[index].parent = NONE;
	cap_table[index].first_child = NONE;
	cap_table[index].next_sibling = NONE;
	cap_table[index].previous_sibling = NONE;
	CC_STORE_RELEASE(&cap_table[index].generation, cap_table[index].generation + 1u);
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) ==> cap_parent_ok(i); */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) ==> cap_first_ok(i); */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) ==> cap_previous_ok(i); */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) ==> cap_next_ok(i); */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) ==> cap_child_ok(i); */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX ==> cap_rank[i] <= cap_clock; */
}

/* The two writers of links. Their contracts say which links change, and in which slots, so that the proofs
 * of the steps need not look at the stores. */

/*@ requires child < CAP_MAX && parent < CAP_MAX && child != parent;
    requires next == NONE || (next < CAP_MAX && next != child && next != parent);
    assigns cap_table[0 .. CAP_MAX - 1];
    ensures cap_identities_kept{Pre, Here} && cap_lives_kept{Pre, Here} && cap_fits_kept{Pre, Here};
    ensures cap_table[child].parent == parent && cap_table[child].next_sibling == next &&
            cap_table[parent].first_child == child;
    ensures next != NONE ==> cap_table[next].previous_sibling == child;
    ensures \forall integer i; 0 <= i < CAP_MAX && i != child ==>
      cap_table[i].parent == \old(cap_table[i].parent) &&
      cap_table[i].next_sibling == \old(cap_table[i].next_sibling);
    ensures \forall integer i; 0 <= i < CAP_MAX && i != next ==>
      cap_table[i].previous_sibling == \old(cap_table[i].previous_sibling);
    ensures \forall integer i; 0 <= i < CAP_MAX && i != parent ==>
      cap_table[i].first_child == \old(cap_table[i].first_child); */
static void links_insert(uint32_t child, uint32_t parent, uint32_t next)
{
	cap_table[child].parent = parent;
	cap_table[child].next_sibling = next;
	cap_table[parent].first_child = child;
	if (next != NONE)
		cap_table[next].previous_sibling = child;
}

/*@ requires child < CAP_MAX && parent < CAP_MAX && child != parent;
    requires next == NONE || (next < CAP_MAX && next != child);
    requires previous == NONE || (previous < CAP_MAX && previous != child);
    assigns cap_table[0 .. CAP_MAX - 1];
    ensures cap_identities_kept{Pre, Here} && cap_lives_kept{Pre, Here} && cap_fits_kept{Pre, Here};
    ensures cap_alone(child);
    ensures next != NONE ==> cap_table[next].previous_sibling == previous;
    ensures previous != NONE ==> cap_table[previous].next_sibling == next;
    ensures previous == NONE ==> cap_table[parent].first_child == next;
    ensures \forall integer i; 0 <= i < CAP_MAX && i != child ==>
      cap_table[i].parent == \old(cap_table[i].parent);
    ensures \forall integer i; 0 <= i < CAP_MAX && i != child && i != previous ==>
      cap_table[i].next_sibling == \old(cap_table[i].next_sibling);
    ensures \forall integer i; 0 <= i < CAP_MAX && i != child && i != next ==>
      cap_table[i].previous_sibling == \old(cap_table[i].previous_sibling);
    ensures \forall integer i; 0 <= i < CAP_MAX && (i != parent || previous != NONE) ==>
      cap_table[i].first_child == \old(cap_table[i].first_child); */
static void links_remove(uint32_t child, uint32_t parent, uint32_t previous, uint32_t next)
{
	if (previous == NONE)
		cap_table[parent].first_child = next;
	else
		cap_table[previous].next_sibling = next;
	if (next != NONE)
		cap_table[next].previous_sibling = previous;
	cap_table[child].parent = NONE;
	cap_table[child].next_sibling = NONE;
	cap_table[child].previous_sibling = NONE;
}

void cap_tree_link(uint32_t child, uint32_t parent)
{
	uint32_t next = cap_table[parent].first_child;

	/*@ assert cap_slot_ok(child) && cap_slot_ok(parent); */
	/*@ assert distinct: child != parent && next != child && next != parent; */
	/*@ assert next != NONE ==> cap_slot_ok(next); */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) ==> cap_table[i].next_sibling != child &&
	      cap_table[i].previous_sibling != child && cap_table[i].first_child != child; */
	/*@ assert next != NONE ==> \forall integer i; 0 <= i < CAP_MAX && cap_live(i) ==>
	      cap_table[i].next_sibling != next && (cap_table[i].first_child == next ==> i == parent); */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) && cap_table[i].parent == parent &&
	      cap_table[i].previous_sibling == NONE ==> i == next; */
	/*@ assert unfolded: \forall integer i; 0 <= i < CAP_MAX ==>
	      cap_slot_ok(i) && cap_rank[i] <= cap_clock &&
	      (cap_live(i) ==> cap_parent_ok(i) && cap_first_ok(i) && cap_previous_ok(i) && cap_next_ok(i) &&
	       cap_child_ok(i)); */
	links_insert(child, parent, next);
	/*@ ghost cap_clock = cap_clock + 1; */
	/*@ ghost cap_rank[child] = cap_clock; */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) ==> cap_parent_ok(i); */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) ==> cap_first_ok(i); */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) ==> cap_previous_ok(i); */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) ==> cap_next_ok(i); */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) ==> cap_child_ok(i); */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX ==> cap_rank[i] <= cap_clock; */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) ==>
	      cap_table[i].depth <= CAP_DEPTH_MAX && cap_table[i].generation < GENERATION_RETIRED; */
}

void cap_tree_unlink(uint32_t child)
{
	uint32_t parent = cap_table[child].parent;
	uint32_t next = cap_table[child].next_sibling;
	uint32_t previous = cap_table[child].previous_sibling;

	/*@ assert cap_slot_ok(child); */
	if (parent == NONE)
		return;
	/*@ assert next != NONE ==> cap_slot_ok(next); */
	/*@ assert previous != NONE ==> cap_slot_ok(previous); */
	/*@ assert distinct: child != parent && next != child && next != parent && previous != child &&
	      previous != parent && (next != NONE ==> next != previous); */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) && cap_table[i].next_sibling == child ==>
	      i == previous; */
	/*@ assert next != NONE ==> \forall integer i; 0 <= i < CAP_MAX && cap_live(i) &&
	      cap_table[i].next_sibling == next ==> i == child; */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) && cap_table[i].previous_sibling == child ==>
	      i == next; */
	/*@ assert previous != NONE ==> \forall integer i; 0 <= i < CAP_MAX && cap_live(i) &&
	      cap_table[i].previous_sibling == previous ==> i == child; */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) && cap_table[i].first_child == child ==>
	      i == parent && previous == NONE; */
	/*@ assert previous == NONE ==> \forall integer i; 0 <= i < CAP_MAX && cap_live(i) && i != child &&
	      cap_table[i].parent == parent ==> cap_table[i].previous_sibling != NONE; */
	/*@ assert unfolded: \forall integer i; 0 <= i < CAP_MAX ==>
	      cap_slot_ok(i) && cap_rank[i] <= cap_clock &&
	      (cap_live(i) ==> cap_parent_ok(i) && cap_first_ok(i) && cap_previous_ok(i) && cap_next_ok(i) &&
	       cap_child_ok(i)); */
	links_remove(child, parent, previous, next);
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) ==> cap_parent_ok(i); */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) ==> cap_first_ok(i); */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) ==> cap_previous_ok(i); */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) ==> cap_next_ok(i); */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) ==> cap_child_ok(i); */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX ==> cap_rank[i] <= cap_clock; */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) ==>
	      cap_table[i].depth <= CAP_DEPTH_MAX && cap_table[i].generation < GENERATION_RETIRED; */
}

/* Whoever has a parent is in its parent's list: going back along the list, the rank grows, so it ends. */
/*@ ghost
    /@ requires cap_table_ok && index < CAP_MAX && cap_live(index) && cap_table[index].parent != NONE;
       assigns \nothing;
       ensures cap_table[cap_table[index].parent].first_child != NONE; @/
    void cap_listed(uint32_t index)
    {
      uint32_t at = index;
      /@ loop invariant at < CAP_MAX && cap_live(at) && cap_table[at].parent == cap_table[index].parent;
         loop assigns at;
         loop variant cap_clock - cap_rank[at]; @/
      while (cap_table[at].previous_sibling != NONE)
        at = cap_table[at].previous_sibling;
    }
*/

/*@ ghost
    /@ requires cap_table_ok && index < CAP_MAX && cap_live(index) && cap_table[index].first_child == NONE;
       assigns \nothing;
       ensures cap_childless(index); @/
    void cap_listed_all(uint32_t index)
    {
      uint32_t i = 0;
      /@ loop invariant 0 <= i <= CAP_MAX;
         loop invariant \forall integer k; 0 <= k < i && cap_live(k) ==> cap_table[k].parent != index;
         loop assigns i;
         loop variant CAP_MAX - i; @/
      while (i < CAP_MAX) {
        if (cap_table[i].generation % 2 == 1 && cap_table[i].parent == index)
          cap_listed(i);
        i++;
      }
    }
*/

/* Whoever is in a family and not its root has an ancestor that is a child of the root. */
/*@ ghost
    void cap_family_alone(void)
    {
      uint32_t i = 0;
      cap_listed_all(cap_family_root);
      /@ loop invariant 0 <= i <= CAP_MAX;
         loop invariant \forall integer k; 0 <= k < i && cap_live(k) && cap_family[k] != 0 ==> k == cap_family_root;
         loop assigns i;
         loop variant CAP_MAX - i; @/
      while (i < CAP_MAX) {
        if (cap_table[i].generation % 2 == 1 && cap_family[i] != 0 && i != cap_family_root) {
          uint32_t at = i;
          /@ loop invariant at < CAP_MAX && cap_live(at) && cap_family[at] != 0 && at != cap_family_root;
             loop assigns at;
             loop variant cap_table[at].depth; @/
          while (cap_table[at].parent != cap_family_root)
            at = cap_table[at].parent;
        }
        i++;
      }
    }
*/

void cap_tree_kill(uint32_t index)
{
	/*@ assert cap_slot_ok(index); */
	/*@ assert unfolded: \forall integer i; 0 <= i < CAP_MAX ==>
	      cap_slot_ok(i) && cap_rank[i] <= cap_clock &&
	      (cap_live(i) ==> cap_parent_ok(i) && cap_first_ok(i) && cap_previous_ok(i) && cap_next_ok(i) &&
	       cap_child_ok(i)); */
	/*@ ghost cap_listed_all(index); */
	/*@ assert nobody: \forall integer i; 0 <= i < CAP_MAX && cap_live(i) ==>
	      cap_table[i].parent != index && cap_table[i].first_child != index &&
	      cap_table[i].next_sibling != index && cap_table[i].previous_sibling != index; */
	CC_STORE_RELEASE(&cap_table[index].generation, cap_table[index].generation + 1u);
}

bool cap_tree_hand_over(uint32_t from, uint32_t to, uint32_t limit)
{
	/*@ loop invariant 0 <= moved <= limit;
	    loop invariant ok: cap_table_ok;
	    loop invariant kept: cap_identities_kept{Pre, Here};
	    loop invariant clock: cap_clock <= \at(cap_clock, Pre) + moved;
	    loop invariant to_stays: to != NONE ==> cap_table[to].parent == \at(cap_table[to].parent, Pre);
	    loop invariant progress: moved > 0 ==>
	      \at(cap_table[from].first_child, Pre) != NONE &&
	      cap_table[\at(cap_table[from].first_child, Pre)].parent == to;
	    loop invariant first: moved == 0 ==>
	      cap_table[from].first_child == \at(cap_table[from].first_child, Pre);
	    loop invariant where: \forall integer i; 0 <= i < CAP_MAX ==>
	      cap_table[i].parent == \at(cap_table[i].parent, Pre) ||
	      (\at(cap_table[i].parent, Pre) == from && cap_table[i].parent == to);
	    loop assigns moved, cap_table[0 .. CAP_MAX - 1], cap_rank[0 .. CAP_MAX - 1], cap_clock;
	    loop variant limit - moved; */
	for (uint32_t moved = 0; moved < limit; moved++) {
		uint32_t child = cap_table[from].first_child;
		if (child == NONE)
			break;
		/*@ assert was: cap_table[child].parent == from && \let slot = child; \at(cap_table[slot].parent, Pre) == from; */
		cap_tree_unlink(child);
		if (to != NONE)
			cap_tree_link(child, to);
		/*@ assert others: \forall integer i; 0 <= i < CAP_MAX && i != child ==>
		      cap_table[i].parent == \at(cap_table[i].parent, LoopCurrent); */
		/*@ assert moved: cap_table[child].parent == to; */
	}
	if (cap_table[from].first_child != NONE)
		return false;
	/*@ ghost cap_listed_all(from); */
	return true;
}

/*@ requires cap_table_ok && index < CAP_MAX && cap_live(index);
    assigns cap_table[index].rights;
    ensures ok: cap_table_ok; */
static void cap_close(uint32_t index)
{
	uint16_t rights = rights_closed(cap_table[index].rights);
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) && cap_table[i].parent == index ==>
	      cap_subset(cap_table[i].rights, rights); */
	/*@ assert cap_table[index].parent != NONE ==>
	      cap_subset(rights, cap_table[cap_table[index].parent].rights); */
	/*@ assert unfolded: \forall integer i; 0 <= i < CAP_MAX ==>
	      cap_slot_ok(i) && cap_rank[i] <= cap_clock &&
	      (cap_live(i) ==> cap_parent_ok(i) && cap_first_ok(i) && cap_previous_ok(i) && cap_next_ok(i) &&
	       cap_child_ok(i)); */
	cap_table[index].rights = rights;
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) ==> cap_parent_ok(i); */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) ==> cap_first_ok(i); */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) ==> cap_previous_ok(i); */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) ==> cap_next_ok(i); */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX && cap_live(i) ==> cap_child_ok(i); */
	/*@ assert \forall integer i; 0 <= i < CAP_MAX ==> cap_rank[i] <= cap_clock; */
}

uint32_t cap_tree_leaf(uint32_t top, uint32_t root)
{
	uint32_t at = top;

	/*@ loop invariant at < CAP_MAX && cap_live(at);
	    loop invariant ok: cap_table_ok;
	    loop invariant below: cap_same_object(at, top) && (at == top ||
	      (cap_table[at].parent != NONE && cap_table[top].depth < cap_table[at].depth));
	    loop invariant links: \forall integer i; 0 <= i < CAP_MAX ==>
	      cap_table[i].parent == \at(cap_table[i].parent, Pre) &&
	      cap_table[i].first_child == \at(cap_table[i].first_child, Pre) &&
	      cap_table[i].generation == \at(cap_table[i].generation, Pre);
	    loop invariant family: \at(cap_family_ok, Pre) && cap_family[top] != 0 ==> cap_family[at] != 0;
	    loop invariant open: root < CAP_MAX ==> cap_table[root].rights == \at(cap_table[root].rights, Pre);
	    loop assigns at, cap_table[0 .. CAP_MAX - 1];
	    loop variant CAP_DEPTH_MAX - cap_table[at].depth; */
	while (cap_table[at].first_child != NONE) {
		if (at != root)
			cap_close(at);
		at = cap_table[at].first_child;
	}
	return at;
}
