/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How init tells a driver which device is its own: words NAME=NUMBER and
 * compatible=TEXT among the program's arguments, from the machine's record of it
 * (struct info_device), and the capabilities "region" and, if it has one, "irq".
 */
#pragma once
#include <driver/registers.h>
#include <abi/info.h>

/* The device of this driver from its arguments and capabilities; NOT_FOUND: it was given none. */
CC_NODISCARD status_t driver_device(int argc, char **argv, struct info_device *out_device);
/* The number that an argument NAME=NUMBER says. False: there is none. */
CC_NODISCARD bool driver_argument(int argc, char **argv, const char *name, uint64_t *out);
/* Its registers, `width` bits at a time. */
CC_NODISCARD status_t driver_registers(const struct info_device *device, enum register_width width,
                                       struct registers *out_registers);
