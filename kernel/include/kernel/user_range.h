/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The one test that every address a program names goes through. Pure; proved. */
#pragma once
#include <abi/types.h>

/*@ predicate in_user(integer address, integer bytes) =
      USER_BASE <= address && address + bytes <= USER_LIMIT; */

/* [address, address + bytes) lies where programs live. */
/*@ assigns \nothing;
    ensures exact: \result <==> in_user(address, bytes); */
CC_INLINE bool user_range_ok(uint64_t address, uint64_t bytes)
{
	return address >= USER_BASE && address <= USER_LIMIT && bytes <= USER_LIMIT - address;
}

/* `pages` whole pages, at least one, from a page boundary. */
/*@ assigns \nothing;
    ensures exact: \result <==>
      address % PAGE_SIZE == 0 && pages > 0 && in_user(address, pages * PAGE_SIZE); */
CC_INLINE bool user_pages_ok(uint64_t address, uint64_t pages)
{
	return address % PAGE_SIZE == 0 && pages > 0 && pages <= USER_LIMIT / PAGE_SIZE &&
	       user_range_ok(address, pages * PAGE_SIZE);
}
