/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A whole service on the host, main included, over a kernel of this file's that
 * hands it the messages of an input and judges the answers: each caller is answered
 * once, with a status, and on OK with as many bytes as the protocol says.
 *
 * A message is: method, who asks, how long, then pieces of the payload (of the input's
 * own bytes, or out of an answer that was given before: names of keys and objects are
 * digests, which nobody guesses). A target defines its methods and what else happens
 * before, between and after messages. The service's variables lie in sections of their own
 * (host.mk) and are put back before every input.
 */
#pragma once
#include "fuzz.h"
#include <abi/cap.h>
#include <abi/info.h>
#include <lib/identity.h>
#include <os/service.h>
#include <os/startup.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

struct service_method {
	uint32_t id;
	size_t request_max, reply_min, reply_max;
};
#define SERVICE_METHOD(id, name, NAME, shape, again) \
	{NAME, sizeof(struct name##_req), IFACE_REPLY_MIN_##shape(name), sizeof(struct name##_rep)},

/*
 * The target's. `service_step`: what happens that is no message, by a byte of 128 and more; the bits of the service's
 * notification that come of it, or 0. `service_late`: the same, when the input is over and somebody still waits.
 */
extern const struct service_method service_methods[];
extern const size_t service_method_count;
void service_begin(void);
uint64_t service_step(uint8_t what);
uint64_t service_late(void);
void service_end(void);
/* A handle that the service was given; of its own: what the kernel says to other calls. */
bool service_given(const char *name);
bool service_call_more(uint64_t number, uint64_t regs[8]);

int service_main(int argc, char **argv);

#define PEOPLE 4u
#define CALLERS_MAX 64u
#define MEMORIES_MAX 64u
#define ANSWERS_KEPT 8u
#define KEPT (MEMORIES_MAX - 1u) /* the handle of what a predecessor kept, which is nothing */
#define KEPT_BYTES (16u * PAGE_SIZE)
#define IDLE_MAX 2000u

struct message_page host_message_page;

static struct {
	const uint8_t *at, *end;
	jmp_buf over;
	uint32_t asked, waiting, idles;
	const struct service_method *callers[CALLERS_MAX]; /* by reply handle; NULL: answered */
	uint8_t answers[ANSWERS_KEPT][MESSAGE_PAYLOAD_MAX];
	uint32_t answer_count;
	struct {
		void *bytes;
		uint64_t pages;
		uint32_t person; /* whose message the service was at when it asked for it */
	} memories[MEMORIES_MAX];
	uint32_t memory_count, person;
	uint64_t random, now_ns;
} kernel;

/* The next byte of the input; 0 past its end. */
static inline uint8_t take(void)
{
	return kernel.at < kernel.end ? *kernel.at++ : 0;
}

/* ---- what goes in ---- */
static inline void payload_fill(uint8_t payload[MESSAGE_PAYLOAD_MAX])
{
	memset(payload, 0, MESSAGE_PAYLOAD_MAX);
	for (size_t at = 0; at < MESSAGE_PAYLOAD_MAX;) {
		const uint8_t piece = take();
		size_t count = piece % 64u + 1u;
		if (count > MESSAGE_PAYLOAD_MAX - at)
			count = MESSAGE_PAYLOAD_MAX - at;
		switch (piece / 64u) {
		case 0: return;
		case 1:
			for (size_t i = 0; i < count; i++)
				payload[at + i] = take();
			break;
		case 2: break;
		default: {
			const uint8_t *answer = kernel.answers[take() % ANSWERS_KEPT];
			const size_t from = take() % (MESSAGE_PAYLOAD_MAX - count + 1u);
			memcpy(payload + at, answer + from, count);
			break;
		}
		}
		at += count;
	}
}

static inline void words_store(uint64_t words[MESSAGE_WORDS], const uint8_t payload[MESSAGE_PAYLOAD_MAX])
{
	memcpy(words, payload, MESSAGE_WORD_BYTES);
	memcpy(host_message_page.payload + MESSAGE_WORD_BYTES, payload + MESSAGE_WORD_BYTES,
	       MESSAGE_PAYLOAD_MAX - MESSAGE_WORD_BYTES);
}

/* One process each, but the last, who has no principal. */
static inline struct aid person_principal(uint32_t person)
{
	if (person + 1u == PEOPLE)
		return (struct aid){{0}};
	return (struct aid){{AID_ALGORITHM_ED25519, AID_HASH_BLAKE3, (uint8_t)(person + 1u)}};
}

/* Of no method: nothing may be answered but that there is none. */
static const struct service_method no_method = {.reply_min = SIZE_MAX};

static inline const struct service_method *method_of(uint32_t label)
{
	for (size_t i = 0; i < service_method_count; i++)
		if (service_methods[i].id == label)
			return &service_methods[i];
	return &no_method;
}

/* Who asks: two bits for the person, two for what the badge allows, one for nobody waiting. */
static inline void message_make(uint64_t regs[8])
{
	uint8_t payload[MESSAGE_PAYLOAD_MAX];
	const struct service_method *method = &service_methods[take() % service_method_count];
	const uint8_t who = take(), how = take();
	const size_t length = how < 192 ? method->request_max : how < 224 ? take() : method->request_max - how % 32u;
	const uint32_t label = how == 255 ? take() : method->id;
	const bool waits = (who & 0x10) == 0 && kernel.asked + 1u < CALLERS_MAX;

	kernel.person = who % PEOPLE;
	payload_fill(payload);
	words_store(regs + 2, payload);
	host_message_page.sender = person_principal(kernel.person);
	for (uint32_t i = 0; i < MESSAGE_CAPS_MAX; i++)
		host_message_page.caps[i].handle = HANDLE_NONE;
	regs[0] = STATUS_OK;
	regs[1] = MESSAGE_TAG(label, length <= MESSAGE_PAYLOAD_MAX ? length : 0, who >> 5 & 3u) |
	          (uint64_t)(waits ? MESSAGE_CALL : MESSAGE_SEND) << 24;
	regs[6] = (kernel.person + 1u) | (uint64_t)(who >> 2 & 3u) << 62;
	regs[7] = HANDLE_NONE;
	if (waits) {
		regs[7] = ++kernel.asked;
		kernel.callers[regs[7]] = method_of(label);
		kernel.waiting++;
	}
}

/* ---- what comes out ---- */
static inline bool is_status(uint32_t label)
{
	switch (label) {
#define STATUS(name, value, sentence) case (value):
#include <abi/status.def>
#undef STATUS
		return true;
	default: return false;
	}
}

static inline void answered(uint64_t to, uint64_t tag, const uint64_t words[MESSAGE_WORDS])
{
	require(to > 0 && to < CALLERS_MAX && kernel.callers[to] != NULL);
	const struct service_method *method = kernel.callers[to];
	const size_t length = MESSAGE_LENGTH(tag);
	uint8_t *answer = kernel.answers[kernel.answer_count++ % ANSWERS_KEPT];

	kernel.callers[to] = NULL;
	kernel.waiting--;
	require(is_status(MESSAGE_LABEL(tag)) && MESSAGE_CAPS(tag) <= MESSAGE_CAPS_MAX);
	if (MESSAGE_LABEL(tag) == STATUS_OK)
		require(length >= method->reply_min && length <= method->reply_max);
	else
		require(length == 0 && MESSAGE_CAPS(tag) == 0);
	memset(answer, 0, MESSAGE_PAYLOAD_MAX);
	memcpy(answer, words, MESSAGE_WORD_BYTES);
	if (length > MESSAGE_WORD_BYTES)
		memcpy(answer + MESSAGE_WORD_BYTES, host_message_page.payload + MESSAGE_WORD_BYTES, length - MESSAGE_WORD_BYTES);
}

static inline void notified(uint64_t regs[8], uint64_t bits)
{
	regs[0] = STATUS_OK;
	regs[1] = (uint64_t)MESSAGE_NOTIFICATION << 24;
	regs[6] = bits;
	regs[7] = HANDLE_NONE;
}

/* There is no message any more: what is left to do is done, and then everybody has an answer. */
static inline void received_none(uint64_t regs[8], deadline_t deadline)
{
	require(kernel.idles++ < IDLE_MAX);
	if (deadline == DEADLINE_NOW) {
		regs[0] = STATUS_TIMED_OUT;
		return;
	}
	const uint64_t bits = kernel.waiting != 0 ? service_late() : 0;
	if (bits != 0) {
		notified(regs, bits);
		return;
	}
	require(kernel.waiting == 0);
	longjmp(kernel.over, 1);
}

/* A byte of the input says what is next: 0 that nothing is yet. */
static inline void received(uint64_t regs[8], deadline_t deadline)
{
	while (kernel.at < kernel.end) {
		const uint8_t what = take();
		const uint64_t bits = what >= 128 ? service_step(what) : 0;

		if (bits != 0) {
			notified(regs, bits);
			return;
		}
		if (what == 0 && deadline == DEADLINE_NOW)
			break;
		if (what > 0 && what < 128) {
			message_make(regs);
			return;
		}
	}
	received_none(regs, deadline);
}

/* ---- the rest of the kernel ---- */
static inline void memory_make(uint64_t regs[8])
{
	if (kernel.memory_count + 1u == KEPT) {
		regs[0] = STATUS_TABLE_FULL;
		return;
	}
	regs[1] = ++kernel.memory_count;
	kernel.memories[regs[1]].bytes = calloc(regs[0], PAGE_SIZE);
	kernel.memories[regs[1]].pages = regs[0];
	kernel.memories[regs[1]].person = kernel.person;
	regs[0] = STATUS_OK;
}

static inline void *memory_of(handle_t handle)
{
	require(handle < MEMORIES_MAX);
	if (handle == KEPT && kernel.memories[KEPT].bytes == NULL)
		kernel.memories[KEPT].bytes = calloc(1, KEPT_BYTES);
	return kernel.memories[handle].bytes;
}

static inline void memory_drop(handle_t handle)
{
	if (handle >= KEPT)
		return;
	free(kernel.memories[handle].bytes);
	kernel.memories[handle].bytes = NULL;
}

static inline void info_give(uint64_t regs[8])
{
	const struct info_memory memory = {.free_bytes = 0};
	const struct info_process process = {.id = regs[2] + 1u, .state = 1, .principal = person_principal((uint32_t)regs[2] % PEOPLE)};
	const bool past = regs[1] == INFO_PROCESS && regs[2] >= PEOPLE;

	if (regs[1] == INFO_MEMORY)
		memcpy(host_message_page.bulk, &memory, sizeof memory);
	else
		memcpy(host_message_page.bulk, &process, sizeof process);
	regs[0] = past ? STATUS_NOT_FOUND : STATUS_OK;
	regs[1] = regs[2] + 1u;
}

void host_syscall(uint64_t number, uint64_t regs[8])
{
	const struct cap_info info = {.size = KEPT_BYTES};

	switch (number) {
	case SYSCALL_recv: received(regs, regs[1]); return;
	case SYSCALL_reply_recv:
		answered(regs[7], regs[1], regs + 2);
		received(regs, regs[6]);
		return;
	case SYSCALL_reply: answered(regs[0], regs[1], regs + 2); break;
	case SYSCALL_memory_create: memory_make(regs); return;
	case SYSCALL_memory_map:
		regs[1] = (uint64_t)memory_of(regs[0]);
		require(regs[1] != 0);
		break;
	case SYSCALL_cap_drop: memory_drop(regs[0]); break;
	case SYSCALL_cap_info: memcpy(host_message_page.bulk, &info, sizeof info); break;
	case SYSCALL_clock_wall: regs[1] = 1000; break;
	case SYSCALL_clock_now: regs[1] = ++kernel.now_ns; break;
	case SYSCALL_random_get:
		for (size_t i = 0; i < regs[0]; i++)
			host_message_page.bulk[i] = (uint8_t)(++kernel.random * 0x9e3779b97f4a7c15ull >> 32);
		break;
	case SYSCALL_system_info: info_give(regs); return;
	case SYSCALL_memory_unmap:
	case SYSCALL_audit_report:
	case SYSCALL_log_write: break;
	default: require(service_call_more(number, regs)); return;
	}
	regs[0] = STATUS_OK;
}

handle_t startup_handle(const char *name)
{
	if (strcmp(name, "kept") == 0)
		return KEPT;
	return service_given(name) ? MEMORIES_MAX : HANDLE_NONE;
}

handle_t startup_need(const char *name)
{
	return startup_handle(name);
}

void startup_drop(const char *name)
{
	(void)name;
}

/* ---- an input ---- */
extern uint8_t __start_service_data[], __stop_service_data[], __start_service_bss[], __stop_service_bss[];

/* Word by word and unchecked: between the variables lie the sanitizer's red zones. */
#define UNCHECKED __attribute__((no_sanitize("address", "coverage"))) static inline
UNCHECKED void words_copy(uint8_t *to, const uint8_t *from, size_t bytes)
{
	for (size_t i = 0; i < bytes / sizeof(uint64_t); i++)
		((volatile uint64_t *)(void *)to)[i] = ((const volatile uint64_t *)(const void *)from)[i];
}

UNCHECKED void words_zero(uint8_t *at, size_t bytes)
{
	for (size_t i = 0; i < bytes / sizeof(uint64_t); i++)
		((volatile uint64_t *)(void *)at)[i] = 0;
}

static inline void variables_put_back(void)
{
	static uint8_t *loaded;
	const size_t bytes = (size_t)(__stop_service_data - __start_service_data);

	if (loaded == NULL) {
		loaded = malloc(bytes);
		words_copy(loaded, __start_service_data, bytes);
	}
	words_copy(__start_service_data, loaded, bytes);
	words_zero(__start_service_bss, (size_t)(__stop_service_bss - __start_service_bss));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *arguments[] = {NULL};

	memset(&host_message_page, 0, sizeof host_message_page);
	memset(&kernel, 0, sizeof kernel);
	variables_put_back();
	kernel.at = data;
	kernel.end = data + size;
	service_begin();
	if (setjmp(kernel.over) == 0)
		(void)service_main(0, arguments);
	service_end();
	for (uint32_t i = 0; i < MEMORIES_MAX; i++)
		free(kernel.memories[i].bytes);
	return 0;
}
