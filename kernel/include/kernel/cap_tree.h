/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The derivation tree over the capability table: which capability was derived
 * from which. Parent, first-child and sibling links, every one of which can be
 * checked from its own slot (cap_slot_ok), so that each step below is proved to
 * keep the whole table consistent, whatever its size.
 *
 * Pure: no locks (the caller holds cap_lock), no objects, no processes. Every
 * change of the tree is made of two: a root is hung under a parent, a child is
 * unhung and becomes a root. Only childless roots die.
 */
#pragma once
#include <abi/cap.h>
#include <abi/status.h>
#include <kernel/limits.h>
#include <lib/bitops.h>

struct cap {
	uint32_t generation;        /* [a] part of the handle; odd: live. Bumped at birth and at death */
	uint16_t rights;            /* [c while live] RIGHT_*, and CAP_CLOSED [C] */
	uint8_t type;               /* [c while live] enum object_type */
	uint8_t depth;              /* [c while live] derivations from the object's first capability */
	uint32_t object;            /* [c while live] slot */
	uint32_t object_generation; /* [c while live] */
	uint64_t badge;             /* [c while live] */
	uint32_t parent;            /* [C] indices into cap_table, or NONE */
	uint32_t first_child;       /* [C] */
	uint32_t next_sibling;      /* [C] also the free list of the window */
	uint32_t previous_sibling;  /* [C] NONE: first child */
};
#define CAP_DEPTH_MAX 250u
/* In `rights`: a revocation of an ancestor has reached it, nothing is derived from it any more. */
#define CAP_CLOSED 0x8000u
_Static_assert(sizeof(struct cap) == 40, "struct cap is compact");

extern struct cap cap_table[CAP_MAX] CC_FAR;

/* For the proof alone: the order in which capabilities were hung up. It falls along a list of siblings, so no
 * list is a ring, and every child is reached from its parent. */
/*@ ghost extern uint64_t cap_rank[CAP_MAX]; */
/*@ ghost extern uint64_t cap_clock; */
/* Likewise: a capability and all that is below it, as a set (cap_family_ok). Nobody writes it, so what is proved of
 * it holds of every capability. */
/*@ ghost extern uint8_t cap_family[CAP_MAX]; */
/*@ ghost extern uint32_t cap_family_root; */

/*@ predicate cap_live{L}(integer i) = cap_table[i].generation % 2 == 1;

    predicate cap_subset(integer a, integer b) =
      \forall integer k; 0 <= k < 11 ==> bit((uint64_t)a, k) ==> bit((uint64_t)b, k);

    predicate cap_same_object{L}(integer a, integer b) =
      cap_table[a].type == cap_table[b].type && cap_table[a].object == cap_table[b].object &&
      cap_table[a].object_generation == cap_table[b].object_generation;

    // may c hang under p?
    predicate cap_fits{L}(integer c, integer p) =
      cap_same_object(c, p) && cap_subset(cap_table[c].rights, cap_table[p].rights) &&
      cap_table[p].depth < cap_table[c].depth;

    predicate cap_parent_ok{L}(integer i) =
      cap_table[i].parent != NONE ==>
        cap_table[i].parent < CAP_MAX && cap_live(cap_table[i].parent) && cap_fits(i, cap_table[i].parent);

    predicate cap_first_ok{L}(integer i) =
      cap_table[i].previous_sibling == NONE ==>
        cap_table[i].parent != NONE ==> cap_table[cap_table[i].parent].first_child == i;

    predicate cap_previous_ok{L}(integer i) =
      cap_table[i].previous_sibling != NONE ==>
        cap_table[i].parent != NONE && cap_table[i].previous_sibling < CAP_MAX &&
        cap_live(cap_table[i].previous_sibling) &&
        cap_table[cap_table[i].previous_sibling].next_sibling == i &&
        cap_table[cap_table[i].previous_sibling].parent == cap_table[i].parent &&
        cap_rank[i] < cap_rank[cap_table[i].previous_sibling];

    predicate cap_next_ok{L}(integer i) =
      cap_table[i].next_sibling != NONE ==>
        cap_table[i].next_sibling < CAP_MAX && cap_live(cap_table[i].next_sibling) &&
        cap_table[cap_table[i].next_sibling].previous_sibling == i &&
        cap_table[cap_table[i].next_sibling].parent == cap_table[i].parent;

    predicate cap_child_ok{L}(integer i) =
      cap_table[i].first_child != NONE ==>
        cap_table[i].first_child < CAP_MAX && cap_live(cap_table[i].first_child) &&
        cap_table[cap_table[i].first_child].parent == i &&
        cap_table[cap_table[i].first_child].previous_sibling == NONE;

    predicate cap_slot_ok{L}(integer i) =
      cap_rank[i] <= cap_clock &&
      (cap_live(i) ==>
        cap_parent_ok(i) && cap_first_ok(i) && cap_previous_ok(i) && cap_next_ok(i) && cap_child_ok(i) &&
        cap_table[i].depth <= CAP_DEPTH_MAX && cap_table[i].generation < GENERATION_RETIRED);

    predicate cap_table_ok{L} = \forall integer i; 0 <= i < CAP_MAX ==> cap_slot_ok(i);

    predicate cap_alone{L}(integer i) =
      cap_table[i].parent == NONE && cap_table[i].next_sibling == NONE &&
      cap_table[i].previous_sibling == NONE;

    // nobody calls i its parent
    predicate cap_childless{L}(integer i) =
      \forall integer k; 0 <= k < CAP_MAX && cap_live(k) ==> cap_table[k].parent != i;

    // the family is its root, and whoever has a parent in it: since depth falls on the way up, no other set is
    predicate cap_family_ok{L} =
      \forall integer i; 0 <= i < CAP_MAX && cap_live(i) ==>
        (cap_family[i] != 0 <==> i == cap_family_root ||
          (cap_table[i].parent != NONE && cap_family[cap_table[i].parent] != 0));

    predicate cap_family_gone{L} =
      \forall integer i; 0 <= i < CAP_MAX && cap_live(i) && cap_family[i] != 0 ==> i == cap_family_root;

    // whoever is dead by now was of the family; nobody was born, and who lives is whose child it was
    predicate cap_removed{K, L} =
      \forall integer i; 0 <= i < CAP_MAX ==>
        (cap_live{L}(i) ==> cap_live{K}(i) && \at(cap_table[i].parent, L) == \at(cap_table[i].parent, K) &&
          \at(cap_table[i].generation, L) == \at(cap_table[i].generation, K)) &&
        (cap_live{K}(i) && !cap_live{L}(i) ==> \at(cap_family[i], K) != 0);

    predicate cap_identity_kept{K, L}(integer i) =
      \at(cap_table[i].generation, L) == \at(cap_table[i].generation, K) &&
      \at(cap_table[i].rights, L) == \at(cap_table[i].rights, K) &&
      \at(cap_table[i].type, L) == \at(cap_table[i].type, K) &&
      \at(cap_table[i].depth, L) == \at(cap_table[i].depth, K) &&
      \at(cap_table[i].object, L) == \at(cap_table[i].object, K) &&
      \at(cap_table[i].object_generation, L) == \at(cap_table[i].object_generation, K) &&
      \at(cap_table[i].badge, L) == \at(cap_table[i].badge, K);

    predicate cap_identities_kept{K, L} =
      \forall integer i; 0 <= i < CAP_MAX ==> cap_identity_kept{K, L}(i);

    predicate cap_lives_kept{K, L} =
      \forall integer i; 0 <= i < CAP_MAX ==> (cap_live{K}(i) <==> cap_live{L}(i));

    predicate cap_fits_kept{K, L} =
      \forall integer i, j; 0 <= i < CAP_MAX && 0 <= j < CAP_MAX ==> (cap_fits{K}(i, j) ==> cap_fits{L}(i, j));

    predicate cap_parents_kept_but{K, L}(integer c) =
      \forall integer i; 0 <= i < CAP_MAX && i != c ==>
        \at(cap_table[i].parent, L) == \at(cap_table[i].parent, K);
*/

/* Are these rights among those? */
/*@ assigns \nothing;
    ensures \result ==> cap_subset(a, b); */
CC_INLINE bool rights_within(uint32_t a, uint32_t b)
{
	uint32_t missing = a & ~b;
	/*@ assert \forall integer k; 0 <= k < 32 ==>
	      (bit((uint64_t)missing, k) <==> bit((uint64_t)a, k) && !bit((uint64_t)b, k)); */
	return missing == 0u;
}

/* Is what the links of this slot say true? The predicate cap_slot_ok without its ghosts, for debug builds and
 * tests. */
bool cap_slot_ok(uint32_t index);

/* May this be derived? OK; DENIED: no RIGHT_GRANT, a right the source lacks, or a badge that is already set;
 * REVOKED: a revocation has reached the source; TABLE_FULL: derived too many times over. */
/*@ requires index < CAP_MAX;
    assigns \nothing;
    ensures no_escalation: \result == STATUS_OK ==> cap_subset(rights, cap_table[index].rights);
    ensures authority: \result == STATUS_OK ==> bit((uint64_t)cap_table[index].rights, 8);
    ensures not_closed: \result == STATUS_OK ==> !bit((uint64_t)cap_table[index].rights, 15);
    ensures bounded: \result == STATUS_OK ==>
      rights <= RIGHTS_ALL && cap_table[index].depth < CAP_DEPTH_MAX;
    ensures badge_kept: \result == STATUS_OK ==>
      badge == 0 || cap_table[index].badge == 0 || badge == cap_table[index].badge; */
CC_NODISCARD status_t cap_derive_check(uint32_t index, uint32_t rights, uint64_t badge);

/* A free slot becomes the first capability of an object: live, a childless root. */
/*@ requires cap_table_ok && index < CAP_MAX && !cap_live(index);
    requires cap_table[index].generation < GENERATION_RETIRED && depth <= CAP_DEPTH_MAX;
    assigns cap_table[index];
    ensures ok: cap_table_ok;
    ensures root: cap_live(index) && cap_alone(index) && cap_table[index].first_child == NONE;
    ensures fresh: cap_table[index].generation == \old(cap_table[index].generation) + 1;
    ensures is: cap_table[index].type == type && cap_table[index].object == object &&
            cap_table[index].object_generation == object_generation && cap_table[index].badge == badge &&
            cap_table[index].rights == rights && cap_table[index].depth == depth; */
void cap_tree_root(uint32_t index, uint8_t type, uint32_t object, uint32_t object_generation,
                   uint16_t rights, uint8_t depth, uint64_t badge);

/* A root becomes the first child of `parent`. */
/*@ requires cap_table_ok && child < CAP_MAX && parent < CAP_MAX;
    requires cap_live(child) && cap_live(parent) && cap_alone(child) && cap_fits(child, parent);
    requires cap_clock < UINT64_MAX;
    assigns cap_table[0 .. CAP_MAX - 1], cap_rank[child], cap_clock;
    ensures ok: cap_table_ok;
    ensures kept: cap_identities_kept{Pre, Here};
    ensures hung: cap_table[child].parent == parent && cap_table[parent].first_child == child;
    ensures others: cap_parents_kept_but{Pre, Here}(child);
    ensures others_children: \forall integer i; 0 <= i < CAP_MAX && i != parent ==>
      cap_table[i].first_child == \old(cap_table[i].first_child);
    ensures clock: cap_clock == \old(cap_clock) + 1; */
void cap_tree_link(uint32_t child, uint32_t parent);

/* A child, with all that is below it, becomes a root. */
/*@ requires cap_table_ok && child < CAP_MAX && cap_live(child);
    assigns cap_table[0 .. CAP_MAX - 1];
    ensures ok: cap_table_ok;
    ensures kept: cap_identities_kept{Pre, Here};
    ensures alone: cap_alone(child);
    ensures others: cap_parents_kept_but{Pre, Here}(child);
    ensures children: \forall integer i; 0 <= i < CAP_MAX && i != \old(cap_table[child].parent) ==>
      cap_table[i].first_child == \old(cap_table[i].first_child); */
void cap_tree_unlink(uint32_t child);

/* A childless root dies: its slot is free, its handle stale. */
/*@ requires cap_table_ok && index < CAP_MAX && cap_live(index) && cap_alone(index);
    requires cap_table[index].first_child == NONE;
    assigns cap_table[index].generation;
    ensures ok: cap_table_ok;
    ensures dead: !cap_live(index);
    ensures stale: cap_table[index].generation == \old(cap_table[index].generation) + 1; */
void cap_tree_kill(uint32_t index);

/* Hand up to `limit` children of `from` over to `to` (NONE: they become roots). True: none is left. */
/*@ requires cap_table_ok && from < CAP_MAX && cap_live(from) && to != from;
    requires to != NONE ==> to < CAP_MAX && cap_live(to) && cap_same_object(from, to) &&
      cap_subset(cap_table[from].rights, cap_table[to].rights) &&
      cap_table[to].depth <= cap_table[from].depth && cap_table[to].parent != from;
    requires cap_clock <= UINT64_MAX - limit;
    assigns cap_table[0 .. CAP_MAX - 1], cap_rank[0 .. CAP_MAX - 1], cap_clock;
    ensures ok: cap_table_ok;
    ensures kept: cap_identities_kept{Pre, Here};
    ensures all: \result <==> cap_table[from].first_child == NONE;
    ensures progress: limit > 0 && \old(cap_table[from].first_child) != NONE ==>
      cap_table[\old(cap_table[from].first_child)].parent == to;
    ensures none_left: \result ==> cap_childless(from);
    ensures where: \forall integer i; 0 <= i < CAP_MAX ==>
      cap_table[i].parent == \old(cap_table[i].parent) ||
      (\old(cap_table[i].parent) == from && cap_table[i].parent == to); */
bool cap_tree_hand_over(uint32_t from, uint32_t to, uint32_t limit);

/* The first childless capability at or below `top`, closing (CAP_CLOSED) every one on the way but `root`. */
/*@ requires cap_table_ok && top < CAP_MAX && cap_live(top);
    assigns cap_table[0 .. CAP_MAX - 1];
    ensures ok: cap_table_ok;
    ensures leaf: \result < CAP_MAX && cap_live(\result) && cap_table[\result].first_child == NONE;
    ensures below: cap_same_object(\result, top) && (\result == top ||
      (cap_table[\result].parent != NONE && cap_table[top].depth < cap_table[\result].depth));
    ensures links: \forall integer i; 0 <= i < CAP_MAX ==>
      cap_table[i].parent == \old(cap_table[i].parent) &&
      cap_table[i].first_child == \old(cap_table[i].first_child) &&
      cap_table[i].generation == \old(cap_table[i].generation);
    ensures family: cap_family_ok{Pre} && cap_family[top] != 0 ==> cap_family_ok && cap_family[\result] != 0;
    ensures root_stays_open: root < CAP_MAX ==> cap_table[root].rights == \old(cap_table[root].rights); */
uint32_t cap_tree_leaf(uint32_t top, uint32_t root);

/* For the proof alone: a childless root of a family is all that is left of it. */
/*@ ghost
    /@ requires cap_table_ok && cap_family_ok && cap_family_root < CAP_MAX && cap_live(cap_family_root);
       requires cap_table[cap_family_root].first_child == NONE;
       assigns \nothing;
       ensures cap_family_gone; @/
    void cap_family_alone(void);
*/
