/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Address spaces: page tables (walked here once for all ports, over arch_pte_*)
 * and the sorted list of mappings that says what belongs where. Page tables are
 * a cache of mappings + memory objects: a page is entered when first touched.
 *
 * Both change only under the address space's lock, so a fault and an unmapping
 * on two CPUs come one after the other. What an unmapping took out of the tables
 * is forgotten by every TLB before its frames are freed. The kernel never holds
 * the locks of two address spaces.
 */
#pragma once
#include <kernel/object.h>

/* Where the kernel puts things in a new process when asked to choose, and what it reserves. */
#define USER_IMAGE_BASE 0x0000000000400000ull
#define USER_STACK_TOP 0x0000003000000000ull    /* of the first thread; guard page below the stack */
#define USER_PAGES_BASE 0x0000003100000000ull   /* message page, loan, window and a guard page of each thread */
#define USER_PAGES_MAX 64u                      /* threads per process */
#define USER_PAGES_END (USER_PAGES_BASE + 4ull * USER_PAGES_MAX * PAGE_SIZE)
#define USER_CHOOSE_BASE 0x0000001000000000ull  /* memory_map with address 0; a free page after each */
#define USER_CHOOSE_LIMIT 0x0000002000000000ull
#define ASPACE_MAPPINGS_MAX 1024u               /* bounds every walk along the list */

struct aspace {
	paddr_t root;         /* [c] */
	uint64_t token;       /* [c] what arch_aspace_enter wants; 0: only aspace_activate will do */
	uint32_t asid;        /* [c] 1 + process slot */
	uint32_t process;     /* [c] slot charged for frames */
	uint32_t mapping_head; /* [A] sorted by address */
	uint32_t mapping_hint; /* [A] last hit */
	uint32_t mapping_count; /* [A] */
	uint64_t choose_next; /* [A] nothing below it in the chosen range is worth looking at */
	uint64_t cpus;        /* [a] CPUs whose TLB may hold translations of it; only grows */
	struct lock lock;     /* A: LOCK_ASPACE */
};

enum mapping_kind {
	MAPPING_MEMORY = 0,  /* pages of a memory object */
	MAPPING_REGION = 1,  /* device registers */
	MAPPING_PAGE = 2,    /* a thread's message page, which is the thread's; its loan; its window (loan.h) */
};

struct mapping {
	struct object object;
	uint64_t address;    /* [A] */
	uint64_t pages;      /* [A] */
	uint64_t first_page; /* [A] page of the object that `address` shows */
	uint8_t prot;        /* [A] PROT_* */
	uint8_t prot_limit;  /* [c] what the capability allowed */
	uint8_t kind;        /* [c] */
	bool fetchable;      /* [c] instructions in it were made fetchable when it was verified */
	uint32_t memory;     /* [A] memory or region slot, referenced; NONE: MAPPING_PAGE */
	uint32_t cap;        /* cap index it was made through, or NONE */
	uint32_t cap_generation;
	uint32_t process;    /* [c] slot of the address space */
	uint32_t next;       /* [A] in the address space */
	uint32_t previous;
	uint32_t object_next; /* [O] in the memory object's (or region's) list */
	uint32_t object_previous;
};
extern struct mapping mapping_table[MAPPING_MAX] CC_FAR;

/* What to map where. */
struct mapping_request {
	enum mapping_kind kind;
	uint32_t memory;      /* memory or region slot */
	uint32_t cap;         /* index of the capability it is asked through, or NONE: the caller holds a reference */
	handle_t handle;      /* of that capability: re-checked under the object's lock */
	uint64_t address;     /* 0: choose */
	uint64_t first_page;
	uint64_t pages;
	uint32_t prot;
	uint32_t prot_limit;
	bool fetchable;
};

/* The root is charged to the process. QUOTA, NO_MEMORY. */
CC_NODISCARD status_t aspace_init(struct aspace *aspace, uint32_t process);
/* Take apart at most `limit` pages or mappings; true when nothing is left, the root freed. Called with
 * no thread of the process running and the caller's CPU in another address space; false also while some
 * CPU has not left it yet. */
bool aspace_clear_some(struct aspace *aspace, uint32_t limit);

/* Map `pages` of an object. Needs: aligned, inside the user range, outside the message pages and within the
 * object (INVALID), no overlap (BUSY), prot within prot_limit and no writing to sealed memory (DENIED), not
 * writable and executable (INVALID); else TABLE_FULL, BAD_HANDLE (the capability died). Retains the object. */
CC_NODISCARD status_t aspace_map_request(struct aspace *aspace, const struct mapping_request *request,
                                         uint64_t *out_address);
/* The same for an object the caller holds a reference to. `cap` is NONE. */
CC_NODISCARD status_t aspace_map(struct aspace *aspace, enum mapping_kind kind, uint32_t memory, uint32_t cap,
                                 uint64_t address, uint64_t first_page, uint64_t pages, uint32_t prot,
                                 uint32_t prot_limit, uint64_t *out_address);
/* Remove what is mapped in the range; holes are fine. INVALID: a bad range, or a message page in it;
 * TABLE_FULL: a mapping had to be split. Either changes nothing. */
CC_NODISCARD status_t aspace_unmap(struct aspace *aspace, uint64_t address, uint64_t pages);
/* The same in bounded steps: *out_more if there is something left to do. Asking again goes on. */
CC_NODISCARD status_t aspace_unmap_some(struct aspace *aspace, uint64_t address, uint64_t pages,
                                        uint32_t limit, bool *out_more);
/* BAD_ADDRESS: not all of the range is mapped. DENIED: beyond prot_limit (*out_missing, may be NULL), or
 * writing to sealed memory. INVALID, TABLE_FULL. Changes all or nothing. */
CC_NODISCARD status_t aspace_protect_checked(struct aspace *aspace, uint64_t address, uint64_t pages,
                                             uint32_t prot, uint32_t *out_missing);
CC_NODISCARD status_t aspace_protect(struct aspace *aspace, uint64_t address, uint64_t pages, uint32_t prot);
/* A thread's three pages: its message page, owned by the caller, entered at once, read-write; room for its loan, made
 * when touched, and for its window; their entries are in a row. And their removal: when it returns, no TLB knows the
 * frame, and the loan's is free. */
CC_NODISCARD status_t aspace_enter_page(struct aspace *aspace, uint64_t address, paddr_t frame, uint64_t **out_entries);
void aspace_leave_page(struct aspace *aspace, uint64_t address, const uint64_t *entries);

/* Which mappings of an object: all of one process (cap NONE), or those made through a dead capability. */
struct mapping_filter {
	uint32_t process; /* slot, or NONE: any */
	uint32_t cap;     /* index, or NONE: any. Matches mappings made through an earlier generation of it */
};
/* Take an object out of every address space it is mapped in, or put another memory object of the same size
 * in its place (`replacement` NONE: nothing). The caller holds references to both; no locks. */
void aspace_withdraw(enum mapping_kind kind, uint32_t memory, const struct mapping_filter *filter,
                     uint32_t replacement);

/* Resolve a fault of the current thread: enter the page if the mapping allows the access.
 * OK: retry; else *out_kind says why (FAULT_UNMAPPED, FAULT_PROTECTION, FAULT_MEMORY). */
CC_NODISCARD status_t aspace_fault(struct aspace *aspace, uint64_t address, enum fault_access access,
                                   enum fault_kind *out_kind);
/* Enter pages of the mapping at `address`, from there on, as if touched: a bounded number, as far as they can be had. */
void aspace_populate(struct aspace *aspace, uint64_t address);
/* Make another aspace's page table active on this CPU, or the kernel's (aspace NULL). Nothing to do if it is
 * already. cpu->active_process must be NONE when a CPU starts. */
void aspace_activate(struct aspace *aspace);

/* Copy between the kernel and the ACTIVE address space, faulting pages in as needed; checks the range
 * (no wrap, inside the user range). Partial copies are possible on false. */
CC_NODISCARD bool user_copy_in(void *to, uint64_t user, size_t bytes);
CC_NODISCARD bool user_copy_out(uint64_t user, const void *from, size_t bytes);

/* Kernel mappings, boot only (before other CPUs run): back [address, +pages) of the table area with zeroed frames. */
CC_NODISCARD status_t kernel_back(uint64_t address, uint64_t pages);

/* The end of [address, +pages) of the kernel's image, contiguous in memory: forgotten by every CPU, its frames free. */
void kernel_unback(uint64_t address, uint64_t pages);

/* Lock not held by the caller. */
bool aspace_valid(struct aspace *aspace);
