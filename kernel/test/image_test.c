/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Images: what is refused, what is shared between processes and what is copied,
 * that bss is zero, and that everything comes back.
 */
#include "../../lib/test/test.h"
#include <arch/host.h>
#include <arch/signing.h>
#include <elf.h>
#include <kernel/cpu.h>
#include <kernel/frame.h>
#include <kernel/image.h>
#include <kernel/memory.h>
#include <kernel/process.h>
#include <string.h>

#define TEXT 0x400000ull
#define DATA 0x403000ull
#define FILE_PAGES 4u
#define DATA_OFFSET 0x3100u
#define DATA_BYTES 0x200u

#define ELF_BYTES (FILE_PAGES * PAGE_SIZE)

static uint8_t file[ELF_BYTES + MODULE_OVERHEAD];
static uint32_t process[2];
static uint32_t memory;
static uint32_t free_before;

static void segment(uint32_t index, uint32_t flags, uint64_t address, uint64_t offset, uint64_t file_size,
                    uint64_t memory_size)
{
	Elf64_Phdr header = {.p_type = PT_LOAD, .p_flags = flags, .p_offset = offset, .p_vaddr = address,
		.p_paddr = address, .p_filesz = file_size, .p_memsz = memory_size, .p_align = PAGE_SIZE};
	memcpy(file + sizeof(Elf64_Ehdr) + index * sizeof header, &header, sizeof header);
}

/* Headers and constants, text, data with bss. Every byte of a page tells its offset. */
static void file_make(void)
{
	for (uint32_t i = 0; i < ELF_BYTES; i++)
		file[i] = (uint8_t)(i / 256u + 1u);
	Elf64_Ehdr header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT}, .e_type = ET_EXEC,
		.e_machine = EM_X86_64, .e_version = EV_CURRENT, .e_entry = TEXT + PAGE_SIZE + 16u,
		.e_phoff = sizeof header, .e_ehsize = sizeof header, .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 3};
	memcpy(file, &header, sizeof header);
	segment(0, PF_R, TEXT, 0, PAGE_SIZE, PAGE_SIZE);
	segment(1, PF_R | PF_X, TEXT + PAGE_SIZE, PAGE_SIZE, 2u * PAGE_SIZE - 0x500u, 2u * PAGE_SIZE - 0x500u);
	segment(2, PF_R | PF_W, DATA + 0x100u, DATA_OFFSET, DATA_BYTES, 3u * PAGE_SIZE);
}

static uint32_t make_process(void)
{
	uint32_t slot;
	assert_int_equal(object_take(OBJECT_PROCESS, NONE, &slot), STATUS_OK);
	struct process *made = process_of(slot);
	made->pages_limit = made->objects_limit = 1000;
	assert_int_equal(aspace_init(&made->aspace, slot), STATUS_OK);
	return slot;
}

static int setup(void **state)
{
	(void)state;
	host_kernel(64u << 20, 1, 16);
	free_before = frame_free_count();
	process[0] = make_process();
	process[1] = make_process();
	file_make();
	assert_int_equal(memory_new(NONE, FILE_PAGES + 2u, &memory), STATUS_OK);
	return 0;
}

/* Signed and listed. It lies one page into the object. */
static void file_store(void)
{
	static const struct aid principal = {{AID_ALGORITHM_ED25519, AID_HASH_BLAKE3, 'i'}};
	struct catalog_entry entry;
	module_sign(file, ELF_BYTES, "image", MODULE_PROGRAM, 3, host_signer());
	host_entry(file, sizeof file, &principal, &entry);
	host_catalog(&entry, 1);
	assert_int_equal(memory_write(memory, PAGE_SIZE, file, sizeof file), STATUS_OK);
	assert_int_equal(memory_seal(memory), STATUS_OK);
}

static int teardown(void **state)
{
	(void)state;
	aspace_activate(NULL);
	for (uint32_t i = 0; i < 2; i++) {
		while (!aspace_clear_some(&process_of(process[i])->aspace, 16))
			continue;
		assert_int_equal(process_of(process[i])->pages, 0);
		assert_int_equal(process_of(process[i])->objects, 0);
	}
	object_release(OBJECT_MEMORY, memory);
	assert_int_equal(object_tables[OBJECT_IMAGE].used, 0);
	assert_int_equal(object_tables[OBJECT_MEMORY].used, 1); /* the audit ring */
	assert_int_equal(frame_free_count(), free_before);
	return 0;
}

static status_t verify_at(uint32_t in, uint64_t offset, uint64_t length, uint32_t *out_image)
{
	const struct image_request request = {
		.memory = in, .offset = offset, .length = length, .as = {.name = "image", .role = MODULE_PROGRAM}};
	return image_new(NONE, &request, out_image);
}

static uint32_t make_image(void)
{
	uint32_t image = NONE;
	assert_int_equal(verify_at(memory, PAGE_SIZE, sizeof file, &image), STATUS_OK);
	return image;
}

static int get(uint32_t who, uint64_t address)
{
	uint8_t value;
	aspace_activate(&process_of(process[who])->aspace);
	return user_copy_in(&value, address, 1) ? value : -1;
}

static bool put(uint32_t who, uint64_t address, uint8_t value)
{
	aspace_activate(&process_of(process[who])->aspace);
	return user_copy_out(address, &value, 1);
}

static void refused(void **state)
{
	(void)state;
	uint32_t image;
	assert_int_equal(verify_at(memory, 0, PAGE_SIZE, &image), STATUS_INVALID); /* not sealed */
	file_store();
	assert_int_equal(verify_at(memory, 0, sizeof file, &image), STATUS_UNSIGNED);
	assert_int_equal(verify_at(memory, 1, PAGE_SIZE, &image), STATUS_INVALID);
	assert_int_equal(verify_at(memory, 0, 0, &image), STATUS_INVALID);
	assert_int_equal(verify_at(memory, 3 * PAGE_SIZE, sizeof file, &image), STATUS_INVALID);
	assert_int_equal(verify_at(memory, 0, UINT64_MAX, &image), STATUS_INVALID);
	assert_int_equal(verify_at(memory, 1ull << 63, PAGE_SIZE, &image), STATUS_INVALID);
}

static void known_again(void **state)
{
	(void)state;
	file_store();
	uint32_t image = make_image();
	uint32_t again = make_image();
	assert_int_equal(image, again);
	assert_string_equal(image_table[image].module.name, "image");
	assert_int_equal(image_table[image].module.version, 3);
	assert_int_equal(image_table[image].module.role, MODULE_PROGRAM);
	assert_int_equal(image_table[image].principal.bytes[2], 'i');
	object_release(OBJECT_IMAGE, image);
	assert_int_equal(object_tables[OBJECT_IMAGE].used, 1);
	object_release(OBJECT_IMAGE, again);
}

static void mapped(void **state)
{
	(void)state;
	file_store();
	uint32_t image = make_image();
	for (uint32_t who = 0; who < 2; who++) {
		assert_int_equal(image_map(image, process[who]), STATUS_OK);
		assert_int_equal(get(who, TEXT + 0x700), 8);
		assert_int_equal(get(who, TEXT + PAGE_SIZE), 17);
		assert_int_equal(get(who, DATA + 0x100), file[DATA_OFFSET]);
		assert_int_equal(get(who, DATA + 0x2ff), file[DATA_OFFSET + 0x1ff]);
		/* Nothing of the file but the segment: zero before and behind it, in its page and in those after. */
		assert_int_equal(get(who, DATA + 0xff), 0);
		assert_int_equal(get(who, DATA + 0x300), 0);
		assert_int_equal(get(who, DATA + 0x30ff), 0);
		assert_int_equal(get(who, DATA + 0x4000), -1);
		assert_false(put(who, TEXT, 1));
		assert_false(put(who, TEXT + PAGE_SIZE, 1));
		assert_true(aspace_valid(&process_of(process[who])->aspace));
	}
	/* Data is everybody's own. */
	assert_true(put(0, DATA + 0x100, 99));
	assert_int_equal(get(0, DATA + 0x100), 99);
	assert_int_equal(get(1, DATA + 0x100), file[DATA_OFFSET]);
	/* The mappings keep the file, image or not. */
	object_release(OBJECT_IMAGE, image);
	assert_int_equal(get(1, TEXT + PAGE_SIZE + 0x800), 25);
}

static void text_costs_nothing(void **state)
{
	(void)state;
	file_store();
	uint32_t image = make_image();
	uint32_t before = frame_free_count();
	assert_int_equal(image_map(image, process[0]), STATUS_OK);
	assert_int_equal(before - frame_free_count(), 2); /* one page of data, one radix table */
	object_release(OBJECT_IMAGE, image);
}

static void fixed_in_place(void **state)
{
	(void)state;
	paddr_t run;
	uint32_t bundle;
	uint32_t image;
	file_store();
	uint32_t before = frame_free_count();
	assert_true(frame_alloc_run(FILE_PAGES + 1u, 1, 0, &run));
	memcpy(arch_direct(run), file, sizeof file);
	assert_int_equal(memory_new_fixed(run, FILE_PAGES + 1u, &bundle), STATUS_OK);
	assert_int_equal(verify_at(bundle, 0, sizeof file, &image), STATUS_OK);
	assert_int_equal(image_map(image, process[0]), STATUS_OK);
	assert_int_equal(get(0, TEXT + PAGE_SIZE), 17);
	assert_int_equal(get(0, DATA + 0x100), file[DATA_OFFSET]);
	object_release(OBJECT_IMAGE, image);
	object_release(OBJECT_MEMORY, bundle);
	aspace_activate(NULL);
	while (!aspace_clear_some(&process_of(process[0])->aspace, 16))
		continue;
	frame_release_boot(run, FILE_PAGES + 1u);
	assert_in_range(frame_free_count(), before, before + 1u); /* and that process's root */
}

static void quota(void **state)
{
	(void)state;
	file_store();
	uint32_t image = make_image();
	process_of(process[0])->pages_limit = 2;
	assert_int_equal(image_map(image, process[0]), STATUS_QUOTA);
	process_of(process[0])->pages_limit = 1000;
	object_release(OBJECT_IMAGE, image);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
TEST_MAIN(TEST(refused), TEST(known_again), TEST(mapped), TEST(text_costs_nothing), TEST(fixed_in_place),
          TEST(quota))
