/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The console: one line of text out, one of characters in. Server:
 * user/drivers/console.
 *
 * Output is taken whole messages at a time: two writers never mix within one.
 * "\n" ends a line. Input is raw: no echo, no editing; the reader does that.
 *
 * One client at a time may read: the foreground, named by its badge without the
 * control bit. While no other client is foreground, the controller reads.
 * Whoever holds a capability with CONSOLE_BADGE_CONTROL is a controller: it says
 * who is foreground, and while that is somebody else, Ctrl-C is not input but
 * signals the notification the controller registered. What the foreground does
 * not read stays for the next reader.
 *
 * A driver that was restarted knows no controller; a controller that reads or
 * chooses the foreground is told NOT_FOUND and registers again.
 */
#pragma once
#include <abi/iface.h>

#define CONSOLE_BADGE_CONTROL (1ull << 63)
#define CONSOLE_DATA_MAX      256u

/* Queue text for output; the reply comes when it is queued. FULL: too many writers wait already; nothing of
 * it was queued, try again later. */
struct console_write_req {
	uint8_t data[CONSOLE_DATA_MAX];
};
struct console_write_rep {
	uint8_t none[0];
};

/* Wait for input, and take at most `max` bytes (1..CONSOLE_DATA_MAX) of it, at the latest up to the first
 * line end (CR or LF), so that what is typed ahead stays for whoever reads next.
 * BUSY: another client is foreground. A second read of the same client replaces its first. */
struct console_read_req {
	uint64_t max;
};
struct console_read_rep {
	uint8_t data[CONSOLE_DATA_MAX];
};

/* Controllers only (DENIED). Capability 0: a notification with the signal right, which gets `bits` when
 * Ctrl-C is typed; the last controller to register wins. */
struct console_control_req {
	uint64_t bits;
};
struct console_control_rep {
	uint8_t none[0];
};

/* Controllers only (DENIED). Who reads from now on; 0: the controller. */
struct console_foreground_req {
	uint64_t badge;
};
struct console_foreground_rep {
	uint8_t none[0];
};

/* Wait until everything written so far has left for the line. */
struct console_flush_req {
	uint8_t none[0];
};
struct console_flush_rep {
	uint8_t none[0];
};

/* All may be asked again: text that a driver died over may appear twice, but never not at all. */
#define CONSOLE_METHODS(M)                                                                                 \
	M(1, console_write, CONSOLE_WRITE, IN, REPEAT)                                                     \
	M(2, console_read, CONSOLE_READ, OUT, REPEAT)                                                      \
	M(3, console_control, CONSOLE_CONTROL, FIXED, REPEAT)                                              \
	M(4, console_foreground, CONSOLE_FOREGROUND, FIXED, REPEAT)                                        \
	M(5, console_flush, CONSOLE_FLUSH, FIXED, REPEAT)
IFACE_ENUM(console, CONSOLE_METHODS);
IFACE_FIT(CONSOLE_METHODS)
ABI_SIZE(struct console_read_req, 8);
ABI_SIZE(struct console_control_req, 8);
ABI_SIZE(struct console_foreground_req, 8);
