# SPDX-License-Identifier: AGPL-3.0-or-later
"""A PCI Express slot loses its power, and what is in it is gone: nobody asks the system.

QEMU takes a device out (device_del) only when the system inside agrees. So the power
controller of the slot is switched off in the root port's registers, as a hand on the
card would: through QEMU's test protocol, which writes to the machine's memory from outside.
"""
import socket

CONFIGURATION = {"x86_64": 0xB0000000, "aarch64": 0x4010000000, "riscv64": 0x30000000}  # of bus 0, in memory
CAPABILITIES = 0x34
EXPRESS = 0x10
SLOT_CONTROL = 0x18  # in the capability
OFF = 0x0700         # power controller and indicator


def options(path):
    return ["-qtest", f"unix:{path},server=on,wait=off", "-qtest-log", "/dev/null"]


class _Memory:
    def __init__(self, path, seconds):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(seconds)
        self.socket.connect(path)
        self.file = self.socket.makefile("rw")

    def ask(self, command):
        self.file.write(command + "\n")
        self.file.flush()
        status, *words = self.file.readline().split()
        if status != "OK":
            raise OSError(f"{command}: {status} {' '.join(words)}")
        return words

    def read(self, address):
        return int(self.ask(f"readw {address:#x}")[0], 16)

    def close(self):
        self.file.close()
        self.socket.close()


def power_off(path, arch, device, seconds):
    """`device`: the number of the root port on bus 0."""
    memory = _Memory(path, seconds)
    port = CONFIGURATION[arch] + (device << 15)
    at = memory.read(port + CAPABILITIES) & 0xFF
    while at and memory.read(port + at) & 0xFF != EXPRESS:
        at = memory.read(port + at) >> 8
    if not at:
        raise OSError(f"device {device} of bus 0 is no port with a slot")
    control = port + at + SLOT_CONTROL
    memory.ask(f"writew {control:#x} {memory.read(control) | OFF:#x}")
    memory.close()
