/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The simulated machine: RAM is an array, time a variable, page tables are
 * walked in software exactly as a CPU would, permission bits included.
 */
#include <arch/host.h>
#include <kernel/cpu.h>
#include <kernel/frame.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct cpu *host_cpu;
uint64_t host_ticks;
uint8_t *host_ram;
bool host_powered_off;
uint64_t host_frequency;
uint32_t host_messages = HOST_MESSAGES;
uint32_t host_messages_routed;
uint8_t host_ports[HOST_PORTS];
uint64_t host_console_bytes;
uint64_t host_entropy = 0x243f6a8885a308d3ull; /* digits of pi: anything but 0 */

static uint64_t ram_bytes;
static struct boot_info boot;
static paddr_t kernel_root;

void host_machine(uint64_t bytes, uint32_t cpus)
{
	if (host_ram != NULL)
		munmap(host_ram, ram_bytes);
	ram_bytes = bytes;
	host_ram = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (host_ram == MAP_FAILED)
		abort();
	host_ticks = 1;
	host_frequency = 1000000000u;
	host_powered_off = false;
	host_messages = HOST_MESSAGES;
	host_messages_routed = 0;
	host_meanwhile = NULL;
	memset(host_ports, 0, sizeof host_ports);
	memset(&boot, 0, sizeof boot);
	snprintf(boot.loader, sizeof boot.loader, "host");
	snprintf(boot.machine, sizeof boot.machine, "host program");
	boot.memory[0] = (struct boot_range){HOST_RAM_BASE, bytes};
	boot.memory_count = 1;
	boot.cpu_count = cpus;
	for (uint32_t cpu = 0; cpu < cpus; cpu++)
		boot.cpu_hardware_ids[cpu] = cpu;
	memset(cpu_table, 0, sizeof cpu_table);
	for (uint32_t cpu = 0; cpu < CPU_MAX; cpu++) {
		cpu_table[cpu].index = cpu;
		cpu_table[cpu].active_process = UINT32_MAX;
		cpu_table[cpu].arch.timer_ticks = UINT64_MAX;
	}
	cpu_count = cpus;
	host_cpu = &cpu_table[0];
}

struct boot_info *host_boot_info(void)
{
	return &boot;
}

void arch_memory_init(const struct boot_info *info)
{
	(void)info;
	/* The kernel's own tables: a root that kernel_back can fill; nobody walks it. */
	if (!frame_alloc_zero(&kernel_root))
		abort();
}

paddr_t arch_kernel_root(void)
{
	return kernel_root;
}

void arch_root_init(uint64_t *root)
{
	(void)root;
}

void arch_tlb_flush(uint32_t asid, uint64_t address, uint64_t pages, uint64_t cpus)
{
	(void)asid;
	(void)address;
	(void)pages;
	(void)cpus;
	host_cpu->shootdowns++;
	host_interleave();
}

void arch_cache_sync(const void *address, size_t bytes)
{
	(void)address;
	(void)bytes;
}

/* Walk the active tables for one byte; NULL: no access of that kind. */
static uint8_t *walk(uint64_t user, uint32_t prot)
{
	uint64_t table = host_cpu->active_root.a;
	if (user >= USER_LIMIT || table == 0 || table == kernel_root.a)
		return NULL;
	for (uint32_t level = ARCH_PAGE_LEVELS - 1u;; level--) {
		const uint64_t *entries = arch_direct((paddr_t){table});
		uint64_t pte = entries[(user >> (PAGE_SHIFT + 9u * level)) & 511u];
		if (!arch_pte_present(pte))
			return NULL;
		if (level == 0) {
			bool allowed = (pte >> 4 & 1u) && (arch_pte_prot(pte) & prot) == prot;
			paddr_t at = {arch_pte_address(pte).a | (user & PAGE_MASK)};
			return allowed ? arch_direct(at) : NULL;
		}
		table = arch_pte_address(pte).a;
	}
}

bool arch_copy_from_user(void *to, uint64_t user, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		const uint8_t *from = walk(user + i, PROT_READ);
		if (from == NULL)
			return false;
		((uint8_t *)to)[i] = *from;
	}
	return true;
}

bool arch_copy_to_user(uint64_t user, const void *from, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		uint8_t *to = walk(user + i, PROT_WRITE);
		if (to == NULL)
			return false;
		*to = ((const uint8_t *)from)[i];
	}
	return true;
}

uint64_t arch_time_frequency(void)
{
	return host_frequency;
}

void arch_timer_arm(uint64_t ticks)
{
	host_cpu->arch.timer_ticks = ticks;
}

void arch_ipi_send(uint32_t cpu)
{
	cpu_table[cpu].arch.ipi = true;
}

void arch_thread_init(struct arch_regs *regs, uint64_t entry, uint64_t stack_top, uint64_t argument,
                      uint64_t page)
{
	memset(regs, 0, sizeof *regs);
	regs->pc = entry;
	regs->sp = stack_top;
	regs->arg[0] = argument;
	regs->number = UINT64_MAX; /* no call yet */
	regs->frame = page;
}

status_t arch_port(uint16_t port, enum port_operation operation, uint64_t value, uint64_t *out_result)
{
	size_t bytes = (size_t)1 << (operation & 3u);
	*out_result = 0;
	if (operation < PORT_WRITE8)
		memcpy(out_result, &host_ports[port], bytes);
	else
		memcpy(&host_ports[port], &value, bytes);
	return STATUS_OK;
}

void arch_cpu_init(struct cpu *cpu, const struct boot_info *info)
{
	(void)info;
	snprintf(cpu->features, sizeof cpu->features, "simulated");
}

void arch_irq_init(const struct boot_info *info) { (void)info; }
uint32_t arch_irq_count(void) { return 64; }
status_t arch_irq_configure(uint32_t irq, enum irq_trigger trigger, uint32_t cpu)
{
	(void)trigger;
	(void)cpu;
	return irq < 64 ? STATUS_OK : STATUS_INVALID;
}
uint32_t arch_irq_message_count(void) { return host_messages; }
status_t arch_irq_message(uint32_t irq, uint32_t requester, uint32_t cpu, struct irq_message *out)
{
	if (requester >> 8 >= HOST_BUSES)
		return STATUS_UNSUPPORTED;
	host_messages_routed++;
	out->address = HOST_MESSAGE_ADDRESS + cpu;
	out->data = irq;
	return STATUS_OK;
}
void arch_irq_message_end(uint32_t irq)
{
	(void)irq;
	host_messages_routed--;
}
void arch_irq_mask(uint32_t irq) { (void)irq; }
void arch_irq_unmask(uint32_t irq) { (void)irq; }

/* splitmix64: every word differs from the one before. */
bool arch_random(uint64_t *out_word)
{
	if (host_entropy == 0)
		return false;
	host_entropy += 0x9e3779b97f4a7c15ull;
	uint64_t mixed = host_entropy;
	mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9ull;
	mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebull;
	*out_word = mixed ^ mixed >> 31;
	return true;
}

static bool console_shown;
void arch_console_put(char c)
{
	host_console_bytes++;
	if (!console_shown && getenv("HOST_CONSOLE") == NULL)
		return;
	console_shown = true;
	fputc(c, stderr);
}

uint32_t arch_backtrace(uint64_t *out_addresses, uint32_t max)
{
	(void)out_addresses;
	(void)max;
	return 0;
}

void arch_regs_print(const struct arch_regs *regs)
{
	(void)regs;
}

/* The linker scripts of the other ports name the image's parts; here it has none. */
extern const char kernel_image_start[], kernel_text_end[], kernel_boot_text_start[], kernel_boot_text_end[];
const char kernel_image_start[1] = "", kernel_text_end[1] = "", kernel_boot_text_start[1] = "",
	kernel_boot_text_end[1] = "";
