/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The console driver: protocol and interrupt. Everything happens in the service loop; nothing polls. */
#include "console.h"
#include <driver/arguments.h>
#include <driver/interrupt.h>
#include <os/panic.h>
#include <os/startup.h>

IFACE_SERVER(console, CONSOLE_METHODS)

#define INTERRUPT_BIT    1u
#define INTERRUPT_ROUNDS 4096u

struct uart uart;
static struct interrupt interrupt;

void interrupts_update(void)
{
	static bool receive, transmit, known;
	bool wants_receive = input_has_room();
	bool wants_transmit = output_waits();

	if (known && receive == wants_receive && transmit == wants_transmit)
		return;
	known = true;
	receive = wants_receive;
	transmit = wants_transmit;
	uart.operations->interrupts(&uart, receive, transmit);
}

static void notify(uint64_t bits)
{
	(void)bits;
	/* Until the line is quiet: an edge-triggered one would not tell us of what we left. */
	for (uint32_t round = 0; round < INTERRUPT_ROUNDS && uart.operations->pending(&uart); round++) {
		input_drain();
		output_pump();
		interrupts_update();
	}
	interrupt_done(&interrupt);
}

static bool is_controller(const struct service_call *call)
{
	return (call->badge & CONSOLE_BADGE_CONTROL) != 0;
}

status_t console_write_serve(struct service_call *call, const struct console_write_req *request,
                             struct console_write_rep *reply)
{
	(void)reply;
	return output_write(call, request->data, call->request_bytes);
}

status_t console_read_serve(struct service_call *call, const struct console_read_req *request,
                            struct console_read_rep *reply)
{
	(void)reply;
	return input_read(call, request->max);
}

status_t console_control_serve(struct service_call *call, const struct console_control_req *request,
                               struct console_control_rep *reply)
{
	(void)reply;
	if (!is_controller(call))
		return STATUS_DENIED;
	handle_t notification = ipc_take(call->message, 0);
	if (notification == HANDLE_NONE || request->bits == 0)
		return STATUS_INVALID;
	input_control(notification, request->bits);
	return STATUS_OK;
}

status_t console_foreground_serve(struct service_call *call, const struct console_foreground_req *request,
                                  struct console_foreground_rep *reply)
{
	(void)reply;
	if (!is_controller(call))
		return STATUS_DENIED;
	if (!input_controlled())
		return STATUS_NOT_FOUND;
	input_foreground(request->badge);
	return STATUS_OK;
}

status_t console_flush_serve(struct service_call *call, const struct console_flush_req *request,
                             struct console_flush_rep *reply)
{
	(void)request;
	(void)reply;
	return output_flush(call);
}

static struct info_device device;

static status_t open(void)
{
	bool pl011 = device.kind == DEVICE_UART_PL011;
	handle_t notification = startup_need("notification");

	uart.operations = pl011 ? &uart_pl011 : &uart_16550;
	must(driver_registers(&device, pl011 ? REGISTER_32 : REGISTER_8, &uart.registers));
	uart.operations->open(&uart);
	output_init();
	input_init();
	must(interrupt_open(startup_need("irq"), notification, INTERRUPT_BIT, &interrupt));
	interrupts_update();
	/* What came before there was an interrupt, or while a predecessor died over one. */
	must(sys_notification_signal(notification, INTERRUPT_BIT));
	return STATUS_OK;
}

int main(int argc, char **argv)
{
	static const struct service service = {.init = open, .call = console_dispatch, .notify = notify};

	if (driver_device(argc, argv, &device) != STATUS_OK)
		panic("no serial line was given to this driver");
	service_run(&service, startup_need("endpoint"));
}
