/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * IOMMUs: which memory a device reaches. Intel VT-d (Virtualization Technology for
 * Directed I/O 3.0, legacy mode) and Arm SMMUv3 (IHI 0070, stage 1).
 *
 * A space is what one device reaches: pages that it names by their own physical
 * address, readable and writable, and no others. A device is attached to its space
 * by its requester id; one that is attached to none reaches nothing, from
 * iommu_open on.
 *
 * Pure but for the registers, which the owner reaches for us. Tables lie in pages
 * that the owner gives once (the pool); what the CPU has written there the IOMMU
 * sees after `settle`. A unit that does not answer within bounds is broken: what
 * was asked is refused, and what it kept out it still keeps out.
 *
 * Not here: other translations than to the same address, interrupt remapping,
 * page requests, faults (they are the hardware's to count).
 */
#pragma once
#include <abi/cc.h>
#include <abi/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IOMMU_PAGE       4096u
#define IOMMU_POOL_MAX   256u /* pages */
#define IOMMU_POOL_MIN   8u
#define IOMMU_SPACES_MAX 64u

enum iommu_kind {
	IOMMU_VTD,
	IOMMU_SMMU_V3,
};

struct iommu_access {
	uint64_t (*read)(void *unit, uint32_t offset, uint32_t bytes); /* 4 or 8 */
	/* After all that was written to memory before. */
	void (*write)(void *unit, uint32_t offset, uint32_t bytes, uint64_t value);
	/* These bytes of the pool are in memory, for units that do not look into caches. */
	void (*settle)(const void *from, uint32_t bytes);
};

/* Of one kind and machine: levels of tables, and what entries hold beside an address. */
struct iommu_format {
	uint32_t levels; /* 3 or 4 */
	uint64_t table;
	uint64_t page;
	uint64_t page_of_device; /* a page of registers: a message's address */
};

struct iommu {
	const struct iommu_access *access;
	void *unit;
	enum iommu_kind kind;
	struct iommu_format format;
	bool broken;
	uint8_t *pool;     /* IOMMU_PAGE each, aligned */
	uint64_t pool_at;  /* where the unit finds it */
	uint32_t pool_pages;
	uint64_t pool_taken[IOMMU_POOL_MAX / 64u];
	uint64_t *root;        /* VT-d: a context table for each bus. SMMU: a table of streams for each 64 */
	uint64_t *contexts;    /* SMMU: a descriptor for each space */
	uint64_t *commands;    /* SMMU: its queue */
	uint32_t command_next; /* counts on past the end of the queue, to twice its length */
	uint32_t invalidate_at; /* VT-d: register */
};

struct iommu_space {
	uint32_t number; /* below IOMMU_SPACES_MAX, no two alike */
	uint64_t *table; /* the uppermost; NULL: nothing was ever mapped */
};

/*
 * Take a unit: from here on nothing passes that is not attached. access, unit, kind, pool, pool_at and pool_pages are the
 * caller's; no device may use memory meanwhile. UNSUPPORTED: it lacks what is needed here, and is as it was.
 * IO_ERROR: it does not answer.
 */
CC_NODISCARD status_t iommu_open(struct iommu *iommu);
/* Whoever is in the space reaches these pages. NO_MEMORY: the pool is used up; INVALID: beyond what the tables can name.
 * Then nothing changed. */
CC_NODISCARD status_t iommu_map(struct iommu *iommu, struct iommu_space *space, uint64_t address, uint64_t pages,
                                bool of_device);
/* ... and these no more, when this returns OK. IO_ERROR: the unit may still remember them. */
CC_NODISCARD status_t iommu_unmap(struct iommu *iommu, struct iommu_space *space, uint64_t address, uint64_t pages);
/* The function with this requester id (16 bits) is in the space. NO_MEMORY; UNSUPPORTED: its bus is not covered;
 * IO_ERROR. */
CC_NODISCARD status_t iommu_attach(struct iommu *iommu, uint32_t requester, struct iommu_space *space);
/* It reaches nothing, when this returns OK. */
CC_NODISCARD status_t iommu_detach(struct iommu *iommu, uint32_t requester, const struct iommu_space *space);
/* Must the page of a message's address be mapped? */
CC_NODISCARD bool iommu_translates_messages(const struct iommu *iommu);
