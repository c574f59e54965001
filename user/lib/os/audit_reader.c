/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The cursor over the ring. The kernel writes while we read, so nothing of the
 * ring is believed before `produced` was looked at again; and the header's
 * capacity is read once, so that no index depends on memory that may change.
 */
#include <os/audit.h>
#include <lib/string.h>

static bool is_power_of_two(uint32_t value)
{
	return value != 0 && (value & (value - 1u)) == 0;
}

static uint64_t produced(const struct audit_reader *reader)
{
	return __atomic_load_n(&reader->header->produced, __ATOMIC_ACQUIRE);
}

static uint64_t oldest(const struct audit_reader *reader, uint64_t end)
{
	return end > reader->window ? end - reader->window : 0;
}

bool audit_reader_begin(struct audit_reader *reader, const void *ring, size_t bytes)
{
	const struct audit_header *header = ring;

	if (bytes < AUDIT_EVENTS_OFFSET || header->magic != AUDIT_MAGIC || header->version != 1u)
		return false;
	uint32_t capacity = header->capacity;
	if (!is_power_of_two(capacity) || capacity <= AUDIT_DRAIN_MAX ||
	    capacity > (bytes - AUDIT_EVENTS_OFFSET) / sizeof(struct audit_event))
		return false;
	memset(reader, 0, sizeof(*reader));
	reader->header = header;
	reader->events = (const struct audit_event *)(const void *)((const uint8_t *)ring + AUDIT_EVENTS_OFFSET);
	reader->capacity = capacity;
	reader->window = capacity - AUDIT_DRAIN_MAX;
	reader->next = oldest(reader, produced(reader));
	return true;
}

void audit_reader_last(struct audit_reader *reader, uint64_t count)
{
	uint64_t end = produced(reader);
	uint64_t first = oldest(reader, end);

	reader->next = end - first > count ? end - count : first;
	reader->known = 0; /* what was skipped on purpose is no hole */
}

/* Go on with the oldest event; the numbers of the CPUs start anew, or one loss would count twice. */
static enum audit_read overtaken(struct audit_reader *reader, uint64_t first, struct audit_news *out)
{
	out->lost = first - reader->next;
	reader->overtaken += out->lost;
	reader->next = first;
	reader->known = 0;
	return AUDIT_READ_OVERTAKEN;
}

/* Events of this CPU that lie between the last one seen and this one. */
static uint32_t hole(struct audit_reader *reader, const struct audit_event *event)
{
	uint32_t cpu = event->cpu % AUDIT_CPUS_MAX;
	bool known = (reader->known >> cpu & 1u) != 0;
	uint32_t count = known ? event->sequence - reader->sequence[cpu] : 0;

	reader->known |= 1ull << cpu;
	reader->sequence[cpu] = event->sequence;
	return count;
}

enum audit_read audit_reader_next(struct audit_reader *reader, struct audit_news *out)
{
	uint64_t end = produced(reader);

	if (reader->next == end)
		return AUDIT_READ_NONE;
	if (reader->next < oldest(reader, end))
		return overtaken(reader, oldest(reader, end), out);
	struct audit_event event = reader->events[reader->next & (reader->capacity - 1u)];
	__atomic_thread_fence(__ATOMIC_ACQUIRE); /* the copy is complete before `produced` is read again */
	end = produced(reader);
	if (reader->next < oldest(reader, end))
		return overtaken(reader, oldest(reader, end), out);

	uint32_t missing = hole(reader, &event);
	out->event = event;
	out->lost = missing;
	if (missing != 0) {
		reader->missing += missing;
		return AUDIT_READ_MISSING;
	}
	reader->sequence[event.cpu % AUDIT_CPUS_MAX]++;
	reader->next++;
	return AUDIT_READ_EVENT;
}
