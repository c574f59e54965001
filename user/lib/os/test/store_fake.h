/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A kernel, a vault and a store for tests of the store's client. The store is
 * lib/object over a volume on a disk in memory (store_fake_methods.h), ends when the
 * test wants it to, and lies when the test wants that. Its window is freed when the
 * client unmaps it, so that a later use of it is found.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <abi/module.h>
#include <abi/syscall.h>
#include <lib/bytes.h>
#include <lib/identity.h>
#include <lib/object.h>
#include <os/keys.h>
#include <os/store.h>

enum { SERVER = 1, VAULT = 2, WINDOW = 100 }; /* handles; the window of person n is WINDOW + n */
enum { ANN = 1, BEN = 2 };

/* What becomes of a request that the store ends over. */
enum fake_end {
	FAKE_BEFORE,   /* it was not taken yet: the successor gets it */
	FAKE_OVER,     /* done, durably, and not answered */
	FAKE_INSTEAD,  /* not done, and not answered */
	FAKE_FOR_EVER, /* as BEFORE, but there is no successor */
	FAKE_EVICTS,   /* the store goes on, and forgets the client but for its upload */
	FAKE_GIVES_UP, /* the store goes on, and forgets the upload alone */
	FAKE_ENDINGS,
};

/* What a lying store changes of its answers. */
enum fake_lie {
	FAKE_HONEST,
	FAKE_CONTENT, /* a bit of the content */
	FAKE_SIZE,    /* a part is shorter */
	FAKE_RECORD,  /* a bit of a record */
	FAKE_OTHER,   /* another object's history, another name's record */
	FAKE_CUT,     /* a history without its end */
	FAKE_STUCK,   /* a listing that does not go on */
	FAKE_TEXT,    /* a type that would move a terminal's cursor */
};

struct fake_person {
	uint8_t seed[SIGNATURE_SEED_SIZE], key[SIGNATURE_KEY_SIZE];
	struct aid aid;       /* of the key */
	struct aid principal; /* of the process, whose id is the person's number */
	uint8_t *window;      /* mapped; NULL: not */
	bool attached, proved, challenged;
	uint8_t challenge[STORE_CHALLENGE_SIZE];
	uint64_t upload_number; /* 0: none */
	struct object_upload upload;
};

static struct fake {
	struct fake_person people[3];
	uint32_t now;    /* who asks */
	uint32_t asked;  /* requests to the store so far */
	uint32_t end_at; /* the request over which it ends; 0: none */
	enum fake_end end;
	enum fake_lie lie;
	bool gone;
	uint32_t stores; /* started so far */
	uint32_t parts;  /* taken from uploads */
	uint64_t check_step;
	uint64_t wall_ns; /* 0: nobody set the clock; else it goes on with each look */
	struct volume *volume;
	struct object_store store;
} fake;

static inline struct fake_person *fake_person(void)
{
	return &fake.people[fake.now];
}

/* ---- its disk ---- */
#ifndef FAKE_BLOCKS
#define FAKE_BLOCKS 4096u
#endif
static uint8_t fake_disk[FAKE_BLOCKS][BLOCK_SIZE];
static uint8_t fake_arena[2u * VOLUME_ARENA_MIN] CC_ALIGNED(16);

static status_t fake_disk_read(struct block_device *device, uint64_t block, uint32_t count, void *out_bytes)
{
	(void)device;
	memcpy(out_bytes, fake_disk[block], (size_t)count * BLOCK_SIZE);
	return STATUS_OK;
}

static status_t fake_disk_write(struct block_device *device, uint64_t block, uint32_t count, const void *bytes)
{
	(void)device;
	memcpy(fake_disk[block], bytes, (size_t)count * BLOCK_SIZE);
	return STATUS_OK;
}

static status_t fake_disk_flush(struct block_device *device)
{
	(void)device;
	return STATUS_OK;
}

static struct block_device *fake_device(void)
{
	static const struct block_operations operations = {
		.read = fake_disk_read, .write = fake_disk_write, .flush = fake_disk_flush};
	static struct block_device device = {.operations = &operations, .blocks = FAKE_BLOCKS};

	return &device;
}

static inline void fake_store_start(void)
{
	static const struct volume_options options;

	assert_int_equal(volume_mount(fake_device(), fake_arena, sizeof(fake_arena), &options, &fake.volume), STATUS_OK);
	assert_int_equal(object_store_open(&fake.store, fake.volume), STATUS_OK);
	fake.stores++;
}

/* The store ends, and another one mounts the disk; the windows stay as long as they are mapped. */
static inline void fake_restart(void)
{
	for (uint32_t i = 1; i < 3; i++) {
		fake.people[i].attached = fake.people[i].proved = fake.people[i].challenged = false;
		fake.people[i].upload_number = 0;
	}
	fake_store_start();
}

static inline void fake_person_begin(struct fake_person *person, uint8_t number)
{
	memset(person->seed, number, sizeof(person->seed));
	signature_public(person->seed, person->key);
	aid_of_key(person->key, &person->aid);
	memset(person->principal.bytes, 0x10 + number, AID_SIZE);
}

/* Who comes in between: an answer on its way to the client, as it lies in registers, page and window. */
static void (*fake_between)(uint64_t regs[8]);

static inline void fake_begin(void)
{
	static const uint8_t identity[16];

	memset(&fake, 0, sizeof(fake));
	memset(fake_disk, 0, sizeof(fake_disk));
	fake.wall_ns = 1000000000;
	fake_person_begin(&fake.people[ANN], ANN);
	fake_person_begin(&fake.people[BEN], BEN);
	fake.now = ANN;
	assert_int_equal(volume_format(fake_device(), fake_arena, sizeof(fake_arena), identity), STATUS_OK);
	fake_store_start();
}

#include "store_fake_methods.h"

/* ---- the vault ---- */
static inline status_t fake_vault(uint32_t method, const uint8_t *request, uint8_t *reply, size_t *out_size)
{
	static const char *const domains[] = {"", SIGN_DOMAIN_MESSAGE, SIGN_DOMAIN_OBJECT, SIGN_DOMAIN_NAME,
	                                      SIGN_DOMAIN_SESSION};
	const struct fake_person *person = fake_person();
	const struct keys_sign_req *sign = (const void *)request;
	struct keys_bind_rep bound = {.aid = person->aid};

	if (method == KEYS_SIGN) {
		if (!aid_equal(&sign->aid, &person->aid))
			return STATUS_DENIED;
		signature_sign_digest(person->seed, person->key, domains[sign->purpose], sign->digest, reply);
		*out_size = sizeof(struct keys_sign_rep);
		return STATUS_OK;
	}
	assert_int_equal(method, KEYS_BIND);
	memcpy(bound.key, person->key, sizeof(bound.key));
	memcpy(reply, &bound, sizeof(bound));
	*out_size = sizeof(bound);
	return STATUS_OK;
}

/* ---- the kernel ---- */
struct message_page host_message_page;

/* The store's answer, or how the call ended without one. */
static inline status_t fake_deliver(uint32_t method, const uint8_t *request, size_t bytes, uint8_t *reply,
                                    size_t *out_size, uint32_t *out_caps, status_t *out_label)
{
	const bool ends = ++fake.asked == fake.end_at;

	if (ends && fake.end == FAKE_FOR_EVER)
		fake.gone = true;
	if (fake.gone)
		return STATUS_GONE;
	if (ends && fake.end == FAKE_EVICTS)
		fake_person()->attached = fake_person()->proved = false;
	if (ends && fake.end == FAKE_GIVES_UP)
		fake_upload_forget(fake_person());
	if (ends && fake.end == FAKE_BEFORE)
		fake_restart();
	if (!(ends && fake.end == FAKE_INSTEAD))
		*out_label = fake_method(method, request, bytes, reply, out_size, out_caps);
	if (!ends || (fake.end != FAKE_OVER && fake.end != FAKE_INSTEAD))
		return STATUS_OK;
	fake_restart();
	return STATUS_RESTARTED;
}

static inline status_t fake_call(uint64_t regs[8])
{
	uint8_t request[MESSAGE_PAYLOAD_MAX], reply[MESSAGE_PAYLOAD_MAX] = {0};
	const uint32_t method = MESSAGE_LABEL(regs[1]);
	const size_t bytes = MESSAGE_LENGTH(regs[1]);
	size_t size = 0;
	uint32_t caps = 0;
	status_t label, status = STATUS_OK;

	memcpy(request, &regs[2], MESSAGE_WORD_BYTES);
	memcpy(request + MESSAGE_WORD_BYTES, host_message_page.payload + MESSAGE_WORD_BYTES,
	       sizeof(request) - MESSAGE_WORD_BYTES);
	if (regs[0] == VAULT) {
		label = fake_vault(method, request, reply, &size);
	} else {
		assert_int_equal(regs[0], SERVER);
		status = fake_deliver(method, request, bytes, reply, &size, &caps, &label);
	}
	if (status != STATUS_OK)
		return status;
	regs[1] = MESSAGE_TAG(label, label == STATUS_OK ? size : 0, label == STATUS_OK ? caps : 0);
	memcpy(&regs[2], reply, MESSAGE_WORD_BYTES);
	memcpy(host_message_page.payload + MESSAGE_WORD_BYTES, reply + MESSAGE_WORD_BYTES,
	       sizeof(reply) - MESSAGE_WORD_BYTES);
	return STATUS_OK;
}

static inline status_t fake_unmap(uint64_t address, uint64_t pages)
{
	struct fake_person *person = fake_person();

	assert_int_equal(pages * PAGE_SIZE, STORE_WINDOW_SIZE);
	assert_ptr_equal((void *)(uintptr_t)address, person->window);
	free(person->window);
	person->window = NULL;
	return STATUS_OK;
}

static inline status_t fake_map(uint64_t regs[8])
{
	struct fake_person *person = fake_person();

	assert_int_equal(regs[0], WINDOW + fake.now);
	assert_int_equal(regs[3] * PAGE_SIZE, STORE_WINDOW_SIZE);
	assert_null(person->window); /* nothing is mapped twice */
	person->window = calloc(1, STORE_WINDOW_SIZE);
	regs[1] = (uint64_t)(uintptr_t)person->window;
	return STATUS_OK;
}

void host_syscall(uint64_t number, uint64_t regs[8])
{
	switch (number) {
	case SYSCALL_call:
		regs[0] = fake_call(regs);
		if (fake_between != NULL)
			fake_between(regs);
		break;
	case SYSCALL_memory_map: regs[0] = fake_map(regs); break;
	case SYSCALL_memory_unmap: regs[0] = fake_unmap(regs[0], regs[1]); break;
	case SYSCALL_cap_drop: regs[0] = STATUS_OK; break;
	case SYSCALL_process_id:
		regs[0] = STATUS_OK;
		regs[1] = fake.now;
		break;
	case SYSCALL_process_aid:
		regs[0] = STATUS_OK;
		memcpy(host_message_page.bulk, fake_person()->principal.bytes, AID_SIZE);
		break;
	case SYSCALL_clock_now:
		regs[0] = STATUS_OK;
		regs[1] = 1;
		break;
	case SYSCALL_clock_wall:
		regs[0] = STATUS_OK;
		regs[1] = fake.wall_ns;
		fake.wall_ns += fake.wall_ns != 0;
		regs[2] = 1;
		break;
	default: fail_msg("system call %u", (unsigned)number);
	}
}
