/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What is refused, and why: programs that were changed, cut, renamed, signed by
 * somebody else, or are not those the catalog lists. After every refusal the
 * kernel holds what it held before. And the steps: what may come between two of
 * them, the end of the caller included.
 */
#include "harness.h"
#include <kernel/audit.h>
#include <kernel/trust.h>

#define ELF_BYTES (FILE_PAGES * PAGE_SIZE)
#define LARGE_BYTES (ELF_BYTES + 5u * IMAGE_STEP / 2u)
#define NAME "subject"

static const struct aid principal = {{AID_ALGORITHM_ED25519, AID_HASH_BLAKE3, 's', 'u', 'b'}};
static uint8_t file[LARGE_BYTES + MODULE_OVERHEAD + PAGE_SIZE];
static size_t length;
static struct thread *caller;
static handle_t factory;

static void list(const uint8_t *module, size_t bytes)
{
	struct catalog_entry entry;
	host_entry(module, bytes, &principal, &entry);
	host_catalog(&entry, 1);
}

/* A program of `elf_bytes`, signed and listed, in `file`. */
static void subject(size_t elf_bytes, uint32_t version, const struct module_signer *signer)
{
	memset(file, 0, sizeof file);
	harness_program(file);
	for (size_t i = ELF_BYTES; i < elf_bytes; i++)
		file[i] = (uint8_t)(i * 7u);
	length = module_sign(file, elf_bytes, NAME, MODULE_PROGRAM, version, signer);
	list(file, length);
}

static int setup(void **state)
{
	(void)state;
	harness_start(2);
	caller = make_process(PRIORITY_NORMAL);
	factory = make_singleton(caller, OBJECT_FACTORY);
	subject(ELF_BYTES, 2, host_signer());
	return 0;
}

static handle_t sealed_copy(const uint8_t *bytes, size_t count)
{
	uint64_t pages = (count + PAGE_MASK) / PAGE_SIZE;
	assert_int_equal(SYS(caller, memory_create, pages + (pages == 0)), STATUS_OK);
	handle_t memory = caller->regs.arg[1];
	assert_int_equal(memory_write(cap_of(caller, memory)->object, 0, bytes, count), STATUS_OK);
	assert_int_equal(SYS(caller, memory_seal, memory), STATUS_OK);
	return memory;
}

static void say(const char *name, uint32_t role)
{
	struct image_options options = {.role = role};
	memcpy(options.name, name, strnlen(name, sizeof options.name));
	memcpy(caller->page->bulk, &options, sizeof options);
}

static uint64_t events(void)
{
	struct audit_header header;
	assert_int_equal(memory_read(audit_memory(), 0, &header, sizeof header), STATUS_OK);
	return header.produced;
}

/* Among the events from number `from` on there is one of this outcome, by this caller; of INVALID there is none. */
static bool recorded(uint32_t status, uint64_t from)
{
	uint64_t end = events();
	bool found = false;
	for (uint64_t number = from; number < end; number++) {
		struct audit_event event;
		uint64_t offset = AUDIT_EVENTS_OFFSET + number % AUDIT_CAPACITY * sizeof event;
		assert_int_equal(memory_read(audit_memory(), offset, &event, sizeof event), STATUS_OK);
		bool rejected = event.kind == AUDIT_BINARY_REJECTED && event.arguments[0] == status;
		bool loaded = event.kind == AUDIT_BINARY_LOADED && status == STATUS_OK;
		found |= (rejected || loaded) && event.subject == caller->owner->id;
	}
	return found || status == STATUS_INVALID;
}

static uint32_t verify_as(const uint8_t *bytes, size_t count, const char *name, uint32_t role)
{
	struct inventory before = take_inventory();
	uint32_t objects = process_of(caller->process)->objects;
	uint32_t pages = process_of(caller->process)->pages;
	handle_t memory = sealed_copy(bytes, count);
	say(name, role);
	uint64_t from = events();
	uint32_t status = SYS(caller, image_create, factory, memory, 0, count);
	assert_true(recorded(status, from));
	if (status == STATUS_OK)
		assert_int_equal(SYS(caller, cap_drop, caller->regs.arg[1]), STATUS_OK);
	assert_int_equal(caller->image_work, NONE);
	assert_int_equal(SYS(caller, cap_drop, memory), STATUS_OK);
	assert_same(&before);
	assert_int_equal(process_of(caller->process)->objects, objects);
	assert_int_equal(process_of(caller->process)->pages, pages);
	return status;
}

static uint32_t verify(void)
{
	return verify_as(file, length, NAME, MODULE_PROGRAM);
}

static void accepted(void **state)
{
	(void)state;
	assert_int_equal(verify(), STATUS_OK);
}

static void under_another_name_or_role(void **state)
{
	(void)state;
	assert_int_equal(verify_as(file, length, "another", MODULE_PROGRAM), STATUS_RENAMED);
	assert_int_equal(verify_as(file, length, "subjec", MODULE_PROGRAM), STATUS_RENAMED);
	assert_int_equal(verify_as(file, length, "subject2", MODULE_PROGRAM), STATUS_RENAMED);
	assert_int_equal(verify_as(file, length, NAME, MODULE_SERVICE), STATUS_WRONG_ROLE);
	assert_int_equal(verify_as(file, length, NAME, MODULE_INIT), STATUS_WRONG_ROLE);
	assert_int_equal(verify_as(file, length, NAME, MODULE_DATA), STATUS_INVALID);
	assert_int_equal(verify_as(file, length, NAME, 0), STATUS_INVALID);
	assert_int_equal(verify_as(file, length, NAME, UINT32_MAX), STATUS_INVALID);
	assert_int_equal(verify_as(file, length, "", MODULE_PROGRAM), STATUS_INVALID);
	assert_int_equal(verify_as(file, length, "line\nbreak", MODULE_PROGRAM), STATUS_INVALID);
	assert_int_equal(verify_as(file, length, "no end in all of the thirty-two bytes", MODULE_PROGRAM),
	                 STATUS_INVALID);
}

/* Being verified under its name opens no way to run it under another. */
static void known_only_as_what_it_is(void **state)
{
	(void)state;
	handle_t memory = sealed_copy(file, length);
	say(NAME, MODULE_PROGRAM);
	assert_int_equal(SYS(caller, image_create, factory, memory, 0, length), STATUS_OK);
	say("other", MODULE_PROGRAM);
	assert_int_equal(SYS(caller, image_create, factory, memory, 0, length), STATUS_RENAMED);
	say(NAME, MODULE_DRIVER);
	assert_int_equal(SYS(caller, image_create, factory, memory, 0, length), STATUS_WRONG_ROLE);
}

static void unsigned_or_of_strangers(void **state)
{
	(void)state;
	assert_int_equal(verify_as(file, ELF_BYTES, NAME, MODULE_PROGRAM), STATUS_UNSIGNED);
	module_sign(file, ELF_BYTES, NAME, MODULE_PROGRAM, 2, host_stranger());
	assert_int_equal(verify(), STATUS_UNTRUSTED);
	/* A stranger's signature under the name of a trusted signer. */
	memcpy(file + ELF_BYTES + 48u, &host_signer()->aid, AID_SIZE);
	assert_int_equal(verify(), STATUS_BAD_SIGNATURE);
	/* A signature made for something else. */
	module_sign(file, ELF_BYTES, NAME, MODULE_PROGRAM, 2, host_signer());
	module_trailer_sign(file, module_signed_length(length), SIGN_DOMAIN_CATALOG, host_signer());
	assert_int_equal(verify(), STATUS_BAD_SIGNATURE);
	module_trailer_sign(file, module_signed_length(length), SIGN_DOMAIN_MESSAGE, host_signer());
	assert_int_equal(verify(), STATUS_BAD_SIGNATURE);
}

static void not_the_listed_one(void **state)
{
	(void)state;
	struct catalog_entry entry;
	host_entry(file, length, &principal, &entry);
	entry.version = 3;
	host_catalog(&entry, 1);
	assert_int_equal(verify(), STATUS_OUTDATED);
	entry.version = 2;
	entry.digest[31] ^= 1u;
	host_catalog(&entry, 1);
	assert_int_equal(verify(), STATUS_CHANGED);
	entry.digest[31] ^= 1u;
	entry.role = MODULE_DRIVER;
	host_catalog(&entry, 1);
	assert_int_equal(verify(), STATUS_WRONG_ROLE);
	entry.role = MODULE_PROGRAM;
	entry.name[0] = 'S';
	host_catalog(&entry, 1);
	assert_int_equal(verify(), STATUS_UNLISTED);
	/* The same program, newly signed as a later version: the list says which one is meant. */
	entry.name[0] = 's';
	host_catalog(&entry, 1);
	module_sign(file, ELF_BYTES, NAME, MODULE_PROGRAM, 3, host_signer());
	assert_int_equal(verify(), STATUS_CHANGED);
}

static void cut_short_or_grown(void **state)
{
	(void)state;
	for (size_t count = length - 1u; count > 1u; count -= 1u + count / 9u) {
		uint32_t status = verify_as(file, count, NAME, MODULE_PROGRAM);
		assert_int_equal(status, STATUS_UNSIGNED);
	}
	assert_int_equal(verify_as(file, length + 1u, NAME, MODULE_PROGRAM), STATUS_UNSIGNED);
	/* Only the trailer is left, or not even room for a statement before it. */
	uint8_t *tail = file + ELF_BYTES;
	assert_int_equal(verify_as(tail + 96u, 72, NAME, MODULE_PROGRAM), STATUS_BAD_IMAGE);
	assert_int_equal(verify_as(tail + 1u, 167, NAME, MODULE_PROGRAM), STATUS_BAD_IMAGE);
	assert_int_equal(verify_as(tail, 168, NAME, MODULE_PROGRAM), STATUS_BAD_SIGNATURE);
	/* Bytes taken out of the middle. */
	memmove(file + PAGE_SIZE, file + 2u * PAGE_SIZE, length - 2u * PAGE_SIZE);
	assert_int_equal(verify_as(file, length - PAGE_SIZE, NAME, MODULE_PROGRAM), STATUS_BAD_SIGNATURE);
}

static void flipped(size_t at, uint32_t expected)
{
	for (uint32_t bit = 0; bit < 8u; bit += 3u) {
		file[at] ^= (uint8_t)(1u << bit);
		assert_int_equal(verify(), expected);
		file[at] ^= (uint8_t)(1u << bit);
	}
}

static void one_bit_of_each_part(void **state)
{
	(void)state;
	const size_t statement = ELF_BYTES;
	const size_t trailer = statement + sizeof(struct module_statement);
	flipped(0, STATUS_BAD_SIGNATURE); /* ELF header, program header, text, data, the last byte */
	flipped(24, STATUS_BAD_SIGNATURE);
	flipped(70, STATUS_BAD_SIGNATURE);
	flipped(PAGE_SIZE + 17u, STATUS_BAD_SIGNATURE);
	flipped(2u * PAGE_SIZE + 50u, STATUS_BAD_SIGNATURE);
	flipped(ELF_BYTES - 1u, STATUS_BAD_SIGNATURE);
	flipped(statement, STATUS_BAD_IMAGE);                 /* its magic */
	flipped(statement + 13u, STATUS_BAD_SIGNATURE);       /* version */
	flipped(statement + 17u, STATUS_BAD_SIGNATURE);       /* name */
	flipped(statement + 50u, STATUS_UNTRUSTED);           /* signer */
	flipped(statement + 85u, STATUS_BAD_IMAGE);           /* reserved */
	for (size_t i = 0; i < MODULE_SIGNATURE_SIZE; i += 9u)
		flipped(trailer + i, STATUS_BAD_SIGNATURE);
	flipped(trailer + 64u, STATUS_UNSIGNED);              /* magic */
	flipped(trailer + 70u, STATUS_UNKNOWN_FORMAT);        /* version */
	flipped(trailer + 71u, STATUS_UNKNOWN_FORMAT);        /* algorithm */
	assert_int_equal(verify(), STATUS_OK);
}

/* A trusted signer's word does not make a bad ELF file a good one. */
static void signed_but_no_program(void **state)
{
	(void)state;
	static const struct {
		size_t at;
		uint8_t value;
	} damage[] = {
		{0, 0}, {4, 1}, {16, 3}, {18, EM_RISCV & 0xffu}, {25, 0x7f}, {33, 0x10},
		{64 + 4, PF_R | PF_W | PF_X}, /* writable and executable */
		{64 + 56 + 17, 0},            /* data where the text is */
	};
	for (size_t i = 0; i < sizeof damage / sizeof damage[0]; i++) {
		subject(ELF_BYTES, 2, host_signer());
		file[damage[i].at] = damage[i].value;
		module_sign(file, ELF_BYTES, NAME, MODULE_PROGRAM, 2, host_signer());
		list(file, length);
		if (verify() != STATUS_BAD_IMAGE)
			fail_msg("damage %u was not refused", (unsigned)i);
	}
}

/* ---- steps ---- */

/* The system call once, as a CPU makes it. True: it is to be made again. */
static bool step(handle_t memory)
{
	const uint64_t arguments[8] = {factory, memory, 0, length};
	uint64_t restarts = caller->regs.restarts;
	run(caller);
	memcpy(caller->regs.arg, arguments, sizeof arguments);
	caller->regs.number = SYSCALL_image_create;
	(void)trap_syscall(caller);
	harness_check();
	return caller->regs.restarts != restarts;
}

static void in_steps(void **state)
{
	(void)state;
	subject(LARGE_BYTES, 2, host_signer());
	handle_t memory = sealed_copy(file, length);
	say(NAME, MODULE_PROGRAM);
	uint32_t steps = 1;
	while (step(memory))
		steps++;
	assert_int_equal(caller->regs.arg[0], STATUS_OK);
	assert_int_equal(caller->image_work, NONE);
	/* Hashing, one judgement, and a look at each page for what is executable. */
	uint32_t pieces = (uint32_t)((length + IMAGE_STEP - 1u) / IMAGE_STEP);
	assert_int_equal(steps, pieces + 1u + pieces);
	/* The second time it is known. */
	assert_false(step(memory));
	assert_int_equal(caller->regs.arg[0], STATUS_OK);
}

/* Pages that were never written count as the zeroes they read as. */
static void holes_are_zeroes(void **state)
{
	(void)state;
	subject(ELF_BYTES, 2, host_signer());
	memset(file + ELF_BYTES, 0, LARGE_BYTES - ELF_BYTES);
	length = module_sign(file, LARGE_BYTES, NAME, MODULE_PROGRAM, 2, host_signer());
	list(file, length);
	assert_int_equal(SYS(caller, memory_create, (length + PAGE_MASK) / PAGE_SIZE), STATUS_OK);
	handle_t memory = caller->regs.arg[1];
	uint32_t slot = cap_of(caller, memory)->object;
	uint64_t tail = LARGE_BYTES & ~(uint64_t)PAGE_MASK;
	assert_int_equal(memory_write(slot, 0, file, ELF_BYTES), STATUS_OK);
	assert_int_equal(memory_write(slot, tail, file + tail, length - tail), STATUS_OK);
	assert_int_equal(SYS(caller, memory_seal, memory), STATUS_OK);
	say(NAME, MODULE_PROGRAM);
	assert_int_equal(SYS(caller, image_create, factory, memory, 0, length), STATUS_OK);
}

static handle_t half_done(void)
{
	subject(LARGE_BYTES, 2, host_signer());
	handle_t memory = sealed_copy(file, length);
	say(NAME, MODULE_PROGRAM);
	assert_true(step(memory));
	assert_true(step(memory));
	assert_int_not_equal(caller->image_work, NONE);
	return memory;
}

static void memory_dropped_meanwhile(void **state)
{
	(void)state;
	struct inventory before = take_inventory();
	handle_t memory = half_done();
	assert_int_equal(SYS(caller, cap_drop, memory), STATUS_OK); /* another thread would */
	assert_true(image_table[caller->image_work].memory != NONE);
	assert_false(step(memory));
	assert_int_equal(caller->regs.arg[0], STATUS_BAD_HANDLE);
	assert_int_equal(caller->image_work, NONE);
	assert_same(&before);
}

static void another_request_meanwhile(void **state)
{
	(void)state;
	struct inventory before = take_inventory();
	handle_t memory = half_done();
	uint32_t work = caller->image_work;
	uint64_t done = image_table[work].done;
	assert_true(done > 0);
	say("else", MODULE_PROGRAM); /* the bulk area is everybody's in the process */
	assert_true(step(memory));
	assert_true(image_table[caller->image_work].done < done); /* begun anew */
	assert_int_equal(SYS(caller, image_create, factory, memory, 0, length), STATUS_RENAMED);
	assert_int_equal(SYS(caller, cap_drop, memory), STATUS_OK);
	assert_same(&before);
}

static void caller_ends_meanwhile(void **state)
{
	(void)state;
	struct inventory before = take_inventory();
	struct process_options options = harness_options(PRIORITY_NORMAL);
	struct thread *kept = caller;
	caller = make_process_with(&options);
	factory = make_singleton(caller, OBJECT_FACTORY);
	(void)half_done();
	process_end(caller->process, 0, true, NULL);
	settle();
	caller = kept;
	assert_same(&before);
}

/* One thread of several: what it was at is given up with it, and paid back. */
static void thread_ends_meanwhile(void **state)
{
	(void)state;
	struct thread *first = caller;
	caller = make_thread(first, PRIORITY_NORMAL);
	handle_t memory = half_done();
	uint32_t objects = process_of(first->process)->objects;
	assert_int_equal(SYS(caller, thread_exit), ENDED);
	caller = first;
	assert_int_equal(process_of(first->process)->objects, objects - 2u); /* the thread and its image */
	say(NAME, MODULE_PROGRAM);
	assert_int_equal(SYS(caller, image_create, factory, memory, 0, length), STATUS_OK);
}

static void two_at_once(void **state)
{
	(void)state;
	struct thread *first = caller;
	handle_t memory = half_done();
	caller = make_thread(first, PRIORITY_NORMAL);
	say(NAME, MODULE_PROGRAM);
	assert_int_equal(SYS(caller, image_create, factory, memory, 0, length), STATUS_OK);
	caller = first;
	assert_int_equal(SYS(caller, image_create, factory, memory, 0, length), STATUS_OK);
}

static void out_of_quota(void **state)
{
	(void)state;
	handle_t memory = sealed_copy(file, length);
	struct process *process = process_of(caller->process);
	struct inventory before = take_inventory();
	process->objects_limit = process->objects;
	say(NAME, MODULE_PROGRAM);
	assert_int_equal(SYS(caller, image_create, factory, memory, 0, length), STATUS_QUOTA);
	process->objects_limit = 1000;
	assert_same(&before);
}

static void rights(void **state)
{
	(void)state;
	handle_t memory = sealed_copy(file, length);
	say(NAME, MODULE_PROGRAM);
	handle_t unable = share(caller, factory, caller, RIGHTS_ALL & ~(uint32_t)RIGHT_MANAGE, 0);
	assert_int_equal(SYS(caller, image_create, unable, memory, 0, length), STATUS_DENIED);
	assert_int_equal(caller->regs.arg[1], RIGHT_MANAGE);
	handle_t blind = share(caller, memory, caller, RIGHT_READ, 0);
	assert_int_equal(SYS(caller, image_create, factory, blind, 0, length), STATUS_DENIED);
	assert_int_equal(caller->regs.arg[1], RIGHT_EXECUTE);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(TEST(accepted), TEST(under_another_name_or_role), TEST(known_only_as_what_it_is),
          TEST(unsigned_or_of_strangers), TEST(not_the_listed_one), TEST(cut_short_or_grown),
          TEST(one_bit_of_each_part), TEST(signed_but_no_program), TEST(in_steps), TEST(holes_are_zeroes),
          TEST(memory_dropped_meanwhile), TEST(another_request_meanwhile), TEST(caller_ends_meanwhile),
          TEST(thread_ends_meanwhile), TEST(two_at_once), TEST(out_of_quota), TEST(rights))
