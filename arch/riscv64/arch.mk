# SPDX-License-Identifier: AGPL-3.0-or-later
# How to compile for riscv64. The kernel uses general registers only; programs may use the FPU. The linker
# shortens calls, but makes no use of gp (its --relax-gp stays off): gp is the program's own register, and
# neither the kernel nor start.S loads it.
ARCH_TARGET := riscv64-none-elf
ARCH_CFLAGS := -mcmodel=medany
ARCH_KERNEL_CFLAGS := -march=rv64imac_zicsr_zifencei -mabi=lp64
ARCH_USER_CFLAGS := -march=rv64imafdc_zicsr_zifencei -mabi=lp64d
ARCH_LDFLAGS := -m elf64lriscv
ARCH_USER_LDFLAGS := -z separate-code
