/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the store lies on. A disk that holds a volume is mounted; a blank one is
 * formatted; one that holds anything else is left as it is, and the store serves
 * nothing. Without a disk it is memory, and says so.
 */
#include "store.h"
#include <lib/block_xts.h>
#include <lib/string.h>
#include <os/block_device.h>
#include <os/info.h>
#include <os/panic.h>
#include <os/print.h>
#include <os/random.h>
#include <os/startup.h>
#include <os/status.h>
#include <os/time.h>

#define MIB (1ull << 20)
#define ARENA_MIN (4 * MIB)
#define ARENA_MAX (256 * MIB)
#define ARENA_SHARE 4u /* of free memory; pages come as they are used */
#define MEMORY_MIN (4 * MIB)
#define MEMORY_MAX (64 * MIB)
#define MEMORY_SHARE 8u

struct object_store objects;
struct medium medium;
bool medium_failed;

static struct block_device_client disk;
static struct block_device *device;
static uint8_t *arena;
static size_t arena_size;

/* ---- memory in the place of a disk ---- */
static struct memory_disk {
	struct block_device device;
	uint8_t *bytes;
} memory;

static bool within(const struct block_device *of, uint64_t block, uint64_t count)
{
	return block <= of->blocks && count <= of->blocks - block;
}

static status_t memory_read(struct block_device *of, uint64_t block, uint32_t count, void *out_bytes)
{
	if (!within(of, block, count))
		return STATUS_INVALID;
	memcpy(out_bytes, memory.bytes + block * BLOCK_SIZE, (size_t)count * BLOCK_SIZE);
	return STATUS_OK;
}

static status_t memory_write(struct block_device *of, uint64_t block, uint32_t count, const void *bytes)
{
	if (!within(of, block, count))
		return STATUS_INVALID;
	memcpy(memory.bytes + block * BLOCK_SIZE, bytes, (size_t)count * BLOCK_SIZE);
	return STATUS_OK;
}

static status_t memory_flush(struct block_device *of)
{
	(void)of;
	return STATUS_OK;
}

/* ---- sizes ---- */
static size_t share_of_free(uint32_t share, uint64_t least, uint64_t most)
{
	struct info_memory info = {.free_bytes = 0};
	uint64_t next;

	must(info_read(startup_need("monitor"), INFO_MEMORY, 0, &info, sizeof info, &next));
	uint64_t bytes = info.free_bytes / share / MIB * MIB;
	if (bytes < least)
		bytes = least;
	return bytes < most ? bytes : most;
}

/* Pages that are zero and come as they are touched; for as long as the process lives. */
static status_t pages_take(size_t bytes, uint8_t **out_bytes)
{
	handle_t pages;
	uint64_t address;
	status_t status = sys_memory_create(bytes / PAGE_SIZE, &pages);

	if (status == STATUS_OK)
		status = sys_memory_map(pages, 0, 0, bytes / PAGE_SIZE, PROT_READ | PROT_WRITE, &address);
	if (status == STATUS_OK)
		*out_bytes = (uint8_t *)address;
	return status;
}

static status_t memory_open(void)
{
	static const struct block_operations operations = {memory_read, memory_write, memory_flush, NULL};
	const size_t bytes = share_of_free(MEMORY_SHARE, MEMORY_MIN, MEMORY_MAX);

	const status_t status = pages_take(bytes, &memory.bytes);
	if (status != STATUS_OK)
		return status;
	memory.device = (struct block_device){.operations = &operations, .blocks = bytes / BLOCK_SIZE};
	device = &memory.device;
	medium.kind = STORE_IN_MEMORY;
	string_copy(medium.model, sizeof medium.model, "memory");
	return STATUS_OK;
}

static status_t device_open(void)
{
	const handle_t server = startup_handle("disk");
	const status_t status = server == HANDLE_NONE ? STATUS_GONE : block_device_open(&disk, server);

	if (status == STATUS_GONE)
		return memory_open();
	if (status != STATUS_OK)
		return status;
	device = &disk.device;
	medium.kind = STORE_ON_DISK;
	memcpy(medium.model, disk.info.model, sizeof medium.model);
	medium.flags |= device->read_only ? STORE_IS_READ_ONLY : 0;
	return STATUS_OK;
}

/* ---- mounting ---- */
/* If it is encrypted, what is in it takes its place. DENIED: nobody unlocked it. */
static status_t encryption_look(void)
{
	bool there = false;
	const status_t status = block_xts_is_there(device, &there);

	if (status != STATUS_OK || !there)
		return status;
	medium.flags |= STORE_IS_ENCRYPTED;
	return unlock(device, &device);
}

static status_t format(void)
{
	uint8_t identity[16] = {0};
	status_t status = STATUS_OK;

	if (medium.kind == STORE_ON_DISK)
		status = random_bytes(identity, sizeof identity);
	if (status == STATUS_OK)
		status = volume_format(device, arena, arena_size, identity);
	if (status == STATUS_OK)
		medium.flags |= STORE_WAS_FORMATTED;
	return status;
}

static status_t format_blank(void)
{
	bool blank = false;
	const status_t status = volume_is_blank(device, arena, arena_size, &blank);

	return status == STATUS_OK && blank ? format() : status;
}

static status_t mount(void)
{
	const struct volume_options options = {.read_only = device->read_only != 0};
	status_t status = volume_mount(device, arena, arena_size, &options, &medium.volume);

	if (status == STATUS_OK)
		status = object_store_open(&objects, medium.volume);
	if (status != STATUS_OK)
		medium.volume = NULL;
	return status;
}

void medium_mend(void)
{
	const uint64_t lost = objects.lost;
	const status_t status = mount();

	if (status != STATUS_OK) {
		print("the disk failed and cannot be mounted again: %s\n", status_sentence(status));
		must(sys_process_exit(1)); /* a successor says what it finds */
	}
	objects.lost = lost + 1; /* uploads under way lost their parts, as far as they were not durable */
	medium_failed = false;
	print("the disk failed over a change and was mounted again\n");
}

static status_t arena_take(void)
{
	arena_size = share_of_free(ARENA_SHARE, ARENA_MIN, ARENA_MAX);
	return pages_take(arena_size, &arena);
}

static void say(uint64_t began_ns)
{
	if (medium.kind == STORE_ON_NOTHING)
		print("THE DISK IS REFUSED and was not touched: %s. Nothing can be stored\n", status_sentence(medium.problem));
	else if (medium.kind == STORE_IN_MEMORY)
		print("THERE IS NO DISK: %llu MiB of memory take its place, nothing outlives the power\n",
		      device->blocks * BLOCK_SIZE / MIB);
	else
		print("on %s, %llu MiB%s%s%s, mounted in %llu us\n", medium.model, device->blocks * BLOCK_SIZE / MIB,
		      (medium.flags & STORE_IS_ENCRYPTED) != 0 ? ", encrypted" : "",
		      (medium.flags & STORE_WAS_FORMATTED) != 0 ? ", new" : "",
		      (medium.flags & STORE_IS_READ_ONLY) != 0 ? ", read-only" : "", (time_now() - began_ns) / NS_PER_US);
}

status_t medium_open(void)
{
	const uint64_t began_ns = time_now();
	status_t status = arena_take();

	clients_forget();
	if (status != STATUS_OK)
		return status;
	status = device_open();
	if (status == STATUS_OK)
		status = encryption_look();
	if (status == STATUS_OK)
		status = format_blank();
	if (status == STATUS_OK)
		status = mount();
	if (status != STATUS_OK) {
		medium.kind = STORE_ON_NOTHING;
		medium.problem = status;
	}
	medium.blocks = device == NULL ? 0 : device->blocks;
	unlock_end();
	say(began_ns);
	return STATUS_OK;
}
