#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs scenarios (scenarios/*.scn, see README.md) on booted machines.

Every scenario runs once per architecture and CPU count it names, each time on a
freshly booted machine: a boot takes a third of a second, and a scenario that
starts from a known state is worth more. Two machines run at a time. A machine is
always ended, whatever happens. The last line is `N passed, N failed`.
"""
import argparse
import concurrent.futures
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(ROOT, "tools")]
import bundles  # noqa: E402
import machine  # noqa: E402
import slots  # noqa: E402
from console import Console  # noqa: E402
from scenario import Scenario, ScenarioError, unescape  # noqa: E402

PANIC = r"^.*(KERNEL PANIC|panic during the epitaph).*$"
TAIL_LINES = 25
# On a slow or crowded machine all time limits are multiplied by this.
PATIENCE = float(os.environ.get("PATIENCE", "1"))


_running = set()  # consoles of machines that run now
_interrupted = threading.Event()


class Failed(Exception):
    """A scenario's expectation that was not met."""


def interrupt(*_):
    """Ctrl-C: end what runs, begin nothing more."""
    _interrupted.set()
    for console in list(_running):
        machine.end(console.process)


class Run:
    """One scenario on one machine."""

    def __init__(self, scenario, arch, cpus, build):
        self.scenario, self.arch, self.cpus, self.build = scenario, arch, cpus, build
        self.title = f"{scenario.name} {arch} cpus={cpus}"
        self.within = 10.0
        self.rejects = [PANIC]
        self.variables = {}
        self.exited = False
        self.console = None
        self.command = self.monitor_path = self.slots_path = None
        self.log_path = os.path.join(ROOT, "build", "scenarios", f"{scenario.name}-{arch}-{cpus}.log")

    # -- the machine --

    def bundle(self, folder):
        """The bundle the scenario asks for: whole, none, or damaged in a given way."""
        path = machine.bundle_path(self.build)
        kind = self.scenario.setting("bundle", self.arch, "whole")
        if kind in ("whole", "none"):
            return path if kind == "whole" else None
        with open(path, "rb") as file:
            data = bytearray(file.read())
        if kind.split()[0] in bundles.KINDS:
            data = bundles.spoil(self.build, folder, kind)
        elif kind == "truncated":
            data = data[: len(data) // 2]
        elif kind == "damaged-header":
            data[0] ^= 0xFF
        elif kind == "damaged-table":
            data[40] ^= 0xFF
        elif kind.startswith("damaged-module "):
            damage_module(data, kind.split()[1])
        else:
            raise Failed(f"unknown kind of bundle: {kind}")
        copy = os.path.join(folder, "bundle.img")
        with open(copy, "wb") as file:
            file.write(data)
        return copy

    def disks(self, folder):
        """Options for the disks of the scenario, fresh ones; ${disk}, ${disk2}, ... are their images."""
        options = []
        for number, value in enumerate(self.scenario.settings("disk", self.arch), 1):
            size, _, more = value.partition(" ")
            path = os.path.join(folder, f"disk{number}.img")
            machine.disk_make(path, size)
            self.variables["disk" if number == 1 else f"disk{number}"] = path
            options += machine.disk_options(path, number, more.strip())
        return options

    def line(self, folder):
        setting = self.scenario.setting
        boot = setting("boot", self.arch, "direct")
        self.monitor_path = os.path.join(folder, "monitor")
        self.slots_path = os.path.join(folder, "slots")
        extra = ["-serial", "stdio"] + machine.monitor_options(self.monitor_path) + self.scenario.qemu_options(self.arch)
        if any(word == "unplug" for _, word, _ in self.scenario.steps(self.arch)):
            extra += slots.options(self.slots_path)
        extra += self.disks(folder)
        if "reboots" not in self.scenario.tags():
            extra.append("-no-reboot")
        options = {"cpus": self.cpus, "memory": setting("mem", self.arch, "256M"),
                   "board": setting("board", self.arch, ""), "extra": extra}
        if boot == "direct":
            return machine.command(self.arch, kernel=machine.kernel_path(self.build),
                                   bundle=self.bundle(folder), append=setting("append", self.arch, ""), **options)
        if boot == "uefi":
            variables = shutil.copy(machine.OVMF_VARS, folder)
            extra += machine.uefi_options(variables)
        elif boot != "bios":
            raise Failed(f"unknown way to boot: {boot}")
        return machine.command(self.arch, cdrom=os.path.join(self.build, "cambios.iso"), **options)

    # -- the steps --

    def fill(self, text):
        return re.sub(r"\$\{(\w+)\}", lambda match: self.variables[match.group(1)], text)

    def look_for_rejects(self):
        for pattern in self.rejects:
            match = re.search(pattern, self.console.text, re.MULTILINE)
            if match:
                raise Failed(f"rejected text appeared: {match.group(0)[:120]}")

    def expect(self, pattern):
        match = self.console.expect(self.fill(pattern), self.within * PATIENCE)
        self.look_for_rejects()
        if match is None:
            why = "the machine ended" if self.console.closed else f"not within {self.within:g} s"
            raise Failed(f"expected {pattern}: {why}")
        self.variables.update({name: value for name, value in match.groupdict().items() if value is not None})

    def check(self, condition):
        """`LEFT OP RIGHT`: numbers, or names captured by `expect` as (?P<name>...); + and - between them."""
        left, operator, right = re.fullmatch(r"(.+?)\s*(<=|>=|==|!=|<|>)\s*(.+)", condition).groups()
        left, right = self.number(left), self.number(right)
        holds = {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right,
                 "==": left == right, "!=": left != right}[operator]
        if not holds:
            raise Failed(f"check {condition}: {left:g} {operator} {right:g} does not hold")

    def number(self, text):
        total, sign = 0.0, 1
        for term in re.findall(r"[+-]|[^\s+-]+", text):
            if term in "+-":
                sign = -1 if term == "-" else 1
            else:
                total += sign * float(self.variables.get(term, term))
        return total

    def exit(self, wanted):
        status = self.console.wait_exit(self.within * PATIENCE)
        self.exited = True
        self.look_for_rejects()
        if status is None:
            raise Failed(f"the machine did not end within {self.within:g} s")
        if (status == 0) if wanted == "failing" else (status != int(wanted)):
            raise Failed(f"exit status {status}, expected {wanted}")

    def wait(self, least, most=None):
        seconds = least if most is None else random.uniform(least, most)
        if most is not None:
            self.console.hear(f"[waits {seconds:.3f} s]\n")
        self.console.collect(seconds)

    def cut_power(self):
        self.look_for_rejects()
        machine.stop(self.console.process)
        self.exited = True

    def start(self):
        """The same machine with the same disks, after its end."""
        if not self.exited:
            raise Failed("the machine still runs")
        _running.discard(self.console)
        self.console.stop()
        self.console = Console(self.command, self.log_path, again=True)
        _running.add(self.console)
        self.exited = False

    def host(self, command):
        """A command on this machine, which must succeed; what it says can be expected."""
        result = subprocess.run(shlex.split(self.fill(command)), cwd=ROOT, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                                timeout=self.within * PATIENCE)
        self.console.hear(result.stdout)
        if result.returncode != 0:
            raise Failed(f"{command}: status {result.returncode}: {result.stdout[-200:]}")

    def monitor(self, command):
        """A command to the emulator, which must understand it."""
        answer = machine.monitor(self.monitor_path, command, self.within * PATIENCE)
        if re.search("^(Error|unknown)|not found", answer, re.MULTILINE):
            raise Failed(f"monitor {command}: {answer}")

    def step(self, word, rest):
        if word == "expect":
            self.expect(rest)
        elif word in ("send", "type"):
            self.console.send(unescape(self.fill(rest)) + (b"\r" if word == "send" else b""))
        elif word == "within":
            self.within = float(rest)
        elif word == "wait":
            self.wait(*map(float, rest.split()))
        elif word == "check":
            self.check(rest)
        elif word == "exit":
            self.exit(rest)
        elif word == "cut-power":
            self.cut_power()
        elif word == "start":
            self.start()
        elif word == "host":
            self.host(rest)
        elif word == "monitor":
            self.monitor(rest)
        elif word == "unplug":
            slots.power_off(self.slots_path, self.arch, int(rest), self.within * PATIENCE)
        elif word == "reject":
            self.rejects.append(rest)
        elif word == "allow-panic":
            self.rejects.remove(PANIC)

    def steps(self):
        limit = float(self.scenario.setting("limit", self.arch, "60")) * PATIENCE
        deadline = time.monotonic() + limit
        for number, word, rest in self.scenario.steps(self.arch):
            try:
                if time.monotonic() > deadline:
                    raise Failed(f"the scenario took more than {limit:g} s")
                self.step(word, rest)
            except Failed as failure:
                raise Failed(f"line {number}: {failure}") from None
        self.look_for_rejects()
        if not self.exited and self.console.closed:
            raise Failed("the machine ended before its time")

    def perform(self):
        """None if all went as expected, else the reason."""
        if _interrupted.is_set():
            return "interrupted"
        with tempfile.TemporaryDirectory() as folder:
            try:
                self.command = self.line(folder)
                self.console = Console(self.command, self.log_path)
                _running.add(self.console)
                self.steps()
            except (Failed, OSError, KeyError, ValueError, AttributeError, subprocess.SubprocessError) as failure:
                return str(failure)
            finally:
                if self.console:
                    _running.discard(self.console)
                    self.console.stop()
        return None

    def tail(self):
        text = self.console.text if self.console else ""
        return "\n".join("    | " + line for line in text.splitlines()[-TAIL_LINES:])


def damage_module(data, name):
    """Flip a byte in the middle of a module (entry layout: abi/bundle.h)."""
    count = int.from_bytes(data[12:16], "little")
    for entry in range(32, 32 + 64 * count, 64):
        if data[entry:entry + 32].rstrip(b"\0").decode() == name:
            offset = int.from_bytes(data[entry + 32:entry + 40], "little")
            size = int.from_bytes(data[entry + 40:entry + 48], "little")
            data[offset + size // 2] ^= 0xFF
            return
    raise Failed(f"the bundle has no module {name}")


def arguments():
    parser = argparse.ArgumentParser(description="run scenarios on booted machines")
    parser.add_argument("names", nargs="*", help="parts of scenario names; none: all")
    parser.add_argument("--arch", action="append", choices=machine.ARCHES)
    parser.add_argument("--cpus", type=int, action="append")
    parser.add_argument("--build", help="build folder instead of build/ARCH")
    parser.add_argument("--without", action="append", default=[], help="leave out scenarios with this tag")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--verbose", action="store_true", help="print the whole console of each run")
    return parser.parse_args()


def load(options):
    folder = os.path.join(HERE, "scenarios")
    found = [Scenario(os.path.join(folder, file)) for file in sorted(os.listdir(folder)) if file.endswith(".scn")]
    return [scenario for scenario in found
            if (not options.names or any(name in scenario.name for name in options.names))
            and not set(options.without) & set(scenario.tags())]


def plan(options):
    """Every run there is to do, the longest kinds first."""
    runs = [Run(scenario, arch, cpus, options.build or os.path.join(ROOT, "build", arch))
            for scenario in load(options)
            for arch in scenario.arches() if not options.arch or arch in options.arch
            for cpus in scenario.cpus() if not options.cpus or cpus in options.cpus]
    return sorted(runs, key=lambda run: "long" not in run.scenario.tags())


def report(run, reason, seconds, verbose, lock):
    if _interrupted.is_set():
        return
    with lock:
        print(f"{'FAIL' if reason else 'PASS'}  {run.title}  ({seconds:.1f} s)", flush=True)
        if reason:
            print(f"    {reason}\n    log: {os.path.relpath(run.log_path)}; its end:\n{run.tail()}", flush=True)
        elif verbose:
            print(run.console.text)


def main():
    options = arguments()
    os.makedirs(os.path.join(ROOT, "build", "scenarios"), exist_ok=True)
    try:
        runs = plan(options)
    except ScenarioError as error:
        print(f"{error}\n0 passed, 1 failed")
        return 1
    lock = threading.Lock()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)

    def perform(run):
        begin = time.monotonic()
        reason = run.perform()
        report(run, reason, time.monotonic() - begin, options.verbose, lock)
        return reason is None

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = list(pool.map(perform, runs))
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
