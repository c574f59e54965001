/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The FPU, switched lazily: sstatus.FS is off unless this CPU holds the state of
 * the thread that runs. A thread's first floating-point instruction therefore
 * traps as illegal, and is told from a truly illegal one by its encoding.
 * The hart marks the state dirty when it is written, so a thread that only had
 * it loaded costs no store when it leaves.
 */
#include "csr.h"
#include "machine.h"
#include <kernel/thread.h>

void fpu_state_save(struct arch_fpu *fpu);
void fpu_state_load(const struct arch_fpu *fpu);

void riscv_fpu_release(struct arch_cpu *cpu)
{
	if ((csr_read(sstatus) & SSTATUS_FS) == SSTATUS_FS_DIRTY)
		fpu_state_save(cpu->fpu_owner);
	csr_clear(sstatus, SSTATUS_FS);
	cpu->fpu_owner = NULL;
}

void riscv_fpu_acquire(struct arch_cpu *cpu, struct arch_fpu *fpu)
{
	if (cpu->fpu_owner == fpu)
		return;
	csr_set(sstatus, SSTATUS_FS);
	fpu_state_load(fpu);
	csr_clear(sstatus, SSTATUS_FS);
	csr_set(sstatus, SSTATUS_FS_CLEAN);
	cpu->fpu_owner = fpu;
}

static bool is_float_compressed(uint32_t instruction)
{
	uint32_t quadrant = instruction & 3u, function = instruction >> 13 & 7u;
	/* c.fld, c.fsd and their sp forms */
	return quadrant != 1u && (function == 1u || function == 5u);
}

static bool is_float(uint32_t instruction)
{
	uint32_t opcode = instruction & 0x7fu, function = instruction >> 12 & 7u, csr = instruction >> 20;
	if ((instruction & 3u) != 3u)
		return is_float_compressed(instruction);
	switch (opcode) {
	case 0x07: /* loads and stores: single and double; other widths are vectors */
	case 0x27:
		return function == 2u || function == 3u;
	case 0x43: case 0x47: case 0x4b: case 0x4f: /* fused multiply and add */
	case 0x53:
		return true;
	case 0x73: /* fflags, frm, fcsr */
		return function != 0u && function != 4u && csr >= 1u && csr <= 3u;
	default:
		return false;
	}
}

bool fpu_first_use(struct thread *thread, uint64_t instruction)
{
	if (!machine.fpu || (csr_read(sstatus) & SSTATUS_FS) != 0 || !is_float((uint32_t)instruction))
		return false;
	thread->fpu = (struct arch_fpu){ .live = true };
	riscv_fpu_acquire(&arch_cpu_self()->arch, &thread->fpu);
	return true;
}
