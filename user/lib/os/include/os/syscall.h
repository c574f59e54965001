/* SPDX-License-Identifier: MPL-2.0 */
/*
 * One typed function per system call, derived from abi/syscall.def:
 *
 *   status_t sys_cap_mint(handle_t source, uint64_t rights, uint64_t badge, handle_t *out_copy)
 *
 * Results are written only on OK. The five message calls take the eight
 * registers as they are; programs use os/ipc.h instead. Everything is inline
 * and becomes the trap instruction and the register moves it needs.
 */
#pragma once
#include <abi/syscall.h>
#include <arch/user.h>

#define SYS_REGISTERS 8u

/* The trap itself: eight registers in, eight out; [0] is the status. */
CC_INLINE status_t sys_raw(uint64_t number, uint64_t registers[SYS_REGISTERS])
{
	arch_syscall(number, registers);
	return (status_t)registers[0];
}

/* SYS_DECLARE_x gives the parameters of a shape, SYS_TRAP_x the body. */
#define SYS_DECLARE_I0O0() (void)
#define SYS_DECLARE_I0O1(u1, o1) (u1 * out_##o1)
#define SYS_DECLARE_I0O2(u1, o1, u2, o2) (u1 * out_##o1, u2 * out_##o2)
#define SYS_DECLARE_I1O0(t0, i0) (t0 i0)
#define SYS_DECLARE_I1O1(t0, i0, u1, o1) (t0 i0, u1 * out_##o1)
#define SYS_DECLARE_I1O2(t0, i0, u1, o1, u2, o2) (t0 i0, u1 * out_##o1, u2 * out_##o2)
#define SYS_DECLARE_I2O0(t0, i0, t1, i1) (t0 i0, t1 i1)
#define SYS_DECLARE_I2O1(t0, i0, t1, i1, u1, o1) (t0 i0, t1 i1, u1 * out_##o1)
#define SYS_DECLARE_I2O2(t0, i0, t1, i1, u1, o1, u2, o2) (t0 i0, t1 i1, u1 * out_##o1, u2 * out_##o2)
#define SYS_DECLARE_I2O3(t0, i0, t1, i1, u1, o1, u2, o2, u3, o3)                                   \
	(t0 i0, t1 i1, u1 * out_##o1, u2 * out_##o2, u3 * out_##o3)
#define SYS_DECLARE_I3O0(t0, i0, t1, i1, t2, i2) (t0 i0, t1 i1, t2 i2)
#define SYS_DECLARE_I3O1(t0, i0, t1, i1, t2, i2, u1, o1) (t0 i0, t1 i1, t2 i2, u1 * out_##o1)
#define SYS_DECLARE_I3O2(t0, i0, t1, i1, t2, i2, u1, o1, u2, o2)                                   \
	(t0 i0, t1 i1, t2 i2, u1 * out_##o1, u2 * out_##o2)
#define SYS_DECLARE_I4O1(t0, i0, t1, i1, t2, i2, t3, i3, u1, o1)                                   \
	(t0 i0, t1 i1, t2 i2, t3 i3, u1 * out_##o1)
#define SYS_DECLARE_I5O1(t0, i0, t1, i1, t2, i2, t3, i3, t4, i4, u1, o1)                           \
	(t0 i0, t1 i1, t2 i2, t3 i3, t4 i4, u1 * out_##o1)
#define SYS_DECLARE_I7O0(t0, i0, t1, i1, t2, i2, t3, i3, t4, i4, t5, i5, t6, i6)                   \
	(t0 i0, t1 i1, t2 i2, t3 i3, t4 i4, t5 i5, t6 i6)
#define SYS_DECLARE_IPC (uint64_t message_registers[SYS_REGISTERS])

#define SYS_IN(n, value) registers[n] = (uint64_t)(value);
#define SYS_OUT(n, o)                                                                              \
	if (CC_LIKELY(status == STATUS_OK))                                                        \
		*out_##o = registers[n];
#define SYS_TRAP_I0O0() SYS_TRAP(, )
#define SYS_TRAP_I0O1(u1, o1) SYS_TRAP(, SYS_OUT(1, o1))
#define SYS_TRAP_I0O2(u1, o1, u2, o2) SYS_TRAP(, SYS_OUT(1, o1) SYS_OUT(2, o2))
#define SYS_TRAP_I1O0(t0, i0) SYS_TRAP(SYS_IN(0, i0), )
#define SYS_TRAP_I1O1(t0, i0, u1, o1) SYS_TRAP(SYS_IN(0, i0), SYS_OUT(1, o1))
#define SYS_TRAP_I1O2(t0, i0, u1, o1, u2, o2) SYS_TRAP(SYS_IN(0, i0), SYS_OUT(1, o1) SYS_OUT(2, o2))
#define SYS_TRAP_I2O0(t0, i0, t1, i1) SYS_TRAP(SYS_IN(0, i0) SYS_IN(1, i1), )
#define SYS_TRAP_I2O1(t0, i0, t1, i1, u1, o1) SYS_TRAP(SYS_IN(0, i0) SYS_IN(1, i1), SYS_OUT(1, o1))
#define SYS_TRAP_I2O2(t0, i0, t1, i1, u1, o1, u2, o2)                                              \
	SYS_TRAP(SYS_IN(0, i0) SYS_IN(1, i1), SYS_OUT(1, o1) SYS_OUT(2, o2))
#define SYS_TRAP_I2O3(t0, i0, t1, i1, u1, o1, u2, o2, u3, o3)                                      \
	SYS_TRAP(SYS_IN(0, i0) SYS_IN(1, i1), SYS_OUT(1, o1) SYS_OUT(2, o2) SYS_OUT(3, o3))
#define SYS_TRAP_I3O0(t0, i0, t1, i1, t2, i2) SYS_TRAP(SYS_IN(0, i0) SYS_IN(1, i1) SYS_IN(2, i2), )
#define SYS_TRAP_I3O1(t0, i0, t1, i1, t2, i2, u1, o1)                                              \
	SYS_TRAP(SYS_IN(0, i0) SYS_IN(1, i1) SYS_IN(2, i2), SYS_OUT(1, o1))
#define SYS_TRAP_I3O2(t0, i0, t1, i1, t2, i2, u1, o1, u2, o2)                                      \
	SYS_TRAP(SYS_IN(0, i0) SYS_IN(1, i1) SYS_IN(2, i2), SYS_OUT(1, o1) SYS_OUT(2, o2))
#define SYS_TRAP_I4O1(t0, i0, t1, i1, t2, i2, t3, i3, u1, o1)                                      \
	SYS_TRAP(SYS_IN(0, i0) SYS_IN(1, i1) SYS_IN(2, i2) SYS_IN(3, i3), SYS_OUT(1, o1))
#define SYS_TRAP_I5O1(t0, i0, t1, i1, t2, i2, t3, i3, t4, i4, u1, o1)                              \
	SYS_TRAP(SYS_IN(0, i0) SYS_IN(1, i1) SYS_IN(2, i2) SYS_IN(3, i3) SYS_IN(4, i4),            \
	         SYS_OUT(1, o1))
#define SYS_TRAP_I7O0(t0, i0, t1, i1, t2, i2, t3, i3, t4, i4, t5, i5, t6, i6)                      \
	SYS_TRAP(SYS_IN(0, i0) SYS_IN(1, i1) SYS_IN(2, i2) SYS_IN(3, i3) SYS_IN(4, i4)             \
	         SYS_IN(5, i5) SYS_IN(6, i6), )
/* Registers a call does not use keep what they held: no instruction is spent on them. */
#define SYS_TRAP(in, out)                                                                          \
	uint64_t registers[SYS_REGISTERS];                                                         \
	in status_t status = sys_raw(syscall_number, registers);                                   \
	out return status;
#define SYS_TRAP_IPC return sys_raw(syscall_number, message_registers);

#define SYSCALL(number, name, shape, sentence)                                                     \
	CC_NODISCARD CC_INLINE status_t sys_##name SYS_DECLARE_##shape                             \
	{                                                                                          \
		const uint64_t syscall_number = (number);                                          \
		SYS_TRAP_##shape                                                                   \
	}
#include <abi/syscall.def>
#undef SYSCALL
