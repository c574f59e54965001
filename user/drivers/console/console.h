/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The parts of the console driver: output.c and input.c each own a queue
 * between the clients and the line; main.c owns the protocol and the interrupt.
 */
#pragma once
#include "uart.h"
#include <os/service.h>
#include <proto/console.h>

extern struct uart uart;

/* Tell the chip which interrupts both halves want now. */
void interrupts_update(void);

/* ---- output.c ---- */
void output_init(void);
/* Queue a client's text. FULL: too many wait already. May defer the call until there is room. */
CC_NODISCARD status_t output_write(struct service_call *call, const uint8_t *text, size_t length);
/* Defer the call until everything is out; FULL as above. */
CC_NODISCARD status_t output_flush(struct service_call *call);
/* Give the chip what it takes, and answer those whose turn has come. */
void output_pump(void);
bool output_waits(void);

/* ---- input.c ---- */
void input_init(void);
/* Take what was received. */
void input_drain(void);
CC_NODISCARD status_t input_read(struct service_call *call, uint64_t max);
/* Who reads; 0: the controller. */
void input_foreground(uint64_t badge);
/* Whom Ctrl-C is told while another than the controller is foreground; takes the handle over. */
void input_control(handle_t notification, uint64_t bits);
/* Somebody registered since this driver runs. */
bool input_controlled(void);
bool input_has_room(void);
