/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The driver of virtio disks between clients who ask anything and a device that
 * finishes what it was given, in any order and with any result, or writes anything into
 * its ring; the device manager refuses now and then. Everybody is answered, at last when the
 * device's time is up.
 */
#include "../../user/drivers/virtio-blk/disk.h"
#include "service.h"
#include <lib/bytes.h>
#include <proto/device.h>

#define QUEUE_SIZE    64u
#define RINGS_BUS     0x1000000u
#define FRAMES_BUS    0x2000000u
#define MEMORY_BUS    0x10000000u
#define INTERRUPT_BIT 1u
#define TIMER_BIT     2u
#define LATE_NS       60000000000ull

const struct service_method service_methods[] = {BLOCK_METHODS(SERVICE_METHOD)};
const size_t service_method_count = sizeof service_methods / sizeof service_methods[0];

static uint8_t rings[PAGE_SIZE] CC_ALIGNED(16);
static struct request_frame frames[FRAMES_MAX];
static const struct virtqueue *queue;
static uint16_t seen, given; /* by the device: of the available ring, into the used ring */

/* ---- the device, as the driver sees it: device.c ---- */
status_t device_start(handle_t manager, handle_t notification, uint64_t bits, struct disk *out_disk,
                      struct virtqueue *out_queue, struct request_frame **out_frames, uint64_t *out_frames_address)
{
	const struct disk_config config = {.features = DISK_FLUSH | DISK_ZERO | DISK_SEGMENTS_MAX, .sectors = 8192,
	                                   .segments_max = 4, .zero_sectors_max = 256, .zero_ranges_max = 1,
	                                   .queue_size = QUEUE_SIZE};

	require(manager != HANDLE_NONE && notification != HANDLE_NONE && bits == INTERRUPT_BIT);
	require(disk_limits(&config, out_disk) == STATUS_OK);
	virtqueue_init(out_queue, rings, RINGS_BUS, QUEUE_SIZE);
	queue = out_queue;
	*out_frames = frames;
	*out_frames_address = FRAMES_BUS;
	return STATUS_OK;
}

void device_tell(struct virtqueue *told)
{
	require(told == queue);
}

void device_interrupted(void)
{
}

bool device_well(void)
{
	return take() % 8u != 7;
}

void device_stop(void)
{
}

bool device_again(struct virtqueue *again)
{
	virtqueue_init(again, rings, RINGS_BUS, QUEUE_SIZE);
	seen = given = 0;
	return take() % 16u != 15;
}

/* ---- what it does ---- */
static uint8_t *ring_at(uint64_t place)
{
	return rings + (place - RINGS_BUS);
}

/* The last descriptor of a chain is where the result goes: a frame's status. */
static void result_write(uint32_t head, uint8_t result)
{
	for (uint32_t at = head, i = 0; at < QUEUE_SIZE && i < VIRTQUEUE_SEGMENTS_MAX; i++) {
		const uint8_t *descriptor = rings + at * 16u;

		if ((bytes_le16(descriptor + 12) & 1u) != 0) {
			at = bytes_le16(descriptor + 14);
			continue;
		}
		const uint64_t address = bytes_le64(descriptor);
		require(address >= FRAMES_BUS && address - FRAMES_BUS < sizeof frames);
		((uint8_t *)frames)[address - FRAMES_BUS] = result;
		return;
	}
	require(false);
}

static void finish_one(void)
{
	const uint8_t *available = ring_at(virtqueue_places(queue).available);
	uint8_t *used = ring_at(virtqueue_places(queue).used);
	const uint8_t how = take();

	if (seen == bytes_le16(available + 2))
		return;
	const uint32_t head = bytes_le16(available + 4 + seen++ % QUEUE_SIZE * 2u);
	result_write(head, how < 240 ? 0 : how % 4u);
	bytes_put_le32(used + 4 + given % QUEUE_SIZE * 8u, head);
	bytes_put_le32(used + 8 + given % QUEUE_SIZE * 8u, how == 239 ? take() * 1000u : 1u + how % 4u * PAGE_SIZE);
	bytes_put_le16(used + 2, ++given);
}

static void write_anything(void)
{
	uint8_t *used = ring_at(virtqueue_places(queue).used);
	const size_t from = take();

	for (size_t i = take() % 32u; i > 0; i--)
		used[(from + i) % (QUEUE_SIZE * 8u)] = take();
}

uint64_t service_step(uint8_t what)
{
	for (uint8_t i = what / 4u % 4u; i > 0; i--)
		finish_one();
	if (what >= 240)
		write_anything();
	if (what % 16u == 15)
		kernel.now_ns += LATE_NS;
	return what % 4u;
}

uint64_t service_late(void)
{
	kernel.now_ns += LATE_NS;
	return TIMER_BIT;
}

/* ---- the device manager, and the clock ---- */
static status_t manager_answer(uint32_t method, uint64_t tag, uint64_t pages, struct device_memory_rep *reply, bool *out_caps)
{
	static const status_t refusals[] = {STATUS_NO_MEMORY, STATUS_NOT_FOUND, STATUS_BUSY, STATUS_TABLE_FULL};
	const uint8_t how = take();

	if (how >= 192)
		return refusals[how % 4u];
	*out_caps = method == DEVICE_MEMORY;
	*reply = (struct device_memory_rep){MEMORY_BUS + tag * 0x1000000u, pages == 0 ? 1 : pages, 0};
	return STATUS_OK;
}

bool service_call_more(uint64_t number, uint64_t regs[8])
{
	struct device_memory_rep reply;
	bool caps = false;

	if (number == SYSCALL_notification_timer) {
		regs[0] = STATUS_OK;
		return true;
	}
	if (number != SYSCALL_call)
		return false;
	const uint32_t method = MESSAGE_LABEL(regs[1]);
	const status_t label = manager_answer(method, regs[2], regs[3], &reply, &caps);
	const size_t size = label != STATUS_OK ? 0 : method == DEVICE_MEMORY ? sizeof reply : sizeof(struct device_forget_rep);
	if (caps)
		host_message_page.caps[0].handle = MEMORIES_MAX + 1u;
	regs[0] = STATUS_OK;
	regs[1] = MESSAGE_TAG(label, size, caps);
	memcpy(regs + 2, &reply, size);
	return true;
}

bool service_given(const char *name)
{
	return strcmp(name, "devices") == 0 || strcmp(name, "notification") == 0;
}

void service_begin(void)
{
	memset(rings, 0, sizeof rings);
	memset(frames, 0, sizeof frames);
	seen = given = 0;
}

void service_end(void)
{
}
