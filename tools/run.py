#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""run.py: a machine in the foreground, this terminal being its serial console.

Ctrl-C goes to the machine. Ctrl-] x ends it (Ctrl-A stays free, it is "start of
line" at the prompt); so do SIGTERM, SIGHUP and a closed terminal. The exit status is
QEMU's: 0 after poweroff, something else after a panic.
"""
import argparse
import select
import signal
import subprocess
import sys
import termios

import machine

ESCAPE = 0x1D  # Ctrl-]


def arguments():
    parser = argparse.ArgumentParser(description="run CambiOS in QEMU")
    parser.add_argument("--arch", choices=machine.ARCHES, default="x86_64")
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--mem", default="256M")
    parser.add_argument("--build", help="folder with kernel and bundle")
    parser.add_argument("--append", default="", help="kernel command line")
    parser.add_argument("--disk", default="none", help="image of the disk, made if it is not there; none: no disk")
    parser.add_argument("--disk-size", default="1G", help="of a new image; a smaller one is extended")
    parser.add_argument("--gdb", action="store_true", help="wait for a debugger on port 1234")
    parser.add_argument("qemu", nargs="*", help="more options for QEMU, after --")
    return parser.parse_args()


def line(options):
    build = options.build or f"build/{options.arch}"
    extra = ["-echr", str(ESCAPE), "-serial", "mon:stdio"] + options.qemu
    if options.disk != "none":
        machine.disk_make(options.disk, options.disk_size)
        extra += machine.disk_options(options.disk)
    if options.gdb:
        extra += ["-gdb", "tcp:127.0.0.1:1234", "-S"]
        print(f"waiting for a debugger: gdb {build}/kernel.elf -ex 'target remote :1234'")
    return machine.command(options.arch, options.cpus, options.mem, options.append,
                           machine.kernel_path(build), machine.bundle_path(build), extra=extra)


def hung_up():
    """The terminal is gone. Nobody may have told us: only the first process of a session is signalled."""
    poll = select.poll()
    poll.register(0, 0)
    return bool(poll.poll(0))


def wait(process, terminal):
    while True:
        try:
            return process.wait(0.5)
        except subprocess.TimeoutExpired:
            if terminal and hung_up():
                return 1


def main():
    options = arguments()
    terminal = termios.tcgetattr(0) if sys.stdin.isatty() else None
    if terminal:
        print(f"{options.arch}, {options.cpus} CPUs, {options.mem}: Ctrl-] x ends the machine", flush=True)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    process = machine.start(line(options))
    try:
        return wait(process, terminal)
    finally:
        machine.stop(process)
        if terminal and not hung_up():
            termios.tcsetattr(0, termios.TCSADRAIN, terminal)


if __name__ == "__main__":
    sys.exit(main())
