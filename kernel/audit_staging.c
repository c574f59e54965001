/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Staging and the way into the ring: see audit_staging.h. Indices, not pointers: so it is proved. */
#include <kernel/audit_staging.h>

struct audit_staging audit_staging[CPU_MAX];
struct audit_header *audit_header;
struct audit_event *audit_pages[AUDIT_PAGES];

uint32_t audit_staging_room(uint32_t cpu)
{
	return audit_room(audit_staging[cpu].staged, CC_LOAD_ACQUIRE(&audit_staging[cpu].drained));
}

void audit_stage(uint32_t cpu, const struct audit_event *event, uint64_t now_ns)
{
	const uint32_t place = audit_staging_place(audit_staging[cpu].staged);
	struct audit_event numbered = *event;

	numbered.cpu = (uint16_t)cpu;
	numbered.sequence = audit_staging[cpu].sequence;
	numbered.time_ns = now_ns;
	audit_staging[cpu].sequence = audit_after(numbered.sequence, 1);
	audit_staged[cpu].event[place] = numbered;
	/*@ ghost
	  uint32_t waiting = (uint32_t)((AUDIT_WRAP + audit_staging[cpu].staged - audit_staging[cpu].drained) % AUDIT_WRAP);
	  uint32_t at = 0;
	  /@ assert place == (audit_staging[cpu].drained + waiting) % AUDIT_STAGED_MAX; @/
	  /@ loop invariant 0 <= at <= waiting;
	     loop invariant audit_told(audit_staged[cpu], audit_staging[cpu].drained, at) ==
	       audit_told(\at(audit_staged[cpu], Pre), audit_staging[cpu].drained, at);
	     loop assigns at;
	     loop variant waiting - at; @/
	  while (at < waiting) {
	    /@ assert place != (audit_staging[cpu].drained + at) % AUDIT_STAGED_MAX; @/
	    at++;
	  }
	*/
	CC_STORE_RELEASE(&audit_staging[cpu].staged, audit_after(audit_staging[cpu].staged, 1));
	//@ assert audit_queued(cpu) == waiting + 1;
}

void audit_drop(uint32_t cpu)
{
	audit_staging[cpu].dropped++;
}

void audit_stage_dropped(uint32_t cpu, uint64_t now_ns)
{
	const struct audit_event event = {
		.kind = AUDIT_DROPPED, .object = cpu, .arguments = {audit_staging[cpu].dropped}};

	audit_staging[cpu].sequence =
		audit_after(audit_staging[cpu].sequence, (uint32_t)(audit_staging[cpu].dropped % AUDIT_WRAP));
	audit_staging[cpu].dropped = 0;
	audit_stage(cpu, &event, now_ns);
}

/* The reader's rule needs `produced` visible before any event after it, and after every event before it. */
uint32_t audit_drain(uint32_t cpu)
{
	const uint32_t drained = audit_staging[cpu].drained;
	const uint32_t count = audit_waiting(CC_LOAD_ACQUIRE(&audit_staging[cpu].staged), drained);
	const uint64_t number = audit_header->produced;

	/*@ ghost
	  uint32_t at = 0;
	  /@ loop invariant 0 <= at <= count;
	     loop invariant \forall integer i; 0 <= i <= at ==>
	       0 <= audit_told(audit_staged[cpu], drained, i) <= audit_told(audit_staged[cpu], drained, at);
	     loop assigns at;
	     loop variant count - at; @/
	  while (at < count) { at++; }
	*/
	/*@ loop invariant 0 <= i <= count;
	    loop invariant audit_header->dropped ==
	      \at(audit_header->dropped, Pre) + audit_told(audit_staged[cpu], drained, i);
	    loop assigns i, audit_header->dropped, audit_pages[0 .. AUDIT_PAGES - 1][0 .. AUDIT_PAGE_EVENTS - 1];
	    loop variant count - i; */
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t place = audit_staging_place(audit_after(drained, i));
		const struct audit_event event = audit_staged[cpu].event[place];

		audit_pages[audit_page(number + i)][audit_place(number + i)] = event;
		//@ assert place == (drained + i) % AUDIT_STAGED_MAX;
		//@ assert audit_told(audit_staged[cpu], drained, i + 1) <= audit_told(audit_staged[cpu], drained, count);
		if (event.kind == AUDIT_DROPPED)
			audit_header->dropped += event.arguments[0];
	}
	CC_STORE_RELEASE(&audit_header->produced, number + count);
	CC_FENCE_RELEASE();
	//@ assert (drained + count) % AUDIT_WRAP == audit_staging[cpu].staged;
	CC_STORE_RELEASE(&audit_staging[cpu].drained, audit_after(drained, count));
	return count;
}
