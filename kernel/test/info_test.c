/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Records of system_info: each kind from its first to its last, what is in them, and that nobody else sees them. */
#include "harness.h"
#include <kernel/boot.h>
#include <kernel/info.h>
#include <kernel/irq.h>
#include <kernel/trace.h>

static struct thread *watcher;
static struct thread *other;
static handle_t monitor;

static int setup(void **state)
{
	(void)state;
	harness_start(2);
	watcher = make_process(16);
	other = make_process(16);
	monitor = make_singleton(watcher, OBJECT_MONITOR);
	trace_init(2);
	trace_mask = 0;
	return 0;
}

/* One record into `to`; the index of the next, or 0: there is none. */
static uint64_t next_record(uint64_t kind, uint64_t index, void *to, size_t bytes)
{
	uint32_t status = SYS(watcher, system_info, monitor, kind, index);
	if (status == STATUS_NOT_FOUND)
		return 0;
	assert_int_equal(status, STATUS_OK);
	memcpy(to, watcher->page->bulk, bytes);
	return watcher->regs.arg[1];
}

static void who_may_ask(void **state)
{
	(void)state;
	handle_t weak = share(watcher, monitor, other, RIGHT_GRANT, 0);
	assert_int_equal(SYS(other, system_info, weak, INFO_SYSTEM, 0), STATUS_DENIED);
	assert_int_equal(other->regs.arg[1], RIGHT_INSPECT);
	assert_int_equal(SYS(watcher, system_info, monitor, INFO_CAPABILITY + 1, 0), STATUS_INVALID);
	assert_int_equal(SYS(watcher, system_info, monitor, UINT64_MAX, 0), STATUS_INVALID);
}

static void system_record(void **state)
{
	(void)state;
	struct info_system info;
	host_ticks = 5000;
	assert_int_equal(next_record(INFO_SYSTEM, 0, &info, sizeof info), 1);
	assert_string_equal(info.version, KERNEL_VERSION);
	assert_string_equal(info.architecture, "host");
	assert_string_equal(info.machine, "host program");
	assert_string_equal(info.tier, "standard");
	assert_int_equal(info.cpu_count, 2);
	assert_int_equal(info.now_ns, 5000);
	assert_int_equal(next_record(INFO_SYSTEM, 1, &info, sizeof info), 0);
}

static void memory_record(void **state)
{
	(void)state;
	struct info_memory info;
	assert_int_equal(next_record(INFO_MEMORY, 0, &info, sizeof info), 1);
	assert_int_equal(info.total_bytes, RAM_BYTES);
	assert_int_equal(info.free_frames, frame_free_count());
	assert_int_equal(info.free_bytes + info.kernel_bytes + info.bundle_bytes + info.user_bytes, RAM_BYTES);
	assert_int_equal(next_record(INFO_MEMORY, 1, &info, sizeof info), 0);
}

static void cpu_records(void **state)
{
	(void)state;
	struct info_cpu info;
	run(watcher); /* since now */
	uint64_t before = host_ticks;
	host_ticks += 700;
	assert_int_equal(next_record(INFO_CPU, 0, &info, sizeof info), 1);
	assert_int_equal(info.cpu, 0);
	assert_int_equal(info.online, 1);
	assert_int_equal(info.current, thread_slot(watcher));
	assert_true(info.busy_ns >= 700 && info.busy_ns <= before + 700);
	assert_int_equal(info.idle_ns, 0);
	assert_true(info.syscalls > 0);
	assert_int_equal(info.ready, run_queue_table[0].count);
	assert_int_equal(next_record(INFO_CPU, 1, &info, sizeof info), 2);
	assert_int_equal(info.current, thread_slot(harness_idlers[1]));
	assert_int_equal(next_record(INFO_CPU, 2, &info, sizeof info), 0);
}

/* One that has nothing to do is idle up to now; one that never came up is neither. */
static void cpu_without_work(void **state)
{
	(void)state;
	struct info_cpu info;
	uint64_t idle = cpu_table[1].idle_ticks;
	run_queue_table[1].running = 0;
	cpu_table[1].switched_at = host_ticks;
	host_ticks += 300;
	assert_int_equal(next_record(INFO_CPU, 1, &info, sizeof info), 2);
	assert_int_equal(info.current, UINT32_MAX);
	assert_int_equal(info.idle_ns, idle + 300);
	cpu_table[1].online = 0;
	assert_int_equal(next_record(INFO_CPU, 1, &info, sizeof info), 2);
	assert_int_equal(info.online, 0);
	assert_int_equal(info.busy_ns, 0);
	assert_int_equal(info.idle_ns, idle);
	run_queue_table[1].running = 1;
	cpu_table[1].arch.current = NULL;
	assert_int_equal(next_record(INFO_CPU, 1, &info, sizeof info), 2);
	assert_int_equal(info.current, UINT32_MAX);
}

static void process_records(void **state)
{
	(void)state;
	struct info_process info;
	uint64_t index = 0;
	uint32_t count = 0;
	bool seen = false;
	struct thread *second = make_thread(other, 12);
	run(other);
	host_ticks += 400;
	run(second);
	host_ticks += 50;
	run(watcher);
	while ((index = next_record(INFO_PROCESS, index, &info, sizeof info)) != 0) {
		count++;
		assert_string_equal(info.name, "program");
		if (info.slot != other->process)
			continue;
		seen = true;
		assert_int_equal(info.id, process_of(other->process)->id);
		assert_int_equal(info.state, PROCESS_RUNNING);
		assert_memory_equal(&info.principal, &process_of(other->process)->principal, AID_SIZE);
		assert_int_equal(info.threads, 2);
		assert_int_equal(info.cpu_time_ns, 450);
		assert_int_equal(info.role, MODULE_PROGRAM);
		assert_int_equal(info.version, 1);
	}
	assert_true(seen);
	assert_int_equal(count, object_tables[OBJECT_PROCESS].used);
}

/* A dead process that somebody still has a handle of: it is listed, and has no image any more. */
static void process_that_ended(void **state)
{
	(void)state;
	struct info_process info;
	uint32_t slot = other->process;
	object_retain(OBJECT_PROCESS, slot);
	process_end(slot, 3, true, NULL);
	settle();
	assert_int_equal(next_record(INFO_PROCESS, slot, &info, sizeof info), slot + 1u);
	assert_int_equal(info.slot, slot);
	assert_int_equal(info.state, PROCESS_DEAD);
	assert_int_equal(info.threads, 0);
	assert_int_equal(info.role, 0);
	object_release(OBJECT_PROCESS, slot);
	assert_true(next_record(INFO_PROCESS, slot, &info, sizeof info) != slot + 1u);
}

static void thread_records(void **state)
{
	(void)state;
	struct info_thread info;
	uint64_t index = 0;
	uint32_t count = 0;
	run(other);
	host_ticks += 90;
	run(watcher);
	host_ticks += 10;
	while ((index = next_record(INFO_THREAD, index, &info, sizeof info)) != 0) {
		count++;
		assert_int_equal(info.process_id, process_of(info.process_slot)->id);
		assert_int_equal(info.state, state_of(&thread_table[info.slot]));
		if (info.slot == thread_slot(other))
			assert_int_equal(info.cpu_time_ns, 90);
		if (info.slot == thread_slot(watcher)) /* up to now, though it runs */
			assert_int_equal(info.cpu_time_ns, 10);
		if (info.slot == thread_slot(harness_idlers[1]))
			assert_int_equal(info.affinity, 2);
	}
	assert_int_equal(count, object_tables[OBJECT_THREAD].used);
}

static void machine_with_devices(void)
{
	static const struct info_device devices[] = {
		{.kind = DEVICE_UART_16550, .base = 0x3f8, .size = 8, .irq = 4},
		{.kind = DEVICE_RTC, .base = 0x70, .size = 2, .irq = 8},
		{.kind = DEVICE_PCI_ECAM, .base = 0xb0000000, .size = 0x10000000, .irq = 10},
	};
	memcpy(boot_machine.devices, devices, sizeof devices);
	boot_machine.device_count = 3;
}

static void device_records(void **state)
{
	(void)state;
	struct info_device info;
	machine_with_devices();
	assert_int_equal(next_record(INFO_DEVICE, 0, &info, sizeof info), 1);
	assert_int_equal(info.base, 0x3f8);
	assert_int_equal(next_record(INFO_DEVICE, 2, &info, sizeof info), 3);
	assert_int_equal(info.kind, DEVICE_PCI_ECAM);
	assert_int_equal(next_record(INFO_DEVICE, 3, &info, sizeof info), 0);
}

static handle_t claim_line(uint64_t line)
{
	handle_t devices = make_singleton(other, OBJECT_DEVICES);
	assert_int_equal(SYS(other, irq_create, devices, line, IRQ_TRIGGER_EDGE), STATUS_OK);
	return other->regs.arg[1];
}

/* Lines that were claimed or fired, named after what hangs on them; whoever waits for it is its user. */
static void irq_records(void **state)
{
	(void)state;
	struct info_irq info;
	uint64_t id = process_of(other->process)->id;
	machine_with_devices();
	assert_int_equal(next_record(INFO_IRQ, 0, &info, sizeof info), 0);
	(void)claim_line(4);
	handle_t clock = claim_line(8);
	(void)claim_line(10);
	trap_irq(20);
	trap_irq(20);
	assert_int_equal(next_record(INFO_IRQ, 0, &info, sizeof info), 5);
	assert_string_equal(info.name, "uart");
	assert_int_equal(info.claimed, 1);
	assert_int_equal(info.owner, id);
	assert_int_equal(info.count, 0);
	assert_int_equal(next_record(INFO_IRQ, 5, &info, sizeof info), 9);
	assert_string_equal(info.name, "rtc");
	assert_int_equal(next_record(INFO_IRQ, 9, &info, sizeof info), 11);
	assert_string_equal(info.name, "");
	assert_int_equal(next_record(INFO_IRQ, 11, &info, sizeof info), 21);
	assert_int_equal(info.claimed, 0);
	assert_int_equal(info.owner, 0);
	assert_int_equal(info.count, 2);
	assert_int_equal(next_record(INFO_IRQ, 21, &info, sizeof info), 0);
	assert_int_equal(next_record(INFO_IRQ, UINT64_MAX, &info, sizeof info), 0);
	/* Claimed by one, waited for by another. */
	handle_t lent = share(other, clock, watcher, RIGHT_MANAGE, 0);
	assert_int_equal(SYS(watcher, irq_bind, lent, make_notification(watcher), 1), STATUS_OK);
	assert_int_equal(next_record(INFO_IRQ, 8, &info, sizeof info), 9);
	assert_int_equal(info.owner, process_of(watcher->process)->id);
}

static void message_interrupts(void **state)
{
	(void)state;
	struct info_irq info;
	handle_t devices = make_singleton(other, OBJECT_DEVICES);
	assert_int_equal(SYS(other, irq_message, devices, 0), STATUS_OK);
	assert_int_equal(next_record(INFO_IRQ, 0, &info, sizeof info), arch_irq_count() + 1u);
	assert_string_equal(info.name, "message");
}

static void stage_records(void **state)
{
	(void)state;
	struct info_stage info;
	char name[16];
	assert_int_equal(next_record(INFO_STAGE, 0, &info, sizeof info), 0);
	for (uint32_t i = 0; i < BOOT_STAGES_MAX + 3u; i++) {
		snprintf(name, sizeof name, "stage %u", i);
		host_ticks = 10000 * (i + 1u);
		boot_stage(i == 2 ? "third" : "another");
	}
	assert_int_equal(next_record(INFO_STAGE, 2, &info, sizeof info), 3);
	assert_string_equal(info.name, "third");
	assert_int_equal(info.at_ns, 30000);
	assert_int_equal(next_record(INFO_STAGE, BOOT_STAGES_MAX - 1, &info, sizeof info), BOOT_STAGES_MAX);
	assert_int_equal(next_record(INFO_STAGE, BOOT_STAGES_MAX, &info, sizeof info), 0);
	assert_int_equal(next_record(INFO_STAGE, UINT64_MAX, &info, sizeof info), 0);
}

static void trace_records(void **state)
{
	(void)state;
	struct trace_event info;
	assert_int_equal(next_record(INFO_TRACE, 0, &info, sizeof info), 0);
	trace_record(TRACE_WAKE, 5, 6);
	uint64_t next = next_record(INFO_TRACE, 0, &info, sizeof info);
	assert_true(next != 0);
	assert_int_equal(info.kind, TRACE_WAKE);
	assert_int_equal(info.a, 5);
	assert_int_equal(next_record(INFO_TRACE, next, &info, sizeof info), 0);
}

static void capability_records(void **state)
{
	(void)state;
	struct info_capability info;
	uint64_t index = 0;
	uint32_t count = 0;
	bool seen = false;
	handle_t endpoint = make_endpoint(other, 0);
	handle_t copy = share(other, endpoint, watcher, RIGHT_SEND, 77);
	while ((index = next_record(INFO_CAPABILITY, index, &info, sizeof info)) != 0) {
		count++;
		if (info.handle != copy || info.process != process_of(watcher->process)->id)
			continue;
		seen = true;
		assert_int_equal(info.granter, process_of(other->process)->id);
		assert_int_equal(info.parent, cap_index(other->process, HANDLE_SLOT(endpoint)));
		assert_int_equal(info.badge, 77);
		assert_int_equal(info.rights, RIGHT_SEND);
		assert_int_equal(info.type, OBJECT_ENDPOINT);
		assert_int_equal(info.depth, 1);
	}
	assert_true(seen);
	assert_int_equal(count, cap_count());
}

/* ---- what ends it all ---- */

static handle_t power;
static uint64_t action;

static void control(void)
{
	(void)SYS(watcher, system_control, power, action);
}

static void power_off(void **state)
{
	(void)state;
	power = make_singleton(watcher, OBJECT_POWER);
	assert_int_equal(SYS(watcher, system_control, power, POWER_FAIL + 1), STATUS_INVALID);
	assert_int_equal(SYS(watcher, system_control, power, UINT64_MAX), STATUS_INVALID);
	handle_t weak = share(watcher, power, other, RIGHT_GRANT, 0);
	assert_int_equal(SYS(other, system_control, weak, POWER_OFF), STATUS_DENIED);
	assert_int_equal(other->regs.arg[1], RIGHT_MANAGE);
	assert_false(host_powered_off);
	run(watcher);
	action = POWER_OFF;
	assert_true(host_stops(control));
	assert_true(host_powered_off);
}

#define T(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(T(who_may_ask), T(system_record), T(memory_record), T(cpu_records), T(cpu_without_work), T(process_records),
          T(process_that_ended), T(thread_records), T(device_records), T(irq_records), T(message_interrupts),
          T(stage_records), T(trace_records), T(capability_records), T(power_off))
