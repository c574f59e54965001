/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The tables whose address space the linker reserves and boot backs with frames,
 * to the size the machine deserves. They are defined in a file that does not use
 * them: what is CC_FAR is not far for the compiler where it sees the definition.
 */
#include <kernel/audit_staging.h>
#include <kernel/boot.h>
#include <kernel/channel.h>
#include <kernel/endpoint.h>
#include <kernel/image.h>
#include <kernel/irq.h>
#include <kernel/memory.h>
#include <kernel/notification.h>
#include <kernel/process.h>
#include <kernel/timer.h>
#include <kernel/trace.h>

#define TABLE CC_SECTION(".tables") CC_ALIGNED(PAGE_SIZE)

struct cap cap_table[CAP_MAX] TABLE;
struct channel channel_table[CHANNEL_MAX] TABLE;
struct endpoint endpoint_table[ENDPOINT_MAX] TABLE;
struct image image_table[IMAGE_MAX] TABLE;
struct irq irq_table[IRQ_MAX] TABLE;
struct mapping mapping_table[MAPPING_MAX] TABLE;
struct memory memory_table[MEMORY_MAX] TABLE;
struct notification notification_table[NOTIFICATION_MAX] TABLE;
struct process process_table[PROCESS_MAX] TABLE;
struct queued queued_table[QUEUED_MAX] TABLE;
struct region region_table[REGION_MAX] TABLE;
struct thread thread_table[THREAD_MAX] TABLE;

/* Of each CPU. */
struct audit_staged audit_staged[CPU_MAX] TABLE;
struct boot_stack boot_stack_table[CPU_MAX] TABLE;
struct trace_ring trace_ring_table[CPU_MAX] TABLE;
uint32_t timer_ids[CPU_MAX][TIMER_ROW] TABLE;
