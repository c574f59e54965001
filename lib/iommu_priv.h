/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Between the parts of the IOMMU code: pages of the pool, registers, and what a kind of unit does. */
#pragma once
#include <lib/iommu.h>

#define IOMMU_ENTRIES 512u /* of 64 bits in a page */

/* ---- iommu.c ---- */
/* A page of zeroes; NULL: there is none. */
uint64_t *iommu_page_take(struct iommu *iommu);
void iommu_page_give(struct iommu *iommu, const uint64_t *page);
uint64_t iommu_page_address(const struct iommu *iommu, const uint64_t *page);
uint64_t *iommu_page_at(const struct iommu *iommu, uint64_t address);
void iommu_entry_write(const struct iommu *iommu, uint64_t *entry, uint64_t value);
uint64_t iommu_read(const struct iommu *iommu, uint32_t offset, uint32_t bytes);
void iommu_write(const struct iommu *iommu, uint32_t offset, uint32_t bytes, uint64_t value);
/* Wait until these bits of a register are so. False: it takes too long, and the unit is broken. */
CC_NODISCARD bool iommu_wait(struct iommu *iommu, uint32_t offset, uint32_t bytes, uint64_t mask, uint64_t value);
/* The uppermost table of a space, made if there is none; NULL: the pool is used up. */
uint64_t *iommu_space_table(struct iommu *iommu, struct iommu_space *space);

/* ---- iommu_vtd.c, iommu_smmu.c ---- */
CC_NODISCARD status_t iommu_vtd_open(struct iommu *iommu);
CC_NODISCARD status_t iommu_vtd_attach(struct iommu *iommu, uint32_t requester, struct iommu_space *space);
CC_NODISCARD bool iommu_vtd_detach(struct iommu *iommu, uint32_t requester, const struct iommu_space *space);
CC_NODISCARD bool iommu_vtd_forget(struct iommu *iommu, const struct iommu_space *space);
CC_NODISCARD status_t iommu_smmu_open(struct iommu *iommu);
CC_NODISCARD status_t iommu_smmu_attach(struct iommu *iommu, uint32_t requester, struct iommu_space *space);
CC_NODISCARD bool iommu_smmu_detach(struct iommu *iommu, uint32_t requester, const struct iommu_space *space);
CC_NODISCARD bool iommu_smmu_forget(struct iommu *iommu, const struct iommu_space *space);
