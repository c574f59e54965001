/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Calls into the supervisor binary interface: what machine mode does for us. */
#pragma once
#include <abi/types.h>

enum sbi_extension {
	SBI_CONSOLE_PUTCHAR = 0x01, /* legacy */
	SBI_HSM = 0x48534d,
	SBI_IPI = 0x735049,
	SBI_RFENCE = 0x52464e43,
	SBI_SRST = 0x53525354,
	SBI_TIME = 0x54494d45,
};
enum sbi_function {
	SBI_HSM_START = 0,
	SBI_IPI_SEND = 0,
	SBI_RFENCE_I = 0,
	SBI_RFENCE_VMA = 1,
	SBI_RFENCE_VMA_ASID = 2,
	SBI_SRST_RESET = 0,
	SBI_TIME_SET = 0,
};
enum sbi_reset {
	SBI_RESET_SHUTDOWN = 0,
	SBI_RESET_COLD = 1,
};

struct sbi_result {
	int64_t error; /* 0: done */
	uint64_t value;
};

CC_INLINE struct sbi_result sbi_call(enum sbi_extension extension, enum sbi_function function, uint64_t arg0,
                                     uint64_t arg1, uint64_t arg2, uint64_t arg3, uint64_t arg4)
{
	register uint64_t a0 __asm__("a0") = arg0;
	register uint64_t a1 __asm__("a1") = arg1;
	register uint64_t a2 __asm__("a2") = arg2;
	register uint64_t a3 __asm__("a3") = arg3;
	register uint64_t a4 __asm__("a4") = arg4;
	register uint64_t a6 __asm__("a6") = (uint64_t)function;
	register uint64_t a7 __asm__("a7") = (uint64_t)extension;
	__asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7) : "memory");
	return (struct sbi_result){ .error = (int64_t)a0, .value = a1 };
}
