/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Every way to die of a fault, one per name. Whoever comes back from its crash
 * says so and exits with code 0: the system let something pass, or (division)
 * the processor defines it.
 */
#include <lib/string.h>
#include <os/heap.h>
#include <os/print.h>
#include <os/syscall.h>

#define KERNEL_ADDRESS 0xffffffff80200000ull
#define NOWHERE        0x0000000700000000ull

/* Reached through these, so that the compiler cannot see what is about to happen. */
static volatile uint64_t zero;
static volatile uint64_t nowhere = NOWHERE;
static volatile uint64_t kernel = KERNEL_ADDRESS;

static void crash_null(void)
{
	*(volatile uint64_t *)zero = 1;
}

static __attribute__((noinline)) uint64_t deeper(uint64_t depth)
{
	volatile uint8_t frame[512];

	frame[depth % sizeof(frame)] = (uint8_t)depth;
	if (depth == zero - 1u)
		return 0; /* not in this life */
	return deeper(depth + 1u) + frame[(depth + 1u) % sizeof(frame)];
}

static void crash_recurse(void)
{
	zero = deeper(0);
}

static void crash_jump(void)
{
	((void (*)(void))nowhere)();
}

static void crash_divide(void)
{
	volatile uint64_t seven = 7;

	__asm__ volatile("" : : : "memory");
	print("7 / 0 is %llu on this processor\n", (unsigned long long)(seven / zero));
}

static void crash_exec_data(void)
{
	static uint8_t code[64];

	((void (*)(void))(uintptr_t)(code + zero))();
}

static void crash_write_code(void)
{
	*(volatile uint8_t *)((uint64_t)&crash_null + zero) = 0;
}

static void crash_kernel_read(void)
{
	zero = *(volatile uint64_t *)kernel;
}

static void crash_kernel_write(void)
{
	*(volatile uint64_t *)kernel = 1;
}

/* Touch memory until the quota is used up: the page fault that cannot be served ends us. */
static void crash_exhaust(void)
{
	volatile uint8_t *memory;

	while ((memory = heap_take(64u * 1024u)) != NULL) {
		for (uint32_t at = 0; at < 64u * 1024u; at += PAGE_SIZE)
			memory[at] = 1;
	}
}

static void crash_undefined_instruction(void)
{
	__asm__ volatile(".long 0xffffffff"); /* on every architecture of ours */
}

/* Overrun a variable: the stack protector's business. */
static void crash_stack(void)
{
	char buffer[16];

	memset(buffer + zero, 'x', 64u + zero);
	__asm__ volatile("" : : "r"(buffer) : "memory");
}

static const struct {
	const char *name;
	void (*crash)(void);
} ways[] = {
	{"null", crash_null},
	{"recurse", crash_recurse},
	{"jump", crash_jump},
	{"divide", crash_divide},
	{"exec-data", crash_exec_data},
	{"write-code", crash_write_code},
	{"kernel-read", crash_kernel_read},
	{"kernel-write", crash_kernel_write},
	{"exhaust", crash_exhaust},
	{"undefined-instruction", crash_undefined_instruction},
	{"stack", crash_stack},
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

int main(int argc, char **argv)
{
	for (uint32_t i = 0; argc == 2 && i < WAYS; i++) {
		if (strcmp(ways[i].name, argv[1]) != 0)
			continue;
		ways[i].crash();
		print("crash: still here after %s\n", argv[1]);
		return 0;
	}
	print("usage: crash WAY, one of:");
	for (uint32_t i = 0; i < WAYS; i++)
		print(" %s", ways[i].name);
	print("\n");
	return 2;
}
