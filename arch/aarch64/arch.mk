# SPDX-License-Identifier: AGPL-3.0-or-later
# Baseline: Armv8.0, so that one kernel runs on a Cortex-A72 and on newer CPUs. Branch target marks are
# hints there; the kernel switches the check on where the CPU has it.
ARCH_TARGET := aarch64-none-elf
ARCH_CFLAGS := -march=armv8-a -mbranch-protection=bti -mno-outline-atomics
# The registers the kernel leaves alone need not be stored and loaded by a system call, and x9 is a flag of
# kernel/entry.S: every file linked into the kernel must be compiled like this.
# Its text and data lie within a mebibyte, one instruction's reach; what does not is reached through the linker's
# table of addresses (CC_FAR), which the compiler uses for a symbol that may be absent.
ARCH_KERNEL_CFLAGS := -mgeneral-regs-only -mcmodel=tiny '-DCC_FAR=__attribute__((weak))' -ffixed-x9 -ffixed-x10 -ffixed-x11 -ffixed-x12 \
	-ffixed-x13 -ffixed-x14 -ffixed-x15 -ffixed-x18
ARCH_USER_CFLAGS := -mcmodel=small
# A function with variable arguments stores the vector registers; nobody asked the library to print a double.
ARCH_LIBRARY_CFLAGS := -mgeneral-regs-only
ARCH_LDFLAGS := -m aarch64elf
ARCH_KERNEL_LDFLAGS :=
ARCH_USER_LDFLAGS := -z separate-code
ARCH_KERNEL_IMAGE := flat
