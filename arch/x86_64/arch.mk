# SPDX-License-Identifier: AGPL-3.0-or-later
# What the compiler and the linker must know to build for x86_64: plain assignments, nothing else.
# The kernel lives in the top 2 GiB, takes interrupts on its own stack and leaves the FPU to programs.
# No vector registers, so 8 bytes align its stack.
# Stack protector: not the guard at fs:40 or gs:40, which are the message page and the CPU's structure here.
ARCH_TARGET := x86_64-unknown-none-elf
ARCH_CFLAGS := -march=x86-64 -fcf-protection=none -mstack-protector-guard=global
ARCH_KERNEL_CFLAGS := -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -mstack-alignment=8
ARCH_USER_CFLAGS := -mcmodel=small
ARCH_LDFLAGS := -m elf_x86_64
ARCH_KERNEL_LDFLAGS :=
ARCH_USER_LDFLAGS := -z separate-code
