#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""bench.py run | check | record | scaling: what the system's paths cost.

The counts are guest instructions: under -icount one instruction is one
nanosecond of guest time, so what the `bench` program measures with the clock is
exact and the same on every host. The same program on an uncounted machine gives
the wall time that is reported beside them. See README.md for what is printed.
"""
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(ROOT, "tools"), os.path.join(ROOT, "tests", "qemu")]
import machine  # noqa: E402
from console import Console  # noqa: E402

COUNTED = ["-icount", "shift=0,sleep=off", "-rtc", "base=2020-01-01,clock=vm", "-seed", "1", "-nic", "none"]
RESULT = re.compile(r"^bench (\w+) (\d+) (\w+)$", re.MULTILINE)
RESULTS = os.path.join(ROOT, "build", "bench.json")
RECORDED = os.path.join(HERE, "recorded.json")
DOCUMENT = os.path.join(ROOT, "docs", "performance.md")
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
GROWTH = 0.02
SCALING = 1.8
SECONDS = 300


def machine_line(arch, command, cpus=1, extra=()):
    """A machine that runs only `command` and ends."""
    build = os.path.join(ROOT, "build", arch)
    return machine.command(arch, cpus, "256M", f"autorun={command};poweroff", machine.kernel_path(build),
                           machine.bundle_path(build), extra=["-serial", "stdio", "-monitor", "none", "-no-reboot", *extra])


def measure(arch, command, cpus=1, extra=()):
    """{name: value} of what `command` prints."""
    console = Console(machine_line(arch, command, cpus, extra), os.path.join(ROOT, "build", f"bench-{arch}.log"))
    try:
        status = console.wait_exit(SECONDS)
    finally:
        console.stop()
    found = {name: int(value) for name, value, _ in RESULT.findall(console.text)}
    if status != 0 or not found:
        give_up(console, f"{arch}: {command}: " + (f"still running after {SECONDS} s" if status is None
                                                  else f"exit status {status}, {len(found)} results"))
    return found


def give_up(console, why):
    print("\n".join("    | " + text for text in console.text.splitlines()[-25:]))
    raise SystemExit(why)


def measure_bench(arch, extra=()):
    """What `bench` says on one CPU, and on two what only two can show. The emulator runs counted CPUs in turns, each
    until it halts or its share of instructions is over, so that a count is of both together and still exact."""
    found = measure(arch, "bench", extra=extra)
    found.update({name: value for name, value in measure(arch, "bench", 2, extra).items() if name not in found})
    return found


def measure_all():
    """{arch: {name: {"instructions": n, "ns": n}}}"""
    results = {}
    for arch in machine.ARCHES:
        counted = measure_bench(arch, COUNTED)
        timed = measure_bench(arch)
        results[arch] = {name: {"instructions": value, "ns": timed.get(name)} for name, value in counted.items()}
        print(f"{arch}: {len(counted)} results", flush=True)
    with open(RESULTS, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
    return results


def names(results):
    """Every name, in the order the program prints them."""
    return list(dict.fromkeys(name for arch in results.values() for name in arch))


def table(results):
    arches = list(results)
    lines = ["| path | " + " | ".join(f"{arch}, instructions | ns" for arch in arches) + " |",
             "|---|" + "---:|---:|" * len(arches)]
    for name in names(results):
        cells = []
        for arch in arches:
            one = results[arch].get(name, {})
            cells += [f"{one.get(unit):,}" if one.get(unit) is not None else "-" for unit in ("instructions", "ns")]
        lines.append(f"| {name.replace('_', ' ')} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def write_document(text):
    """Put the table between the markers of docs/performance.md."""
    if not os.path.exists(DOCUMENT):
        print("docs/performance.md is missing; the table is only printed")
        return
    with open(DOCUMENT, encoding="utf-8") as file:
        document = file.read()
    if BEGIN not in document or END not in document:
        print(f"docs/performance.md has no lines {BEGIN} and {END}; the table is only printed")
        return
    before, rest = document.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    with open(DOCUMENT, "w", encoding="utf-8") as file:
        file.write(f"{before}{BEGIN}\n{text}\n{END}{after}")


def run():
    text = table(measure_all())
    print(text)
    write_document(text)
    return 0


def record():
    results = measure_all()
    counts = {arch: {name: one["instructions"] for name, one in found.items()} for arch, found in results.items()}
    with open(RECORDED, "w", encoding="utf-8") as file:
        json.dump(counts, file, indent=1)
        file.write("\n")
    return 0


def check():
    if not os.path.exists(RECORDED):
        raise SystemExit("tests/bench/recorded.json is missing; `make bench-record` writes it")
    with open(RECORDED, encoding="utf-8") as file:
        recorded = json.load(file)
    passed = failed = 0
    for arch, expected in recorded.items():
        found = measure_bench(arch, COUNTED)
        for name, old in expected.items():
            new = found.get(name)
            good = new is not None and new <= old * (1 + GROWTH)
            passed, failed = passed + good, failed + (not good)
            if not good or new < old * (1 - GROWTH):
                change = "is gone" if new is None else f"{old} -> {new} ({100 * (new - old) / max(old, 1):+.1f} %)"
                print(f"{'PASS' if good else 'FAIL'}  {arch} {name}: {change}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def cpu_seconds(process):
    """Host CPU time a machine has used so far; a halted guest CPU uses none."""
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure_scaling(arch):
    """(rate of one pair, CPU seconds meanwhile, rate of two pairs, CPU seconds meanwhile)"""
    console = Console(machine_line(arch, "scaling", 2), os.path.join(ROOT, "build", f"scaling-{arch}.log"))
    found = []
    try:
        console.expect("^cambios> scaling", SECONDS)
        for name in ("pairs_one", "pairs_two"):
            before = cpu_seconds(console.process)
            match = console.expect(rf"^bench {name} (\d+) ", SECONDS)
            if match is None:
                give_up(console, f"{arch}: scaling: no line for {name}")
            found += [int(match.group(1)), cpu_seconds(console.process) - before]
    finally:
        console.stop()
    return found


def scaling():
    """Two independent pairs on two CPUs against one pair: how much more work in the same time. Where other
    work kept this host's CPUs from the machine, the same for each second of CPU time it did get."""
    failed = 0
    for arch in machine.ARCHES:
        one, one_cpu, two, two_cpu = measure_scaling(arch)
        raw, corrected = two / one, 2 * (two / two_cpu) / (one / one_cpu)
        loaded = two_cpu < 1.9 * one_cpu
        good = raw >= SCALING or (loaded and corrected >= SCALING)
        failed += not good
        note = f"; the host was busy, per CPU time it is {corrected:.2f}" if loaded else ""
        print(f"{'PASS' if good else 'FAIL'}  {arch}: one pair {one:,}, two pairs {two:,} round trips a second: "
              f"{raw:.2f} times{note}", flush=True)
    print(f"{len(machine.ARCHES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit({"run": run, "check": check, "record": record, "scaling": scaling}[sys.argv[1]]())
