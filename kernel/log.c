/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The kernel log; see log.h. Positions count bytes since boot and never wrap. */
#include <kernel/boot.h>
#include <kernel/lock.h>
#include <kernel/log.h>
#include <kernel/timer.h>
#include <lib/format.h>

static struct lock log_lock;        /* l: LOCK_LOG */
static char log_ring[LOG_BYTES];    /* [l] */
static uint64_t log_end;            /* [l] position after the last byte */
static bool log_middle;             /* [l] the last line is not finished */
static bool console_released;       /* [a] */
static bool panicking;              /* [a] */

static void log_enter(void)
{
	if (!panicking)
		lock_acquire(&log_lock, LOCK_LOG);
}

static void log_leave(void)
{
	if (!panicking)
		lock_release(&log_lock, LOCK_LOG);
}

static void put_raw(char c)
{
	log_ring[log_end % LOG_BYTES] = c;
	log_end++;
	if (__atomic_load_n(&console_released, __ATOMIC_RELAXED) && !panicking)
		return;
	if (c == '\n')
		arch_console_put('\r');
	arch_console_put(c);
}

static void put_stamp(void)
{
	char stamp[32];
	uint64_t now_us = clock_now() / 1000u;
	(void)format(stamp, sizeof stamp, "[%3llu.%06llu] ", (unsigned long long)(now_us / 1000000u),
	             (unsigned long long)(now_us % 1000000u));
	for (const char *c = stamp; *c != '\0'; c++)
		put_raw(*c);
}

/* format_sink's receiver. */
static void put(void *context, char c)
{
	(void)context;
	if (!log_middle)
		put_stamp();
	log_middle = c != '\n';
	put_raw(c);
}

void log_print(const char *text, ...)
{
	va_list arguments;
	va_start(arguments, text);
	log_enter();
	format_sink(put, NULL, text, arguments);
	log_leave();
	va_end(arguments);
}

void log_write(const char *name, const volatile uint8_t *text, uint32_t length)
{
	log_enter();
	if (log_middle)
		put(NULL, '\n');
	for (uint32_t i = 0; i < length; i++) {
		uint8_t c = text[i]; /* once: the page is shared with the writer */
		if (!log_middle && c != '\n') {
			for (const char *n = name; *n != '\0'; n++)
				put(NULL, *n);
			put(NULL, ':');
			put(NULL, ' ');
		}
		put(NULL, (c < 0x20u && c != '\n' && c != '\t') || c == 0x7fu ? '?' : (char)c);
	}
	if (log_middle)
		put(NULL, '\n');
	log_leave();
}

uint32_t log_read(uint64_t position, uint8_t *to, uint32_t size, uint64_t *out_next)
{
	uint32_t count = 0;
	log_enter();
	uint64_t oldest = log_end > LOG_BYTES ? log_end - LOG_BYTES : 0;
	uint64_t at = position < oldest ? oldest : position;
	for (; count < size && at < log_end; at++)
		to[count++] = (uint8_t)log_ring[at % LOG_BYTES];
	*out_next = at < log_end ? at : log_end;
	log_leave();
	return count;
}

void log_console_release(void)
{
	__atomic_store_n(&console_released, true, __ATOMIC_RELAXED);
}

/* The boot console is the first UART of the machine description. */
void log_device_claimed(enum region_kind kind, uint64_t base, uint64_t size)
{
	for (uint32_t i = 0; i < boot_machine.device_count; i++) {
		const struct info_device *device = &boot_machine.devices[i];
		if (device->kind != DEVICE_UART_16550 && device->kind != DEVICE_UART_PL011)
			continue;
		if (device->region_kind == (uint32_t)kind && base < device->base + device->size &&
		    device->base < base + size)
			log_console_release();
		return;
	}
}

void log_panic(void)
{
	panicking = true;
	if (log_middle)
		put(NULL, '\n');
}
