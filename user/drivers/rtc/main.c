/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The real-time clock's driver: reads it, sets the wall clock, ends. */
#include "rtc.h"
#include <abi/clock.h>
#include <driver/arguments.h>
#include <lib/string.h>
#include <os/panic.h>
#include <os/print.h>
#include <os/startup.h>
#include <os/time.h>

static const struct {
	const char *compatible;
	enum register_width width;
	bool (*read)(const struct registers *registers, uint64_t *out_unix_ns);
} chips[] = {
	{"cmos-rtc", REGISTER_8, cmos_read},
	{"arm,pl031", REGISTER_32, pl031_read},
	{"google,goldfish-rtc", REGISTER_32, goldfish_read},
};

static bool read(const struct info_device *device, uint64_t *out_unix_ns)
{
	struct registers registers;

	for (uint32_t i = 0; i < sizeof(chips) / sizeof(chips[0]); i++) {
		if (strcmp(device->compatible, chips[i].compatible) != 0)
			continue;
		must(driver_registers(device, chips[i].width, &registers));
		return chips[i].read(&registers, out_unix_ns);
	}
	return false;
}

int main(int argc, char **argv)
{
	struct info_device device;
	struct calendar when;
	uint64_t unix_ns;

	if (driver_device(argc, argv, &device) != STATUS_OK)
		panic("no clock was given to this driver");
	if (!read(&device, &unix_ns) || !calendar_from_seconds((int64_t)(unix_ns / NS_PER_SECOND), &when)) {
		print("the %s gives no time that makes sense\n", device.compatible);
		return 1;
	}
	must(sys_clock_set(startup_need("clock"), unix_ns, CLOCK_SOURCE_RTC));
	return 0;
}
