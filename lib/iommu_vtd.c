/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Intel VT-d, legacy mode: a root table with an entry for each bus, below it a
 * context table with an entry for each function, which names a space and its
 * tables. The unit is told to forget by its registers (chapter 6.5.1), which
 * must not be done while its queue is on.
 */
#include "iommu_priv.h"

#define CAPABILITY       0x08u
#define EXTENDED         0x10u
#define COMMAND          0x18u
#define STATE            0x1cu
#define ROOT             0x20u
#define CONTEXT_COMMAND  0x28u

#define DOMAINS(capability)   (1u << (4u + 2u * ((uint32_t)(capability) & 7u)))
#define FLUSHES_WRITES   (1ull << 4)
#define THREE_LEVELS     (1ull << 9)
#define FOUR_LEVELS      (1ull << 10)
#define INVALIDATE_AT(extended) (((uint32_t)((extended) >> 8) & 0x3ffu) * 16u)

/* Of the command and the state register. */
#define TRANSLATE     (1u << 31)
#define ROOT_SET      (1u << 30)
#define WRITES_FLUSH  (1u << 27)
#define QUEUE_ON      (1u << 26)
#define REMAP_ON      (1u << 25)
#define LASTING       (TRANSLATE | QUEUE_ON | REMAP_ON | 1u << 23) /* bits that a command repeats to leave them on */

#define CONTEXT_FORGET (1ull << 63)
#define CONTEXT_ALL    (1ull << 61)
#define FORGET         (1ull << 63)
#define FORGET_ALL     (1ull << 60)
#define FORGET_DOMAIN  (2ull << 60)
#define FORGET_DRAIN   (3ull << 48) /* reads and writes under way end before */

#define PRESENT        1ull
#define READ_WRITE     3ull
#define CONTEXT_BYTES  16u

/* Domain 0 is the hardware's with caching mode. */
static uint64_t domain_of(const struct iommu_space *space)
{
	return space->number + 1u;
}

static bool command(struct iommu *iommu, uint32_t set, uint32_t clear, uint32_t mask, uint32_t value)
{
	uint32_t lasting = (uint32_t)iommu_read(iommu, STATE, 4) & LASTING;

	iommu_write(iommu, COMMAND, 4, (lasting & ~clear) | set);
	return iommu_wait(iommu, STATE, 4, mask, value);
}

static bool writes_flush(struct iommu *iommu)
{
	if ((iommu_read(iommu, CAPABILITY, 8) & FLUSHES_WRITES) == 0)
		return true;
	return command(iommu, WRITES_FLUSH, 0, WRITES_FLUSH, 0);
}

static bool contexts_forget(struct iommu *iommu)
{
	iommu_write(iommu, CONTEXT_COMMAND, 8, CONTEXT_FORGET | CONTEXT_ALL);
	return iommu_wait(iommu, CONTEXT_COMMAND, 8, CONTEXT_FORGET, 0);
}

static bool pages_forget(struct iommu *iommu, uint64_t what)
{
	uint32_t at = iommu->invalidate_at + 8u;

	iommu_write(iommu, at, 8, FORGET | FORGET_DRAIN | what);
	return iommu_wait(iommu, at, 8, FORGET, 0);
}

bool iommu_vtd_forget(struct iommu *iommu, const struct iommu_space *space)
{
	return writes_flush(iommu) && pages_forget(iommu, FORGET_DOMAIN | domain_of(space) << 32);
}

static bool all_forget(struct iommu *iommu)
{
	return writes_flush(iommu) && contexts_forget(iommu) && pages_forget(iommu, FORGET_ALL);
}

static bool queue_stop(struct iommu *iommu)
{
	if ((iommu_read(iommu, STATE, 4) & QUEUE_ON) == 0)
		return true;
	return command(iommu, 0, QUEUE_ON | REMAP_ON, QUEUE_ON, 0);
}

/* The root table is empty. */
static bool start(struct iommu *iommu)
{
	iommu_write(iommu, ROOT, 8, iommu_page_address(iommu, iommu->root));
	return queue_stop(iommu) && command(iommu, ROOT_SET, 0, ROOT_SET, ROOT_SET) && all_forget(iommu) &&
	       command(iommu, TRANSLATE, 0, TRANSLATE, TRANSLATE);
}

status_t iommu_vtd_open(struct iommu *iommu)
{
	uint64_t capability = iommu_read(iommu, CAPABILITY, 8);

	if ((capability & (THREE_LEVELS | FOUR_LEVELS)) == 0 || DOMAINS(capability) <= IOMMU_SPACES_MAX)
		return STATUS_UNSUPPORTED;
	iommu->format = (struct iommu_format){
		.levels = (capability & FOUR_LEVELS) != 0 ? 4u : 3u,
		.table = READ_WRITE,
		.page = READ_WRITE,
		.page_of_device = READ_WRITE,
	};
	iommu->invalidate_at = INVALIDATE_AT(iommu_read(iommu, EXTENDED, 8));
	iommu->root = iommu_page_take(iommu);
	return start(iommu) ? STATUS_OK : STATUS_IO_ERROR;
}

/* The entry of a function; NULL: its bus has no table. */
static uint64_t *context_of(const struct iommu *iommu, uint32_t requester)
{
	uint64_t root = iommu->root[2u * (requester >> 8)];

	if (root == 0)
		return NULL;
	return iommu_page_at(iommu, root & ~PRESENT) + 2u * (requester & 0xffu);
}

static bool bus_make(struct iommu *iommu, uint32_t bus)
{
	uint64_t *table;

	if (iommu->root[2u * bus] != 0)
		return true;
	table = iommu_page_take(iommu);
	if (table == NULL)
		return false;
	iommu_entry_write(iommu, &iommu->root[2u * bus], iommu_page_address(iommu, table) | PRESENT);
	return true;
}

status_t iommu_vtd_attach(struct iommu *iommu, uint32_t requester, struct iommu_space *space)
{
	if (!bus_make(iommu, requester >> 8))
		return STATUS_NO_MEMORY;
	uint64_t *context = context_of(iommu, requester);
	uint64_t width = iommu->format.levels - 2u;
	iommu_entry_write(iommu, &context[1], domain_of(space) << 8 | width);
	iommu_entry_write(iommu, &context[0], iommu_page_address(iommu, space->table) | PRESENT);
	return all_forget(iommu) ? STATUS_OK : STATUS_IO_ERROR;
}

bool iommu_vtd_detach(struct iommu *iommu, uint32_t requester, const struct iommu_space *space)
{
	uint64_t *context = context_of(iommu, requester);

	(void)space;
	if (context == NULL)
		return true;
	iommu_entry_write(iommu, &context[0], 0);
	return all_forget(iommu);
}
