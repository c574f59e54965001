/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a host program (unit test, fuzzer, simulation) sees of the machine it
 * runs the kernel on.
 *
 * Two ways to use it. A unit test calls host_machine and then the noun it
 * tests, on one CPU. A simulation calls host_simulate_boot and host_simulate: every simulated CPU is
 * a coroutine that runs the real boot path, and a seeded scheduler decides at
 * each interleaving point (lock, spin, user mode) which of them goes on.
 */
#pragma once
#include <kernel/arch.h>

/* The variables of a host program are not the kernel's (arch/types.h). */
#pragma clang section bss = "" data = ""

/* Make a machine: RAM (bytes, zeroed), CPUs, time 0. Frees the previous one and clears the kernel's tables
 * and counters that a test may have left. Kernel nouns still need their own init. */
void host_machine(uint64_t ram_bytes, uint32_t cpus);
/* The boot info of the current machine. */
struct boot_info *host_boot_info(void);
/* host_machine plus frames, tables of `processes` processes, clock, scheduler: everything short of running. */
void host_kernel(uint64_t ram_bytes, uint32_t cpus, uint32_t processes);

/* What a simulated CPU in user mode does next; set by the simulation. Runs on the CPU's coroutine: it may set
 * the thread's registers and call trap_syscall or trap_fault, and returns whom to resume. */
typedef struct thread *host_user_step(struct thread *current, void *context);
/* Boot the kernel on all CPUs, under a seed, until a program has made its first step; false: none did.
 * `check` is called whenever no CPU is inside the kernel, now and later. */
CC_NODISCARD bool host_simulate_boot(uint64_t seed, host_user_step *step, void (*check)(void *), void *context);
/* So many scheduling decisions more. Returns the number of user steps since the boot began. */
uint64_t host_simulate(uint64_t decisions);
/* Deterministic random numbers of the running simulation. */
uint64_t host_random(void);
/* From here on the simulation is that of another seed. */
void host_reseed(uint64_t seed);

/* What another CPU does at the next point where it could come between, outside of a simulation; called once, with
 * that CPU still this one, and may set itself again. NULL on every new machine. */
extern void (*host_meanwhile)(void);

/* State of the simulated CPUs' random number generator, which a test may set before it makes a machine;
 * 0: they have none. A simulation sets it from its seed, so that a run can be repeated. */
extern uint64_t host_entropy;

/* Message interrupts: how many the machine has, which a test may change, and how many are routed. Functions of the
 * first HOST_BUSES buses reach the controller. */
#define HOST_MESSAGES 16u
#define HOST_BUSES 32u
#define HOST_MESSAGE_ADDRESS 0xfee00000ull /* + the CPU */
extern uint32_t host_messages, host_messages_routed;

/* Counter ticks per second: 1 GHz on every new machine. A test that changes it calls clock_init again. */
extern uint64_t host_frequency;

/* The I/O ports: bytes that keep what was written to them. */
#define HOST_PORTS 0x10000u
extern uint8_t host_ports[HOST_PORTS];

/* So many bytes went to the boot console. */
extern uint64_t host_console_bytes;

/* Set by arch_power and arch_halt: the machine is off. */
extern bool host_powered_off;
/* Outside of a simulation: does the function stop the machine (it panics, refuses to start, halts, turns it off) instead
 * of coming back? The kernel's variables are then as they were when it did; locks it held stay held. */
CC_NODISCARD bool host_stops(void (*function)(void));
