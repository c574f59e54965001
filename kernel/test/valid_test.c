/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The invariants themselves: each x_valid() is true of a kernel at work, false
 * as soon as one of the things it speaks of is wrong, and true again when that
 * is put right. An invariant that nothing can break would check nothing, in the
 * simulation as little as here.
 */
#include "harness.h"
#include <kernel/audit.h>
#include <kernel/irq.h>

static struct thread *server;
static struct thread *client;
static struct thread *third;
static handle_t receive;

static int setup(void **state)
{
	(void)state;
	harness_start(2);
	server = make_process(16);
	client = make_process(16);
	third = make_process(16);
	receive = make_endpoint(server, 4);
	return 0;
}

/* With another value in the field the invariant is broken; with its own it holds. */
#define BREAKS(invariant, field, wrong)                                                            \
	do {                                                                                       \
		__typeof__(field) was = (field);                                                   \
		assert_true(invariant);                                                            \
		(field) = (__typeof__(field))(wrong);                                              \
		assert_false(invariant);                                                           \
		(field) = was;                                                                     \
		assert_true(invariant);                                                            \
	} while (0)

/* What is free is of no interest, whatever is in it. */
#define IGNORED_WHEN_FREE(invariant, generation, field, wrong)                                     \
	do {                                                                                       \
		__typeof__(field) was = (field);                                                   \
		(generation)++;                                                                    \
		(field) = (__typeof__(field))(wrong);                                              \
		assert_true(invariant);                                                            \
		(generation)--;                                                                    \
		(field) = was;                                                                     \
	} while (0)

static uint64_t in_state(const struct thread *thread, enum thread_state state)
{
	return WAIT_WITH(thread->wait, state);
}

/* ---- threads and their queues ---- */

static void threads(void **state)
{
	(void)state;
	BREAKS(thread_valid(client), client->slot, client->slot + 1u);
	BREAKS(thread_valid(client), client->owner, process_of(server->process));
	BREAKS(thread_valid(client), client->window, server->window);
	BREAKS(thread_valid(client), client->priority, PRIORITY_COUNT);
	run(client);
	BREAKS(thread_valid(client), client->queue_cpu, 0);
	IGNORED_WHEN_FREE(thread_valid(client), client->object.generation, client->queue_cpu, 0);
	handle_t sends = share(server, receive, client, RIGHT_SEND, 0);
	assert_int_equal(SYS(client, call, sends, 8, 1, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(server, recv, receive, DEADLINE_NEVER), STATUS_OK);
	BREAKS(thread_valid(client), client->reply_holder, PROCESS_MAX);
}

/* Two wait to be received, one message is queued. */
static void endpoints(void **state)
{
	(void)state;
	struct endpoint *endpoint = endpoint_of(server, receive);
	handle_t sends = share(server, receive, client, RIGHT_SEND, 0);
	handle_t sends_2 = share(server, receive, third, RIGHT_SEND, 0);
	assert_int_equal(SYS(client, send, sends, 8, 1), STATUS_OK);
	assert_int_equal(SYS(client, call, sends, 8, 1, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(third, call, sends_2, 8, 1, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	BREAKS(endpoint_valid(endpoint), endpoint->queued_count, 2);
	BREAKS(endpoint_valid(endpoint), endpoint->queue_depth, 0);
	BREAKS(endpoint_valid(endpoint), queued_table[endpoint->queued_head].next, endpoint->queued_head); /* in a circle */
	BREAKS(endpoint_valid(endpoint), endpoint->sender_tail, thread_slot(client));
	BREAKS(endpoint_valid(endpoint), endpoint->sender_head, thread_slot(third));
	BREAKS(endpoint_valid(endpoint), client->wait, in_state(client, THREAD_REPLYING));
	BREAKS(endpoint_valid(endpoint), third->wait_object, client->wait_object + 1u);
	BREAKS(endpoint_valid(endpoint), third->previous, NONE);
	BREAKS(endpoint_valid(endpoint), endpoint->receiver_tail, thread_slot(server));
	BREAKS(endpoint_valid(endpoint), endpoint->receiver_head, thread_slot(client));
	IGNORED_WHEN_FREE(endpoint_valid(endpoint), endpoint->object.generation, endpoint->queued_count, 2);
}

/* Nobody both waits for a message and has one waiting. */
static void endpoint_with_receiver(void **state)
{
	(void)state;
	struct endpoint *endpoint = endpoint_of(server, receive);
	assert_int_equal(SYS(server, recv, receive, DEADLINE_NEVER), BLOCKED);
	BREAKS(endpoint_valid(endpoint), endpoint->sender_head, thread_slot(client));
	BREAKS(endpoint_valid(endpoint), server->wait, in_state(server, THREAD_READY));
	endpoint->queued_head = 0; /* and the count to go with it */
	queued_table[0].next = NONE;
	BREAKS(endpoint_valid(endpoint) || endpoint->queued_count == 0, endpoint->queued_count, 1);
}

static void notifications(void **state)
{
	(void)state;
	handle_t wait = make_notification(server);
	struct notification *notification = &notification_table[cap_of(server, wait)->object];
	assert_int_equal(SYS(server, notification_wait, wait, DEADLINE_NEVER), BLOCKED);
	BREAKS(notification_valid(notification), notification->endpoint, cap_of(server, receive)->object);
	BREAKS(notification_valid(notification), notification->waiter_tail, NONE);
	BREAKS(notification_valid(notification), server->wait, in_state(server, THREAD_SLEEPING));
	IGNORED_WHEN_FREE(notification_valid(notification), notification->object.generation, notification->waiter_tail,
	                  NONE);
}

static void processes(void **state)
{
	(void)state;
	struct process *process = process_of(client->process);
	BREAKS(process_valid(process), process->main_thread, THREAD_MAX);
	BREAKS(process_valid(process), process->threads, process->threads_limit + 1u);
	BREAKS(process_valid(process), process->page_slots, 0);
	IGNORED_WHEN_FREE(process_valid(process), process->object.generation, process->page_slots, 0);
}

/* ---- scheduler and timers ---- */

static void run_queues(void **state)
{
	(void)state;
	struct run_queue *queue = &run_queue_table[client->queue_cpu];
	assert_int_equal(client->queue_cpu, third->queue_cpu);
	BREAKS(sched_valid(), queue->count, queue->count + 1u);
	BREAKS(sched_valid(), queue->count, 0);
	BREAKS(sched_valid(), queue->ready_mask, queue->ready_mask ^ 1u << 16);
	BREAKS(sched_valid(), queue->ready_mask, queue->ready_mask | 1u << 20);
	BREAKS(sched_valid(), queue->tail[16], NONE);
	BREAKS(sched_valid(), queue->head[16], NONE);
	BREAKS(sched_valid(), client->queue_cpu, 1u - client->queue_cpu);
	BREAKS(sched_valid(), client->queue_priority, 17);
	BREAKS(sched_valid(), client->wait, in_state(client, THREAD_RUNNING));
	BREAKS(sched_valid(), third->previous, NONE);
	BREAKS(sched_valid(), third->next, thread_slot(client)); /* in a circle */
}

static void timers(void **state)
{
	(void)state;
	assert_int_equal(SYS(server, thread_sleep, host_ticks + 1000), BLOCKED);
	assert_int_equal(SYS(client, thread_sleep, host_ticks + 2000), BLOCKED);
	BREAKS(timer_valid(), client->timer.deadline, 1);
	BREAKS(timer_valid(), client->timer.position, 0);
	BREAKS(timer_valid(), client->timer.cpu, 1);
}

/* ---- memory ---- */

static struct memory *memory_mapped(handle_t *out_handle, uint64_t *out_address)
{
	assert_int_equal(SYS(client, memory_create, 4), STATUS_OK);
	*out_handle = client->regs.arg[1];
	assert_int_equal(SYS(client, memory_map, *out_handle, 0, 0, 2, PROT_READ | PROT_WRITE), STATUS_OK);
	*out_address = client->regs.arg[1];
	uint32_t slot = cap_of(client, *out_handle)->object;
	assert_int_equal(memory_write(slot, 0, "x", 1), STATUS_OK);
	return &memory_table[slot];
}

static void memories(void **state)
{
	(void)state;
	handle_t handle;
	uint64_t address;
	struct memory *memory = memory_mapped(&handle, &address);
	BREAKS(memory_valid(memory), memory->present, memory->present + 1u);
	BREAKS(memory_valid(memory), memory->charged, memory->present + 1u);
	BREAKS(memory_valid(memory), memory->writable, 0);
	BREAKS(memory_valid(memory), memory->flags, MEMORY_SEALED);
	BREAKS(memory_valid(memory), mapping_table[memory->mapping_head].object_next, memory->mapping_head);
	uint32_t fixed;
	assert_int_equal(memory_new_contiguous(client->process, 4, UINT64_MAX, &fixed), STATUS_OK);
	memory = &memory_table[fixed];
	BREAKS(memory_valid(memory), memory->present, 3);
	object_release(OBJECT_MEMORY, fixed);
}

static void address_spaces(void **state)
{
	(void)state;
	handle_t handle;
	uint64_t address;
	enum fault_kind kind;
	struct aspace *aspace = &process_of(client->process)->aspace;
	(void)memory_mapped(&handle, &address);
	run(client);
	assert_int_equal(aspace_fault(aspace, address, FAULT_WRITE, &kind), STATUS_OK);
	struct mapping *mapping = &mapping_table[aspace->mapping_head];
	struct mapping *next = &mapping_table[mapping->next];
	BREAKS(aspace_valid(aspace), aspace->mapping_count, aspace->mapping_count + 1u);
	BREAKS(aspace_valid(aspace), aspace->mapping_count, 1);
	BREAKS(aspace_valid(aspace), mapping->object.generation, mapping->object.generation + 1u);
	BREAKS(aspace_valid(aspace), mapping->process, server->process);
	BREAKS(aspace_valid(aspace), mapping->previous, 0);
	BREAKS(aspace_valid(aspace), next->address, mapping->address);
	BREAKS(aspace_valid(aspace), mapping->pages, 0);
	BREAKS(aspace_valid(aspace), mapping->prot, PROT_WRITE | PROT_EXECUTE);
	BREAKS(aspace_valid(aspace), next->prot_limit, 0);
	/* What is entered is not more than what is allowed. */
	for (uint32_t slot = aspace->mapping_head; slot != NONE; slot = mapping_table[slot].next)
		if (mapping_table[slot].address == address)
			BREAKS(aspace_valid(aspace), mapping_table[slot].prot, PROT_READ);
}

static void frames(void **state)
{
	(void)state;
	paddr_t frame;
	/* One that is free on paper only: neither count nor map of the pool is within reach, but the map's memory is. */
	assert_true(frame_alloc(&frame));
	assert_true(frame_valid());
	frame_free(frame);
	assert_true(frame_valid());
	uint64_t *map = arch_direct((paddr_t){HOST_RAM_BASE});
	BREAKS(frame_valid(), *map, ~*map);
}

static void channels(void **state)
{
	(void)state;
	memcpy(client->page->bulk, &process_of(server->process)->principal, AID_SIZE);
	assert_int_equal(SYS(client, channel_create, 2, CHANNEL_BOTH), STATUS_OK);
	struct channel *channel = &channel_table[cap_of(client, client->regs.arg[1])->object];
	BREAKS(channel_valid(channel), channel->state, CHANNEL_CLOSED + 1u);
	BREAKS(channel_valid(channel), channel->state, CHANNEL_CLOSED);
	BREAKS(channel_valid(channel), channel->side[0].closed, true);
	BREAKS(channel_valid(channel), channel->side[1].closed, true);
	BREAKS(channel_valid(channel), channel->memory, NONE);
	BREAKS(channel_valid(channel), channel->tombstone, NONE);
}

static void images(void **state)
{
	(void)state;
	struct image *image = &image_table[harness_image];
	struct elf_segment *segment = &image->elf.segments[0];
	struct memory *memory = &memory_table[image->memory];
	BREAKS(image_valid(image), memory->flags, 0);
	BREAKS(image_valid(image), image->module.role, MODULE_DATA);
	BREAKS(image_valid(image), image->module.name[0], 'q');
	BREAKS(image_valid(image), image->module.elf_length, image->length);
	BREAKS(image_valid(image), image->elf.segment_count, 0);
	BREAKS(image_valid(image), segment->file_size, image->module.elf_length + 1u);
	BREAKS(image_valid(image), segment->file_offset, image->module.elf_length);
	IGNORED_WHEN_FREE(image_valid(image), image->object.generation, image->module.role, MODULE_DATA);
	/* As long as it is being verified it is nothing yet. */
	image->ready = false;
	image->module.role = MODULE_DATA;
	assert_true(image_valid(image));
}

/* ---- tables and capabilities ---- */

static void tables(void **state)
{
	(void)state;
	struct table *table = &object_tables[OBJECT_ENDPOINT];
	handle_t gone = make_endpoint(server, 0);
	handle_t gone_2 = make_endpoint(server, 0);
	handle_t stays = make_endpoint(server, 0);
	assert_int_equal(SYS(server, cap_drop, gone), STATUS_OK);
	assert_int_equal(SYS(server, cap_drop, gone_2), STATUS_OK);
	struct object *first = table_header(table, table->free_head);
	BREAKS(table_valid(table), table->used, table->used + 1u);
	BREAKS(table_valid(table), table->fresh, table->capacity + 1u);
	BREAKS(table_valid(table), table->free_head, NONE);
	BREAKS(table_valid(table), table->free_head, table->fresh);
	BREAKS(table_valid(table), table->free_head, cap_of(server, stays)->object);
	BREAKS(table_valid(table), first->next_free, table->free_head); /* in a circle */
	BREAKS(table_valid(table), first->generation, first->generation + 1u);
}

/* A parent with three children, of which the one in the middle is looked at. */
static void capabilities(void **state)
{
	(void)state;
	struct cap *parent = cap_of(server, receive);
	struct cap *last = cap_of(client, share(server, receive, client, RIGHT_SEND | RIGHT_GRANT, 1));
	struct cap *middle = cap_of(third, share(server, receive, third, RIGHT_SEND | RIGHT_GRANT, 2));
	struct cap *first = cap_of(client, share(server, receive, client, RIGHT_SEND, 3));
	uint32_t middle_at = (uint32_t)(middle - cap_table);
	struct cap *unrelated = cap_of(server, make_endpoint(server, 0));
	uint32_t unrelated_at = (uint32_t)(unrelated - cap_table);
	assert_int_equal(middle->next_sibling, last - cap_table);
	assert_int_equal(middle->previous_sibling, first - cap_table);
	BREAKS(cap_valid(), middle->parent, unrelated_at);
	BREAKS(cap_valid(), middle->parent, CAP_MAX);
	BREAKS(cap_valid(), middle->parent, NONE);
	BREAKS(cap_valid(), middle->type, OBJECT_NOTIFICATION);
	BREAKS(cap_valid(), middle->object, unrelated->object);
	BREAKS(cap_valid(), middle->object_generation, middle->object_generation + 2u);
	BREAKS(cap_valid(), parent->rights, RIGHT_GRANT);
	BREAKS(cap_valid(), middle->depth, parent->depth);
	BREAKS(cap_valid(), middle->depth, CAP_DEPTH_MAX + 1u);
	BREAKS(cap_valid(), parent->first_child, middle_at);
	BREAKS(cap_valid(), parent->first_child, NONE);
	BREAKS(cap_valid(), parent->first_child, unrelated_at);
	BREAKS(cap_valid(), middle->previous_sibling, unrelated_at);
	BREAKS(cap_valid(), middle->previous_sibling, CAP_MAX);
	BREAKS(cap_valid(), middle->next_sibling, unrelated_at);
	BREAKS(cap_valid(), middle->next_sibling, CAP_MAX);
	BREAKS(cap_valid(), unrelated->previous_sibling, middle_at); /* a root has no siblings */
	BREAKS(cap_valid(), first->previous_sibling, middle_at);
	BREAKS(cap_valid(), last->next_sibling, (uint32_t)(first - cap_table)); /* in a circle */
}

static void windows(void **state)
{
	(void)state;
	struct process *process = process_of(client->process);
	struct cap *first = &cap_table[process->cap_free];
	BREAKS(cap_valid(), process->cap_used, process->cap_used + 1u);
	BREAKS(cap_valid(), process->cap_free, NONE);
	BREAKS(cap_valid(), process->cap_free, CAP_MAX);
	BREAKS(cap_valid(), process->cap_free, process_of(server->process)->cap_free);
	BREAKS(cap_valid(), first->generation, first->generation + 1u);
	BREAKS(cap_valid(), first->next_sibling, process->cap_free); /* in a circle */
}

static void interrupts(void **state)
{
	(void)state;
	handle_t devices = make_singleton(client, OBJECT_DEVICES);
	assert_int_equal(SYS(client, irq_create, devices, 5, IRQ_TRIGGER_EDGE), STATUS_OK);
	struct irq *irq = &irq_table[cap_of(client, client->regs.arg[1])->object];
	BREAKS(irq_valid(), irq->number, 6);
	BREAKS(irq_valid(), irq->object.generation, irq->object.generation + 1u);
	BREAKS(irq_valid(), object_tables[OBJECT_IRQ].capacity, 0);
}

static void audit_ring(void **state)
{
	(void)state;
	paddr_t frame;
	assert_int_equal(memory_page(audit_memory(), 0, false, &frame), STATUS_OK);
	struct audit_header *header = arch_direct(frame);
	BREAKS(audit_valid(), header->magic, 1);
	BREAKS(audit_valid(), header->version, 2);
	BREAKS(audit_valid(), header->capacity, AUDIT_CAPACITY - 1u);
}

#define T(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(T(threads), T(endpoints), T(endpoint_with_receiver), T(notifications), T(processes), T(run_queues), T(timers),
          T(memories), T(address_spaces), T(frames), T(channels), T(images), T(tables), T(capabilities), T(windows),
          T(interrupts), T(audit_ring))
