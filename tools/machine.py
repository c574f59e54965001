# SPDX-License-Identifier: AGPL-3.0-or-later
"""The QEMU machines CambiOS runs on: command lines, and processes that never outlive us.

Used by run.py, the scenario runner and the benchmarks, so that all of them mean
the same machine. Everything is emulated (-accel tcg): results must not depend
on the host's virtualization.
"""
import ctypes
import os
import re
import signal
import socket
import subprocess

ARCHES = ("x86_64", "aarch64", "riscv64")

_MACHINE = {
    "x86_64": ["qemu-system-x86_64", "-machine", "q35", "-cpu", "max",
               "-device", "isa-debug-exit,iobase=0xf4,iosize=4"],
    # Pointer authentication in its cheap form: the architected cipher costs a microsecond per use here.
    "aarch64": ["qemu-system-aarch64", "-machine", "virt,gic-version=3", "-cpu", "max,pauth-impdef=on",
                "-semihosting-config", "enable=on,target=native"],
    "riscv64": ["qemu-system-riscv64", "-machine", "virt", "-cpu", "rv64", "-bios", "default"],
}
# Words every command line begins with: how the kernel may tell the emulator that it failed.
_APPEND = {"aarch64": "semihosting"}
# What a layer over a disk's image calls the image.
_BELOW = {"blkdebug": "image", "blklogwrites": "file"}
OVMF_CODE = "/usr/share/OVMF/OVMF_CODE_4M.fd"
OVMF_VARS = "/usr/share/OVMF/OVMF_VARS_4M.fd"


def kernel_path(build):
    """The file QEMU's -kernel gets: a flat image where the architecture builds one."""
    flat = os.path.join(build, "kernel.image")
    return flat if os.path.exists(flat) else os.path.join(build, "kernel.elf")


def bundle_path(build):
    return os.path.join(build, "bundle.img")


def command(arch, cpus=1, memory="256M", append="", kernel=None, bundle=None, cdrom=None, board="", extra=()):
    """The command line of a machine. `kernel` or `cdrom` says what it boots; `board`: more options of -machine."""
    line = list(_MACHINE[arch])
    if board:
        line[line.index("-machine") + 1] += "," + board
    line += ["-accel", "tcg", "-smp", str(cpus), "-m", str(memory), "-nodefaults", "-display", "none"]
    if kernel:
        line += ["-kernel", kernel]
        if bundle:
            line += ["-initrd", bundle]
        words = " ".join(filter(None, [_APPEND.get(arch), append]))
        if words:
            line += ["-append", words]
    if cdrom:
        line += ["-cdrom", cdrom]
    return line + list(extra)


def size_bytes(text):
    """`64M` and the like."""
    unit = " KMGT".find(text[-1])
    return int(text[:-1]) << 10 * unit if unit > 0 else int(text)


def disk_make(path, size):
    """A disk image, sparse: made if it is not there, extended if it is smaller, never cut."""
    with open(path, "ab") as file:
        if file.tell() < size_bytes(size):
            file.truncate(size_bytes(size))


def disk_options(path, number=1, more=""):
    """A disk; `more` options of -drive, in which `file.driver` puts another layer over the image; `bus`: of the device."""
    bus = "".join(f",{option}" for option in more.split(",") if option.startswith("bus="))
    more = ",".join(option for option in more.split(",") if not option.startswith("bus="))
    layer = re.search(r"file\.driver=(\w+)", more)
    image = f"file.{_BELOW[layer.group(1)]}.filename" if layer else "file"
    drive = f"if=none,id=disk{number},format=raw,{image}={path},cache=writeback,discard=unmap"
    drive += ",werror=report,rerror=report" + ("," + more if more else "")
    return ["-drive", drive, "-device", f"virtio-blk-pci,drive=disk{number},disable-legacy=on{bus}"]


def monitor_options(path):
    """The emulator takes commands of its own from a socket there."""
    return ["-monitor", f"unix:{path},server=on,wait=off"]


def monitor(path, command, seconds):
    """A command to the emulator; what it answers, its echo and prompt included."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(seconds)
        connection.connect(path)
        answer = _until_prompt(connection)
        connection.sendall(command.encode() + b"\n")
        return answer + _until_prompt(connection)


def _until_prompt(connection):
    answer = ""
    while not answer.endswith("(qemu) "):
        data = connection.recv(4096)
        if not data:
            break
        answer += data.decode("utf-8", "replace")
    return answer


def uefi_options(variables):
    """Boot by UEFI; `variables` is a writable copy of OVMF_VARS."""
    return ["-drive", f"if=pflash,format=raw,readonly=on,file={OVMF_CODE}",
            "-drive", f"if=pflash,format=raw,file={variables}"]


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def start(line, **options):
    """Start a machine that the system kills when this process ends, however it ends."""
    return subprocess.Popen(line, preexec_fn=_die_with_parent, **options)


def end(process):
    """Tell a machine to end, now; somebody else waits for it."""
    if process.poll() is None:
        process.kill()


def stop(process):
    end(process)
    process.wait()
