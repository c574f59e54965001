/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Compiler extensions, and nothing else. Every attribute the project uses has
 * its name here, so that a verifier or another compiler replaces one file.
 */
#pragma once

/* A variable that may lie farther from the code than the addresses the compiler chooses by itself reach. A port
 * whose do not reach everywhere says in its arch.mk how such a one is named. */
#ifndef CC_FAR
#define CC_FAR
#endif

#ifdef __FRAMAC__
#define CC_NODISCARD
#define CC_NORETURN
#define CC_ALIGNED(n)
#define CC_SECTION(name)
#define CC_USED
#define CC_PRINTF(format, first)
#define CC_INLINE static inline
#define CC_NOINLINE
#define CC_NO_UNROLL
#define CC_COLD
#define CC_BOOT
#define CC_LIKELY(x) (x)
#define CC_UNLIKELY(x) (x)
#define CC_UNREACHABLE() for (;;) {}
#define CC_LOAD_ACQUIRE(address) (*(address))
#define CC_STORE_RELEASE(address, value) (*(address) = (value))
#define CC_LOAD_RELAXED(address) (*(address))
#define CC_STORE_RELAXED(address, value) (*(address) = (value))
#define CC_FENCE_RELEASE() ((void)0)
#define CC_WRITTEN(address)
#define ABI_SIZE(type, size)
#define ABI_AT(type, field, offset)
#else
#define CC_NODISCARD __attribute__((warn_unused_result))
#define CC_NORETURN __attribute__((noreturn))
#define CC_ALIGNED(n) __attribute__((aligned(n)))
#define CC_SECTION(name) __attribute__((section(name)))
#define CC_USED __attribute__((used))
#define CC_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define CC_INLINE static inline __attribute__((always_inline))
#define CC_NOINLINE __attribute__((noinline))
/* Before a loop of few turns. */
#define CC_NO_UNROLL _Pragma("clang loop unroll(disable) vectorize(disable)")
#define CC_COLD __attribute__((cold, noinline, minsize)) /* and small, whatever the file is compiled for */
/* Runs only while the kernel boots: its memory is given back before the first program runs (kernel/main.c). */
#define CC_BOOT __attribute__((section(".boot_text")))
#define CC_LIKELY(x) __builtin_expect(!!(x), 1)
#define CC_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define CC_UNREACHABLE() __builtin_unreachable()
/* Readers on other CPUs that see the value see everything written before it. */
#define CC_LOAD_ACQUIRE(address) __atomic_load_n((address), __ATOMIC_ACQUIRE)
#define CC_STORE_RELEASE(address, value) __atomic_store_n((address), (value), __ATOMIC_RELEASE)
#define CC_FENCE_RELEASE() __atomic_thread_fence(__ATOMIC_RELEASE)
/* Words that other CPUs read or write at any time. */
#define CC_LOAD_RELAXED(address) __atomic_load_n((address), __ATOMIC_RELAXED)
#define CC_STORE_RELAXED(address, value) __atomic_store_n((address), (value), __ATOMIC_RELAXED)
/* What was written there stays written, although nobody reads it. */
#define CC_WRITTEN(address) __asm__ volatile("" : : "r"(address) : "memory")
/* The layout of everything that crosses the kernel boundary is asserted. */
#define ABI_SIZE(type, size) _Static_assert(sizeof(type) == (size), "size of " #type)
#define ABI_AT(type, field, offset)                                                               \
	_Static_assert(__builtin_offsetof(type, field) == (offset), "offset of " #type "." #field)
#endif
