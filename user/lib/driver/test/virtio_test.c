/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Setting up a virtio device whose registers are simulated here, as is the device
 * manager: one that keeps the rules, and devices that refuse, change their mind,
 * do not come back from a reset, or are not there any more.
 */
#include "../../../../lib/test/test.h"
#include <driver/virtio.h>
#include <lib/bytes.h>
#include <os/ipc.h>
#include <os/panic.h>
#include <os/time.h>
#include <string.h>

#define PART_BYTES 0x1000u
#define QUEUE_MAX  64u
#define STEP       4u

static struct {
	uint8_t status;
	uint64_t offered;
	uint64_t taken;
	uint32_t half_offered, half_taken;
	uint8_t generation;
	uint16_t vector, queue_vector, queue, size, doorbell;
	uint64_t places[3];
	bool enabled, gone, refuses_features, refuses_vector, never_resets;
	uint32_t reset_rounds; /* status reads until it is 0 */
	uint32_t isr_reads;
	uint64_t told_at, told;
} device;
static uint8_t mapped[VIRTIO_PARTS * PART_BYTES]; /* never touched: only its addresses count */
static uint8_t config[256];
static enum device_interrupts interrupts;
static uint32_t acknowledged;
static uint64_t now_ns;
static struct virtio virtio;

/* ---- what the code under test stands on ---- */

void assert_failed(const char *condition, const char *file, int line)
{
	(void)fprintf(stderr, "%s:%d: %s\n", file, line, condition);
	abort();
}

struct message_page host_message_page;
void host_syscall(uint64_t number, uint64_t regs[8])
{
	assert_int_equal(number, SYSCALL_memory_map);
	regs[0] = STATUS_OK;
	regs[1] = (uint64_t)mapped;
}

uint64_t time_now(void)
{
	return now_ns;
}

deadline_t time_after(uint64_t ns)
{
	return now_ns + ns;
}

void time_sleep(uint64_t ns)
{
	now_ns += ns;
}

status_t interrupt_open(handle_t irq, handle_t notification, uint64_t bits, struct interrupt *out_interrupt)
{
	assert_true(irq == 5 && notification == 6 && bits == 7);
	out_interrupt->irq = irq;
	return STATUS_OK;
}

void interrupt_done(const struct interrupt *interrupt)
{
	assert_int_equal(interrupt->irq, 5);
	acknowledged++;
}

status_t registers_open(const struct registers_place *place, struct registers *out_registers)
{
	*out_registers = (struct registers){.memory = mapped, .size = place->size, .width = place->width};
	return STATUS_OK;
}

handle_t ipc_reply_take(uint32_t index)
{
	assert_int_equal(index, 0);
	return 5;
}

/* The device manager. */
status_t ipc_request(handle_t server, deadline_t deadline, uint32_t method, const void *request, size_t bytes,
                     void *reply, size_t reply_min, size_t reply_max, size_t *out_extra)
{
	(void)request;
	(void)bytes;
	(void)reply_max;
	assert_int_equal(server, 3);
	assert_true(deadline != DEADLINE_NEVER);
	memset(reply, 0, reply_min);
	switch (method) {
	case DEVICE_OPEN_DEVICE:
		((struct device_open_rep *)reply)->bars[4] =
			(struct device_bar){.size = sizeof(mapped), .kind = REGION_MEMORY};
		return STATUS_OK;
	case DEVICE_CONFIG:
		memcpy(reply, config, sizeof(config));
		*out_extra = sizeof(config);
		return STATUS_OK;
	case DEVICE_REGION: return STATUS_OK;
	case DEVICE_INTERRUPT:
		((struct device_interrupt_rep *)reply)->kind = interrupts;
		return interrupts == DEVICE_INTERRUPT_NONE ? STATUS_UNSUPPORTED : STATUS_OK;
	default: fail_msg("method %u", method);
	}
	return STATUS_UNSUPPORTED;
}

/* ---- the device ---- */

static uint32_t status_read(void)
{
	if (device.reset_rounds == 0 || device.never_resets)
		return device.status;
	if (--device.reset_rounds == 0)
		device.status = 0;
	return device.status;
}

static uint32_t common_read(uint32_t offset)
{
	switch (offset) {
	case 0x04: return (uint32_t)(device.offered >> (32u * device.half_offered));
	case 0x10: return device.refuses_vector ? 0xffff : device.vector;
	case 0x12: return 2;
	case 0x14: return status_read();
	case 0x15: return device.generation;
	case 0x18: return device.queue == 0 ? QUEUE_MAX : 0;
	case 0x1a: return device.refuses_vector ? 0xffff : device.queue_vector;
	case 0x1e: return device.doorbell;
	default: fail_msg("read of %x", offset);
	}
	return 0;
}

uint32_t registers_read(const struct registers *registers, uint32_t offset)
{
	uint32_t part = (uint32_t)((uint64_t)(registers->memory - mapped) / PART_BYTES);

	assert_true(offset + (1u << registers->width) <= registers->size);
	if (device.gone)
		return UINT32_MAX >> (32u - (8u << registers->width));
	if (part == VIRTIO_COMMON)
		return common_read(offset);
	if (part == VIRTIO_ISR)
		device.isr_reads++;
	return 0x04030201;
}

static void status_write(uint8_t value)
{
	if (value == 0) {
		device.reset_rounds = device.reset_rounds == 0 ? 1 : device.reset_rounds;
		device.enabled = false;
		return;
	}
	assert_int_equal(value & device.status, device.status); /* bits are only added */
	if (device.refuses_features)
		value &= (uint8_t)~8u;
	device.status = value;
}

static void common_write(uint32_t offset, uint32_t value)
{
	uint32_t shift = 8u * (offset % 8u);

	switch (offset) {
	case 0x00: device.half_offered = value; break;
	case 0x08: device.half_taken = value; break;
	case 0x0c: device.taken |= (uint64_t)value << (32u * device.half_taken); break;
	case 0x10: device.vector = (uint16_t)value; break;
	case 0x14: status_write((uint8_t)value); break;
	case 0x16: device.queue = (uint16_t)value; break;
	case 0x18: device.size = (uint16_t)value; break;
	case 0x1a: device.queue_vector = (uint16_t)value; break;
	case 0x1c: device.enabled = value == 1; break;
	default:
		assert_in_range(offset, 0x20, 0x34);
		device.places[(offset - 0x20u) / 8u] |= (uint64_t)value << shift;
	}
}

void registers_write(const struct registers *registers, uint32_t offset, uint32_t value)
{
	uint32_t part = (uint32_t)((uint64_t)(registers->memory - mapped) / PART_BYTES);

	assert_true(offset + (1u << registers->width) <= registers->size);
	if (device.gone)
		return;
	if (part == VIRTIO_COMMON) {
		common_write(offset, value);
		return;
	}
	assert_int_equal(part, VIRTIO_NOTIFY);
	device.told_at = offset;
	device.told++;
}

/* ---- the tests ---- */

static void capability(uint8_t at, uint8_t next, uint8_t part)
{
	config[at] = 9;
	config[at + 1] = next;
	config[at + 2] = part == VIRTIO_NOTIFY ? 20 : 16;
	config[at + 3] = part + 1u;
	config[at + 4] = 4;
	bytes_put_le32(config + at + 8, part * PART_BYTES);
	bytes_put_le32(config + at + 12, part == VIRTIO_CONFIG ? 10u : PART_BYTES);
	if (part == VIRTIO_NOTIFY)
		bytes_put_le32(config + at + 16, STEP);
}

static void begin(enum device_interrupts kind)
{
	memset(&device, 0, sizeof(device));
	memset(config, 0, sizeof(config));
	device.status = 15; /* a predecessor left it at work */
	device.offered = VIRTIO_VERSION_1 | VIRTIO_ACCESS_PLATFORM | 0x7a;
	device.vector = 0xffff;
	device.queue_vector = 0xffff;
	interrupts = kind;
	acknowledged = 0;
	now_ns = 1;
	config[6] = 0x10;
	config[0x34] = 0x40;
	capability(0x40, 0x50, VIRTIO_COMMON);
	capability(0x50, 0x64, VIRTIO_ISR);
	capability(0x64, 0x78, VIRTIO_NOTIFY);
	capability(0x78, 0, VIRTIO_CONFIG);
}

static uint8_t rings[4096] CC_ALIGNED(16);
static struct virtqueue queue;

static void all(enum device_interrupts kind)
{
	begin(kind);
	device.doorbell = 3;
	device.reset_rounds = 20;
	assert_int_equal(virtio_open(3, &virtio), STATUS_OK);
	assert_int_equal(device.status, 0);
	assert_int_equal(virtio_interrupt(&virtio, 6, 7), STATUS_OK);
	assert_int_equal(virtio_begin(&virtio, 0x0f), STATUS_OK);
	assert_int_equal(virtio.features, VIRTIO_VERSION_1 | VIRTIO_ACCESS_PLATFORM | 0x0a);
	assert_int_equal(device.taken, virtio.features);
	assert_int_equal(device.status, 1 | 2 | 8);
	assert_int_equal(virtio_queue_size(&virtio, 0), QUEUE_MAX);
	assert_int_equal(virtio_queue_size(&virtio, 1), 0);
	assert_int_equal(virtio_queue_size(&virtio, 2), 0);
	virtqueue_init(&queue, rings, 0x123456789000u, 32);
	assert_int_equal(virtio_queue(&virtio, 0, &queue), STATUS_OK);
	struct virtqueue_places places = virtqueue_places(&queue);
	assert_true(device.places[0] == places.descriptors && device.places[1] == places.available &&
	            device.places[2] == places.used);
	assert_true(device.enabled && device.size == 32 && device.queue == 0);
	assert_int_equal(device.status & 4, 0);
	assert_int_equal(virtio_run(&virtio), STATUS_OK);
	assert_int_equal(device.status, 1 | 2 | 4 | 8);
	virtio_tell(&virtio, 0);
	assert_true(device.told == 1 && device.told_at == 3u * STEP);
}

static void test_line(void **state)
{
	(void)state;
	all(DEVICE_INTERRUPT_LINE);
	assert_int_equal(device.vector, 0xffff);
	virtio_interrupted(&virtio);
	assert_true(device.isr_reads == 1 && acknowledged == 1);
}

static void test_message(void **state)
{
	(void)state;
	all(DEVICE_INTERRUPT_MESSAGE);
	assert_true(device.vector == 0 && device.queue_vector == 0);
	virtio_interrupted(&virtio);
	assert_true(device.isr_reads == 0 && acknowledged == 1);
}

static void test_config(void **state)
{
	(void)state;
	all(DEVICE_INTERRUPT_LINE);
	assert_int_equal(virtio_config(&virtio, REGISTER_32, 4), 0x04030201);
	assert_int_equal(virtio_config(&virtio, REGISTER_32, 8), 0); /* beyond its ten bytes */
	assert_int_equal(virtio_config(&virtio, REGISTER_8, 10), 0);
	assert_int_equal(virtio_config(&virtio, REGISTER_8, UINT32_MAX), 0);
}

static void test_refuses(void **state)
{
	(void)state;
	begin(DEVICE_INTERRUPT_NONE);
	assert_int_equal(virtio_open(3, &virtio), STATUS_OK);
	assert_int_equal(virtio_interrupt(&virtio, 6, 7), STATUS_UNSUPPORTED);
	device.offered = 0x0f;
	assert_int_equal(virtio_begin(&virtio, 0x0f), STATUS_UNSUPPORTED);
	assert_int_equal(virtio_reset(&virtio), STATUS_OK);
	device.offered = VIRTIO_VERSION_1;
	device.refuses_features = true;
	assert_int_equal(virtio_begin(&virtio, 0), STATUS_UNSUPPORTED);
	begin(DEVICE_INTERRUPT_NONE);
	config[0x40 + 4] = 5;
	assert_int_equal(virtio_open(3, &virtio), STATUS_UNSUPPORTED);
}

/* No room for the interrupt; a doorbell outside of the registers. */
static void test_lies(void **state)
{
	(void)state;
	all(DEVICE_INTERRUPT_MESSAGE);
	device.enabled = false;
	device.refuses_vector = true;
	assert_int_equal(virtio_queue(&virtio, 0, &queue), STATUS_IO_ERROR);
	device.refuses_vector = false;
	device.doorbell = PART_BYTES / STEP;
	assert_int_equal(virtio_queue(&virtio, 0, &queue), STATUS_IO_ERROR);
	device.doorbell = 0xffff;
	assert_int_equal(virtio_queue(&virtio, 0, &queue), STATUS_IO_ERROR);
	virtio.layout.notify_step = 1; /* and one that no write of 16 bits fits to */
	device.doorbell = 1;
	assert_int_equal(virtio_queue(&virtio, 0, &queue), STATUS_IO_ERROR);
	assert_false(device.enabled);
	assert_int_equal(virtio_reset(&virtio), STATUS_OK);
	device.refuses_vector = true;
	assert_int_equal(virtio_begin(&virtio, 0), STATUS_IO_ERROR);
}

static void test_reset(void **state)
{
	(void)state;
	all(DEVICE_INTERRUPT_LINE);
	assert_true(virtio_well(&virtio));
	device.status |= 64;
	assert_false(virtio_well(&virtio));
	device.status = 0; /* where nothing is, some machines read zeroes */
	assert_false(virtio_well(&virtio));
	device.status = 64;
	device.never_resets = true;
	assert_int_equal(virtio_reset(&virtio), STATUS_TIMED_OUT);
	assert_in_range(now_ns, VIRTIO_RESET_NS, 2u * VIRTIO_RESET_NS);
	device.never_resets = false;
	device.reset_rounds = 1;
	assert_int_equal(virtio_reset(&virtio), STATUS_OK);
}

static void test_gone(void **state)
{
	(void)state;
	begin(DEVICE_INTERRUPT_LINE);
	device.gone = true;
	assert_int_equal(virtio_open(3, &virtio), STATUS_IO_ERROR);
	all(DEVICE_INTERRUPT_LINE);
	device.gone = true;
	assert_false(virtio_well(&virtio));
	assert_int_equal(virtio_run(&virtio), STATUS_IO_ERROR);
	assert_int_equal(virtio_reset(&virtio), STATUS_IO_ERROR);
	assert_int_equal(virtio_begin(&virtio, 0), STATUS_IO_ERROR);
	assert_int_equal(virtio_queue(&virtio, 0, &queue), STATUS_IO_ERROR);
	virtio_interrupted(&virtio);
}

TEST_MAIN(cmocka_unit_test(test_line), cmocka_unit_test(test_message), cmocka_unit_test(test_config),
          cmocka_unit_test(test_refuses), cmocka_unit_test(test_lies), cmocka_unit_test(test_reset),
          cmocka_unit_test(test_gone))
